"""What is the same thing: concepts that skos:exactMatch links, directly or by way of others, are one item under several names."""

from collections.abc import Callable, Collection, Container, Iterable, Mapping
from functools import cache
from itertools import combinations

from rolegraph import resources
from rolegraph.terms import BASE, KINDS

PUBLICATIONS = ("crosswalk-", "esco-", "onet-", "salaries-")
"""How the names of the sources begin that importers make."""

APART = "what is stated of them is in different vocabularies, hardly linked by matches: that nothing is shared says nothing about the roles"
"""Why two roles cannot be compared item by item."""
FEW = 0.1
"""The share of a role's items that must have a name which the other role might use, for the two to be compared."""


def vocabulary(iri: str) -> str:
    """Return the vocabulary that a thing is of: its IRI without the last part."""
    return iri[: max(iri.rfind("/"), iri.rfind("#")) + 1]


def apart(
    roles: Iterable[str], stated: Mapping[str, Collection[str]], names: Callable[[str], Iterable[str]]
) -> tuple[tuple[str, str], ...]:
    """Return the pairs of roles that share no item, and hardly could: of few items of either is a name known that the other might use.

    :param stated: by role, its items as they are named of it; a role without any is apart from none
    :param names: returns all names of an item
    """
    known = {role: {iri: {iri, *names(iri)} for iri in stated.get(role, ())} for role in roles}
    used = {role: {vocabulary(iri) for iri in own} for role, own in known.items()}

    def could(role: str, other: str) -> float:
        own = known[role].values()
        return sum(any(vocabulary(name) in used[other] for name in called) for called in own) / len(own)

    def far(one: str, other: str) -> bool:
        if not known[one] or not known[other] or max(could(one, other), could(other, one)) >= FEW:
            return False
        return {name for called in known[one].values() for name in called}.isdisjoint(known[other])

    return tuple(pair for pair in combinations(known, 2) if far(*pair))


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
        return graph in credited and named_like_import(graph)

    return [graph for graph in graphs if not graph.startswith(space) or graph in shipped() or imported(graph)]


def named_like_import(source: str) -> bool:
    """Return whether the name of a source, by its IRI, begins like those of the sources that importers make."""
    return source.removeprefix(KINDS["source"].namespace).startswith(PUBLICATIONS)


@cache
def shipped() -> frozenset[str]:
    """Return the sources that come with this package."""
    return frozenset(KINDS["source"].namespace + path.stem for path in resources.files("data", "sources/*.ttl"))


def rank(iri: str) -> tuple[bool, str]:
    """Return what puts the names of one thing in order: ours come first."""
    return (not iri.startswith(BASE), iri)
