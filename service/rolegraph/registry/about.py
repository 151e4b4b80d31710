"""What the graph tells about a thing, and about all that an entry speaks of."""

from collections.abc import Sequence

from rdflib import RDF, Graph, Literal, URIRef

from rolegraph import terms
from rolegraph.catalogue import Catalogue
from rolegraph.catalogue.cards import listed


def of(iri: str, credited: Sequence[str] = ()) -> str:
    """Return the query for the triples about a thing, and the labels of what it links to.

    :param credited: the IRIs of sources that are to be described with it
    """
    rg, schema, skos = (terms.prefixes()[prefix] for prefix in ("rg", "schema", "skos"))
    parts = f"<{rg}outlook>|<{rg}salary>|<{schema}baseSalary>|(<{schema}baseSalary>/<{schema}value>)"
    sources = f"VALUES ?thing {{ {listed(credited)} }}"
    return f"""CONSTRUCT {{ ?thing ?property ?other . ?other <{skos}prefLabel> ?label }} WHERE {{
        {{ SELECT DISTINCT ?thing {{ {{ BIND(<{iri}> AS ?thing) }} UNION {{ <{iri}> {parts} ?thing }} UNION {{ {sources} }} }} }}
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
