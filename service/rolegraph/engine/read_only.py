"""Reads the store in a folder that another process may have open, and that need not be writable."""

from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from rolegraph import locks
from rolegraph.engine.embedded import Settings, Snapshot
from rolegraph.engine.revisions import Lease, Revision
from rolegraph.engine.write_log import ChangedGraphs, WriteLog
from rolegraph.errors import StoreUnusable

_TRIES = 1000  # each fails only where the revision that was the newest is removed at that moment


class Published(Snapshot):
    """The newest revision of the store in a folder. It stays as long as somebody holds this; nothing is written there.

    :raises StoreUnusable: for a folder that holds no store, or one that cannot be read
    """

    def __init__(self, folder: Path, settings: Settings | None = None) -> None:
        try:
            lease = _lease(folder)
            try:
                super().__init__(lease.path, replace(settings or Settings(), union=_union(folder)), lease.number, lease)
            except BaseException:
                lease.release()
                raise
        except (OSError, RuntimeError) as error:  # the engine's word for damage is the latter
            raise StoreUnusable(f"the store in {folder} cannot be read: {error}") from error
        self._revisions = lease.path.parent

    def written(self, since: int) -> ChangedGraphs:
        """Return the graphs in which this revision may differ from another one, also from a newer one; None where that is not known."""
        with suppress(OSError):
            newest = max(_numbers(self._revisions))
            return WriteLog.read(self._revisions / str(newest), newest).since(min(since, self.revision))
        return None

    def revisions(self) -> list[Revision]:
        """Return the revisions that are kept now, newest first."""
        found = []
        with suppress(OSError):
            for number in sorted(_numbers(self._revisions), reverse=True):
                with suppress(FileNotFoundError):  # removed meanwhile
                    found.append(Revision(number, datetime.fromtimestamp((self._revisions / str(number)).stat().st_mtime, UTC)))
        return found


def holds_store(folder: Path) -> bool:
    """Tell whether a folder holds a store, of one revision at least."""
    try:
        return bool(_numbers(folder / "revisions"))
    except OSError:
        return False


def demand(folder: Path) -> None:
    """Make sure that a folder holds a store, before a command that makes none.

    :raises StoreUnusable: where it holds none
    """
    if not holds_store(folder):
        raise StoreUnusable(f"there is no store in {folder}", expected="the folder that rolegraph serve or rolegraph import wrote to")


def _lease(folder: Path) -> Lease:
    for _ in range(_TRIES):
        demand(folder)
        with suppress(FileNotFoundError):
            number = max(_numbers(folder / "revisions"))
            path = folder / "revisions" / str(number)
            return _shared(path, number)
    raise StoreUnusable(f"the store in {folder} is written too fast to be read; try again")


def _shared(path: Path, number: int) -> Lease:
    release = locks.share(path)
    return Lease(number, path, lambda _: release())


def _numbers(revisions: Path) -> list[int]:
    return [int(path.name) for path in revisions.iterdir() if path.name.isdecimal() and path.name.isascii() and (path / "CURRENT").exists()]


def _union(folder: Path) -> bool:
    """Tell of which kind the default graph is."""
    try:
        return (folder / "default-graph").read_text(encoding="utf-8").strip() != "own"
    except FileNotFoundError:
        return True
