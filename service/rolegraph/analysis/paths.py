"""Paths: the cheapest routes from role to role, by Yen's algorithm over steps of limited size."""

import heapq
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, TypeAlias

import numpy as np
from scipy import sparse
from scipy.sparse import csgraph

from rolegraph.analysis import comparable, weights
from rolegraph.analysis.facts import Figures
from rolegraph.analysis.index import Index
from rolegraph.values import Named

CHUNK = 512  # roles per block
Edges: TypeAlias = sparse.csr_array
"""The cost of the step from each role (row) to each role (column), float64; a stored 0 is a step without cost."""


@dataclass(frozen=True)
class Step:
    """One step of a route. ``share`` is the covered part of the target's needs by weight, from 0 to 1.

    ``learnt`` lists each new item with its cost and whether it is essential; the costs sum to ``cost``. An item costs its weight times
    the missing share: the less of a role is new, the easier each part of it is to learn.
    """

    origin: Named
    target: Named
    cost: float
    share: float
    learnt: tuple[tuple[Named, float, bool], ...]

    def as_dict(self) -> dict[str, Any]:
        """Return the value as a JSON object."""
        learnt = [{**item.as_dict(), "cost": cost, "essential": essential} for item, cost, essential in self.learnt]
        return {"from": self.origin.as_dict(), "to": self.target.as_dict(), "cost": self.cost, "share": self.share, "learnt": learnt}


@dataclass(frozen=True)
class Route:
    """A route from one role to another."""

    steps: tuple[Step, ...]

    @property
    def cost(self) -> float:
        """The sum of the costs of the steps."""
        return sum(step.cost for step in self.steps)

    def as_dict(self) -> dict[str, Any]:
        """Return the value as a JSON object."""
        return {"cost": self.cost, "steps": [step.as_dict() for step in self.steps]}


@dataclass(frozen=True)
class Paths:
    """The cheapest routes, the cheapest first. The direct step is considered too, however large it is.

    If the two roles cannot be compared, ``hindrance`` is the reason, and there is no direct step: its cost is unknown.
    """

    origin: Named
    target: Named
    routes: tuple[Route, ...]
    hindrance: str = ""

    @property
    def roles(self) -> tuple[Named, ...]:
        """The roles on all routes, those at both ends first, each once."""
        between = (step.target for route in self.routes for step in route.steps)
        return tuple(dict.fromkeys((self.origin, self.target, *between)))

    def as_dict(self) -> dict[str, Any]:
        """Return the value as a JSON object."""
        document: dict[str, Any] = {"from": self.origin.as_dict(), "to": self.target.as_dict(), "smallestShare": weights.STEP}
        if self.hindrance:
            document["notComparable"] = self.hindrance
        return {**document, "routes": [route.as_dict() for route in self.routes]}

    def table(self) -> list[list[str]]:
        """Return the rows of the CSV: a header, and one row per item to learn and step, or one row if a step has none."""
        rows = [["route", "route_cost", "step", "from", "to", "to_label", "step_cost", "share", "item", "label", "cost", "necessity"]]
        for number, route in enumerate(self.routes, 1):
            for place, step in enumerate(route.steps, 1):
                start = [str(number), f"{route.cost:.6f}", str(place), step.origin.iri, step.target.iri, step.target.label]
                start += [f"{step.cost:.6f}", f"{step.share:.6f}"]
                learnt = [
                    [item.iri, item.label, f"{cost:.6f}", "essential" if essential else "optional"]
                    for item, cost, essential in step.learnt
                ]
                rows += [[*start, *cells] for cells in learnt or [["", "", "", ""]]]
        return rows


def edges(index: Index) -> Edges:
    """Return the possible steps: to each role of whose needs the role before covers at least :data:`weights.STEP`, by weight."""
    having = index.direct.copy()
    having.data[:] = 1.0
    having = having.T.tocsr()
    count = len(index.totals)
    blocks = []
    for first in range(0, count, CHUNK):
        covered: Figures = (index.needs[first : first + CHUNK] @ having).toarray()
        totals = index.totals[first : first + CHUNK, None]
        covered[np.arange(len(covered)), np.arange(first, first + len(covered))] = 0.0  # no step from a role to itself
        targets, origins = np.nonzero((covered >= weights.STEP * totals * weights.EXACT) & (covered > 0))
        missing = np.maximum(totals[targets, 0] - covered[targets, origins], 0.0)
        blocks.append(np.stack([origins, targets + first, missing * missing / totals[targets, 0]]))
    start, end, costs = np.concatenate(blocks, axis=1) if blocks else np.zeros((3, 0))
    order = np.lexsort((end, start))
    indptr = np.searchsorted(start[order], np.arange(count + 1))
    return sparse.csr_array((costs[order], end[order].astype(np.int32), indptr.astype(np.int32)), shape=(count, count))


class StepGraph:
    """The steps towards one target, with a direct step from the origin, and the remaining cost of each role.

    :param edges: all steps
    :param direct: cost of the direct step; infinite if there is none
    """

    def __init__(self, edges: Edges, origin: int, target: int, direct: float) -> None:
        self._edges, self._direct = edges, (origin, target, direct)
        self._steps: dict[int, dict[int, float]] = {}
        back = sparse.csr_array((edges.data, edges.indices, edges.indptr), shape=edges.shape).T.tocsr()
        self._left = csgraph.dijkstra(back, indices=target).tolist()
        self._left[origin] = min(self._left[origin], direct)

    def steps(self, role: int) -> dict[int, float]:
        """Return the roles that are one step away and lead to the target, with the cost of the step."""
        if role not in self._steps:
            start, end = self._edges.indptr[role : role + 2]
            pairs = zip(self._edges.indices[start:end].tolist(), self._edges.data[start:end].tolist(), strict=True)
            self._steps[role] = {other: cost for other, cost in pairs if self._left[other] < np.inf}
            if role == self._direct[0] and self._direct[2] < np.inf:
                self._steps[role][self._direct[1]] = self._direct[2]
        return self._steps[role]

    def left(self, role: int) -> float:
        """Return the lowest cost from a role to the target."""
        cost: float = self._left[role]
        return cost


def cheapest(graph: StepGraph, origin: int, target: int, count: int) -> list[tuple[float, tuple[int, ...]]]:
    """Return the cheapest routes that visit no role twice, the cheapest first, as (cost, rows of roles): Yen's algorithm.

    Detours are searched with A*. The heuristic is the lowest cost to the target over all steps, which is never too high: a detour
    may use only some of the steps.
    """
    first = _search(graph, (origin,), target, frozenset())
    if first is None:
        return []
    routes, candidates, seen = [first], list[tuple[float, tuple[int, ...]]](), {first[1]}
    while len(routes) < count:
        _, last = routes[-1]
        for place in range(1, len(last)):
            root = last[:place]
            closed = frozenset(route[place] for _, route in routes if route[:place] == root)
            detour = _search(graph, root, target, closed)
            if detour and detour[1] not in seen:
                seen.add(detour[1])
                heapq.heappush(candidates, detour)
        if not candidates:
            break
        routes.append(heapq.heappop(candidates))
    return routes


def _search(graph: StepGraph, root: tuple[int, ...], target: int, closed: frozenset[int]) -> tuple[float, tuple[int, ...]] | None:
    """Return the cheapest route that starts with ``root`` and does not continue from it to a role of ``closed``."""
    spent = sum(graph.steps(role)[other] for role, other in pairwise(root))
    border = [(spent + graph.left(root[-1]), spent, root)]
    done = set(root[:-1])
    while border:
        _, spent, route = heapq.heappop(border)
        role = route[-1]
        if role == target:
            return spent, route
        if role in done:
            continue
        done.add(role)
        for other, cost in graph.steps(role).items():
            if other not in done and not (len(route) == len(root) and other in closed):
                heapq.heappush(border, (spent + cost + graph.left(other), spent + cost, (*route, other)))
    return None


def between(index: Index, steps: Edges, origin: int, target: int, count: int) -> Paths:
    """Return the cheapest routes between two roles.

    :param steps: all steps, as of :func:`edges`
    :param origin: row of the role to start from
    :param target: row of the role to reach
    :param count: most routes to return
    """
    step = _step(index, origin, target)
    bare = len(step.learnt) == len(index.learnable(target))
    hindrance = comparable.hindrance(index, origin, target) if bare else ""
    graph = StepGraph(steps, origin, target, np.inf if hindrance else step.cost)
    ranked = cheapest(graph, origin, target, count)
    routes = tuple(Route(tuple(_step(index, start, end) for start, end in pairwise(roles))) for _, roles in ranked)
    return Paths(index.role(origin), index.role(target), routes, hindrance)


def _step(index: Index, origin: int, target: int) -> Step:
    had, necessary, needs = set(index.items_of(origin)), set(index.essential_items(target)), index.learnable(target)
    new = sorted((item for item in needs if item not in had), key=lambda item: (item not in necessary, -needs[item], item))
    total = sum(needs.values())
    missing = sum(needs[item] for item in new) / total if total else 1.0
    learnt = tuple((index.item(item), needs[item] * missing, item in necessary) for item in new)
    return Step(index.role(origin), index.role(target), sum(cost for _, cost, _ in learnt), 1 - missing, learnt)
