"""Analyses of the whole graph: similar roles, gaps, paths, openings, distinguishing items and agreement of sources.

5  Analysis (here)                                    what the façade offers
4  similarity  gap  paths  openings  distinguish  agreement
3  comparable  held  standing  profile_items  incremental  stored   why roles cannot be compared; the newest index
2  index  matrices  bounds                                  roles × items as sparse matrices
1  items  alike  profiles
0  profile_documents  facts  weights  reading  names  union  texts  arrays    facts by graph
"""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from rolegraph.analysis import agreement, comparable, distinguish, gap, groups, openings, paths, profile_items, similarity
from rolegraph.analysis.agreement import Agreement
from rolegraph.analysis.closeness import REVIEWED, Closeness
from rolegraph.analysis.distinguish import Distinction
from rolegraph.analysis.facts import Numbers
from rolegraph.analysis.gap import Gap
from rolegraph.analysis.incremental import IncrementalFacts
from rolegraph.analysis.index import Index
from rolegraph.analysis.openings import Openings
from rolegraph.analysis.paths import Paths
from rolegraph.analysis.profile_items import Lookup, Resolved
from rolegraph.analysis.profiles import Profile
from rolegraph.analysis.similarity import Similarity
from rolegraph.analysis.standing import Standing, zones
from rolegraph.engine import Engine
from rolegraph.errors import BadParameter
from rolegraph.per_revision import CachedValue
from rolegraph.values import Named

LISTED = 8  # most items listed with a similar role


@dataclass(frozen=True)
class Matches:
    """The gaps of the roles that a profile fits, the best fit first, and how the texts of the profile were resolved."""

    kind: str
    resolved: Resolved
    gaps: tuple[Gap, ...]

    @property
    def roles(self) -> tuple[Named, ...]:
        """The roles that it fits."""
        return tuple(found.target for found in self.gaps)

    def as_dict(self) -> dict[str, Any]:
        """Return a JSON object with ``profile`` and ``roles``."""
        return {"profile": {"kind": self.kind, **self.resolved.as_dict()}, "roles": [match.as_dict() for match in self.gaps]}

    def table(self) -> list[list[str]]:
        """Return the rows of the CSV: a header, and one row per need and role."""
        return [gap.HEADER, *(row for match in self.gaps for row in match.rows())]


class Analysis:
    """The analyses of one revision. Roles and sources are named by IRI.

    :param facts: reads the facts of the graphs
    :param lookup: finds the concepts that a text names; without it, only IRIs, CURIEs and slugs are found
    :param engine: an engine pinned to the revision; None is the newest revision at the first use
    :param trusted: returns the graphs whose skos:exactMatch joins two items; None trusts all graphs
    """

    def __init__(
        self,
        facts: IncrementalFacts,
        lookup: Lookup | None = None,
        engine: Engine | None = None,
        trusted: Callable[[], Collection[str]] | None = None,
    ) -> None:
        self._facts = facts
        self._engine = engine
        self._trusted = trusted
        self._index: CachedValue[Index] = CachedValue()
        self._standing: CachedValue[Standing] = CachedValue()
        self.lookup = lookup

    @property
    def index(self) -> Index:
        """The index of the revision, built on first use."""
        return self._index.get(self._build_index)

    def refresh(self) -> None:
        """Build the index, and use the arrays that the processes of a service share for it, where they can be stored."""
        self._standing = CachedValue()
        self._index = CachedValue.holding(self._with_groups(self._facts.refresh(self._engine, self._trusted and self._trusted())))

    def _build_index(self) -> Index:
        return self._with_groups(self._facts.index(self._engine, self._trusted and self._trusted()))

    def _with_groups(self, index: Index) -> Index:
        if self._engine is not None:
            index.groups = groups.read(self._engine, index.facts, index.items)
        return index

    def sources_of(self, roles: Iterable[Named]) -> tuple[Named, ...]:
        """Return the sources that state anything of some roles, by IRI."""
        index = self.index
        places = {source for role in roles for _, _, source in index.claims(self._row(index, role.iri))}
        return tuple(sorted(map(index.named, places), key=lambda source: source.iri))

    def similar(self, role: str, source: str | None = None, count: int = 10, listed: int = LISTED) -> Similarity:
        """Return the roles most similar to a role, the most similar first.

        :param source: only roles that this source describes; None is all roles
        :param count: most roles to return
        :param listed: most items to list for each role
        :raises BadParameter: for an unknown role or source
        """
        index = self.index
        row, among = self._row(index, role), _among(index, source)
        hindrance = "" if among is None else comparable.hindrance_to_all(index, row, among)
        roles = () if hindrance else similarity.similar(index, row, among, count, listed)
        return Similarity(index.role(row), roles, _source(index, source), hindrance)

    def likeness(self, role: str, other: str) -> Similarity:
        """Return the similarity of two roles, with every item that adds to it."""
        index = self.index
        row = self._row(index, role)
        return Similarity(index.role(row), (similarity.likeness(index, row, self._row(index, other)),))

    def gap(self, origin: str, target: str, closeness: Closeness = REVIEWED) -> Gap:
        """Return which needs of the role ``target`` the role ``origin`` covers."""
        index = self.index
        return gap.between(index, self._row(index, origin), self._row(index, target), closeness)

    def fit(self, profile: Profile, target: str | None = None, source: str | None = None, count: int = 10) -> Matches:
        """Return how a profile covers the needs of a role.

        :param target: the role; None is the roles that the profile fits best
        :param source: with no target, only roles that this source describes
        :param count: with no target, most roles to return
        """
        index = self.index
        among = _among(index, source)
        wanted = index.learnt_by(among) if target is None else frozenset(index.learnable(self._row(index, target)))
        resolved = profile_items.resolve(index, profile, self.lookup, wanted)
        held = gap.HeldItems(index, resolved.items, resolved.namesakes)
        if target is None:
            ranked = gap.best(index, held, among, count)
        else:
            row = self._row(index, target)
            ranked = gap.best(index, held, np.array([row], dtype=np.int32), 1) or [(row, 0.0)]
        return Matches(profile.kind, resolved, tuple(held.gap_to(row, fit=fit) for row, fit in ranked))

    def paths(self, origin: str, target: str, count: int = 3) -> Paths:
        """Return the cheapest routes from one role to another, the cheapest first.

        :param count: most routes to return
        :raises BadParameter: if both are the same role
        """
        index = self.index
        start, end = self._row(index, origin), self._row(index, target)
        if start == end:
            raise BadParameter("to", "from and to name the same role", expected="two different roles")
        standing = self._standing.get(lambda: Standing(index, zones(self._engine) if self._engine else {}))
        return paths.between(index, start, end, count, standing)

    def openings(self, origin: str, source: str | None = None, count: int = 5) -> Openings:
        """Return the few items that, once learnt, open the most further roles from a role.

        :param source: only roles that this source describes; None is the sources that describe ``origin``, since other sources may
            use other names for the same things
        :param count: most items to return
        """
        index = self.index
        row = self._row(index, origin)
        sources = [_place(index, source)] if source else sorted({place for _, _, place in index.claims(row)})
        return openings.find_openings(index, row, sources, count)

    def distinguish(self, roles: Sequence[str]) -> Distinction:
        """Return the fewest items that tell roles apart.

        :raises BadParameter: for fewer than two different roles
        """
        index = self.index
        rows = list(dict.fromkeys(self._row(index, role) for role in roles))
        if len(rows) < 2:
            raise BadParameter("role", "fewer than two different roles were named", expected="at least two different roles")
        return distinguish.between(index, rows)

    def agreement(self, role: str, *, matches: bool = False, closeness: Closeness = REVIEWED) -> Agreement:
        """Return the claims about a role that sources share, make alone, or contradict.

        :param matches: treat roles that are exact or close matches as the same role
        """
        index = self.index
        return agreement.agreement_on(index, self._row(index, role), with_matches=matches, closeness=closeness)

    @staticmethod
    def _row(index: Index, role: str) -> int:
        place = index.facts.places.get(role)
        if place is None or place not in index.rows:
            raise BadParameter("role", f"{role} is not a role of this graph", expected="a role")
        return index.rows[place]


def _among(index: Index, source: str | None) -> Numbers | None:
    return None if source is None else index.stated_by(_place(index, source))


def _source(index: Index, source: str | None) -> Named | None:
    return None if source is None else index.named(_place(index, source))


def _place(index: Index, source: str) -> int:
    place = index.facts.places.get(source)
    if place not in index.sources:
        sources = ", ".join(index.facts.names[place] for place in index.sources)
        raise BadParameter("source", f"{source} describes no role", expected=sources)
    return place
