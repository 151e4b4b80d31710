"""Parses a role entry in one of the graph formats into a small rdflib graph."""

import hashlib
import json
import logging
import re
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NoReturn
from xml.parsers import expat

import pyoxigraph as ox
from rdflib import BNode, Dataset, Graph, Literal, URIRef
from rdflib.graph import DATASET_DEFAULT_GRAPH_ID
from rdflib.plugins.shared.jsonld.context import Context
from rdflib.term import Node

from rolegraph import jsonld_context, wellformed
from rolegraph.errors import UnreadableInput
from rolegraph.formats import Format, holding
from rolegraph.terms import BASE
from rolegraph.validation.findings import Finding
from rolegraph.validation.jsonld_reader import Reader, TextName

FORMATS = holding("graph")
DEPTH = 64  # levels of nesting in JSON and XML
ATTRIBUTES = 256  # of one element
_PARSERS = {"turtle": ox.RdfFormat.TURTLE, "ntriples": ox.RdfFormat.N_TRIPLES, "rdfxml": ox.RdfFormat.RDF_XML}
_NAMES = {"turtle": "Turtle", "ntriples": "N-Triples", "rdfxml": "RDF/XML", "jsonld": "JSON-LD"}
_WHERE = re.compile(r"^Parser error at line (\d+) (?:between columns (\d+) and .*?|column (\d+)): (.*?)(?: \(line \d+\))?$", re.DOTALL)
_NUMBER = re.compile(r"[+-]?[0-9]*\.?[0-9]*(?:[eE][+-]?[0-9]+)?")
_STRING = ox.NamedNode("http://www.w3.org/2001/XMLSchema#string")
_DECIMAL = "http://www.w3.org/2001/XMLSchema#decimal"

# rdflib would log values that do not parse; the contents of entries must not reach the log
logging.getLogger("rdflib.term").setLevel(logging.CRITICAL)
warnings.filterwarnings("ignore", module="rdflib.term")


@dataclass(frozen=True)
class Entry:
    """A parsed entry: its triples, what is to be reported of its JSON-LD, and the names in it that are kept as texts."""

    graph: Graph
    remarks: list[Finding]
    names: Sequence[TextName] = ()


def read(body: bytes, format_: Format, base: str = BASE) -> Graph:
    """Parse an entry and return its triples; see :func:`parse`."""
    return parse(body, format_, base).graph


def parse(body: bytes, format_: Format, base: str = BASE) -> Entry:
    """Parse an entry.

    :param base: the IRI that relative IRIs start from
    :raises UnreadableInput: with the line and column of the error if the parser reports them, or else the triple
    """
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UnreadableInput(f"the entry is not UTF-8: byte {error.start + 1} cannot be read", expected="text in UTF-8") from error
    if (place := text.find("\x00")) >= 0:
        line = text.count("\n", 0, place) + 1
        raise UnreadableInput("the entry contains the character U+0000, as UTF-16 text does", line=line, expected="text in UTF-8")
    if format_.name == "jsonld":
        return _from_json(text, base)
    if format_.name == "rdfxml":
        _check_xml(text)
    return Entry(_parsed(text, format_, base), [])


def _parsed(text: str, format_: Format, base: str) -> Graph:
    graph, name = Graph(), _NAMES[format_.name]
    try:
        for quad in ox.parse(text, _PARSERS[format_.name], base_iri=base, rename_blank_nodes=False):
            graph.add(_checked(quad))
    except SyntaxError as error:
        where = _WHERE.match(str(error.msg))
        reason, line, column = (where[4], int(where[1]), int(where[2] or where[3])) if where else (error.msg, error.lineno, error.offset)
        raise UnreadableInput(f"the {name} does not parse: {reason}", line=line, column=column) from error
    return graph


def _checked(quad: ox.Quad) -> tuple[Node, Node, Node]:
    """Return the triple of a quad in rdflib's terms, its literals as they were written.

    :raises UnreadableInput: for a triple that not every format can express
    """
    subject, object_ = quad.subject, quad.object
    if isinstance(subject, ox.Triple) or isinstance(object_, ox.Triple) or (isinstance(object_, ox.Literal) and object_.direction):
        what = "a text with a direction" if isinstance(object_, ox.Literal) else "a triple term"
        raise UnreadableInput(f"the entry contains {what}, which not every format can express", expected="RDF 1.1")
    wellformed.refuse_property(subject.value, quad.predicate.value)
    if isinstance(object_, ox.Literal):
        wellformed.refuse_literal(subject.value, quad.predicate.value, object_.value, object_.datatype.value)
    return _node(subject), URIRef(quad.predicate.value), _node(object_)


def _node(term: ox.NamedNode | ox.BlankNode | ox.Literal) -> Node:
    if isinstance(term, ox.NamedNode):
        return URIRef(term.value)
    if isinstance(term, ox.BlankNode):
        return BNode(term.value)
    if term.language:
        return Literal(term.value, lang=term.language)
    datatype = None if term.datatype == _STRING else URIRef(term.datatype.value)
    return Literal(term.value, datatype=datatype, normalize=False)


def _check_xml(text: str) -> None:
    """Refuse XML that is not well-formed, or that costs more than its size suggests: entities, deep nesting, many attributes.

    :raises UnreadableInput: with the line and column
    """
    parser = expat.ParserCreate("UTF-8")
    depth = 0

    def refuse(detail: str, expected: str) -> NoReturn:
        raise UnreadableInput(detail, line=parser.CurrentLineNumber, column=parser.CurrentColumnNumber + 1, expected=expected)

    def start(_: str, attributes: dict[str, str]) -> None:
        nonlocal depth
        depth += 1
        if depth > DEPTH:
            refuse(f"the RDF/XML is nested more than {DEPTH} levels deep", f"up to {DEPTH} levels")
        if len(attributes) > ATTRIBUTES:
            refuse(f"an element has {len(attributes):,} attributes", f"up to {ATTRIBUTES}")

    def end(_: str) -> None:
        nonlocal depth
        depth -= 1

    def declares(*_: object) -> None:
        refuse("the RDF/XML declares entities or a document type, which are not supported", "RDF/XML with full IRIs in place of entities")

    parser.StartElementHandler, parser.EndElementHandler = start, end
    parser.StartDoctypeDeclHandler = parser.EntityDeclHandler = declares
    try:
        parser.Parse(text.encode(), True)
    except expat.ExpatError as error:
        reason = f"the RDF/XML does not parse: {expat.ErrorString(error.code)}"
        raise UnreadableInput(reason, line=error.lineno, column=error.offset + 1) from error


def _from_json(text: str, base: str) -> Entry:
    dataset, reader = Dataset(), Reader()
    try:
        reader.parse(_local(_json(text)), Context(base=base), dataset)
    except (MemoryError, UnreadableInput):
        raise
    except Exception as error:  # rdflib raises many types for JSON that is not JSON-LD, with messages about its own code
        expected = "JSON-LD 1.1: valid values of @id, @type, @value, @language and @context; languages as in BCP 47"
        raise UnreadableInput("the JSON is not JSON-LD", expected=expected) from error
    graph = Graph()
    for subject, predicate, object_, name in dataset.quads():
        if name is not None and name != DATASET_DEFAULT_GRAPH_ID:
            detail = f"the JSON-LD contains a named graph, {name}: an entry is a single graph, named after its source"
            raise UnreadableInput(detail, expected="triples outside of named graphs: use @graph only beside @context")
        graph.add(_checked(_quad(subject, predicate, object_)))
    return Entry(graph, reader.remarks, reader.names)


def _quad(subject: Node, predicate: Node, object_: Node) -> ox.Quad:
    """Convert a triple of rdflib's terms, which its JSON-LD parser does not check, to checked terms.

    :raises UnreadableInput: for an invalid IRI or language tag
    """
    place = f"{subject} {predicate} {object_}"[:200].encode("ascii", "backslashreplace").decode()
    try:
        if not isinstance(predicate, URIRef):
            raise UnreadableInput(f"a blank node is used as a property, in {place}", expected="an IRI")
        return ox.Quad(_resource(subject), ox.NamedNode(predicate), _object(object_))
    except ValueError as error:
        detail = f"the JSON-LD contains an invalid IRI or language: {error}, in {place}"
        raise UnreadableInput(detail, expected="IRIs as in RFC 3987, languages as in BCP 47") from error


def _resource(node: Node) -> ox.NamedNode | ox.BlankNode:
    return ox.BlankNode(hashlib.sha256(node.encode()).hexdigest()) if isinstance(node, BNode) else ox.NamedNode(str(node))


def _object(node: Node) -> ox.NamedNode | ox.BlankNode | ox.Literal:
    if not isinstance(node, Literal):
        return _resource(node)
    if node.language:
        return ox.Literal(str(node), language=node.language)
    return ox.Literal(str(node), datatype=ox.NamedNode(node.datatype)) if node.datatype else ox.Literal(str(node))


def _json(text: str) -> Any:
    try:
        document = json.loads(text, parse_int=_integer, parse_float=_float, parse_constant=_constant)
    except json.JSONDecodeError as error:
        raise UnreadableInput(f"the JSON does not parse: {error.msg}", line=error.lineno, column=error.colno) from error
    except RecursionError:
        raise _too_deep() from None
    if not isinstance(document, dict | list):
        raise UnreadableInput("the JSON is not an object", expected="an object, or a list of objects")
    for value in _texts(document):
        fault = wellformed.fault_of_text(value) or (wellformed.fault_of_number(value, _DECIMAL) if _NUMBER.fullmatch(value) else None)
        if fault:
            raise UnreadableInput(f"{fault[0]}, in {value[:40].encode('ascii', 'backslashreplace').decode()!r}", expected=fault[1])
    return document


def _texts(document: Any) -> Iterator[str]:
    """Yield all texts in a JSON document.

    :raises UnreadableInput: if the document is nested too deeply
    """
    level, depth = [document], 0
    while level:
        depth += 1
        if depth > DEPTH:
            raise _too_deep()
        below: list[Any] = []
        for node in level:
            if isinstance(node, str):
                yield node
            elif isinstance(node, dict):
                yield from node
                below += node.values()
            elif isinstance(node, list):
                below += node
        level = below


def _too_deep() -> UnreadableInput:
    return UnreadableInput(f"the JSON is nested more than {DEPTH} levels deep", expected=f"up to {DEPTH} levels")


def _integer(text: str) -> int:
    _refuse_number(text)
    return int(text)


def _float(text: str) -> float:
    _refuse_number(text)
    return float(text)


def _refuse_number(text: str) -> None:
    fault = wellformed.fault_of_number(text, _DECIMAL)
    if fault:
        raise UnreadableInput(f"{fault[0]}, in {text[:40]}", expected=fault[1])


def _constant(text: str) -> NoReturn:
    raise UnreadableInput(f"{text} is not a number in JSON", expected="a number, or a text")


def _local(node: Any) -> Any:
    """Replace the address of the project's context by the context, and refuse other remote contexts: nothing is fetched.

    :raises UnreadableInput: for another remote context
    """
    _refuse_remote(node)
    return jsonld_context.included(node)


def _refuse_remote(node: Any) -> None:
    for item in node if isinstance(node, list) else ():
        _refuse_remote(item)
    if not isinstance(node, dict):
        return
    if not isinstance(node.get("@id", ""), str | None):
        raise UnreadableInput(f"@id is {json.dumps(node['@id'])[:100]}", expected="an IRI")
    if "@import" in node:
        raise UnreadableInput("@import needs another document, and nothing is fetched", expected="the context itself")
    for key, value in node.items():
        for context in (value if isinstance(value, list) else [value]) if key == "@context" else ():
            if isinstance(context, str) and context not in jsonld_context.NAMES:
                detail = f"the context {context} is not included, and nothing is fetched"
                raise UnreadableInput(detail, expected=f"{jsonld_context.ADDRESS}, or the context itself")
        _refuse_remote(value)
