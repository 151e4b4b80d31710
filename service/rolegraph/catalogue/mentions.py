"""Which sources mention a thing: small sources are read whole, once; large ones are asked."""

from collections.abc import Callable, Sequence

from rolegraph import dependencies
from rolegraph.catalogue.labels import counted
from rolegraph.per_revision import CachedValue
from rolegraph.queries import internal
from rolegraph.values import Row

BATCH = 500
MOST_TRIPLES = 5000  # of a small source; the query asks for one more

Ask = Callable[[str], list[Row]]


class Mentions:
    """The sources of one revision, and the things that they mention.

    :param ask: answers queries on that revision
    :param kept: whether the revision never changes; otherwise all sources are asked each time
    """

    def __init__(self, ask: Ask, *, kept: bool) -> None:
        self._ask = ask
        self._kept = kept
        self._small = CachedValue[dict[str, frozenset[str]]]()

    def sources_of(self, iris: Sequence[str], sources: Sequence[str]) -> dict[str, set[str]]:
        """Return of each thing those of some sources, given by IRI, that mention it."""
        with dependencies.noted({*iris, *map(dependencies.naming, iris)}):
            return self._sources_of(iris, sources)

    def _sources_of(self, iris: Sequence[str], sources: Sequence[str]) -> dict[str, set[str]]:
        mentioned_by: dict[str, set[str]] = {}
        small = self._small.get(lambda: self._read_small(sources)) if self._kept else {}
        for source, things in small.items():
            for iri in things.intersection(iris):
                mentioned_by.setdefault(iri, set()).add(source)
        asked = [source for source in sources if source not in small]
        for start in range(0, len(iris) if asked else 0, BATCH):
            values = {"source": asked, "thing": iris[start : start + BATCH]}
            for row in self._ask(internal.query("sources-of-things").bind(values)):
                mentioned_by.setdefault(row["thing"].value, set()).add(row["source"].value)
        return mentioned_by

    def _read_small(self, sources: Sequence[str]) -> dict[str, frozenset[str]]:
        """Return the things that each small source mentions."""
        small = {}
        for source in sources:
            things = self._read(source)
            if things is not None:
                small[source] = things
        return small

    def _read(self, source: str) -> frozenset[str] | None:
        for without_blank_nodes in (False, True):
            rows = self._ask(internal.query("terms-of-graph").bind({"graph": source}, without_blank_nodes=without_blank_nodes))
            if counted(rows) > MOST_TRIPLES:
                return None
            if "words" in rows[0]:
                return frozenset(rows[0]["words"].value.split())
        return None
