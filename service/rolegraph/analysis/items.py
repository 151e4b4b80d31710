"""Items: concepts joined by skos:exactMatch, with their broader, narrower, close and related items."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from rolegraph import terms
from rolegraph.analysis import weights
from rolegraph.analysis.facts import Facts, Numbers


@dataclass(frozen=True)
class Near:
    """How near a held item is to another one.

    ``relation`` is the relation of the held item to the other (a key of :data:`weights.NEAR`), ``via`` the held item, and ``through``
    the broader item that two siblings share, else None. Items are numbers; ``worth`` is from 0 to 1.
    """

    worth: float
    relation: str
    via: int
    through: int | None = None


class Items:
    """The items of a graph, numbered from 0, and the links between them.

    ``item_of`` (int32) is the item of each place of ``facts.names``; ``places`` the place of the concept that names each item;
    ``broader``, ``narrower``, ``close`` and ``related`` the linked items by item; ``levels`` the EQF level of each degree; ``headings``
    the items that are groups of a classification.
    """

    def __init__(self, facts: Facts) -> None:
        roles = set(facts.roles.tolist())
        self.item_of, self.places = _classes(facts, roles)
        self.broader = _links(self._between(facts.broader))
        self.narrower = _links((broader, item) for item, parents in self.broader.items() for broader in parents)
        self.close = _links(self._both(facts.close))
        self.related = _links(self._both(facts.related))
        self.levels = {int(self.item_of[degree]): int(level) for degree, level in facts.levels}
        self.headings = frozenset(self.item_of[facts.headings].tolist())
        self._ancestors: dict[int, dict[int, int]] = {}

    def __len__(self) -> int:
        return len(self.places)

    def neighbours(self, item: int) -> Iterator[tuple[int, Near]]:
        """Yield the items that are near to a held item."""
        worth = weights.NEAR
        for other in self.close.get(item, ()):
            yield other, Near(worth["close"], "close", item)
        for other in self.broader.get(item, ()):
            yield other, Near(worth["narrower"], "narrower", item)
        for other in self.narrower.get(item, ()):
            yield other, Near(worth["broader"], "broader", item)
        for parent in self.broader.get(item, ()):
            children = self.narrower[parent]
            if parent not in self.headings and len(children) <= weights.SIBLINGS:
                yield from ((other, Near(worth["sibling"], "sibling", item, parent)) for other in children if other != item)
        for other in self.related.get(item, ()):
            yield other, Near(worth["related"], "related", item)

    def near(self, held: Sequence[int]) -> dict[int, Near]:
        """Return the items near to the held ones, without these, each with its nearest held item."""
        items, nearest = set(held), dict[int, Near]()
        for item in sorted(items):
            for other, near in self.neighbours(item):
                if other not in items and (other not in nearest or near.worth > nearest[other].worth):
                    nearest[other] = near
        return nearest

    def ancestors(self, item: int) -> dict[int, int]:
        """Return the broader items of an item, up to :data:`weights.STEPS` steps, each with its number of steps. Do not modify it."""
        if item not in self._ancestors:
            self._ancestors[item] = self._climb(item)
        return self._ancestors[item]

    def _climb(self, item: int) -> dict[int, int]:
        steps_to, border = {item: 0}, [item]
        for step in range(1, weights.STEPS + 1):
            border = [broader for node in border for broader in self.broader.get(node, ()) if broader not in steps_to]
            steps_to.update(dict.fromkeys(border, step))
        del steps_to[item]
        return steps_to

    def _between(self, pairs: Numbers) -> Iterator[tuple[int, int]]:
        for item, other in self.item_of[pairs].tolist():
            if item != other:
                yield item, other

    def _both(self, pairs: Numbers) -> Iterator[tuple[int, int]]:
        for item, other in self._between(pairs):
            yield item, other
            yield other, item


def _links(pairs: Iterator[tuple[int, int]]) -> dict[int, tuple[int, ...]]:
    linked: dict[int, set[int]] = {}
    for item, other in pairs:
        linked.setdefault(item, set()).add(other)
    return {item: tuple(sorted(others)) for item, others in linked.items()}


def _classes(facts: Facts, roles: set[int]) -> tuple[Numbers, tuple[int, ...]]:
    """Return the item of each place (int32), and the place that names each item: a concept of Rolegraph's namespace if there is one.

    Roles are not joined: two roles that match stay two roles.
    """
    leader = list(range(len(facts.names)))

    def find(place: int) -> int:
        while leader[place] != place:
            leader[place] = leader[leader[place]]
            place = leader[place]
        return place

    for concept, other in facts.exact.tolist():
        if concept not in roles and other not in roles:
            leader[find(concept)] = find(other)
    best: dict[int, int] = {}
    for place in range(len(leader)):
        top = find(place)
        best[top] = min(best.get(top, place), place, key=lambda name: (not facts.names[name].startswith(terms.BASE), facts.names[name]))
    numbers = {top: number for number, top in enumerate(best)}
    return np.array([numbers[find(place)] for place in range(len(leader))], dtype=np.int32), tuple(best.values())


def matches(facts: Facts, role: int, kinds: Mapping[str, Numbers]) -> dict[int, str]:
    """Return the roles (places) that match a role directly, in either direction, each with the first of the ``kinds`` that holds.

    :param role: the place of the role
    :param kinds: the links of each kind of match (n × 2, int32)
    """
    roles, matched = set(facts.roles.tolist()), dict[int, str]()
    for kind, pairs in kinds.items():
        for left, right in pairs[(pairs == role).any(axis=1)].tolist():
            match = right if left == role else left
            if match != role and match in roles:
                matched.setdefault(match, kind)
    return matched
