"""Facts read graph by graph, and their index: after a write, only the written graphs are read, and what they touch is built again."""

import threading
from collections.abc import Collection, Mapping
from pathlib import Path

from rolegraph.analysis import reading, snapshot, union
from rolegraph.analysis.facts import Facts
from rolegraph.analysis.index import Index
from rolegraph.analysis.names import Names
from rolegraph.analysis.reading import DEFAULT, Part
from rolegraph.engine import Engine

TRIES = 3  # attempts to read a graph while it is being written


class IncrementalFacts:
    """The facts of the graphs of an engine, read graph by graph. Thread-safe: one thread reads at a time.

    :param engine: reads the newest revision
    :param folder: folder of the snapshot for the next start; None stores no snapshot
    """

    def __init__(self, engine: Engine, folder: Path | None = None) -> None:
        self._engine = engine
        self._folder = folder
        self._lock = threading.Lock()
        self._parts: dict[str, Part] = {}
        self._revision: int | None = None  # the revision of the parts
        self._stored: int | None = None  # the revision of the snapshot
        self._names: Names | None = None  # of the last facts
        self._index: Index | None = None  # the last one

    def facts(self, pinned: Engine | None = None, trusted: Collection[str] | None = None) -> Facts:
        """Return the facts of one revision.

        :param pinned: an engine pinned to the revision; None is the newest one
        :param trusted: the graphs whose skos:exactMatch is used; None is all graphs
        """
        parts, before = self._parts_of(pinned or self._engine), self._names
        names = self._names = before.following(parts) if before else Names.read(parts)
        return union.united(names, trusted)

    def index(self, pinned: Engine | None = None, trusted: Collection[str] | None = None) -> Index:
        """Return the index of the facts of one revision, made from the last one where little has changed; see :meth:`facts`."""
        index = self._index = Index(self.facts(pinned, trusted), before=self._index)
        return index

    def refresh(self) -> None:
        """Read what was written since the last call, and store a snapshot."""
        self._parts_of(self._engine)
        with self._lock:
            if self._revision == self._stored or not self._folder:
                return
            if snapshot.exists(self._folder, self._engine, self._revision):
                self._stored = self._revision
            else:
                self._store()

    def _parts_of(self, pinned: Engine) -> Mapping[str, Part]:
        """Return the facts of each graph in a revision; they are cached if no newer revision was read before."""
        with self._lock:
            if not self._parts and self._folder:
                self._revision, self._parts = snapshot.load(self._folder, self._engine)
                self._stored = self._revision
            for _ in range(TRIES):
                revision = pinned.revision
                if revision is not None and revision == self._revision:
                    return self._parts
                parts = self._read(pinned, revision)
                if pinned.revision == revision:
                    break
            if revision is not None and self._revision is not None and revision < self._revision:
                return parts
            is_first = not self._parts
            self._revision, self._parts = revision, parts
            if is_first:
                self._store()
            return parts

    def _store(self) -> None:
        """Store a snapshot. After a write that is left to :meth:`refresh`: it takes longer than following the write."""
        if self._folder:
            snapshot.save(self._folder, self._engine, self._revision, self._parts)
            self._stored = self._revision

    def _read(self, pinned: Engine, revision: int | None) -> dict[str, Part]:
        """Read the graphs that were written between the cached revision and another one, older or newer."""
        graphs = [*pinned.graphs(), *([] if pinned.union else [DEFAULT])]
        written = None if self._revision is None or revision is None else self._engine.written(min(self._revision, revision))
        changed = [graph for graph in graphs if written is None or graph in written or graph not in self._parts]
        read = {graph: reading.read(pinned, graph) for graph in changed}
        return {graph: read.get(graph) or self._parts[graph] for graph in graphs}
