"""Follows the writes of a graph: after one, only what was written is read again."""

import threading
from pathlib import Path

from rolegraph.analysis import combining, reading, saving
from rolegraph.analysis.facts import Facts
from rolegraph.analysis.reading import DEFAULT, Part
from rolegraph.engine import Engine

TRIES = 3  # to read a graph that is being written


class Following:
    """What the graphs of an engine say, read graph by graph. Safe between threads, of which one at a time reads.

    :param folder: where it is kept for the next start; None keeps nothing
    """

    def __init__(self, engine: Engine, folder: Path | None = None) -> None:
        self._engine = engine
        self._folder = folder
        self._reading = threading.Lock()
        self._parts: dict[str, Part] = {}
        self._known: int | None = None  # the revision that the parts are of, or a newer one

    def facts(self) -> Facts:
        """Return what the graphs say in the newest revision."""
        with self._reading:
            self._refresh()
            return combining.combine(self._parts)

    def refresh(self) -> None:
        """Read what was written since the last time, and keep it beside the store."""
        with self._reading:
            self._refresh()

    def _refresh(self) -> None:
        if not self._parts and self._folder:
            self._known, self._parts = saving.load(self._folder, self._engine)
        for _ in range(TRIES):
            revision = self._engine.revision
            if self._known is not None and self._known == revision:
                return
            self._read()
            self._known = revision
            if self._engine.revision == revision:
                break
        if self._folder:
            saving.save(self._folder, self._engine, self._known, self._parts)

    def _read(self) -> None:
        graphs = [*self._engine.graphs(), *([] if self._engine.union else [DEFAULT])]
        written = None if self._known is None else self._engine.written(self._known)
        changed = [graph for graph in graphs if written is None or graph in written or graph not in self._parts]
        found = {graph: reading.read(self._engine, graph) for graph in changed}
        self._parts = {graph: found.get(graph) or self._parts[graph] for graph in graphs}
