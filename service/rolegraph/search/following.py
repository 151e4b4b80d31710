"""The search that follows a graph: its index is brought in line with the revision that is asked for, never back."""

import json
import shutil
import sqlite3
import tempfile
import threading
import time
import weakref
from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path
from typing import Protocol, TypeVar

from rolegraph import deadlines
from rolegraph.errors import StoreUnusable
from rolegraph.per_revision import AGE
from rolegraph.search import labels
from rolegraph.search.finding import Past, Questions
from rolegraph.search.index import NAME, Index, Reading, Stamp, damaged, form
from rolegraph.values import Row

PAUSES = (0.0, 0.02, 0.1, 0.3, 1.0)  # seconds before each try to read an index that cannot be read for the moment

T = TypeVar("T")


class Published(Protocol):
    """What search needs to know of a revision."""

    @property
    def number(self) -> int:
        """Its number."""

    @property
    def published(self) -> datetime:
        """When it was published, by which it is told from one of the same number in another store."""


class Graph(Protocol):
    """What search needs of an engine; see :class:`rolegraph.engine.Engine`."""

    @property
    def revision(self) -> int | None:
        """The number of the newest revision, None where others may write unseen."""

    def at(self, revision: int) -> "Graph":
        """Return an engine that reads a revision."""

    def rows(self, text: str) -> list[Row]:
        """Answer a SELECT query as rows."""

    def graphs(self) -> Iterable[str]:
        """Return the IRIs of the named graphs."""

    def written(self, since: int) -> frozenset[str] | None:
        """Return the graphs that were written after a revision, None where that is not known."""

    def revisions(self) -> Sequence[Published]:
        """Return the revisions that are kept, newest first."""


class RevisionMoved(StoreUnusable):
    """The index is of a newer revision than the one that is asked for: the graph was written meanwhile."""


class Search(Questions):
    """Finds the things of one graph by label, in its newest revision; safe to share between threads.

    The index lies in a folder beside the store, where it outlasts a restart, or in a temporary one. It follows the graph at the
    next search: only the graphs that were written are read again, and only what changed in them is indexed anew.
    """

    def __init__(self, graph: Graph, folder: Path | None = None) -> None:
        self._graph = graph
        self._folder = folder
        self._updating = threading.Lock()
        self._index: Index | None = None
        self._read = 0.0  # when, where there are no revisions

    def at(self, graph: Graph) -> "Pinned":
        """Return the search of the revision that an engine reads. It answers until the index has gone on to a newer one."""
        return Pinned(self, graph)

    def past(self) -> Past:
        """Return what the search of an older revision is."""
        return Past(self)

    def answered(self, ask: Callable[[Reading], T]) -> T:
        """Return what a function reads in the index of the newest revision."""
        while True:
            revision = self._graph.revision
            try:
                return self.asked(ask, self._graph if revision is None else self._graph.at(revision))
            except RevisionMoved:  # another thread saw a newer one
                if self._graph.revision == revision:
                    raise

    def asked(self, ask: Callable[[Reading], T], graph: Graph) -> T:
        """Return what a function reads in the index of the revision that an engine reads.

        An index that turns out to be damaged is built anew, once; one that cannot be read for the moment is tried again.

        :raises RevisionMoved: where the index is of a newer revision
        :raises StoreUnusable: where it cannot be read or written
        """
        for tries, pause in enumerate(PAUSES, 1):
            time.sleep(pause)
            seen = self._index
            try:
                with ExitStack() as stack:
                    return ask(self._reading(graph, stack))
            except (sqlite3.Error, json.JSONDecodeError) as error:
                if damaged(error):
                    self._drop(seen)
                elif not isinstance(error, sqlite3.OperationalError):
                    raise
                if tries == len(PAUSES):
                    detail = f"the index of labels cannot be used: {error}"
                    raise StoreUnusable(detail, expected="the same, a little later") from error
        raise AssertionError

    def close(self) -> None:
        """Let the index go."""
        with self._updating:
            self._index = None

    def _reading(self, graph: Graph, stack: ExitStack) -> Reading:
        """Begin to read the index of a revision; it stays as it is until the stack is left, whatever is written meanwhile."""
        revision, index = graph.revision, self._index
        if index:
            reading = stack.enter_context(index.reading())
            if self._fits(reading.stamp, revision):
                return reading
            stack.close()
        with self._updating:
            index = self._index
            if index is None or not self._fits(index.stamp, revision):
                began = time.monotonic()
                with deadlines.apart():
                    index = self._index = self._in_line(self._index, graph)
                self._read = began
            return stack.enter_context(index.reading())

    def _fits(self, stamp: Stamp, revision: int | None) -> bool:
        if revision is None:
            return time.monotonic() - self._read < AGE
        if stamp.revision is not None and stamp.revision > revision:
            raise RevisionMoved("the graph was written meanwhile", expected="the same once more")
        return stamp.revision == revision

    def _in_line(self, index: Index | None, graph: Graph) -> Index:
        """Return the index of a revision, made of the index of an older one, or of the one that the last run left, where it can be."""
        stamp = Stamp(form(), graph.revision, self._published(graph.revision))
        followed = index is not None
        index = index or self._left()
        if index and index.stamp.form != stamp.form:
            index = None
        if index and index.stamp == stamp and stamp.published:
            return index
        graphs = list(graph.graphs())
        read = lambda name: labels.read(graph.rows, name)  # noqa: E731
        if index is None:
            made = Index.make(self._place())
            made.refresh(graphs, (), read, stamp)
            return made.finish()
        same = index.stamp.published and index.stamp.published == self._published(index.stamp.revision)
        known = index.stamp.revision if followed or same else None
        written = None if known is None else self._graph.written(known)
        changed = set(graphs) if written is None else written & set(graphs)
        index.refresh(changed, index.graphs().keys() - set(graphs), read, stamp)
        return index

    def _published(self, revision: int | None) -> str:
        return next((one.published.isoformat() for one in self._graph.revisions() if one.number == revision), "")

    def _place(self) -> Path:
        if self._folder is None:
            self._folder = Path(tempfile.mkdtemp(prefix="rolegraph-search-"))
            weakref.finalize(self, shutil.rmtree, self._folder, ignore_errors=True)
        return self._folder

    def _left(self) -> Index | None:
        """Return the index that the last run left, if there is one."""
        path = self._folder and self._folder / NAME
        return Index(path) if path and path.is_file() else None

    def _drop(self, damaged_: Index | None) -> None:
        """Remove an index that is damaged, unless another thread did: a reader that still has it open keeps its file."""
        with self._updating:
            if self._index is damaged_:
                self._index = None
                if self._folder:
                    shutil.rmtree(self._folder, ignore_errors=True)


class Pinned(Questions):
    """The search of one revision, which was the newest when it was asked for."""

    def __init__(self, search: Search, graph: Graph) -> None:
        self._search = search
        self._graph = graph

    def answered(self, ask: Callable[[Reading], T]) -> T:
        """Return what a function reads in the index of the revision.

        :raises RevisionMoved: where the index has gone on to a newer one
        """
        return self._search.asked(ask, self._graph)
