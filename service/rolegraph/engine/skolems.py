"""Skolemisation: replaces blank nodes by stable IRIs, so that the same document gives the same triples, and writes are differences."""

import hashlib
import math
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import TypeVar

import pyoxigraph as ox

from rolegraph.terms import BASE

GENERATED = BASE + ".well-known/genid/"  # the namespace of skolem IRIs
MOST_WORK = math.log(1_000_000)  # steps of the canonicalisation: some tenths of a second, during which it holds the GIL
MOST_NODES = 20_000  # for the same reason

Term = ox.NamedNode | ox.BlankNode | ox.Literal | ox.Triple
Triple = tuple[ox.NamedNode | ox.BlankNode | ox.Triple, ox.NamedNode, Term]
T = TypeVar("T", bound=Term)


def space(context: bytes) -> str:
    """Return the prefix of the skolem IRIs of a document.

    :param context: the bytes on which the IRIs depend, in addition to the label of the node
    """
    return f"{GENERATED}{hashlib.sha256(context).hexdigest()[:16]}-"


def skolemised(triples: Sequence[Triple], context: bytes, document: bytes) -> Iterator[Triple]:
    """Yield triples with each blank node replaced by an IRI from its canonical label (RDFC-1.0).

    The time of the canonicalisation grows exponentially with the number of nodes that their triples do not distinguish. If it would
    be too long, nodes are numbered in the order of the document instead.

    :param context: the bytes on which the IRIs depend, in addition to the label of the node
    :param document: the document, on which the IRIs depend if nodes are numbered
    """
    if _work(triples) <= MOST_WORK:
        prefix = space(context)
        dataset = ox.Dataset(ox.Quad(*triple) for triple in triples)
        dataset.canonicalize(ox.CanonicalizationAlgorithm.RDFC_1_0)
        for quad in dataset:
            yield _iri(quad.subject, prefix), quad.predicate, _iri(quad.object, prefix)
        return
    prefix = space(context + document)
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
    """Return the natural logarithm of the estimated number of steps of the canonicalisation.

    Nodes with distinct triples cost nothing. Of the others, each connected component is traversed from each of its nodes, along
    paths as long as the component, and at each node in all orders of those neighbours that look the same.
    """
    signatures = _signatures(triples)
    if len(signatures) > MOST_NODES:
        return math.inf
    counts = Counter(signatures.values())
    alike: dict[Term, dict[tuple[str, str, int], set[Term]]] = defaultdict(lambda: defaultdict(set))
    for subject, predicate, object_ in triples:
        if subject != object_ and counts[signatures.get(subject, 0)] > 1 and counts[signatures.get(object_, 0)] > 1:
            alike[subject][predicate.value, "to", signatures[object_]].add(object_)
            alike[object_][predicate.value, "from", signatures[subject]].add(subject)
    steps: list[float] = []
    for members in _components(alike):
        orders = sum(math.lgamma(len(same) + 1) for node in members for same in alike[node].values())
        steps.append(3 * math.log(len(members)) + orders)
    largest = max(steps, default=0.0)
    return largest + math.log(max(1.0, sum(math.exp(step - largest) for step in steps)))


def _signatures(triples: Sequence[Triple]) -> dict[Term, int]:
    """Return a number for each blank node; nodes whose triples only differ in other blank nodes have the same number."""
    triples_by_node: dict[Term, list[tuple[str, str, str]]] = defaultdict(list)
    for subject, predicate, object_ in triples:
        for node in {node for node in (subject, object_) if isinstance(node, ox.BlankNode)}:
            first, last = (_label(term, node) for term in (subject, object_))
            triples_by_node[node].append((first, predicate.value, last))
    numbers: dict[tuple[tuple[str, str, str], ...], int] = {}
    return {node: numbers.setdefault(tuple(sorted(triples_of)), len(numbers) + 1) for node, triples_of in triples_by_node.items()}


def _label(term: Term, node: ox.BlankNode) -> str:
    if isinstance(term, ox.BlankNode):
        return "itself" if term == node else "another"
    return str(term)


def _components(alike: Mapping[Term, Mapping[tuple[str, str, int], set[Term]]]) -> Iterator[list[Term]]:
    """Yield the nodes of each connected component."""
    seen: set[Term] = set()
    for start in alike:
        if start in seen:
            continue
        seen.add(start)
        members = [start]
        for node in members:  # the list grows meanwhile
            fresh = set().union(*alike[node].values()) - seen
            seen |= fresh
            members += fresh
        yield members
