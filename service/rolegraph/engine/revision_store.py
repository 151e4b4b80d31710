"""The embedded engine on disk: one writer, immutable revisions that everybody reads."""

import math
import shutil
import tempfile
import threading
import traceback
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

import pyoxigraph as ox

from rolegraph import slots
from rolegraph.engine import (
    TURTLE,
    Changes,
    Check,
    Choose,
    Guard,
    IsCancelled,
    Job,
    R,
    Receipt,
    WriteMode,
    descriptors,
    never_cancelled,
    opening,
    unchecked,
    unguarded,
    writing,
)
from rolegraph.engine.embedded import Settings, Snapshot
from rolegraph.engine.past_revisions import PastRevisions
from rolegraph.engine.reading import Reader
from rolegraph.engine.revisions import Lease, Revision, Revisions
from rolegraph.engine.validators import Validators
from rolegraph.engine.watchdog import GROWTH, watch
from rolegraph.engine.write_log import ChangedGraphs, WriteLog
from rolegraph.errors import RolegraphError, StoreUnusable
from rolegraph.formats import Format
from rolegraph.values import Answer, Dataset, Row

JOURNAL = 512 * 1024  # bytes of the engine's own journal of files (MANIFEST) from which it is begun anew: each revision has a copy
_AS_BEFORE = "nothing was written: {}; the store is as it was before"
Change = Callable[[ox.Store], ChangedGraphs]
LARGE = 8 * 1024 * 1024  # bytes of files from which a store is put in order after they were loaded


class RevisionStore:
    """Oxigraph on disk, in a folder. A write is published as a revision before it is acknowledged; readers only see revisions.

    Publishing is the commit: the folder ``graph`` is only where a write is prepared, and is made anew of the newest revision at each
    start and after each failure. Writes take one lock, since concurrent updates of an on-disk store are lost without an error.
    """

    def __init__(self, folder: Path, settings: Settings | None = None) -> None:
        self.settings = settings = settings or Settings()
        self._folder = folder
        self._graph = folder / "graph"
        self._writing = threading.Lock()
        self._past = PastRevisions()
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._revisions = Revisions(folder / "revisions", settings.retention)
            self._store: ox.Store | None = self._open()
            opening.check_kind(folder, self._store, union=settings.union)
            if self._revisions.newest is None:
                # new, or written before there were revisions, or these were removed: what there is is the first one
                self._written = WriteLog(first := 1 if len(self._store) else 0)
                self._publish(self._store, first)
            self._newest = self._snapshot(self._revisions.newest or 0)
            self._written = WriteLog.read(self._revisions.path(self.revision), self.revision)
            self._validators = Validators(folder, self.revision)
            self._revisions.clean()
        except (OSError, RuntimeError) as error:  # the engine's word for damage is the latter
            raise StoreUnusable(opening.meaning(folder, error)) from error

    @property
    def union(self) -> bool:
        """Whether the default graph is the union of the named ones."""
        return self.settings.union

    @property
    def revision(self) -> int:
        """The number of the newest revision."""
        return self._newest.revision

    @property
    def newest(self) -> Snapshot:
        """The newest revision, which is kept as long as somebody holds it."""
        return self._newest

    def written(self, since: int) -> ChangedGraphs:
        """Return the graphs that were written after a revision; see :meth:`Engine.written <rolegraph.engine.Engine.written>`."""
        return self._written.since(since)

    def validator(self, graph: str) -> str:
        """See :meth:`Engine.validator <rolegraph.engine.Engine.validator>`."""
        return self._validators.of(graph)

    def revisions(self) -> Sequence[Revision]:
        """Return the revisions that are kept, newest first."""
        return self._revisions.all()

    def at(self, revision: int) -> Snapshot:
        """Return a revision, which is kept as long as somebody holds it.

        :raises NotFound: for one that is not kept
        """
        newest = self._newest
        return newest if revision == newest.revision else self._past.at(revision, self._checked)

    def lease(self, revision: int) -> Lease:
        """Keep the folder of a revision, which any process may open as a :class:`Snapshot`.

        :raises NotFound: for one that is not kept
        """
        return self._revisions.lease(revision)

    def query(self, text: str, choose: Choose, dataset: Dataset | None = None, is_cancelled: IsCancelled = never_cancelled) -> Answer:
        """Answer a query on the newest revision."""
        return self._newest.query(text, choose, dataset, is_cancelled)

    def rows(self, text: str) -> list[Row]:
        """Answer a SELECT query on the newest revision as rows."""
        return self._newest.rows(text)

    def graphs(self) -> list[str]:
        """Return the IRIs of the named graphs, sorted."""
        return self._newest.graphs()

    def dump(self, format_: Format, graph: str | None = None) -> Answer:
        """Serialise all named graphs, or one, of the newest revision."""
        return self._newest.dump(format_, graph)

    def work(self, job: Job[R], is_cancelled: IsCancelled = never_cancelled) -> R:
        """Run a job on the newest revision, here; see :meth:`Engine.work <rolegraph.engine.Engine.work>`."""
        return job.run(self._newest)

    def write(self, changes: Changes, format_: Format = TURTLE, *, mode: WriteMode = "replace", guard: Guard = unguarded) -> Receipt:
        """See :meth:`Engine.write <rolegraph.engine.Engine.write>`."""
        read = writing.read(changes, format_, union=self.union, mode=mode)
        return self._commit(lambda store: writing.replace(store, read, union=self.union, mode=mode), changes, guard)

    def update(self, text: str, dataset: Dataset | None = None, guard: Guard = unguarded) -> Receipt:
        """See :meth:`Engine.update <rolegraph.engine.Engine.update>`."""

        def change(store: ox.Store) -> ChangedGraphs:
            with watch.over(math.inf, 4 * GROWTH):  # as long as it takes, but not for ever
                return writing.update(store, text, dataset, self.settings.reach, union=self.union)

        return self._commit(change, (), guard)

    def load(self, files: Mapping[str, Iterable[Path]], format_: Format = TURTLE, check: Check = unchecked) -> None:
        """Make graphs hold what is in files as one write: for graphs that do not fit into memory.

        :param files: in a graph format, by the IRI of their graph; they must not change meanwhile
        :param check: looks at the store as it is with the new graphs, before they are published, and raises what keeps them out
        :raises BadParameter: for a file that is not there
        :raises UnreadableInput: for a file that does not parse; then nothing is changed
        """
        known = {graph: tuple(paths) for graph, paths in files.items()}

        def change(store: ox.Store) -> ChangedGraphs:
            with tempfile.TemporaryDirectory(dir=self._folder, prefix="load-") as old:
                changed = writing.load(store, known, format_, union=self.union, old=Path(old))
            if sum(path.stat().st_size for paths in known.values() for path in paths) > LARGE:
                store.optimize()  # takes seconds; what is read afterwards, the check included, is several times quicker
            check(Reader(store, self.settings.prefixes, self.settings.reach).rows)
            return changed

        self._commit(change, large=True)

    def close(self) -> None:
        """Release the store."""
        with self._writing:
            self._past.keep(())
            del self._store, self._newest  # what was acknowledged is on the disk

    def _commit(self, change: Change, about: Iterable[str | None] = (), guard: Guard = unguarded, *, large: bool = False) -> Receipt:
        """Make a change and publish it.

        :param about: the graphs whose validators are wanted
        :param large: an error about what was sent, too, may leave a part of it behind; else such an error comes before any change
        """
        slots.free()
        with self._writing:
            guard()
            self._change(change, large=large)
            receipt = self._validators.receipt(self.revision, about)
        self._past.keep(self._revisions.kept())
        return receipt

    def _change(self, change: Change, *, large: bool) -> None:
        store, changed = self._writable(), large
        try:
            wrote = change(store)
            if wrote is None or wrote:
                changed = True
                self._validators.note(self.revision + 1, wrote)
                self._written.note(self.revision + 1, wrote)
                self._newest = self._publish(store, self.revision + 1)
                self._validators.settle()
        except BaseException as error:
            if isinstance(error, RolegraphError) and not changed and not isinstance(error, writing.TakenBack):
                raise
            del store
            self._let_go(error)
            if isinstance(error, OSError | RuntimeError | StoreUnusable):
                raise self._unwritten(error) from error
            raise

    def _writable(self) -> ox.Store:
        """Return the store; after a failed write, and where its journal has grown long, it is first made anew of the newest revision.

        The engine never shortens the journal while it is open; each revision copies it, and whoever opens one reads it.
        """
        if sum(path.stat().st_size for path in self._graph.glob("MANIFEST-*")) > JOURNAL:
            self._store = None
        if self._store is None:
            try:
                self._store = opening.patiently(self._open)
            except (OSError, RuntimeError, StoreUnusable) as error:
                raise self._unwritten(error) from error
        return self._store

    def _publish(self, store: ox.Store, number: int) -> Snapshot:
        store.flush()
        self._revisions.publish(number, self._written.kept(lambda path: store.backup(str(path))), sum(1 for _ in store.named_graphs()))
        try:
            return self._snapshot(number)
        except BaseException:  # what cannot be read must not be there: the number will be given again
            self._revisions.withdraw(number)
            raise

    def _checked(self, number: int) -> Snapshot:
        """Open a revision that may have been damaged since it was published."""
        with self._revisions.lease(number):
            if wrong := self._revisions.wrong(number):
                detail = f"revision {number} is damaged"
                raise StoreUnusable(f"{detail}: {wrong}", told=detail, expected="another revision")
            try:
                return self._snapshot(number)
            except (OSError, RuntimeError) as error:
                detail = f"revision {number} cannot be opened"
                raise StoreUnusable(f"{detail}: {error}", told=detail, expected="another revision") from error

    def _snapshot(self, number: int) -> Snapshot:
        lease = self._revisions.lease(number)
        try:
            descriptors.demand(lease.path)
            return Snapshot(lease.path, self.settings, number, lease)
        except BaseException:
            lease.release()
            raise

    def _open(self) -> ox.Store:
        """Open the store as its newest revision is: nothing of a write that a failure or a crash left unfinished stays.

        :raises StoreUnusable: where another process has it open, or the newest revision does not hold what was written
        """
        newest = self._revisions.newest
        try:
            store = opening.writable(self._graph)  # before anything is touched: a store that is in use stays as it is
        except (OSError, RuntimeError):  # damaged: no harm, where the newest revision is whole
            if newest is None:
                raise
        else:
            if newest is None:
                return store
            newest = self._revisions.newest or newest  # now that nobody else writes
            del store
        if newest is not None and (wrong := self._revisions.wrong(newest)):
            raise StoreUnusable(opening.damaged(self._folder, self._revisions, newest, wrong))
        fresh, old = (self._graph.with_suffix(suffix) for suffix in (".new", ".old"))
        for left in (fresh, old, *self._folder.glob("load-*")):
            shutil.rmtree(left, ignore_errors=True)
        # by hard links, in no more room than the revision takes: files of RocksDB never change once they are written
        ox.Store.read_only(str(self._revisions.path(newest))).backup(str(fresh))
        self._graph.rename(old)  # not removed in place: threads of the engine may still tidy there
        fresh.rename(self._graph)
        shutil.rmtree(old, ignore_errors=True)
        return opening.writable(self._graph)

    def _let_go(self, error: BaseException) -> None:
        """Close the store after a failed write; the next one, or the next start, puts it back.

        That is not done at once: what made the write fail, such as a full disk, would make it fail too.
        """
        self._store = None
        found: BaseException | None = error
        while found:  # what the calls that failed hold, or the store would stay open
            traceback.clear_frames(found.__traceback__)
            found = found.__context__

    def _unwritten(self, error: Exception) -> StoreUnusable:
        text = error.detail if isinstance(error, StoreUnusable) else str(error)
        shown = text.replace(f"{self._folder}/", "").replace(str(self._folder), "FOLDER")  # where the store lies is for its operator only
        return StoreUnusable(_AS_BEFORE.format(text), told=_AS_BEFORE.format(shown))
