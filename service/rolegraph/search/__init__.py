"""Search: labels of every kind and language, found as people type them, in an index that is kept by revision."""

import shutil
import sqlite3
import tempfile
import threading
import time
import weakref
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Protocol, TypeVar

from rolegraph import deadlines, terms
from rolegraph.errors import BadParameter
from rolegraph.kept import AGE
from rolegraph.search import facts, hits
from rolegraph.search.asking import Question
from rolegraph.search.hits import HEADER, USUAL, Hit
from rolegraph.search.index import NAME, Index, Only, form
from rolegraph.search.matching import MATCHES, Typed
from rolegraph.search.spelling import Vocabulary
from rolegraph.terms import Kind
from rolegraph.things import Row

MOST = 100  # hits of one search
LONGEST = 200  # characters of a search

T = TypeVar("T")


class Published(Protocol):
    """What search needs to know of a revision."""

    @property
    def published(self) -> datetime:
        """When it was published, by which it is told from one of the same number in another store."""


class Graph(Protocol):
    """What search needs of an engine; see :class:`rolegraph.engine.Engine`."""

    @property
    def revision(self) -> int | None:
        """The number of the newest revision, None where others may write unseen."""

    def rows(self, text: str) -> list[Row]:
        """Answer a SELECT query as rows."""

    def graphs(self) -> Iterable[str]:
        """Return the IRIs of the named graphs."""

    def written(self, since: int) -> frozenset[str] | None:
        """Return the graphs that were written after a revision, None where that is not known."""

    def revisions(self) -> Sequence[Published]:
        """Return the revisions that are kept, newest first."""


class Search:
    """Finds the things of one graph by label; safe to share between threads.

    The index lies in a folder beside the store, where it outlasts a restart, or in a temporary one. It follows the graph at the
    next search: only the graphs that were written are read again, and only what changed in them is indexed anew.
    """

    def __init__(self, graph: Graph, folder: Path | None = None) -> None:
        self._graph = graph
        self._folder = folder
        self._updating = threading.Lock()
        self._index: Index | None = None
        self._vocabulary: Vocabulary | None = None
        self._current: tuple[int | None, float] | None = None

    def find(
        self,
        text: str,
        kinds: Sequence[str] = (),
        *,
        source: str | None = None,
        language: str | None = None,
        limit: int = 20,
    ) -> list[Hit]:
        """Return the things whose labels answer a text, the best first.

        :param kinds: names of kinds (:data:`rolegraph.terms.KINDS`); none for every kind
        :param source: the graph that names or uses the thing: a slug of a source, a CURIE or an IRI
        :param language: the language of the label, such as ``fr``; labels without one fit every language
        :param limit: 1 to 100
        :raises BadParameter: for a text that is empty or too long, an unknown kind or source, no language, a limit out of bounds
        """
        _check(kinds, language, limit)
        typed = _typed(text)
        wanted = (tuple(dict.fromkeys(kinds)), (language or "").lower())

        def ask(index: Index) -> list[Hit]:
            only = Only(wanted[0], None if source is None else _graph(index, source), wanted[1])
            return self._find(index, typed, only, limit)

        return self._answered(ask)

    def suggest(self, text: str, kinds: Sequence[str] = (), limit: int = 10) -> list[Hit]:
        """Return what a text that is still being typed may become, the best first; see :meth:`find`."""
        return self.find(text, kinds, limit=limit)

    def meant(self, text: str, kinds: Sequence[str], limit: int = 20) -> list[Hit]:
        """Return what a text that may be anything answers, the best first; nothing for one that cannot be searched for."""
        return self.find(text, kinds, limit=limit) if len(text) <= LONGEST and Typed.of(text).folded else []

    def named(self, text: str, kinds: Sequence[Kind]) -> list[str]:
        """Return the IRIs of the things of some kinds that a text is a label of: of preferred labels, else of alternative ones."""
        hits = [hit for hit in self.meant(text, [kind.name for kind in kinds]) if hit.match == "exact"]
        return sorted(hit.iri for hit in hits if hit.score == hits[0].score)

    def nearest(self, text: str, kinds: Sequence[Kind]) -> list[str]:
        """Return the IRIs of up to five things of some kinds that a wrong name was likely meant for."""
        name = text.rpartition("#")[2].rpartition("/")[2].rpartition(":")[2].replace("-", " ")[:LONGEST]
        return [hit.iri for hit in self.find(name, [kind.name for kind in kinds], limit=5)] if Typed.of(name).folded else []

    def refresh(self) -> Index:
        """Bring the index in line with the graph, and return it."""
        return self._answered(lambda index: index)

    def languages(self) -> list[str]:
        """Return the languages of the labels, sorted."""
        found: list[str] = self._answered(Index.languages)
        return found

    def past(self) -> "Search":
        """Return what the search of an older revision is: only names that were nearly right are looked up, in the newest one."""
        return _Past(self)

    def close(self) -> None:
        """Close the index."""
        with self._updating:
            if self._index:
                self._index.close()
            self._index = None

    def _find(self, index: Index, typed: Typed, only: Only, limit: int) -> list[Hit]:
        wanted = only.language or USUAL
        best = Question(index, self._words(index), typed, only).answer(wanted)[:limit]
        known = index.things([candidate.entry.thing for candidate in best])
        return [hits.hit(candidate, *known[candidate.entry.thing], wanted) for candidate in best if candidate.entry.thing in known]

    def _words(self, index: Index) -> Vocabulary:
        found = self._vocabulary
        if found is None:
            with self._updating:
                found = self._vocabulary = self._vocabulary or Vocabulary(index.words())
        return found

    def _answered(self, ask: Callable[[Index], T]) -> T:
        """Answer from the index as it is to be; one that turns out to be damaged is built anew."""
        try:
            return ask(self._fresh())
        except sqlite3.DatabaseError:
            with self._updating:
                if self._index:
                    self._index.close()
                self._index = self._current = self._vocabulary = None
                if self._folder:
                    shutil.rmtree(self._folder, ignore_errors=True)
            return ask(self._fresh())

    def _fresh(self) -> Index:
        index, current = self._index, self._current
        if index and current and self._fits(current):
            return index
        with self._updating:
            if not (self._index and self._current and self._fits(self._current)):
                began = time.monotonic()
                revision = self._graph.revision
                with deadlines.apart():
                    self._index = self._updated(self._index or self._open(), revision)
                self._current = (revision, began)
            return self._index

    def _fits(self, current: tuple[int | None, float]) -> bool:
        revision, since = current
        return revision == self._graph.revision and (revision is not None or time.monotonic() - since < AGE)

    def _open(self) -> Index | None:
        """Open the index of the last run, where there is one that can be used."""
        if self._folder is None:
            self._folder = Path(tempfile.mkdtemp(prefix="rolegraph-search-"))
            weakref.finalize(self, shutil.rmtree, self._folder, ignore_errors=True)
            return None
        if not (self._folder / NAME).is_file():
            return None
        return Index(self._folder / NAME)

    def _updated(self, index: Index | None, revision: int | None) -> Index:
        """Return an index of the graph as it is now."""
        published = [one.published.isoformat() for one in self._graph.revisions()[:1]]
        stamp = " ".join([form(), str(revision), *published])
        if index:
            if index.stamp == stamp and revision is not None:
                return index
            if not index.stamp.startswith(form()):
                index.close()
                index = None
        graphs = list(self._graph.graphs())
        if index is None:
            assert self._folder is not None
            made = Index.make(self._folder)
            made.refresh(graphs, (), lambda graph: facts.read(self._graph.rows, graph), stamp)
            self._vocabulary = None
            return made.finish()
        known = self._current[0] if self._current else None
        written = None if known is None else self._graph.written(known)
        changed = set(graphs) if written is None else written & set(graphs)
        gone = index.graphs().keys() - set(graphs)
        counted = index.refresh(changed, gone, lambda graph: facts.read(self._graph.rows, graph), stamp)
        if self._vocabulary:
            self._vocabulary.add(counted)
        return index


class _Past(Search):
    """The search of an older revision."""

    def __init__(self, newest: Search) -> None:
        self._newest = newest

    def find(
        self,
        text: str,
        kinds: Sequence[str] = (),
        *,
        source: str | None = None,
        language: str | None = None,
        limit: int = 20,
    ) -> list[Hit]:
        """Refuse: the index is of the newest revision.

        :raises BadParameter: always
        """
        del text, kinds, source, language, limit
        raise BadParameter("revision", "only the newest revision is searched", expected="a search without a revision")

    def languages(self) -> list[str]:
        """Return the languages of the labels of the newest revision."""
        return self._newest.languages()

    def meant(self, text: str, kinds: Sequence[str], limit: int = 20) -> list[Hit]:
        """Return what the newest revision has; see :meth:`Search.meant`."""
        return self._newest.meant(text, kinds, limit)

    def nearest(self, text: str, kinds: Sequence[Kind]) -> list[str]:
        """Return what the newest revision has; see :meth:`Search.nearest`."""
        return self._newest.nearest(text, kinds)

    def close(self) -> None:
        """Do nothing: the index is that of the newest revision."""


def _typed(text: str) -> Typed:
    if len(text) > LONGEST:
        raise BadParameter("q", f"{len(text)} characters are too many to search for", expected=f"up to {LONGEST} characters")
    typed = Typed.of(text)
    if not typed.folded:
        raise BadParameter("q", "there is nothing to search for", expected="a label, or some words or letters of one")
    return typed


def _check(kinds: Sequence[str], language: str | None, limit: int) -> None:
    for kind in kinds:
        if kind not in terms.KINDS:
            raise BadParameter("kind", f"there is no kind {kind!r}", expected=f"one of {', '.join(terms.KINDS)}")
    if language is not None and not all(part.isalnum() and part.isascii() for part in language.split("-")):
        raise BadParameter("language", f"{language!r} is no language", expected="a language tag, such as en or fr")
    if not 1 <= limit <= MOST:
        raise BadParameter("limit", f"{limit} hits cannot be given", expected=f"a number from 1 to {MOST}")


def _graph(index: Index, source: str) -> int:
    """Return the number of a graph by slug, CURIE or IRI."""
    known = index.graphs()
    for iri in (terms.KINDS["source"].namespace + source, terms.BASE + source, terms.expand(source) or source):
        if iri in known:
            return known[iri]
    speaking = [terms.shorten(iri) for iri in known if iri.startswith(terms.KINDS["source"].namespace)]
    detail = f"there is no source {source!r}"
    raise BadParameter("source", detail, expected="the slug, CURIE or IRI of a graph", suggestions=sorted(speaking)[:5])


__all__ = ["HEADER", "MATCHES", "MOST", "Hit", "Search"]
