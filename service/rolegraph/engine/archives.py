"""The format of a backup: a tar.gz file whose first member, ``manifest.json``, lists all others with sizes and digests."""

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
# only the names of files of a store, so that no archive can write outside the folder
_NAME = re.compile(r"graph/[A-Za-z0-9][A-Za-z0-9._-]*|" + "|".join(map(re.escape, BESIDE)))
_DIGEST = re.compile(r"[0-9a-f]{64}")
_CHUNK = 1 << 20
_LARGEST_MANIFEST = 64 << 20
_LEVEL = 1  # gzip level: higher levels take several times as long and save little

ByteProgress = Callable[[int], None]
"""Receives the number of bytes processed since the last call."""


@dataclass(frozen=True)
class Manifest:
    """The manifest of a backup: the revision, the times of publication and of the backup, the version of Rolegraph, the files by name."""

    revision: int
    published: datetime
    made: datetime
    rolegraph: str
    files: Mapping[str, Kept]

    @property
    def size(self) -> int:
        """The total size of all files, unpacked, in bytes."""
        return sum(file.size for file in self.files.values())

    def as_json(self) -> bytes:
        """Return the manifest as JSON."""
        times = {"published": self.published.isoformat(), "made": self.made.isoformat()}
        return json.dumps({"format": FORMAT, **asdict(self), **times}, indent=1).encode() + b"\n"

    @classmethod
    def read(cls, text: bytes) -> "Manifest":
        """Parse a manifest.

        :raises UnreadableInput: for a manifest that does not parse, has another format, or lists a file that is not part of a store
        """
        try:
            document = json.loads(text)
            if document["format"] != FORMAT:
                detail = f"has format {document['format']!r}, and this version reads {FORMAT}: use the Rolegraph that wrote it"
                raise UnreadableInput(detail)
            files = {name: Kept(int(file["size"]), str(file["sha256"])) for name, file in document["files"].items()}
            published, made = (datetime.fromisoformat(document[name]) for name in ("published", "made"))
            manifest = cls(int(document["revision"]), published, made, str(document["rolegraph"]), files)
        except (ValueError, OverflowError, TypeError, KeyError, AttributeError, RecursionError) as error:
            raise UnreadableInput(f"is not a complete backup: its {MANIFEST} does not parse ({type(error).__name__}: {error})") from error
        foreign = [name for name, file in files.items() if not _NAME.fullmatch(name) or file.size < 0 or not _DIGEST.fullmatch(file.sha256)]
        if foreign:
            raise UnreadableInput(f"is not a backup of a store: its {MANIFEST} lists {_quoted(foreign[0])}")
        if manifest.revision < 0 or "graph/CURRENT" not in files:
            raise UnreadableInput(f"is not a backup of a store: its {MANIFEST} lists no revision")
        return manifest


def examine(name: str, path: Path, progress: ByteProgress) -> Kept:
    """Return the size and the digest of a file for the manifest.

    :param name: its name in the archive
    :raises StoreUnusable: for a name that :meth:`Manifest.read` would refuse
    """
    if not _NAME.fullmatch(name):
        raise StoreUnusable(f"{name} is not a file of a store; move it away")
    with path.open("rb") as file:
        return _copy(file, len, progress)


@contextmanager
def writing(file: Path, *, force: bool) -> Iterator[gzip.GzipFile]:
    """Open a compressed file for writing. It gets its name once it is complete; a failure leaves no file behind.

    :param force: replace an existing file
    :raises BadParameter: for a file that exists (without ``force``) or cannot be written
    """
    part = file.with_name(file.name + ".part")
    try:
        part.unlink(missing_ok=True)
        # readable by its owner only, since it contains digests of tokens
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as raw:
            with gzip.GzipFile("", "wb", _LEVEL, raw) as packed:
                yield packed
            raw.flush()
            os.fsync(raw.fileno())
        refuse_existing(file, force=force)
        part.replace(file)
        sync(file.parent)
    except OSError as error:
        expected = "a file in an existing, writable folder with enough space"
        raise BadParameter("file", f"{file} cannot be written: {error.strerror or error}", expected=expected) from error
    finally:
        with suppress(OSError):
            part.unlink()


def refuse_existing(file: Path, *, force: bool) -> None:
    """Refuse to overwrite a file.

    :raises BadParameter: for a folder, and for a file that exists (without ``force``)
    """
    if file.is_dir():
        raise BadParameter("file", f"{file} is a folder", expected="the name of a file")
    if file.exists() and not force:
        raise BadParameter("file", f"{file} exists already", expected="a new name, or --force to replace it")


def pack(manifest: Manifest, files: Mapping[str, Path], packed: gzip.GzipFile, progress: ByteProgress) -> None:
    """Write an archive.

    :param files: the files by their name in the archive
    """
    with tarfile.open(fileobj=packed, mode="w") as archive:
        text = manifest.as_json()
        archive.addfile(_member(MANIFEST, len(text), manifest), io.BytesIO(text))
        for name, path in files.items():
            with path.open("rb") as file:
                archive.addfile(_member(name, manifest.files[name].size, manifest), file)
            progress(manifest.files[name].size)


def unpack(file: Path, folder: Path, progress: Callable[[int, int], None]) -> Manifest:
    """Unpack an archive to a folder and check each file against the manifest.

    :param progress: receives the bytes processed since the last call, and the total
    :raises UnreadableInput: for a file that is not a backup, or a damaged one
    :raises OSError: if the folder cannot be written
    """
    try:
        raw = file.open("rb")
    except OSError as error:
        raise UnreadableInput(f"{file} cannot be read: {error.strerror}") from error
    try:
        with raw, gzip.GzipFile(fileobj=raw) as packed:
            manifest = _unpack(packed, folder, progress)
            while packed.read(_CHUNK):  # to the end, which has the checksum of the whole file
                pass
    except EOFError as error:
        raise UnreadableInput(f"{file} is truncated") from error
    except (gzip.BadGzipFile, zlib.error, tarfile.TarError, ValueError) as error:
        raise UnreadableInput(f"{file} is not a backup, or damaged: {error}") from error
    except UnreadableInput as error:
        raise UnreadableInput(f"{file} {error.detail}") from error
    return manifest


def _unpack(packed: gzip.GzipFile, folder: Path, progress: Callable[[int, int], None]) -> Manifest:
    with tarfile.open(fileobj=packed, mode="r:") as archive:
        first = archive.next()
        if first is None or first.name != MANIFEST or not first.isreg() or first.size > _LARGEST_MANIFEST:
            raise UnreadableInput(f"is not a backup of Rolegraph: it does not begin with {MANIFEST}")
        manifest = Manifest.read(_content(archive, first).read())
        missing = dict(manifest.files)
        (folder / "graph").mkdir()
        while member := archive.next():
            listed = missing.pop(member.name, None)
            if listed is None or not member.isreg():
                raise UnreadableInput(f"is not a valid backup: it has {_quoted(member.name)}, which {MANIFEST} does not list as a file")
            received = member.size == listed.size and _receive(
                _content(archive, member), folder / member.name, lambda step: progress(step, manifest.size)
            )
            if received != listed:
                raise UnreadableInput(f"is damaged: the content of {member.name} differs from {MANIFEST}")
    if missing:
        raise UnreadableInput(f"is not a complete backup: it lacks {', '.join(sorted(missing)[:5])}")
    return manifest


def _receive(content: IO[bytes], path: Path, progress: ByteProgress) -> Kept:
    mode = 0o600 if path.name in BESIDE else 0o666  # the umask applies, as for the files of the engine
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
        written = _copy(content, file.write, progress)
        file.flush()
        os.fsync(file.fileno())
    return written


def _copy(content: IO[bytes], write: Callable[[bytes], int], progress: ByteProgress) -> Kept:
    digest, size = hashlib.sha256(), 0
    while chunk := content.read(_CHUNK):
        digest.update(chunk)
        size += write(chunk)
        progress(len(chunk))
    return Kept(size, digest.hexdigest())


def _content(archive: tarfile.TarFile, member: tarfile.TarInfo) -> IO[bytes]:
    content = archive.extractfile(member)
    if content is None:
        raise UnreadableInput(f"is damaged: {_quoted(member.name)} is not a file")
    return content


def _member(name: str, size: int, manifest: Manifest) -> tarfile.TarInfo:
    member = tarfile.TarInfo(name)
    member.size, member.mode, member.mtime = size, 0o600, manifest.made.timestamp()
    return member


def _quoted(name: str) -> str:
    return repr(name[:200])
