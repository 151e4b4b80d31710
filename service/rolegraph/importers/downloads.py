"""A publisher's download: folders, zip files and single files. Files are found by name, in any folder."""

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

TABLES = (".csv", ".txt")  # extensions of tables
_ZIP = ".zip"
_PIECE = 256 * 1024  # bytes per read
_OFFERED = "the zip file as the publisher offers it, undamaged and without a password"
_END, _END_WITHIN = b"PK\x05\x06", 22 + 65_535  # signature of a zip's last record, and the size of it and a comment
_MANY = 65_535  # files or more: zip64 stores the count elsewhere


@dataclass(frozen=True)
class Part:
    """One file of a download: ``name`` is the last part of its path, ``place`` the whole path as error messages show it.

    ``within`` are the names of the folders and zip files between the given path and the file.
    """

    name: str
    place: str
    size: int
    path: Path
    within: tuple[str, ...] = ()
    member: zipfile.ZipInfo | None = None

    def open(self) -> IO[bytes]:
        """Open the file for reading; a file inside a zip is decompressed while it is read.

        :raises UnreadableInput: here and on each read, if the file cannot be read or decompressed
        """
        with _readable_errors(self):
            if self.member is None:
                return io.BufferedReader(_Reading(self, self.path.open("rb", buffering=0)), _PIECE)
            packed = zipfile.ZipFile(self.path)
            try:
                return io.BufferedReader(_Reading(self, packed.open(self.member), packed), _PIECE)
            except BaseException:
                packed.close()
                raise


class Download:
    """The files of one or more folders, zip files and single files; ``where`` lists these paths for error messages."""

    def __init__(self, paths: Sequence[Path]) -> None:
        """List the files. Zip files are tested whole: a damaged one could lack a file without any other sign of it.

        :raises UnreadableInput: for a path that does not exist, or a zip file that is invalid, damaged or locked with a password
        """
        self.paths = tuple(paths)
        self.where = ", ".join(printable(str(path)) for path in paths)
        self.parts = tuple(part for path in paths for part in _parts(path))

    def named(self, *names: str) -> list[Part]:
        """Return the files that have one of these names, ignoring case, in the order of the names."""
        return [part for name in names for part in self.parts if part.name.lower() == name.lower()]

    def single(self, *names: str) -> Part:
        """Return the only file that has one of these names: the names that a publisher gave the same file over time.

        :raises UnreadableInput: if there is no such file, with the names of the files there are; or several
        """
        parts = self.named(*names)
        if len(parts) == 1:
            return parts[0]
        wanted = " or ".join(names)
        if parts:
            places = ", ".join(part.place for part in parts)
            raise UnreadableInput(f"{self.where} has {wanted} more than once: {places}", expected=f"{wanted} once")
        raise UnreadableInput(f"{self.where} has no file {wanted}", expected=wanted, found=self._names())

    def _names(self) -> str:
        names = sorted({part.name for part in self.parts})
        return ", ".join(names[:40]) + (" …" if len(names) > 40 else "") if names else "no files"


def _parts(path: Path) -> Iterator[Part]:
    try:
        if path.is_dir():
            for file in sorted(entry for entry in path.rglob("*") if entry.is_file()):
                within = file.relative_to(path).parts
                yield from _members(file, within) if file.suffix.lower() == _ZIP else (_file(file, within[:-1]),)
        elif path.suffix.lower() == _ZIP and path.is_file():
            yield from _members(path)
        elif path.is_file():
            yield _file(path)
        else:
            expected = "a folder, a zip file or a file, as the publisher offers it"
            raise UnreadableInput(f"{printable(str(path))} does not exist", expected=expected)
    except OSError as error:
        detail = f"{printable(str(path))} cannot be read: {error.strerror}"
        raise UnreadableInput(detail, expected="files that this user is allowed to read") from error


def _file(path: Path, within: tuple[str, ...] = ()) -> Part:
    return Part(printable(path.name), printable(str(path)), path.stat().st_size, path, within)


def _members(path: Path, within: tuple[str, ...] = ()) -> Iterator[Part]:
    try:
        with zipfile.ZipFile(path) as packed:
            members = packed.infolist()
        _check_count(path, len(members))
    except Exception as error:  # zipfile raises many types, see _readable_errors
        raise UnreadableInput(f"{printable(str(path))} cannot be read as a zip file: {_reason(error)}", expected=_OFFERED) from error
    for info in members:
        member = PurePosixPath(info.filename)
        part = Part(printable(member.name), printable(f"{path}:{member}"), info.file_size, path, (*within, *member.parts[:-1]), info)
        with part.open() as content:  # checks the file's own header against the directory
            if part.name.lower().endswith(TABLES):
                while content.read(_PIECE):
                    pass
        if not info.is_dir():
            yield part


def _check_count(path: Path, listed: int) -> None:
    """Check that a zip lists as many files as its last record states: after a wrong length in its directory Python skips files.

    :raises zipfile.BadZipFile: if the counts differ
    """
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - _END_WITHIN))
        tail = file.read()
    at = tail.rfind(_END)
    stated = int.from_bytes(tail[at + 10 : at + 12], "little")
    if stated not in (listed, _MANY):
        raise zipfile.BadZipFile(f"its last record states {stated} files, its directory lists {listed}")


class _Reading(io.RawIOBase):
    """A file that raises :class:`UnreadableInput` for each error, and closes the zip that contains it."""

    def __init__(self, part: Part, file: IO[bytes] | io.RawIOBase, packed: zipfile.ZipFile | None = None) -> None:
        self._part, self._file, self._packed = part, file, packed
        self._read = 0

    def readable(self) -> bool:
        """Return True."""
        return True

    def tell(self) -> int:
        """Return the number of bytes read so far."""
        return self._read

    def readinto(self, buffer: "WriteableBuffer") -> int:
        """Read the next bytes."""
        view = memoryview(buffer)
        with _readable_errors(self._part):
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
def _readable_errors(part: Part) -> Iterator[None]:
    """Convert every error while reading a file to :class:`UnreadableInput`."""
    try:
        yield
    except Exception as error:  # passwords, unknown compression methods and each decompressor's errors have types of their own
        if part.member is None:
            detail = f"{part.place} cannot be read: {_reason(error)}"
            raise UnreadableInput(detail, expected="a file that this user is allowed to read") from error
        raise UnreadableInput(f"{part.place} cannot be decompressed: {_reason(error)}", expected=_OFFERED) from error


def _reason(error: Exception) -> str:
    if isinstance(error, RuntimeError) and "password" in str(error):
        return "it is locked with a password"
    if isinstance(error, EOFError):
        return "it ends too early"
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return printable(str(error)) or type(error).__name__
