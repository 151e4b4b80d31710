"""Items: what is the same by skos:exactMatch is one, with what stands above, below and beside it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from rolegraph import terms
from rolegraph.analysis import weights
from rolegraph.analysis.facts import Facts, Numbers


@dataclass(frozen=True)
class Near:
    """How an item that somebody has comes near to one that is asked for.

    ``relation`` is what the first is to the second (a key of weights.NEAR); ``via`` is the first; ``through`` the concept that
    two siblings share, else None. Items are numbers.
    """

    worth: float
    relation: str
    via: int
    through: int | None = None


class Items:
    """The items of a graph: each concept's item by its place in ``facts.names``, and the links between items."""

    def __init__(self, facts: Facts) -> None:
        roles = set(facts.roles.tolist())
        self.of, self.places = _classes(facts, roles)
        self.above = _links(self._between(facts.broader))
        self.below = _links((above, below) for below, aboves in self.above.items() for above in aboves)
        self.close = _links(self._both(facts.close))
        self.related = _links(self._both(facts.related))
        self.levels = {int(self.of[degree]): int(level) for degree, level in facts.levels}
        self.headings = frozenset(self.of[facts.headings].tolist())
        self._ancestors: dict[int, dict[int, int]] = {}

    def __len__(self) -> int:
        return len(self.places)

    def around(self, item: int) -> Iterator[tuple[int, Near]]:
        """Yield the items that somebody who has an item comes near to."""
        worth = weights.NEAR
        for other in self.close.get(item, ()):
            yield other, Near(worth["close"], "close", item)
        for other in self.above.get(item, ()):
            yield other, Near(worth["narrower"], "narrower", item)
        for other in self.below.get(item, ()):
            yield other, Near(worth["broader"], "broader", item)
        for parent in self.above.get(item, ()):
            children = self.below[parent]
            if parent not in self.headings and len(children) <= weights.SIBLINGS:
                yield from ((other, Near(worth["sibling"], "sibling", item, parent)) for other in children if other != item)
        for other in self.related.get(item, ()):
            yield other, Near(worth["related"], "related", item)

    def near(self, had: Sequence[int]) -> dict[int, Near]:
        """Return the nearest way to each item that is not had but that some of those that are had come near to."""
        own, found = set(had), dict[int, Near]()
        for item in sorted(own):
            for other, near in self.around(item):
                if other not in own and (other not in found or near.worth > found[other].worth):
                    found[other] = near
        return found

    def ancestors(self, item: int) -> dict[int, int]:
        """Return the items above one, up to weights.STEPS steps, with the number of steps; not to be changed."""
        if item not in self._ancestors:
            self._ancestors[item] = self._climbed(item)
        return self._ancestors[item]

    def _climbed(self, item: int) -> dict[int, int]:
        found, border = {item: 0}, [item]
        for step in range(1, weights.STEPS + 1):
            border = [above for one in border for above in self.above.get(one, ()) if above not in found]
            found.update(dict.fromkeys(border, step))
        del found[item]
        return found

    def _between(self, pairs: Numbers) -> Iterator[tuple[int, int]]:
        for one, other in self.of[pairs].tolist():
            if one != other:
                yield one, other

    def _both(self, pairs: Numbers) -> Iterator[tuple[int, int]]:
        for one, other in self._between(pairs):
            yield one, other
            yield other, one


def _links(pairs: Iterator[tuple[int, int]]) -> dict[int, tuple[int, ...]]:
    found: dict[int, set[int]] = {}
    for one, other in pairs:
        found.setdefault(one, set()).add(other)
    return {one: tuple(sorted(others)) for one, others in found.items()}


def _classes(facts: Facts, roles: set[int]) -> tuple[Numbers, tuple[int, ...]]:
    """Return the item of each concept, and of each item the place of the concept that it is called by: one of ours before others.

    Roles are left as they are: two that match are two roles.
    """
    leader = list(range(len(facts.names)))

    def find(place: int) -> int:
        while leader[place] != place:
            leader[place] = leader[leader[place]]
            place = leader[place]
        return place

    for one, other in facts.exact.tolist():
        if one not in roles and other not in roles:
            leader[find(one)] = find(other)
    best: dict[int, int] = {}
    for place in range(len(leader)):
        top = find(place)
        best[top] = min(best.get(top, place), place, key=lambda one: (not facts.names[one].startswith(terms.BASE), facts.names[one]))
    numbers = {top: number for number, top in enumerate(best)}
    return np.array([numbers[find(place)] for place in range(len(leader))], dtype=np.int32), tuple(best.values())


def matches(facts: Facts, role: int, kinds: Mapping[str, Numbers]) -> dict[int, str]:
    """Return the roles that a role matches, directly in either direction, with the kind of match: the first of ``kinds`` that holds."""
    roles, found = set(facts.roles.tolist()), dict[int, str]()
    for kind, pairs in kinds.items():
        for one, other in pairs[(pairs == role).any(axis=1)].tolist():
            match = other if one == role else one
            if match != role and match in roles:
                found.setdefault(match, kind)
    return found
