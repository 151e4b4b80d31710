"""Which things have a rare property, such as a salary: the others need not be asked for it one by one."""

from collections.abc import Callable, Sequence

from rolegraph import dependencies
from rolegraph.per_revision import LruCache
from rolegraph.queries import internal
from rolegraph.values import Row

PROPERTIES = 8  # for which it is kept


class RareProperties:
    """The things that have rare properties, read once for each property.

    :param ask: answers a SELECT query on one revision
    :param kept: whether the revision never changes; otherwise everything may have every property
    """

    def __init__(self, ask: Callable[[str], list[Row]], *, kept: bool) -> None:
        self._ask = ask
        self._kept = kept
        self._having = LruCache[str, frozenset[str]](PROPERTIES)

    def among(self, iris: Sequence[str], property_: str) -> list[str]:
        """Return those of some things that may have a property, given by its IRI."""
        if not self._kept:
            return list(iris)
        with dependencies.noted(iris):  # whether one has it depends on what is said about it
            having = self._having.get(property_, lambda: self._read(property_))
        return [iri for iri in iris if iri in having]

    def _read(self, property_: str) -> frozenset[str]:
        rows = self._ask(internal.query("things-with-property").bind({"property": property_}))
        return frozenset(row["thing"].value for row in rows)
