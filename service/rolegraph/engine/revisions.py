"""The revisions of a store: numbered, immutable copies, one for each write. Old ones are removed."""

import os
import re
import shutil
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from types import TracebackType

from rolegraph import locks
from rolegraph.engine.inventory import FILE, Digests, Inventory
from rolegraph.errors import NotFound

_NUMBER = re.compile(r"0|[1-9][0-9]{0,17}")
_EXPIRED = ".old"  # the ending of the folder of a revision that is being removed
_ENGINES = ("CURRENT", "MANIFEST-*", "*.sst")  # files of RocksDB: a folder with any of them is a revision, perhaps a damaged one


@dataclass(frozen=True)
class Revision:
    """The state of the whole store after one write."""

    number: int
    published: datetime


@dataclass(frozen=True)
class Retention:
    """Which revisions are kept: at most ``number``, and no older than ``age``; the newest is always kept."""

    number: int = 16
    age: timedelta | None = None


class Lease:
    """Protects the folder of a revision from removal until it is released; releasing twice does nothing. A context manager."""

    def __init__(self, number: int, path: Path, release: Callable[[int], None]) -> None:
        self.number = number
        self.path = path
        self._release: Callable[[int], None] | None = release

    def release(self) -> None:
        """Release the folder."""
        release, self._release = self._release, None
        if release:
            release(self.number)

    def __enter__(self) -> Path:
        return self.path

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.release()


class Revisions:
    """The revisions in a folder; each is a folder named by its number. Thread-safe.

    Other folders, such as empty ones, are ignored.

    :param read_only: another process publishes and removes them; the locks of this one keep those that it reads
    """

    def __init__(self, folder: Path, retention: Retention | None = None, *, read_only: bool = False) -> None:
        self._folder = folder
        self._retention = retention or Retention()
        self._read_only = read_only
        self._changing = threading.RLock()
        self._used: dict[int, int] = {}
        self._digests = Digests()
        self._removing: threading.Thread | None = None
        folder.mkdir(parents=True, exist_ok=True)

    @property
    def newest(self) -> int | None:
        """The number of the newest revision, None if there is none."""
        return max(self._numbers(), default=None)

    def path(self, number: int) -> Path:
        """Return the folder of a revision.

        :raises NotFound: for a revision that is not stored
        """
        if number in self._used:
            return self._folder / str(number)  # it stays; the others take a look at the disk
        kept = self._kept()
        if number not in kept:
            numbers = ", ".join(map(str, kept))
            expected = f"one of {numbers}" if numbers else "none: nothing was written yet"
            raise NotFound(f"revision {number} is not stored", expected=expected)
        return self._folder / str(number)

    def all(self) -> list[Revision]:
        """Return the stored revisions, newest first."""
        with self._changing:
            return [Revision(number, self._published(number)) for number in reversed(self._kept())]

    def kept(self) -> list[int]:
        """Return the numbers of the stored revisions, oldest first."""
        with self._changing:
            return self._kept()

    def wrong(self, number: int, *, content: bool = True) -> str | None:
        """Return what is wrong with a revision, None if it is intact, or if it has no inventory.

        Older versions wrote no inventory.

        :param content: read the files; otherwise only their sizes are compared
        :raises NotFound: for a revision that is not stored
        """
        path = self.path(number)
        try:
            inventory = Inventory.read(path)
        except ValueError as error:
            return str(error)
        return inventory.wrong(path, self._digests if content else None) if inventory else None

    def whole(self) -> int | None:
        """Return the number of the newest revision that is intact by its inventory, None if there is none."""
        return next((number for number in reversed(self.kept()) if (self.path(number) / FILE).exists() and not self.wrong(number)), None)

    def publish(self, number: int, copy: Callable[[Path], None], graphs: int) -> None:
        """Publish a revision, sync it to disk, and remove expired revisions.

        :param copy: writes the store to a new folder
        :param graphs: the number of its named graphs
        """
        with self._changing:
            fresh = self._folder / f"{number}.new"
            shutil.rmtree(fresh, ignore_errors=True)  # left by a crash: only one process has the store open for writing
            try:
                copy(fresh)
                published = datetime.now(UTC)
                Inventory.taken(number, published, graphs, fresh, self._digests).write(fresh)
                os.utime(fresh, (published.timestamp(), published.timestamp()))
                sync(fresh)
                fresh.rename(self._folder / str(number))
                sync(self._folder)
            except OSError:
                shutil.rmtree(fresh, ignore_errors=True)
                raise
            self.clean()

    def withdraw(self, number: int) -> None:
        """Remove a revision that was published but never opened."""
        with self._changing:
            shutil.rmtree(self._folder / str(number))
            sync(self._folder)

    def lease(self, number: int) -> Lease:
        """Protect a revision from removal until the lease is released. In a ``with`` statement, the value is the folder.

        :raises NotFound: for a revision that is not stored
        """
        with self._changing:
            path = self.path(number)
            unlock = self._shared(path) if self._read_only else None
            self._used[number] = self._used.get(number, 0) + 1
        return Lease(number, path, partial(self._release, unlock))

    def clean(self) -> None:
        """Remove expired revisions that are not in use, in this or another process; their files are deleted in a thread."""
        if self._read_only:
            return
        with self._changing:
            kept = self._kept()
            for number in self._numbers():
                if number not in kept and number not in self._used:
                    _set_aside(self._folder / str(number))
            expired = list(self._folder.glob(f"*{_EXPIRED}"))  # also those that a process did not delete before its end
            if expired and not (self._removing and self._removing.is_alive()):
                self._removing = threading.Thread(target=_delete, args=(expired,), name="removing")
                self._removing.start()

    def close(self) -> None:
        """Wait until the files of expired revisions are deleted."""
        if self._removing:
            self._removing.join()

    @staticmethod
    def _shared(path: Path) -> Callable[[], None]:
        try:
            return locks.share(path)
        except FileNotFoundError as error:
            raise NotFound(f"revision {path.name} is not stored any more", expected="a newer revision") from error

    def _release(self, unlock: Callable[[], None] | None, number: int) -> None:
        if unlock:
            unlock()
        with self._changing:
            self._used[number] -= 1
            if not self._used[number]:
                del self._used[number]
                self.clean()

    def _kept(self) -> list[int]:
        """Return the numbers of the revisions to keep, oldest first; expired ones may still exist because they are in use."""
        numbers = self._numbers()
        kept = numbers[-self._retention.number :]
        if self._retention.age is None:
            return kept
        since = datetime.now(UTC) - self._retention.age
        return [number for number in kept if number == numbers[-1] or self._published(number) >= since]

    def _published(self, number: int) -> datetime:
        return datetime.fromtimestamp((self._folder / str(number)).stat().st_mtime, UTC)

    def _numbers(self) -> list[int]:
        return sorted(int(path.name) for path in self._folder.iterdir() if _NUMBER.fullmatch(path.name) and _is_revision(path))


def _is_revision(path: Path) -> bool:
    """Return whether a folder is a revision, or the remains of a damaged one."""
    return (path / FILE).exists() or any(next(path.glob(pattern), None) for pattern in _ENGINES)


def _set_aside(path: Path) -> None:
    """Rename a revision, so that it is none any more, unless another process is reading it; the next write tries again."""
    aside = path.with_name(path.name + _EXPIRED)
    try:
        with locks.holding(path, wait=False) as locked:
            if locked:
                path.rename(aside)
    except (OSError, ImportError):  # the platform or the file system has no locks, or an earlier folder of this name is left
        shutil.rmtree(path, ignore_errors=True)


def _delete(folders: Iterable[Path]) -> None:
    for folder in folders:
        shutil.rmtree(folder, ignore_errors=True)


def sync(path: Path) -> None:
    """Sync a file, or the entries of a folder, to disk."""
    if os.name != "posix":
        return
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
