"""The smallest set of items that tells roles apart (a minimum test set): exact for few roles, greedy for more."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

from rolegraph import equivalence
from rolegraph.analysis.index import Index
from rolegraph.values import Named

EXACT = 8  # most roles for the exact search
NODES = 50_000  # most nodes of the exact search; then the greedy answer is returned


@dataclass(frozen=True)
class Discriminator:
    """An item, and the roles that have it; the other roles do not."""

    item: Named
    roles: tuple[Named, ...]

    def as_dict(self) -> dict[str, Any]:
        """Return the value as a JSON object."""
        return {**self.item.as_dict(), "roles": [role.iri for role in self.roles]}


@dataclass(frozen=True)
class Distinction:
    """Items such that any two of the roles differ in at least one; ``same`` are the pairs that no item tells apart.

    ``smallest`` is true if no smaller set exists. ``apart`` are the pairs that cannot be compared: an item that only one of them has
    proves no difference, so no item is chosen for them.
    """

    roles: tuple[Named, ...]
    tests: tuple[Discriminator, ...]
    same: tuple[tuple[Named, Named], ...]
    smallest: bool
    apart: tuple[tuple[Named, Named], ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """Return the value as a JSON object."""
        document = {"roles": [role.as_dict() for role in self.roles], "items": [test.as_dict() for test in self.tests]}
        document["notComparable"] = [{"roles": [role.iri, other.iri], "reason": equivalence.APART} for role, other in self.apart]
        return {**document, "sameItems": [[role.iri, other.iri] for role, other in self.same], "smallest": self.smallest}

    def table(self) -> list[list[str]]:
        """Return the rows of the CSV: a header, and one row per item and role."""
        rows = [["item", "label", "role", "role_label", "has"]]
        for test in self.tests:
            has = {role.iri for role in test.roles}
            rows += [[test.item.iri, test.item.label, role.iri, role.label, "yes" if role.iri in has else "no"] for role in self.roles]
        return rows


def between(index: Index, roles: Sequence[int]) -> Distinction:
    """Return the items that tell roles apart. Of items that split the roles alike, the one with the highest idf is chosen.

    :param roles: rows of the roles
    """
    had = [set(index.items_of(row)) for row in roles]
    named = [index.role(row) for row in roles]
    apart = index.roles_apart(roles)
    pairs = [(first, second) for first, second in combinations(range(len(roles)), 2) if (named[first], named[second]) not in apart]
    by_cover: dict[int, int] = {}
    for item in sorted(set().union(*had), key=lambda item: (-index.idf[item], item)):
        cover = sum(1 << place for place, (first, second) in enumerate(pairs) if (item in had[first]) != (item in had[second]))
        if cover:
            by_cover.setdefault(cover, item)
    possible = 0
    for cover in by_cover:
        possible |= cover
    chosen, smallest = smallest_cover(list(by_cover), exact=len(roles) <= EXACT)
    tests = tuple(_test(index, by_cover[cover], had, named) for cover in chosen)
    same = tuple((named[first], named[second]) for place, (first, second) in enumerate(pairs) if not possible >> place & 1)
    return Distinction(tuple(named), tests, same, smallest, apart)


def _test(index: Index, item: int, had: Sequence[set[int]], named: Sequence[Named]) -> Discriminator:
    return Discriminator(index.item(item), tuple(role for role, items in zip(named, had, strict=True) if item in items))


def smallest_cover(covers: Sequence[int], *, exact: bool) -> tuple[list[int], bool]:
    """Return covers that together hold every bit of all covers, and whether no smaller set does.

    :param covers: sets of bits, as integers
    :param exact: search for the smallest set; else return the greedy one
    """
    whole = 0
    for cover in covers:
        whole |= cover
    greedy = _greedy(covers, whole)
    if not exact:
        return greedy, len(greedy) <= 1
    useful = [cover for cover in covers if not any(cover != other and cover | other == other for other in covers)]
    search = _Search(useful, whole)
    for size in range(len(greedy)):
        chosen = search.within(size)
        if chosen is not None:
            return chosen, True
        if search.nodes > NODES:
            return greedy, False
    return greedy, True


def _greedy(covers: Sequence[int], whole: int) -> list[int]:
    chosen, left = list[int](), whole
    while left:
        best = max(covers, key=lambda cover: (cover & left).bit_count())
        chosen.append(best)
        left &= ~best
    return chosen


class _Search:
    """Searches for a cover of a limited size; branches on the bit that the fewest covers hold."""

    def __init__(self, covers: Sequence[int], whole: int) -> None:
        self._whole = whole
        self._largest = max((cover.bit_count() for cover in covers), default=1)
        self._holding: Mapping[int, list[int]] = {
            bit: [cover for cover in covers if cover >> bit & 1] for bit in range(whole.bit_length()) if whole >> bit & 1
        }
        self.nodes = 0

    def within(self, size: int) -> list[int] | None:
        """Return a cover of at most ``size`` sets, or None if there is none or the search exceeded :data:`NODES`."""
        return self._cover(self._whole, size)

    def _cover(self, left: int, size: int) -> list[int] | None:
        if not left:
            return []
        self.nodes += 1
        if left.bit_count() > size * self._largest or self.nodes > NODES:
            return None
        bit = min((bit for bit in self._holding if left >> bit & 1), key=lambda bit: len(self._holding[bit]))
        for cover in self._holding[bit]:
            others = self._cover(left & ~cover, size - 1)
            if others is not None:
                return [cover, *others]
        return None
