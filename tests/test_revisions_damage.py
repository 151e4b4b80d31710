"""A revision that is damaged is neither served nor saved, and what is whole is told."""

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from revision_cases import EX, objects, turtle
from rolegraph.engine import backups, opening, watchdog
from rolegraph.engine.revision_store import RevisionStore
from rolegraph.errors import NotFound, StoreUnusable

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
