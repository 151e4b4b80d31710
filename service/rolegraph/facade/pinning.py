"""A graph that follows the newest revision of an engine, or is pinned to one revision."""

from collections.abc import Mapping, Sequence
from copy import copy
from pathlib import Path
from typing import TYPE_CHECKING, Self

from rolegraph import dependencies
from rolegraph.catalogue import Catalogue
from rolegraph.comparison.compare import Comparer
from rolegraph.dependencies import EVERYTHING
from rolegraph.engine import Engine
from rolegraph.facade.views import View, Views
from rolegraph.per_revision import CachedValue
from rolegraph.queries import QueryCatalogue
from rolegraph.search import Finder, Search
from rolegraph.tokens import Tokens
from rolegraph.validation.shapes import Shapes

if TYPE_CHECKING:
    from rolegraph.analysis import Analysis
    from rolegraph.matching import Fitted, MatchResult


class Pinning:
    """Reads the newest revision of the engine at each call or, if pinned, always the same revision."""

    def __init__(
        self,
        engine: Engine,
        queries: QueryCatalogue | None = None,
        tokens: Tokens | None = None,
        search: Search | None = None,
        folder: Path | None = None,
    ) -> None:
        self.engine = engine
        self.tokens = tokens
        self.queries = queries or QueryCatalogue()
        self._search = search or Search(engine)
        self._shapes: CachedValue[Shapes] = CachedValue()
        self._views = Views(engine, self._search, folder)
        self._pin: View | None = None

    def pinned(self) -> Self:
        """Return the graph pinned to the newest revision, for reading: later writes do not change it.

        All readers of a revision share its caches. An engine without revisions is not pinned.
        """
        return self if self._pin else self._over(self._views.newest())

    def at(self, revision: int) -> Self:
        """Return the graph pinned to a revision, for reading; see :meth:`pinned`.

        :raises NotFound: if the store no longer has that revision
        """
        return self._over(self._views.at(revision))

    def _over(self, view: View) -> Self:
        """Return a copy of this graph over a view; it shares what does not depend on the revision, such as the shapes."""
        pinned = copy(self)
        pinned.engine, pinned._pin = view.engine, view  # noqa: SLF001 - it is an instance of this class
        return pinned

    @property
    def _view(self) -> View:
        return self._pin or self._views.newest()

    @property
    def catalogue(self) -> Catalogue:
        """Lookups of things."""
        return self._view.catalogue

    @property
    def comparer(self) -> Comparer:
        """Comparisons of roles."""
        return self._view.comparer

    @property
    def search(self) -> Finder:
        """Search by label."""
        return self._pin.search if self._pin else self._search

    @property
    def shapes(self) -> Shapes:
        """The shapes, loaded on first use."""
        return self._shapes.get(Shapes)

    @property
    def analysis(self) -> "Analysis":
        """The analyses; their libraries are imported on first use.

        :raises BadParameter: for a revision that is not the newest
        """
        dependencies.note(EVERYTHING)  # its arrays are made of all graphs
        return self._view.analysis()

    def match(
        self,
        texts: Sequence[str],
        kind: str,
        source: str | None = None,
        language: str | None = None,
        limit: int = 5,
        *,
        confirmed: Mapping[str, str] | None = None,
        fitted: "Fitted | None" = None,
    ) -> "MatchResult":
        """Return which concepts texts mean; see :meth:`Matcher.match <rolegraph.matching.Matcher.match>`.

        Without ``confirmed`` and ``fitted``, the confirmed matches of the graph are used.

        :raises BadParameter: also for a revision that is not the newest
        """
        dependencies.note(EVERYTHING)
        matching = self._view.matching()
        if confirmed is None and fitted is None:
            confirmed, fitted = matching.fitted(kind, source, language)
        return matching.matcher.match(texts, kind, source, language, limit, confirmed=confirmed, fitted=fitted)

    def refit(self, rows: Mapping[str, str], kind: str, source: str | None = None, language: str | None = None) -> "Fitted":
        """Return weights for :meth:`match` fitted on confirmed rows; see :meth:`Matcher.refit <rolegraph.matching.Matcher.refit>`."""
        dependencies.note(EVERYTHING)
        return self._view.matching().matcher.refit(rows, kind, source, language)

    def matchable(self, kind: str, source: str | None = None, language: str | None = None) -> set[str]:
        """Return the IRIs of the concepts that texts can be matched with; see :meth:`match`."""
        dependencies.note(EVERYTHING)
        return set(self._view.matching().matcher.index(kind, source, language).iris)

    def holds(self, graph: str) -> bool:
        """Return whether there is a named graph with this IRI."""
        with dependencies.noted((dependencies.inside(graph),)):
            return graph in self.engine.graphs()

    def refresh(self, *, apart: bool = False) -> None:
        """Update the search index and the stored arrays of the analyses to the newest revision.

        Call this after a write, before closing. Only this process knows which graphs changed; the next one would have to read all of them.

        :param apart: another process makes the snapshot meanwhile, which is faster after a large write
        """
        self._views.refresh(apart=apart)

    def close(self) -> None:
        """Release the store. For a pinned graph this does nothing: its revision is released with the last reference to it."""
        if self._pin is None:
            self._views.close()
            self._search.close()
            self.engine.close()
