"""The context of a validation: what the graph says of the things that an entry names."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from rdflib import RDF, SKOS, BNode, Graph, Literal, URIRef
from rdflib.term import IdentifiedNode

from rolegraph import terms
from rolegraph.engine import WriteMode
from rolegraph.queries.internal import query
from rolegraph.validation import ownership
from rolegraph.validation.ownership import Said
from rolegraph.values import Row, Value

BATCH = 500
_CONTEXT = frozenset(map(str, (RDF.type, SKOS.prefLabel, SKOS.definition)))

Ask = Callable[[str], list[Row]]


@dataclass(frozen=True)
class Context:
    """What the graph says of the things that an entry speaks of, as it will be once the entry is written.

    ``context`` holds their types, preferred labels and definitions, as those who describe them state these; ``described`` the things
    that others than the source of the entry describe, with all that they say of them.
    """

    context: Graph
    described: Said


def context_of(ask: Ask, entry: Graph, source: str | None = None, mode: WriteMode = "replace") -> Context:
    """Return what the graph says of the things that an entry speaks of, less what the entry says of them itself.

    A thing is described by the graphs that state a type of it, or, a part of a source, by that source. What other graphs call
    it counts for nothing, so nobody can make the entry of somebody else fail.

    :param ask: answers a SELECT query
    :param source: whose entry it is; what it replaces is left out. None for an entry of no source, of which nothing is left out
    :param mode: what of the source stays, see :data:`~rolegraph.engine.WriteMode`
    """
    subjects = {str(subject) for subject in entry.subjects()}
    nodes = {str(node) for node in entry.all_nodes() if isinstance(node, URIRef)}
    statements: dict[str, dict[str, set[tuple[str, Value]]]] = {}
    for thing, graph, property_, value in _statements(ask, sorted(filter(terms.is_iri, nodes))):
        if graph != source or (mode == "merge" and thing not in subjects) or mode == "append":
            statements.setdefault(thing, {}).setdefault(graph, set()).add((property_, value))
    described: dict[str, set[tuple[str, Value]]] = {}
    context = Graph()
    for thing in nodes:
        describing = _describing(thing, statements.get(thing, {}))
        for property_, value in set().union(*describing.values()):
            predicate = URIRef(property_)
            if property_ in _CONTEXT and (predicate == RDF.type or (URIRef(thing), predicate, None) not in entry):
                context.add((URIRef(thing), predicate, _node(value)))
        part_of = ownership.owner(thing)
        if source is not None and source not in (thing, part_of) and (part_of or any(graph != source for graph in describing)):
            described[thing] = {(name, ownership.comparable(value)) for pairs in describing.values() for name, value in pairs}
    return Context(context, described)


def _statements(ask: Ask, things: Sequence[str]) -> Iterator[tuple[str, str, str, Value]]:
    """Yield what each graph says of things by the properties that describe: (thing, graph, property, value)."""
    properties = sorted({*ownership.words().meaning, *_CONTEXT})
    for start in range(0, len(things), BATCH):
        for row in ask(query("context-of-entry").bind({"thing": things[start : start + BATCH], "property": properties})):
            yield row["thing"].value, row["graph"].value, row["property"].value, row["value"]


def _describing(thing: str, statements: Mapping[str, set[tuple[str, Value]]]) -> dict[str, set[tuple[str, Value]]]:
    """Return what the graphs that describe a thing say of it, of what all say."""
    part_of = ownership.owner(thing)
    if part_of:
        return {part_of: statements[part_of]} if part_of in statements else {}
    return {graph: pairs for graph, pairs in statements.items() if any(name == terms.RDF_TYPE for name, _ in pairs)}


def _node(value: Value) -> IdentifiedNode | Literal:
    if value.kind == "iri":
        return URIRef(value.value)
    return BNode(value.value) if value.kind == "blank" else Literal(value.value, lang=value.language)
