"""What a publisher offers for download, as a user gets it: folders, zip files, single files. Files are found by name, wherever they lie."""

import io
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO

from rolegraph.errors import UnreadableInput

_ZIP = ".zip"


@dataclass(frozen=True)
class Part:
    """One file of a download: ``name`` is its last part, ``place`` says to people where it lies."""

    name: str
    place: str
    size: int
    path: Path
    member: str | None = None

    def open(self) -> IO[bytes]:
        """Open the file for reading; inside a zip it is unpacked as it is read."""
        if self.member is None:
            return self.path.open("rb")
        return _Member(self.path, self.member)


class Download:
    """The files of one or more folders, zip files and single files."""

    def __init__(self, paths: Sequence[Path]) -> None:
        """Look what there is.

        :raises UnreadableInput: for a path where nothing lies, or a zip file that is none
        """
        self.paths = tuple(paths)
        self.parts = tuple(part for path in paths for part in _parts(path))

    def named(self, *names: str) -> list[Part]:
        """Return the files that have one of these names, without regard to case; those of the first name first."""
        return [part for name in names for part in self.parts if part.name.lower() == name.lower()]

    def one(self, *names: str) -> Part:
        """Return the one file that has one of these names: a publisher's names for the same file over time.

        :raises UnreadableInput: where there is none, with the names that are there; or more than one
        """
        found = self.named(*names)
        if len(found) == 1:
            return found[0]
        wanted = " or ".join(names)
        where = ", ".join(map(str, self.paths))
        if found:
            raise UnreadableInput(f"{where} has {wanted} more than once: {', '.join(part.place for part in found)}", expected="it once")
        raise UnreadableInput(f"{where} has no file {wanted}", expected=wanted, found=self._names())

    def _names(self) -> str:
        names = sorted({part.name for part in self.parts})
        return ", ".join(names[:40]) + (" …" if len(names) > 40 else "") if names else "no files"


def _parts(path: Path) -> Iterator[Part]:
    if path.is_dir():
        for inner in sorted(found for found in path.rglob("*") if found.is_file()):
            if inner.suffix.lower() == _ZIP:
                yield from _members(inner)
            else:
                yield Part(inner.name, str(inner), inner.stat().st_size, inner)
    elif path.suffix.lower() == _ZIP and path.is_file():
        yield from _members(path)
    elif path.is_file():
        yield Part(path.name, str(path), path.stat().st_size, path)
    else:
        raise UnreadableInput(f"there is nothing at {path}", expected="a folder, a zip file or a file, as the publisher offers it")


def _members(path: Path) -> Iterator[Part]:
    try:
        with zipfile.ZipFile(path) as packed:
            found = [info for info in packed.infolist() if not info.is_dir()]
    except (zipfile.BadZipFile, OSError) as error:
        raise UnreadableInput(f"{path} is no zip file that can be read: {error}", expected="the zip as the publisher offers it") from error
    for info in found:
        yield Part(PurePosixPath(info.filename).name, f"{path}:{info.filename}", info.file_size, path, info.filename)


class _Member(io.BufferedReader):
    """A file in a zip, which closes the zip with itself."""

    def __init__(self, path: Path, member: str) -> None:
        self._packed = zipfile.ZipFile(path)
        super().__init__(self._packed.open(member))  # type: ignore[arg-type]  # its buffered reading is what is needed

    def close(self) -> None:
        """Close the file and the zip."""
        super().close()
        self._packed.close()
