"""The weights of the items of each role as sparse matrices; after a write, only the rows of roles whose items changed are built again."""

from collections.abc import Mapping
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from rolegraph.analysis import weights
from rolegraph.analysis.facts import Facts, Figures, Numbers, numbers
from rolegraph.analysis.items import Above, Items, sequences
from rolegraph.analysis.union import Change, rows_of
from rolegraph.texts import GONE

SHARE = 0.1  # of the roles: if more changed, all rows are built again
_LEARNT = np.array([name in weights.LEARNT for name in weights.NAMES])
_ESSENTIAL = np.array([name in weights.ESSENTIAL for name in weights.NAMES])
_ESSENTIAL_SKILL = weights.NAMES.index("essentialSkill")


@dataclass(frozen=True)
class Matrices:
    """Roles × items, float64 CSR, sorted. Nothing here depends on more than one role: ``learnt`` is ``needs`` of the index without ``idf``.

    The others are as in :class:`~rolegraph.analysis.index.Index`.
    """

    direct: sparse.csr_array
    expanded: sparse.csr_array
    learnt: sparse.csr_array
    essential: sparse.csr_array
    essential_skills: sparse.csr_array

    @classmethod
    def build(cls, facts: Facts, items: Items, facets: Mapping[str, float], rows: Numbers | None = None) -> "Matrices":
        """Return the matrices of some roles; the rows of other roles are empty.

        :param facets: the weight of each facet
        :param rows: rows of the roles, ascending; None is all roles
        """
        claims, rated = facts.claims, Rated(facts.rated, facts.importance)
        if rows is not None:
            claims, rated = claims[rows_of(claims[:, 0], facts.roles[rows])], rated.of(facts.roles[rows])
        role, facet, item = np.searchsorted(facts.roles, claims[:, 0]).astype(np.int32), claims[:, 1], items.item_of[claims[:, 2]]
        weight = np.array([facets[name] for name in weights.NAMES])[facet] * _importance(rated, items, claims)
        shape = (len(facts.roles), len(items))
        direct = highest(role, item, weight, shape)

        def ones(chosen: NDArray[np.bool_]) -> sparse.csr_array:
            return highest(role[chosen], item[chosen], np.ones(int(chosen.sum())), shape)

        learnt = _LEARNT[facet]
        return cls(
            direct=direct,
            expanded=_expanded(direct, items),
            learnt=highest(role[learnt], item[learnt], weight[learnt], shape),
            essential=ones(_ESSENTIAL[facet]),
            essential_skills=ones(facet == _ESSENTIAL_SKILL),
        )

    def following(
        self, old: "State", new: "State", facets: Mapping[str, float], change: Change, column: Numbers
    ) -> "tuple[Matrices, Numbers] | None":
        """Return the same as :meth:`build` of all roles, and the old row of each role whose row is copied, :data:`GONE` for others.

        If so many roles changed that it is not faster, the result is None.

        :param old: the facts and items of these matrices, which have the same weights of facets
        :param new: the facts and items of a later revision
        :param change: what changed
        :param column: the new item of each old one
        """
        copied = old_rows(old[0], new[0], change.moved)
        fresh_rows = np.union1d(np.flatnonzero(copied == GONE), np.searchsorted(new[0].roles, change.roles))
        raised = self._raised_otherwise(old[1], new[1], column)
        fresh_rows = np.union1d(fresh_rows, np.flatnonzero((copied != GONE) & raised[copied]))
        if not len(copied) or not len(old[0].roles) or len(fresh_rows) > SHARE * len(copied):
            return None
        fresh = Matrices.build(*new, facets, fresh_rows.astype(np.int32))
        copied[fresh_rows] = GONE

        def joined(name: str) -> sparse.csr_array:
            return _joined(getattr(self, name), getattr(fresh, name), copied, column)

        return Matrices(**{field.name: joined(field.name) for field in fields(Matrices)}), copied

    def _raised_otherwise(self, old: Items, new: Items, column: Numbers) -> NDArray[np.bool_]:
        """Return for each old row whether one of its items has other broader items now."""
        raised = np.zeros(self.expanded.shape[0] + 1, dtype=bool)  # and for GONE
        rows, rows_now = old.above.rows, new.above.rows
        if np.array_equal(column[rows[:, :2]], rows_now[:, :2]) and np.array_equal(rows[:, 2], rows_now[:, 2]):
            return raised
        differs = np.ones(len(old), dtype=bool)
        still = numbers(column != GONE)
        differs[still] = _differing(old.above, new.above, still, column)
        touched = np.flatnonzero(differs[self.direct.indices])
        raised[np.searchsorted(self.direct.indptr, touched, side="right") - 1] = True
        return raised


State = tuple[Facts, Items]


def _differing(old: Above, new: Above, items: Numbers, column: Numbers) -> NDArray[np.bool_]:
    """Return for each of some old items whether its broader items are others now.

    :param column: the new item of each old one
    """
    (first, counts), (first_now, counts_now) = old.ranges(items), new.ranges(column[items])
    differs: NDArray[np.bool_] = counts != counts_now
    same = np.flatnonzero(~differs)
    before, now = (above.rows[sequences(start[same], counts[same])] for above, start in ((old, first), (new, first_now)))
    unlike = (column[before[:, 1]] != now[:, 1]) | (before[:, 2] != now[:, 2])
    differs[np.repeat(same, counts[same])[unlike]] = True
    return differs


def old_rows(old: Facts, new: Facts, moved: Numbers) -> Numbers:
    """Return the old row of each role, :data:`GONE` for a new role (int32).

    :param moved: the new place of each old one
    """
    before = moved[old.roles]
    rows = np.full(len(new.roles), GONE, dtype=np.int32)
    still = np.flatnonzero(np.isin(before, new.roles))
    rows[np.searchsorted(new.roles, before[still])] = still
    return rows


def _joined(old: sparse.csr_array, fresh: sparse.csr_array, copied: Numbers, column: Numbers) -> sparse.csr_array:
    """Return the rows of a new matrix, each from an old or from the new one; rows that stand side by side are copied at once.

    :param copied: the old row that each row is copied from, :data:`GONE` for the fresh ones
    :param column: the new column of each old one
    """
    is_old = copied != GONE
    lengths = np.where(is_old, np.diff(old.indptr)[copied], np.diff(fresh.indptr))
    indptr = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int32)
    breaks = np.flatnonzero((np.diff(copied) != 1) | ~is_old[1:] | ~is_old[:-1]) + 1
    indices, data = [np.zeros(0, dtype=np.int32)], [np.zeros(0)]
    ends = [*breaks.tolist(), len(copied)]
    for first, end in zip([0, *ends[:-1]], ends, strict=True):
        if is_old[first]:
            own = slice(old.indptr[copied[first]], old.indptr[copied[end - 1] + 1])
            indices.append(column[old.indices[own]])
            data.append(old.data[own])
        else:
            own = slice(fresh.indptr[first], fresh.indptr[end])
            indices.append(fresh.indices[own])
            data.append(fresh.data[own])
    return sparse.csr_array((np.concatenate(data), np.concatenate(indices), indptr), shape=fresh.shape)


def highest(row: Numbers, column: Numbers, value: Figures, shape: tuple[int, int]) -> sparse.csr_array:
    """Return a float64 CSR matrix with the highest of the values given for each cell.

    :param row: row of each value (int32)
    :param column: column of each value (int32)
    :param value: the values (float64)
    :param shape: rows and columns of the matrix
    """
    if not len(row):
        return sparse.csr_array(shape, dtype=np.float64)
    key = row.astype(np.int64) * shape[1] + column
    order = np.argsort(key, kind="stable")
    starts = np.flatnonzero(np.diff(key[order], prepend=-1))
    best, cells = np.maximum.reduceat(value[order], starts), key[order][starts]
    indptr = np.searchsorted(cells, np.arange(shape[0] + 1, dtype=np.int64) * shape[1])
    return sparse.csr_array((best, (cells % shape[1]).astype(np.int32), indptr.astype(np.int32)), shape=shape)


@dataclass(frozen=True)
class Rated:
    """Pairs of role and item (n × 2, int32, sorted), and their importance (float64)."""

    pairs: Numbers
    importance: Figures

    def of(self, roles: Numbers) -> "Rated":
        """Return the ratings of some roles."""
        rows = rows_of(self.pairs[:, 0], roles)
        return Rated(self.pairs[rows], self.importance[rows])


def _importance(rated: Rated, items: Items, claims: Numbers) -> Figures:
    """Return for each claim the factor by which a rating changes its weight; 1 without a rating."""
    factors = np.ones(len(claims))
    if len(rated.pairs):
        width = len(items)
        keys = rated.pairs[:, 0].astype(np.int64) * width + items.item_of[rated.pairs[:, 1]]
        order = np.argsort(keys, kind="stable")
        key = claims[:, 0].astype(np.int64) * width + items.item_of[claims[:, 2]]
        place = np.minimum(np.searchsorted(keys[order], key), len(keys) - 1)
        hit = keys[order][place] == key
        factors[hit] = rated.importance[order][place[hit]] / weights.RATED
    return factors


def _expanded(direct: sparse.csr_array, items: Items) -> sparse.csr_array:
    """Return the items of each role with their broader concepts, whose weights decay with each step; the highest weight counts."""
    row = np.repeat(np.arange(direct.shape[0], dtype=np.int32), np.diff(direct.indptr))
    above, length = items.above.of(direct.indices)
    decay = np.array([weights.DECAY**step for step in range(weights.STEPS + 1)])
    return highest(
        np.concatenate([row, np.repeat(row, length)]),
        np.concatenate([direct.indices, above[:, 1]]),
        np.concatenate([direct.data, np.repeat(direct.data, length) * decay[above[:, 2]]]),
        direct.shape,
    )
