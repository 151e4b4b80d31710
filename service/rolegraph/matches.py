"""What is the same thing: concepts that skos:exactMatch links, directly or by way of others, are one item under several names."""

from collections.abc import Container, Iterable
from functools import cache

from rolegraph import resources
from rolegraph.terms import BASE, KINDS

PUBLICATIONS = ("crosswalk-", "esco-", "onet-", "salaries-")
"""How the names of the sources begin that importers make."""


def classes(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Return of each thing in some pair the name of its class: one of ours where there is one, else the first in order."""
    leader: dict[str, str] = {}

    def find(iri: str) -> str:
        while leader.setdefault(iri, iri) != iri:
            leader[iri] = leader[leader[iri]]
            iri = leader[iri]
        return iri

    for one, other in pairs:
        first, last = sorted((find(one), find(other)), key=rank)
        leader[last] = first
    return {iri: find(iri) for iri in leader}


def trusted(graphs: Iterable[str], credited: Container[str]) -> list[str]:
    """Return the graphs whose skos:exactMatch is believed: all but those of sources that were pushed.

    A source that an import made has the name of its publication, and a version and a credit line. A pushed source may state the
    latter two of itself; its name is what an admin gave the token for.

    :param credited: the sources whose description has a version (dcat:version) and a credit line
    """
    space = KINDS["source"].namespace

    def imported(graph: str) -> bool:
        return graph in credited and graph.removeprefix(space).startswith(PUBLICATIONS)

    return [graph for graph in graphs if not graph.startswith(space) or graph in _shipped() or imported(graph)]


@cache
def _shipped() -> frozenset[str]:
    return frozenset(KINDS["source"].namespace + path.stem for path in resources.files("data", "sources/*.ttl"))


def rank(iri: str) -> tuple[bool, str]:
    """Return what puts the names of one thing in order: ours come first."""
    return (not iri.startswith(BASE), iri)
