"""The SPARQL 1.1 Service Description of the endpoint and its named graphs."""

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
    """Return the description of an endpoint in a graph format.

    :param graphs: the IRIs of the named graphs
    :param union: whether the default graph is the union of the named ones
    """
    description = Graph()
    description.bind("sd", SD)
    service, dataset, default = URIRef(endpoint), BNode(), BNode()
    description.add((service, RDF.type, SD.Service))
    description.add((service, SD.endpoint, service))
    description.add((service, DCTERMS.title, Literal("Rolegraph", lang="en")))
    for language in (SD.SPARQL10Query, SD.SPARQL11Query, SD.SPARQL11Update):
        description.add((service, SD.supportedLanguage, language))
    if union:
        description.add((service, SD.feature, SD.UnionDefaultGraph))
    for other in FORMATS:
        name = _NAMES.get((other.name, other.holds))
        if name:
            description.add((service, SD.resultFormat, FORMAT[name]))
        if name and other in formats.holding("graph"):
            description.add((service, SD.inputFormat, FORMAT[name]))
    description.add((service, SD.defaultDataset, dataset))
    description.add((dataset, RDF.type, SD.Dataset))
    description.add((dataset, SD.defaultGraph, default))
    description.add((default, RDF.type, SD.Graph))
    for iri in graphs:
        named = BNode()
        description.add((dataset, SD.namedGraph, named))
        description.add((named, RDF.type, SD.NamedGraph))
        description.add((named, SD.name, URIRef(iri)))
    return description.serialize(format=_RDFLIB.get(format_.name, format_.name), encoding="utf-8")
