"""Opens a store on disk for writing, explains why that fails, and reverts to an older revision."""

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
    """A store that another process has open for writing."""


def patiently(open_: Callable[[], ox.Store]) -> ox.Store:
    """Open a store with retries: what still refers to it in this process, or a process that is about to end, keeps it open for a moment."""
    for pause in PAUSES:
        try:
            return open_()
        except InUse:
            time.sleep(pause)
            gc.collect()
    return open_()


def writable(path: Path) -> ox.Store:
    """Open the working copy for writing.

    :raises InUse: if another process has it open
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
    """Return the message for a store that cannot be opened: the cause, and what to do."""
    text = str(error)
    if isinstance(error, PermissionError) or "Permission denied" in text or "Read-only file system" in text:
        return f"the store in {folder} cannot be written ({text}); give this user the right to, or name another folder with --store"
    if "Too many open files" in text or "file descriptors" in text:
        return f"the store in {folder} cannot be opened: it needs more open files than are allowed; raise the limit (ulimit -n)"
    if "Corruption" in text or "No such file" in text or "bad" in text.lower():
        return f"the store in {folder} is damaged ({text}); {RESTORE}"
    return f"the store in {folder} cannot be opened: {text}"


def damaged(folder: Path, revisions: Revisions, number: int, wrong: str) -> str:
    """Return the message for a damaged revision, with the newest intact one."""
    whole = revisions.whole()
    back = "" if whole is None else f"revision {whole} is whole: go back to it with: rolegraph revert {whole} --store {folder}; or "
    return f"the store in {folder} is damaged: in revision {number} {wrong}; {back}{RESTORE}"


def revert(folder: Path, number: int) -> int:
    """Publish the content of an older revision as the newest one, and return its new number.

    :raises NotFound: for a revision that is not stored
    :raises StoreUnusable: if the store is in use or cannot be written, or the revision is damaged
    """
    if not (folder / "revisions").is_dir():
        raise StoreUnusable(f"there is no store in {folder}", expected="the folder that rolegraph serve --store names")
    revisions = Revisions(folder / "revisions", Retention(1 << 30))
    if number not in revisions.kept():
        raise NotFound(f"revision {number} is not stored in {folder}", expected=", ".join(map(str, revisions.kept())) or "none is stored")
    try:
        lock = _lock(folder / "graph")
        if wrong := revisions.wrong(number):
            raise StoreUnusable(damaged(folder, revisions, number, wrong))
        snapshot = Snapshot(revisions.path(number), Settings())
        # the next start must load the shipped data again. Removed before publishing, in case of a crash in between
        (folder / "shipped.json").unlink(missing_ok=True)
        fresh = (revisions.newest or 0) + 1
        revisions.publish(fresh, snapshot.copy, len(snapshot.graphs()))
        del lock
    except (OSError, RuntimeError) as error:
        raise StoreUnusable(meaning(folder, error)) from error
    return fresh


def check_kind(folder: Path, store: ox.Store, *, union: bool) -> None:
    """Refuse a store that was created with another kind of default graph, which would be read and written incorrectly."""
    marker = folder / "default-graph"
    kind = "union" if union else "own"
    stored_kind = marker.read_text(encoding="utf-8").strip() if marker.exists() else "union" if len(store) else kind
    if stored_kind not in ("union", "own"):
        detail = f"{marker} is damaged: it must contain the value of --default-graph at the first start, union (the default) or own"
        raise StoreUnusable(detail)
    if stored_kind != kind:
        detail = f"the store in {folder} was created with --default-graph {stored_kind}: use the same value, or another folder with --store"
        raise StoreUnusable(detail)
    if not marker.exists():
        fresh = marker.with_suffix(".new")
        fresh.write_text(kind + "\n", encoding="utf-8")
        sync(fresh)
        fresh.rename(marker)
        sync(folder)


def _lock(path: Path) -> ox.Store | None:
    """Lock the store as long as the returned object exists; None if it is damaged, so that no process can have it open."""
    try:
        return writable(path)
    except (OSError, RuntimeError):
        return None
