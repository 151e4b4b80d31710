"""Reads a store that another process may have open, and whose folder need not be writable."""

from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from rolegraph import locks
from rolegraph.engine.embedded import Settings, Snapshot
from rolegraph.engine.revisions import Lease, Revision
from rolegraph.engine.write_log import ChangedGraphs, WriteLog
from rolegraph.errors import StoreUnusable

_TRIES = 1000  # a try only fails if the newest revision is removed at that moment


class Published(Snapshot):
    """The newest revision of the store in a folder. It stays on disk as long as the object exists; nothing is written.

    :raises StoreUnusable: if the folder has no store, or the store cannot be read
    """

    def __init__(self, folder: Path, settings: Settings | None = None) -> None:
        try:
            lease = _lease(folder)
            try:
                super().__init__(lease.path, replace(settings or Settings(), union=_union(folder)), lease.number, lease)
            except BaseException:
                lease.release()
                raise
        except (OSError, RuntimeError) as error:  # Oxigraph raises RuntimeError for damage
            raise StoreUnusable(f"the store in {folder} cannot be read: {error}") from error
        self._revisions = lease.path.parent

    def written(self, since: int) -> ChangedGraphs:
        """Return the graphs in which this revision may differ from an older or a newer one; None if unknown."""
        with suppress(OSError):
            newest = max(_numbers(self._revisions))
            return WriteLog.read(self._revisions / str(newest), newest).since(min(since, self.revision))
        return None

    def revisions(self) -> list[Revision]:
        """Return the revisions that are stored now, newest first."""
        stored = []
        with suppress(OSError):
            for number in sorted(_numbers(self._revisions), reverse=True):
                with suppress(FileNotFoundError):  # removed meanwhile
                    stored.append(Revision(number, datetime.fromtimestamp((self._revisions / str(number)).stat().st_mtime, UTC)))
        return stored


def holds_store(folder: Path) -> bool:
    """Return whether a folder has a store with at least one revision."""
    try:
        return bool(_numbers(folder / "revisions"))
    except OSError:
        return False


def demand(folder: Path) -> None:
    """Require a store in a folder, for commands that do not create one.

    :raises StoreUnusable: if there is none
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
    """Return whether the default graph is the union of the named ones."""
    try:
        return (folder / "default-graph").read_text(encoding="utf-8").strip() != "own"
    except FileNotFoundError:
        return True
