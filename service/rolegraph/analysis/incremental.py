"""Follows the writes of a graph: after one, only what was written is read again."""

import threading
from collections.abc import Collection, Mapping
from pathlib import Path

from rolegraph.analysis import reading, snapshot, union
from rolegraph.analysis.facts import Facts
from rolegraph.analysis.reading import DEFAULT, Part
from rolegraph.engine import Engine

TRIES = 3  # to read a graph that is being written


class IncrementalFacts:
    """What the graphs of an engine say, read graph by graph. Safe between threads, of which one at a time reads.

    :param folder: where it is kept for the next start; None keeps nothing
    """

    def __init__(self, engine: Engine, folder: Path | None = None) -> None:
        self._engine = engine
        self._folder = folder
        self._reading = threading.Lock()
        self._parts: dict[str, Part] = {}
        self._known: int | None = None  # the revision that the parts are of

    def facts(self, pinned: Engine | None = None, trusted: Collection[str] | None = None) -> Facts:
        """Return what the graphs say in one revision.

        :param pinned: an engine that reads the revision; None is the newest one
        :param trusted: the graphs whose skos:exactMatch is believed; None believes all
        """
        return union.combine(self._of(pinned or self._engine), trusted)

    def refresh(self) -> None:
        """Read what was written since the last time, and keep it beside the store."""
        self._of(self._engine)

    def _of(self, pinned: Engine) -> Mapping[str, Part]:
        """Return what each graph says in a revision, and keep it where that is the newest one that was read."""
        with self._reading:
            if not self._parts and self._folder:
                self._known, self._parts = snapshot.load(self._folder, self._engine)
            for _ in range(TRIES):
                revision = pinned.revision
                if revision is not None and revision == self._known:
                    return self._parts
                parts = self._read(pinned, revision)
                if pinned.revision == revision:
                    break
            if revision is not None and self._known is not None and revision < self._known:
                return parts
            self._known, self._parts = revision, parts
            if self._folder:
                snapshot.save(self._folder, self._engine, revision, parts)
            return parts

    def _read(self, pinned: Engine, revision: int | None) -> dict[str, Part]:
        """Read the graphs that were written between the revision that is known and another one, before it or after it."""
        graphs = [*pinned.graphs(), *([] if pinned.union else [DEFAULT])]
        written = None if self._known is None or revision is None else self._engine.written(min(self._known, revision))
        changed = [graph for graph in graphs if written is None or graph in written or graph not in self._parts]
        found = {graph: reading.read(pinned, graph) for graph in changed}
        return {graph: found.get(graph) or self._parts[graph] for graph in graphs}
