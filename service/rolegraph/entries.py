"""Reads a role entry: bytes in one of the graph formats become a small rdflib graph, and nothing else happens."""

import json
from typing import Any
from xml.sax import SAXParseException

from rdflib import Graph
from rdflib.exceptions import ParserError
from rdflib.plugins.parsers.notation3 import BadSyntax

from rolegraph import resources
from rolegraph.errors import UnreadableInput
from rolegraph.formats import Format, holding
from rolegraph.terms import BASE

FORMATS = holding("graph")
CONTEXT = BASE + "context.jsonld"
_PARSERS = {"turtle": "turtle", "ntriples": "nt", "jsonld": "json-ld", "rdfxml": "xml"}


def read(body: bytes, format_: Format, base: str = BASE) -> Graph:
    """Parse an entry.

    :param base: the IRI that relative IRIs start from
    :raises UnreadableInput: with the line and column of the mistake where the parser tells them
    """
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UnreadableInput(f"the entry is not UTF-8: byte {error.start + 1} cannot be read", expected="text in UTF-8") from error
    if format_.name == "jsonld":
        text = json.dumps(_local(_json(text)))
    if format_.name == "rdfxml" and "<!ENTITY" in text:
        # a few of them that refer to each other keep the parser busy for minutes
        raise UnreadableInput("the RDF/XML declares entities, which are not read here", expected="RDF/XML with its names written out")
    graph = Graph()
    try:
        graph.parse(data=text, format=_PARSERS[format_.name], publicID=base)
    except BadSyntax as error:
        raise UnreadableInput(f"the Turtle does not parse: {_reason(error)}", line=error.lines + 1) from error
    except SAXParseException as error:
        line, column = error.getLineNumber(), error.getColumnNumber()
        raise UnreadableInput(f"the RDF/XML does not parse: {error.getMessage()}", line=line, column=column) from error
    except (ParserError, ValueError, LookupError, TypeError, AttributeError, RecursionError, AssertionError) as error:
        # rdflib's parsers raise these for input that is not of their format; each means that it was not read
        raise UnreadableInput(f"the entry does not parse as {format_.media}: {error}") from error
    return graph


def _reason(error: BadSyntax) -> str:
    before = str(error.argv if hasattr(error, "argv") else error._why)  # noqa: SLF001 - rdflib offers no other way to it
    near = error._str[error._i : error._i + 40].decode("utf-8", "replace").split("\n")[0].strip()  # noqa: SLF001
    return f"{before}, near {near!r}" if near else f"{before}, at the end"


def _json(text: str) -> Any:
    try:
        found = json.loads(text)
    except json.JSONDecodeError as error:
        raise UnreadableInput(f"the JSON does not parse: {error.msg}", line=error.lineno, column=error.colno) from error
    except RecursionError as error:
        raise UnreadableInput("the JSON is nested too deeply to be read") from error
    if not isinstance(found, dict | list):
        raise UnreadableInput("the JSON is a single value", expected="an object, or a list of objects")
    return found


def _local(node: Any) -> Any:
    """Put this project's own context in the place of its IRI and refuse every other remote one: nothing is fetched.

    :raises UnreadableInput: for another remote context
    """
    if isinstance(node, list):
        return [_local(item) for item in node]
    if not isinstance(node, dict):
        return node
    if "@import" in node:
        raise UnreadableInput("@import would fetch another document, and nothing is fetched here", expected="the context in place")
    return {key: _context(value) if key == "@context" else _local(value) for key, value in node.items()}


def _context(value: Any) -> Any:
    if isinstance(value, list):
        return [_context(item) for item in value]
    if not isinstance(value, str):
        return _local(value)
    if value != CONTEXT:
        detail = f"the context {value} would have to be fetched, and nothing is fetched here"
        raise UnreadableInput(detail, expected=f"{CONTEXT}, or the context in place")
    document: dict[str, Any] = json.loads((resources.folder("ontology") / "context.jsonld").read_text(encoding="utf-8"))
    return document["@context"]
