"""Analyses of the whole graph: which roles are alike, what is missing between them, ways from one to another, who agrees with whom.

5  Analysis (here)                                    what the façade hands on
4  similarity  gap  paths  openings  distinguish  agreement
3  comparable  profile_items                                 where no figure can be given; texts of a profile to items
2  index                                              sparse vectors
1  items  profiles
0  facts  weights  reading  union  snapshot  incremental   what is read of each graph, and kept beside the store
"""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from rolegraph.analysis import agreement, comparable, distinguish, gap, openings, paths, profile_items, similarity
from rolegraph.analysis.agreement import Agreement
from rolegraph.analysis.distinguish import Distinction
from rolegraph.analysis.facts import Numbers
from rolegraph.analysis.gap import Gap
from rolegraph.analysis.incremental import IncrementalFacts
from rolegraph.analysis.index import Index
from rolegraph.analysis.openings import Openings
from rolegraph.analysis.paths import Edges, Paths
from rolegraph.analysis.profile_items import Lookup, Resolved
from rolegraph.analysis.profiles import Profile
from rolegraph.analysis.similarity import Similarity
from rolegraph.engine import Engine
from rolegraph.errors import BadParameter
from rolegraph.per_revision import CachedValue
from rolegraph.values import Named

LISTED = 8  # items that a similar role is listed with


@dataclass(frozen=True)
class Matches:
    """The roles that a profile fits, the best first, with what was found of the profile."""

    kind: str
    resolved: Resolved
    gaps: tuple[Gap, ...]

    @property
    def roles(self) -> tuple[Named, ...]:
        """The roles that it fits."""
        return tuple(found.target for found in self.gaps)

    def as_dict(self) -> dict[str, Any]:
        """Return it as JSON: ``profile`` and ``roles``."""
        return {"profile": {"kind": self.kind, **self.resolved.as_dict()}, "roles": [found.as_dict() for found in self.gaps]}

    def table(self) -> list[list[str]]:
        """Return a header and a row for each need of each role: the CSV form."""
        return [gap.HEADER, *(row for found in self.gaps for row in found.rows())]


class Analysis:
    """The analyses of one revision; roles and sources are given by IRI.

    :param following: knows what the graphs say
    :param profile_items: finds what the texts of a profile name; without one, only IRIs, CURIEs and slugs are known
    :param engine: reads the revision; None is the newest one, as it is when something is first asked for
    :param trusted: returns the graphs whose skos:exactMatch makes one item of two; None believes all
    """

    def __init__(
        self,
        following: IncrementalFacts,
        profile_items: Lookup | None = None,
        engine: Engine | None = None,
        trusted: Callable[[], Collection[str]] | None = None,
    ) -> None:
        self._following = following
        self._engine = engine
        self._trusted = trusted
        self._index: CachedValue[Index] = CachedValue()
        self._edges: CachedValue[Edges] = CachedValue()
        self.profile_items = profile_items

    @property
    def index(self) -> Index:
        """What was built of the revision; it is built when it is first asked for."""
        return self._index.get(self._built)

    @property
    def edges(self) -> Edges:
        """The steps that paths are made of, between the rows of the index."""
        return self._edges.get(lambda: paths.edges(self.index))

    def _built(self) -> Index:
        return Index(self._following.facts(self._engine, self._trusted and self._trusted()))

    def sources_of(self, roles: Iterable[Named]) -> tuple[Named, ...]:
        """Return the sources that state anything of some roles, by IRI."""
        index = self.index
        places = {source for role in roles for _, _, source in index.claims(self._row(index, role.iri))}
        return tuple(sorted(map(index.named, places), key=lambda source: source.iri))

    def similar(self, role: str, source: str | None = None, count: int = 10, listed: int = LISTED) -> Similarity:
        """Return the roles most like a role.

        :param source: only roles of which this source states something
        """
        index = self.index
        row, among = self._row(index, role), _among(index, source)
        hindrance = "" if among is None else comparable.unlike(index, row, among)
        found = () if hindrance else similarity.similar(index, row, among, count, listed)
        return Similarity(index.role(row), found, _source(index, source), hindrance)

    def likeness(self, role: str, other: str) -> Similarity:
        """Return how like a role another one is, with all that adds to it."""
        index = self.index
        row = self._row(index, role)
        return Similarity(index.role(row), (similarity.likeness(index, row, self._row(index, other)),))

    def gap(self, origin: str, target: str) -> Gap:
        """Return what of a role's needs somebody has who comes from another role."""
        index = self.index
        return gap.between(index, self._row(index, origin), self._row(index, target))

    def fit(self, profile: Profile, target: str | None = None, source: str | None = None, count: int = 10) -> Matches:
        """Return what of a role's needs a profile meets, or, without a role, those that it fits best."""
        index = self.index
        among = _among(index, source)
        wanted = index.learnt_by(among) if target is None else frozenset(index.learnable(self._row(index, target)))
        resolved = profile_items.resolve(index, profile, self.profile_items, wanted)
        possession = gap.HeldItems(index, resolved.items)
        if target is None:
            ranked = gap.best(index, possession, among, count)
        else:
            row = self._row(index, target)
            ranked = gap.best(index, possession, np.array([row], dtype=np.int32), 1) or [(row, 0.0)]
        return Matches(profile.kind, resolved, tuple(possession.judge(row, fit=fit) for row, fit in ranked))

    def paths(self, origin: str, target: str, count: int = 3) -> Paths:
        """Return the cheapest routes from a role to another one.

        :raises BadParameter: where both are the same
        """
        index = self.index
        start, end = self._row(index, origin), self._row(index, target)
        if start == end:
            raise BadParameter("to", "a way leads from one role to another, and both are the same", expected="two roles")
        return paths.between(index, self.edges, start, end, count)

    def openings(self, origin: str, source: str | None = None, count: int = 5) -> Openings:
        """Return the few items that open most further roles to somebody who comes from a role.

        :param source: only roles of which this source states something; None is the sources that speak of the role, since another one
            may call the same things by other names
        """
        index = self.index
        row = self._row(index, origin)
        speaking = sorted({place for _, _, place in index.claims(row)})
        return openings.of(index, row, speaking if source is None else [_place(index, source)], count)

    def distinguish(self, roles: Sequence[str]) -> Distinction:
        """Return the fewest items that tell roles apart.

        :raises BadParameter: for fewer than two different roles
        """
        index = self.index
        rows = list(dict.fromkeys(self._row(index, role) for role in roles))
        if len(rows) < 2:
            raise BadParameter("role", "one role is not told apart from itself", expected="at least two different roles")
        return distinguish.between(index, rows)

    def agreement(self, role: str, *, matches: bool = False) -> Agreement:
        """Return what sources agree on about a role.

        :param matches: take the roles that match it exactly or closely for the same role
        """
        index = self.index
        return agreement.of(index, self._row(index, role), with_matches=matches)

    @staticmethod
    def _row(index: Index, role: str) -> int:
        place = index.facts.places.get(role)
        if place is None or place not in index.rows:
            raise BadParameter("role", f"{role} is no role of this graph", expected="a role")
        return index.rows[place]


def _among(index: Index, source: str | None) -> Numbers | None:
    return None if source is None else index.stated_by(_place(index, source))


def _source(index: Index, source: str | None) -> Named | None:
    return None if source is None else index.named(_place(index, source))


def _place(index: Index, source: str) -> int:
    place = index.facts.places.get(source)
    if place not in index.sources:
        known = ", ".join(index.facts.names[one] for one in index.sources)
        raise BadParameter("source", f"no role is stated by {source}", expected=known)
    return place
