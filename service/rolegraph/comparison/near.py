"""Near items of a comparison: what one role has that is near to what another has."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import NamedTuple, TypeAlias

from rolegraph.comparison.model import Comparison, Item, NearItem
from rolegraph.equivalence import FEW
from rolegraph.nearness import SAME_NAME, WORTH
from rolegraph.search.folding import fold
from rolegraph.values import Named

RELATIONS = {"closeMatch": ("close", "close"), "broadMatch": ("broader", "narrower"), "narrowMatch": ("narrower", "broader")}
"""By SKOS property: the relation of the object to the subject, and of the subject to the object."""
NAMEABLE = ("skills", "tools")
"""Sections whose items are of one kind: what one source calls a skill is a tool to another."""


class Match(NamedTuple):
    """A concept that is near to another one, and the source that states it."""

    relation: str
    iri: str
    source: str


Matches: TypeAlias = Mapping[str, Sequence[Match]]
"""The near concepts of each concept, by IRI."""
Placed: TypeAlias = tuple[int, int]  # the numbers of a section, and of an item in it


def matches(rows: Iterable[tuple[str, str, str]]) -> Matches:
    """Return the matches of graphs.

    :param rows: graph, SKOS property, and pairs of IRIs with blanks between them
    """
    matches: dict[str, list[Match]] = {}
    for graph, property_, words in rows:
        to_subject, to_object = RELATIONS[property_.rpartition("#")[2]]
        iris = iter(words.split())
        for one, other in zip(iris, iris, strict=True):
            matches.setdefault(one, []).append(Match(to_subject, other, graph))
            matches.setdefault(other, []).append(Match(to_object, one, graph))
    return matches


def with_near_items(compared: Comparison, stated: Matches, same: Mapping[str, str]) -> Comparison:
    """Return a comparison with the near items of each item, and without the pairs of roles that these make comparable.

    :param stated: the near matches that count
    :param same: the representative of the equivalence class of each item that has one
    """
    near = _Nearness(compared, stated, same).items
    sections = [list(section.items) for section in compared.sections]
    for (section, place), items in near.items():
        sections[section][place] = sections[section][place]._replace(near=items)
    shown = tuple(replace(section, items=tuple(items)) for section, items in zip(compared.sections, sections, strict=True))
    apart = tuple(pair for pair in compared.apart if not _bridged(pair, [item for items in sections for item in items]))
    return replace(compared, sections=shown, apart=apart)


def _bridged(pair: tuple[str, str], items: Sequence[Item]) -> bool:
    """Return whether enough items of one of two roles are near to items of the other for the two to be comparable."""
    for role, other in (pair, pair[::-1]):
        of_role = [item for item in items if role in item.roles]
        if sum(any(other in near.roles for near in item.near) for item in of_role) >= FEW * len(of_role) > 0:
            return True
    return False


class _Nearness:
    """Finds the near items of all items of a comparison."""

    def __init__(self, compared: Comparison, stated: Matches, same: Mapping[str, str]) -> None:
        self._compared, self._stated, self._same = compared, stated, same
        self._links: dict[Placed, dict[Placed, tuple[str, set[str]]]] = {}
        self._by_iri: dict[str, list[Placed]] = {}
        by_name: dict[tuple[str, str], list[Placed]] = {}
        for place, section in enumerate(compared.sections):
            kind = "" if section.name in NAMEABLE else section.name
            for number, item in enumerate(section.items):
                self._by_iri.setdefault(self._class_of(item.iri), []).append((place, number))
                by_name.setdefault((kind, _folded(item.label)), []).append((place, number))
        self._link_names(places for (_, name), places in by_name.items() if len(places) > 1 and name)
        self._link_matches()

    @property
    def items(self) -> dict[Placed, tuple[NearItem, ...]]:
        """The near items of each item that has any, the nearest first."""
        near = {}
        for placed, others in self._links.items():
            item = self._item(placed)
            items = [self._near_item(item, other, relation, sources) for other, (relation, sources) in others.items()]
            near[placed] = tuple(sorted(items, key=lambda one: (-WORTH[one.relation], one.item.label, one.item.iri, one.section)))
        return near

    def _link_names(self, alike: Iterable[list[Placed]]) -> None:
        """Link items of equal names that different sources state; the sources of one name may mean different things by it."""
        for places in alike:
            for one in places:
                for other in places:
                    if one != other and not self._sources(one) & self._sources(other):
                        self._link(one, other, SAME_NAME)

    def _link_matches(self) -> None:
        for places in self._by_iri.values():
            for one in places:
                item = self._item(one)
                for other in places if len(places) > 1 else ():
                    if one != other:
                        self._link(one, other, "same")
                for iri in item.same or (item.iri,):
                    for match in self._stated.get(iri, ()):
                        for other in self._by_iri.get(self._class_of(match.iri), ()):
                            self._link(one, other, match.relation, match.source)
                for broader in item.broader:  # a hierarchy is stated at its narrower end alone
                    for other in self._by_iri.get(self._class_of(broader.iri), ()):
                        self._link(one, other, "broader")
                        self._link(other, one, "narrower")

    def _link(self, one: Placed, other: Placed, relation: str, source: str = "") -> None:
        """Note that an item is near to another, if a role has it that lacks the other. Of several relations the nearest counts."""
        item, near = self._item(one), self._item(other)
        if self._class_of(item.iri) == self._class_of(near.iri) and relation != "same":
            return
        if set(near.roles) <= set(item.roles):
            return
        others = self._links.setdefault(one, {})
        known, sources = others.get(other, ("", set()))
        if not known or WORTH[relation] > WORTH[known]:
            others[other] = relation, {source} - {""}
        elif relation == known:
            sources.update({source} - {""})

    def _near_item(self, item: Item, placed: Placed, relation: str, sources: set[str]) -> NearItem:
        near = self._item(placed)
        roles = tuple(role for role in near.roles if role not in item.roles)
        return NearItem(Named(near.iri, near.label), self._compared.sections[placed[0]].name, roles, relation, tuple(sorted(sources)))

    def _item(self, placed: Placed) -> Item:
        return self._compared.sections[placed[0]].items[placed[1]]

    def _sources(self, placed: Placed) -> set[str]:
        return {source for claim in self._item(placed).claims for source in claim.sources}

    def _class_of(self, iri: str) -> str:
        return self._same.get(iri, iri)


@lru_cache(maxsize=50_000)
def _folded(label: str) -> str:
    return fold(label)
