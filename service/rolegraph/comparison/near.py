"""Near items of a comparison: what one role has that is near to what another has."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import NamedTuple, TypeAlias

from rolegraph.comparison.model import Comparison, Item, NearItem
from rolegraph.equivalence import FEW
from rolegraph.nearness import PROPOSED, SAME_NAME, WORTH
from rolegraph.search.folding import fold
from rolegraph.values import Named

RELATIONS = {"closeMatch": ("close", "close"), "broadMatch": ("broader", "narrower"), "narrowMatch": ("narrower", "broader")}
"""By SKOS property: the relation of the object to the subject, and of the subject to the object."""
ACTIVITIES = "responsibilities"
"""The section whose items also count by their broader concepts in proposed matches: tasks by the activities that they are examples of."""
NAMEABLE = ("skills", "tools")
"""Sections whose items are of one kind: what one source calls a skill is a tool to another."""


class Match(NamedTuple):
    """A concept that is near to another one, and the source that states it; of a proposed one also how likely it is, and why."""

    relation: str
    iri: str
    source: str
    confidence: float | None = None
    why: str = ""


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


def proposals(rows: Iterable[tuple[str, str, str, float, str]]) -> Matches:
    """Return the matches of sources of proposed matches.

    :param rows: graph, the two IRIs, confidence and reason
    """
    proposed: dict[str, list[Match]] = {}
    for graph, one, other, confidence, why in rows:
        proposed.setdefault(one, []).append(Match(PROPOSED, other, graph, confidence, why))
        proposed.setdefault(other, []).append(Match(PROPOSED, one, graph, confidence, why))
    return proposed


def with_near_items(compared: Comparison, stated: Matches, same: Mapping[str, str], proposed: Matches | None = None) -> Comparison:
    """Return a comparison with the near items of each item, and without the pairs of roles that these make comparable.

    :param stated: the near matches that count
    :param same: the representative of the equivalence class of each item that has one
    :param proposed: proposed matches that count too
    """
    near = _Nearness(compared, stated, same, proposed or {}).items
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

    def __init__(self, compared: Comparison, stated: Matches, same: Mapping[str, str], proposed: Matches) -> None:
        self._compared, self._stated, self._same, self._proposed = compared, stated, same, proposed
        self._links: dict[Placed, dict[Placed, tuple[Match, set[str]]]] = {}
        self._by_iri: dict[str, list[Placed]] = {}
        by_name: dict[tuple[str, str], list[Placed]] = {}
        for place, section in enumerate(compared.sections):
            kind = "" if section.name in NAMEABLE else section.name
            for number, item in enumerate(section.items):
                self._by_iri.setdefault(self._class_of(item.iri), []).append((place, number))
                by_name.setdefault((kind, _folded(item.label)), []).append((place, number))
        self._link_names(places for (_, name), places in by_name.items() if len(places) > 1 and name)
        self._link_matches()
        if proposed:
            self._link_proposals()

    @property
    def items(self) -> dict[Placed, tuple[NearItem, ...]]:
        """The near items of each item that has any, the nearest first."""
        near = {}
        for placed, others in self._links.items():
            item = self._item(placed)
            items = [self._near_item(item, other, match, sources) for other, (match, sources) in others.items()]
            near[placed] = tuple(sorted(items, key=_nearest))
        return near

    def _link_names(self, alike: Iterable[list[Placed]]) -> None:
        """Link items of equal names that different sources state; the sources of one name may mean different things by it."""
        for places in alike:
            for one in places:
                for other in places:
                    if one != other and not self._sources(one) & self._sources(other):
                        self._link(one, other, Match(SAME_NAME, "", ""))

    def _link_matches(self) -> None:
        for places in self._by_iri.values():
            for one in places:
                item = self._item(one)
                for other in places if len(places) > 1 else ():
                    if one != other:
                        self._link(one, other, Match("same", "", ""))
                for iri in item.same or (item.iri,):
                    for match in self._stated.get(iri, ()):
                        for other in self._by_iri.get(self._class_of(match.iri), ()):
                            self._link(one, other, match)
                for broader in item.broader:  # a hierarchy is stated at its narrower end alone
                    for other in self._by_iri.get(self._class_of(broader.iri), ()):
                        self._link(one, other, Match("broader", "", ""))
                        self._link(other, one, Match("narrower", "", ""))

    def _link_proposals(self) -> None:
        """Link proposed matches, of tasks also those of their activities."""
        by_activity: dict[str, list[Placed]] = {}
        activities: dict[Placed, Sequence[Named]] = {}
        for place, section in enumerate(self._compared.sections):
            for number, item in enumerate(section.items if section.name == ACTIVITIES else ()):
                activities[place, number] = item.broader
                for activity in item.broader:
                    by_activity.setdefault(activity.iri, []).append((place, number))
        for places in self._by_iri.values():
            for one in places:
                item = self._item(one)
                for iri in item.same or (item.iri,):
                    for match in self._proposed.get(iri, ()):
                        for other in self._by_iri.get(self._class_of(match.iri), ()):
                            self._link(one, other, match)
                        for other in by_activity.get(match.iri, ()):
                            label = next(activity.label for activity in activities[other] if activity.iri == match.iri)
                            through = match._replace(why=f"{match.why} By its activity “{label}”.".strip())
                            self._link(one, other, through)
                            self._link(other, one, through)

    def _link(self, one: Placed, other: Placed, match: Match) -> None:
        """Note that an item is near to another, if a role has it that lacks the other. Of several relations the nearest counts."""
        item, near = self._item(one), self._item(other)
        if self._class_of(item.iri) == self._class_of(near.iri) and match.relation != "same":
            return
        if set(near.roles) <= set(item.roles):
            return
        others = self._links.setdefault(one, {})
        known, sources = others.get(other, (None, set()))
        if known is None or _strength(match) > _strength(known):
            sources = sources if known and known.relation == match.relation else set()
            others[other] = match, sources | {match.source} - {""}
        elif match.relation == known.relation:
            sources.update({match.source} - {""})

    def _near_item(self, item: Item, placed: Placed, match: Match, sources: set[str]) -> NearItem:
        near, section = self._item(placed), self._compared.sections[placed[0]].name
        roles = tuple(role for role in near.roles if role not in item.roles)
        stated = match.relation, tuple(sorted(sources)), match.confidence, match.why
        return NearItem(Named(near.iri, near.label), section, roles, *stated)

    def _item(self, placed: Placed) -> Item:
        return self._compared.sections[placed[0]].items[placed[1]]

    def _sources(self, placed: Placed) -> set[str]:
        return {source for claim in self._item(placed).claims for source in claim.sources}

    def _class_of(self, iri: str) -> str:
        return self._same.get(iri, iri)


def _strength(match: Match) -> tuple[float, float, str]:
    return WORTH[match.relation], match.confidence or 0, match.why


def _nearest(near: NearItem) -> tuple[float, float, str, str, str]:
    """Return the sort key of near items, by which the nearest comes first."""
    return -WORTH[near.relation], -(near.confidence or 0), near.item.label, near.item.iri, near.section


@lru_cache(maxsize=50_000)
def _folded(label: str) -> str:
    return fold(label)
