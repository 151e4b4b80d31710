"""RDF documents and terms as the engines take them: parsed, with IRIs in place of blank nodes, and as text of SPARQL."""

import hashlib
from collections.abc import Iterable, Iterator
from typing import TypeVar

import pyoxigraph as ox

from rolegraph.errors import UnreadableInput
from rolegraph.formats import Format
from rolegraph.terms import BASE
from rolegraph.things import Value

RESULTS = {
    "json": ox.QueryResultsFormat.JSON,
    "xml": ox.QueryResultsFormat.XML,
    "csv": ox.QueryResultsFormat.CSV,
    "tsv": ox.QueryResultsFormat.TSV,
}
RDF = {
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


def triples(graph: str, body: bytes, format_: Format) -> Iterator[Triple]:
    """Parse a document; a blank node becomes an IRI that depends on the graph and on the node's canonical label only.

    :raises UnreadableInput: for a document that does not parse, or a graph whose name is no IRI
    """
    try:
        ox.NamedNode(graph)
        dataset = ox.Dataset(ox.Quad(t.subject, t.predicate, t.object) for t in ox.parse(body, RDF[format_.name], base_iri=graph))
    except (SyntaxError, ValueError) as error:
        raise UnreadableInput(f"the {format_.name} of {graph} does not parse: {error}") from error
    dataset.canonicalize(ox.CanonicalizationAlgorithm.RDFC_1_0)
    space = f"{BASE}.well-known/genid/{hashlib.sha256(graph.encode()).hexdigest()[:16]}-"

    def skolem(term: T) -> T | ox.NamedNode:
        return ox.NamedNode(space + term.value) if isinstance(term, ox.BlankNode) else term

    for quad in dataset:
        yield skolem(quad.subject), quad.predicate, skolem(quad.object)


def lines(found: Iterable[Triple]) -> str:
    """Return triples as N-Triples, which Turtle and the DATA blocks of SPARQL updates take as well."""
    return "".join(f"{subject} {predicate} {object_} .\n" for subject, predicate, object_ in found)


def value(term: Term) -> Value:
    """Return a term as a value of a row."""
    if isinstance(term, ox.NamedNode):
        return Value(term.value)
    if isinstance(term, ox.Literal):
        return Value(term.value, "literal", term.language, None if term.language else term.datatype.value)
    if isinstance(term, ox.BlankNode):
        return Value(term.value, "blank")
    return Value(str(term), "literal")
