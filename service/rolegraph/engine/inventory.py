"""What a revision holds, written beside its files: so one that has lost a part of it is known for it, and never taken for whole."""

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
_MOST = 4096  # digests that are kept: a revision has some dozens of files


@dataclass(frozen=True)
class Kept:
    """A file as it was written."""

    size: int
    sha256: str


class Digests:
    """Digests of files that never change once they are written: each is read once, whatever the number of its names."""

    def __init__(self) -> None:
        self._known: dict[tuple[int, ...], Kept] = {}

    def of(self, paths: Iterable[Path]) -> list[Kept]:
        """Return the digest of each file."""
        wanted = [(path, self._key(path)) for path in paths]
        if sum(key[2] for _, key in wanted if key not in self._known) < _LARGE:
            return [self._one(path, key) for path, key in wanted]
        with ThreadPoolExecutor(os.cpu_count()) as pool:  # reading a file for its digest lets other threads go on
            return list(pool.map(lambda each: self._one(*each), wanted))

    def _one(self, path: Path, key: tuple[int, ...]) -> Kept:
        kept = self._known.pop(key, None) or digest(path)
        self._known[key] = kept  # at the end: the first ones are those that were not asked for the longest
        while len(self._known) > _MOST:
            self._known.pop(next(iter(self._known)), None)
        return kept

    @staticmethod
    def _key(path: Path) -> tuple[int, ...]:
        found = path.stat()
        return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns


@dataclass(frozen=True)
class Inventory:
    """The number of a revision, when it was published, how many named graphs it has, and its files."""

    revision: int
    published: datetime
    graphs: int
    files: Mapping[str, Kept]

    @classmethod
    def taken(cls, revision: int, published: datetime, graphs: int, folder: Path, digests: Digests) -> "Inventory":
        """Return the inventory of a folder as it is."""
        paths = sorted(path for path in folder.iterdir() if path.name != FILE)
        return cls(revision, published, graphs, dict(zip((path.name for path in paths), digests.of(paths), strict=True)))

    @classmethod
    def read(cls, folder: Path) -> "Inventory | None":
        """Read the one that lies in a folder, None where there is none.

        :raises ValueError: for one that does not parse
        """
        try:
            text = (folder / FILE).read_bytes()
        except FileNotFoundError:
            return None
        try:
            found = json.loads(text)
            if found["format"] != FORMAT:
                raise ValueError(f"{FILE} has format {found['format']!r}, and {FORMAT} is read here: use the Rolegraph that wrote it")
            files = {str(name): Kept(int(kept["size"]), str(kept["sha256"])) for name, kept in found["files"].items()}
            return cls(int(found["revision"]), datetime.fromisoformat(found["published"]), int(found["graphs"]), files)
        except (TypeError, KeyError, AttributeError, RecursionError, json.JSONDecodeError, UnicodeDecodeError) as error:
            raise ValueError(f"{FILE} does not parse") from error

    def write(self, folder: Path) -> None:
        """Write it into a folder; it is on the disk when this returns."""
        text = json.dumps({"format": FORMAT, **asdict(self), "published": self.published.isoformat()}, indent=1)
        with (folder / FILE).open("x", encoding="utf-8") as file:
            file.write(text + "\n")
            file.flush()
            os.fsync(file.fileno())

    def wrong(self, folder: Path, digests: Digests) -> str | None:
        """Return what is wrong with a folder, None where each file is as it was written."""
        for name, kept in self.files.items():
            try:
                size = (folder / name).stat().st_size
            except FileNotFoundError:
                return f"{name} is missing"
            if size != kept.size:
                return f"{name} has {size:,} of {kept.size:,} bytes"
        found = digests.of(folder / name for name in self.files)
        changed = (name for name, now in zip(self.files, found, strict=True) if now != self.files[name])
        return next((f"{name} is not as it was written" for name in changed), None)


def digest(path: Path) -> Kept:
    """Return the size and the digest of a file."""
    with path.open("rb") as file:
        found = hashlib.file_digest(file, "sha256")
        return Kept(file.tell(), found.hexdigest())
