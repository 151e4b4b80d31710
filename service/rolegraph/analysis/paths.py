"""The cheapest routes from role to role, a step at a time: Yen's algorithm over the steps that are not too large."""

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

CHUNK = 512  # roles at a time
Edges: TypeAlias = sparse.csr_array
"""For each role, by row, the roles that one step leads to, with what the step costs; a stored 0 is a step that costs nothing."""


@dataclass(frozen=True)
class Step:
    """One step of a route: ``share`` is what is there of all that the target needs, by weight.

    ``learnt`` holds each item that is new, what it costs, and whether it is essential; they sum to ``cost``. An item costs its weight times
    the share that is missing: the less of a role is new, the easier each part of it is learnt.
    """

    origin: Named
    target: Named
    cost: float
    share: float
    learnt: tuple[tuple[Named, float, bool], ...]

    def as_dict(self) -> dict[str, Any]:
        """Return it as JSON."""
        learnt = [{**item.as_dict(), "cost": cost, "essential": essential} for item, cost, essential in self.learnt]
        return {"from": self.origin.as_dict(), "to": self.target.as_dict(), "cost": self.cost, "share": self.share, "learnt": learnt}


@dataclass(frozen=True)
class Route:
    """A way from role to role: its cost is the sum of that of its steps."""

    steps: tuple[Step, ...]

    @property
    def cost(self) -> float:
        """What all steps together cost."""
        return sum(step.cost for step in self.steps)

    def as_dict(self) -> dict[str, Any]:
        """Return it as JSON."""
        return {"cost": self.cost, "steps": [step.as_dict() for step in self.steps]}


@dataclass(frozen=True)
class Paths:
    """The cheapest routes, the cheapest first; to go there at once is one of those that were looked at, however large a step that is.

    But where the two roles cannot be compared, for what ``hindrance`` says, it is not known how large that step is.
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
        """Return it as JSON."""
        found: dict[str, Any] = {"from": self.origin.as_dict(), "to": self.target.as_dict(), "smallestShare": weights.STEP}
        if self.hindrance:
            found["notComparable"] = self.hindrance
        return {**found, "routes": [route.as_dict() for route in self.routes]}

    def table(self) -> list[list[str]]:
        """Return a header and a row for each item that is learnt at a step, one for a step where nothing is: the CSV form."""
        rows = [["route", "route_cost", "step", "from", "to", "to_label", "step_cost", "share", "item", "label", "cost", "necessity"]]
        for number, route in enumerate(self.routes, 1):
            for place, step in enumerate(route.steps, 1):
                start = [str(number), f"{route.cost:.6f}", str(place), step.origin.iri, step.target.iri, step.target.label]
                start += [f"{step.cost:.6f}", f"{step.share:.6f}"]
                learnt = [[item.iri, item.label, f"{cost:.6f}", "essential" if own else "optional"] for item, cost, own in step.learnt]
                rows += [[*start, *cells] for cells in learnt or [["", "", "", ""]]]
        return rows


def edges(index: Index) -> Edges:
    """Return the steps that can be taken: to a role of whose needs the role before has at least weights.STEP, by weight."""
    having = index.direct.copy()
    having.data[:] = 1.0
    having = having.T.tocsr()
    count = len(index.totals)
    found = []
    for first in range(0, count, CHUNK):
        there: Figures = (index.needs[first : first + CHUNK] @ having).toarray()
        totals = index.totals[first : first + CHUNK, None]
        there[np.arange(len(there)), np.arange(first, first + len(there))] = 0.0  # nobody goes where they are
        targets, origins = np.nonzero((there >= weights.STEP * totals * weights.EXACT) & (there > 0))
        missing = np.maximum(totals[targets, 0] - there[targets, origins], 0.0)
        found.append(np.stack([origins, targets + first, missing * missing / totals[targets, 0]]))
    start, end, costs = np.concatenate(found, axis=1) if found else np.zeros((3, 0))
    order = np.lexsort((end, start))
    indptr = np.searchsorted(start[order], np.arange(count + 1))
    return sparse.csr_array((costs[order], end[order].astype(np.int32), indptr.astype(np.int32)), shape=(count, count))


class StepGraph:
    """The steps towards one target, with the step that leads there at once from an origin, and what is left from each role at least.

    :param direct: what the step costs that leads there at once; infinite where there is none
    """

    def __init__(self, found: Edges, origin: int, target: int, direct: float) -> None:
        self._found, self._direct = found, (origin, target, direct)
        self._steps: dict[int, dict[int, float]] = {}
        back = sparse.csr_array((found.data, found.indices, found.indptr), shape=found.shape).T.tocsr()
        self._left = csgraph.dijkstra(back, indices=target).tolist()
        self._left[origin] = min(self._left[origin], direct)

    def steps(self, role: int) -> dict[int, float]:
        """Return the roles that one step leads to and from which the target can be reached, with what the step costs."""
        if role not in self._steps:
            start, end = self._found.indptr[role : role + 2]
            pairs = zip(self._found.indices[start:end].tolist(), self._found.data[start:end].tolist(), strict=True)
            self._steps[role] = {other: cost for other, cost in pairs if self._left[other] < np.inf}
            if role == self._direct[0] and self._direct[2] < np.inf:
                self._steps[role][self._direct[1]] = self._direct[2]
        return self._steps[role]

    def left(self, role: int) -> float:
        """Return what it costs from a role to the target at least."""
        found: float = self._left[role]
        return found


def cheapest(known: StepGraph, origin: int, target: int, count: int) -> list[tuple[float, tuple[int, ...]]]:
    """Return the cheapest routes without a role twice, the cheapest first, as (cost, roles): Yen's algorithm.

    A detour is searched for with the cost that is left to the target, of all routes, as the guess (A*): it never is too high, since a
    detour only lacks some of the steps.
    """
    first = _search(known, (origin,), target, frozenset())
    if first is None:
        return []
    routes, candidates, seen = [first], list[tuple[float, tuple[int, ...]]](), {first[1]}
    while len(routes) < count:
        _, last = routes[-1]
        for place in range(1, len(last)):
            root = last[:place]
            closed = frozenset(way[place] for _, way in routes if way[:place] == root)
            detour = _search(known, root, target, closed)
            if detour and detour[1] not in seen:
                seen.add(detour[1])
                heapq.heappush(candidates, detour)
        if not candidates:
            break
        routes.append(heapq.heappop(candidates))
    return routes


def _search(known: StepGraph, root: tuple[int, ...], target: int, closed: frozenset[int]) -> tuple[float, tuple[int, ...]] | None:
    """Return the cheapest route that begins with some roles and does not go on from there to one of ``closed``."""
    spent = sum(known.steps(one)[other] for one, other in pairwise(root))
    border = [(spent + known.left(root[-1]), spent, root)]
    done = set(root[:-1])
    while border:
        _, spent, way = heapq.heappop(border)
        role = way[-1]
        if role == target:
            return spent, way
        if role in done:
            continue
        done.add(role)
        for other, cost in known.steps(role).items():
            if other not in done and not (len(way) == len(root) and other in closed):
                heapq.heappush(border, (spent + cost + known.left(other), spent + cost, (*way, other)))
    return None


def between(index: Index, found: Edges, origin: int, target: int, count: int) -> Paths:
    """Return the cheapest routes from a role to another one."""
    step = _step(index, origin, target)
    bare = len(step.learnt) == len(index.learnable(target))
    hindrance = comparable.hindrance(index, origin, target) if bare else ""
    known = StepGraph(found, origin, target, np.inf if hindrance else step.cost)
    ways = cheapest(known, origin, target, count)
    routes = tuple(Route(tuple(_step(index, one, other) for one, other in pairwise(way))) for _, way in ways)
    return Paths(index.role(origin), index.role(target), routes, hindrance)


def _step(index: Index, origin: int, target: int) -> Step:
    had, necessary, needs = set(index.items_of(origin)), set(index.essential_items(target)), index.learnable(target)
    new = sorted((item for item in needs if item not in had), key=lambda item: (item not in necessary, -needs[item], item))
    total = sum(needs.values())
    missing = sum(needs[item] for item in new) / total if total else 1.0
    learnt = tuple((index.item(item), needs[item] * missing, item in necessary) for item in new)
    return Step(index.role(origin), index.role(target), sum(cost for _, cost, _ in learnt), 1 - missing, learnt)
