"""The embedded engine: Oxigraph in this process, in memory, or a revision of a store on disk."""

import threading
import weakref
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pyoxigraph as ox

from rolegraph import terms
from rolegraph.dependencies import Digests
from rolegraph.engine import TURTLE, Changes, Guard, IsCancelled, Job, R, Receipt, WriteMode, never_cancelled, unguarded, writing
from rolegraph.engine.federation import FederationPolicy
from rolegraph.engine.reading import Reader
from rolegraph.engine.revisions import Lease, Retention, Revision
from rolegraph.engine.validators import Validators
from rolegraph.engine.write_log import ChangedGraphs, Write, WriteLog
from rolegraph.errors import NotFound, Refused
from rolegraph.formats import Format
from rolegraph.values import Dataset


@dataclass(frozen=True)
class Settings:
    """Settings of a store.

    :param prefixes: the prefixes of its answers, prefix → namespace IRI
    :param union: whether the default graph is the union of the named ones
    :param reach: which endpoints SERVICE and LOAD may call
    :param retention: which revisions are kept
    """

    prefixes: Mapping[str, str] = field(default_factory=terms.prefixes)
    union: bool = True
    reach: FederationPolicy = field(default_factory=FederationPolicy)
    retention: Retention = field(default_factory=Retention)


class Snapshot(Reader):
    """A revision, opened for reading by any number of processes. Its folder stays on disk as long as the object exists."""

    def __init__(self, path: Path, settings: Settings, number: int = 0, lease: Lease | None = None) -> None:
        super().__init__(ox.Store.read_only(str(path)), settings.prefixes, settings.reach)
        self.union = settings.union
        self.revision = number
        if lease:
            weakref.finalize(self, lease.release).atexit = False  # not at exit: the next start removes the folder

    def copy(self, path: Path) -> None:
        """Copy the store to a new folder, by hard links."""
        self._store.backup(str(path))

    def written(self, since: int) -> ChangedGraphs:
        """Return an empty set: a snapshot never changes."""
        return frozenset()

    def unchanged_since(self, digests: Digests, revision: int) -> int:
        """Return that revision: a snapshot does not know the others."""
        return revision

    def revisions(self) -> Sequence[Revision]:
        """Return an empty list: a snapshot does not know the other revisions."""
        return []

    def at(self, revision: int) -> "Snapshot":
        """Return this snapshot for its own revision.

        :raises NotFound: for another revision
        """
        if revision != self.revision:
            raise NotFound(f"revision {revision} cannot be read from revision {self.revision}", expected=str(self.revision))
        return self

    @property
    def history(self) -> str:
        """Return an empty text: a snapshot never changes."""
        return ""

    def validator(self, graph: str) -> str:
        """Return the number of the revision, since a snapshot never changes."""
        return str(self.revision)

    def write(self, changes: Changes, format_: Format = TURTLE, *, mode: WriteMode = "replace", guard: Guard = unguarded) -> Receipt:
        """Refuse the write: a snapshot is read-only."""
        raise _past()

    def update(self, text: str, dataset: Dataset | None = None, guard: Guard = unguarded) -> Receipt:
        """Refuse the update: a snapshot is read-only."""
        raise _past()

    def work(self, job: Job[R], is_cancelled: IsCancelled = never_cancelled) -> R:
        """Run a job in this process; see :meth:`Engine.work <rolegraph.engine.Engine.work>`."""
        return job.run(self)

    def close(self) -> None:
        """Do nothing: the folder is released with the object."""


class EmbeddedEngine(Reader):
    """Oxigraph in memory behind the :class:`~rolegraph.engine.Engine` protocol, for a single user: a reader in another thread may
    see a part of a write. :class:`RevisionStore` isolates readers from writes.
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

    def revisions(self) -> Sequence[Revision]:
        """Return an empty list: past revisions are not stored."""
        return []

    def at(self, revision: int) -> "EmbeddedEngine":
        """Return this engine for the newest revision.

        :raises NotFound: for another revision
        """
        if revision != self.revision:
            raise NotFound(f"revision {revision} is not stored: this store only has the newest", expected=str(self.revision))
        return self

    def write(self, changes: Changes, format_: Format = TURTLE, *, mode: WriteMode = "replace", guard: Guard = unguarded) -> Receipt:
        """See :meth:`Engine.write <rolegraph.engine.Engine.write>`."""
        parsed = writing.read(changes, format_, union=self.union, mode=mode)
        with self._writing:
            guard()
            self._note(writing.replace(self._store, parsed, union=self.union, mode=mode))
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
        """Run a job in this process; see :meth:`Engine.work <rolegraph.engine.Engine.work>`."""
        return job.run(self)

    def close(self) -> None:
        """Release the store."""

    def _note(self, wrote: Write) -> None:
        if wrote.graphs is None or wrote.graphs:
            self._written.note(self.revision + 1, *wrote)
            self._validators.note(self.revision + 1, wrote.graphs)
            self.revision += 1
            self._validators.settle()


def _past() -> Refused:
    return Refused("a past revision cannot be written", expected="a write to the newest revision")
