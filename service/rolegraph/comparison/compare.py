"""Compares roles: what is read of each role once, and what is kept of the revision for the rest."""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import replace

from rolegraph import dependencies, equivalence, nearness, terms
from rolegraph.catalogue import Catalogue
from rolegraph.catalogue.groups import named as named_groups
from rolegraph.catalogue.labels import SKOS
from rolegraph.comparison import building, near
from rolegraph.comparison.building import Card, Cards
from rolegraph.comparison.model import Comparison, RoleMatch
from rolegraph.comparison.near import Matches
from rolegraph.comparison.reading import Proficiencies, RoleReader
from rolegraph.engine import Engine
from rolegraph.per_revision import CachedValue, LruCache
from rolegraph.queries.internal import query
from rolegraph.values import Named

_MATCHING = (dependencies.using(f"{SKOS}exactMatch"), dependencies.having(str(terms.expand("schema:creditText"))))
"""What the matches depend on: themselves, and the descriptions of sources with a credit line, since others are never trusted."""
_MAPPINGS = dependencies.linked(terms.RDF_TYPE, f"{terms.RG}Mapping")
"""What the list of the sources of proposed matches depends on: each of them has mappings."""
REMEMBERED = 256  # comparisons, of some tens of KiB each
MOST_CARDS = 20_000  # items whose cards are kept; beyond that, all are forgotten


class Comparer:
    """Compares the roles of one revision.

    :param engine: reads that revision
    :param trusted: returns the graphs whose skos:exactMatch joins items; None believes all
    :param classes: keeps what is joined; given where it lasts longer than this object
    """

    def __init__(
        self,
        engine: Engine,
        catalogue: Catalogue,
        trusted: Callable[[], Collection[str]] | None = None,
        classes: CachedValue[dict[str, str]] | None = None,
    ) -> None:
        self._engine = engine
        self._catalogue = catalogue
        self._trusted = trusted
        self._classes = classes or CachedValue[dict[str, str]]()
        self._roles = RoleReader(engine, catalogue.parts)
        self._cards: dict[tuple[str, ...], Card] = {}
        self._near = CachedValue[Matches]()
        self._proposed = CachedValue[Matches]()
        self._compared = LruCache[tuple[str, ...], Comparison](REMEMBERED)

    def compare(self, roles: Sequence[str], near: str = nearness.REVIEWED) -> Comparison:
        """Return the comparison of roles, given by IRI, in their order.

        :param near: which near items it has: one of :data:`nearness.MODES`
        """
        return self._compared.get((near, *roles), lambda: self._compare(tuple(roles), near))

    def proficiencies(self, role: str) -> Proficiencies:
        """Return how well the items of a role, given by IRI, must be commanded."""
        return self._roles.proficiencies(role)

    def _compare(self, roles: tuple[str, ...], mode: str) -> Comparison:
        stated = self._roles.stated(roles)
        named = self._catalogue.labels(roles)
        sources = self._catalogue.sources({fact.source for role in stated for fact in role.facts})
        groups = named_groups((group for role in stated for group in role.groups), self._catalogue.cards.labels)
        matched = self._classes.get(self._matched)
        compared = building.build([named[iri] for iri in roles], stated, sources, self._cards_of, matched, groups=groups)
        compared = replace(compared, near=mode, matches=self._role_matches(roles))
        if mode not in (nearness.REVIEWED, nearness.PROPOSED):
            return compared
        proposed = self.proposed() if mode == nearness.PROPOSED else None
        return near.with_near_items(compared, self._near.get(self._near_matches), matched, proposed)

    def _role_matches(self, roles: tuple[str, ...]) -> tuple[RoleMatch, ...]:
        """Return how trusted sources match the roles themselves."""
        stated: dict[tuple[str, str, str], set[str]] = {}
        with dependencies.noted((*roles, _MATCHING[1])):
            graphs = set(self._trusted()) if self._trusted else None
            rows = self._engine.rows(query("matches-of-roles").bind({"one": roles, "other": roles}))
        for row in rows:
            if graphs is None or row["graph"].value in graphs:
                key = row["one"].value, row["other"].value, row["property"].value.removeprefix(SKOS)
                stated.setdefault(key, set()).add(row["graph"].value)
        sources = self._catalogue.sources({source for graphs in stated.values() for source in graphs})
        named = {iri: Named(iri, source.label) for iri, source in sources.items()}
        return tuple(RoleMatch(*key, tuple(named[iri] for iri in sorted(iris) if iri in named)) for key, iris in sorted(stated.items()))

    def _cards_of(self, items: Iterable[tuple[str, ...]]) -> Cards:
        """Return what is shown of each item, given by its IRIs, the first of which is that of the item."""
        cards = {names: self._cards.get(names) for names in items}
        if missing := [names for names, card in cards.items() if card is None]:
            if len(self._cards) > MOST_CARDS:
                self._cards.clear()
            glance = self._catalogue.cards
            above = glance.above([iri for names in missing for iri in names])
            labels = glance.labels({*(names[0] for names in missing), *(iri for broader in above.values() for iri in broader)})
            for names in missing:
                broader = sorted({(labels[iri], iri) for name in names for iri in above[name] if iri not in names})
                card = Card(labels[names[0]], labels[names[0]].lower(), tuple(Named(iri, label) for label, iri in broader))
                cards[names] = self._cards[names] = card
        dependencies.note_cards({iri for names in cards for iri in names})
        dependencies.note_cards({concept.iri for card in cards.values() if card for concept in card.broader})
        return cards

    def _near_matches(self) -> Matches:
        """Return the near matches of trusted sources. A source becomes one with its credit line; of any other graph nothing is read."""
        with dependencies.noted((_MATCHING[1],)):
            trusted = self._trusted() if self._trusted else self._engine.graphs()
        graphs = [graph for graph in trusted if equivalence.is_source(graph) and not equivalence.is_crosswalk(graph)]
        if not graphs:
            return {}
        with dependencies.noted(map(dependencies.inside, graphs)):
            bound = query("near-matches").bind({"graph": graphs})
            return near.matches([(row["graph"].value, row["property"].value, row["words"].value) for row in self._engine.rows(bound)])

    def proposing(self) -> list[str]:
        """Return the IRIs of the sources of proposed matches."""
        with dependencies.noted((_MAPPINGS,)):
            graphs = sorted(filter(equivalence.is_proposed, self._engine.graphs()))
            rows = self._engine.rows(query("proposing-graphs").bind({"graph": graphs})) if graphs else []
        return [row["graph"].value for row in rows]

    def proposed(self) -> Matches:
        """Return the matches of all sources of proposed matches, which nobody has reviewed."""
        return self._proposed.get(self._read_proposed)

    def _read_proposed(self) -> Matches:
        graphs = self.proposing()
        if not graphs:
            return {}
        with dependencies.noted(map(dependencies.inside, graphs)):
            rows = self._engine.rows(query("proposed-matches").bind({"graph": graphs}))
        names = ("graph", "one", "other", "confidence")
        stated = [[row[name].value for name in names] + [row["why"].value if "why" in row else ""] for row in rows]
        return near.proposals((graph, one, other, float(confidence), why) for graph, one, other, confidence, why in sorted(stated))

    def _matched(self) -> dict[str, str]:
        with dependencies.noted(_MATCHING):
            if self._trusted and self._engine.union:
                text = query("exact-matches-in-graphs").bind({"graph": list(self._trusted())})
            else:
                text = query("exact-matches").bind()
            rows = self._engine.rows(text)
        return equivalence.classes((row["one"].value, row["other"].value) for row in rows)
