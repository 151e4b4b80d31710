"""Views: read access to one revision, with caches of its own."""

from collections.abc import Callable, Collection
from contextlib import nullcontext
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from rolegraph import dependencies, equivalence
from rolegraph.catalogue import Catalogue
from rolegraph.catalogue.changes import changed_things
from rolegraph.comparison.compare import Comparer
from rolegraph.engine import Engine
from rolegraph.errors import BadParameter, NotFound
from rolegraph.facade.apart import analyses_apart
from rolegraph.facade.confirmed_rows import ConfirmedMatches
from rolegraph.facade.profile_lookup import ProfileLookup
from rolegraph.per_revision import AGE, CachedValue, LruCache
from rolegraph.search import Finder, Search

if TYPE_CHECKING:
    from rolegraph.analysis import Analysis
    from rolegraph.analysis.incremental import IncrementalFacts
    from rolegraph.matching import Matcher

PAST = 4  # views of older revisions in the cache
Trusted = Callable[[], Collection[str]]


class View:
    """One revision: an engine that reads it, and its lookups, comparisons and analyses.

    All requests on the revision share it. It is freed with the last of them, since nothing in it refers back to it.
    """

    def __init__(
        self,
        engine: Engine,
        search: Finder,
        classes: CachedValue[dict[str, str]] | None = None,
        catalogue: Catalogue | None = None,
    ) -> None:
        self.engine = engine
        self.search = search
        self.catalogue = catalogue or Catalogue(engine, search.nearest, search.named, search.identified)
        self.trusted = _trusted(engine, self.catalogue)
        self.comparer = Comparer(engine, self.catalogue, self.trusted, classes)
        self.analysis: Callable[[], Analysis] = partial(_refuse, engine.revision, "analyses are")
        self.matching: Callable[[], ConfirmedMatches] = partial(_refuse, engine.revision, "matching is")


class Views:
    """The views of an engine: of the newest revision, and of the older ones that were used most recently.

    An engine without revisions gets a new view each time; only slow reads are cached, for :data:`~rolegraph.per_revision.AGE`.

    :param folder: where the arrays of the analyses are stored, for all processes and the next start
    """

    def __init__(self, engine: Engine, search: Search, folder: Path | None) -> None:
        self._engine = engine
        self._search = search
        self._folder = folder
        self._newest: LruCache[int, View] = LruCache(1)
        self._past: LruCache[int, View] = LruCache(PAST)
        self._last: View | None = None  # the view that was created last, of the newest revision then
        self._incremental: CachedValue[IncrementalFacts] = CachedValue()
        self._classes: CachedValue[dict[str, str]] = CachedValue(AGE)
        self._analysis: CachedValue[Analysis] = CachedValue(AGE)
        self._matched: tuple[Engine, Matcher] | None = None  # the matcher that was made last, and the revision that it reads
        self._matching: CachedValue[ConfirmedMatches] = CachedValue(AGE)

    def newest(self) -> View:
        """Return the view of the newest revision."""
        while (revision := self._engine.revision) is not None:
            try:
                return self._current(revision)
            except NotFound:
                if self._engine.revision == revision:
                    raise
        return self._unpinned()

    def at(self, revision: int) -> View:
        """Return the view of a revision.

        :raises NotFound: if the store no longer has that revision
        """
        if revision == self._engine.revision:
            return self._current(revision)
        return self._past.get(revision, lambda: View(self._engine.at(revision), self._search.past()))

    def refresh(self, *, apart: bool = False) -> None:
        """See :meth:`Rolegraph.refresh <rolegraph.facade.Rolegraph.refresh>`."""
        with analyses_apart(self._folder) if apart and self._folder else nullcontext():
            self._search.refresh()
        if self._engine.revision is not None:
            self.newest().analysis().refresh()

    def close(self) -> None:
        """Release all revisions."""
        for views in (self._newest, self._past):
            views.drop(lambda _: True)
        self._last = self._matched = None

    def _current(self, revision: int) -> View:
        with dependencies.noted(()):  # what was written is looked up for the caches, which give the same with and without it
            return self._newest.get(revision, lambda: self._pinned(revision))

    def _pinned(self, revision: int) -> View:
        """Create the view of the newest revision, and release views of revisions that the store no longer has."""
        engine = self._engine.at(revision)
        numbers = {revision.number for revision in self._engine.revisions()}
        self._past.drop(lambda number: number not in numbers)
        search = self._search.at(engine)
        view = View(engine, search, catalogue=self._following(engine, search))
        self._last = view
        analysis: CachedValue[Analysis] = CachedValue()
        trusted = view.trusted
        view.analysis = lambda: analysis.get(lambda: self._analysed(engine, trusted))
        matching: CachedValue[ConfirmedMatches] = CachedValue()
        view.matching = lambda: matching.get(lambda: ConfirmedMatches(engine, self._following_matcher(engine, search)))
        return view

    def _following(self, engine: Engine, search: Finder) -> Catalogue | None:
        """Return the catalogue of a revision with what the last one has read, if few things have changed since; else None."""
        last = self._last
        if last is None or last.engine is engine or last.engine.revision is None or not engine.union:
            return None  # a store in memory is the same object at each revision: what it held before is not there to compare with
        written = self._engine.written(last.engine.revision)
        changed = None if written is None else changed_things(last.engine.rows, engine.rows, written)
        return None if changed is None else Catalogue(engine, search.nearest, search.named, search.identified, (last.catalogue, changed))

    def _following_matcher(self, engine: Engine, search: Finder) -> "Matcher":
        """Return the matcher of a revision, with the indexes of the last one that no write has touched."""
        last, matcher = self._matched or (None, None)
        if last and matcher and last.revision is not None and last is not engine and engine.union:
            written = self._engine.written(last.revision)
            changed = None if written is None else changed_things(last.rows, engine.rows, written)
            matcher = matcher.following(engine.rows, engine.graphs, changed, search.labelled) if changed is not None else None
        else:
            matcher = None
        matcher = matcher or _matcher(engine, search, self._folder)
        self._matched = (engine, matcher)
        return matcher

    def _unpinned(self) -> View:
        view = View(self._engine, self._search, self._classes)
        trusted = view.trusted
        view.analysis = lambda: self._analysis.get(lambda: self._analysed(self._engine, trusted))
        view.matching = lambda: self._matching.get(
            lambda: ConfirmedMatches(self._engine, _matcher(self._engine, self._search, self._folder))
        )
        return view

    def _analysed(self, engine: Engine, trusted: Trusted) -> "Analysis":
        from rolegraph.analysis import Analysis

        return Analysis(self._facts(), ProfileLookup(self._search.at(engine)), engine, trusted)

    def _facts(self) -> "IncrementalFacts":
        from rolegraph.analysis.incremental import IncrementalFacts

        return self._incremental.get(lambda: IncrementalFacts(self._engine, self._folder))


def _trusted(engine: Engine, catalogue: Catalogue) -> Trusted:
    """Return a function that returns the graphs of a revision whose matches are trusted."""

    def graphs() -> Collection[str]:
        sources = catalogue.sources(catalogue.source_iris()).values()
        return equivalence.trusted(engine.graphs(), {source.iri for source in sources if source.version and source.credit})

    return graphs


def _matcher(engine: Engine, search: Finder, folder: Path | None) -> "Matcher":
    from rolegraph.matching import Matcher
    from rolegraph.matching.encoders import semantic

    return Matcher(engine.rows, engine.graphs, folder, semantic(), search.labelled)


def _refuse(revision: int | None, what: str) -> NoReturn:
    """Refuse what needs an index, which exists only for the newest revision."""
    detail = f"{what} available for the newest revision only, and {revision} is older"
    raise BadParameter("revision", detail, expected="the number of the newest revision, or no revision")
