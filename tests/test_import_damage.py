"""Downloads that are damaged, cut, locked or cannot be read: one clear line each, and never half an import."""

import io
import os
import re
import struct
import zipfile
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from esco_tables import tables, text
from rolegraph.cli import main
from rolegraph.errors import UnreadableInput
from rolegraph.facade import Rolegraph
from rolegraph.importers import esco
from rolegraph.importers.downloads import Download
from rolegraph.importers.reports import ImportReport

DIRECTORY, LOCAL = b"PK\x01\x02", b"PK\x03\x04"


def packed(method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """Return a small ESCO as a zip, with a folder."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", method) as pack:
        pack.writestr("ESCO/", "")
        for name, rows in tables().items():
            pack.writestr(f"ESCO/{name}", text(rows))
    return content.getvalue()


WHOLE = {method: packed(method) for method in (zipfile.ZIP_DEFLATED, zipfile.ZIP_STORED)}


def changed(content: bytes, at: int, new: bytes) -> bytes:
    return content[:at] + new + content[at + len(new) :]


def entry(content: bytes, name: bytes, kind: bytes) -> int:
    """Return where the record of a file begins: in the directory, or before the file itself."""
    length = 46 if kind == DIRECTORY else 30
    return next(at.start() for at in re.finditer(re.escape(kind), content) if content[at.start() + length :].startswith(name))


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder."""
    return tmp_path_factory.mktemp("damage")


def taken(graph: Rolegraph, place: Path, content: bytes) -> set[bytes] | None:
    """Import a zip, and return the lines of what it became, or None where it was refused."""
    path, output = place / "ESCO 1.1.1.zip", place / "graph.nt"
    path.write_bytes(content)
    output.unlink(missing_ok=True)
    refused = ""
    try:
        graph.import_source(esco.read, Download([path]), ImportReport(), output)
    except UnreadableInput as error:
        refused = error.detail
    assert "\n" not in refused
    assert output.exists() != bool(refused)
    return None if refused else set(output.read_bytes().splitlines())


EXPECTED: dict[Path, set[bytes] | None] = {}


@pytest.mark.parametrize("method", WHOLE, ids=["deflated", "stored"])
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_zip_with_other_bytes_is_refused_or_gives_all(bare: Rolegraph, place: Path, method: int, data: st.DataObject) -> None:
    whole = WHOLE[method]
    if place not in EXPECTED:
        EXPECTED[place] = taken(bare, place, whole)
        assert EXPECTED[place]
    # half of the changes where they say most: in the directory at the end
    places = st.one_of(st.integers(0, len(whole) - 1), st.integers(whole.index(DIRECTORY), len(whole) - 1))
    content = whole
    for at, byte in data.draw(st.lists(st.tuples(places, st.integers(0, 255)), max_size=3)):
        content = changed(content, at, bytes([byte]))
    if data.draw(st.booleans()):
        start = data.draw(st.integers(0, len(content)))
        content = content[:start] + content[data.draw(st.integers(start, len(content))) :]
    found = taken(bare, place, content)
    assert found is None or found == EXPECTED[place]


def locked(whole: bytes) -> bytes:
    at = entry(whole, b"ESCO/skills_en.csv", DIRECTORY)
    return changed(whole, at + 8, b"\x01\x00")


def unknown(whole: bytes) -> bytes:
    at = entry(whole, b"ESCO/skills_en.csv", DIRECTORY)
    return changed(whole, at + 10, struct.pack("<H", 97))


def renamed(whole: bytes) -> bytes:
    """Name a file that may be missing otherwise, in the directory alone."""
    at = entry(whole, b"ESCO/skillGroups_en.csv", DIRECTORY)
    return changed(whole, at + 46, b"ESCO/skillGroups_en.cs/")


def swallowed(whole: bytes) -> bytes:
    """Have the directory's record of the last but one file take in the one after it."""
    at = entry(whole, b"ESCO/skillSkillRelations.csv", DIRECTORY)
    return changed(whole, at + 32, b"\xff\x7f")


def miscounted(whole: bytes) -> bytes:
    at = entry(whole, b"ESCO/skills_en.csv", DIRECTORY)
    return changed(whole, at + 16, b"\x00\x00\x00\x00")


def scrambled(whole: bytes) -> bytes:
    at = entry(whole, b"ESCO/skills_en.csv", LOCAL) + 30 + len("ESCO/skills_en.csv")
    return changed(whole, at + 20, b"\xff" * 20)


def cut(whole: bytes) -> bytes:
    """Leave bytes out of the middle of a file, as a download that was resumed wrongly does."""
    at = entry(whole, b"ESCO/skills_en.csv", LOCAL) + 60
    return whole[:at] + whole[at + 50 :]


@pytest.mark.parametrize(
    ("harm", "says"),
    [
        (locked, "skills_en.csv cannot be decompressed: it is locked with a password"),
        (unknown, "skills_en.csv cannot be decompressed: That compression method is not supported"),
        (renamed, "skillGroups_en.cs cannot be decompressed: File name in directory"),
        (swallowed, "cannot be read as a zip file: its last record states 12 files, its directory lists"),
        (miscounted, "skills_en.csv cannot be decompressed: Bad CRC-32"),
        (scrambled, "skills_en.csv cannot be decompressed: "),
        (cut, "cannot be decompressed: "),
        (lambda whole: whole[: len(whole) // 2], "cannot be read as a zip file: File is not a zip file"),
        (lambda _: b"", "cannot be read as a zip file"),
        (lambda _: b"<!DOCTYPE html><title>Sign in</title>", "cannot be read as a zip file"),
    ],
)
def test_each_harm_is_one_clear_line_and_nothing_is_stored(tmp_path: Path, harm: object, says: str) -> None:
    path, store = tmp_path / "ESCO 1.1.1.zip", tmp_path / "store"
    path.write_bytes(harm(WHOLE[zipfile.ZIP_DEFLATED]))  # type: ignore[operator]
    done = CliRunner().invoke(main, ["import", "esco", str(path), "--store", str(store)])
    assert (done.exit_code, type(done.exception)) == (2, SystemExit), done.output
    assert says in done.output
    assert re.fullmatch(r"Error: [^\n]+\n(  [a-z]+: [^\n]+\n)+", done.output)
    assert not store.exists()


def test_a_file_that_changes_after_the_look_is_told_too(bare: Rolegraph, tmp_path: Path) -> None:
    path = tmp_path / "ESCO 1.1.1.zip"
    path.write_bytes(WHOLE[zipfile.ZIP_DEFLATED])
    download = Download([path])
    path.write_bytes(scrambled(WHOLE[zipfile.ZIP_DEFLATED]))
    with pytest.raises(UnreadableInput, match=r"skills_en\.csv cannot be decompressed"):
        bare.import_source(esco.read, download, ImportReport(), tmp_path / "graph.nt")
    path.unlink()
    with pytest.raises(UnreadableInput, match=r"cannot be decompressed: No such file"):
        bare.import_source(esco.read, download, ImportReport(), tmp_path / "graph.nt")


def test_names_that_are_no_text_are_shown_as_codes(tmp_path: Path) -> None:
    folder = tmp_path / "ESCO 1.1.1"
    folder.mkdir()
    for name, rows in tables().items():
        (folder / name).write_text(text(rows), encoding="utf-8", newline="")
    (folder / os.fsdecode(b"not\xff\x1b[31m.csv")).write_text("x\n")
    report = tmp_path / "report.csv"
    done = CliRunner().invoke(main, ["import", "esco", str(folder), "-o", str(tmp_path / "graph.nt"), "--report", str(report)])
    assert done.exit_code == 0, done.output
    assert r"not\udcff\x1b[31m.csv" in report.read_text(encoding="utf-8")
    assert "\x1b[31m" not in done.output


@pytest.mark.skipif(not Path("/proc/self/mem").exists(), reason="no file that cannot be read by anybody")
def test_a_file_that_cannot_be_read_is_named(bare: Rolegraph, tmp_path: Path) -> None:
    for name, rows in tables().items():
        (tmp_path / name).write_text(text(rows), encoding="utf-8", newline="")
    (tmp_path / "skills_en.csv").unlink()
    (tmp_path / "skills_en.csv").symlink_to("/proc/self/mem")  # its first bytes are of nobody: reading them is an error of the disk
    with pytest.raises(UnreadableInput, match=r"skills_en\.csv cannot be read: Input/output error"):
        bare.import_source(esco.read, Download([tmp_path]), ImportReport(), tmp_path / "graph.nt", version="1.1.1")
