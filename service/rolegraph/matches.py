"""What is the same thing: concepts that skos:exactMatch links, directly or by way of others, are one item under several names."""

from collections.abc import Iterable, Mapping, Sequence

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


def grouped(iris: Iterable[str], same: Mapping[str, str]) -> dict[str, Sequence[str]]:
    """Return things by the first name among those of their class that are there, each with all of these names in order.

    :param same: the class of each thing that is in one
    """
    found: dict[str, list[str]] = {}
    for iri in iris:
        found.setdefault(same.get(iri, iri), []).append(iri)
    ordered = (sorted(names, key=rank) for names in found.values())
    return {names[0]: names for names in ordered}
