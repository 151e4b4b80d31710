"""Openings: the few skills that open the most roles, chosen greedily."""

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
    """An item to learn, with the roles that it opens once the items before it are learnt."""

    item: Named
    roles: tuple[Named, ...]

    def as_dict(self) -> dict[str, Any]:
        """Return the value as a JSON object."""
        return {**self.item.as_dict(), "opens": [role.as_dict() for role in self.roles]}


@dataclass(frozen=True)
class Openings:
    """The items to learn, in order. ``open`` are the roles that are open already, ``sources`` the sources whose roles are considered.

    ``unknown`` is the number of roles of these sources without stated essential skills: whether they are open is unknown. ``stated``
    is whether ``origin`` has stated essential skills. ``hindrance`` is the reason why ``origin`` cannot be compared with these roles;
    then ``open`` and ``openings`` are empty. ``threshold`` is the share of essential skills that opens a role.
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
        """The number of roles that all items open together."""
        return sum(len(opening.roles) for opening in self.openings)

    def as_dict(self) -> dict[str, Any]:
        """Return the value as a JSON object."""
        document: dict[str, Any] = {"from": self.origin.as_dict(), "threshold": self.threshold, "withoutEssentialSkills": self.unknown}
        document["essentialSkillsStated"] = self.stated
        document["sources"] = [source.as_dict() for source in self.sources]
        if self.hindrance:
            document["notComparable"] = self.hindrance
        return {**document, "open": [role.as_dict() for role in self.open], "learn": [opening.as_dict() for opening in self.openings]}

    def table(self) -> list[list[str]]:
        """Return the rows of the CSV: a header, and one row per item and role that it opens, or one row if it opens none."""
        rows = [["step", "item", "label", "opens", "role", "role_label"]]
        for number, opening in enumerate(self.openings, 1):
            start = [str(number), opening.item.iri, opening.item.label, str(len(opening.roles))]
            rows += [[*start, role.iri, role.label] for role in opening.roles] or [[*start, "", ""]]
        return rows


def find_openings(index: Index, origin: int, sources: Sequence[int], count: int) -> Openings:
    """Return up to ``count`` items that together open the most further roles from a role.

    :param origin: row of the role
    :param sources: places of the sources whose roles are considered
    """
    among = sorted({row for source in sources for row in index.stated_by(source).tolist()} - {origin})
    named_sources = tuple(map(index.named, sources))
    sizes = np.diff(index.essential_skills.indptr)
    unknown, stated = int((sizes[among] == 0).sum()), bool(sizes[origin])
    hindrance = comparable.hindrance_to_all(index, origin, np.array(among, dtype=np.int32))
    if hindrance:
        return Openings(index.role(origin), weights.OPEN, (), (), unknown, named_sources, stated, hindrance)
    start, chosen = choose(index.essential_skills[among], index.items_of(origin), count)
    while len(chosen) > 1 and not chosen[-1][1] and any(opened for _, opened in chosen):
        chosen.pop()  # a last item that opens nothing prepares for no item that is shown
    named = tuple(Opening(index.item(item), tuple(index.role(among[place]) for place in places)) for item, places in chosen)
    opened = tuple(index.role(among[place]) for place in start)
    return Openings(index.role(origin), weights.OPEN, opened, named, unknown, named_sources, stated)


def choose(essential: sparse.csr_array, had: Iterable[int], count: int) -> tuple[list[int], list[tuple[int, list[int]]]]:
    """Return the rows of the roles that are open, and the items to learn, each with the rows that it opens.

    Greedy: each step takes the item that opens the most roles at once. Ties go to the item that brings the most roles nearer: each role
    that the remaining steps can still open (or every role, if they can open none) counts 1 / the number of items it lacks. Then the item
    of the lowest number wins. The result may not be the best set: that would take trying all sets.

    :param essential: 1 for each essential skill of a role (roles × items, float64 CSR)
    :param had: the items held at the start
    :param count: most items to choose
    """
    held = np.zeros(essential.shape[1])
    held[list(had)] = 1.0
    sizes = np.diff(essential.indptr)
    wanted = np.array([math.ceil(weights.OPEN * size - 1e-9) for size in sizes.tolist()], dtype=np.int64)
    by_item = essential.T.tocsr()
    lacking = wanted - np.rint(essential @ held).astype(np.int64)
    start, chosen = np.flatnonzero((lacking <= 0) & (sizes > 0)).tolist(), []
    for left in range(count, 0, -1):
        opens = np.rint(by_item @ (lacking == 1).astype(float)).astype(np.int64)
        wanting = (lacking > 0) & (lacking <= left)
        wanting = wanting if wanting.any() else lacking > 0
        progress = by_item @ np.where(wanting, 1 / np.maximum(lacking, 1), 0.0)
        progress[held > 0], opens[held > 0] = 0.0, -1
        best = int(np.lexsort((np.arange(len(held)), -np.round(progress, 9), -opens))[0])
        if progress[best] <= 0:
            break
        held[best] = 1.0
        after = lacking.copy()
        after[by_item.indices[by_item.indptr[best] : by_item.indptr[best + 1]]] -= 1
        chosen.append((best, np.flatnonzero((lacking == 1) & (after == 0)).tolist()))
        lacking = after
    return start, chosen
