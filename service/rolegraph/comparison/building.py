"""Building a comparison: what sources state about roles, turned into sections, items and claims."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from functools import cache
from itertools import combinations, groupby
from operator import itemgetter
from typing import NamedTuple, TypeAlias

from rolegraph import equivalence, terms
from rolegraph.comparison.model import Claim, Comparison, Item, Section
from rolegraph.comparison.reading import Fact, Proficiencies, Stated
from rolegraph.values import Named, RequirementGroup, Source

# the section "definition" is shown as Focus: definitions are sentences, and only the focus of a role can be compared
LABELS = {"definition": "Focus"}


@cache
def _facets() -> dict[str, tuple[int, terms.Facet]]:
    """Return the facets with their places by the IRI of their property."""
    return {facet.property: (place, facet) for place, facet in enumerate(terms.facets())}


class Card(NamedTuple):
    """What is shown of an item: its label, by what it is sorted among others, and its broader concepts."""

    label: str
    sorted_by: str
    broader: tuple[Named, ...]


Cards: TypeAlias = Mapping[tuple[str, ...], Card | None]
Grouped: TypeAlias = Mapping[tuple[str, str, str], Sequence[RequirementGroup]]  # by role, name of the facet and IRI of the item
Details = tuple[Mapping[str, Proficiencies], Grouped]
Place = tuple[int, int]  # of a role in the comparison, and of a facet
Occurrence = tuple[Place, str, Fact]
_place: Callable[[Occurrence], Place] = itemgetter(0)


def build(
    roles: Sequence[Named],
    stated: Sequence[Stated],
    sources: Mapping[str, Source],
    cards_of: Callable[[Collection[tuple[str, ...]]], Cards],
    same: Mapping[str, str],
    *,
    groups: Sequence[RequirementGroup] = (),
) -> Comparison:
    """Build the comparison of roles.

    :param roles: the roles in the order of the comparison
    :param stated: what sources state about them
    :param sources: the sources by IRI
    :param cards_of: returns the card of each item, given by its IRIs
    :param same: the representative of the equivalence class of each item that has one
    :param groups: the requirement groups of the roles
    """
    order = {role.iri: place for place, role in enumerate(roles)}
    by_section: dict[str, dict[str, list[Occurrence]]] = {name: {} for name in terms.sections()}
    proficiencies: dict[str, Proficiencies] = {}
    for role in stated:
        for fact in role.facts:
            proficiencies[fact.role] = role.proficiencies
            facet_place, facet = _facets()[fact.property]
            place, by_item = (order[fact.role], facet_place), by_section[facet.section]
            for iri in fact.items:
                by_item.setdefault(same.get(iri, iri), []).append((place, iri, fact))
    named = {name: [(_names(occurrences), occurrences) for occurrences in by_item.values()] for name, by_item in by_section.items()}
    grouped = _by_member(groups)
    cards = cards_of([names for items in named.values() for names, _ in items])
    sections = []
    for name, items in named.items():
        ranked = sorted(_items(items, cards, (proficiencies, grouped)))
        sections.append(Section(name, LABELS.get(name, name.capitalize()), tuple(item for *_, item in ranked)))
    used = sorted({fact.source for role in stated for fact in role.facts})
    return Comparison(tuple(roles), tuple(sections), tuple(sources[iri] for iri in used), _apart(order, sections, same), tuple(groups))


def _apart(roles: Iterable[str], sections: Iterable[Section], same: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    """Return the pairs of roles that cannot be compared item by item."""
    roles = tuple(roles)
    unshared = set(combinations(roles, 2))
    for section in sections:
        for item in section.items:
            if len(item.claims) > 1 and unshared:
                unshared.difference_update(combinations(item.roles, 2))
    if not unshared:
        return ()  # the most frequent case
    stated: dict[str, set[str]] = {role: set() for role in roles}
    for section in sections:
        for item in section.items:
            for claim in item.claims:
                stated[claim.role].update(claim.names)
    if not equivalence.apart(stated, stated, lambda _: ()):
        return ()
    names: dict[str, list[str]] = {}  # by class; built only when needed, since it goes through all matches
    for iri, first in same.items():
        names.setdefault(first, []).append(iri)
    return equivalence.apart(stated, stated, lambda iri: names.get(same.get(iri, iri), ()))


def _names(occurrences: Sequence[Occurrence]) -> tuple[str, ...]:
    """Return the IRIs of an item, that of the item itself first."""
    if len(occurrences) == 1:
        return (occurrences[0][1],)
    names = {iri for _, iri, _ in occurrences}
    return tuple(sorted(names, key=equivalence.rank)) if len(names) > 1 else tuple(names)


def _items(
    items: Iterable[tuple[tuple[str, ...], list[Occurrence]]], cards: Cards, details: Details
) -> Iterator[tuple[int, int, str, str, Item]]:
    """Yield the items of a section after their sort keys: those of the most roles first, then by role and label."""
    for names, occurrences in items:
        card = cards[names]
        assert card
        (first_role, _), _, _ = occurrences[0]
        claims: tuple[Claim, ...]
        if len(occurrences) == 1:
            claims, having = (_claim(occurrences, *details),), 1
        else:
            occurrences.sort(key=_place)
            claims = tuple([_claim([*occurring], *details) for _, occurring in groupby(occurrences, _place)])
            (first_role, _), _, _ = occurrences[0]
            having = len({role for (role, _), _, _ in occurrences})
        item = Item(names[0], card.label, card.broader, claims, names if len(names) > 1 else ())
        yield -having, first_role, card.sorted_by, names[0], item


def _claim(occurrences: Sequence[Occurrence], proficiencies: Mapping[str, Proficiencies], grouped: Grouped) -> Claim:
    _, iri, fact = occurrences[0]
    facet = _facets()[fact.property][1]
    by_item = proficiencies[fact.role]
    if len(occurrences) == 1:
        pairs = by_item.get((iri, facet.section)) if by_item else None
        levels = tuple(sorted([pair for pair in pairs if pair[1] == fact.source])) if pairs else ()
        groups = _groups(grouped, fact.role, facet.name, occurrences) if grouped else ()
        return Claim(fact.role, facet.name, (fact.source,), levels, (iri,), groups)
    sources, names = {stated.source for _, _, stated in occurrences}, {iri for _, iri, _ in occurrences}
    pairs = {pair for iri in names for pair in by_item.get((iri, facet.section), ()) if pair[1] in sources} if by_item else ()
    groups = _groups(grouped, fact.role, facet.name, occurrences) if grouped else ()
    ordered = tuple(sorted(names, key=equivalence.rank))
    return Claim(fact.role, facet.name, tuple(sorted(sources)), tuple(sorted(pairs)), ordered, groups)


def _groups(grouped: Grouped, role: str, facet: str, occurrences: Sequence[Occurrence]) -> tuple[RequirementGroup, ...]:
    """Return the requirement groups that contain an item, by the name and in the source of one of its occurrences."""
    stated = {(iri, fact.source) for _, iri, fact in occurrences}
    groups = {group: None for iri, source in sorted(stated) for group in grouped.get((role, facet, iri), ()) if group.source == source}
    return tuple(sorted(groups, key=lambda group: (group.source, group.iri)))


def _by_member(groups: Iterable[RequirementGroup]) -> Grouped:
    by_member: dict[tuple[str, str, str], list[RequirementGroup]] = {}
    for group in groups:
        for member in group.members:
            by_member.setdefault((group.role, group.facet, member.iri), []).append(group)
    return by_member
