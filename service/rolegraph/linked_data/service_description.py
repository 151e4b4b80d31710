"""The description of the service (SPARQL 1.1 Service Description), and of the graphs that it holds."""

from collections.abc import Iterable

from rdflib import DCTERMS, RDF, BNode, Graph, Literal, Namespace, URIRef

from rolegraph import formats
from rolegraph.formats import FORMATS, Format

SD = Namespace("http://www.w3.org/ns/sparql-service-description#")
FORMAT = Namespace("http://www.w3.org/ns/formats/")
_NAMES = {
    ("json", "table"): "SPARQL_Results_JSON",
    ("xml", "table"): "SPARQL_Results_XML",
    ("csv", "table"): "SPARQL_Results_CSV",
    ("tsv", "table"): "SPARQL_Results_TSV",
    ("turtle", "graph"): "Turtle",
    ("ntriples", "graph"): "N-Triples",
    ("jsonld", "graph"): "JSON-LD",
    ("rdfxml", "graph"): "RDF_XML",
}
_RDFLIB = {"ntriples": "nt", "rdfxml": "xml", "jsonld": "json-ld"}


def of(endpoint: str, graphs: Iterable[str], format_: Format, *, union: bool) -> bytes:
    """Return the description of the service at an address, with its named graphs, in a graph format.

    :param union: whether the default graph is the union of the named ones
    """
    found = Graph()
    found.bind("sd", SD)
    service, dataset, default = URIRef(endpoint), BNode(), BNode()
    found.add((service, RDF.type, SD.Service))
    found.add((service, SD.endpoint, service))
    found.add((service, DCTERMS.title, Literal("Rolegraph", lang="en")))
    for language in (SD.SPARQL10Query, SD.SPARQL11Query, SD.SPARQL11Update):
        found.add((service, SD.supportedLanguage, language))
    if union:
        found.add((service, SD.feature, SD.UnionDefaultGraph))
    for other in FORMATS:
        name = _NAMES.get((other.name, other.holds))
        if name:
            found.add((service, SD.resultFormat, FORMAT[name]))
        if name and other in formats.holding("graph"):
            found.add((service, SD.inputFormat, FORMAT[name]))
    found.add((service, SD.defaultDataset, dataset))
    found.add((dataset, RDF.type, SD.Dataset))
    found.add((dataset, SD.defaultGraph, default))
    found.add((default, RDF.type, SD.Graph))
    for iri in graphs:
        named = BNode()
        found.add((dataset, SD.namedGraph, named))
        found.add((named, RDF.type, SD.NamedGraph))
        found.add((named, SD.name, URIRef(iri)))
    return found.serialize(format=_RDFLIB.get(format_.name, format_.name), encoding="utf-8")
