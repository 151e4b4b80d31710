"""Concise bounded descriptions: the query for the triples about a thing, with the labels of what it links to."""

from collections.abc import Callable, Sequence

from rolegraph import terms
from rolegraph.catalogue.labels import listed
from rolegraph.values import Row

PARTS = 5000  # things that the graph of a source describes; of a source with more, only itself is described

Ask = Callable[[str], list[Row]]


def query(iri: str, credited: Sequence[str] = (), parts: Sequence[str] = ()) -> str:
    """Return the query for the triples about a thing, and the labels of what it links to.

    :param credited: the IRIs of sources that are to be described with it, as are the ``parts`` of it
    """
    rg, schema, skos = (terms.prefixes()[prefix] for prefix in ("rg", "schema", "skos"))
    leading = f"<{rg}outlook>|<{rg}salary>|<{schema}baseSalary>|(<{schema}baseSalary>/<{schema}value>)"
    sources = f"VALUES ?thing {{ {listed((*credited, *parts))} }}"
    return f"""CONSTRUCT {{ ?thing ?property ?other . ?other <{skos}prefLabel> ?label }} WHERE {{
        {{ SELECT DISTINCT ?thing {{ {{ BIND(<{iri}> AS ?thing) }} UNION {{ <{iri}> {leading} ?thing }} UNION {{ {sources} }} }} }}
        ?thing ?property ?other OPTIONAL {{ ?other <{skos}prefLabel> ?label }}
    }}"""


def parts(ask: Ask, source: str) -> list[str]:
    """Return the IRIs of the parts of a source, which start with its own and a hash sign; none where its graph describes many things.

    Whoever asks for the IRI of a part asks for that of its source, since what follows the hash sign is not sent.
    """
    described = [row["thing"].value for row in ask(f"SELECT ?thing {{ GRAPH <{source}> {{ ?thing a ?type }} }} LIMIT {PARTS + 1}")]
    return sorted({iri for iri in described if iri.startswith(f"{source}#")}) if len(described) <= PARTS else []
