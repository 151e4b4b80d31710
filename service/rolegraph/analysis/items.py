"""Items: concepts joined by skos:exactMatch, with their broader, narrower, close and related items."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np
from scipy import sparse
from scipy.sparse import csgraph

from rolegraph import equivalence, nearness
from rolegraph.analysis import weights
from rolegraph.analysis.facts import Facts, Numbers, table
from rolegraph.texts import GONE


@dataclass(frozen=True)
class Near:
    """How near a held item is to another one.

    ``relation`` is the relation of the held item to the other (a key of :data:`weights.NEAR`), ``via`` the held item, and ``through``
    the broader item that two siblings share, else None. Items are numbers; ``worth`` is from 0 to 1. ``confidence`` is that of a
    proposed match, else None.
    """

    worth: float
    relation: str
    via: int
    through: int | None = None
    confidence: float | None = None


class Items:
    """The items of a graph, numbered from 0, and the links between them.

    ``item_of`` (int32) is the item of each place of ``facts.names``; ``places`` the place of the concept that names each item;
    ``broader``, ``narrower``, ``close`` and ``related`` the linked items; ``above`` the broader items of each, up to
    :data:`weights.STEPS` steps; ``levels`` the EQF level of each degree; ``headings`` the items that are groups of a classification;
    ``tools`` those that a role names as a tool.

    :param tables: the arrays of equal items, as of :attr:`tables`; None makes them of the facts
    """

    def __init__(self, facts: Facts, tables: Mapping[str, Numbers] | None = None) -> None:
        tables = _tables(facts) if tables is None else tables
        self.tables = tables
        self.item_of, self.places = tables["item_of"], tables["places"]
        self.broader, self.narrower, self.close, self.related = (Links(tables[name], tables[f"{name}_starts"]) for name in LINKED)
        self.above = Above(tables["above"], tables["above_starts"])
        self.levels = {int(self.item_of[degree]): int(level) for degree, level in facts.levels}
        is_tool = np.array([name in weights.TOOLS for name in weights.NAMES])[facts.claims[:, 1]]
        self.tools = frozenset(self.item_of[facts.claims[is_tool, 2]].tolist())
        self.headings = frozenset(self.item_of[facts.headings].tolist())

    def following(self, old: Facts, facts: Facts, moved: Numbers) -> "tuple[Items, Numbers | None]":
        """Return the items of later facts, and the new number of each item, :data:`GONE` for those that are gone.

        Links are copied where no fact about them changed. The numbers are None if items were not only added and removed, but split,
        joined to another, or moved before another.

        :param old: the facts of these items
        :param moved: the new place of each old one
        """
        item_of, places = _classes(facts)
        column = self._column(item_of, len(places), moved)
        if column is None:
            return Items(facts), None
        tables = {"item_of": item_of, "places": places}
        for name, (fact, *_) in SOURCES.items():
            before, now = moved[getattr(old, fact)], getattr(facts, fact)
            if np.array_equal(before, now):
                pairs = column[self.tables[name]]
                tables |= {name: pairs, f"{name}_starts": starts_of(pairs[:, 0])}
            else:
                tables |= _linked(name, facts, item_of)
        if np.array_equal(tables["broader"], column[self.tables["broader"]]):
            above = self.tables["above"].copy()
            above[:, :2] = column[above[:, :2]]
            tables |= {"above": above, "above_starts": starts_of(above[:, 0])}
        else:
            tables |= _above(tables["broader"], tables["broader_starts"])
        return Items(facts, tables), column

    def _column(self, item_of: Numbers, number: int, moved: Numbers) -> Numbers | None:
        """Return the new number of each item, see :meth:`following`."""
        if not number or not len(self):
            return None
        kept = np.flatnonzero(moved != GONE)
        before, now = self.item_of[kept], item_of[moved[kept]]
        column = np.full(len(self), GONE, dtype=np.int32)
        column[before] = now
        numbers = column[column != GONE]
        return column if (column[before] == now).all() and (np.diff(numbers) > 0).all() else None

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
        for parent in self.broader.linked(item) if item in self.tools else ():
            children = self.narrower.linked(parent)
            if parent not in self.headings and len(children) <= weights.SIBLINGS:
                tools = (other for other in children if other != item and other in self.tools)
                yield from ((other, Near(worth["sibling"], "sibling", item, parent)) for other in tools)
        for other in self.related.linked(item):
            yield other, Near(worth["related"], "related", item)

    def near(self, held: Sequence[int], alike: Mapping[int, Sequence[int]]) -> dict[int, Near]:
        """Return the items near to the held ones, without these, each with its nearest held item.

        :param alike: the items of an equal name of each item
        """
        items, nearest = set(held), dict[int, Near]()
        for item in sorted(items):
            named = ((other, Near(weights.SAME_NAME, nearness.SAME_NAME, item)) for other in alike.get(item, ()))
            for other, near in chain(named, self.neighbours(item)):
                if other not in items and (other not in nearest or near.worth > nearest[other].worth):
                    nearest[other] = near
        return nearest


class Links:
    """What each item is linked to.

    :param pairs: the items and what they are linked to (n × 2, int32, sorted)
    :param starts: the row at which each item starts, as of :func:`starts_of`
    """

    def __init__(self, pairs: Numbers, starts: Numbers) -> None:
        self.pairs = pairs
        self._starts = starts

    def linked(self, item: int) -> list[int]:
        """Return the items that an item is linked to, in ascending order."""
        if item + 1 >= len(self._starts):
            return []
        linked: list[int] = self.pairs[self._starts[item] : self._starts[item + 1], 1].tolist()
        return linked


class Above:
    """The broader items of each item, up to :data:`weights.STEPS` steps.

    :param rows: item, broader item, number of steps (n × 3, int32, sorted)
    :param starts: the row at which each item starts, as of :func:`starts_of`
    """

    def __init__(self, rows: Numbers, starts: Numbers) -> None:
        self.rows = rows
        self._starts = starts

    def ranges(self, items: Numbers) -> tuple[Numbers, Numbers]:
        """Return for each of some items the row at which it starts, and its number of rows."""
        ends = np.append(self._starts, [len(self.rows)] * 2)
        place = np.minimum(items, len(self._starts))
        return ends[place], ends[place + 1] - ends[place]

    def of(self, items: Numbers) -> tuple[Numbers, Numbers]:
        """Return the rows of some items, one item after the other, and the number of rows of each."""
        first, counts = self.ranges(items)
        return self.rows[sequences(first, counts)], counts


def sequences(first: Numbers, counts: Numbers) -> Numbers:
    """Return the numbers of several sequences, one after the other: ``counts`` numbers from ``first`` on."""
    return np.repeat(first - np.cumsum(counts) + counts, counts) + np.arange(counts.sum())


LINKED = ("broader", "narrower", "close", "related")
SOURCES = {
    "broader": ("broader", False, True),
    "narrower": ("broader", True, False),
    "close": ("close", True, True),
    "related": ("related", True, True),
}
"""Of which links of the facts those of the items are made, and whether these count backwards and forwards."""


def starts_of(column: Numbers) -> Numbers:
    """Return the first row of each number in a sorted column, from 0 to one above the highest one (int32)."""
    return np.concatenate([[0], np.cumsum(np.bincount(column))]).astype(np.int32)


def _tables(facts: Facts) -> dict[str, Numbers]:
    item_of, places = _classes(facts)
    tables = {"item_of": item_of, "places": places}
    for name in LINKED:
        tables |= _linked(name, facts, item_of)
    return tables | _above(tables["broader"], tables["broader_starts"])


def _linked(name: str, facts: Facts, item_of: Numbers) -> dict[str, Numbers]:
    """Return the links between items of a kind of link between concepts."""
    fact, backwards, forwards = SOURCES[name]
    rows = item_of[getattr(facts, fact)]
    rows = rows[rows[:, 0] != rows[:, 1]]
    pairs = table(np.concatenate([*([rows] if forwards else []), *([rows[:, ::-1]] if backwards else [])]), 2)
    return {name: pairs, f"{name}_starts": starts_of(pairs[:, 0])}


def _above(broader: Numbers, starts: Numbers) -> dict[str, Numbers]:
    """Return the broader items of each item, with the lowest number of steps to each."""
    width = int(broader.max(initial=0)) + 1
    first_of = np.append(starts, np.full(max(0, width + 1 - len(starts)), starts[-1]))
    rows = broader.astype(np.int64)
    reached, numbers = rows[:, 0] * width + rows[:, 1], np.ones(len(rows), dtype=np.int64)
    border = rows
    for step in range(2, weights.STEPS + 1):
        first, counts = first_of[border[:, 1]], np.diff(first_of)[border[:, 1]]
        further = np.unique(np.repeat(border[:, 0], counts) * width + broader[sequences(first, counts), 1])
        further = further[further // width != further % width]
        further = further[~np.isin(further, reached)]
        reached, numbers = np.concatenate([reached, further]), np.concatenate([numbers, np.full(len(further), step)])
        border = np.stack([further // width, further % width], axis=1)
    order = np.argsort(reached)
    found = np.stack([reached[order] // width, reached[order] % width, numbers[order]], axis=1).astype(np.int32)
    return {"above": found, "above_starts": starts_of(found[:, 0])}


def _classes(facts: Facts) -> tuple[Numbers, Numbers]:
    """Return the item of each place, and the place that names each item (both int32): a concept of Rolegraph's namespace if there is one.

    Items are numbered by their first concept. Roles are not joined: two roles that match stay two roles.
    """
    first = np.arange(len(facts.names), dtype=np.int32)
    joining = facts.exact[~np.isin(facts.exact, facts.roles).any(axis=1)]
    joined, numbers = np.unique(joining, return_inverse=True)
    if len(joined):
        left, right = numbers.reshape(-1, 2).T
        matched = sparse.coo_array((np.ones(len(joining), dtype=bool), (left, right)), shape=(len(joined),) * 2)
        _, class_of = csgraph.connected_components(matched, directed=False)
        _, leader = np.unique(class_of, return_index=True)
        first[joined] = joined[leader[class_of]]
    is_first = first == np.arange(len(first))
    item_of: Numbers = (np.cumsum(is_first, dtype=np.int32) - 1)[first].astype(np.int32)
    places: Numbers = np.flatnonzero(is_first).astype(np.int32)
    for place in joined.tolist():
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
