"""The roles of a graph as sparse vectors over items, built once for each revision."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import cached_property

import numpy as np
from scipy import sparse

from rolegraph import equivalence
from rolegraph.analysis import weights
from rolegraph.analysis.facts import Facts, Figures, Numbers
from rolegraph.analysis.items import Items
from rolegraph.values import Named

_LEARNT = np.array([name in weights.LEARNT for name in weights.NAMES])
_SKILL = np.array([name in weights.SKILLS for name in weights.NAMES])
_ESSENTIAL = np.array([name in weights.ESSENTIAL for name in weights.NAMES])


class Index:
    """Everything that the analyses look up: roles are rows and items are columns, by number.

    ``document_frequency`` counts the roles that have an item or something below it, and ``idf`` is what that makes it tell:
    ln(1 + roles / those that have it). ``vectors`` holds the weights of a role's items and of what stands above them, times what they
    tell, each row of length 1. ``needs`` holds the weights of what has to be learnt for a role, times what the items tell; ``essential``
    a 1 for each of its essential items, and ``basic`` one for its essential skills alone, without degrees. ``skills`` are the items
    that some role names as a skill or a tool.
    """

    def __init__(self, facts: Facts, facets: Mapping[str, float] = weights.FACETS) -> None:
        self.facts = facts
        self.items = Items(facts)
        self._named: dict[int, Named] = {}
        self._stated: dict[int, Numbers] = {}
        self.rows = {int(place): row for row, place in enumerate(facts.roles)}
        role, facet = _rows(facts), facts.claims[:, 1]
        item = self.items.of[facts.claims[:, 2]] if len(facts.claims) else facts.claims[:, 2]
        weight = np.array([facets[name] for name in weights.NAMES])[facet] * _importance(facts, self.items)
        shape = (len(facts.roles), len(self.items))
        self.direct = highest(role, item, weight, shape)
        raised = _raised(self.direct, self.items)
        document_frequency = np.bincount(raised.indices, minlength=shape[1])
        self.document_frequency: Numbers = document_frequency.astype(np.int32)
        self.idf: Figures = np.where(document_frequency > 0, np.log1p(shape[0] / np.maximum(document_frequency, 1)), 0.0)
        self.expanded = raised
        self.vectors = _unit(raised @ sparse.diags_array(self.idf))
        learnt, essential = _LEARNT[facet], _ESSENTIAL[facet]
        self.needs = sparse.csr_array(highest(role[learnt], item[learnt], weight[learnt], shape) @ sparse.diags_array(self.idf))
        self.essential = highest(role[essential], item[essential], np.ones(int(essential.sum())), shape)
        self.skills = frozenset(item[_SKILL[facet]].tolist())
        self.needed = sparse.csr_array((np.ones_like(self.needs.data), self.needs.indices, self.needs.indptr), shape=shape)
        basic = facet == weights.NAMES.index("essentialSkill")
        self.essential_skills = highest(role[basic], item[basic], np.ones(int(basic.sum())), shape)
        self.totals: Figures = np.asarray(self.needs.sum(axis=1))

    @cached_property
    def sources(self) -> tuple[int, ...]:
        """The places of the sources that state anything of a role."""
        return tuple(sorted(set(self.facts.claims[:, 3].tolist())))

    @cached_property
    def named_roles(self) -> frozenset[str]:
        """The IRIs of the roles."""
        return frozenset(self.facts.names[place] for place in self.facts.roles.tolist())

    def stated_by(self, source: int) -> Numbers:
        """Return the rows of the roles of which a source states something."""
        if source not in self._stated:
            places = np.unique(self.facts.claims[self.facts.claims[:, 3] == source, 0])
            self._stated[source] = np.array([self.rows[place] for place in places.tolist()], dtype=np.int32)
        return self._stated[source]

    def role(self, row: int) -> Named:
        """Return a role by its row."""
        return self.named(int(self.facts.roles[row]))

    def item(self, number: int) -> Named:
        """Return an item by its number."""
        return self.named(self.items.places[number])

    def named(self, place: int) -> Named:
        """Return what stands at a place of ``facts.names``."""
        if place not in self._named:
            self._named[place] = Named(self.facts.names[place], self.facts.label(place))
        return self._named[place]

    def items_of(self, row: int) -> list[int]:
        """Return the items that a role has itself, in order."""
        found: list[int] = self.direct.indices[self.direct.indptr[row] : self.direct.indptr[row + 1]].tolist()
        return found

    def stated(self, row: int, facets: Collection[str] = weights.NAMES) -> set[int]:
        """Return the places of what sources state of a role by some facets, as they name it."""
        own = self.facts.claims[self._starts[row] : self._starts[row + 1]].tolist()
        return {place for _, facet, place, _ in own if weights.NAMES[facet] in facets}

    def claimed(self, row: int) -> list[tuple[int, int]]:
        """Return the places of the items that a role has, as they are named, each with the place of a source that says so."""
        return [(place, source) for _, _, place, source in self.facts.claims[self._starts[row] : self._starts[row + 1]].tolist()]

    def apart(self, stated: Mapping[str, Iterable[int]]) -> tuple[tuple[str, str], ...]:
        """Return the pairs of things that cannot be compared item by item: see :func:`rolegraph.equivalence.apart`.

        :param stated: by thing, the places of its items
        """
        names, places, of = self.facts.names, self.facts.places, self.items.of
        called = {thing: {names[place] for place in own} for thing, own in stated.items()}
        return equivalence.apart(called, called, lambda name: (names[place] for place in self._same.get(int(of[places[name]]), ())))

    def roles_apart(self, rows: Sequence[int]) -> tuple[tuple[Named, Named], ...]:
        """Return the pairs of roles that cannot be compared item by item."""
        roles = {role.iri: (role, row) for row in rows for role in [self.role(row)]}
        pairs = self.apart({iri: self.stated(row) for iri, (_, row) in roles.items()})
        return tuple((roles[one][0], roles[other][0]) for one, other in pairs)

    @cached_property
    def _same(self) -> dict[int, list[int]]:
        """The places of each item that has several names."""
        found: dict[int, list[int]] = {}
        several = np.flatnonzero(np.bincount(self.items.of) > 1)
        for place in np.flatnonzero(np.isin(self.items.of, several)).tolist():
            found.setdefault(int(self.items.of[place]), []).append(place)
        return found

    def learnable(self, row: int) -> dict[int, float]:
        """Return what has to be learnt for a role, with its weight."""
        start, end = self.needs.indptr[row : row + 2]
        return dict(zip(self.needs.indices[start:end].tolist(), self.needs.data[start:end].tolist(), strict=True))

    def learnt_by(self, rows: Numbers | None) -> frozenset[int]:
        """Return what has to be learnt for some roles, by row; None is nothing in particular."""
        return frozenset() if rows is None else frozenset(self.needs[rows].indices.tolist())

    def essential_items(self, row: int) -> list[int]:
        """Return the essential items of a role, in order."""
        found: list[int] = self.essential.indices[self.essential.indptr[row] : self.essential.indptr[row + 1]].tolist()
        return found

    def facets(self, row: int) -> dict[int, tuple[str, ...]]:
        """Return the names of the facets by which a role has each of its own items, the heaviest first."""
        found: dict[int, set[int]] = {}
        for facet, item, _ in self._claims[self._starts[row] : self._starts[row + 1]].tolist():
            found.setdefault(item, set()).add(facet)
        return {item: tuple(weights.NAMES[facet] for facet in sorted(facets)) for item, facets in found.items()}

    def degrees(self, row: int) -> dict[int, list[int]]:
        """Return the degrees that a role requires, by the source that does: several of one source are alternatives."""
        found: dict[int, list[int]] = {}
        facet = weights.NAMES.index("requiredDegree")
        for one, item, source in self._claims[self._starts[row] : self._starts[row + 1]].tolist():
            if one == facet:
                found.setdefault(source, []).append(item)
        return found

    @cached_property
    def choices(self) -> tuple[int, ...]:
        """The rows of the roles for which some source requires one of several degrees."""
        claims = self.facts.claims
        required = claims[claims[:, 1] == weights.NAMES.index("requiredDegree")]
        pairs, counts = np.unique(required[:, [0, 3]], axis=0, return_counts=True)
        return tuple(sorted({self.rows[role] for role in pairs[counts > 1, 0].tolist()}))

    def claims(self, row: int) -> list[tuple[str, int, int]]:
        """Return the claims about a role, as (name of the facet, item, place of the source)."""
        own = self._claims[self._starts[row] : self._starts[row + 1]].tolist()
        return [(weights.NAMES[facet], item, source) for facet, item, source in own]

    @cached_property
    def _claims(self) -> Numbers:
        claims = self.facts.claims
        return np.stack([claims[:, 1], self.items.of[claims[:, 2]], claims[:, 3]], axis=1) if len(claims) else claims[:, 1:]

    @cached_property
    def _starts(self) -> Numbers:
        return np.searchsorted(_rows(self.facts), np.arange(len(self.facts.roles) + 1)).astype(np.int32)


def highest(row: Numbers, column: Numbers, value: Figures, shape: tuple[int, int]) -> sparse.csr_array:
    """Return a matrix that holds in each cell the highest of its values."""
    if not len(row):
        return sparse.csr_array(shape, dtype=np.float64)
    key = row.astype(np.int64) * shape[1] + column
    order = np.argsort(key, kind="stable")
    starts = np.flatnonzero(np.diff(key[order], prepend=-1))
    best, cells = np.maximum.reduceat(value[order], starts), key[order][starts]
    indptr = np.searchsorted(cells, np.arange(shape[0] + 1, dtype=np.int64) * shape[1])
    return sparse.csr_array((best, (cells % shape[1]).astype(np.int32), indptr.astype(np.int32)), shape=shape)


def _rows(facts: Facts) -> Numbers:
    return np.searchsorted(facts.roles, facts.claims[:, 0]).astype(np.int32)


def _importance(facts: Facts, items: Items) -> Figures:
    """Return for each claim the factor by which ratings change its weight: 1 where there is none."""
    factors = np.ones(len(facts.claims))
    if len(facts.rated):
        width = len(items)
        rated = facts.rated[:, 0].astype(np.int64) * width + items.of[facts.rated[:, 1]]
        order = np.argsort(rated, kind="stable")
        key = facts.claims[:, 0].astype(np.int64) * width + items.of[facts.claims[:, 2]]
        place = np.minimum(np.searchsorted(rated[order], key), len(rated) - 1)
        hit = rated[order][place] == key
        factors[hit] = facts.importance[order][place[hit]] / weights.RATED
    return factors


def _raised(plain: sparse.csr_array, items: Items) -> sparse.csr_array:
    """Return each role's items with what stands above them, which weighs less with each step; the highest counts, nothing is summed."""
    row = np.repeat(np.arange(plain.shape[0], dtype=np.int32), np.diff(plain.indptr))
    ancestors = {item: items.ancestors(item) for item in np.unique(plain.indices).tolist()}
    counts = np.zeros(plain.shape[1] + 1, dtype=np.int64)
    for item, found in ancestors.items():
        counts[item + 1] = len(found)
    starts = np.cumsum(counts)
    above = np.array([one for item in sorted(ancestors) for one in ancestors[item]], dtype=np.int32)
    decay = np.array([weights.DECAY**step for item in sorted(ancestors) for step in ancestors[item].values()], dtype=np.float64)
    length = counts[1:][plain.indices]
    offset = np.arange(length.sum()) - np.repeat(np.cumsum(length) - length, length)
    place = np.repeat(starts[plain.indices], length) + offset
    return highest(
        np.concatenate([row, np.repeat(row, length)]),
        np.concatenate([plain.indices, above[place]]),
        np.concatenate([plain.data, np.repeat(plain.data, length) * decay[place]]),
        plain.shape,
    )


def _unit(matrix: sparse.sparray) -> sparse.csr_array:
    found = sparse.csr_array(matrix)
    lengths = np.sqrt(np.asarray(found.multiply(found).sum(axis=1)))
    return sparse.csr_array(sparse.diags_array(1 / np.where(lengths > 0, lengths, 1.0)) @ found)
