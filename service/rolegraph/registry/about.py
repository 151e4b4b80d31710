"""What the graph tells about a thing, and about all that an entry speaks of."""

from rdflib import RDF, Graph, Literal, URIRef

from rolegraph import terms
from rolegraph.catalogue import Catalogue


def of(iri: str) -> str:
    """Return the query for the triples about a thing, and the labels of what it links to."""
    rg, schema, skos = (terms.prefixes()[prefix] for prefix in ("rg", "schema", "skos"))
    parts = f"<{rg}outlook>|<{rg}salary>|<{schema}baseSalary>|(<{schema}baseSalary>/<{schema}value>)"
    return f"""CONSTRUCT {{ ?thing ?property ?other . ?other <{skos}prefLabel> ?label }} WHERE {{
        {{ SELECT DISTINCT ?thing {{ {{ BIND(<{iri}> AS ?thing) }} UNION {{ <{iri}> {parts} ?thing }} }} }}
        ?thing ?property ?other OPTIONAL {{ ?other <{skos}prefLabel> ?label }}
    }}"""


def known(catalogue: Catalogue, entry: Graph) -> Graph:
    """Return what the graph knows of the things that an entry speaks of, less what the entry says of them itself."""
    nodes = {str(node) for node in entry.all_nodes() if isinstance(node, URIRef)}
    context = Graph()
    for iri, property_, value in catalogue.known(nodes):
        subject, predicate = URIRef(iri), URIRef(property_)
        if predicate == RDF.type or (subject, predicate, None) not in entry:
            object_ = URIRef(value.value) if value.kind == "iri" else Literal(value.value, lang=value.language)
            context.add((subject, predicate, object_))
    return context
