"""The least that each step between roles can cost: that guides the search for paths, which computes the exact costs of steps it takes.

A write changes the idf of most items a little, and so the exact cost of every step; computing all of them again takes far longer than
lowering those of an earlier revision by the little that they may have changed.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from rolegraph.analysis import weights
from rolegraph.analysis.facts import Figures, Numbers, numbers
from rolegraph.texts import GONE

CHUNK = 512  # roles per block
SLACK = 0.98  # of the limit of a step: a pair of roles that is a little below it may be a step after a write
BAND = 0.005  # the relative change of an idf up to which old costs are lowered: (1 - BAND) / (1 + BAND) is above SLACK
SHARE = 0.1  # of the roles: if more steps than those of these are to be computed again, all are
ROUNDING = 1 - 1e-9  # costs are sums, which are rounded


Flags = NDArray[np.bool_]
Costs = tuple[Numbers, Numbers, Figures]
"""Role to reach, role to start from, and cost of several pairs."""


class Weighed(Protocol):
    """What costs depend on; see :class:`~rolegraph.analysis.index.Index`."""

    @property
    def idf(self) -> Figures:
        """The inverse document frequency of each item."""

    @property
    def direct(self) -> sparse.csr_array:
        """The items of each role."""

    @property
    def needs(self) -> sparse.csr_array:
        """The weights of the items to learn for each role."""

    @property
    def totals(self) -> Figures:
        """The sums of the rows of ``needs``."""


@dataclass(frozen=True)
class Basis:
    """The costs of the steps of some revision, and what became of its roles and items since.

    ``costs`` (float64 CSR) has a row for each role to reach, and in it the roles that a step leads from; ``near`` has what is nearly a
    step. ``idf`` (float64) is by item of that revision, and ``items`` (int32) the present item of each; ``rows`` (int32) is the row of
    each present role in that revision, or :data:`GONE` for a new role, and for one whose items changed.
    """

    costs: sparse.csr_array
    near: sparse.csr_array
    idf: Figures
    rows: Numbers
    items: Numbers

    @classmethod
    def of(cls, weighed: Weighed, costs: tuple[sparse.csr_array, sparse.csr_array] | None = None) -> "Basis":
        """Return the basis of the present revision.

        :param costs: its ``costs`` and ``near``, if they are known already
        """
        rows, items = (np.arange(size, dtype=np.int32) for size in weighed.direct.shape)
        return cls(*(costs or built(weighed)), weighed.idf, rows, items)

    def following(self, copied: Numbers, column: Numbers) -> "Basis":
        """Return the same basis for a later revision.

        :param copied: the row of each role now, :data:`GONE` for a new role, and one whose items changed
        :param column: the item now of each item
        """
        rows = np.where(copied == GONE, GONE, self.rows[copied])
        return replace(self, rows=rows, items=np.where(self.items == GONE, GONE, column[self.items]))

    def least_costs(self, weighed: Weighed) -> sparse.csr_array | None:
        """Return a lower bound of the cost of each step of the present revision, and of a few pairs of roles that are no step.

        The result is None if so much has changed that all costs should be computed again.
        """
        if self.is_of(weighed):
            return self.costs
        count, moved = len(self.rows), (self.items != GONE) & (self.idf > 0)
        ratio = np.ones(len(self.idf))
        ratio[moved] = weighed.idf[self.items[moved]] / self.idf[moved]
        is_other = np.abs(ratio - 1) > BAND
        needing = np.zeros(weighed.direct.shape[1], dtype=bool)
        needing[self.items[is_other]] = True
        targets = self.rows == GONE
        targets[np.searchsorted(weighed.needs.indptr, np.flatnonzero(needing[weighed.needs.indices]), side="right") - 1] = True
        if targets.sum() > SHARE * count:
            return None
        # a missing part that weighs m of t in all costs m * m / t
        least = ratio[~is_other].min(initial=1.0) ** 2 / ratio[~is_other].max(initial=1.0)
        origins = numbers(self.rows == GONE)
        old = [self._old(matrix, targets, least) for matrix in (self.costs, self.near)]
        fresh = [_pairs(weighed, numbers(targets), None), _pairs(weighed, numbers(~targets), origins)]
        return _matrix([*old, *(pairs[:3] for pairs in fresh)], count)

    def renewed(self, weighed: Weighed) -> "Basis":
        """Return the basis of the present revision: this one, if nothing has changed since."""
        return self if self.is_of(weighed) else Basis.of(weighed)

    def is_of(self, weighed: Weighed) -> bool:
        """Return whether the costs are those of the present revision."""
        count = len(self.rows)
        is_same = count == self.costs.shape[0] and bool((self.rows == np.arange(count)).all())
        return is_same and np.array_equal(self.idf, weighed.idf)

    def _old(self, costs: sparse.csr_array, targets: Flags, least: float) -> Costs:
        """Return the pairs of roles that did not change, with the old costs, lowered.

        :param targets: the roles to reach whose steps are computed again
        """
        row_of = np.full(costs.shape[0], GONE, dtype=np.int32)
        still = np.flatnonzero(self.rows != GONE)
        row_of[self.rows[still]] = still
        origin = row_of[costs.indices]
        row_of[self.rows[targets & (self.rows != GONE)]] = GONE
        target = np.repeat(row_of, np.diff(costs.indptr))
        kept = (origin != GONE) & (target != GONE)
        return target[kept], origin[kept], costs.data[kept] * least


def built(weighed: Weighed) -> tuple[sparse.csr_array, sparse.csr_array]:
    """Return the costs of all steps, and of the pairs of roles that are nearly a step; see :class:`Basis`."""
    count = weighed.direct.shape[0]
    row, column, cost, is_one = _pairs(weighed, np.arange(count, dtype=np.int32), None)
    steps, near = (_matrix([(row[kept], column[kept], cost[kept])], count) for kept in (is_one, ~is_one))
    return steps, near


def _matrix(pairs: Sequence[Costs], count: int) -> sparse.csr_array:
    row, column, cost = (np.concatenate(arrays) for arrays in zip(*pairs, strict=True))
    order = np.argsort(row, kind="stable")  # of a few sequences that are sorted already
    indptr = np.concatenate([[0], np.cumsum(np.bincount(row, minlength=count))])
    return sparse.csr_array((cost[order], column[order].astype(np.int32), indptr.astype(np.int32)), shape=(count, count))


def _pairs(weighed: Weighed, targets: Numbers, origins: Numbers | None) -> tuple[Numbers, Numbers, Figures, Flags]:
    """Return the steps, and what is nearly one: role to reach, role to start from, cost, and whether it is a step.

    :param targets: rows of the roles to reach
    :param origins: rows of the roles to start from; None is all roles
    """
    found = [(np.zeros(0, dtype=np.int32), np.zeros(0, dtype=np.int32), np.zeros(0), np.zeros(0, dtype=bool))]
    if origins is not None and not len(origins):
        return found[0]
    among = weighed.direct if origins is None else weighed.direct[origins]
    having = sparse.csr_array((np.ones(among.nnz), among.indices, among.indptr), shape=among.shape).T.tocsr()
    for first in range(0, len(targets), CHUNK):
        rows = targets[first : first + CHUNK]
        covered = weighed.needs[rows] @ having
        target = np.repeat(rows, np.diff(covered.indptr)).astype(np.int32)
        origin = covered.indices if origins is None else origins[covered.indices].astype(np.int32)
        kept = is_step(covered.data, weighed.totals[target], SLACK) & (target != origin)
        target, origin, part = target[kept], origin[kept], covered.data[kept]
        total = weighed.totals[target]
        found.append((target, origin, cost_of(part, total), is_step(part, total)))
    row, column, cost, is_one = (np.concatenate(arrays) for arrays in zip(*found, strict=True))
    return row, column, cost, is_one


def is_step(covered: Figures, total: Figures, slack: float = 1.0) -> Flags:
    """Return whether a role covers enough of the needs of another one for a step to it; both are weights."""
    return (covered >= slack * weights.STEP * total * weights.EXACT) & (covered > 0)


def cost_of(covered: Figures, total: Figures) -> Figures:
    """Return the cost of a step to a role of whose needs a part is covered; both are weights."""
    missing = np.maximum(total - covered, 0.0)
    cost: Figures = missing * missing / total
    return cost
