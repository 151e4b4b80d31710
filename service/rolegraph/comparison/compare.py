"""Compares roles: one query for the facts, and what is kept of the revision for the rest."""

from collections.abc import Callable, Collection, Sequence

from rolegraph import dependencies, equivalence, terms
from rolegraph.catalogue import Catalogue
from rolegraph.catalogue.labels import SKOS
from rolegraph.comparison import model
from rolegraph.comparison.model import Comparison, Fact, Labels
from rolegraph.engine import Engine
from rolegraph.per_revision import CachedValue, LruCache
from rolegraph.queries import CannedQuery
from rolegraph.queries.internal import Binding, query
from rolegraph.values import Row

_MATCHING = (dependencies.using(f"{SKOS}exactMatch"), dependencies.having(str(terms.expand("schema:creditText"))))
"""What the matches depend on: themselves, and the descriptions of sources with a credit line, since others are never trusted."""
REMEMBERED = 256  # comparisons, of some tens of KiB each


class Comparer:
    """Compares the roles of one revision.

    :param engine: reads that revision
    :param proficiency: the canned query that tells how well items must be commanded
    :param trusted: returns the graphs whose skos:exactMatch joins items; None believes all
    :param classes: keeps what is joined; given where it lasts longer than this object
    """

    def __init__(
        self,
        engine: Engine,
        catalogue: Catalogue,
        proficiency: CannedQuery,
        trusted: Callable[[], Collection[str]] | None = None,
        classes: CachedValue[dict[str, str]] | None = None,
    ) -> None:
        self._engine = engine
        self._catalogue = catalogue
        self._proficiency = proficiency
        self._trusted = trusted
        self._classes = classes or CachedValue[dict[str, str]]()
        self._levelled = CachedValue[set[str]]()
        self._compared = LruCache[tuple[str, ...], Comparison](REMEMBERED)

    def compare(self, roles: Sequence[str]) -> Comparison:
        """Return the comparison of roles, given by IRI, in their order."""
        return self._compared.get(tuple(roles), lambda: self._compare(tuple(roles)))

    def _compare(self, roles: tuple[str, ...]) -> Comparison:
        facts, cards = self._facts(roles), self._catalogue.cards
        items = {iri for fact in facts for iri in fact.items}
        above = cards.above(items)
        labels = cards.labels({*items, *(iri for own in above.values() for iri in own)})
        sources = self._catalogue.sources({fact.source for fact in facts})
        named = self._catalogue.labels(roles)
        words = Labels(labels, above, self._classes.get(self._matched))
        return model.build([named[iri] for iri in roles], facts, self._levels(roles), sources, words)

    def _facts(self, roles: Sequence[str]) -> list[Fact]:
        """Return the facts of roles. Items come many to a row: a row for each would take most of the time."""
        values: dict[str, Binding] = {"role": roles, "facet": [facet.property for facet in terms.facets()]}
        rows = self._engine.rows(query("comparison-facts").bind(values))
        if not all("items" in row for row in rows):
            rows = self._engine.rows(query("comparison-facts").bind(values, without_blank_nodes=True))
        found = [Fact(row["role"].value, row["facet"].value, row["source"].value, row["items"].value.split()) for row in rows]
        return [fact for fact in found if fact.items]

    def _levels(self, roles: Sequence[str]) -> list[Row]:
        with dependencies.noted(dependencies.linked(f"{terms.RG}role", role) for role in roles):
            levelled = set(roles) if self._engine.revision is None else self._levelled.get(self._with_levels)
        asked = [role for role in roles if role in levelled]
        return self._engine.rows(self._proficiency.bind({"role": asked})) if asked else []

    def _with_levels(self) -> set[str]:
        """Return the roles of which some statement tells a proficiency."""
        return {row["role"].value for row in self._engine.rows(query("roles-with-proficiency").bind())}

    def _matched(self) -> dict[str, str]:
        with dependencies.noted(_MATCHING):
            if self._trusted and self._engine.union:
                text = query("exact-matches-in-graphs").bind({"graph": list(self._trusted())})
            else:
                text = query("exact-matches").bind()
            rows = self._engine.rows(text)
        return equivalence.classes((row["one"].value, row["other"].value) for row in rows)
