"""How a store on disk is opened for writing, what is said where that fails, and the way back to an older revision."""

import gc
import time
from collections.abc import Callable
from pathlib import Path

import pyoxigraph as ox

from rolegraph.engine.embedded import Settings, Snapshot
from rolegraph.engine.revisions import Retention, Revisions, sync
from rolegraph.errors import NotFound, StoreUnusable

PAUSES = (0.01, 0.1, 0.5)  # seconds
RESTORE = "restore a backup with: rolegraph restore FILE --store ANOTHER-FOLDER"


class InUse(StoreUnusable):
    """A store that somebody has open for writing."""


def patiently(open_: Callable[[], ox.Store]) -> ox.Store:
    """Open a store that nobody else uses, once nobody here holds what it was: an error that is being answered may, for a moment."""
    for pause in PAUSES:
        try:
            return open_()
        except InUse:
            time.sleep(pause)
            gc.collect()
    return open_()


def writable(path: Path) -> ox.Store:
    """Open the folder in which writes are prepared.

    :raises InUse: where another process has it open
    """
    try:
        return ox.Store(path)
    except OSError as error:
        if "lock hold by" in str(error) or "Resource temporarily unavailable" in str(error):
            raise InUse(
                f"the store in {path.parent} is in use by another process; "
                "if that is a service, write through it (HTTP) or stop it, or name another folder with --store",
            ) from error
        raise


def meaning(folder: Path, error: Exception) -> str:
    """Say what keeps a store from being opened, and what to do."""
    text = str(error)
    if isinstance(error, PermissionError) or "Permission denied" in text or "Read-only file system" in text:
        return f"the store in {folder} cannot be written ({text}); give this user the right to, or name another folder with --store"
    if "Too many open files" in text or "file descriptors" in text:
        return f"the store in {folder} cannot be opened: it needs more open files than are allowed; raise the limit (ulimit -n)"
    if "Corruption" in text or "No such file" in text or "bad" in text.lower():
        return f"the store in {folder} is damaged ({text}); {RESTORE}"
    return f"the store in {folder} cannot be opened: {text}"


def damaged(folder: Path, revisions: Revisions, number: int, wrong: str) -> str:
    """Say that a revision does not hold what was written, and which one does."""
    whole = revisions.whole()
    back = "" if whole is None else f"revision {whole} is whole: go back to it with: rolegraph revert {whole} --store {folder}; or "
    return f"the store in {folder} is damaged: in revision {number} {wrong}; {back}{RESTORE}"


def revert(folder: Path, number: int) -> int:
    """Make what a revision holds the newest one, with a number of its own, and return that. Nobody may have the store open.

    :raises NotFound: for a revision that is not kept
    :raises StoreUnusable: where it is in use, damaged itself, or cannot be written
    """
    if not (folder / "revisions").is_dir():
        raise StoreUnusable(f"there is no store in {folder}", expected="the folder that rolegraph serve --store names")
    revisions = Revisions(folder / "revisions", Retention(1 << 30))
    if number not in revisions.kept():
        raise NotFound(f"revision {number} is not kept in {folder}", expected=", ".join(map(str, revisions.kept())) or "none is")
    try:
        held = _held(folder / "graph")
        if wrong := revisions.wrong(number):
            raise StoreUnusable(damaged(folder, revisions, number, wrong))
        snapshot = Snapshot(revisions.path(number), Settings())
        # what was loaded since is no longer there: the next start loads it again. Before the revision is, lest a crash come between
        (folder / "shipped.json").unlink(missing_ok=True)
        fresh = (revisions.newest or 0) + 1
        revisions.publish(fresh, snapshot.copy, len(snapshot.graphs()))
        del held
    except (OSError, RuntimeError) as error:
        raise StoreUnusable(meaning(folder, error)) from error
    return fresh


def check_kind(folder: Path, store: ox.Store, *, union: bool) -> None:
    """Refuse a store whose default graph is of the other kind: it would be read and kept wrongly."""
    marker = folder / "default-graph"
    kind = "union" if union else "own"
    found = marker.read_text(encoding="utf-8").strip() if marker.exists() else "union" if len(store) else kind
    if found not in ("union", "own"):
        detail = f"{marker} is damaged: it must hold the word that --default-graph was at the first start, union (the default) or own"
        raise StoreUnusable(detail)
    if found != kind:
        detail = f"the store in {folder} was made with --default-graph {found}: start it so, or name another folder with --store"
        raise StoreUnusable(detail)
    if not marker.exists():
        fresh = marker.with_suffix(".new")
        fresh.write_text(kind + "\n", encoding="utf-8")
        sync(fresh)
        fresh.rename(marker)
        sync(folder)


def _held(path: Path) -> ox.Store | None:
    """Keep others from the store while what is returned is held; none where it is damaged, so that nobody can have it open."""
    try:
        return writable(path)
    except (OSError, RuntimeError):
        return None
