"""What is held: a set of items, those near to them, and which needs of a role they cover."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from rolegraph import nearness
from rolegraph.analysis import weights
from rolegraph.analysis.closeness import REVIEWED, Closeness
from rolegraph.analysis.facts import Numbers
from rolegraph.analysis.index import Index
from rolegraph.analysis.items import Near

COVERED, NEARLY, MISSING, UNKNOWN = "covered", "nearly covered", "missing", "not comparable"
STATUSES = (COVERED, NEARLY, MISSING, UNKNOWN)


class Essentials(NamedTuple):
    """How many essential needs of a role are covered, and how many nearly, of how many. Both are None if the roles cannot be compared."""

    covered: int | None
    near: int | None
    total: int

    @classmethod
    def of(cls, statuses: Sequence[str]) -> "Essentials":
        """Return the numbers for the statuses of essential needs."""
        if UNKNOWN in statuses:
            return cls(None, None, len(statuses))
        return cls(statuses.count(COVERED), statuses.count(NEARLY), len(statuses))

    @property
    def text(self) -> str:
        """The numbers in words; empty if there is nothing to count."""
        if self.covered is None or not self.total:
            return ""
        near = f", {self.near} nearly" if self.near else ""
        return f"{self.covered} of {self.total} essentials{near}"

    def as_dict(self) -> dict[str, Any]:
        """Return the value as a JSON object."""
        return {"covered": self.covered, "near": self.near, "of": self.total}


class Held:
    """A set of held items, and the items that are near to them.

    :param namesakes: items that other sources call the same as a held one, with that one; they are near too
    :param closeness: says which items are near
    """

    def __init__(
        self,
        index: Index,
        items: Iterable[int],
        namesakes: Mapping[int, int] | None = None,
        closeness: Closeness = REVIEWED,
    ) -> None:
        self.index = index
        self.items = frozenset(items)
        self.near = closeness.near(index, sorted(self.items))
        self.namesakes = namesakes or {}
        for item, held in self.namesakes.items():
            near = Near(weights.SAME_NAME, nearness.SAME_NAME, held)
            if item not in self.items and (item not in self.near or self.near[item].worth < near.worth):
                self.near[item] = near
        self._level = max((index.items.levels[item] for item in self.items if item in index.items.levels), default=0)

    def status(self, item: int, alternatives: Mapping[int, int]) -> tuple[str, float, str, int | None, int | None]:
        """Return how an item is covered: status, worth, relation, the held item, and the broader item of siblings.

        :param alternatives: see :meth:`alternatives`
        """
        if item in self.items:
            return COVERED, 1.0, "same", item, None
        levels = self.index.items.levels
        if item in levels and levels[item] <= self._level:
            higher = min(degree for degree in self.items if levels.get(degree) == self._level)
            return COVERED, 1.0, "higher", higher, None
        if item in alternatives:
            return COVERED, 1.0, "alternative", alternatives[item], None
        near = self.near.get(item)
        if near:
            return NEARLY, near.worth, near.relation, near.via, near.through
        return MISSING, 0.0, "", None, None

    def alternatives(self, row: int) -> dict[int, int]:
        """Return the items of a role that a held one makes unnecessary, with that one.

        A requirement group says how many of its members are enough. Of the required degrees of one source, any is.
        """
        levels, alternatives = self.index.items.levels, dict[int, int]()
        enough = self.items | {degree for degree, level in levels.items() if level <= self._level}
        for group in self.index.groups.get(row, ()):
            alternatives.update(group.covered(enough))
        for degrees in self.index.degrees(row).values():
            held = [degree for degree in degrees if degree in self.items or levels.get(degree, self._level + 1) <= self._level]
            if held:
                alternatives.update((degree, min(held)) for degree in degrees if degree not in held)
        return alternatives

    def essentials_of(self, row: int) -> Essentials:
        """Return how many essential needs of a role, given by row, the held items cover, where the two can be compared."""
        alternatives = self.alternatives(row)
        return Essentials.of([self.status(item, alternatives)[0] for item in self.index.essential_items(row)])

    def worths(self) -> tuple[Numbers, np.ndarray[Any, np.dtype[np.float64]]]:
        """Return the held items and those near to them (int32), with their worth from 0 to 1 (float64). Lower degrees count as held."""
        worth = {item: near.worth for item, near in self.near.items()} | dict.fromkeys(self.items, 1.0)
        worth |= {degree: 1.0 for degree, level in self.index.items.levels.items() if level <= self._level}
        return np.array(list(worth), dtype=np.int32), np.array(list(worth.values()))
