"""A graph over an engine as it goes on, or pinned to one of its revisions."""

from copy import copy
from pathlib import Path
from typing import TYPE_CHECKING, Self

from rolegraph.catalogue import Catalogue
from rolegraph.comparison.compare import Comparer
from rolegraph.engine import Engine
from rolegraph.facade.views import View, Views
from rolegraph.per_revision import CachedValue
from rolegraph.queries import QueryCatalogue
from rolegraph.search import Finder, Search
from rolegraph.tokens import Tokens
from rolegraph.validation.shapes import Shapes

if TYPE_CHECKING:
    from rolegraph.analysis import Analysis


class Pinning:
    """What a graph is read through: the newest revision of its engine at each call, or, once it is pinned, always the same one."""

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
        self._views = Views(engine, self._search, self.queries, folder)
        self._pin: View | None = None

    def pinned(self) -> Self:
        """Return the graph as it is now, for reading: whatever is written meanwhile, it stays as it is.

        It has the caches of its revision, which all who read that revision share. Where there are no revisions it is read as it comes.
        """
        return self if self._pin else self._over(self._views.newest())

    def at(self, revision: int) -> Self:
        """Return the graph as it was at a revision, for reading; see :meth:`pinned`.

        :raises NotFound: for one that is not kept
        """
        return self._over(self._views.at(revision))

    def _over(self, view: View) -> Self:
        """Return this graph over a view; what is shared by all of them, such as the shapes, it has too."""
        found = copy(self)
        found.engine, found._pin = view.engine, view  # noqa: SLF001 - it is of this class
        return found

    @property
    def _view(self) -> View:
        return self._pin or self._views.newest()

    @property
    def catalogue(self) -> Catalogue:
        """Looks things up."""
        return self._view.catalogue

    @property
    def comparer(self) -> Comparer:
        """Compares roles."""
        return self._view.comparer

    @property
    def search(self) -> Finder:
        """Finds things by their labels."""
        return self._pin.search if self._pin else self._search

    @property
    def shapes(self) -> Shapes:
        """The shapes, loaded when they are first needed."""
        return self._shapes.get(Shapes)

    @property
    def analysis(self) -> "Analysis":
        """The analyses, whose libraries are loaded when they are first asked for.

        :raises BadParameter: for an older revision than the newest
        """
        return self._view.analysis()

    def refresh(self) -> None:
        """Bring what is built of the newest revision in line with it: the index of labels, and what the analyses read.

        Whoever ends after a write does it, since only they know which graphs were written: the next to open the store would read all.
        """
        self._views.refresh()

    def close(self) -> None:
        """Release the store; nothing for a pinned graph, which is let go with the last who holds it."""
        if self._pin is None:
            self._views.close()
            self._search.close()
            self.engine.close()
