"""Paths: the cheapest routes from role to role, by Yen's algorithm over steps of limited size."""

import heapq
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, TypeAlias

import numpy as np
from scipy.sparse import csgraph

from rolegraph.analysis import bounds, comparable, similarity, weights
from rolegraph.analysis.facts import Figures, Numbers, numbers
from rolegraph.analysis.held import Essentials, Held
from rolegraph.analysis.index import Index
from rolegraph.analysis.standing import Standing
from rolegraph.values import Named

NO_PATH = "no sensible path: no few steps between similar roles lead there within their fields and levels"


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
    essentials: Essentials
    learnt: tuple[tuple[Named, float, bool], ...]

    def as_dict(self) -> dict[str, Any]:
        """Return the value as a JSON object."""
        learnt = [{**item.as_dict(), "cost": cost, "essential": essential} for item, cost, essential in self.learnt]
        document = {"from": self.origin.as_dict(), "to": self.target.as_dict(), "essentials": self.essentials.as_dict()}
        return {**document, "share": self.share, "cost": self.cost, "learnt": learnt}


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
    """The cheapest routes, the cheapest first, and the direct step, however large it is.

    If the two roles cannot be compared, ``hindrance`` is the reason, and there is no direct step: its cost is unknown.
    """

    origin: Named
    target: Named
    routes: tuple[Route, ...]
    direct: Step | None
    hindrance: str = ""

    @property
    def reason(self) -> str:
        """Why there is no route, or no direct step; empty if there are routes."""
        return self.hindrance or ("" if self.routes else NO_PATH)

    @property
    def roles(self) -> tuple[Named, ...]:
        """The roles on all routes, those at both ends first, each once."""
        between = (step.target for route in self.routes for step in route.steps)
        return tuple(dict.fromkeys((self.origin, self.target, *between)))

    def as_dict(self) -> dict[str, Any]:
        """Return the value as a JSON object."""
        document: dict[str, Any] = {"from": self.origin.as_dict(), "to": self.target.as_dict(), "smallestShare": weights.STEP}
        document |= {"mostSteps": weights.MOST_STEPS, "direct": self.direct.as_dict() if self.direct else None}
        if self.hindrance:
            document["notComparable"] = self.hindrance
        elif not self.routes:
            document["noPath"] = NO_PATH
        return {**document, "routes": [route.as_dict() for route in self.routes]}

    def table(self) -> list[list[str]]:
        """Return the rows of the CSV: a header, and one row per item to learn and step, or one row if a step has none.

        Where there is no path, route 0 is the direct step.
        """
        rows = [["route", "route_cost", "step", "from", "to", "to_label", "step_cost", "share", "item", "label", "cost", "necessity"]]
        shown = self.routes or ((Route((self.direct,)),) if self.direct else ())
        for number, route in enumerate(shown, 1 if self.routes else 0):
            for place, step in enumerate(route.steps, 1):
                start = [str(number), f"{route.cost:.6f}", str(place), step.origin.iri, step.target.iri, step.target.label]
                start += [f"{step.cost:.6f}", f"{step.share:.6f}"]
                learnt = [
                    [item.iri, item.label, f"{cost:.6f}", "essential" if essential else "optional"]
                    for item, cost, essential in step.learnt
                ]
                rows += [[*start, *cells] for cells in learnt or [["", "", "", ""]]]
        return rows


class StepGraph:
    """The steps towards one target, and a lower bound of the remaining cost of each role.

    :param standing: the fields and levels of the roles
    """

    def __init__(self, index: Index, origin: int, target: int, standing: Standing) -> None:
        self._index, self._standing, self._target = index, standing, target
        self._allowed = standing.between(origin, target)
        self._steps: dict[int, tuple[Numbers, Figures]] = {}
        self._left: Figures = csgraph.dijkstra(index.least_costs, indices=target) * bounds.ROUNDING

    def steps(self, role: int) -> tuple[Numbers, Figures]:
        """Return the roles that are one step away and may lead to the target, and the costs of the steps."""
        if role not in self._steps:
            others, costs = self._from(role)
            leads = self._allowed[others] & np.isfinite(self._left[others]) & self._standing.rising(role, others, self._target)
            others, costs = others[leads], costs[leads]
            is_like = np.isin(others, self._like(role))
            self._steps[role] = others[is_like], costs[is_like]
        return self._steps[role]

    def _like(self, role: int) -> Numbers:
        """Return the rows of the roles most similar to a role, of those that the same sources describe."""
        index = self._index
        sources = {source for _, source in index.claimed(role)}
        described = np.unique(np.concatenate([np.zeros(0, dtype=np.int32), *(index.stated_by(source) for source in sources)]))
        described = described[described != role]
        similarities = similarity.scores(index, role)[described]
        order = np.lexsort((described, -np.round(similarities, similarity.DIGITS)))
        like: Numbers = described[order[: weights.LIKE]]
        return like

    def cost(self, roles: Sequence[int]) -> float:
        """Return the cost of the steps from role to role."""
        spent = 0.0
        for role, other in pairwise(roles):
            others, costs = self.steps(role)
            spent += float(costs[others == other][0])
        return spent

    def onwards(self, ranked: "Ranked", most: float) -> list[tuple[float, int, float]]:
        """Return the next roles of routes that continue another one: the least cost of the route, the role, and the cost up to it.

        :param most: only routes that may cost at most this
        """
        others, costs = self.steps(ranked[-1][-1])
        reached = ranked[0] + costs
        least = reached + self._left[others]
        kept = least <= most
        return list(zip(least[kept].tolist(), others[kept].tolist(), reached[kept].tolist(), strict=True))

    def _from(self, role: int) -> tuple[Numbers, Figures]:
        """Return the roles that are one step away, and the costs."""
        index, steps = self._index, self._index.steps
        if steps is not None:
            own = slice(*steps.indptr[role : role + 2])
            return steps.indices[own], steps.data[own]
        having = np.zeros(index.direct.shape[1])
        having[index.items_of(role)] = 1.0
        covered = index.needs @ having
        covered[role] = 0.0  # no step from a role to itself
        others = numbers(bounds.is_step(covered, index.totals))
        return others, bounds.cost_of(covered[others], index.totals[others])


Ranked: TypeAlias = tuple[float, int, tuple[int, ...]]
"""A route as cost, number of roles, and rows of the roles: of routes that cost the same, the one of fewer steps comes first."""


def cheapest(graph: StepGraph, origin: int, target: int, count: int) -> list[Ranked]:
    """Return the cheapest routes that visit no role twice, the cheapest first: Yen's algorithm.

    Detours are searched with A*, guided by lower bounds of the remaining costs.
    """
    first = _search(graph, (origin,), target, frozenset())
    if first is None:
        return []
    routes, candidates, seen = [first], list[Ranked](), {first[-1]}
    while len(routes) < count:
        last = routes[-1][-1]
        for place in range(1, len(last)):
            root = last[:place]
            closed = frozenset(route[place] for _, _, route in routes if route[:place] == root)
            detour = _search(graph, root, target, closed)
            if detour and detour[-1] not in seen:
                seen.add(detour[-1])
                heapq.heappush(candidates, detour)
        if not candidates:
            break
        routes.append(heapq.heappop(candidates))
    return routes


def _search(graph: StepGraph, root: tuple[int, ...], target: int, closed: frozenset[int]) -> Ranked | None:
    """Return the first route that starts with ``root`` and does not continue from it to a role of ``closed``.

    It is the same whatever the lower bounds are: a whole route is taken from the border after all that may cost as little.
    """
    border = [(0.0, False, (graph.cost(root), len(root), root))]
    best: dict[tuple[int, int], Ranked] = {}  # by role and number of roles: the cheapest way there may leave too few steps
    most = np.inf  # the cost of the cheapest whole route in the border
    while border:
        _, is_whole, ranked = heapq.heappop(border)
        if is_whole:
            return ranked
        _, length, route = ranked
        if length > weights.MOST_STEPS or ((route[-1], length) in best and best[route[-1], length] <= ranked):
            continue
        best[route[-1], length] = ranked
        for least, other, reached in graph.onwards(ranked, most):
            if other in route or (length == len(root) and other in closed):
                continue
            further = reached, length + 1, (*route, other)
            if other == target:
                most = min(most, reached)
                heapq.heappush(border, (reached, True, further))
            elif (other, length + 1) not in best or further < best[other, length + 1]:
                heapq.heappush(border, (least, False, further))
    return None


def between(index: Index, origin: int, target: int, count: int, standing: Standing | None = None) -> Paths:
    """Return the cheapest routes between two roles.

    A step leads to a role of whose needs enough is covered, and that is one of the most similar ones. A route has few steps, and leads
    through roles in the field of one of its ends; its levels rise or fall from that of the one end to that of the other.

    :param origin: row of the role to start from
    :param target: row of the role to reach
    :param count: most routes to return
    :param standing: the fields and levels of the roles; None for those that are stated without job zones
    """
    step = _step(index, origin, target)
    bare = len(step.learnt) == len(index.learnable(target))
    hindrance = comparable.hindrance(index, origin, target) if bare else ""
    graph = StepGraph(index, origin, target, standing or Standing(index, {}))
    ranked = cheapest(graph, origin, target, count)
    routes = tuple(Route(tuple(_step(index, start, end) for start, end in pairwise(roles))) for _, _, roles in ranked)
    return Paths(index.role(origin), index.role(target), routes, None if hindrance else step, hindrance)


def _step(index: Index, origin: int, target: int) -> Step:
    had, necessary, needs = set(index.items_of(origin)), set(index.essential_items(target)), index.learnable(target)
    new = sorted((item for item in needs if item not in had), key=lambda item: (item not in necessary, -needs[item], item))
    total = sum(needs.values())
    missing = sum(needs[item] for item in new) / total if total else 1.0
    learnt = tuple((index.item(item), needs[item] * missing, item in necessary) for item in new)
    essentials = Held(index, index.items_of(origin)).essentials_of(target)
    return Step(index.role(origin), index.role(target), sum(cost for _, cost, _ in learnt), 1 - missing, essentials, learnt)
