"""What is refused to be restored: targets that are there, and archives that were cut, changed or made up."""

import gzip
import hashlib
import io
import json
import random
import shutil
import tarfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from backup_cases import backup, content, files, filled, run
from rolegraph.engine import backups
from rolegraph.errors import BadParameter, StoreUnusable, UnreadableInput

pytestmark = pytest.mark.service


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return backup(filled(tmp_path_factory.mktemp("kept") / "store", shipped=False))


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


def test_a_flipped_bit_is_refused_unless_it_changes_no_content(archive: Path, tmp_path: Path) -> None:
    body = archive.read_bytes()
    whole = gzip.decompress(body)
    chance = random.Random(2)
    header = 10  # of gzip: it tells the time and the system, which nothing depends on
    for place in [header, len(body) - 1, len(body) - 6, *(chance.randrange(header, len(body)) for _ in range(40))]:
        flipped = body[:place] + bytes([body[place] ^ 1 << chance.randrange(8)]) + body[place + 1 :]
        (tmp_path / "flipped").write_bytes(flipped)
        try:
            backups.restore(tmp_path / "flipped", tmp_path / "new")
        except UnreadableInput:
            pass
        else:  # such as a bit of a code that the compressed data does not use
            assert gzip.decompress(flipped) == whole
            shutil.rmtree(tmp_path / "new")
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
        (consistent("graph/revision.json", lambda body: body.replace(b'"graphs": ', b'"graphs": 1e999, "was": ')), "does not parse"),
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
        (changed("manifest.json", lambda body: body.replace(b'"revision": ', b'"revision": 1e999, "was": ')), "does not parse"),
        (changed("manifest.json", lambda body: body.replace(b'"size": ', b'"size": 1e999, "was": ', 1)), "does not parse"),
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
