"""The weights of the items of each role as sparse matrices; after a write, only the rows of roles whose items changed are built again."""

from collections.abc import Mapping
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from rolegraph.analysis import weights
from rolegraph.analysis.facts import Facts, Figures, Numbers
from rolegraph.analysis.items import Items

SHARE = 0.1  # of the roles: if more changed, all rows are built again
NO_PLACE = -1
_LEARNT = np.array([name in weights.LEARNT for name in weights.NAMES])
_ESSENTIAL = np.array([name in weights.ESSENTIAL for name in weights.NAMES])
_ESSENTIAL_SKILL = weights.NAMES.index("essentialSkill")
_FACETS = len(weights.NAMES)

Keys = NDArray[np.int64]


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
        :param rows: rows of the roles; None is all roles
        """
        claims = facts.claims
        if rows is not None:
            claims = claims[np.isin(claims[:, 0], facts.roles[rows])]
        role, facet, item = np.searchsorted(facts.roles, claims[:, 0]).astype(np.int32), claims[:, 1], items.item_of[claims[:, 2]]
        weight = np.array([facets[name] for name in weights.NAMES])[facet] * _importance(facts, items, claims)
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

    def following(self, old: tuple[Facts, Items], facts: Facts, items: Items, facets: Mapping[str, float]) -> "Matrices":
        """Return the same as :meth:`build` of all roles. Where few facts differ, most rows are copied.

        :param old: the facts and items of these matrices, which have the same weights of facets
        """
        change = _Change(*old, facts, items)
        if not change.is_small:
            return Matrices.build(facts, items, facets)
        rows = change.rows(self.expanded)
        if len(rows) > SHARE * len(facts.roles):
            return Matrices.build(facts, items, facets)
        fresh = Matrices.build(facts, items, facets, rows)
        copied = change.old_rows
        copied[rows] = NO_PLACE

        def joined(name: str) -> sparse.csr_array:
            return _joined(getattr(self, name), getattr(fresh, name), copied, change.column)

        return Matrices(**{field.name: joined(field.name) for field in fields(Matrices)})


class _Change:
    """What differs between the facts of two revisions.

    ``place`` and ``column`` are the new place and item of each old one, :data:`NO_PLACE` for those that are gone. It ``is_small`` if items
    were only added or removed: none was split, joined to another, or moved before another.
    """

    def __init__(self, old_facts: Facts, old_items: Items, facts: Facts, items: Items) -> None:
        self._old, self._old_items, self._new, self._items = old_facts, old_items, facts, items
        self.place = np.zeros(len(old_facts.names), dtype=np.int32)
        stay = np.arange(len(facts.names), dtype=np.int32)
        if old_facts.names is not facts.names:  # both are sorted, so those that stay keep their order
            self.place[[old_facts.places[name] for name in old_facts.places.keys() - facts.places.keys()]] = NO_PLACE
            stay = np.delete(stay, [facts.places[name] for name in facts.places.keys() - old_facts.places.keys()])
        self.place[self.place == 0] = stay
        self.is_small = False
        if not (len(old_items) and len(items) and len(old_facts.roles)):
            return
        kept = self.place >= 0
        items_before, items_now = old_items.item_of[kept], items.item_of[self.place[kept]]
        self.column = np.full(len(old_items), NO_PLACE, dtype=np.int32)
        self.column[items_before] = items_now
        columns = self.column[self.column >= 0]
        self.is_small = bool((self.column[items_before] == items_now).all() and (np.diff(columns) > 0).all())

    @property
    def old_rows(self) -> Numbers:
        """The old row of each role, :data:`NO_PLACE` for a new role."""
        moved = self.place[self._old.roles]
        rows = np.full(len(self._new.roles), NO_PLACE, dtype=np.int32)
        still = np.flatnonzero(np.isin(moved, self._new.roles))
        rows[np.searchsorted(self._new.roles, moved[still])] = still
        return rows

    def rows(self, expanded: sparse.csr_array) -> Numbers:
        """Return the rows of all roles whose items, or what their weights depend on, changed.

        :param expanded: the old items of each role with their broader items
        """
        old_rows = self.old_rows
        roles = [self._new.roles[old_rows == NO_PLACE], self._claiming(), self._rated()]
        old_row_of = np.full(expanded.shape[0], NO_PLACE, dtype=np.int32)
        old_row_of[old_rows[old_rows >= 0]] = np.flatnonzero(old_rows >= 0)
        # a role depends on the broader items of each of its items, which stand in its row, too
        touched = np.flatnonzero(self._narrower()[expanded.indices])
        rows = old_row_of[np.searchsorted(expanded.indptr, touched, side="right") - 1]
        changed = np.searchsorted(self._new.roles, np.concatenate(roles))
        return np.unique(np.concatenate([changed, rows[rows >= 0]])).astype(np.int32)

    def _claiming(self) -> Numbers:
        """Return the roles with other claims; which sources make a claim does not matter."""
        width = len(self._new.names)
        claims = self._old.claims[:, :3].astype(np.int64)
        claims[:, [0, 2]] = self.place[claims[:, [0, 2]]]
        gone = (claims[:, [0, 2]] == NO_PLACE).any(axis=1)
        now = self._new.claims[:, :3].astype(np.int64)
        before = claims[~gone]
        keys = _differing(*((rows[:, 0] * _FACETS + rows[:, 1]) * width + rows[:, 2] for rows in (before, now)))
        return self._roles(np.concatenate([claims[gone, 0], keys // (_FACETS * width)]))

    def _rated(self) -> Numbers:
        """Return the roles with other ratings."""
        width = len(self._new.names)
        before, now = self.place[self._old.rated].astype(np.int64), self._new.rated.astype(np.int64)
        gone = (before == NO_PLACE).any(axis=1)
        keys, keys_now = before[:, 0] * width + before[:, 1], now[:, 0] * width + now[:, 1]
        changed = _differing(keys[~gone], keys_now)
        same, at, at_now = np.intersect1d(keys[~gone], keys_now, assume_unique=True, return_indices=True)
        revalued = same[self._old.importance[~gone][at] != self._new.importance[at_now]]
        return self._roles(np.concatenate([before[gone, 0], changed // width, revalued // width]))

    def _narrower(self) -> NDArray[np.bool_]:
        """Return for each old item whether it has other broader items now, or is gone."""
        width = len(self._items)
        pairs = self.column[self._old_items.broader.pairs].astype(np.int64)
        gone = (pairs == NO_PLACE).any(axis=1)
        before, now = pairs[~gone], self._items.broader.pairs.astype(np.int64)
        keys = _differing(*(rows[:, 0] * width + rows[:, 1] for rows in (before, now)))
        touched = np.zeros(width, dtype=bool)
        touched[keys // width] = True
        narrower = np.where(self.column >= 0, touched[self.column], True)
        narrower[self._old_items.broader.pairs[gone, 0]] = True
        return narrower

    def _roles(self, places: Keys) -> Numbers:
        return np.unique(places[np.isin(places, self._new.roles)]).astype(np.int32)


def _differing(before: Keys, now: Keys) -> Keys:
    """Return the keys that are in only one of two sorted arrays."""
    before, now = (keys[np.diff(keys, prepend=-1) != 0] for keys in (before, now))
    if np.array_equal(before, now):
        return before[:0]
    both = np.sort(np.concatenate([before, now]), kind="stable")
    twice = np.zeros(len(both) + 1, dtype=bool)
    twice[1:-1] = both[1:] == both[:-1]
    return both[~(twice[1:] | twice[:-1])]


def _joined(old: sparse.csr_array, fresh: sparse.csr_array, copied: Numbers, column: Numbers) -> sparse.csr_array:
    """Return the rows of a new matrix, each from an old or from the new one.

    :param copied: the old row that each row is copied from, :data:`NO_PLACE` for the fresh ones
    :param column: the new column of each old one
    """
    is_old = copied >= 0
    starts = np.where(is_old, old.indptr[copied], old.nnz + fresh.indptr[:-1])
    lengths = np.where(is_old, np.diff(old.indptr)[copied], np.diff(fresh.indptr))
    indptr = np.concatenate([[0], np.cumsum(lengths)])
    at = np.arange(indptr[-1]) + np.repeat(starts - indptr[:-1], lengths)
    indices, data = np.concatenate([column[old.indices], fresh.indices])[at], np.concatenate([old.data, fresh.data])[at]
    return sparse.csr_array((data, indices.astype(np.int32), indptr.astype(np.int32)), shape=fresh.shape)


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


def _importance(facts: Facts, items: Items, claims: Numbers) -> Figures:
    """Return for each claim the factor by which a rating changes its weight; 1 without a rating."""
    factors = np.ones(len(claims))
    if len(facts.rated):
        width = len(items)
        rated = facts.rated[:, 0].astype(np.int64) * width + items.item_of[facts.rated[:, 1]]
        order = np.argsort(rated, kind="stable")
        key = claims[:, 0].astype(np.int64) * width + items.item_of[claims[:, 2]]
        place = np.minimum(np.searchsorted(rated[order], key), len(rated) - 1)
        hit = rated[order][place] == key
        factors[hit] = facts.importance[order][place[hit]] / weights.RATED
    return factors


def _expanded(direct: sparse.csr_array, items: Items) -> sparse.csr_array:
    """Return the items of each role with their broader concepts, whose weights decay with each step; the highest weight counts."""
    row = np.repeat(np.arange(direct.shape[0], dtype=np.int32), np.diff(direct.indptr))
    ancestors = {item: items.ancestors(item) for item in np.unique(direct.indices).tolist()}
    counts = np.zeros(direct.shape[1] + 1, dtype=np.int64)
    for item, steps in ancestors.items():
        counts[item + 1] = len(steps)
    starts = np.cumsum(counts)
    broader = np.array([ancestor for item in sorted(ancestors) for ancestor in ancestors[item]], dtype=np.int32)
    decay = np.array([weights.DECAY**step for item in sorted(ancestors) for step in ancestors[item].values()], dtype=np.float64)
    length = counts[1:][direct.indices]
    offset = np.arange(length.sum()) - np.repeat(np.cumsum(length) - length, length)
    place = np.repeat(starts[direct.indices], length) + offset
    return highest(
        np.concatenate([row, np.repeat(row, length)]),
        np.concatenate([direct.indices, broader[place]]),
        np.concatenate([direct.data, np.repeat(direct.data, length) * decay[place]]),
        direct.shape,
    )
