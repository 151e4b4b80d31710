"""Backups: writes the newest revision of a store to one file, also while the store is in use, and restores it as a new store."""

import os
import shutil
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

from rolegraph import __version__, locks
from rolegraph.engine import archives
from rolegraph.engine.archives import BESIDE, DATABASE, Manifest
from rolegraph.engine.embedded import Settings, Snapshot
from rolegraph.engine.inventory import FILE, Inventory, Kept
from rolegraph.engine.opening import damaged
from rolegraph.engine.revisions import Retention, Revisions, sync
from rolegraph.errors import BadParameter, NotFound, StoreUnusable, UnreadableInput

_OURS = {"graph", "revisions", *BESIDE}
_ATTEMPTS = 1000
_ALL = 1 << 30  # revisions
_NEVER_CHANGED = ".sst"  # files that RocksDB writes once; it appends to the others

Progress = Callable[[int, int], None]
"""Receives the number of bytes processed since the last call, and the total."""


def quiet(step: int, total: int) -> None:
    """Report nothing: the default :data:`Progress`."""


def back_up(store: Path, file: Path, *, force: bool = False, progress: Progress = quiet) -> Manifest:
    """Write the newest revision of a store to a file. A service may be writing to the store meanwhile.

    :param force: replace an existing file
    :raises BadParameter: for a file that exists (without ``force``) or cannot be written
    :raises StoreUnusable: for a folder that has no revision or cannot be read, and for a damaged revision
    """
    archives.refuse_existing(file, force=force)
    if not (store / "revisions").is_dir():
        raise StoreUnusable(f"there is no store in {store}", expected="the folder that rolegraph serve --store names")
    try:
        with _workshop(store / "backing-up") as folder:
            number, published = _gather(store, folder)
            files = {path.relative_to(folder).as_posix(): path for path in sorted(folder.rglob("*")) if path.is_file()}
            total = 2 * sum(path.stat().st_size for path in files.values())  # each file is read twice: for its digest, and to be packed
            listed = {name: archives.examine(name, path, lambda step: progress(step, total)) for name, path in files.items()}
            if wrong := _wrong(folder / "graph", number, listed):
                raise StoreUnusable(damaged(store, Revisions(store / "revisions", Retention(_ALL)), number, wrong))
            manifest = Manifest(number, published, datetime.now(UTC), __version__, listed)
            with archives.writing(file, force=force) as packed:
                archives.pack(manifest, files, packed, lambda step: progress(step, total))
    except OSError as error:
        raise StoreUnusable(f"the store in {store} cannot be copied: {error}") from error
    return manifest


def restore(file: Path, store: Path, progress: Progress = quiet) -> Manifest:
    """Restore a backup to a folder that is missing or empty. The store appears when it is complete; a failure leaves nothing.

    :raises BadParameter: for a folder that is not empty
    :raises UnreadableInput: for a file that is not a backup, or a damaged one
    :raises StoreUnusable: for a folder that cannot be written
    """
    try:
        store = store.resolve()
        _refuse_used(store)
        store.parent.mkdir(parents=True, exist_ok=True)
        with _workshop(store.with_name(store.name + ".restoring")) as folder:
            manifest = archives.unpack(file, folder, progress)
            if wrong := _wrong(folder / "graph", manifest.revision, manifest.files):
                raise UnreadableInput(f"the store in {file} was already damaged when the backup was made: {wrong}")
            _complete(folder, manifest)
            folder.rename(store)  # the system refuses this if the target is no longer empty
            sync(store.parent)
    except OSError as error:
        raise StoreUnusable(f"nothing was restored into {store}: {error}") from error
    return manifest


@contextmanager
def _workshop(path: Path) -> Iterator[Path]:
    """Create and lock an empty working folder, and remove it at the end, unless it was renamed."""
    path.mkdir(exist_ok=True)
    with locks.holding(path, wait=False) as locked:
        if not locked:
            raise StoreUnusable(f"{path} is in use: another backup or restore is running")
        leftovers = {entry.name for entry in path.iterdir()}
        if foreign := sorted(leftovers - _OURS):
            raise StoreUnusable(f"{path} contains files that are not from a backup or restore: {', '.join(foreign)}; move them away")
        for name in leftovers:
            _remove(path / name)
        status = path.stat()
        try:
            yield path
        finally:
            with suppress(FileNotFoundError):
                if os.path.samestat(status, path.stat()):
                    shutil.rmtree(path, ignore_errors=True)


def _gather(store: Path, into: Path) -> tuple[int, datetime]:
    """Link the files of the newest revision, and those beside it, to a folder; return its number and its time of publication."""
    # these first: if the revision is newer than shipped.json, the next start loads the shipped data again, and nothing is missing
    for name in BESIDE:
        with suppress(FileNotFoundError):
            (_copy_database if name == DATABASE else _link)(store / name, into / name)
    revisions = Revisions(store / "revisions", Retention(1))
    for _ in range(_ATTEMPTS):
        number = revisions.newest
        if number is None:
            raise StoreUnusable(f"the store in {store} has no revision: nothing was written yet")
        with suppress(FileNotFoundError, NotFound):
            source = revisions.path(number)
            published = datetime.fromtimestamp(source.stat().st_mtime, UTC)
            _remove(into / "graph")
            (into / "graph").mkdir()
            for path in source.iterdir():
                _link(path, into / "graph" / path.name)
            if revisions.newest == number:  # the newest is never removed, so all its files were there
                return number, published
    raise StoreUnusable(f"the store in {store} is written too fast to be copied; try again")


def _wrong(graph: Path, number: int, files: Mapping[str, Kept]) -> str | None:
    """Return what is wrong with the files of a revision, None if they are intact and the engine can read them.

    :param files: their present sizes and digests, by their names in a backup
    """
    try:
        inventory = Inventory.read(graph)
    except ValueError as error:
        return str(error)
    for name, written in (inventory.files if inventory else {}).items():
        if files.get(f"graph/{name}") != written:
            return f"the content of {name} has changed" if f"graph/{name}" in files else f"{name} is missing"
    try:
        graphs = len(Snapshot(graph, Settings()).graphs())
    except (OSError, RuntimeError, StoreUnusable) as error:
        return f"it cannot be read ({error})"
    if inventory and (graphs, number) != (inventory.graphs, inventory.revision):  # older versions wrote no inventory
        return f"there are {graphs} graphs of revision {number}, but {inventory.graphs} of revision {inventory.revision} were written"
    return None


def _complete(folder: Path, manifest: Manifest) -> None:
    """Copy the unpacked graph to the revision that it was, so that revision numbers continue."""
    graph, revision = folder / "graph", folder / "revisions" / str(manifest.revision)
    revision.mkdir(parents=True)
    for path in graph.iterdir():
        copy = revision / path.name
        if path.suffix == _NEVER_CHANGED:
            _link(path, copy)
        else:
            shutil.copyfile(path, copy)
        sync(copy)
    (graph / FILE).unlink(missing_ok=True)  # the inventory belongs to the revision
    published = manifest.published.timestamp()
    os.utime(revision, (published, published))
    for changed in (graph, revision, revision.parent, folder):
        sync(changed)


def _refuse_used(store: Path) -> None:
    expected = "a folder that is missing or empty: a store is never overwritten"
    if store.is_dir():
        if any(store.iterdir()):
            raise BadParameter("store", f"{store} is not empty", expected=expected)
        if store.is_mount():
            raise BadParameter("store", f"{store} is a mount point", expected="a folder in it, such as store")
    elif store.exists():
        raise BadParameter("store", f"{store} is a file", expected=expected)


def _link(source: Path, target: Path) -> None:
    """Hard-link a file, or copy it if the file system has no hard links."""
    try:
        target.hardlink_to(source)
    except FileNotFoundError:
        raise
    except OSError:
        shutil.copyfile(source, target)


def _copy_database(source: Path, target: Path) -> None:
    """Copy a file of SQLite as it is at one moment: others may be about to change it."""
    source.stat()
    try:
        with (
            closing(sqlite3.connect(f"{source.absolute().as_uri()}?mode=rw", uri=True)) as there,
            closing(sqlite3.connect(target)) as here,
        ):
            there.backup(here)
    except sqlite3.Error as error:
        raise StoreUnusable(f"{source} cannot be copied: {error}") from error


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
