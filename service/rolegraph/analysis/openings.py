"""Which few skills open most roles to somebody: a greedy cover."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import sparse

from rolegraph.analysis import comparable, weights
from rolegraph.analysis.index import Index
from rolegraph.values import Named


@dataclass(frozen=True)
class Opening:
    """One item to learn, with the roles that it opens once those before it are learnt too."""

    item: Named
    roles: tuple[Named, ...]

    def as_dict(self) -> dict[str, Any]:
        """Return it as JSON."""
        return {**self.item.as_dict(), "opens": [role.as_dict() for role in self.roles]}


@dataclass(frozen=True)
class Openings:
    """What to learn, in order. ``open`` are the roles that are open before; ``sources`` are those whose roles were looked at.

    ``unknown`` counts the roles of these sources that have no essential skills stated: whether they are open is not known. ``stated``
    tells whether the role that somebody comes from has any: if not, what they have is hardly known either. ``hindrance`` says why it
    cannot be compared with these roles at all, if so: then it is not known what is open, nor what opens a role.
    """

    origin: Named
    threshold: float
    open: tuple[Named, ...]
    openings: tuple[Opening, ...]
    unknown: int
    sources: tuple[Named, ...]
    stated: bool = True
    hindrance: str = ""

    @property
    def opened(self) -> int:
        """The number of roles that all items together open."""
        return sum(len(one.roles) for one in self.openings)

    def as_dict(self) -> dict[str, Any]:
        """Return it as JSON."""
        found: dict[str, Any] = {"from": self.origin.as_dict(), "threshold": self.threshold, "withoutEssentialSkills": self.unknown}
        found["essentialSkillsStated"] = self.stated
        found["sources"] = [source.as_dict() for source in self.sources]
        if self.hindrance:
            found["notComparable"] = self.hindrance
        return {**found, "open": [role.as_dict() for role in self.open], "learn": [one.as_dict() for one in self.openings]}

    def table(self) -> list[list[str]]:
        """Return a header and a row for each role that an item opens, one for an item that opens none by itself: the CSV form."""
        rows = [["step", "item", "label", "opens", "role", "role_label"]]
        for number, one in enumerate(self.openings, 1):
            start = [str(number), one.item.iri, one.item.label, str(len(one.roles))]
            rows += [[*start, role.iri, role.label] for role in one.roles] or [[*start, "", ""]]
        return rows


def of(index: Index, origin: int, sources: Sequence[int], count: int) -> Openings:
    """Return up to a number of items that together open most further roles to somebody who comes from a role.

    :param sources: the places of the sources whose roles are looked at
    """
    among = sorted({row for source in sources for row in index.stated_by(source).tolist()} - {origin})
    speaking = tuple(map(index.named, sources))
    sizes = np.diff(index.essential_skills.indptr)
    unknown, stated = int((sizes[among] == 0).sum()), bool(sizes[origin])
    hindrance = comparable.unlike(index, origin, np.array(among, dtype=np.int32))
    if hindrance:
        return Openings(index.role(origin), weights.OPEN, (), (), unknown, speaking, stated, hindrance)
    start, chosen = choose(index.essential_skills[among], index.items_of(origin), count)
    while len(chosen) > 1 and not chosen[-1][1] and any(opened for _, opened in chosen):
        chosen.pop()  # what opens nothing, and nothing after it does, is no step to anything that is shown
    named = tuple(Opening(index.item(item), tuple(index.role(among[place]) for place in places)) for item, places in chosen)
    opened = tuple(index.role(among[place]) for place in start)
    return Openings(index.role(origin), weights.OPEN, opened, named, unknown, speaking, stated)


def choose(essential: sparse.csr_array, had: Iterable[int], count: int) -> tuple[list[int], list[tuple[int, list[int]]]]:
    """Return the rows of the roles that are open, then the items to learn, each with the rows that it opens.

    Greedy: each time the item that opens most roles at once; among those, the one that brings most roles nearest, where those count
    that can still be opened by what is left to choose (or all, where none can), each 1 / the number of items that it lacks; then the
    item whose number is lowest. It may miss the best set: that would take all sets.

    :param essential: a 1 for each essential skill of each role
    """
    own = np.zeros(essential.shape[1])
    own[list(had)] = 1.0
    sizes = np.diff(essential.indptr)
    wanted = np.array([math.ceil(weights.OPEN * size - 1e-9) for size in sizes.tolist()], dtype=np.int64)
    by_item = essential.T.tocsr()
    lacking = wanted - np.rint(essential @ own).astype(np.int64)
    start, chosen = np.flatnonzero((lacking <= 0) & (sizes > 0)).tolist(), []
    for left in range(count, 0, -1):
        opens = np.rint(by_item @ (lacking == 1).astype(float)).astype(np.int64)
        wanting = (lacking > 0) & (lacking <= left)
        wanting = wanting if wanting.any() else lacking > 0
        progress = by_item @ np.where(wanting, 1 / np.maximum(lacking, 1), 0.0)
        progress[own > 0], opens[own > 0] = 0.0, -1
        best = int(np.lexsort((np.arange(len(own)), -np.round(progress, 9), -opens))[0])
        if progress[best] <= 0:
            break
        own[best] = 1.0
        after = lacking.copy()
        after[by_item.indices[by_item.indptr[best] : by_item.indptr[best + 1]]] -= 1
        chosen.append((best, np.flatnonzero((lacking == 1) & (after == 0)).tolist()))
        lacking = after
    return start, chosen
