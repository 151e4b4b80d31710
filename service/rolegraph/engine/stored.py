"""The embedded engine on disk: one writer, immutable revisions that everybody reads."""

import shutil
import tempfile
import threading
import traceback
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

import pyoxigraph as ox

from rolegraph.engine import TURTLE, Changes, Check, Choose, Gone, Job, Keep, R, unchecked, waiting, writing
from rolegraph.engine.embedded import Settings, Snapshot
from rolegraph.engine.reading import Reader
from rolegraph.engine.revisions import Lease, Revision, Revisions
from rolegraph.engine.written import Written, Wrote
from rolegraph.errors import RolegraphError, StoreUnusable
from rolegraph.formats import Format
from rolegraph.things import Answer, Dataset, Row

LARGE = 8 * 1024 * 1024  # bytes of files from which a store is put in order after they were loaded


class StoredEngine:
    """Oxigraph on disk, in a folder. A write is published as a revision before it is acknowledged; readers only see revisions.

    Publishing is the commit: the folder ``graph`` is only where a write is prepared, and is made anew of the newest revision at each
    start and after each failure. Writes take one lock, since concurrent updates of an on-disk store are lost without an error.
    """

    def __init__(self, folder: Path, settings: Settings | None = None) -> None:
        self.settings = settings = settings or Settings()
        self._folder = folder
        self._graph = folder / "graph"
        self._writing = threading.Lock()
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._revisions = Revisions(folder / "revisions", settings.retention)
            self._store: ox.Store | None = self._open()
            self._check_kind(self._store)
            if self._revisions.newest is None:
                # new, or written before there were revisions, or these were removed: what there is is the first one
                self._publish(self._store, 1 if len(self._store) else 0)
            self._newest = self._snapshot(self._revisions.newest or 0)
            self._written = Written(self.revision)
            self._revisions.clean()
        except (OSError, RuntimeError) as error:  # the engine's word for damage is the latter
            raise StoreUnusable(_meaning(folder, error)) from error

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

    def written(self, since: int) -> Wrote:
        """Return the graphs that were written after a revision; see :meth:`Engine.written <rolegraph.engine.Engine.written>`."""
        return self._written.since(since)

    def revisions(self) -> Sequence[Revision]:
        """Return the revisions that are kept, newest first."""
        return self._revisions.all()

    def at(self, revision: int) -> Snapshot:
        """Return a revision, which is kept as long as somebody holds it.

        :raises NotFound: for one that is not kept
        """
        newest = self._newest
        return newest if revision == newest.revision else self._snapshot(revision)

    def lease(self, revision: int) -> Lease:
        """Keep the folder of a revision, which any process may open as a :class:`Snapshot`.

        :raises NotFound: for one that is not kept
        """
        return self._revisions.lease(revision)

    def query(self, text: str, choose: Choose, dataset: Dataset | None = None, gone: Gone = waiting) -> Answer:
        """Answer a query on the newest revision."""
        return self._newest.query(text, choose, dataset, gone)

    def rows(self, text: str) -> list[Row]:
        """Answer a SELECT query on the newest revision as rows."""
        return self._newest.rows(text)

    def graphs(self) -> list[str]:
        """Return the IRIs of the named graphs, sorted."""
        return self._newest.graphs()

    def dump(self, format_: Format, graph: str | None = None) -> Answer:
        """Serialise all named graphs, or one, of the newest revision."""
        return self._newest.dump(format_, graph)

    def work(self, job: Job[R], gone: Gone = waiting) -> R:
        """Run a job on the newest revision, here; see :meth:`Engine.work <rolegraph.engine.Engine.work>`."""
        return job.run(self._newest)

    def write(self, changes: Changes, format_: Format = TURTLE, *, keep: Keep = "none") -> None:
        """See :meth:`Engine.write <rolegraph.engine.Engine.write>`."""
        read = writing.read(changes, format_, union=self.union, keep=keep)
        self._commit(lambda store: writing.replace(store, read, union=self.union, keep=keep))

    def update(self, text: str, dataset: Dataset | None = None) -> None:
        """See :meth:`Engine.update <rolegraph.engine.Engine.update>`."""
        self._commit(lambda store: writing.update(store, text, dataset, self.settings.reach, union=self.union))

    def load(self, files: Mapping[str, Iterable[Path]], format_: Format = TURTLE, check: Check = unchecked) -> None:
        """Make graphs hold what is in files as one write: for graphs that do not fit into memory.

        :param files: in a graph format, by the IRI of their graph; they must not change meanwhile
        :param check: looks at the store as it is with the new graphs, before they are published, and raises what keeps them out
        :raises BadParameter: for a file that is not there
        :raises UnreadableInput: for a file that does not parse; then nothing is changed
        """
        known = {graph: tuple(paths) for graph, paths in files.items()}

        def change(store: ox.Store) -> Wrote:
            with tempfile.TemporaryDirectory(dir=self._folder, prefix="load-") as old:
                changed = writing.load(store, known, format_, union=self.union, old=Path(old))
            if sum(path.stat().st_size for paths in known.values() for path in paths) > LARGE:
                store.optimize()  # takes seconds, and makes what is read afterwards, the check included, several times quicker
            check(Reader(store, self.settings.prefixes, self.settings.reach).rows)
            return changed

        self._commit(change, large=True)

    def close(self) -> None:
        """Release the store."""
        with self._writing:
            self._store = None  # what was acknowledged is on the disk
            del self._newest

    def _commit(self, change: Callable[[ox.Store], Wrote], *, large: bool = False) -> None:
        """Make a change and publish it.

        :param large: an error about what was sent, too, may leave a part of it behind; else such an error comes before any change
        """
        with self._writing:
            store = self._writable()
            try:
                wrote = change(store)
                if wrote is None or wrote:
                    self._written.note(self.revision + 1, wrote)
                    self._newest = self._publish(store, self.revision + 1)
            except BaseException as error:
                if isinstance(error, RolegraphError) and not large:
                    raise
                del store
                self._let_go(error)
                if isinstance(error, OSError):
                    raise _unwritten(error) from error
                raise

    def _writable(self) -> ox.Store:
        """Return the store; after a failed write it is first put back to the newest revision."""
        if self._store is None:
            try:
                self._store = self._open()
            except OSError as error:
                raise _unwritten(error) from error
        return self._store

    def _publish(self, store: ox.Store, number: int) -> Snapshot:
        store.flush()
        self._revisions.publish(number, lambda path: store.backup(str(path)))
        try:
            return self._snapshot(number)
        except BaseException:  # what cannot be read must not be there: the number will be given again
            self._revisions.withdraw(number)
            raise

    def _snapshot(self, number: int) -> Snapshot:
        lease = self._revisions.lease(number)
        try:
            return Snapshot(lease.path, self.settings, number, lease)
        except BaseException:
            lease.release()
            raise

    def _open(self) -> ox.Store:
        """Open the store as its newest revision is: nothing of a write that a failure or a crash left unfinished stays."""
        try:
            store = _open(self._graph)  # before anything is touched: a store that is in use stays as it is
        except (OSError, RuntimeError):  # damaged: no harm, where the newest revision is whole
            if self._revisions.newest is None:
                raise
        else:
            if self._revisions.newest is None:
                return store
            del store
        fresh, old = (self._graph.with_suffix(suffix) for suffix in (".new", ".old"))
        for left in (fresh, old, *self._folder.glob("load-*")):
            shutil.rmtree(left, ignore_errors=True)
        # by hard links, in no more room than the revision takes: files of RocksDB never change once they are written
        ox.Store.read_only(str(self._revisions.path(self._revisions.newest))).backup(str(fresh))
        self._graph.rename(old)  # not removed in place: threads of the engine may still tidy there
        fresh.rename(self._graph)
        shutil.rmtree(old, ignore_errors=True)
        return _open(self._graph)

    def _let_go(self, error: BaseException) -> None:
        """Close the store after a failed write; the next one, or the next start, puts it back.

        That is not done at once: what made the write fail, such as a full disk, would make it fail too.
        """
        self._store = None
        found: BaseException | None = error
        while found:  # what the calls that failed hold, or the store would stay open
            traceback.clear_frames(found.__traceback__)
            found = found.__context__

    def _check_kind(self, store: ox.Store) -> None:
        """Refuse a store whose default graph is of the other kind: it would be read and kept wrongly."""
        marker = self._folder / "default-graph"
        kind = "union" if self.union else "own"
        found = marker.read_text(encoding="utf-8").strip() if marker.exists() else "union" if len(store) else kind
        if found != kind:
            detail = f"the store in {self._folder} was made with --default-graph {found}: start it so, or name another folder with --store"
            raise StoreUnusable(detail)
        if not marker.exists():
            marker.write_text(kind + "\n", encoding="utf-8")


def _unwritten(error: OSError) -> StoreUnusable:
    return StoreUnusable(f"nothing was written: {error}; the store is as it was before")


def _open(path: Path) -> ox.Store:
    try:
        return ox.Store(path)
    except OSError as error:
        if "lock hold by" in str(error) or "Resource temporarily unavailable" in str(error):
            raise StoreUnusable(
                f"the store in {path.parent} is in use by another process; stop that one, or name another folder with --store",
            ) from error
        raise


def _meaning(folder: Path, error: Exception) -> str:
    """Say what keeps a store from being opened, and what to do."""
    text = str(error)
    if isinstance(error, PermissionError) or "Permission denied" in text or "Read-only file system" in text:
        return f"the store in {folder} cannot be written ({text}); give this user the right to, or name another folder with --store"
    if "Corruption" in text or "No such file" in text or "bad" in text.lower():
        return f"the store in {folder} is damaged ({text}); restore a backup with: rolegraph restore FILE --store ANOTHER-FOLDER"
    return f"the store in {folder} cannot be opened: {text}"
