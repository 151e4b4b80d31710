"""What the graph tells about a thing, and about all that an entry speaks of."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from rdflib import RDF, SKOS, BNode, Graph, Literal, URIRef
from rdflib.term import IdentifiedNode

from rolegraph import ownership, terms
from rolegraph.catalogue.cards import listed
from rolegraph.engine import Keep
from rolegraph.ownership import Said
from rolegraph.things import Row, Value

BATCH = 500
PARTS = 5000  # things that the graph of a source describes; of a larger one the source alone is told
_TOLD = frozenset(map(str, (RDF.type, SKOS.prefLabel, SKOS.definition)))

Ask = Callable[[str], list[Row]]


def of(iri: str, credited: Sequence[str] = (), parts: Sequence[str] = ()) -> str:
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


@dataclass(frozen=True)
class Surroundings:
    """What the graph says of the things that an entry speaks of, as it will be once the entry is written.

    ``context`` holds their types, preferred labels and definitions, as those who describe them state these; ``described`` the things
    that others than the source of the entry describe, with all that they say of them.
    """

    context: Graph
    described: Said


def surroundings(ask: Ask, entry: Graph, source: str | None = None, keep: Keep = "none") -> Surroundings:
    """Return what the graph says of the things that an entry speaks of, less what the entry says of them itself.

    A thing is described by the graphs that state a type of it, or, a part of a source, by that source. What other graphs call
    it counts for nothing, so nobody can make the entry of somebody else fail.

    :param ask: answers a SELECT query
    :param source: whose entry it is; what it replaces is left out. None for an entry of no source, of which nothing is left out
    :param keep: what of the source stays, see :data:`~rolegraph.engine.Keep`
    """
    subjects = {str(subject) for subject in entry.subjects()}
    nodes = {str(node) for node in entry.all_nodes() if isinstance(node, URIRef)}
    said: dict[str, dict[str, set[tuple[str, Value]]]] = {}
    for thing, graph, property_, value in _said(ask, sorted(filter(terms.is_iri, nodes))):
        if graph != source or (keep == "others" and thing not in subjects) or keep == "all":
            said.setdefault(thing, {}).setdefault(graph, set()).add((property_, value))
    described: dict[str, set[tuple[str, Value]]] = {}
    context = Graph()
    for thing in nodes:
        describing = _describing(thing, said.get(thing, {}))
        for property_, value in set().union(*describing.values()):
            predicate = URIRef(property_)
            if property_ in _TOLD and (predicate == RDF.type or (URIRef(thing), predicate, None) not in entry):
                context.add((URIRef(thing), predicate, _node(value)))
        part_of = ownership.owner(thing)
        if source is not None and source not in (thing, part_of) and (part_of or any(graph != source for graph in describing)):
            described[thing] = {(name, ownership.comparable(value)) for pairs in describing.values() for name, value in pairs}
    return Surroundings(context, described)


def _said(ask: Ask, things: Sequence[str]) -> Iterator[tuple[str, str, str, Value]]:
    """Yield what each graph says of things by the properties that describe: (thing, graph, property, value)."""
    properties = ", ".join(f"<{iri}>" for iri in sorted({*ownership.words().meaning, *_TOLD}))
    for start in range(0, len(things), BATCH):
        values = listed(things[start : start + BATCH])
        # a filter, since a second VALUES has the engine go through all that has a type or a label
        pattern = f"VALUES ?thing {{ {values} }} GRAPH ?graph {{ ?thing ?property ?value FILTER(?property IN ({properties})) }}"
        for row in ask(f"SELECT ?thing ?graph ?property ?value {{ {pattern} }}"):
            yield row["thing"].value, row["graph"].value, row["property"].value, row["value"]


def _describing(thing: str, said: Mapping[str, set[tuple[str, Value]]]) -> dict[str, set[tuple[str, Value]]]:
    """Return what the graphs that describe a thing say of it, of what all say."""
    part_of = ownership.owner(thing)
    if part_of:
        return {part_of: said[part_of]} if part_of in said else {}
    return {graph: pairs for graph, pairs in said.items() if any(name == terms.RDF_TYPE for name, _ in pairs)}


def _node(value: Value) -> IdentifiedNode | Literal:
    if value.kind == "iri":
        return URIRef(value.value)
    return BNode(value.value) if value.kind == "blank" else Literal(value.value, lang=value.language)
