"""IRIs in place of blank nodes, so that a graph can be replaced triple by triple: the same document gives the same IRIs again."""

import hashlib
import math
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import TypeVar

import pyoxigraph as ox

from rolegraph.terms import BASE

GENERATED = BASE + ".well-known/genid/"  # below it lie the IRIs that stand for blank nodes
MOST_WORK = math.log(1_000_000)  # steps of the canonicalisation, some tenths of a second, in which no other thread goes on
MOST_NODES = 20_000  # the same

Term = ox.NamedNode | ox.BlankNode | ox.Literal | ox.Triple
Triple = tuple[ox.NamedNode | ox.BlankNode | ox.Triple, ox.NamedNode, Term]
T = TypeVar("T", bound=Term)


def space(known: bytes) -> str:
    """Return what the IRIs of the blank nodes of a document start with, given what they depend on beside the node."""
    return f"{GENERATED}{hashlib.sha256(known).hexdigest()[:16]}-"


def skolemised(triples: Sequence[Triple], known: bytes, document: bytes) -> Iterator[Triple]:
    """Yield triples with an IRI in place of each blank node, that of its canonical label (RDFC-1.0).

    Canonical labels of nodes that cannot be told apart by what is said of them take time that grows beyond all bounds with their
    number. Where that would be long, the order in which they stand in the document takes the place of the labels.

    :param known: what the IRIs depend on beside the node
    :param document: where the triples come from, in their order
    """
    if _work(triples) <= MOST_WORK:
        prefix = space(known)
        dataset = ox.Dataset(ox.Quad(*triple) for triple in triples)
        dataset.canonicalize(ox.CanonicalizationAlgorithm.RDFC_1_0)
        for quad in dataset:
            yield _iri(quad.subject, prefix), quad.predicate, _iri(quad.object, prefix)
        return
    prefix = space(known + document)
    numbers: dict[Term, int] = {}
    for subject, predicate, object_ in triples:
        first, last = (
            ox.NamedNode(f"{prefix}order-{numbers.setdefault(node, len(numbers))}") if isinstance(node, ox.BlankNode) else node
            for node in (subject, object_)
        )
        assert not isinstance(first, ox.Literal)
        yield first, predicate, last


def _iri(term: T, prefix: str) -> T | ox.NamedNode:
    return ox.NamedNode(prefix + term.value) if isinstance(term, ox.BlankNode) else term


def _work(triples: Sequence[Triple]) -> float:
    """Return the logarithm of about as many steps as the canonicalisation takes.

    Nodes of which different things are said cost nothing. Of the others each set that hangs together is gone through from each of
    its nodes, along paths as long as the set, and at each node in all orders of those neighbours that look the same.
    """
    looks = _looks(triples)
    if len(looks) > MOST_NODES:
        return math.inf
    counts = Counter(looks.values())
    alike: dict[Term, dict[tuple[str, str, int], set[Term]]] = defaultdict(lambda: defaultdict(set))
    for subject, predicate, object_ in triples:
        if subject != object_ and counts[looks.get(subject, 0)] > 1 and counts[looks.get(object_, 0)] > 1:
            alike[subject][predicate.value, "to", looks[object_]].add(object_)
            alike[object_][predicate.value, "from", looks[subject]].add(subject)
    steps: list[float] = []
    for members in _together(alike):
        orders = sum(math.lgamma(len(same) + 1) for node in members for same in alike[node].values())
        steps.append(3 * math.log(len(members)) + orders)
    most = max(steps, default=0.0)
    return most + math.log(max(1.0, sum(math.exp(each - most) for each in steps)))


def _looks(triples: Sequence[Triple]) -> dict[Term, int]:
    """Return of each blank node a number that is the same for those of which the same is said, whatever other blank nodes are in it."""
    said: dict[Term, list[tuple[str, str, str]]] = defaultdict(list)
    for subject, predicate, object_ in triples:
        for node in {node for node in (subject, object_) if isinstance(node, ox.BlankNode)}:
            first, last = (_seen(term, node) for term in (subject, object_))
            said[node].append((first, predicate.value, last))
    numbers: dict[tuple[tuple[str, str, str], ...], int] = {}
    return {node: numbers.setdefault(tuple(sorted(triples_of)), len(numbers) + 1) for node, triples_of in said.items()}


def _seen(term: Term, node: ox.BlankNode) -> str:
    if isinstance(term, ox.BlankNode):
        return "itself" if term == node else "another"
    return str(term)


def _together(alike: Mapping[Term, Mapping[tuple[str, str, int], set[Term]]]) -> Iterator[list[Term]]:
    """Yield the nodes of each set that hangs together."""
    seen: set[Term] = set()
    for start in alike:
        if start in seen:
            continue
        seen.add(start)
        members = [start]
        for node in members:  # which grows meanwhile
            fresh = set().union(*alike[node].values()) - seen
            seen |= fresh
            members += fresh
        yield members
