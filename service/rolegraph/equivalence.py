"""Equivalence of concepts: concepts that are linked by skos:exactMatch, directly or transitively, are one item with several IRIs."""

from collections.abc import Callable, Collection, Container, Iterable, Mapping
from functools import cache
from itertools import combinations

from rolegraph import resources
from rolegraph.terms import BASE, KINDS

PUBLICATIONS = ("crosswalk-", "esco-", "onet-", "salaries-")
"""Prefixes of the names of imported sources."""
PROPOSED = "proposed-"
"""Prefix of the names of sources of proposed matches, which nobody has reviewed."""

APART = "their items are from different vocabularies with hardly any matches between them: sharing nothing says nothing about the roles"
"""Why two roles cannot be compared item by item."""
FEW = 0.1
"""The minimum share of a role's items that have an IRI in a vocabulary of the other role, for the two to be comparable."""


def vocabulary(iri: str) -> str:
    """Return the vocabulary of a thing: its IRI without the last part."""
    return iri[: max(iri.rfind("/"), iri.rfind("#")) + 1]


def apart(
    roles: Iterable[str], stated: Mapping[str, Collection[str]], names: Callable[[str], Iterable[str]]
) -> tuple[tuple[str, str], ...]:
    """Return the pairs of roles that are not comparable.

    Such roles share no item, and few items of either have an IRI in a vocabulary of the other.

    :param stated: the IRIs of items by role; a role without items is comparable with all
    :param names: returns all equivalent IRIs of an item
    """
    names_by_item = {role: {iri: {iri, *names(iri)} for iri in stated.get(role, ())} for role in roles}

    @cache
    def vocabularies(role: str) -> set[str]:
        return {vocabulary(iri) for iri in names_by_item[role]}

    def comparable_share(role: str, other: str) -> float:
        items = names_by_item[role].values()
        return sum(any(vocabulary(iri) in vocabularies(other) for iri in equivalent) for equivalent in items) / len(items)

    def not_comparable(role: str, other: str) -> bool:
        if not names_by_item[role] or not names_by_item[other]:
            return False
        if not {iri for equivalent in names_by_item[role].values() for iri in equivalent}.isdisjoint(names_by_item[other]):
            return False  # the most frequent reason, and the one that is found fastest
        return comparable_share(role, other) < FEW and comparable_share(other, role) < FEW

    return tuple(pair for pair in combinations(names_by_item, 2) if not_comparable(*pair))


def classes(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Return the representative IRI of each IRI in the pairs: one of Rolegraph's own if the class has one, else the first in order."""
    leader: dict[str, str] = {}

    def find(iri: str) -> str:
        while leader.setdefault(iri, iri) != iri:
            leader[iri] = leader[leader[iri]]
            iri = leader[iri]
        return iri

    for iri, match in pairs:
        first, last = sorted((find(iri), find(match)), key=rank)
        leader[last] = first
    return {iri: find(iri) for iri in leader}


def trusted(graphs: Iterable[str], credited: Container[str]) -> list[str]:
    """Return the graphs whose skos:exactMatch is trusted: all except those of sources that clients wrote.

    An imported source has the name of its publication, a version and a credit line. A client may state the latter two of its own
    source, but not choose the name, which is that of its token.

    :param graphs: the IRIs of graphs
    :param credited: the sources whose description has a version (dcat:version) and a credit line
    """
    space = KINDS["source"].namespace

    def imported(graph: str) -> bool:
        return graph in credited and named_like_import(graph)

    return [graph for graph in graphs if not graph.startswith(space) or graph in shipped() or imported(graph)]


def named_like_import(source: str) -> bool:
    """Return whether the IRI of a source has the name of an imported source."""
    return source.removeprefix(KINDS["source"].namespace).startswith(PUBLICATIONS)


def is_source(graph: str) -> bool:
    """Return whether a graph is that of a source."""
    return graph.startswith(KINDS["source"].namespace)


def is_proposed(graph: str) -> bool:
    """Return whether a graph has the name of a source of proposed matches."""
    return graph.startswith(KINDS["source"].namespace + PROPOSED)


def is_crosswalk(graph: str) -> bool:
    """Return whether a graph has the name of an imported crosswalk, which matches occupations only."""
    return graph.startswith(f"{KINDS['source'].namespace}crosswalk-")


@cache
def shipped() -> frozenset[str]:
    """Return the IRIs of the sources that are shipped with this package."""
    paths = [path for folder in ("mappings", "sources") for path in resources.files("data", f"{folder}/*.ttl")]
    return frozenset(KINDS["source"].namespace + path.stem for path in paths)


def rank(iri: str) -> tuple[bool, str]:
    """Return the sort key for the IRIs of one thing: Rolegraph's own come first."""
    return (not iri.startswith(BASE), iri)
