"""The index of the analyses: roles × items as sparse matrices. What depends on all roles is computed when it is first asked for."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import cached_property
from itertools import combinations

import numpy as np
from scipy import sparse

from rolegraph import equivalence
from rolegraph.analysis import weights
from rolegraph.analysis.alike import Alike, alike
from rolegraph.analysis.bounds import Basis
from rolegraph.analysis.facts import Facts, Figures, Numbers
from rolegraph.analysis.groups import RequirementGroups
from rolegraph.analysis.items import Items
from rolegraph.analysis.matrices import Matrices
from rolegraph.analysis.union import Change
from rolegraph.values import Named

DERIVED = ("vectors", "needs")
"""The matrices that depend on all roles; each is computed when it is first asked for."""

_SKILL = np.array([name in weights.SKILLS for name in weights.NAMES])


class Index:
    """The facts of one revision as matrices. Rows are roles, columns are items; both are numbers from 0.

    All matrices are ``csr_array`` of shape roles × items and dtype float64:

    - ``direct``: the highest facet weight of each item that a role has itself, times its importance
    - ``expanded``: ``direct`` with the broader concepts of the items, at a weight that decays with each step
    - ``vectors``, ``needs``, ``needed``: see there
    - ``essential``: 1 for each essential item; ``essential_skills``: 1 for each essential skill, without degrees

    Arrays by item: ``document_frequency`` (int32) is the number of roles that have the item or a narrower one, and ``idf`` (float64) its
    inverse document frequency, ln(1 + roles / document frequency), 0 for an item without roles. By role: ``totals`` (float64).

    :param facts: the facts of the revision
    :param facets: the weight of each facet
    :param items: the items of the facts, if they are known already
    :param matrices: the matrices of the facts and weights, if they are known already
    :param derived: the matrices of :data:`DERIVED`, if they are known already

    ``groups`` are the requirement groups of the roles; who has an engine sets them.
    """

    def __init__(
        self,
        facts: Facts,
        facets: Mapping[str, float] = weights.FACETS,
        items: Items | None = None,
        matrices: Matrices | None = None,
        derived: Mapping[str, sparse.csr_array] | None = None,
    ) -> None:
        self.facts = facts
        self.items = items or Items(facts)
        self.matrices = matrices or Matrices.build(facts, self.items, facets)
        self.weighting: Mapping[str, float] = facets
        self.direct, self.expanded = self.matrices.direct, self.matrices.expanded
        self.essential, self.essential_skills = self.matrices.essential, self.matrices.essential_skills
        self.__dict__.update(derived or {})
        self.groups: RequirementGroups = {}
        self.basis: Basis | None = None  # of the costs of steps; None until they are asked for
        self._named: dict[int, Named] = {}
        self._stated: dict[int, Numbers] = {}
        shape = self.direct.shape
        document_frequency = np.bincount(self.expanded.indices, minlength=shape[1])
        self.document_frequency: Numbers = document_frequency.astype(np.int32)
        self.idf: Figures = np.where(document_frequency > 0, np.log1p(shape[0] / np.maximum(document_frequency, 1)), 0.0)

    def following(self, facts: Facts, change: Change) -> "Index":
        """Return the index of the facts of a later revision; what the write did not touch is copied."""
        items, column = self.items.following(self.facts, facts, change.moved)
        states = (self.facts, self.items), (facts, items)
        followed = None if column is None else self.matrices.following(*states, self.weighting, change, column)
        if column is None or followed is None:
            return Index(facts, self.weighting, items)
        index = Index(facts, self.weighting, items, followed[0])
        index.basis = self.basis and self.basis.following(followed[1], column)
        return index

    @cached_property
    def least_costs(self) -> sparse.csr_array:
        """A lower bound of the cost of the step to each role (row) from each role (column); a stored 0 is a step without cost."""
        least = self.basis and self.basis.least_costs(self)
        if least is None:
            self.basis = Basis.of(self)
            least = self.basis.costs
        return least

    @cached_property
    def steps(self) -> sparse.csr_array | None:
        """The cost of the step from each role (row) to each role (column); None if only lower bounds are known."""
        least = self.least_costs
        return least.T.tocsr() if self.basis and self.basis.is_of(self) else None

    @cached_property
    def vectors(self) -> sparse.csr_array:
        """``expanded`` times ``idf``, each row scaled to length 1."""
        data = self.expanded.data * self.idf[self.expanded.indices]
        lengths = np.sqrt(np.asarray(_like(self.expanded, data * data).sum(axis=1)))
        scale = 1 / np.where(lengths > 0, lengths, 1.0)
        return _like(self.expanded, np.repeat(scale, np.diff(self.expanded.indptr)) * data)

    @cached_property
    def needs(self) -> sparse.csr_array:
        """The weights of the items to learn for a role, times ``idf``; the items of a row descend, and so are added in one order always."""
        learnt = self.matrices.learnt
        backwards = np.repeat(learnt.indptr[:-1] + learnt.indptr[1:] - 1, np.diff(learnt.indptr)) - np.arange(learnt.nnz)
        items = learnt.indices[backwards]
        return sparse.csr_array((learnt.data[backwards] * self.idf[items], items, learnt.indptr), shape=learnt.shape)

    @cached_property
    def needed(self) -> sparse.csr_array:
        """1 for each item of ``needs``."""
        return _like(self.needs, np.ones_like(self.needs.data))

    @cached_property
    def totals(self) -> Figures:
        """The sums of the rows of ``needs``."""
        return np.asarray(self.needs.sum(axis=1))

    @cached_property
    def rows(self) -> dict[int, int]:
        """The row of each place of a role."""
        return {int(place): row for row, place in enumerate(self.facts.roles)}

    @cached_property
    def skills(self) -> frozenset[int]:
        """The items that a role names as a skill or a tool."""
        claims = self.facts.claims
        return frozenset(np.unique(self.items.item_of[claims[_SKILL[claims[:, 1]], 2]]).tolist())

    @cached_property
    def sources(self) -> tuple[int, ...]:
        """The places of the sources that describe a role, sorted."""
        return tuple(sorted(set(self.facts.claims[:, 3].tolist())))

    @cached_property
    def named_roles(self) -> frozenset[str]:
        """The IRIs of the roles."""
        return frozenset(self.facts.names[place] for place in self.facts.roles.tolist())

    @cached_property
    def alike(self) -> Alike:
        """The items of an equal name of each item, see :func:`rolegraph.analysis.alike.alike`."""
        return alike(self.facts, self.items)

    def stated_by(self, source: int) -> Numbers:
        """Return the rows of the roles that a source describes (int32).

        :param source: the place of the source
        """
        if source not in self._stated:
            places = np.unique(self.facts.claims[self.facts.claims[:, 3] == source, 0])
            self._stated[source] = np.array([self.rows[place] for place in places.tolist()], dtype=np.int32)
        return self._stated[source]

    def role(self, row: int) -> Named:
        """Return a role by its row."""
        return self.named(int(self.facts.roles[row]))

    def item(self, number: int) -> Named:
        """Return an item by its number."""
        return self.named(int(self.items.places[number]))

    def named(self, place: int) -> Named:
        """Return the IRI and label of a place."""
        if place not in self._named:
            self._named[place] = Named(self.facts.names[place], self.facts.label(place))
        return self._named[place]

    def items_of(self, row: int) -> list[int]:
        """Return the items that a role has itself, in ascending order."""
        items: list[int] = self.direct.indices[self.direct.indptr[row] : self.direct.indptr[row + 1]].tolist()
        return items

    def stated(self, row: int, facets: Collection[str] = weights.NAMES) -> set[int]:
        """Return the places of the concepts that sources state of a role by some facets; equivalent concepts are not merged."""
        claims = self.facts.claims[self._starts[row] : self._starts[row + 1]].tolist()
        return {place for _, facet, place, _ in claims if weights.NAMES[facet] in facets}

    def claimed(self, row: int) -> list[tuple[int, int]]:
        """Return (place of a concept, place of its source) for each claim about a role; equivalent concepts are not merged."""
        return [(place, source) for _, _, place, source in self.facts.claims[self._starts[row] : self._starts[row + 1]].tolist()]

    def apart(self, stated: Mapping[str, Iterable[int]]) -> tuple[tuple[str, str], ...]:
        """Return the pairs of things that cannot be compared item by item: see :func:`rolegraph.equivalence.apart`.

        :param stated: the places of the concepts of each thing, by any name of the thing
        """
        named = {thing: set(self.items.item_of[list(concepts)].tolist()) for thing, concepts in stated.items()}
        if all(not items.isdisjoint(others) for items, others in combinations(named.values(), 2)):
            return ()  # any two share an item; their names need not be looked at
        names, item_of = self.facts.names, self.items.item_of
        iris = {thing: {names[place]: place for place in concepts} for thing, concepts in stated.items()}
        places = {name: place for concepts in iris.values() for name, place in concepts.items()}
        pairs = equivalence.apart(iris, iris, lambda name: (names[place] for place in self._same.get(int(item_of[places[name]]), ())))
        return tuple(pair for pair in pairs if not self._bridged(*(named[thing] for thing in pair)))

    def _bridged(self, items: set[int], others: set[int]) -> bool:
        """Return whether enough of some items, or of others, are near to the other ones for the two to be comparable."""
        for own, theirs in ((items, others), (others, items)):
            near = theirs & self.items.near(sorted(own), self.alike).keys()
            if len(near) >= equivalence.FEW * len(theirs):
                return True
        return False

    def roles_apart(self, rows: Sequence[int]) -> tuple[tuple[Named, Named], ...]:
        """Return the pairs of roles that cannot be compared item by item."""
        roles = {role.iri: (role, row) for row in rows for role in [self.role(row)]}
        pairs = self.apart({iri: self.stated(row) for iri, (_, row) in roles.items()})
        return tuple((roles[iri][0], roles[other][0]) for iri, other in pairs)

    @cached_property
    def _same(self) -> dict[int, list[int]]:
        """The places of each item that several equivalent concepts name."""
        places: dict[int, list[int]] = {}
        several = np.flatnonzero(np.bincount(self.items.item_of) > 1)
        for place in np.flatnonzero(np.isin(self.items.item_of, several)).tolist():
            places.setdefault(int(self.items.item_of[place]), []).append(place)
        return places

    def learnable(self, row: int) -> dict[int, float]:
        """Return the items to learn for a role, with their weights, in the order of ``needs``."""
        learnt = self.matrices.learnt
        own = slice(*learnt.indptr[row : row + 2])
        items = learnt.indices[own][::-1]
        return dict(zip(items.tolist(), (learnt.data[own][::-1] * self.idf[items]).tolist(), strict=True))

    def learnt_by(self, rows: Numbers | None) -> frozenset[int]:
        """Return the items to learn for any of some roles; None gives an empty set.

        :param rows: rows of the roles (int32)
        """
        return frozenset() if rows is None else frozenset(self.needs[rows].indices.tolist())

    def essential_items(self, row: int) -> list[int]:
        """Return the essential items of a role, in ascending order."""
        items: list[int] = self.essential.indices[self.essential.indptr[row] : self.essential.indptr[row + 1]].tolist()
        return items

    def facets(self, row: int) -> dict[int, tuple[str, ...]]:
        """Return the facets by which a role has each of its direct items, the facet of the highest weight first."""
        by_item: dict[int, set[int]] = {}
        for facet, item, _ in self._claims(row):
            by_item.setdefault(item, set()).add(facet)
        return {item: tuple(weights.NAMES[facet] for facet in sorted(facets)) for item, facets in by_item.items()}

    def degrees(self, row: int) -> dict[int, list[int]]:
        """Return the degrees that each source requires for a role; the degrees of one source are alternatives."""
        by_source: dict[int, list[int]] = {}
        facet = weights.NAMES.index("requiredDegree")
        for claim_facet, item, source in self._claims(row):
            if claim_facet == facet:
                by_source.setdefault(source, []).append(item)
        return by_source

    @cached_property
    def choices(self) -> tuple[int, ...]:
        """The rows of the roles of which a source requires one of several degrees, or some items of a group, sorted."""
        claims = self.facts.claims
        required = claims[claims[:, 1] == weights.NAMES.index("requiredDegree")]
        pairs, counts = np.unique(required[:, [0, 3]], axis=0, return_counts=True)
        return tuple(sorted({self.rows[role] for role in pairs[counts > 1, 0].tolist()} | self.groups.keys()))

    def claims(self, row: int) -> list[tuple[str, int, int]]:
        """Return the claims about a role as (name of the facet, item, place of the source)."""
        return [(weights.NAMES[facet], item, source) for facet, item, source in self._claims(row)]

    def _claims(self, row: int) -> list[tuple[int, int, int]]:
        """Return the claims about a role as (place of the facet in weights.NAMES, item, place of the source)."""
        claims = self.facts.claims[self._starts[row] : self._starts[row + 1]]
        return list(zip(claims[:, 1].tolist(), self.items.item_of[claims[:, 2]].tolist(), claims[:, 3].tolist(), strict=True))

    @cached_property
    def _starts(self) -> Numbers:
        starts = np.searchsorted(self.facts.claims[:, 0], self.facts.roles)
        return np.append(starts, len(self.facts.claims)).astype(np.int32)


def _like(matrix: sparse.csr_array, data: Figures) -> sparse.csr_array:
    """Return a matrix with other values in the same cells."""
    return sparse.csr_array((data, matrix.indices, matrix.indptr), shape=matrix.shape)

