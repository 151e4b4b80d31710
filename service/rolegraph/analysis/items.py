"""Items: concepts joined by skos:exactMatch, with their broader, narrower, close and related items."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import sparse
from scipy.sparse import csgraph

from rolegraph import equivalence
from rolegraph.analysis import weights
from rolegraph.analysis.facts import Facts, Numbers, table


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
    ``broader``, ``narrower``, ``close`` and ``related`` the linked items; ``levels`` the EQF level of each degree; ``headings``
    the items that are groups of a classification.
    """

    def __init__(self, facts: Facts) -> None:
        self.item_of, self.places = _classes(facts)
        self.broader = self._links(facts.broader)
        self.narrower = Links(self.broader.pairs[:, ::-1])
        self.close = self._links(facts.close, facts.close[:, ::-1])
        self.related = self._links(facts.related, facts.related[:, ::-1])
        self.levels = {int(self.item_of[degree]): int(level) for degree, level in facts.levels}
        self.headings = frozenset(self.item_of[facts.headings].tolist())
        self._ancestors: dict[int, dict[int, int]] = {}

    def __len__(self) -> int:
        return len(self.places)

    def neighbours(self, item: int) -> Iterator[tuple[int, Near]]:
        """Yield the items that are near to a held item."""
        worth = weights.NEAR
        for other in self.close.linked(item):
            yield other, Near(worth["close"], "close", item)
        for other in self.broader.linked(item):
            yield other, Near(worth["narrower"], "narrower", item)
        for other in self.narrower.linked(item):
            yield other, Near(worth["broader"], "broader", item)
        for parent in self.broader.linked(item):
            children = self.narrower.linked(parent)
            if parent not in self.headings and len(children) <= weights.SIBLINGS:
                yield from ((other, Near(worth["sibling"], "sibling", item, parent)) for other in children if other != item)
        for other in self.related.linked(item):
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
            border = [broader for node in border for broader in self.broader.linked(node) if broader not in steps_to]
            steps_to.update(dict.fromkeys(border, step))
        del steps_to[item]
        return steps_to

    def _links(self, *pairs: Numbers) -> "Links":
        """Return the links between the items of pairs of concepts (n × 2, int32)."""
        rows = self.item_of[np.concatenate(pairs)]
        return Links(rows[rows[:, 0] != rows[:, 1]])


class Links:
    """What each item is linked to.

    ``pairs`` (n × 2, int32) are the items and what they are linked to, sorted.
    """

    def __init__(self, pairs: Numbers) -> None:
        self.pairs = table(pairs, 2)
        self._starts = np.searchsorted(self.pairs[:, 0], np.arange(self.pairs[:, 0].max(initial=-1) + 2))

    def linked(self, item: int) -> list[int]:
        """Return the items that an item is linked to, in ascending order."""
        if item + 1 >= len(self._starts):
            return []
        linked: list[int] = self.pairs[self._starts[item] : self._starts[item + 1], 1].tolist()
        return linked


def _classes(facts: Facts) -> tuple[Numbers, Numbers]:
    """Return the item of each place, and the place that names each item (both int32): a concept of Rolegraph's namespace if there is one.

    Roles are not joined: two roles that match stay two roles.
    """
    count = len(facts.names)
    joining = facts.exact[~np.isin(facts.exact, facts.roles).any(axis=1)]
    matched = sparse.coo_array((np.ones(len(joining), dtype=bool), (joining[:, 0], joining[:, 1])), shape=(count, count))
    _, class_of = csgraph.connected_components(matched, directed=False) if len(joining) else (count, np.arange(count))
    _, first, number_of = np.unique(class_of, return_index=True, return_inverse=True)
    numbers = np.empty(len(first), dtype=np.int32)  # items are numbered by their first concept
    order = np.argsort(first, kind="stable")
    numbers[order] = np.arange(len(first))
    item_of: Numbers = numbers[number_of]
    places: Numbers = first[order].astype(np.int32)
    for place in np.unique(joining).tolist():
        item = item_of[place]
        places[item] = min(int(places[item]), place, key=lambda name: equivalence.rank(facts.names[name]))
    return item_of, places


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
