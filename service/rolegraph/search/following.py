"""The search of a graph: its index is updated to the requested revision, never back to an older one."""

import json
import shutil
import sqlite3
import tempfile
import threading
import time
import weakref
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import datetime
from pathlib import Path
from typing import Protocol, TypeVar

from rolegraph import deadlines, locks
from rolegraph.errors import StoreUnusable
from rolegraph.per_revision import AGE
from rolegraph.search import labels
from rolegraph.search.finding import Past, Questions
from rolegraph.search.index import NAME, Index, Reading, Stamp, damaged, form
from rolegraph.values import Row

PAUSES = (0.0, 0.02, 0.1, 0.3, 1.0)  # seconds before each attempt to read an index that is temporarily unreadable

T = TypeVar("T")


class Published(Protocol):
    """A revision, as far as search uses it."""

    @property
    def number(self) -> int:
        """The number of the revision."""

    @property
    def published(self) -> datetime:
        """When it was published; distinguishes revisions of the same number in different stores."""


class Graph(Protocol):
    """An engine, as far as search uses it; see :class:`rolegraph.engine.Engine`."""

    @property
    def revision(self) -> int | None:
        """The number of the newest revision; None if other processes may write unnoticed."""

    def at(self, revision: int) -> "Graph":
        """Return an engine pinned to a revision."""

    def rows(self, text: str) -> list[Row]:
        """Run a SELECT query and return its rows."""

    def graphs(self) -> Iterable[str]:
        """Return the IRIs of the named graphs."""

    def written(self, since: int) -> frozenset[str] | None:
        """Return the graphs that were written after a revision; None if unknown."""

    def revisions(self) -> Sequence[Published]:
        """Return the stored revisions, the newest first."""


class RevisionMoved(StoreUnusable):
    """The index is of a newer revision than the requested one: the graph was written meanwhile."""


class Search(Questions):
    """Finds the things of a graph by label, in its newest revision. Thread-safe.

    The index is in a folder beside the store, where it survives a restart, or in a temporary folder. It is updated at the next search:
    only written graphs are read again, and only changed things are indexed again.

    :param folder: folder of the index; None is a temporary one
    """

    def __init__(self, graph: Graph, folder: Path | None = None) -> None:
        self._graph = graph
        self._folder = folder
        self._updating = threading.Lock()
        self._index: Index | None = None
        self._file: tuple[int, int] | None = None  # identifies the file of the index
        self._read = 0.0  # time of the last update, for engines without revisions

    def at(self, graph: Graph) -> "Pinned":
        """Return the search of the revision of a pinned engine. It works until the index moves on to a newer one."""
        return Pinned(self, graph)

    def past(self) -> Past:
        """Return the search of an older revision."""
        return Past(self)

    def answered(self, ask: Callable[[Reading], T]) -> T:
        """Return the result of a function that reads the index of the newest revision."""
        while True:
            revision = self._graph.revision
            try:
                return self.asked(ask, self._graph if revision is None else self._graph.at(revision))
            except RevisionMoved:  # another thread moved the index on
                if self._graph.revision == revision:
                    raise

    def asked(self, ask: Callable[[Reading], T], graph: Graph) -> T:
        """Return the result of a function that reads the index of the revision of a pinned engine.

        A damaged index is rebuilt; one that is temporarily unreadable is tried again.

        :raises RevisionMoved: if the index is of a newer revision
        :raises StoreUnusable: if the index cannot be read or written
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
                    raise StoreUnusable(detail, expected="the same request later") from error
        raise AssertionError

    def close(self) -> None:
        """Close the index."""
        with self._updating:
            self._index = None

    def _reading(self, graph: Graph, stack: ExitStack) -> Reading:
        """Start a read transaction on the index of a revision; it ends with the stack."""
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
                    index = self._index = self._updated(self._index, graph)
                self._read = began
            return stack.enter_context(index.reading())

    def _fits(self, stamp: Stamp, revision: int | None) -> bool:
        if revision is None:
            return time.monotonic() - self._read < AGE
        if stamp.revision is not None and stamp.revision > revision:
            raise RevisionMoved("the graph was written meanwhile", expected="the same request again")
        return stamp.revision == revision

    def _updated(self, index: Index | None, graph: Graph) -> Index:
        """Return the index of a revision: an update of the open index or of the saved one if possible, else a new one."""
        with self._alone():
            if self._file != (file := self._saved_file()):  # another process has made a new one
                index, self._file = None, file
            if index is None or graph.revision is None or not self._fits(index.stamp, graph.revision):  # or has updated it
                index = self._update(index, graph)
            self._file = self._saved_file()
            return index

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Keep other processes from changing the index meanwhile."""
        while True:
            folder = self._own_folder()
            if not locks.AVAILABLE:
                yield
                return
            folder.mkdir(parents=True, exist_ok=True)
            with locks.holding(folder) as locked:
                if locked:
                    yield
                    return

    def _update(self, index: Index | None, graph: Graph) -> Index:
        stamp = Stamp(form(), graph.revision, self._published(graph.revision))
        is_open = index is not None
        index = index or self._saved()
        if index and index.stamp.form != stamp.form:
            index = None
        if index and index.stamp == stamp and stamp.published:
            return index
        graphs = list(graph.graphs())
        read = lambda name: labels.read(graph.rows, name)  # noqa: E731
        if index is None:
            fresh = Index.make(self._own_folder())
            fresh.refresh(graphs, (), read, stamp)
            return fresh.finish()
        same = index.stamp.published and index.stamp.published == self._published(index.stamp.revision)
        since = index.stamp.revision if is_open or same else None
        written = None if since is None else self._graph.written(since)
        changed = set(graphs) if written is None else written & set(graphs)
        index.refresh(changed, index.graphs().keys() - set(graphs), read, stamp)
        return index

    def _published(self, revision: int | None) -> str:
        return next((entry.published.isoformat() for entry in self._graph.revisions() if entry.number == revision), "")

    def _own_folder(self) -> Path:
        if self._folder is None:
            self._folder = Path(tempfile.mkdtemp(prefix="rolegraph-search-"))
            weakref.finalize(self, shutil.rmtree, self._folder, ignore_errors=True)
        return self._folder

    def _saved(self) -> Index | None:
        """Return the index of the last run, if there is one."""
        path = self._folder and self._folder / NAME
        return Index(path) if path and path.is_file() else None

    def _saved_file(self) -> tuple[int, int] | None:
        """Return what identifies the file of the index, None if there is none."""
        try:
            status = (self._own_folder() / NAME).stat()
        except OSError:
            return None
        return status.st_dev, status.st_ino

    def _drop(self, damaged_: Index | None) -> None:
        """Remove a damaged index, unless another thread or process has. Readers that have it open keep its file."""
        with self._updating, self._alone():
            if self._index is damaged_:
                self._index = None
                if self._folder and self._file == self._saved_file():
                    shutil.rmtree(self._folder, ignore_errors=True)


class Pinned(Questions):
    """The search of one revision, which was the newest when it was pinned."""

    def __init__(self, search: Search, graph: Graph) -> None:
        self._search = search
        self._graph = graph

    def answered(self, ask: Callable[[Reading], T]) -> T:
        """Return the result of a function that reads the index of the revision.

        :raises RevisionMoved: if the index has moved on to a newer revision
        """
        return self._search.asked(ask, self._graph)
