"""Backups: the newest revision of a store as one file, taken while the store is in use, and a new store made of it."""

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
_NEVER_CHANGED = ".sst"  # files of the engine that it writes once; the others it appends to

Progress = Callable[[int, int], None]
"""Is told how many bytes were dealt with since it was last told, and how many there are in all."""


def quiet(step: int, total: int) -> None:
    """Tell nobody: the plainest :data:`Progress`."""


def back_up(store: Path, file: Path, *, force: bool = False, progress: Progress = quiet) -> Manifest:
    """Write the newest revision of a store into a file. A service may have the store open, and go on writing.

    :param force: whether a file that is there may be replaced
    :raises BadParameter: for a file that is there or cannot be written
    :raises StoreUnusable: for a folder that holds no revision or cannot be read, and for a revision that does not hold what was written
    """
    archives.refuse_existing(file, force=force)
    if not (store / "revisions").is_dir():
        raise StoreUnusable(f"there is no store in {store}", expected="the folder that rolegraph serve --store names")
    try:
        with _workshop(store / "backing-up") as folder:
            number, published = _gather(store, folder)
            files = {path.relative_to(folder).as_posix(): path for path in sorted(folder.rglob("*")) if path.is_file()}
            total = 2 * sum(path.stat().st_size for path in files.values())  # each is read for its digest, then packed
            kept = {name: archives.examine(name, path, lambda step: progress(step, total)) for name, path in files.items()}
            if wrong := _wrong(folder / "graph", number, kept):
                raise StoreUnusable(damaged(store, Revisions(store / "revisions", Retention(_ALL)), number, wrong))
            manifest = Manifest(number, published, datetime.now(UTC), __version__, kept)
            with archives.writing(file, force=force) as packed:
                archives.pack(manifest, files, packed, lambda step: progress(step, total))
    except OSError as error:
        raise StoreUnusable(f"the store in {store} cannot be copied: {error}") from error
    return manifest


def restore(file: Path, store: Path, progress: Progress = quiet) -> Manifest:
    """Make a store of a backup, in a folder that is missing or empty: it is there as a whole, or not at all.

    :raises BadParameter: for a folder that holds something
    :raises UnreadableInput: for a file that is no backup, or a damaged one
    :raises StoreUnusable: for a folder that cannot be written
    """
    try:
        store = store.resolve()
        _refuse_used(store)
        store.parent.mkdir(parents=True, exist_ok=True)
        with _workshop(store.with_name(store.name + ".restoring")) as folder:
            manifest = archives.unpack(file, folder, progress)
            if wrong := _wrong(folder / "graph", manifest.revision, manifest.files):
                raise UnreadableInput(f"{file} holds a store that was damaged when it was made: {wrong}")
            _complete(folder, manifest)
            folder.rename(store)  # which the system refuses where the target is no longer empty
            sync(store.parent)
    except OSError as error:
        raise StoreUnusable(f"nothing was restored into {store}: {error}") from error
    return manifest


@contextmanager
def _workshop(path: Path) -> Iterator[Path]:
    """Give an empty folder that nobody else works in, and remove it at the end, unless it was renamed."""
    path.mkdir(exist_ok=True)
    with locks.holding(path, wait=False) as held:
        if not held:
            raise StoreUnusable(f"{path} is in use: another backup or restore is under way")
        left = {found.name for found in path.iterdir()}
        if left - _OURS:
            raise StoreUnusable(f"{path} holds what no backup or restore has left there: {', '.join(sorted(left - _OURS))}; move it away")
        for name in left:
            _remove(path / name)
        own = path.stat()
        try:
            yield path
        finally:
            with suppress(FileNotFoundError):
                if os.path.samestat(own, path.stat()):
                    shutil.rmtree(path, ignore_errors=True)


def _gather(store: Path, into: Path) -> tuple[int, datetime]:
    """Link the files of the newest revision, and those beside it, into a folder; return its number and when it was published."""
    # what was loaded goes first: where the graph is newer than it, the next start loads that again, and nothing is left out
    for name in BESIDE:
        with suppress(FileNotFoundError):
            (_copy_database if name == DATABASE else _link)(store / name, into / name)
    revisions = Revisions(store / "revisions", Retention(1))
    for _ in range(_ATTEMPTS):
        number = revisions.newest
        if number is None:
            raise StoreUnusable(f"the store in {store} holds no revision: nothing was written yet")
        with suppress(FileNotFoundError, NotFound):
            source = revisions.path(number)
            published = datetime.fromtimestamp(source.stat().st_mtime, UTC)
            _remove(into / "graph")
            (into / "graph").mkdir()
            for path in source.iterdir():
                _link(path, into / "graph" / path.name)
            if revisions.newest == number:  # the newest is never removed, so this one was whole all the while
                return number, published
    raise StoreUnusable(f"the store in {store} is written too fast to be copied; try again")


def _wrong(graph: Path, number: int, files: Mapping[str, Kept]) -> str | None:
    """Return what is wrong with the files of a revision, None where they are what was written and the engine reads them so.

    :param files: as they are, by their names in a backup
    """
    try:
        inventory = Inventory.read(graph)
    except ValueError as error:
        return str(error)
    for name, kept in (inventory.files if inventory else {}).items():
        if files.get(f"graph/{name}") != kept:
            return f"{name} is {'not as it was written' if f'graph/{name}' in files else 'missing'}"
    try:
        graphs = len(Snapshot(graph, Settings()).graphs())
    except (OSError, RuntimeError, StoreUnusable) as error:
        return f"something cannot be read ({error})"
    if inventory and (graphs, number) != (inventory.graphs, inventory.revision):  # older versions wrote none
        return f"there are {graphs} graphs of revision {number}, and {inventory.graphs} of {inventory.revision} were written"
    return None


def _complete(folder: Path, manifest: Manifest) -> None:
    """Make of the unpacked graph the revision that it was, so that the numbers go on from there."""
    graph, revision = folder / "graph", folder / "revisions" / str(manifest.revision)
    revision.mkdir(parents=True)
    for path in graph.iterdir():
        copy = revision / path.name
        if path.suffix == _NEVER_CHANGED:
            _link(path, copy)
        else:
            shutil.copyfile(path, copy)
        sync(copy)
    (graph / FILE).unlink(missing_ok=True)  # it tells of the revision
    published = manifest.published.timestamp()
    os.utime(revision, (published, published))
    for changed in (graph, revision, revision.parent, folder):
        sync(changed)


def _refuse_used(store: Path) -> None:
    expected = "a folder that is missing or empty: a store is never written over"
    if store.is_dir():
        if any(store.iterdir()):
            raise BadParameter("store", f"{store} is not empty", expected=expected)
        if store.is_mount():
            raise BadParameter("store", f"{store} is where a file system is mounted", expected="a folder in it, such as store")
    elif store.exists():
        raise BadParameter("store", f"{store} is a file", expected=expected)


def _link(source: Path, target: Path) -> None:
    """Give a file a second name, or, on a file system that has none, copy it."""
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
