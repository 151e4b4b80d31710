"""Backup and restore: a store comes back as it was, whatever happened meanwhile, or the refusal leaves everything as it is."""

import gzip
import hashlib
import io
import json
import random
import shutil
import sqlite3
import subprocess
import sys
import tarfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import pytest

from rolegraph import formats
from rolegraph.engine import backups
from rolegraph.engine.revision_store import RevisionStore
from rolegraph.engine.revisions import Retention, Revisions
from rolegraph.errors import BadParameter, StoreUnusable, UnreadableInput
from rolegraph.shipped import loading
from rolegraph.tokens import FILE, Tokens
from rolegraph.tokens.model import record

pytestmark = pytest.mark.service

EX = "http://example.org/"
NQUADS = formats.named("nquads", formats.holding("dataset"))
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


def run(*arguments: str | Path, shell: str = "") -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "rolegraph", *map(str, arguments)]
    if shell:
        command = ["sh", "-c", f'{shell}; exec "$@"', "sh", *command]
    return subprocess.run(command, capture_output=True, text=True, timeout=100, check=False)


def content(folder: Path) -> tuple[int, bytes]:
    """The number of the revision of a store, and all its quads."""
    engine = RevisionStore(folder)
    found = engine.revision, engine.dump(NQUADS).body
    engine.close()
    return found


def files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() if path.is_file() else b"" for path in sorted(folder.rglob("*"))}


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with the shipped graphs, some writes and a token."""
    folder = tmp_path_factory.mktemp("kept") / "store"
    engine = RevisionStore(folder)
    loading.load(engine, folder)
    for number in range(3):
        engine.write({EX + "g": f"<{EX}s> <{EX}p> {number} .".encode()})
    engine.close()
    Tokens(folder / FILE).create("admin", "the one")
    return folder


@pytest.fixture(scope="module")
def archive(store: Path) -> Path:
    """A backup of it."""
    file = store.parent / "kept.tar.gz"
    assert run("backup", file, "--store", store).returncode == 0
    return file


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
        said = dict(line.split() for line in writer.stdout)
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


@pytest.mark.parametrize("kind", ["file", "full", "link"])
def test_a_target_that_is_there_is_never_touched(archive: Path, tmp_path: Path, kind: str) -> None:
    target = tmp_path / "target"
    if kind == "file":
        target.write_text("mine")
    else:
        (tmp_path / "elsewhere").mkdir()
        (tmp_path / "elsewhere" / "mine").write_text("mine")
        target.symlink_to("elsewhere") if kind == "link" else (tmp_path / "elsewhere").rename(target)
    before = files(tmp_path)
    ended = run("restore", archive, "--store", target)
    assert ended.returncode == 2
    assert "missing or empty" in ended.stderr
    assert files(tmp_path) == before


def test_a_target_that_fills_meanwhile_is_not_touched(archive: Path, tmp_path: Path) -> None:
    def fill(step: int, total: int) -> None:
        (tmp_path / "new").mkdir(exist_ok=True)
        (tmp_path / "new" / "mine").write_text("mine")

    with pytest.raises(StoreUnusable, match="nothing was restored"):
        backups.restore(archive, tmp_path / "new", fill)
    assert list(files(tmp_path)) == ["new", "new/mine"]


def test_an_archive_cut_anywhere_is_refused(archive: Path, tmp_path: Path) -> None:
    body = archive.read_bytes()
    (tmp_path / "new").mkdir()
    chance = random.Random(1)
    for length in [0, 1, 9, 10, 100, len(body) - 8, len(body) - 1, *(chance.randrange(len(body)) for _ in range(10))]:
        (tmp_path / "cut").write_bytes(body[:length])
        with pytest.raises(UnreadableInput, match=r"truncated|not a backup"):
            backups.restore(tmp_path / "cut", tmp_path / "new")
        assert list(files(tmp_path)) == ["cut", "new"]


def test_a_flipped_byte_anywhere_is_refused(archive: Path, tmp_path: Path) -> None:
    body = archive.read_bytes()
    chance = random.Random(2)
    header = 10  # of gzip: it tells the time and the system, which nothing depends on
    for place in [header, len(body) - 1, len(body) - 6, *(chance.randrange(header, len(body)) for _ in range(40))]:
        (tmp_path / "flipped").write_bytes(body[:place] + bytes([body[place] ^ 1 << chance.randrange(8)]) + body[place + 1 :])
        with pytest.raises(UnreadableInput):
            backups.restore(tmp_path / "flipped", tmp_path / "new")
        assert list(files(tmp_path)) == ["flipped"]


def members(archive: Path) -> Iterator[tuple[tarfile.TarInfo, bytes]]:
    with tarfile.open(archive) as opened:
        for member in opened:
            body = opened.extractfile(member)
            assert body is not None
            yield member, body.read()


def changed(member: str, change: Callable[[bytes], bytes]) -> Callable[[list[Any]], list[Any]]:
    """A way to tamper with an archive: other bytes in one file, packed as if nothing had been."""

    def tamper(found: list[Any]) -> list[Any]:
        return [(info, change(body) if info.name == member else body) for info, body in found]

    return tamper


def added(name: str, kind: bytes = tarfile.REGTYPE, link: str = "") -> Callable[[list[Any]], list[Any]]:
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, link
    return lambda found: [*found, (info, b"")]


def told(name: str, kind: bytes = tarfile.REGTYPE, link: str = "") -> Callable[[list[Any]], list[Any]]:
    """a file that the manifest lists, too, where only its name is wrong."""
    entry = {"size": 0, "sha256": hashlib.sha256(b"").hexdigest()}

    def tell(body: bytes) -> bytes:
        found = json.loads(body)
        found["files"][name] = entry
        return json.dumps(found).encode()

    return lambda found: added(name, kind, link)(changed("manifest.json", tell)(found))


def consistent(member: str, change: Callable[[bytes], bytes]) -> Callable[[list[Any]], list[Any]]:
    """Other bytes in one file, of which the manifest tells, too: a backup of a store that was damaged."""

    def tamper(found: list[Any]) -> list[Any]:
        body = change(next(body for info, body in found if info.name == member))

        def tell(manifest: bytes) -> bytes:
            told = json.loads(manifest)
            told["files"][member] = {"size": len(body), "sha256": hashlib.sha256(body).hexdigest()}
            return json.dumps(told).encode()

        return changed("manifest.json", tell)(changed(member, lambda _: body)(found))

    return tamper


@pytest.mark.parametrize(
    ("tamper", "words"),
    [
        (consistent("graph/CURRENT", lambda body: body + b"\n"), "damaged when the backup was made: the content of CURRENT has changed"),
        (consistent("graph/revision.json", lambda body: body[:50]), "damaged when the backup was made: revision.json does not parse"),
        (consistent("graph/revision.json", lambda body: body.replace(b'"graphs": ', b'"graphs": 1')), "graphs of revision"),
        (changed("manifest.json", lambda body: body.replace(b'"revision": ', b'"revision": 1')), "graphs of revision"),
        (changed("shipped.json", bytes.swapcase), "content of shipped.json differs"),
        (changed("shipped.json", lambda body: body + b"\n"), "content of shipped.json differs"),
        (changed("graph/CURRENT", lambda _: b""), "content of graph/CURRENT differs"),
        (lambda found: found[:-1], "lacks"),
        (lambda found: [*found, found[-1]], "manifest.json does not list as a file"),
        (lambda found: found[1:], "does not begin with manifest.json"),
        (added("graph/more.sst"), "manifest.json does not list as a file"),
        (added("../outside"), "manifest.json does not list as a file"),
        (added("graph/link", tarfile.SYMTYPE, "/etc/passwd"), "manifest.json does not list as a file"),
        (told("graph/link", tarfile.SYMTYPE, "/etc/passwd"), "manifest.json does not list as a file"),
        (told("graph/link", tarfile.LNKTYPE, "graph/CURRENT"), "manifest.json does not list as a file"),
        (told("graph/fifo", tarfile.FIFOTYPE), "manifest.json does not list as a file"),
        (told("../outside"), "lists '../outside'"),
        (told("graph/../../outside"), "lists 'graph/../../outside'"),
        (told("/tmp/outside"), "lists '/tmp/outside'"),
        (told("graph/.."), "lists 'graph/..'"),
        (told("revisions/1/CURRENT"), "lists 'revisions/1/CURRENT'"),
        (changed("manifest.json", lambda body: body.replace(b'"format": 1', b'"format": 2')), "has format 2"),
        (changed("manifest.json", lambda body: body.replace(b'"revision": ', b'"revision": -')), "no revision"),
        (changed("manifest.json", lambda _: b"{}"), "does not parse"),
        (changed("manifest.json", lambda _: b"[" * 100_000), "does not parse"),
    ],
)
def test_what_was_tampered_with_is_refused(archive: Path, tmp_path: Path, tamper: Callable[[list[Any]], list[Any]], words: str) -> None:
    with tarfile.open(tmp_path / "file", "w:gz") as packed:
        for member, body in tamper(list(members(archive))):
            member.size = len(body)
            packed.addfile(member, io.BytesIO(body))
    ended = run("restore", tmp_path / "file", "--store", tmp_path / "new")
    assert ended.returncode == 2
    assert words in ended.stderr
    assert "Traceback" not in ended.stderr
    assert list(files(tmp_path)) == ["file"]


def test_a_file_larger_than_the_manifest_says_is_not_even_unpacked(archive: Path, tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "file", "w:gz") as packed:
        for member, body in changed("graph/CURRENT", lambda body: body + bytes(50 << 20))(list(members(archive))):
            member.size = len(body)
            packed.addfile(member, io.BytesIO(body))
    steps: list[int] = []
    with pytest.raises(UnreadableInput, match="content of graph/CURRENT differs"):
        backups.restore(tmp_path / "file", tmp_path / "new", lambda step, _: steps.append(step))
    assert sum(steps) < 50 << 20


def test_files_of_other_kinds_are_refused(tmp_path: Path) -> None:
    (tmp_path / "text").write_text("no archive")
    (tmp_path / "packed").write_bytes(gzip.compress(b"no tar" * 1000))
    with tarfile.open(tmp_path / "tar", "w:gz") as packed:
        packed.add(__file__)
    (tmp_path / "plain").write_bytes(gzip.decompress((tmp_path / "tar").read_bytes()))
    before = files(tmp_path)
    for name in ("text", "packed", "tar", "plain"):
        with pytest.raises(UnreadableInput, match=f"{name} is not a backup"):
            backups.restore(tmp_path / name, tmp_path / "new")
    assert files(tmp_path) == before


def test_two_at_once_do_not_spoil_one_another(archive: Path, tmp_path: Path) -> None:
    ended: list[str] = []

    def restore() -> None:
        try:
            backups.restore(archive, tmp_path / "new")
            ended.append("restored")
        except (StoreUnusable, BadParameter) as error:
            ended.append(error.title)

    threads = [threading.Thread(target=restore) for _ in range(4)]
    for thread in threads:
        thread.start()
        time.sleep(0.005)
    for thread in threads:
        thread.join()
    assert ended.count("restored") == 1
    assert [path.name for path in tmp_path.iterdir()] == ["new"]
    assert (tmp_path / "new" / "graph" / "CURRENT").exists()
    content(tmp_path / "new")
