"""The revisions of a store: numbered, immutable copies, one for each write, of which the newest are kept."""

import os
import re
import shutil
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import TracebackType

from rolegraph import locks
from rolegraph.engine.inventory import FILE, Digests, Inventory
from rolegraph.errors import NotFound

_NUMBER = re.compile(r"0|[1-9][0-9]{0,17}")
_ENGINES = ("CURRENT", "MANIFEST-*", "*.sst")  # files of the engine: each of them says that a folder is, or was, a revision


@dataclass(frozen=True)
class Revision:
    """The state of the whole store after one write."""

    number: int
    published: datetime


@dataclass(frozen=True)
class Retention:
    """How many revisions are kept, the newest always among them, and for how long after they were published."""

    number: int = 16
    age: timedelta | None = None


class Lease:
    """The use of a revision: its folder stays until the lease is released, which may be done more than once."""

    def __init__(self, number: int, path: Path, release: Callable[[int], None]) -> None:
        self.number = number
        self.path = path
        self._release: Callable[[int], None] | None = release

    def release(self) -> None:
        """Let the folder go."""
        release, self._release = self._release, None
        if release:
            release(self.number)

    def __enter__(self) -> Path:
        return self.path

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.release()


class Revisions:
    """The revisions in a folder, a folder each, named by their numbers. Publishing, reading and removing are safe between threads.

    Other folders there, such as empty ones, are passed over.
    """

    def __init__(self, folder: Path, retention: Retention | None = None) -> None:
        self._folder = folder
        self._retention = retention or Retention()
        self._changing = threading.RLock()
        self._used: dict[int, int] = {}
        self._digests = Digests()
        folder.mkdir(parents=True, exist_ok=True)

    @property
    def newest(self) -> int | None:
        """The number of the newest revision, None where there is none."""
        return max(self._numbers(), default=None)

    def path(self, number: int) -> Path:
        """Return the folder of a revision.

        :raises NotFound: for one that is not kept
        """
        kept = self._kept()
        if number not in kept and number not in self._used:
            known = ", ".join(map(str, kept))
            raise NotFound(f"revision {number} is not kept", expected=f"one of {known}" if known else "none: nothing was written yet")
        return self._folder / str(number)

    def all(self) -> list[Revision]:
        """Return the revisions that are kept, newest first."""
        with self._changing:
            return [Revision(number, self._published(number)) for number in reversed(self._kept())]

    def kept(self) -> list[int]:
        """Return the numbers of the revisions that are kept, oldest first."""
        with self._changing:
            return self._kept()

    def wrong(self, number: int) -> str | None:
        """Return what is wrong with a revision, None where it holds what was written, or where that is not known.

        Not known is what older versions wrote, without an inventory.

        :raises NotFound: for one that is not kept
        """
        path = self.path(number)
        try:
            found = Inventory.read(path)
        except ValueError as error:
            return str(error)
        return found.wrong(path, self._digests) if found else None

    def whole(self) -> int | None:
        """Return the number of the newest revision that is known to hold what was written, None where there is none."""
        return next((number for number in reversed(self.kept()) if (self.path(number) / FILE).exists() and not self.wrong(number)), None)

    def publish(self, number: int, copy: Callable[[Path], None], graphs: int) -> None:
        """Make a revision of what ``copy`` writes into a new folder, and remove what is not kept. It is on the disk when this returns.

        :param graphs: how many named graphs it has
        """
        with self._changing:
            fresh = self._folder / f"{number}.new"
            shutil.rmtree(fresh, ignore_errors=True)  # left by a crash; here only the one who holds the store comes by
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
        """Remove a revision that was published but never read."""
        with self._changing:
            shutil.rmtree(self._folder / str(number))
            sync(self._folder)

    def lease(self, number: int) -> Lease:
        """Keep a revision from being removed until the lease is released; also a ``with`` statement that gives the folder.

        :raises NotFound: for one that is not kept
        """
        with self._changing:
            path = self.path(number)
            self._used[number] = self._used.get(number, 0) + 1
        return Lease(number, path, self._release)

    def clean(self) -> None:
        """Remove what is not kept and not in use, here or in another process."""
        kept = self._kept()
        for number in self._numbers():
            if number not in kept and number not in self._used:
                _remove(self._folder / str(number))

    def _release(self, number: int) -> None:
        with self._changing:
            self._used[number] -= 1
            if not self._used[number]:
                del self._used[number]
                self.clean()

    def _kept(self) -> list[int]:
        """Return the numbers of those that are to be kept, oldest first; others may still be there because they are in use."""
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
    """Tell whether a folder is a revision, or what is left of a damaged one."""
    return (path / FILE).exists() or any(next(path.glob(pattern), None) for pattern in _ENGINES)


def _remove(path: Path) -> None:
    """Remove a revision, unless another process reads it: the next write comes by again."""
    try:
        with locks.holding(path, wait=False) as held:
            if held:
                shutil.rmtree(path, ignore_errors=True)
    except (OSError, ImportError):  # where there are no locks
        shutil.rmtree(path, ignore_errors=True)


def sync(path: Path) -> None:
    """Have a file, or the names in a folder, written to the disk."""
    if os.name != "posix":
        return
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
