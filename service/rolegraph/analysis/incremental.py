"""Facts read graph by graph, and their index: after a write, only the written graphs are read, and what they touch is built again."""

import threading
from collections.abc import Collection, Mapping
from dataclasses import replace
from pathlib import Path

from rolegraph.analysis import reading, union
from rolegraph.analysis.facts import Facts
from rolegraph.analysis.index import Index
from rolegraph.analysis.names import Names
from rolegraph.analysis.reading import DEFAULT, Part
from rolegraph.analysis.stored import Shelf, State
from rolegraph.engine import Engine

TRIES = 3  # attempts to read a graph while it is being written


class IncrementalFacts:
    """The facts of the graphs of an engine, and their index. Thread-safe: one thread reads or builds at a time.

    :param engine: reads the newest revision
    :param folder: the folder of the store, where arrays are stored for all processes and the next start; None stores nothing
    """

    def __init__(self, engine: Engine, folder: Path | None = None) -> None:
        self._engine = engine
        self._shelf = Shelf(folder, engine)
        self._lock = threading.Lock()
        self._state: State | None = None  # of the newest revision that was read
        self._tried: State | None = None  # the last one that was stored, or could not be stored

    def facts(self, pinned: Engine | None = None, trusted: Collection[str] | None = None) -> Facts:
        """Return the facts of one revision; see :meth:`index`."""
        return self.index(pinned, trusted).facts

    def index(self, pinned: Engine | None = None, trusted: Collection[str] | None = None) -> Index:
        """Return the index of one revision, made from the last one where little has changed.

        :param pinned: an engine pinned to the revision; None is the newest one
        :param trusted: the graphs whose skos:exactMatch is used; None is all graphs
        """
        with self._lock:
            return self._followed(pinned or self._engine, trusted).index

    def refresh(self, pinned: Engine | None = None, trusted: Collection[str] | None = None) -> Index:
        """Return the same as :meth:`index`, with arrays that are stored and shared with other processes, if that is possible.

        After a write this is left to a quiet moment: it takes longer than following the write.
        """
        with self._lock:
            state = self._followed(pinned or self._engine, trusted)
            if state is self._state and state is not self._tried:
                with self._shelf.alone() as can_store:
                    state = self._stored(state, can_store=can_store)
            return state.index

    def _followed(self, pinned: Engine, trusted: Collection[str] | None) -> State:
        """Return the state of a revision; it is kept if no newer revision was read before."""
        if self._state is None and (stored := self._shelf.newest()):
            self._state = self._tried = stored
        if self._state:
            return self._following(pinned, trusted)
        with self._shelf.alone() as can_store:  # of processes that start together, one reads the graphs
            if stored := self._shelf.newest():
                self._state = self._tried = stored
            state = self._following(pinned, trusted)
            return self._stored(state, can_store=can_store) if state is not self._tried else state

    def _following(self, pinned: Engine, trusted: Collection[str] | None) -> State:
        last, believed = self._state, None if trusted is None else frozenset(trusted)
        for _ in range(TRIES):
            revision = pinned.revision
            parts = last.names.parts if last and revision is not None and revision == last.revision else self._read(pinned, revision)
            if pinned.revision == revision:
                break
        state = _following(last, revision, parts, believed)
        if last is None or revision is None or last.revision is None or revision >= last.revision:
            self._state = state
        return state

    def _stored(self, state: State, *, can_store: bool) -> State:
        """Return a state with the arrays that a process has stored; it is stored now if none has. If that fails, return it as it is."""
        if can_store and (stored := self._shelf.same(state) or (self._shelf.save(state) and self._shelf.same(state))):
            state = stored
        self._state = self._tried = state
        return state

    def _read(self, pinned: Engine, revision: int | None) -> Mapping[str, Part]:
        """Read the graphs that were written between the cached revision and another one, older or newer."""
        last = self._state
        graphs = [*pinned.graphs(), *([] if pinned.union else [DEFAULT])]
        known = last.names.parts if last else {}
        written = None
        if last and last.revision is not None and revision is not None:
            written = self._engine.written(min(last.revision, revision))
        changed = [graph for graph in graphs if written is None or graph in written or graph not in known]
        read = {graph: reading.read(pinned, graph) for graph in changed}
        return {graph: read.get(graph) or known[graph] for graph in graphs}


def _following(last: State | None, revision: int | None, parts: Mapping[str, Part], trusted: frozenset[str] | None) -> State:
    """Return the state of a revision; where little differs from another one, most is copied from that."""
    if last and trusted == last.trusted and not last.names.changed(parts):
        return last if revision == last.revision else replace(last, revision=revision)
    followed = last and last.names.following(parts)
    if not last or not followed:
        names = Names.read(parts)
        return State(revision, trusted, names, Index(union.united(names, trusted)))
    names, moved = followed
    facts, change = union.following(last.index.facts, last.names, names, moved, trusted)
    return State(revision, trusted, names, last.index.following(facts, change))
