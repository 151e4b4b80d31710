"""What bounds a store: the engine's journal, open files, the disk, and time."""

import threading
from pathlib import Path

import pytest

from revision_cases import EX, objects, turtle
from rolegraph.engine import descriptors, revision_store, watchdog
from rolegraph.engine.embedded import Settings
from rolegraph.engine.revision_store import RevisionStore
from rolegraph.engine.revisions import Retention, Revisions
from rolegraph.errors import StoreUnusable

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
