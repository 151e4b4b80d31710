"""The comparison of roles: rows of a query turned into sections, items and claims."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any, NamedTuple

from rolegraph import equivalence, terms
from rolegraph.values import Named, Row, Source

# a role that has a definition need not name in it what it is about, and only that can be compared
LABELS = {"definition": "Focus"}


@cache
def _facets() -> dict[str, tuple[int, terms.Facet]]:
    """Return the facets with their places by the IRI of their property."""
    return {facet.property: (place, facet) for place, facet in enumerate(terms.facets())}


class Fact(NamedTuple):
    """What one source states of a role by one property: the IRIs of the items."""

    role: str
    property: str
    source: str
    items: Sequence[str]


@dataclass(frozen=True)
class Claim:
    """What sources say of one role and one item: ``facet`` is the property, by name; ``sources`` are IRIs, sorted.

    ``proficiency`` pairs the label of a proficiency with the IRI of the source that names it. ``names`` are the IRIs by which they name
    the item.
    """

    role: str
    facet: str
    sources: tuple[str, ...]
    proficiency: tuple[tuple[str, str], ...] = ()
    names: tuple[str, ...] = ()


@dataclass(frozen=True)
class Item:
    """One item of a section and the claims about it; ``broader`` are the concepts above it.

    ``same`` are its names, by IRI, where the sources use several that skos:exactMatch links: ours come first.
    """

    iri: str
    label: str
    broader: tuple[Named, ...]
    claims: tuple[Claim, ...]
    same: tuple[str, ...] = ()

    @cached_property
    def roles(self) -> tuple[str, ...]:
        """The IRIs of the roles that have the item, in the order of the comparison."""
        return tuple(dict.fromkeys(claim.role for claim in self.claims))

    def of(self, role: str) -> tuple[Claim, ...]:
        """Return the claims about one role."""
        return tuple(claim for claim in self.claims if claim.role == role)


@dataclass(frozen=True)
class Section:
    """One section of a comparison: its items, those of the most roles first."""

    name: str
    label: str
    items: tuple[Item, ...]


@dataclass(frozen=True)
class Comparison:
    """Two to eight roles side by side; ``sources`` are those that say anything in it.

    ``apart`` are the pairs of roles, by IRI, that cannot be compared item by item: see :func:`rolegraph.equivalence.apart`.
    """

    roles: tuple[Named, ...]
    sections: tuple[Section, ...]
    sources: tuple[Source, ...]
    apart: tuple[tuple[str, str], ...] = ()

    def spread(self, item: Item) -> str:
        """Tell how the roles share an item: ``all`` of them, ``some``, or just ``one``."""
        if len(item.roles) == len(self.roles):
            return "all"
        return "some" if len(item.roles) > 1 else "one"

    def stated(self, section: Section, role: str) -> bool:
        """Tell whether any source says anything of a role in a section."""
        return any(claim.role == role for item in section.items for claim in item.claims)

    def as_dict(self) -> dict[str, Any]:
        """Return the comparison as JSON: roles, sources, pairs that cannot be compared, and per section the items with their claims."""
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
        """Return a header and a row per section, item, role and facet, sources separated by blanks: the CSV form."""
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
            "broader": [above.as_dict() for above in item.broader],
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
    """How the things of a comparison are called: ``labels`` by IRI, and what stands above each item, ``same`` the class of each in one."""

    labels: Mapping[str, str]
    above: Mapping[str, Sequence[str]]
    same: Mapping[str, str]


def build(roles: Sequence[Named], facts: Iterable[Fact], levels: Iterable[Row], sources: Mapping[str, Source], words: Labels) -> Comparison:
    """Arrange the facts of some roles.

    :param roles: in the order in which they are to stand
    :param levels: ``role``, ``section``, ``item``, ``proficiencyLabel``, ``source``
    :param sources: by IRI
    """
    order = {role.iri: place for place, role in enumerate(roles)}
    by_section: dict[str, list[Fact]] = {name: [] for name in terms.sections()}
    for fact in facts:
        by_section[_facets()[fact.property][1].section].append(fact)
    proficiency = _proficiency(levels)
    sections = []
    for name, own in by_section.items():
        ranked = sorted(_items(own, order, proficiency, words))
        sections.append(Section(name, LABELS.get(name, name.capitalize()), tuple(item for *_, item in ranked)))
    speaking = sorted({fact.source for own in by_section.values() for fact in own})
    return Comparison(tuple(roles), tuple(sections), tuple(sources[iri] for iri in speaking), _apart(order, sections, words))


def _apart(roles: Iterable[str], sections: Iterable[Section], words: Labels) -> tuple[tuple[str, str], ...]:
    """Return the pairs of roles that cannot be compared item by item."""
    stated: dict[str, set[str]] = {role: set() for role in roles}
    for section in sections:
        for item in section.items:
            for claim in item.claims:
                stated[claim.role].update(claim.names)
    if not equivalence.apart(stated, stated, lambda _: ()):
        return ()
    names: dict[str, list[str]] = {}  # of each class: a look at all matches, which most comparisons do not need
    for iri, first in words.same.items():
        names.setdefault(first, []).append(iri)
    return equivalence.apart(stated, stated, lambda iri: names.get(words.same.get(iri, iri), ()))


def _proficiency(levels: Iterable[Row]) -> dict[tuple[str, str, str], set[tuple[str, str]]]:
    """Group by role, item and section the pairs of proficiency and source."""
    found: dict[tuple[str, str, str], set[tuple[str, str]]] = {}
    for row in levels:
        key = (row["role"].value, row["item"].value, terms.slug_of(row["section"].value))
        found.setdefault(key, set()).add((row["proficiencyLabel"].value, row["source"].value))
    return found


def _items(
    facts: Iterable[Fact],
    order: Mapping[str, int],
    proficiency: Mapping[tuple[str, str, str], set[tuple[str, str]]],
    words: Labels,
) -> Iterator[tuple[int, int, str, str, Item]]:
    """Yield the items of a section after what puts them in order: those of the most roles first, then by role and label."""
    said: dict[str, dict[tuple[int, int], list[tuple[str, Fact]]]] = {}
    for fact in facts:
        place = (order[fact.role], _facets()[fact.property][0])
        for iri in fact.items:
            said.setdefault(words.same.get(iri, iri), {}).setdefault(place, []).append((iri, fact))
    labels = words.labels
    for own in said.values():
        names = {iri for told in own.values() for iri, _ in told}
        first, *others = sorted(names, key=equivalence.rank) if len(names) > 1 else names
        above = sorted({(labels[iri], iri) for name in names for iri in words.above.get(name, ()) if iri not in names})
        broader = tuple(Named(iri, label) for label, iri in above)
        places = sorted(own)
        claims = tuple(_claim(own[place], proficiency) for place in places)
        item = Item(first, labels[first], broader, claims, (first, *others) if others else ())
        yield -len({role for role, _ in places}), places[0][0], item.label.lower(), first, item


def _claim(told: Sequence[tuple[str, Fact]], proficiency: Mapping[tuple[str, str, str], set[tuple[str, str]]]) -> Claim:
    fact = told[0][1]
    facet = _facets()[fact.property][1]
    if len(told) == 1 and not proficiency:
        return Claim(fact.role, facet.name, (fact.source,), (), (told[0][0],))
    sources, names = {own.source for _, own in told}, {iri for iri, _ in told}
    levels = {pair for iri in names for pair in proficiency.get((fact.role, iri, facet.section), ()) if pair[1] in sources}
    return Claim(fact.role, facet.name, tuple(sorted(sources)), tuple(sorted(levels)), tuple(sorted(names, key=equivalence.rank)))
