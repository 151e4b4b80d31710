"""What is the same thing: concepts that skos:exactMatch links, directly or by way of others, are one item under several names."""

from collections.abc import Iterable

from rolegraph.terms import BASE


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


def rank(iri: str) -> tuple[bool, str]:
    """Return what puts the names of one thing in order: ours come first."""
    return (not iri.startswith(BASE), iri)
