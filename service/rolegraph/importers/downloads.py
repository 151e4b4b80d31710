"""What a publisher offers for download, as a user gets it: folders, zip files, single files. Files are found by name, wherever they lie."""

import io
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO, TYPE_CHECKING

from rolegraph.errors import UnreadableInput
from rolegraph.importers.reports import printable

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

TABLES = (".csv", ".txt")  # what the names of tables end with
_ZIP = ".zip"
_PIECE = 256 * 1024  # bytes that are read at once
_OFFERED = "the zip as the publisher offers it, downloaded again where it is damaged, and without a password"
_END, _END_WITHIN = b"PK\x05\x06", 22 + 65_535  # where a zip's last record begins, and within which last bytes; a comment may follow it
_MANY = 65_535  # files, or more


@dataclass(frozen=True)
class Part:
    """One file of a download: ``name`` is its last part, ``place`` says to people where it lies.

    ``within`` are the names of the folders and zip files that lead to it from the path that was given.
    """

    name: str
    place: str
    size: int
    path: Path
    within: tuple[str, ...] = ()
    member: zipfile.ZipInfo | None = None

    def open(self) -> IO[bytes]:
        """Open the file for reading; inside a zip it is unpacked as it is read.

        :raises UnreadableInput: here and while it is read, for what cannot be read or unpacked
        """
        with _told(self):
            if self.member is None:
                return io.BufferedReader(_Reading(self, self.path.open("rb", buffering=0)), _PIECE)
            packed = zipfile.ZipFile(self.path)
            try:
                return io.BufferedReader(_Reading(self, packed.open(self.member), packed), _PIECE)
            except BaseException:
                packed.close()
                raise


class Download:
    """The files of one or more folders, zip files and single files; ``where`` says to people which."""

    def __init__(self, paths: Sequence[Path]) -> None:
        """Look what there is. Zip files are tested whole: one that is damaged could lack a file without any other sign of it.

        :raises UnreadableInput: for a path where nothing lies, or a zip file that is none, damaged or locked
        """
        self.paths = tuple(paths)
        self.where = ", ".join(printable(str(path)) for path in paths)
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
        if found:
            places = ", ".join(part.place for part in found)
            raise UnreadableInput(f"{self.where} has {wanted} more than once: {places}", expected="it once")
        raise UnreadableInput(f"{self.where} has no file {wanted}", expected=wanted, found=self._names())

    def _names(self) -> str:
        names = sorted({part.name for part in self.parts})
        return ", ".join(names[:40]) + (" …" if len(names) > 40 else "") if names else "no files"


def _parts(path: Path) -> Iterator[Part]:
    try:
        if path.is_dir():
            for inner in sorted(found for found in path.rglob("*") if found.is_file()):
                within = inner.relative_to(path).parts
                yield from _members(inner, within) if inner.suffix.lower() == _ZIP else (_file(inner, within[:-1]),)
        elif path.suffix.lower() == _ZIP and path.is_file():
            yield from _members(path)
        elif path.is_file():
            yield _file(path)
        else:
            expected = "a folder, a zip file or a file, as the publisher offers it"
            raise UnreadableInput(f"there is nothing at {printable(str(path))}", expected=expected)
    except OSError as error:
        detail = f"{printable(str(path))} cannot be read: {error.strerror}"
        raise UnreadableInput(detail, expected="files that this user may read") from error


def _file(path: Path, within: tuple[str, ...] = ()) -> Part:
    return Part(printable(path.name), printable(str(path)), path.stat().st_size, path, within)


def _members(path: Path, within: tuple[str, ...] = ()) -> Iterator[Part]:
    try:
        with zipfile.ZipFile(path) as packed:
            found = packed.infolist()
        _count(path, len(found))
    except Exception as error:  # as below
        raise UnreadableInput(f"{printable(str(path))} is no zip file that can be read: {_reason(error)}", expected=_OFFERED) from error
    for info in found:
        inner = PurePosixPath(info.filename)
        part = Part(printable(inner.name), printable(f"{path}:{inner}"), info.file_size, path, (*within, *inner.parts[:-1]), info)
        with part.open() as content:  # looks whether the file itself agrees with the directory
            if part.name.lower().endswith(TABLES):
                while content.read(_PIECE):
                    pass
        if not info.is_dir():
            yield part


def _count(path: Path, found: int) -> None:
    """See that a zip has as many files as its end says: a wrong length in its directory makes Python's reader pass over those that follow.

    :raises zipfile.BadZipFile: where it has not
    """
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - _END_WITHIN))
        tail = file.read()
    at = tail.rfind(_END)
    told = int.from_bytes(tail[at + 10 : at + 12], "little")
    if told not in (found, _MANY):
        raise zipfile.BadZipFile(f"its end tells of {told} files, its directory of {found}")


class _Reading(io.RawIOBase):
    """A file that says in our words what is wrong with it, and closes with itself the zip that it is in."""

    def __init__(self, part: Part, file: IO[bytes] | io.RawIOBase, packed: zipfile.ZipFile | None = None) -> None:
        self._part, self._file, self._packed = part, file, packed
        self._read = 0

    def readable(self) -> bool:
        """Tell that it can be read."""
        return True

    def tell(self) -> int:
        """Return how many bytes were read."""
        return self._read

    def readinto(self, buffer: "WriteableBuffer") -> int:
        """Read the next bytes."""
        view = memoryview(buffer)
        with _told(self._part):
            piece = self._file.read(len(view)) or b""
        view[: len(piece)] = piece
        self._read += len(piece)
        return len(piece)

    def close(self) -> None:
        """Close the file and the zip."""
        if not self.closed:
            self._file.close()
            if self._packed:
                self._packed.close()
        super().close()


@contextmanager
def _told(part: Part) -> Iterator[None]:
    """Turn what reading a file raises into an error of ours."""
    try:
        yield
    except Exception as error:  # a password, an unknown method of packing, and each known one for bad bytes: all raise their own
        if part.member is None:
            raise UnreadableInput(f"{part.place} cannot be read: {_reason(error)}", expected="a file that this user may read") from error
        raise UnreadableInput(f"{part.place} cannot be unpacked: {_reason(error)}", expected=_OFFERED) from error


def _reason(error: Exception) -> str:
    if isinstance(error, RuntimeError) and "password" in str(error):
        return "it is locked with a password"
    if isinstance(error, EOFError):
        return "it ends too early"
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return printable(str(error)) or type(error).__name__
