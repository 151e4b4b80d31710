"""RDF documents that come in: read whole, before any store is touched."""

import hashlib
from collections.abc import Iterator
from typing import TypeVar

import pyoxigraph as ox

from rolegraph.errors import UnreadableInput
from rolegraph.formats import Format
from rolegraph.terms import BASE

FORMATS = {
    "turtle": ox.RdfFormat.TURTLE,
    "ntriples": ox.RdfFormat.N_TRIPLES,
    "jsonld": ox.RdfFormat.JSON_LD,
    "rdfxml": ox.RdfFormat.RDF_XML,
    "trig": ox.RdfFormat.TRIG,
    "nquads": ox.RdfFormat.N_QUADS,
}

Term = ox.NamedNode | ox.BlankNode | ox.Literal | ox.Triple
Triple = tuple[ox.NamedNode | ox.BlankNode | ox.Triple, ox.NamedNode, Term]
T = TypeVar("T", bound=Term)


def read(document: bytes, format_: Format, graph: str | None, *, skolemise: bool, part: int = 0) -> set[Triple]:
    """Return the triples of a document in a graph format; relative IRIs are those below the IRI of its graph.

    :param skolemise: make each blank node an IRI that depends on the graph and on the node's canonical label only, so that
        the same document gives the same triples again; otherwise blank nodes are fresh ones
    :param part: which one it is of several documents that make up the graph: they share no blank nodes
    :raises UnreadableInput: for a document that does not parse, with line and column
    """
    base = graph or BASE
    try:
        quads = list(ox.parse(document, FORMATS[format_.name], base_iri=base, without_named_graphs=True, rename_blank_nodes=not skolemise))
    except SyntaxError as error:
        detail = f"the {format_.name} of {graph or 'the default graph'} does not parse: {error.msg}"
        raise UnreadableInput(detail, line=error.lineno, column=error.offset) from error
    except ValueError as error:
        raise UnreadableInput(f"the {format_.name} of {graph or 'the default graph'} does not parse: {error}") from error
    if skolemise and any(isinstance(node, ox.BlankNode) for quad in quads for node in (quad.subject, quad.object)):
        return set(_skolemised(quads, f"{base}#{part}" if part else base))
    return {(quad.subject, quad.predicate, quad.object) for quad in quads}


def _skolemised(quads: list[ox.Quad], graph: str) -> Iterator[Triple]:
    dataset = ox.Dataset(quads)
    dataset.canonicalize(ox.CanonicalizationAlgorithm.RDFC_1_0)
    space = f"{BASE}.well-known/genid/{hashlib.sha256(graph.encode()).hexdigest()[:16]}-"

    def skolem(term: T) -> T | ox.NamedNode:
        return ox.NamedNode(space + term.value) if isinstance(term, ox.BlankNode) else term

    for quad in dataset:
        yield skolem(quad.subject), quad.predicate, skolem(quad.object)
