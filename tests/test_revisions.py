"""Revisions: what was read stays as it was, a write is whole or not there, and a crash loses nothing that was acknowledged."""

import gc
import json
import os
import random
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from rolegraph import formats
from rolegraph.engine import Engine, backups, descriptors, opening, past_revisions, revision_store, watchdog
from rolegraph.engine.embedded import Settings
from rolegraph.engine.pool import Limits, Pool
from rolegraph.engine.pooled import PooledEngine
from rolegraph.engine.revision_store import RevisionStore
from rolegraph.engine.revisions import Retention, Revisions
from rolegraph.errors import NotFound, Refused, StoreUnusable, UnreadableInput
from rolegraph.facade import Rolegraph

EX = "http://example.org/"
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


def turtle(number: int) -> bytes:
    return f"<{EX}s> <{EX}p> <{EX}{number}> .".encode()


def folders(store: Path) -> set[int]:
    return {int(path.name) for path in (store / "revisions").iterdir()}


def objects(engine: Engine) -> set[str]:
    return {row["o"].value.removeprefix(EX) for row in engine.rows("SELECT ?o { ?s ?p ?o }")}


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
    snapshot = RevisionStore._snapshot

    def opening(self: RevisionStore, number: int) -> object:
        opened.append(number)
        time.sleep(0.05)  # others come meanwhile
        return snapshot(self, number)

    monkeypatch.setattr(RevisionStore, "_snapshot", opening)
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


# ---------------------------------------------------------------- what a revision holds


def cut(share: float) -> Callable[[bytes], bytes]:
    return lambda content: content[: int(len(content) * share)]


def flip(content: bytes) -> bytes:
    middle = len(content) // 2
    return content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :]


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with three revisions of a graph that is not small."""
    store = tmp_path_factory.mktemp("whole") / "store"
    engine = RevisionStore(store)
    for number in range(1, 4):
        many = "".join(f'<{EX}s{each}> <{EX}p> "{number} and {each * 7919}" .\n' for each in range(3000))
        engine.write({EX + "g": many.encode()})
    engine.close()
    return store


DAMAGE = {
    **{f"MANIFEST at {share} %": ("MANIFEST-*", cut(share / 100)) for share in (95, 75, 50, 25, 5, 0)},
    "cut data": ("*.sst", cut(0.9)),
    "flipped data": ("*.sst", flip),
    "cut CURRENT": ("CURRENT", cut(0.5)),
    "another CURRENT": ("CURRENT", lambda content: content.replace(b"0", b"1")),
    "no inventory": ("revision.json", cut(0.5)),
    "empty inventory": ("revision.json", cut(0)),
}


def damaged(whole: Path, store: Path, kind: str) -> None:
    """Make a copy of a store whose newest revision is damaged, and no other."""
    shutil.copytree(whole, store)
    pattern, change = DAMAGE[kind]
    path = max((store / "revisions" / "3").glob(pattern), key=lambda path: path.stat().st_size)
    path.write_bytes(change(path.read_bytes()))


@pytest.mark.parametrize("kind", DAMAGE)
def test_a_damaged_revision_is_neither_served_nor_backed_up(whole: Path, tmp_path: Path, kind: str) -> None:
    store = tmp_path / "store"
    damaged(whole, store, kind)
    with pytest.raises(StoreUnusable, match=r"in revision 3 .*revision 2 is whole: .*rolegraph revert 2 --store") as caught:
        RevisionStore(store)
    assert "\n" not in caught.value.detail
    assert "rolegraph restore" in caught.value.detail
    with pytest.raises(StoreUnusable, match=r"in revision 3 .*revision 2 is whole"):
        backups.back_up(store, tmp_path / "file")
    assert [path.name for path in tmp_path.iterdir()] == ["store"]
    assert opening.revert(store, 2) == 4
    engine = RevisionStore(store)
    assert engine.revision == 4
    assert len(objects(engine)) == 3000
    assert {text.split()[0] for text in objects(engine)} == {"2"}
    with pytest.raises(StoreUnusable, match="revision 3 is damaged") as caught:
        engine.at(3)
    assert str(tmp_path) not in caught.value.detail
    engine.close()
    assert backups.back_up(store, tmp_path / "file").revision == 4


def test_where_no_revision_is_whole_only_a_backup_helps(whole: Path, tmp_path: Path) -> None:
    shutil.copytree(whole, tmp_path / "store")
    for number in range(4):
        (tmp_path / "store" / "revisions" / str(number) / "CURRENT").write_bytes(b"")
    with pytest.raises(StoreUnusable, match="rolegraph restore") as caught:
        RevisionStore(tmp_path / "store")
    assert "revert" not in caught.value.detail
    with pytest.raises(StoreUnusable, match="in revision 1 CURRENT has 0 of"):
        opening.revert(tmp_path / "store", 1)


def test_a_revision_of_an_older_version_is_read_and_the_next_one_has_an_inventory(whole: Path, tmp_path: Path) -> None:
    shutil.copytree(whole, tmp_path / "store")
    for path in (tmp_path / "store").glob("revisions/*/revision.json"):
        path.unlink()
    backups.back_up(tmp_path / "store", tmp_path / "file")
    engine = RevisionStore(tmp_path / "store")
    assert len(objects(engine)) == len(objects(engine.at(1))) == 3000
    engine.write({EX + "h": turtle(1)})
    engine.close()
    found = json.loads((tmp_path / "store" / "revisions" / "4" / "revision.json").read_text())
    assert (found["revision"], found["graphs"]) == (4, 2)
    assert {path.name for path in (tmp_path / "store" / "revisions" / "4").iterdir()} == {*found["files"], "revision.json"}
    backups.restore(tmp_path / "file", tmp_path / "again")
    assert RevisionStore(tmp_path / "again").revision == 3


@pytest.mark.parametrize("name", ["999", "0999", "٣", "notes"])
def test_a_folder_that_is_no_revision_is_passed_over(whole: Path, tmp_path: Path, name: str) -> None:
    shutil.copytree(whole, tmp_path / "store")
    foreign = tmp_path / "store" / "revisions" / name
    foreign.mkdir()
    engine = RevisionStore(tmp_path / "store")
    assert (engine.revision, len(objects(engine))) == (3, 3000)
    engine.write({EX + "g": turtle(1)})
    engine.close()
    assert foreign.is_dir()
    (foreign / "thesis.txt").write_text("mine")
    assert RevisionStore(tmp_path / "store").revision == 4
    assert (foreign / "thesis.txt").exists()


def test_an_empty_marker_of_the_default_graph_is_said_plainly(whole: Path, tmp_path: Path) -> None:
    shutil.copytree(whole, tmp_path / "store")
    (tmp_path / "store" / "default-graph").write_bytes(b"")
    with pytest.raises(StoreUnusable, match=r"default-graph is damaged: it must contain .* union .* or own"):
        RevisionStore(tmp_path / "store")
    (tmp_path / "store" / "default-graph").write_text("union\n")
    RevisionStore(tmp_path / "store").close()


@pytest.mark.service
def test_going_back_needs_a_store_that_nobody_has_open_and_a_revision_that_is_kept(whole: Path, tmp_path: Path) -> None:
    shutil.copytree(whole, tmp_path / "store")
    with pytest.raises(NotFound, match="revision 9 is not stored"):
        opening.revert(tmp_path / "store", 9)
    with pytest.raises(StoreUnusable, match="there is no store"):
        opening.revert(tmp_path, 1)
    engine = RevisionStore(tmp_path / "store")
    in_use = [sys.executable, "-m", "rolegraph", "revert", "1", "--store", str(tmp_path / "store")]
    ended = subprocess.run(in_use, capture_output=True, text=True, timeout=60, check=False)
    assert (ended.returncode, ended.stdout) == (2, "")
    assert "in use by another process" in ended.stderr
    engine.close()
    ended = subprocess.run(in_use, capture_output=True, text=True, timeout=60, check=False)
    assert (ended.returncode, ended.stderr) == (0, "")
    assert {text.split()[0] for text in objects(RevisionStore(tmp_path / "store"))} == {"1"}


# ---------------------------------------------------------------- the engine's own limits


def test_the_engine_s_journal_does_not_grow_with_each_write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(revision_store, "JOURNAL", 30_000)
    engine = RevisionStore(tmp_path, Settings(retention=Retention(3)))
    engine.write({EX + "g": turtle(0)})
    held, sizes = engine.at(1), []
    for number in range(1, 60):
        engine.write({EX + "g": turtle(number)})
        sizes.append(sum(path.stat().st_size for path in (tmp_path / "revisions" / str(engine.revision)).glob("MANIFEST-*")))
        assert objects(engine) == {str(number)}
    assert engine.revision == 60
    assert max(sizes) < 40_000
    assert min(sizes[10:]) < 10_000
    assert objects(held) == {"0"}
    engine.close()


def test_a_write_that_cannot_be_read_for_want_of_files_is_not_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    engine = RevisionStore(tmp_path)
    engine.write({EX + "g": turtle(1)})
    with monkeypatch.context() as patched:
        patched.setattr(descriptors, "limit", lambda: 10)
        with pytest.raises(StoreUnusable, match="nothing was written: too many files are open"):
            engine.write({EX + "h": turtle(2)})
        with pytest.raises(StoreUnusable, match="too many files are open"):
            engine.at(0)
        assert (engine.revision, objects(engine)) == (1, {"1"})
    engine.write({EX + "i": turtle(3)})
    assert (engine.revision, objects(engine)) == (2, {"1", "3"})
    engine.close()


def test_an_error_of_the_disk_tells_no_client_where_the_store_lies(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    engine = RevisionStore(tmp_path)

    def fail(*_: object) -> None:
        raise OSError(f"IO error: No space left on device: While appending to file: {tmp_path}/graph/000012.sst")

    monkeypatch.setattr(Revisions, "publish", fail)
    with pytest.raises(StoreUnusable, match="nothing was written: IO error: No space left on device") as caught:
        engine.write({EX + "g": turtle(1)})
    assert str(tmp_path) in caught.value.detail
    assert str(tmp_path) not in caught.value.public_detail
    assert "graph/000012.sst" in caught.value.public_detail


RUNAWAY = f"""
import resource, sys
from pathlib import Path
from rolegraph.engine import watchdog
from rolegraph.engine.embedded import Settings, Snapshot
resource.setrlimit(resource.RLIMIT_AS, (8 << 30, 8 << 30))
watchdog.GROWTH = 300 << 20
watchdog.watch.start()
Snapshot(Path(sys.argv[1]), Settings()).rows("SELECT ?s ?o {{ ?s <{EX}p> ?o }} ORDER BY ?o")
print("answered")
"""


@pytest.mark.service
@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="memory is read from /proc")
def test_a_look_up_that_never_ends_ends_the_process(whole: Path, tmp_path: Path) -> None:
    revision = tmp_path / "3"
    shutil.copytree(whole / "revisions" / "3", revision)
    command = [sys.executable, "-c", RUNAWAY, str(revision)]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=100, check=False)
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "answered\n", "")
    for path in revision.glob("*.sst"):
        content = path.read_bytes()
        if len(content) > 20_000:  # blocks with triples, not those that lead to them
            path.write_bytes(content[:9000] + bytes(len(content) // 2 - 9000) + content[len(content) // 2 :])
    ended = subprocess.run(command, capture_output=True, text=True, timeout=100, check=False)
    assert (ended.returncode, ended.stdout) == (watchdog.ENDED, "")
    assert ended.stderr.count("\n") == 1
    assert "MiB of memory without progress" in ended.stderr


def test_time_counts_from_the_last_step_and_only_in_a_process_that_can_be_replaced() -> None:
    look = watchdog.Look(10, 1000)
    assert look.passed(look.since + 9, 5000) is None
    assert look.passed(look.since + 9, 6000) is None
    assert look.passed(look.since + 9, 6001) == "0 MiB of memory"
    assert look.passed(look.since + 11, 6000) == "11 s"
    look.step()
    assert look.passed(look.since, 9000) is None
    assert list(look.stepping(iter(range(2500)))) == list(range(2500))
    with watchdog.Watch().over(0, 0):  # never started: nothing ends
        pass
    ended: list[int] = []
    watch, done = watchdog.Watch(), threading.Event()

    def end(code: int) -> None:
        ended.append(code)
        done.set()

    watch.start(end)
    with watch.over(0.01):
        assert done.wait(20)
    assert set(ended) == {watchdog.ENDED}


@pytest.mark.service
@pytest.mark.parametrize("seed", range(10))
def test_kill_9_at_a_random_moment_loses_no_acknowledged_write(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    for _ in range(5):
        with subprocess.Popen([sys.executable, "-c", WRITER, str(tmp_path)], stdout=subprocess.PIPE, text=True) as writer:
            assert writer.stdout is not None
            acknowledged = writer.stdout.readline()
            time.sleep(chance.uniform(0, 0.15))
            writer.kill()
            acknowledged = (acknowledged + writer.stdout.read()).strip().splitlines()[-1]
        number, revision = map(int, acknowledged.split())
        engine = RevisionStore(tmp_path)
        found = len(objects(engine))
        assert number <= found <= number + 1
        assert revision <= engine.revision <= revision + 1
        engine.close()
