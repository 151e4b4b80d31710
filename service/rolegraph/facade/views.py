"""Views: what is read of one revision, with caches that hold nothing of another one."""

from collections.abc import Callable, Collection
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from rolegraph import equivalence
from rolegraph.catalogue import Catalogue
from rolegraph.comparison.compare import Comparer
from rolegraph.engine import Engine
from rolegraph.errors import BadParameter, NotFound
from rolegraph.facade.profile_lookup import ProfileLookup
from rolegraph.per_revision import AGE, CachedValue, LruCache
from rolegraph.queries import QueryCatalogue
from rolegraph.search import Finder, Search

if TYPE_CHECKING:
    from rolegraph.analysis import Analysis
    from rolegraph.analysis.incremental import IncrementalFacts

PAST = 4  # views of older revisions that are kept
Trusted = Callable[[], Collection[str]]


class View:
    """One revision: an engine that reads it, and what is looked up, compared and analysed in it.

    It is shared by all requests that work on the revision, and freed with the last of them: nothing in it refers back to it.
    """

    def __init__(self, engine: Engine, search: Finder, queries: QueryCatalogue, classes: CachedValue[dict[str, str]] | None = None) -> None:
        self.engine = engine
        self.search = search
        self.catalogue = Catalogue(engine, search.nearest, search.named)
        self.trusted = _trusted(engine, self.catalogue)
        self.comparer = Comparer(engine, self.catalogue, queries.get("proficiency"), self.trusted, classes)
        self.analysis: Callable[[], Analysis] = partial(_refuse, engine.revision)


class Views:
    """The views of the revisions of an engine: of the newest one, and of the older ones that were asked for last.

    An engine without revisions gets a new view each time; only what takes long to read is cached, for :data:`~rolegraph.per_revision.AGE`.

    :param folder: where what the analyses read is kept for the next start
    """

    def __init__(self, engine: Engine, search: Search, queries: QueryCatalogue, folder: Path | None) -> None:
        self._engine = engine
        self._search = search
        self._queries = queries
        self._folder = folder
        self._newest: LruCache[int, View] = LruCache(1)
        self._past: LruCache[int, View] = LruCache(PAST)
        self._following: CachedValue[IncrementalFacts] = CachedValue()
        self._classes: CachedValue[dict[str, str]] = CachedValue(AGE)
        self._analysis: CachedValue[Analysis] = CachedValue(AGE)

    def newest(self) -> View:
        """Return the view of the newest revision."""
        while (revision := self._engine.revision) is not None:
            try:
                return self._newest.get(revision, lambda number=revision: self._pinned(number))  # type: ignore[misc]  # a default binds it
            except NotFound:
                if self._engine.revision == revision:
                    raise
        return self._lasting()

    def at(self, revision: int) -> View:
        """Return the view of a revision.

        :raises NotFound: for one that is not kept
        """
        if revision == self._engine.revision:
            return self._newest.get(revision, lambda: self._pinned(revision))
        return self._past.get(revision, lambda: View(self._engine.at(revision), self._search.past(), self._queries))

    def refresh(self) -> None:
        """Bring what is built of the newest revision in line with it: the index of labels, and what the analyses read."""
        self._search.refresh()
        self._followed().refresh()

    def close(self) -> None:
        """Let all revisions go."""
        for views in (self._newest, self._past):
            views.drop(lambda _: True)

    def _pinned(self, revision: int) -> View:
        """Make the view of a revision that was the newest a moment ago, and let go of older ones that are not kept any more."""
        engine = self._engine.at(revision)
        kept = {one.number for one in self._engine.revisions()}
        self._past.drop(lambda number: number not in kept)
        view = View(engine, self._search.at(engine), self._queries)
        analysis: CachedValue[Analysis] = CachedValue()
        believed = view.trusted
        view.analysis = lambda: analysis.get(lambda: self._analysed(engine, believed))
        return view

    def _lasting(self) -> View:
        view = View(self._engine, self._search, self._queries, self._classes)
        believed = view.trusted
        view.analysis = lambda: self._analysis.get(lambda: self._analysed(self._engine, believed))
        return view

    def _analysed(self, engine: Engine, believed: Trusted) -> "Analysis":
        from rolegraph.analysis import Analysis

        return Analysis(self._followed(), ProfileLookup(self._search.at(engine)), engine, believed)

    def _followed(self) -> "IncrementalFacts":
        from rolegraph.analysis.incremental import IncrementalFacts

        return self._following.get(lambda: IncrementalFacts(self._engine, self._folder))


def _trusted(engine: Engine, catalogue: Catalogue) -> Trusted:
    """Return what tells the graphs of a revision whose matches are believed."""

    def found() -> Collection[str]:
        sources = catalogue.sources(catalogue.source_iris()).values()
        return equivalence.trusted(engine.graphs(), {source.iri for source in sources if source.version and source.credit})

    return found


def _refuse(revision: int | None) -> "Analysis":
    """Refuse the analyses of an older revision: they are built of the whole graph, for the newest one."""
    detail = f"the analyses are of the newest revision only, and {revision} is an older one"
    raise BadParameter("revision", detail, expected="the number of the newest revision, or no revision")
