"""Every write is a revision: whole or not there, kept as long as it is read, and readable as it was."""

import gc
import os
import random
import shutil
import subprocess
import sys
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from revision_cases import EX, folders, objects, turtle
from rolegraph import formats
from rolegraph.engine import Engine, past_revisions, stored_revisions
from rolegraph.engine.embedded import Settings, Snapshot
from rolegraph.engine.pool import Limits, Pool
from rolegraph.engine.pooled import PooledEngine
from rolegraph.engine.revision_store import RevisionStore
from rolegraph.engine.revisions import Lease, Retention, Revisions
from rolegraph.errors import NotFound, Refused, StoreUnusable, UnreadableInput
from rolegraph.facade import Rolegraph

WRITER = f"""
import sys
from pathlib import Path
from rolegraph import formats
from rolegraph.engine.revision_store import RevisionStore
engine = RevisionStore(Path(sys.argv[1]))
number = int(engine.rows("SELECT (COUNT(*) AS ?n) {{ ?s ?p ?o }}")[0]["n"].value)
while True:
    number += 1
    engine.write({{"{EX}g": "".join(f"<{EX}s> <{EX}p> <{EX}{{n}}> .\\n" for n in range(number)).encode()}})
    print(number, engine.revision, flush=True)
"""


def test_every_write_is_a_revision_and_a_past_one_stays_as_it_was(tmp_path: Path) -> None:
    engine = RevisionStore(tmp_path)
    for number in range(1, 4):
        engine.write({EX + "g": turtle(number)})
    assert [revision.number for revision in engine.revisions()] == [3, 2, 1, 0]
    assert engine.revision == 3
    for number in range(1, 4):
        assert objects(engine.at(number)) == {str(number)}
    engine.close()
    assert RevisionStore(tmp_path).revision == 3


def test_a_write_of_several_graphs_is_one_revision_and_one_that_changes_nothing_is_none(tmp_path: Path) -> None:
    engine = RevisionStore(tmp_path)
    engine.write({EX + "g": turtle(1), EX + "h": turtle(2)})
    engine.write({EX + "g": turtle(1)})
    assert engine.revision == 1
    engine.write({EX + "g": turtle(2), EX + "h": None})
    assert objects(engine) == {"2"}
    assert list(engine.graphs()) == [EX + "g"]


def test_a_write_that_does_not_parse_changes_nothing(tmp_path: Path) -> None:
    engine = RevisionStore(tmp_path)
    engine.write({EX + "g": turtle(1)})
    with pytest.raises(UnreadableInput):
        engine.write({EX + "g": turtle(2), EX + "h": b"nonsense"})
    assert (engine.revision, objects(engine)) == (1, {"1"})


def test_the_oldest_are_removed_but_never_one_that_is_read(tmp_path: Path) -> None:
    engine = RevisionStore(tmp_path, Settings(retention=Retention(3)))
    engine.write({EX + "g": turtle(1)})
    past, lease = engine.at(1), engine.lease(1)
    for number in range(2, 8):
        engine.write({EX + "g": turtle(number)})
    assert [revision.number for revision in engine.revisions()] == [7, 6, 5]
    assert objects(past) == {"1"}
    del past
    assert folders(tmp_path) == {1, 5, 6, 7}
    lease.release()
    assert folders(tmp_path) == {5, 6, 7}
    with pytest.raises(NotFound, match="revision 1 is not stored") as caught:
        engine.at(1)
    assert caught.value.members["expected"] == "one of 5, 6, 7"


def test_the_old_ones_are_removed_but_never_the_newest(tmp_path: Path) -> None:
    engine = RevisionStore(tmp_path, Settings(retention=Retention(age=timedelta(hours=1))))
    for number in range(1, 5):
        engine.write({EX + "g": turtle(number)})
    for number in (1, 2, 4):
        past = (datetime.now(UTC) - timedelta(hours=2)).timestamp()
        os.utime(tmp_path / "revisions" / str(number), (past, past))
    assert [revision.number for revision in engine.revisions()] == [4, 3, 0]
    with pytest.raises(NotFound):
        engine.at(1)
    engine.write({EX + "g": turtle(5)})
    assert folders(tmp_path) == {0, 3, 5}


@pytest.mark.service
def test_the_whole_service_can_look_back(store_copy: Path) -> None:
    graph = Rolegraph.open(store_copy, Limits(workers=1))
    source = "https://w3id.org/rolegraph/source/ai-architect-vs-deep-learning-engineer"
    before = graph.engine.revision or 0
    graph.engine.write({source: None})
    assert graph.rows("role-facts", {"role": ["ai-architect"]}) == []
    past = graph.at(before)
    assert len(past.rows("role-facts", {"role": ["ai-architect"]})) > 50
    assert past.compare(["ai-architect", "ai-programmer"]) != graph.compare(["ai-architect", "ai-programmer"])
    with pytest.raises(Refused, match="cannot be written"):
        past.engine.write({source: None})
    graph.close()


@pytest.mark.service
def test_queries_in_workers_look_back_too(tmp_path: Path) -> None:
    stored = RevisionStore(tmp_path)
    engine = PooledEngine(stored, Pool(Limits(workers=1)))
    for number in range(1, 3):
        engine.write({EX + "g": turtle(number)})
    for number in (2, 1, 2):
        found = engine.at(number).query("SELECT ?o { ?s ?p ?o }", lambda holds: formats.named("csv", formats.holding(holds)))
        assert found.body.decode().split() == ["o", f"{EX}{number}"]
    engine.close()


def test_a_store_that_was_left_in_the_middle_of_a_write_is_put_back(tmp_path: Path) -> None:
    engine = RevisionStore(tmp_path)
    engine.write({EX + "g": turtle(1)})
    assert engine._store is not None
    engine._store.update(f"INSERT DATA {{ <{EX}s> <{EX}p> <{EX}half> }}")
    engine.close()
    again = RevisionStore(tmp_path)
    assert (again.revision, objects(again)) == (1, {"1"})
    again.write({EX + "g": turtle(2)})
    assert (again.revision, objects(again)) == (2, {"2"})


def test_a_write_that_fails_leaves_nothing_and_the_next_one_succeeds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    engine = RevisionStore(tmp_path)
    engine.write({EX + "g": turtle(1)})
    for owner, step in ((RevisionStore, "_publish"), (RevisionStore, "_snapshot"), (Revisions, "publish")):

        def fail(*_: object) -> None:
            raise OSError("no room")

        with monkeypatch.context() as patched:
            patched.setattr(owner, step, fail)
            for _ in range(2):
                with pytest.raises(StoreUnusable, match="nothing was written: no room"):
                    engine.write({EX + "g": turtle(2)})
        assert (engine.revision, objects(engine), folders(tmp_path)) == (1, {"1"}, {0, 1})
    engine.write({EX + "g": turtle(3)})
    assert (engine.revision, objects(engine)) == (2, {"3"})
    engine.close()
    assert objects(RevisionStore(tmp_path)) == {"3"}


def test_a_copy_in_the_making_is_left_alone_by_others_and_replaced_after_a_crash(tmp_path: Path) -> None:
    engine = RevisionStore(tmp_path)
    (tmp_path / "revisions" / "1.new").mkdir()
    with pytest.raises(StoreUnusable, match="in use"):
        RevisionStore(tmp_path)
    assert (tmp_path / "revisions" / "1.new").is_dir()
    engine.write({EX + "g": turtle(1)})
    assert folders(tmp_path) == {0, 1}


def test_a_store_without_revisions_is_the_first_one(tmp_path: Path) -> None:
    engine = RevisionStore(tmp_path)
    engine.write({EX + "g": turtle(1)})
    engine.close()
    shutil.rmtree(tmp_path / "revisions")
    again = RevisionStore(tmp_path)
    assert [revision.number for revision in again.revisions()] == [1]
    assert objects(again) == {"1"}


# ---------------------------------------------------------------- past revisions


def test_a_past_revision_is_opened_once_and_shared(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    engine = RevisionStore(tmp_path)
    for number in range(1, 8):
        engine.write({EX + "g": turtle(number)})
    opened: list[int] = []

    def opening(path: Path, settings: Settings, number: int, lease: Lease) -> Snapshot:
        opened.append(number)
        time.sleep(0.05)  # others come meanwhile
        return Snapshot(path, settings, number, lease)

    monkeypatch.setattr(stored_revisions, "Snapshot", opening)
    found: list[Engine] = []
    threads = [threading.Thread(target=lambda: found.append(engine.at(1))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert opened == [1]
    assert len({id(one) for one in found}) == 1
    for number in (2, 3, 4, 1, 2, 3, 4, 1):
        assert objects(engine.at(number)) == {str(number)}
    assert opened == [1, 2, 3, 4]
    engine.close()


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="open files are counted in /proc")
def test_many_past_revisions_leave_no_files_open(tmp_path: Path) -> None:
    engine = RevisionStore(tmp_path)
    for number in range(1, 11):
        engine.write({EX + "g": turtle(number)})

    def read(times: int) -> int:
        for each in range(times):
            assert objects(engine.at(each % 10 + 1)) == {str(each % 10 + 1)}
        return len(list(Path("/proc/self/fd").iterdir()))

    gc.collect()
    gc.disable()
    try:
        before = read(10)
        assert read(200) <= before + 5
        engine.close()
        assert len(list(Path("/proc/self/fd").iterdir())) < before
    finally:
        gc.enable()


def test_a_revision_that_was_read_of_late_is_removed_like_any_other(tmp_path: Path) -> None:
    engine = RevisionStore(tmp_path, Settings(retention=Retention(2)))
    for number in range(1, 3):
        engine.write({EX + "g": turtle(number)})
    assert objects(engine.at(1)) == {"1"}
    held = engine.at(1)
    engine.write({EX + "g": turtle(3)})
    assert folders(tmp_path) == {1, 2, 3}  # somebody reads it
    del held
    assert folders(tmp_path) == {2, 3}
    with pytest.raises(NotFound):
        engine.at(1)
    engine.close()


def test_the_shared_ones_are_few(tmp_path: Path) -> None:
    kept = past_revisions.PastRevisions(2)
    made: list[int] = []

    class Held:
        def __init__(self, number: int) -> None:
            self.number = number

        def __del__(self) -> None:
            made.remove(self.number)

    def open_(number: int) -> Any:
        made.append(number)
        return Held(number)

    for number in (1, 2, 1, 3):
        assert kept.at(number, open_).number == number  # type: ignore[attr-defined]  # a stand-in of the test
    assert made == [1, 3]
    kept.keep({3, 4})
    assert made == [3]
    kept.keep(())
    assert made == []


@pytest.mark.service
@pytest.mark.parametrize("seed", range(10))
def test_kill_9_at_a_random_moment_loses_no_acknowledged_write(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    for _ in range(5):
        with subprocess.Popen([sys.executable, "-c", WRITER, str(tmp_path)], stdout=subprocess.PIPE, text=True) as writer:
            assert writer.stdout is not None
            lines = [writer.stdout.readline()]
            time.sleep(chance.uniform(0, 0.15))
            writer.kill()
            lines += writer.stdout.readlines()
        number, revision = map(int, [line for line in lines if line.endswith("\n")][-1].split())  # the last line may be cut
        engine = RevisionStore(tmp_path)
        found = len(objects(engine))
        assert number <= found <= number + 1
        assert revision <= engine.revision <= revision + 1
        engine.close()
