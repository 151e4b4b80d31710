"""Backups: whole, of one moment, while the service runs, and without a trace where they fail."""

import json
import shutil
import sqlite3
import subprocess
import sys
import tarfile
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import pytest

from backup_cases import EX, NQUADS, backup, content, files, filled, run
from rolegraph.engine import backups
from rolegraph.engine.revision_store import RevisionStore
from rolegraph.engine.revisions import Retention, Revisions
from rolegraph.errors import StoreUnusable
from rolegraph.shipped import loading
from rolegraph.tokens import FILE, Tokens
from rolegraph.tokens.model import record

pytestmark = pytest.mark.service

WRITER = f"""
import sys
from pathlib import Path
from rolegraph.engine.embedded import Settings
from rolegraph.engine.revision_store import RevisionStore
from rolegraph.engine.revisions import Retention
engine = RevisionStore(Path(sys.argv[1]), Settings(retention=Retention(1)))
number = 0
while True:
    number += 1
    graphs = {{f"{EX}g{{n}}": f"<{EX}s> <{EX}p> {{number}} .".encode() for n in range(3)}}
    engine.write(graphs)
    print(engine.revision, number, flush=True)
"""


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return filled(tmp_path_factory.mktemp("kept") / "store")


@pytest.fixture(scope="module")
def archive(store: Path) -> Path:
    return backup(store)


def test_a_backup_holds_the_tokens_as_they_are_at_one_moment(store: Path, tmp_path: Path) -> None:
    folder = tmp_path / "store"
    shutil.copytree(store, folder)
    with closing(sqlite3.connect(folder / FILE, isolation_level=None)) as changing:
        changing.execute("PRAGMA cache_spill = ON")
        changing.execute("BEGIN IMMEDIATE")
        changing.execute("UPDATE token SET revoked = '2026-01-01T00:00:00Z'")
        backups.back_up(folder, tmp_path / "kept.tar.gz")
        changing.execute("COMMIT")
    backups.restore(tmp_path / "kept.tar.gz", tmp_path / "new")
    assert [token.state for token in Tokens(tmp_path / "new" / FILE).list()] == ["valid"]
    assert [token.state for token in Tokens(folder / FILE).list()] == ["revoked"]


def test_the_tokens_of_a_backup_of_an_older_version_count(store: Path, tmp_path: Path) -> None:
    folder = tmp_path / "store"
    shutil.copytree(store, folder)
    known = [record(token) for token in Tokens(folder / FILE).list()]
    (folder / FILE).unlink()
    (folder / "tokens.json").write_text(json.dumps({"format": 1, "tokens": known}))
    backups.back_up(folder, tmp_path / "kept.tar.gz")
    backups.restore(tmp_path / "kept.tar.gz", tmp_path / "new")
    assert Tokens(tmp_path / "new" / FILE).list() == Tokens(store / FILE).list()


def test_a_restored_store_is_the_one_that_was_backed_up(store: Path, archive: Path, tmp_path: Path) -> None:
    assert {path.name for path in store.iterdir()} == {"default-graph", "graph", "revisions", "shipped.json", "validators.json", FILE}
    assert (archive.stat().st_mode & 0o777) == 0o600
    ended = run("restore", archive, "--store", tmp_path / "new" / "store")
    assert (ended.returncode, ended.stderr) == (0, "")
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["store"]
    again = tmp_path / "new" / "store"
    assert (again / FILE).stat().st_mode & 0o777 == 0o600
    assert Revisions(again / "revisions", Retention(16)).all() == Revisions(store / "revisions", Retention(16)).all()[:1]
    assert content(again) == content(store)
    assert Tokens(again / FILE).list() == Tokens(store / FILE).list()
    engine = RevisionStore(again)
    assert loading.load(engine, again) == 0
    before = engine.revision
    past = engine.dump(NQUADS).body
    engine.write({EX + "g": b""})
    assert engine.revision == before + 1
    assert engine.at(before).dump(NQUADS).body == past != engine.dump(NQUADS).body


def test_backup_while_the_service_runs(serve: Callable[..., Any], tmp_path: Path) -> None:
    service = serve(tmp_path / "store")
    text = run("token", "create", "--scope", "admin", "--store", tmp_path / "store").stdout.strip()
    ended = run("backup", tmp_path / "file", "--store", tmp_path / "store")
    assert (ended.returncode, ended.stderr) == (0, "")
    refused = run("restore", tmp_path / "file", "--store", tmp_path / "store")
    assert refused.returncode == 2
    assert "is not empty" in refused.stderr
    assert httpx.get(f"{service.address}/compare.json?role=ai-architect&role=ai-programmer").status_code == 200
    assert service.stop()[0] == 0
    assert run("restore", tmp_path / "file", "--store", tmp_path / "again").returncode == 0
    assert content(tmp_path / "again") == content(tmp_path / "store")
    secret = text.split("_", 2)[2].encode()
    with tarfile.open(tmp_path / "file") as opened:
        bodies = [opened.extractfile(member) for member in opened]
        assert not any(body is None or secret in body.read() for body in bodies)
    served = serve(tmp_path / "again")
    assert served.stop()[0] == 0


def test_backups_while_another_process_writes_and_removes_revisions(tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", WRITER, str(tmp_path / "store")], stdout=subprocess.PIPE, text=True) as writer:
        assert writer.stdout is not None
        writer.stdout.readline()
        made: dict[int, Path] = {}
        until = time.monotonic() + 60
        while len(made) < 6 and time.monotonic() < until:
            revision = backups.back_up(tmp_path / "store", tmp_path / "newest").revision
            made[revision] = (tmp_path / "newest").rename(tmp_path / f"{revision}.tar.gz")
        writer.kill()
        said = dict(line.split() for line in writer.stdout if line.endswith("\n"))  # the last line may be cut
    assert len(made) == 6
    for revision, file in made.items():
        backups.restore(file, file.with_suffix(".store"))
        found, quads = content(file.with_suffix(".store"))
        assert found == revision
        values = {line.split(b'"')[1] for line in quads.splitlines()}
        assert quads.count(b"\n") == 3
        assert len(values) == 1  # one write, whole
        assert values <= {said.get(str(revision), "").encode()} or str(revision) not in said
    assert "backing-up" not in {path.name for path in (tmp_path / "store").iterdir()}


def test_a_revision_that_is_being_removed_is_not_taken_for_a_whole_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    engine = RevisionStore(tmp_path / "store")
    engine.write({EX + "g": f"<{EX}s> <{EX}p> 1 .".encode()})
    path = Revisions.path

    def removing(revisions: Revisions, number: int) -> Path:
        """The service writes, and has begun to remove the old revision, between finding it and listing its files."""
        found = path(revisions, number)
        if number == 1:
            engine.write({EX + "g": f"<{EX}s> <{EX}p> 2 .".encode()})
            next(found.glob("*.sst")).unlink()
        return found

    monkeypatch.setattr(Revisions, "path", removing)
    assert backups.back_up(tmp_path / "store", tmp_path / "file").revision == 2
    monkeypatch.undo()
    engine.close()
    backups.restore(tmp_path / "file", tmp_path / "again")
    assert content(tmp_path / "again") == content(tmp_path / "store")


def test_a_file_that_is_there_is_kept_unless_by_force(store: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    refused = run("backup", tmp_path / "file", "--store", store)
    assert (refused.returncode, (tmp_path / "file").read_text()) == (2, "mine")
    assert "--force" in refused.stderr
    assert run("backup", tmp_path / "file", "--store", store, "--force").returncode == 0
    assert [path.name for path in tmp_path.iterdir()] == ["file"]
    backups.restore(tmp_path / "file", tmp_path / "store")


def test_a_disk_that_is_full_is_said_and_nothing_is_left(store: Path, archive: Path, tmp_path: Path) -> None:
    before = files(store)
    full = run("backup", tmp_path / "file", "--store", store, shell="ulimit -f 100")  # no file over 50 KiB
    assert full.returncode == 2
    assert "cannot be written: File too large" in full.stderr
    missing = run("backup", tmp_path / "missing" / "file", "--store", store)
    assert (missing.returncode, "cannot be written: No such file" in missing.stderr) == (2, True)
    full = run("restore", archive, "--store", tmp_path / "new", shell="ulimit -f 100")
    assert full.returncode == 2
    assert "File too large" in full.stderr
    assert list(tmp_path.iterdir()) == []
    assert files(store) == before


def test_a_folder_without_a_store_is_left_as_it_is(tmp_path: Path) -> None:
    with pytest.raises(StoreUnusable, match="there is no store"):
        backups.back_up(tmp_path, tmp_path / "file")
    (tmp_path / "revisions").mkdir()
    with pytest.raises(StoreUnusable, match="no revision"):
        backups.back_up(tmp_path, tmp_path / "file")
    assert [path.name for path in tmp_path.iterdir()] == ["revisions"]


def test_what_an_interrupted_one_left_is_cleared_away_and_what_others_left_is_not(store: Path, archive: Path, tmp_path: Path) -> None:
    left = store / "backing-up" / "graph"
    left.mkdir(parents=True)
    (left / "000001.sst").write_text("left")
    assert run("backup", tmp_path / "file", "--store", store).returncode == 0
    assert not left.exists()
    (tmp_path / "new.restoring").mkdir()
    (tmp_path / "new.restoring" / "thesis.txt").write_text("mine")
    with pytest.raises(StoreUnusable, match=r"thesis\.txt"):
        backups.restore(archive, tmp_path / "new")
    assert (tmp_path / "new.restoring" / "thesis.txt").read_text() == "mine"


def test_one_that_is_asked_to_stop_clears_up(store: Path, tmp_path: Path) -> None:
    code = (
        "import sys, time; from rolegraph.engine import archives; from rolegraph.cli import main\n"
        "archives.pack = lambda *a: (print('packing', flush=True), time.sleep(60))\n"
        "main()"
    )
    command = [sys.executable, "-c", code, "backup", str(tmp_path / "file"), "--store", str(store)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "packing\n"
        assert [path.name for path in tmp_path.iterdir()] == ["file.part"]
        again = run("backup", tmp_path / "other", "--store", store)
        assert "another backup or restore is running" in again.stderr
        process.terminate()
    assert process.returncode == 143
    assert list(tmp_path.iterdir()) == []
    assert not (store / "backing-up").exists()
