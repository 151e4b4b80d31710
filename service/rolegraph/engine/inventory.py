"""The inventory of a revision: sizes and digests of its files, stored beside them, so that damage is detected."""

import hashlib
import json
import os
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

FILE = "revision.json"
FORMAT = 1
_CHUNK = 1 << 20
_LARGE = 8 << 20  # bytes from which several threads read
_MOST = 4096  # cached digests: a revision has a few dozen files


@dataclass(frozen=True)
class Kept:
    """The size in bytes and the SHA-256 digest of a file when it was written."""

    size: int
    sha256: str


class Digests:
    """A cache of digests of files that never change once they are written; each file is read once, even with several hard links."""

    def __init__(self) -> None:
        self._known: dict[tuple[int, ...], Kept] = {}

    def of(self, paths: Iterable[Path]) -> list[Kept]:
        """Return the digest of each file."""
        wanted = [(path, self._key(path)) for path in paths]
        if sum(key[2] for _, key in wanted if key not in self._known) < _LARGE:
            return [self._cached_digest(path, key) for path, key in wanted]
        with ThreadPoolExecutor(os.cpu_count()) as pool:  # hashing releases the GIL
            return list(pool.map(lambda item: self._cached_digest(*item), wanted))

    def _cached_digest(self, path: Path, key: tuple[int, ...]) -> Kept:
        kept = self._known.pop(key, None) or digest(path)
        self._known[key] = kept  # at the end, so that the first is the least recently used
        while len(self._known) > _MOST:
            self._known.pop(next(iter(self._known)), None)
        return kept

    @staticmethod
    def _key(path: Path) -> tuple[int, ...]:
        status = path.stat()
        return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns


@dataclass(frozen=True)
class Inventory:
    """The number of a revision, its time of publication, its number of named graphs, and its files by name."""

    revision: int
    published: datetime
    graphs: int
    files: Mapping[str, Kept]

    @classmethod
    def taken(cls, revision: int, published: datetime, graphs: int, folder: Path, digests: Digests) -> "Inventory":
        """Return the inventory of the current content of a folder."""
        paths = sorted(path for path in folder.iterdir() if path.name != FILE)
        return cls(revision, published, graphs, dict(zip((path.name for path in paths), digests.of(paths), strict=True)))

    @classmethod
    def read(cls, folder: Path) -> "Inventory | None":
        """Read the inventory in a folder; None if there is none.

        :raises ValueError: for an inventory that does not parse
        """
        try:
            text = (folder / FILE).read_bytes()
        except FileNotFoundError:
            return None
        try:
            document = json.loads(text)
            if document["format"] != FORMAT:
                detail = f"{FILE} has format {document['format']!r}, and this version reads {FORMAT}: use the Rolegraph that wrote it"
                raise ValueError(detail)
            files = {str(name): Kept(int(file["size"]), str(file["sha256"])) for name, file in document["files"].items()}
            return cls(int(document["revision"]), datetime.fromisoformat(document["published"]), int(document["graphs"]), files)
        except (TypeError, KeyError, AttributeError, RecursionError, OverflowError, json.JSONDecodeError, UnicodeDecodeError) as error:
            raise ValueError(f"{FILE} does not parse") from error

    def write(self, folder: Path) -> None:
        """Write the inventory to a folder and sync it to disk."""
        text = json.dumps({"format": FORMAT, **asdict(self), "published": self.published.isoformat()}, indent=1)
        with (folder / FILE).open("x", encoding="utf-8") as file:
            file.write(text + "\n")
            file.flush()
            os.fsync(file.fileno())

    def wrong(self, folder: Path, digests: Digests | None) -> str | None:
        """Return what is wrong with a folder, None if every file is intact.

        :param digests: the digests of files that were read before; None compares only the sizes
        """
        for name, written in self.files.items():
            try:
                size = (folder / name).stat().st_size
            except FileNotFoundError:
                return f"{name} is missing"
            if size != written.size:
                return f"{name} has {size:,} of {written.size:,} bytes"
        if digests is None:
            return None
        present = digests.of(folder / name for name in self.files)
        changed = (name for name, file in zip(self.files, present, strict=True) if file != self.files[name])
        return next((f"the content of {name} has changed" for name in changed), None)


def digest(path: Path) -> Kept:
    """Return the size and the digest of a file."""
    with path.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256")
        return Kept(file.tell(), sha256.hexdigest())
