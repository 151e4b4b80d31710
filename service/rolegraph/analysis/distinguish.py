"""The smallest set of items that tells roles apart: a minimum test set, exact for few roles and greedy for more."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

from rolegraph import equivalence
from rolegraph.analysis.index import Index
from rolegraph.values import Named

EXACT = 8  # roles
NODES = 50_000  # of the search, after which the greedy answer is given


@dataclass(frozen=True)
class Discriminator:
    """An item, and the roles that have it: the others do not."""

    item: Named
    roles: tuple[Named, ...]

    def as_dict(self) -> dict[str, Any]:
        """Return it as JSON."""
        return {**self.item.as_dict(), "roles": [role.iri for role in self.roles]}


@dataclass(frozen=True)
class Distinction:
    """Items by which any two of the roles differ in at least one; ``same`` are the pairs that no item tells apart.

    ``smallest`` tells that no smaller set does. ``apart`` are the pairs that cannot be compared: that one has an item which the other has
    not tells nothing of them, so none is chosen for it.
    """

    roles: tuple[Named, ...]
    tests: tuple[Discriminator, ...]
    same: tuple[tuple[Named, Named], ...]
    smallest: bool
    apart: tuple[tuple[Named, Named], ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """Return it as JSON."""
        found = {"roles": [role.as_dict() for role in self.roles], "items": [test.as_dict() for test in self.tests]}
        found["notComparable"] = [{"roles": [one.iri, other.iri], "reason": equivalence.APART} for one, other in self.apart]
        return {**found, "sameItems": [[one.iri, other.iri] for one, other in self.same], "smallest": self.smallest}

    def table(self) -> list[list[str]]:
        """Return a header and a row for each item and role: the CSV form."""
        rows = [["item", "label", "role", "role_label", "has"]]
        for test in self.tests:
            has = {role.iri for role in test.roles}
            rows += [[test.item.iri, test.item.label, role.iri, role.label, "yes" if role.iri in has else "no"] for role in self.roles]
        return rows


def between(index: Index, roles: Sequence[int]) -> Distinction:
    """Tell roles apart; of items that do the same, the one that tells most is taken."""
    had = [set(index.items_of(row)) for row in roles]
    named = [index.role(row) for row in roles]
    apart = index.roles_apart(roles)
    pairs = [(one, other) for one, other in combinations(range(len(roles)), 2) if (named[one], named[other]) not in apart]
    by_cover: dict[int, int] = {}
    for item in sorted(set().union(*had), key=lambda one: (-index.idf[one], one)):
        cover = sum(1 << place for place, (one, other) in enumerate(pairs) if (item in had[one]) != (item in had[other]))
        if cover:
            by_cover.setdefault(cover, item)
    possible = 0
    for cover in by_cover:
        possible |= cover
    chosen, smallest = smallest_cover(list(by_cover), exact=len(roles) <= EXACT)
    tests = tuple(_test(index, by_cover[cover], had, named) for cover in chosen)
    same = tuple((named[one], named[other]) for place, (one, other) in enumerate(pairs) if not possible >> place & 1)
    return Distinction(tuple(named), tests, same, smallest, apart)


def _test(index: Index, item: int, had: Sequence[set[int]], named: Sequence[Named]) -> Discriminator:
    return Discriminator(index.item(item), tuple(role for role, own in zip(named, had, strict=True) if item in own))


def smallest_cover(covers: Sequence[int], *, exact: bool) -> tuple[list[int], bool]:
    """Return a set of covers (sets of bits) that together hold every bit of them all, and whether no smaller one does."""
    whole = 0
    for cover in covers:
        whole |= cover
    greedy = _greedy(covers, whole)
    if not exact:
        return greedy, len(greedy) <= 1
    useful = [one for one in covers if not any(one != other and one | other == other for other in covers)]
    search = _Search(useful, whole)
    for size in range(len(greedy)):
        found = search.within(size)
        if found is not None:
            return found, True
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
    """Looks for a cover of a given size, deciding first the bit that fewest covers hold."""

    def __init__(self, covers: Sequence[int], whole: int) -> None:
        self._whole = whole
        self._largest = max((cover.bit_count() for cover in covers), default=1)
        self._holding: Mapping[int, list[int]] = {
            bit: [cover for cover in covers if cover >> bit & 1] for bit in range(whole.bit_length()) if whole >> bit & 1
        }
        self.nodes = 0

    def within(self, size: int) -> list[int] | None:
        """Return a cover of at most a number of sets, or None where there is none or the search grew too large."""
        return self._cover(self._whole, size)

    def _cover(self, left: int, size: int) -> list[int] | None:
        if not left:
            return []
        self.nodes += 1
        if left.bit_count() > size * self._largest or self.nodes > NODES:
            return None
        bit = min((bit for bit in self._holding if left >> bit & 1), key=lambda one: len(self._holding[one]))
        for cover in self._holding[bit]:
            found = self._cover(left & ~cover, size - 1)
            if found is not None:
                return [cover, *found]
        return None
