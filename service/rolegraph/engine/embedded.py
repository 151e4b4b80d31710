"""The embedded engine: Oxigraph in this process, in memory, or a revision of a store on disk."""

import threading
import weakref
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pyoxigraph as ox

from rolegraph import terms
from rolegraph.engine import TURTLE, Changes, Guard, IsCancelled, Job, R, Receipt, WriteMode, never_cancelled, unguarded, writing
from rolegraph.engine.federation import FederationPolicy
from rolegraph.engine.reading import Reader
from rolegraph.engine.revisions import Lease, Retention, Revision
from rolegraph.engine.validators import Validators
from rolegraph.engine.write_log import ChangedGraphs, WriteLog
from rolegraph.errors import NotFound, Refused
from rolegraph.formats import Format
from rolegraph.values import Dataset


@dataclass(frozen=True)
class Settings:
    """What an operator decides of a store: prefixes of its answers, whether the default graph is the union of the named
    ones, which addresses SERVICE and LOAD may name, and which revisions are kept.
    """

    prefixes: Mapping[str, str] = field(default_factory=terms.prefixes)
    union: bool = True
    reach: FederationPolicy = field(default_factory=FederationPolicy)
    retention: Retention = field(default_factory=Retention)


class Snapshot(Reader):
    """A revision, opened for reading: it is never written, so any number of processes may. It lasts while somebody holds it."""

    def __init__(self, path: Path, settings: Settings, number: int = 0, lease: Lease | None = None) -> None:
        super().__init__(ox.Store.read_only(str(path)), settings.prefixes, settings.reach)
        self.union = settings.union
        self.revision = number
        if lease:
            weakref.finalize(self, lease.release).atexit = False  # what the end of the process leaves, the next start removes

    def copy(self, path: Path) -> None:
        """Make a store of it in a new folder, by hard links."""
        self._store.backup(str(path))

    def written(self, since: int) -> ChangedGraphs:
        """Return none: what is read is never written."""
        return frozenset()

    def revisions(self) -> Sequence[Revision]:
        """Return none: a revision knows of no other."""
        return []

    def at(self, revision: int) -> "Snapshot":
        """Return this one, or raise NotFound."""
        if revision != self.revision:
            raise NotFound(f"revision {revision} is not this one", expected=str(self.revision))
        return self

    def validator(self, graph: str) -> str:
        """Return the number of the revision: nothing changes here."""
        return str(self.revision)

    def write(self, changes: Changes, format_: Format = TURTLE, *, mode: WriteMode = "replace", guard: Guard = unguarded) -> Receipt:
        """Refuse: what was, stays."""
        raise _past()

    def update(self, text: str, dataset: Dataset | None = None, guard: Guard = unguarded) -> Receipt:
        """Refuse: what was, stays."""
        raise _past()

    def work(self, job: Job[R], is_cancelled: IsCancelled = never_cancelled) -> R:
        """Run a job here; see :meth:`Engine.work <rolegraph.engine.Engine.work>`."""
        return job.run(self)

    def close(self) -> None:
        """Do nothing: the folder is let go when nobody holds this any more."""


class EmbeddedEngine(Reader):
    """Oxigraph in memory behind the :class:`~rolegraph.engine.Engine` protocol, for one user: a reader in another thread may
    see a part of a write. :class:`RevisionStore` keeps writes apart from readers.
    """

    def __init__(self, settings: Settings | None = None) -> None:
        settings = settings or Settings()
        super().__init__(ox.Store(), settings.prefixes, settings.reach)
        self._writing = threading.Lock()
        self.union = settings.union
        self.revision = 0
        self._written = WriteLog(0)
        self._validators = Validators()

    def written(self, since: int) -> ChangedGraphs:
        """Return the graphs that were written after a revision; see :meth:`Engine.written <rolegraph.engine.Engine.written>`."""
        return self._written.since(since)

    def validator(self, graph: str) -> str:
        """See :meth:`Engine.validator <rolegraph.engine.Engine.validator>`."""
        return self._validators.of(graph)

    def revisions(self) -> Sequence[Revision]:
        """Return none: only the newest is kept."""
        return []

    def at(self, revision: int) -> "EmbeddedEngine":
        """Return this engine for its own revision."""
        if revision != self.revision:
            raise NotFound(f"revision {revision} is not kept: this store keeps no other than the newest", expected=str(self.revision))
        return self

    def write(self, changes: Changes, format_: Format = TURTLE, *, mode: WriteMode = "replace", guard: Guard = unguarded) -> Receipt:
        """See :meth:`Engine.write <rolegraph.engine.Engine.write>`."""
        read = writing.read(changes, format_, union=self.union, mode=mode)
        with self._writing:
            guard()
            self._note(writing.replace(self._store, read, union=self.union, mode=mode))
            return self._validators.receipt(self.revision, changes)

    def update(self, text: str, dataset: Dataset | None = None, guard: Guard = unguarded) -> Receipt:
        """See :meth:`Engine.update <rolegraph.engine.Engine.update>`."""
        with self._writing:
            guard()
            before = list(self._store)
            try:
                self._note(writing.update(self._store, text, dataset, self._reach, union=self.union))
            except writing.TakenBack:
                self._store.clear()
                self._store.extend(before)
                raise
            return Receipt(self.revision)

    def work(self, job: Job[R], is_cancelled: IsCancelled = never_cancelled) -> R:
        """Run a job here; see :meth:`Engine.work <rolegraph.engine.Engine.work>`."""
        return job.run(self)

    def close(self) -> None:
        """Release the store."""

    def _note(self, wrote: ChangedGraphs) -> None:
        if wrote is None or wrote:
            self._written.note(self.revision + 1, wrote)
            self._validators.note(self.revision + 1, wrote)
            self.revision += 1
            self._validators.settle()


def _past() -> Refused:
    return Refused("a past revision is never written", expected="a write to the newest one")
