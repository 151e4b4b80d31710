"""The form of a backup: a packed tar whose first member, ``manifest.json``, describes all others."""

import gzip
import hashlib
import io
import json
import os
import re
import tarfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import IO

from rolegraph.engine.inventory import Kept
from rolegraph.engine.revisions import sync
from rolegraph.errors import BadParameter, StoreUnusable, UnreadableInput

FORMAT = 1
MANIFEST = "manifest.json"
DATABASE = "tokens.sqlite"
BESIDE = ("default-graph", "shipped.json", DATABASE, "tokens.json")  # the last is what older versions wrote
# only names that a store has: none of them leads out of the folder, whatever an archive says
_NAME = re.compile(r"graph/[A-Za-z0-9][A-Za-z0-9._-]*|" + "|".join(map(re.escape, BESIDE)))
_DIGEST = re.compile(r"[0-9a-f]{64}")
_CHUNK = 1 << 20
_LARGEST_MANIFEST = 64 << 20
_LEVEL = 1  # of compression: a higher one takes several times as long and saves little

Told = Callable[[int], None]
"""Is told how many bytes were dealt with since it was last told."""


@dataclass(frozen=True)
class Manifest:
    """What a backup holds: a revision of a store, file by file."""

    revision: int
    published: datetime
    made: datetime
    rolegraph: str
    files: Mapping[str, Kept]

    @property
    def size(self) -> int:
        """The bytes of all files, unpacked."""
        return sum(kept.size for kept in self.files.values())

    def as_json(self) -> bytes:
        """Return it as it stands in an archive."""
        times = {"published": self.published.isoformat(), "made": self.made.isoformat()}
        return json.dumps({"format": FORMAT, **asdict(self), **times}, indent=1).encode() + b"\n"

    @classmethod
    def read(cls, text: bytes) -> "Manifest":
        """Read it from an archive.

        :raises UnreadableInput: for one that does not parse, is of another format, or names a file that no store has
        """
        try:
            found = json.loads(text)
            if found["format"] != FORMAT:
                raise UnreadableInput(f"has format {found['format']!r}, and {FORMAT} is read here: use the Rolegraph that wrote it")
            files = {name: Kept(int(kept["size"]), str(kept["sha256"])) for name, kept in found["files"].items()}
            published, made = (datetime.fromisoformat(found[name]) for name in ("published", "made"))
            manifest = cls(int(found["revision"]), published, made, str(found["rolegraph"]), files)
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
            raise UnreadableInput(f"is no whole backup: its {MANIFEST} does not parse ({type(error).__name__}: {error})") from error
        foreign = [name for name, kept in files.items() if not _NAME.fullmatch(name) or kept.size < 0 or not _DIGEST.fullmatch(kept.sha256)]
        if foreign:
            raise UnreadableInput(f"is no backup of a store: its {MANIFEST} tells of {_quoted(foreign[0])}")
        if manifest.revision < 0 or "graph/CURRENT" not in files:
            raise UnreadableInput(f"is no backup of a store: its {MANIFEST} tells of no revision")
        return manifest


def examine(name: str, path: Path, told: Told) -> Kept:
    """Return the size and the digest of a file that is to go into an archive under a name.

    :raises StoreUnusable: for a name that would be refused when it is read
    """
    if not _NAME.fullmatch(name):
        raise StoreUnusable(f"{name} is no file of a store; move it away")
    with path.open("rb") as file:
        return _copy(file, len, told)


@contextmanager
def writing(file: Path, *, force: bool) -> Iterator[gzip.GzipFile]:
    """Give what is packed into a file, which is there once it is whole; what fails leaves nothing behind.

    :raises BadParameter: for a file that is there, unless by ``force``, or that cannot be written
    """
    part = file.with_name(file.name + ".part")
    try:
        part.unlink(missing_ok=True)
        # digests of tokens are in it: for its owner only
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as raw:
            with gzip.GzipFile("", "wb", _LEVEL, raw) as packed:
                yield packed
            raw.flush()
            os.fsync(raw.fileno())
        refuse_existing(file, force=force)
        part.replace(file)
        sync(file.parent)
    except OSError as error:
        expected = "a file in a folder that exists, may be written and has room"
        raise BadParameter("file", f"{file} cannot be written: {error.strerror or error}", expected=expected) from error
    finally:
        with suppress(OSError):
            part.unlink()


def refuse_existing(file: Path, *, force: bool) -> None:
    """Refuse a file that is there.

    :raises BadParameter: for it, unless by ``force``
    """
    if file.is_dir():
        raise BadParameter("file", f"{file} is a folder", expected="the name of a file")
    if file.exists() and not force:
        raise BadParameter("file", f"{file} is there already", expected="a new name, or --force to replace it")


def pack(manifest: Manifest, files: Mapping[str, Path], packed: gzip.GzipFile, told: Told) -> None:
    """Write an archive of files."""
    with tarfile.open(fileobj=packed, mode="w") as archive:
        text = manifest.as_json()
        archive.addfile(_member(MANIFEST, len(text), manifest), io.BytesIO(text))
        for name, path in files.items():
            with path.open("rb") as file:
                archive.addfile(_member(name, manifest.files[name].size, manifest), file)
            told(manifest.files[name].size)


def unpack(file: Path, folder: Path, progress: Callable[[int, int], None]) -> Manifest:
    """Write the files of an archive into a folder, each as its manifest describes it, and nothing else.

    :raises UnreadableInput: for a file that is no backup, or a damaged one
    :raises OSError: where the folder cannot be written
    """
    try:
        raw = file.open("rb")
    except OSError as error:
        raise UnreadableInput(f"{file} cannot be read: {error.strerror}") from error
    try:
        with raw, gzip.GzipFile(fileobj=raw) as packed:
            manifest = _unpack(packed, folder, progress)
            while packed.read(_CHUNK):  # to the end, where the checksum of the whole stands
                pass
    except EOFError as error:
        raise UnreadableInput(f"{file} is cut short") from error
    except (gzip.BadGzipFile, zlib.error, tarfile.TarError, ValueError) as error:
        raise UnreadableInput(f"{file} is no backup, or damaged: {error}") from error
    except UnreadableInput as error:
        raise UnreadableInput(f"{file} {error.detail}") from error
    return manifest


def _unpack(packed: gzip.GzipFile, folder: Path, progress: Callable[[int, int], None]) -> Manifest:
    with tarfile.open(fileobj=packed, mode="r:") as archive:
        first = archive.next()
        if first is None or first.name != MANIFEST or not first.isreg() or first.size > _LARGEST_MANIFEST:
            raise UnreadableInput(f"is no backup of Rolegraph: it does not begin with {MANIFEST}")
        manifest = Manifest.read(_content(archive, first).read())
        missing = dict(manifest.files)
        (folder / "graph").mkdir()
        while member := archive.next():
            kept = missing.pop(member.name, None)
            if kept is None or not member.isreg():
                raise UnreadableInput(f"is no whole backup: it holds {_quoted(member.name)}, which is no file that {MANIFEST} tells of")
            received = member.size == kept.size and _receive(
                _content(archive, member), folder / member.name, lambda step: progress(step, manifest.size)
            )
            if received != kept:
                raise UnreadableInput(f"is damaged: {member.name} is not as {MANIFEST} describes it")
    if missing:
        raise UnreadableInput(f"is not whole: it lacks {', '.join(sorted(missing)[:5])}")
    return manifest


def _receive(content: IO[bytes], path: Path, told: Told) -> Kept:
    mode = 0o600 if path.name in BESIDE else 0o666  # the latter less the user's mask, as the engine has it
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
        kept = _copy(content, file.write, told)
        file.flush()
        os.fsync(file.fileno())
    return kept


def _copy(content: IO[bytes], write: Callable[[bytes], int], told: Told) -> Kept:
    digest, size = hashlib.sha256(), 0
    while chunk := content.read(_CHUNK):
        digest.update(chunk)
        size += write(chunk)
        told(len(chunk))
    return Kept(size, digest.hexdigest())


def _content(archive: tarfile.TarFile, member: tarfile.TarInfo) -> IO[bytes]:
    content = archive.extractfile(member)
    if content is None:
        raise UnreadableInput(f"is damaged: {_quoted(member.name)} is no file")
    return content


def _member(name: str, size: int, manifest: Manifest) -> tarfile.TarInfo:
    member = tarfile.TarInfo(name)
    member.size, member.mode, member.mtime = size, 0o600, manifest.made.timestamp()
    return member


def _quoted(name: str) -> str:
    return repr(name[:200])
