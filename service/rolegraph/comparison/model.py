"""The comparison of roles: rows of a query turned into sections, items and claims."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, NamedTuple

from rolegraph import equivalence, terms
from rolegraph.values import Named, Row, Source

# the section "definition" is shown as Focus: definitions are sentences, and only the focus of a role can be compared
LABELS = {"definition": "Focus"}


@cache
def _facets() -> dict[str, tuple[int, terms.Facet]]:
    """Return the facets with their places by the IRI of their property."""
    return {facet.property: (place, facet) for place, facet in enumerate(terms.facets())}


class Fact(NamedTuple):
    """The items (IRIs) that one source states for a role by one property."""

    role: str
    property: str
    source: str
    items: Sequence[str]


@dataclass(frozen=True)
class Claim:
    """The statements of sources about one role and one item: ``facet`` is the name of the property, ``sources`` are sorted IRIs.

    ``proficiency`` pairs the label of a proficiency with the IRI of its source. ``names`` are the IRIs by which the sources name the
    item.
    """

    role: str
    facet: str
    sources: tuple[str, ...]
    proficiency: tuple[tuple[str, str], ...] = ()
    names: tuple[str, ...] = ()


@dataclass(frozen=True)
class Item:
    """An item of a section, the claims about it, and its broader concepts.

    ``same`` are the IRIs of the item if the sources use several that skos:exactMatch links; those of Rolegraph come first.
    """

    iri: str
    label: str
    broader: tuple[Named, ...]
    claims: tuple[Claim, ...]
    same: tuple[str, ...] = ()

    @property
    def roles(self) -> tuple[str, ...]:
        """The IRIs of the roles that have the item, in the order of the comparison."""
        return tuple(dict.fromkeys(claim.role for claim in self.claims))

    def of(self, role: str) -> tuple[Claim, ...]:
        """Return the claims about one role."""
        return tuple(claim for claim in self.claims if claim.role == role)


@dataclass(frozen=True)
class Section:
    """A section of a comparison: its items, those of the most roles first."""

    name: str
    label: str
    items: tuple[Item, ...]


@dataclass(frozen=True)
class Comparison:
    """Two to eight roles side by side; ``sources`` are the sources of its claims.

    ``apart`` are the pairs of roles, by IRI, that cannot be compared item by item: see :func:`rolegraph.equivalence.apart`.
    """

    roles: tuple[Named, ...]
    sections: tuple[Section, ...]
    sources: tuple[Source, ...]
    apart: tuple[tuple[str, str], ...] = ()

    def spread(self, item: Item) -> str:
        """Return how many of the roles have an item: ``all``, ``some`` or ``one``."""
        if len(item.roles) == len(self.roles):
            return "all"
        return "some" if len(item.roles) > 1 else "one"

    def stated(self, section: Section, role: str) -> bool:
        """Return whether any source states an item of a role in a section."""
        return any(claim.role == role for item in section.items for claim in item.claims)

    def as_dict(self) -> dict[str, Any]:
        """Return a JSON object: roles, sources, pairs that cannot be compared, and the items of each section with their claims."""
        return {
            "roles": [role.as_dict() for role in self.roles],
            "sources": [source.as_dict() for source in self.sources],
            "notComparable": [{"roles": list(pair), "reason": equivalence.APART} for pair in self.apart],
            "sections": [
                {
                    "name": section.name,
                    "label": section.label,
                    "notStated": [role.iri for role in self.roles if not self.stated(section, role.iri)],
                    "items": [self._item(item) for item in section.items],
                }
                for section in self.sections
            ],
        }

    def table(self) -> list[list[str]]:
        """Return the rows of the CSV: a header, and one row per section, item, role and facet; sources are separated by blanks."""
        header = ["section", "item", "label", "shared_by", "role", "role_label", "facet", "proficiency", "sources"]
        labels = {role.iri: role.label for role in self.roles}
        return [header] + [
            [
                section.name,
                item.iri,
                item.label,
                self.spread(item),
                claim.role,
                labels[claim.role],
                claim.facet,
                "; ".join(dict.fromkeys(label for label, _ in claim.proficiency)),
                " ".join(claim.sources),
            ]
            for section in self.sections
            for item in section.items
            for claim in item.claims
        ]

    def _item(self, item: Item) -> dict[str, Any]:
        return {
            "id": item.iri,
            "curie": terms.shorten(item.iri),
            "label": item.label,
            **({"same": list(item.same)} if item.same else {}),
            "sharedBy": self.spread(item),
            "broader": [concept.as_dict() for concept in item.broader],
            "claims": [
                {
                    "role": claim.role,
                    "facet": claim.facet,
                    **({"names": list(claim.names)} if item.same else {}),
                    "sources": list(claim.sources),
                    "proficiency": [{"label": label, "source": source} for label, source in claim.proficiency],
                }
                for claim in item.claims
            ],
        }


@dataclass(frozen=True)
class Labels:
    """Labels of the things of a comparison.

    ``labels`` is the label of each IRI, ``above`` the broader concepts of each item, and ``same`` the representative of the equivalence
    class of each item that has one.
    """

    labels: Mapping[str, str]
    above: Mapping[str, Sequence[str]]
    same: Mapping[str, str]


def build(
    roles: Sequence[Named],
    facts: Iterable[Fact],
    levels: Iterable[Row],
    sources: Mapping[str, Source],
    labels: Labels,
) -> Comparison:
    """Build the comparison of roles from facts.

    :param roles: the roles in the order of the comparison
    :param facts: what each source states
    :param levels: rows of ``role``, ``section``, ``item``, ``proficiencyLabel`` and ``source``
    :param sources: the sources by IRI
    :param labels: labels and classes of the items
    """
    order = {role.iri: place for place, role in enumerate(roles)}
    by_section: dict[str, list[Fact]] = {name: [] for name in terms.sections()}
    for fact in facts:
        by_section[_facets()[fact.property][1].section].append(fact)
    proficiency = _proficiency(levels)
    sections = []
    for name, stated in by_section.items():
        ranked = sorted(_items(stated, order, proficiency, labels))
        sections.append(Section(name, LABELS.get(name, name.capitalize()), tuple(item for *_, item in ranked)))
    used = sorted({fact.source for stated in by_section.values() for fact in stated})
    return Comparison(tuple(roles), tuple(sections), tuple(sources[iri] for iri in used), _apart(order, sections, labels))


def _apart(roles: Iterable[str], sections: Iterable[Section], labels: Labels) -> tuple[tuple[str, str], ...]:
    """Return the pairs of roles that cannot be compared item by item."""
    stated: dict[str, set[str]] = {role: set() for role in roles}
    for section in sections:
        for item in section.items:
            for claim in item.claims:
                stated[claim.role].update(claim.names)
    if not equivalence.apart(stated, stated, lambda _: ()):
        return ()
    names: dict[str, list[str]] = {}  # by class; built only when needed, since it goes through all matches
    for iri, first in labels.same.items():
        names.setdefault(first, []).append(iri)
    return equivalence.apart(stated, stated, lambda iri: names.get(labels.same.get(iri, iri), ()))


def _proficiency(levels: Iterable[Row]) -> dict[tuple[str, str, str], set[tuple[str, str]]]:
    """Return the pairs of proficiency and source by role, item and section."""
    pairs: dict[tuple[str, str, str], set[tuple[str, str]]] = {}
    for row in levels:
        key = (row["role"].value, row["item"].value, terms.slug_of(row["section"].value))
        pairs.setdefault(key, set()).add((row["proficiencyLabel"].value, row["source"].value))
    return pairs


def _items(
    facts: Iterable[Fact],
    order: Mapping[str, int],
    proficiency: Mapping[tuple[str, str, str], set[tuple[str, str]]],
    labels: Labels,
) -> Iterator[tuple[int, int, str, str, Item]]:
    """Yield the items of a section after their sort keys: those of the most roles first, then by role and label."""
    by_item: dict[str, dict[tuple[int, int], list[tuple[str, Fact]]]] = {}
    for fact in facts:
        place = (order[fact.role], _facets()[fact.property][0])
        for iri in fact.items:
            by_item.setdefault(labels.same.get(iri, iri), {}).setdefault(place, []).append((iri, fact))
    for by_place in by_item.values():
        names = {iri for facts_of_place in by_place.values() for iri, _ in facts_of_place}
        first, *others = sorted(names, key=equivalence.rank) if len(names) > 1 else names
        broader = sorted({(labels.labels[iri], iri) for name in names for iri in labels.above.get(name, ()) if iri not in names})
        places = sorted(by_place)
        claims = tuple(_claim(by_place[place], proficiency) for place in places)
        concepts = tuple(Named(iri, label) for label, iri in broader)
        item = Item(first, labels.labels[first], concepts, claims, (first, *others) if others else ())
        yield -len({role for role, _ in places}), places[0][0], item.label.lower(), first, item


def _claim(facts: Sequence[tuple[str, Fact]], proficiency: Mapping[tuple[str, str, str], set[tuple[str, str]]]) -> Claim:
    fact = facts[0][1]
    facet = _facets()[fact.property][1]
    if len(facts) == 1 and not proficiency:
        return Claim(fact.role, facet.name, (fact.source,), (), (facts[0][0],))
    sources, names = {stated.source for _, stated in facts}, {iri for iri, _ in facts}
    levels = {pair for iri in names for pair in proficiency.get((fact.role, iri, facet.section), ()) if pair[1] in sources}
    return Claim(fact.role, facet.name, tuple(sorted(sources)), tuple(sorted(levels)), tuple(sorted(names, key=equivalence.rank)))
