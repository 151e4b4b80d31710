"""Search under faults: an index that cannot be read for the moment is tried again, a damaged one is built anew once, nothing crashes."""

import gc
import os
import random
import sqlite3
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest

from rolegraph.errors import StoreUnusable
from rolegraph.facade import Rolegraph
from rolegraph.search import following
from rolegraph.search.index import NAME, Index, damaged

READERS = 16
SECONDS = float(os.environ.get("ROLEGRAPH_FAULT_SECONDS", "2"))
TEXTS = ("ai architect", "deep lerning", "python", "comptuer vision engineer", "machine learning", "zq")


@pytest.fixture
def stored(tmp_path: Path) -> Iterator[Rolegraph]:
    graph = Rolegraph.open(tmp_path / "store")
    graph.search.refresh()
    yield graph
    graph.close()


@pytest.fixture
def made() -> Iterator[list[Path]]:
    """The folders that an index was made in, one for each time."""
    folders: list[Path] = []
    make = Index.make.__func__  # type: ignore[attr-defined]  # the function below the class method

    def count(cls: type[Index], folder: Path) -> Index:
        folders.append(folder)
        found: Index = make(cls, folder)
        return found

    with patch.object(Index, "make", classmethod(count)):
        yield folders


def answers(graph: Rolegraph) -> list[Any]:
    return [graph.search.find(text) for text in TEXTS]


def at_once(work: Callable[[int], Any]) -> list[Any]:
    start = threading.Barrier(READERS)

    def begin(number: int) -> Any:
        start.wait()
        return work(number)

    with ThreadPoolExecutor(READERS) as pool:
        return list(pool.map(begin, range(READERS)))


@pytest.mark.parametrize("message", ["database is locked", "disk I/O error", "database or disk is full", "unable to open database file"])
def test_readers_under_errors_of_the_moment_neither_crash_nor_build_anew(stored: Rolegraph, made: list[Path], message: str) -> None:
    wanted = answers(stored)
    until = time.monotonic() + SECONDS / 4

    def failing(reading: Callable[..., Any]) -> Callable[..., Any]:
        def sometimes(*arguments: Any) -> Any:
            if random.random() < 0.1:
                raise sqlite3.OperationalError(message)
            return reading(*arguments)

        return sometimes

    def read(number: int) -> int:
        count = 0
        while time.monotonic() < until or not count:
            place = (number + count) % len(TEXTS)
            try:
                assert stored.search.find(TEXTS[place]) == wanted[place]
            except StoreUnusable as error:
                assert message in error.detail  # noqa: PT017 - which of both comes is not known
            count += 1
        return count

    with (
        patch.object(Index, "entries", failing(Index.entries)),
        patch.object(Index, "holding", failing(Index.holding)),
        patch.object(following, "PAUSES", (0.0, 0.001, 0.001)),
    ):
        assert all(at_once(read))
    assert made == []
    assert answers(stored) == wanted


def test_an_index_that_stays_locked_is_told_as_such(stored: Rolegraph, made: list[Path]) -> None:
    with (
        patch.object(Index, "entries", side_effect=sqlite3.OperationalError("database is locked")),
        patch.object(following, "PAUSES", (0.0, 0.001)),
        pytest.raises(StoreUnusable, match="locked"),
    ):
        stored.search.find("python")
    assert made == []
    assert stored.search.find("python")


def damage(folder: Path) -> None:
    """Overwrite all pages but the first one, as a bad disk might; the file keeps its length."""
    path = folder / NAME
    with sqlite3.connect(path) as connection:  # what only the log holds would hide the damage
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    with path.open("r+b") as file:
        file.seek(4096)
        file.write(b"\xa5" * (path.stat().st_size - 4096))


def test_a_damaged_index_is_built_anew_once_while_many_read(stored: Rolegraph, made: list[Path], tmp_path: Path) -> None:
    wanted = answers(stored)
    damage(tmp_path / "store" / "search")
    found = at_once(lambda _: answers(stored))
    assert made == [tmp_path / "store" / "search"]
    assert all(one == wanted for one in found)


def test_an_index_that_was_damaged_while_nothing_ran_is_built_anew(tmp_path: Path, made: list[Path]) -> None:
    with_index = Rolegraph.open(tmp_path / "store")
    wanted = answers(with_index)
    with_index.close()
    spoils = (lambda path: damage(path.parent), lambda path: path.write_bytes(b""), lambda path: path.write_bytes(b"no database" * 999))
    for spoil in spoils:
        spoil(tmp_path / "store" / "search" / NAME)
        made.clear()
        graph = Rolegraph.open(tmp_path / "store")
        assert answers(graph) == wanted
        graph.close()
        assert len(made) == 1


def test_what_means_damage_and_what_does_not() -> None:
    meant = [sqlite3.DatabaseError("database disk image is malformed"), sqlite3.DatabaseError("file is not a database")]
    meant += [sqlite3.OperationalError("no such table: meta"), sqlite3.IntegrityError("UNIQUE constraint failed: entry.id")]
    passing = ("database is locked", "disk I/O error", "database or disk is full", "interrupted")
    other: list[Exception] = [sqlite3.OperationalError(text) for text in passing]
    other += [sqlite3.ProgrammingError("Cannot operate on a closed database."), ValueError("else")]
    assert all(map(damaged, meant))
    assert not any(map(damaged, other))


@pytest.mark.skipif(sys.platform != "linux", reason="counts the descriptors in /proc")
def test_connections_of_ended_threads_and_of_dropped_indexes_are_closed(stored: Rolegraph, tmp_path: Path) -> None:
    def opened() -> int:
        files = [path.resolve() for path in Path("/proc/self/fd").iterdir()]
        return sum(str(tmp_path / "store" / "search") in str(file) for file in files)

    gc.disable()
    at_once(lambda _: stored.search.find("python"))
    before = opened()  # SQLite keeps a file open, for the next connection, while another connection has a lock on it
    for _ in range(4):
        at_once(lambda _: stored.search.find("python"))
    assert opened() <= before
    damage(tmp_path / "store" / "search")
    answers(stored)
    assert opened() < READERS
    stored.search.close()  # type: ignore[attr-defined]  # it is not pinned
    assert opened() == 0
    gc.enable()


def test_readers_see_whole_writes(stored: Rolegraph) -> None:
    """While labels change together, no search sees one changed and another one not."""
    source, skos = "https://w3id.org/rolegraph/source/ours", "http://www.w3.org/2004/02/skos/core#"
    stop = threading.Event()

    def write() -> None:
        try:
            for number in range(25):
                lines = [
                    f'<https://w3id.org/rolegraph/skill/weave-{name}> a <https://w3id.org/rolegraph/ns#Skill> ; '
                    f'<{skos}prefLabel> "weaving {name} {number}"@en .'
                    for name in ("wool", "silk", "flax")
                ]
                stored.store(source, "\n".join(lines).encode())
        finally:
            stop.set()

    def read(number: int) -> int:
        if number == 0:
            write()
            return 1
        count = 0
        while not stop.is_set():
            hits = [hit for hit in stored.search.find("weaving", ["skill"]) if hit.label.startswith("weaving ")]
            assert len({hit.label.rpartition(" ")[2] for hit in hits}) <= 1
            assert len(hits) in (0, 3)
            count += 1
        return count

    assert all(at_once(read))
