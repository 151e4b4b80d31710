"""The embedded engine on disk: one writer, and immutable revisions for readers."""

import math
import shutil
import tempfile
import threading
import traceback
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from pathlib import Path

import pyoxigraph as ox

from rolegraph import slots
from rolegraph.dependencies import Digests
from rolegraph.engine import (
    TURTLE,
    Changes,
    Check,
    Document,
    Guard,
    Receipt,
    WriteMode,
    opening,
    unchecked,
    unguarded,
    writing,
)
from rolegraph.engine.embedded import Settings, Snapshot
from rolegraph.engine.reading import Reader
from rolegraph.engine.stored_revisions import StoredRevisions
from rolegraph.engine.validators import Validators
from rolegraph.engine.watchdog import GROWTH, watch
from rolegraph.engine.write_log import ChangedGraphs, Write, WriteLog
from rolegraph.errors import RolegraphError, StoreUnusable
from rolegraph.formats import Format
from rolegraph.values import Dataset

JOURNAL = 512 * 1024  # bytes of RocksDB's journal (MANIFEST) above which it is rebuilt, since every revision has a copy
_NOTHING_WRITTEN = "nothing was written: {}; the store is as it was before"
Change = Callable[[ox.Store], Write]
Announce = Callable[[int], object]
LARGE = 2 * 1024 * 1024  # bytes of written documents after which a small store is optimised,
SHARE = 50  # and this part of the size of a large one, for which that takes seconds


def unannounced(_: int) -> None:
    """Announce nothing: no other process reads."""


class RevisionStore(StoredRevisions):
    """Oxigraph on disk, in a folder. A write is published as a revision before it is acknowledged; readers only see revisions.

    Publishing is the commit. The folder ``graph`` is the working copy for writes; it is rebuilt from the newest revision at each
    start and after each failure. Writes take one lock, since Oxigraph loses concurrent updates of a store on disk without an error.
    A store that is damaged, in use by another process, or not writable raises StoreUnusable.

    :param announce: called with the number of each new revision, and of that at the start, before a write is acknowledged
    """

    def __init__(self, folder: Path, settings: Settings | None = None, announce: Announce = unannounced) -> None:
        self._graph = folder / "graph"
        self._writing = threading.Lock()
        self._announce = announce
        self._bytes_since_optimised = 0
        try:
            super().__init__(folder, settings := settings or Settings(), read_only=False)
            self._store: ox.Store | None = opening.patiently(self._open)
            opening.check_kind(folder, self._store, union=settings.union)
            if self._revisions.newest is None:
                # a new store, or one whose revisions were removed: its present content is the first revision
                self._written = WriteLog(first := 1 if len(self._store) else 0)
                self._publish(self._store, first)
            self._newest = self._snapshot(self._revisions.newest or 0)
            self._written = WriteLog.read(self._revisions.path(self.revision), self.revision)
            self._validators = Validators(folder, self.revision)
            self._revisions.clean()
            announce(self.revision)
        except (OSError, RuntimeError) as error:  # Oxigraph raises RuntimeError for damage
            raise StoreUnusable(opening.meaning(folder, error)) from error

    @property
    def newest(self) -> Snapshot:
        """See :attr:`StoredRevisions.newest`."""
        return self._newest

    def written(self, since: int) -> ChangedGraphs:
        """See :meth:`Engine.written <rolegraph.engine.Engine.written>`."""
        return self._written.since(since)

    def unchanged_since(self, digests: Digests, revision: int) -> int:
        """See :meth:`Engine.unchanged_since <rolegraph.engine.Engine.unchanged_since>`."""
        return self._written.unchanged_since(digests, revision)

    @property
    def history(self) -> str:
        """See :attr:`Engine.history <rolegraph.engine.Engine.history>`."""
        return self._validators.history

    def validator(self, graph: str) -> str:
        """See :meth:`Engine.validator <rolegraph.engine.Engine.validator>`."""
        return self._validators.of(graph)

    def write(self, changes: Changes, format_: Format = TURTLE, *, mode: WriteMode = "replace", guard: Guard = unguarded) -> Receipt:
        parsed = writing.read(changes, format_, union=self.union, mode=mode)
        size = sum(map(_size, changes.values()))

        def change(store: ox.Store) -> Write:
            changed = writing.replace(store, parsed, union=self.union, mode=mode)
            self._optimize_after(store, size)
            return changed

        return self._commit(change, changes, guard)

    def update(self, text: str, dataset: Dataset | None = None, guard: Guard = unguarded) -> Receipt:
        def change(store: ox.Store) -> Write:
            with watch.over(math.inf, 4 * GROWTH):  # no time limit, but a memory limit, which ends an endless loop of the engine
                return writing.update(store, text, dataset, self.settings.reach, union=self.union)

        return self._commit(change, (), guard)

    def load(self, files: Mapping[str, Iterable[Path]], format_: Format = TURTLE, check: Check = unchecked) -> None:
        """Replace graphs by the content of files, in one write: for graphs that do not fit into memory.

        :param files: the files by the IRI of their graph, in a graph format; they must not change meanwhile
        :param check: validates the store with the new graphs before they are published; its error aborts the write
        :raises BadParameter: for a file that does not exist
        :raises UnreadableInput: for a file that does not parse; then nothing is changed
        """
        paths_by_graph = {graph: tuple(paths) for graph, paths in files.items()}

        def change(store: ox.Store) -> Write:
            with tempfile.TemporaryDirectory(dir=self._folder, prefix="load-") as old:
                changed = writing.load(store, paths_by_graph, format_, union=self.union, old=Path(old))
            self._optimize_after(store, sum(path.stat().st_size for paths in paths_by_graph.values() for path in paths))
            check(Reader(store, self.settings.prefixes, self.settings.reach).rows)
            return changed

        self._commit(change, large=True)

    def close(self) -> None:
        """Release the store."""
        with self._writing:
            self._past.keep(())
            del self._store, self._newest  # acknowledged writes are on disk
            self._revisions.close()

    def _commit(self, change: Change, about: Iterable[str | None] = (), guard: Guard = unguarded, *, large: bool = False) -> Receipt:
        """Make a change and publish it.

        :param about: the graphs whose validators go into the receipt
        :param large: the change is not atomic: even an error in the input may leave a part of it in the working copy
        """
        slots.free()
        with self._writing:
            guard()
            self._change(change, large=large)
            receipt = self._validators.receipt(self.revision, about)
        self._past.keep(self._revisions.kept())
        return receipt

    def _change(self, change: Change, *, large: bool) -> None:
        store, changed = self._working_copy(), large
        try:
            wrote = change(store)
            if wrote.graphs is None or wrote.graphs:
                changed = True
                self._validators.note(self.revision + 1, wrote.graphs)
                self._written.note(self.revision + 1, *wrote)
                self._newest = self._publish(store, self.revision + 1)
                self._validators.settle()
                self._announce(self.revision)
        except BaseException as error:
            if isinstance(error, RolegraphError) and not changed and not isinstance(error, writing.TakenBack):
                raise
            del store
            self._close_after(error)
            if isinstance(error, OSError | RuntimeError | StoreUnusable):
                raise self._write_failed(error) from error
            raise

    def _optimize_after(self, store: ox.Store, size: int) -> None:
        """Optimise the store once many documents were written: reads, including those of a check, are up to several times faster.

        :param size: bytes of the documents that were written
        """
        self._bytes_since_optimised += size
        if self._bytes_since_optimised > LARGE and self._bytes_since_optimised > _size_of_tables(self._graph) // SHARE:
            store.optimize()
            self._bytes_since_optimised = 0

    def _working_copy(self) -> ox.Store:
        """Return the working copy; after a failed write, or if its journal is too long, it is first rebuilt from the newest revision.

        RocksDB never shortens the journal of an open store; every revision copies it, and every process that opens a revision reads it.
        """
        if sum(path.stat().st_size for path in self._graph.glob("MANIFEST-*")) > JOURNAL:
            self._store = None
        if self._store is None:
            try:
                self._store = opening.patiently(self._open)
            except (OSError, RuntimeError, StoreUnusable) as error:
                raise self._write_failed(error) from error
        return self._store

    def _publish(self, store: ox.Store, number: int) -> Snapshot:
        store.flush()
        self._revisions.publish(number, self._written.kept(lambda path: store.backup(str(path))), sum(1 for _ in store.named_graphs()))
        try:
            return self._snapshot(number)
        except BaseException:  # an unreadable revision must not stay, since its number will be used again
            self._revisions.withdraw(number)
            raise

    def _open(self) -> ox.Store:
        """Rebuild the working copy from the newest revision and open it; this drops writes that a failure or a crash left unfinished.

        :raises StoreUnusable: if another process has the store open, or the newest revision is damaged
        """
        newest = self._revisions.newest
        try:
            store = opening.writable(self._graph)  # first of all, so that a store in use is not changed
        except (OSError, RuntimeError):  # damaged, which does not matter if the newest revision is intact
            if newest is None:
                raise
        else:
            if newest is None:
                return store
            newest = self._revisions.newest or newest  # again, now that no other process can write
            del store
        if newest is not None and (wrong := self._revisions.wrong(newest)):
            raise StoreUnusable(opening.damaged(self._folder, self._revisions, newest, wrong))
        fresh, old = (self._graph.with_suffix(suffix) for suffix in (".new", ".old"))
        for leftover in (fresh, old, *self._folder.glob("load-*")):
            shutil.rmtree(leftover, ignore_errors=True)
        # hard links take no space; this is safe because RocksDB never changes a file once it is written
        ox.Store.read_only(str(self._revisions.path(newest))).backup(str(fresh))
        self._graph.rename(old)  # not removed in place: threads of RocksDB may still be deleting files there
        fresh.rename(self._graph)
        shutil.rmtree(old, ignore_errors=True)
        return opening.writable(self._graph)

    def _close_after(self, error: BaseException) -> None:
        """Close the working copy after a failed write; the next write, or the next start, rebuilds it.

        It is not rebuilt at once: the cause of the failure, such as a full disk, would make that fail, too.
        """
        self._store = None
        cause: BaseException | None = error
        while cause:  # the frames of the failed calls refer to the store, which would keep it open
            traceback.clear_frames(cause.__traceback__)
            cause = cause.__context__

    def _write_failed(self, error: Exception) -> StoreUnusable:
        text = error.detail if isinstance(error, StoreUnusable) else str(error)
        public = text.replace(f"{self._folder}/", "").replace(str(self._folder), "FOLDER")  # only the operator may see the path
        return StoreUnusable(_NOTHING_WRITTEN.format(text), public_detail=_NOTHING_WRITTEN.format(public))


def _size_of_tables(folder: Path) -> int:
    """Return the bytes of the tables of a store on disk, some of which RocksDB may be deleting."""
    size = 0
    for path in folder.glob("*.sst"):
        with suppress(FileNotFoundError):
            size += path.stat().st_size
    return size


def _size(document: Document) -> int:
    """Return the number of bytes of a document."""
    return sum(map(len, document)) if isinstance(document, tuple) else len(document or b"")
