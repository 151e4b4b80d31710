"""The revisions of a store: numbered, immutable copies, one for each write, of which the newest are kept."""

import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from rolegraph.errors import NotFound


@dataclass(frozen=True)
class Revision:
    """The state of the whole store after one write."""

    number: int
    published: datetime


class Revisions:
    """The revisions in a folder, a folder each, named by their numbers. Publishing and removing are safe between threads."""

    def __init__(self, folder: Path, keep: int) -> None:
        self._folder = folder
        self._keep = keep
        self._changing = threading.RLock()
        self._used: dict[int, int] = {}
        folder.mkdir(parents=True, exist_ok=True)

    @property
    def newest(self) -> int:
        """The number of the newest revision, 0 where there is none."""
        return max(self._numbers(), default=0)

    def path(self, number: int) -> Path:
        """Return the folder of a revision.

        :raises NotFound: for one that is not kept
        """
        path = self._folder / str(number)
        if not path.is_dir():
            kept = ", ".join(map(str, self._numbers()))
            raise NotFound(f"revision {number} is not kept", expected=f"one of {kept}" if kept else "none: nothing was written yet")
        return path

    def all(self) -> list[Revision]:
        """Return the revisions that are kept, newest first."""
        found = []
        for number in reversed(self._numbers()):
            published = datetime.fromtimestamp((self._folder / str(number)).stat().st_mtime, UTC)
            found.append(Revision(number, published))
        return found

    def publish(self, copy: Callable[[Path], None]) -> int:
        """Make the next revision of what ``copy`` writes into a new folder, remove the oldest ones, and return its number."""
        with self._changing:
            number = self.newest + 1
            fresh = self._folder / f"{number}.new"
            shutil.rmtree(fresh, ignore_errors=True)  # left by a crash; here only the one who holds the store comes by
            copy(fresh)
            fresh.touch()
            fresh.rename(self._folder / str(number))
            for old in self._numbers()[: -self._keep]:
                if not self._used.get(old):
                    shutil.rmtree(self._folder / str(old), ignore_errors=True)
            return number

    @contextmanager
    def reading(self, number: int) -> Iterator[Path]:
        """Give the folder of a revision and keep it from being removed meanwhile.

        :raises NotFound: for one that is not kept
        """
        with self._changing:
            path = self.path(number)
            self._used[number] = self._used.get(number, 0) + 1
        try:
            yield path
        finally:
            with self._changing:
                self._used[number] -= 1

    def _numbers(self) -> list[int]:
        return sorted(int(path.name) for path in self._folder.iterdir() if path.name.isdigit())
