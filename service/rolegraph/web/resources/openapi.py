"""The OpenAPI 3.1 document, made from one table of operations, the canned queries and the table of formats."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from rolegraph import __version__, errors, terms
from rolegraph.formats import Format
from rolegraph.queries import CannedQuery, Parameter
from rolegraph.search import MOST
from rolegraph.web.http.negotiation import DATASETS, DOCUMENT, GRAPHS, HTML, TABLES, TEXT
from rolegraph.web.http.sparql_protocol import FORM, QUERY, UPDATE
from rolegraph.web.pages.analyses import OFFERED as ANALYSED
from rolegraph.web.resources import openapi_responses
from rolegraph.web.resources.comparison import OFFERED as COMPARED
from rolegraph.web.resources.profiles import READ as PROFILE
from rolegraph.web.resources.search import OFFERED as FOUND
from rolegraph.web.resources.things import LISTED, SIZE
from rolegraph.web.resources.things import MOST as LONGEST
from rolegraph.web.resources.validation import OFFERED as REPORTED

ENTERED = (DOCUMENT, TEXT)  # as a report
PAGE = (HTML,)
THING = (HTML, DOCUMENT, *GRAPHS)
ANSWER = (*TABLES, *GRAPHS, HTML)
_ROLES = {"type": "array", "items": {"type": "string"}, "minItems": 2, "maxItems": 8}


@dataclass(frozen=True)
class Operation:
    """One path and method: what it does, its parameters as (name, place, required, description), what it gives and reads.

    ``written`` holds the statuses of one that writes, with what each says; ``errors`` those that no other of its kind has.
    """

    path: str
    method: str
    summary: str
    gives: Sequence[Format]
    parameters: Sequence[tuple[str, str, bool, str]] = ()
    reads: Sequence[str] = ()
    written: Mapping[str, str] = field(default_factory=dict)
    errors: Sequence[str] = ()


_SLUG = (("kind", "path", True, "one of " + ", ".join(terms.KINDS)), ("slug", "path", True, "the last part of the IRI of a thing"))
_PAGE = (
    ("page", "query", False, "the number of a page, from 1"),
    ("limit", "query", False, f"how many things make a page, 1 to {LONGEST}; {SIZE} without it"),
    ("source", "query", False, "only things of which this source speaks: slug, CURIE or IRI"),
)
_IRI = (("iri", "query", True, "the IRI or the CURIE of a thing, such as onet:15-1252.00"),)
_NODE = (("name", "path", True, "the last part of the IRI that stands for the node"),)
_VERSION = (("version", "path", True, "the number of the version, such as 0.1.0"),)
PROFILES = (*(format_.media for format_ in PROFILE), FORM, "multipart/form-data")
_SEARCH = (
    ("q", "query", True, "a label, words or letters of it, a code, a short form; up to 200 characters"),
    ("kind", "query", False, "only things of this kind; may be repeated"),
    ("source", "query", False, "only what a graph names or uses: the slug of a source, a CURIE or an IRI"),
    ("language", "query", False, "only labels in this language, such as fr, or in none"),
    ("limit", "query", False, f"number of hits, up to {MOST}"),
)
_ENTRY = tuple(format_.media for format_ in GRAPHS)
_ROLE = (("role", "query", True, "slug, CURIE or IRI of a role"),)
_ONE = (("role", "query", True, "one role as name, slug, CURIE or IRI"),)
_LIKE = (("with", "query", False, "only this other role, with all that adds to the likeness"),)
_AMONG = (
    ("source", "query", False, "only roles that this source speaks of"),
    ("count", "query", False, "how many are wanted"),
)
_BETWEEN = (
    ("from", "query", True, "the role that somebody comes from, as name, slug, CURIE or IRI"),
    ("to", "query", True, "the role that is wanted, as name, slug, CURIE or IRI"),
)
_FOR = (("to", "query", False, "one role; without it, the best of all"), *_AMONG)
_ROUTES = (("k", "query", False, "how many routes are wanted, from 1 to 10"),)
_MATCHES = (("matching", "query", False, "yes takes the roles that match it for the same role"),)
_NAME = (("name", "path", True, "the name of a canned query"),)
_TYPE = (("slug", "path", True, "the last part of the IRI of a type of problem"),)
_GRAPH = (
    ("graph", "query", False, "the IRI or the CURIE of a named graph"),
    ("default", "query", False, "the default graph, in place of a named one"),
)
_OWN = (("path", "path", True, "the path of a graph whose address is its name"),)
_SOURCE = (("slug", "path", True, "the last part of the IRI of a source"),)
_MEANT_FOR = (
    ("source", "query", False, "the last part of the IRI of the source that the entry is meant for"),
    ("method", "query", False, "how it is to be written there: PUT or POST"),
)
_QUERY = ("query", "query", False, "the query; without one, the service is described")
_ASKED = tuple((name, "query", False, "a graph to ask; may be repeated") for name in (QUERY.default, QUERY.named))
_STORED = {"201": "The graph was made", "204": "The graph was written"}
_ENTERED = {"200": "What the source states was written; the report may hold advice", "201": "The source was made; the same"}
_GONE = {"204": "Removed"}
_TOKEN = {"type": "http", "scheme": "bearer", "description": "of rolegraph token create"}
_REVISION = {
    "name": "revision",
    "in": "query",
    "required": False,
    "description": "a number of /revisions; without it, the newest",
    "schema": {"type": "integer", "minimum": 0},
}


def _graphs(path: str, parameters: Sequence[tuple[str, str, bool, str]], *more: Format) -> Sequence[Operation]:
    return (
        Operation(path, "get", "One graph" + ("; without a name, all named graphs" if more else ""), (*GRAPHS, *more), parameters),
        Operation(path, "put", "Replace a graph, or make it", (), parameters, _ENTRY, _STORED),
        Operation(path, "post", "Add to a graph, or make it", (), parameters, (*_ENTRY, "multipart/form-data"), _STORED),
        Operation(path, "delete", "Remove a graph", (), parameters, (), _GONE, ("404",)),
    )


def _source(path: str) -> Sequence[Operation]:
    replacing, adding = "Replace what a source states, through the shapes", "Add or replace entries of a source, through the shapes"
    return (
        Operation(path, "get", "What a source states, as a graph", GRAPHS, _SOURCE),
        Operation(path, "put", replacing, ENTERED, _SOURCE, _ENTRY, _ENTERED, ("406", "422")),
        Operation(path, "post", adding, ENTERED, _SOURCE, _ENTRY, _ENTERED, ("406", "422")),
        Operation(path, "delete", "Withdraw a source", (), _SOURCE, (), _GONE, ("404",)),
    )


OPERATIONS = (
    Operation("/", "get", "Home: pick roles and compare them", PAGE),
    Operation("/compare", "get", "Compare two to eight roles over every facet, with who says so", COMPARED, _ROLE),
    Operation("/similar", "get", "The roles most like a role, item by item", ANALYSED, (*_ONE, *_LIKE, *_AMONG)),
    Operation("/gap", "get", "What of a role's needs another role has; without roles, a form", ANALYSED, _BETWEEN),
    Operation("/gap", "post", "What a profile meets of a role, or the roles that it fits best; stores nothing", ANALYSED, _FOR, PROFILES),
    Operation("/paths", "get", "The cheapest routes from role to role", ANALYSED, (*_BETWEEN, *_ROUTES)),
    Operation("/openings", "get", "The few items that open most further roles", ANALYSED, (_BETWEEN[0], *_AMONG)),
    Operation("/distinguish", "get", "The fewest items that tell roles apart", ANALYSED, _ROLE),
    Operation("/agreement", "get", "What sources agree on about a role, and what not", ANALYSED, (*_ONE, *_MATCHES)),
    Operation("/search", "get", "Find things by label, as people type it; the newest revision only", FOUND, _SEARCH),
    Operation("/suggest", "get", "What a label that is being typed may become", (DOCUMENT,), (_SEARCH[0], _SEARCH[1], _SEARCH[-1])),
    Operation("/{kind}", "get", "The things of a kind, page by page; as a graph, its concept scheme", LISTED, (*_SLUG[:1], *_PAGE)),
    Operation("/thing", "get", "A thing of any system by its IRI, and who says what about it; for one of ours, the way there", THING, _IRI),
    Operation("/{kind}/{slug}", "get", "A thing, and who says what about it", THING, _SLUG),
    Operation("/sources", "get", "Leads to /source", PAGE),
    Operation("/sparql", "get", "Answer a SPARQL 1.1 query", ANSWER, (_QUERY, *_ASKED)),
    Operation("/sparql", "post", "Answer a SPARQL 1.1 query", ANSWER, _ASKED, (QUERY.media, FORM)),
    Operation("/update", "post", "Run a SPARQL 1.1 update", (), (), (UPDATE.media, FORM), {"204": "Done"}),
    Operation("/queries", "get", "The canned queries", (HTML, DOCUMENT)),
    Operation("/queries/{name}", "get", "Run a canned query; each is described at its own path", ANSWER, _NAME),
    Operation("/validate", "get", "A form to validate an entry with", PAGE),
    Operation("/validate", "post", "Report on an entry; store nothing", REPORTED, _MEANT_FOR, (*_ENTRY, FORM, "multipart/form-data")),
    *_graphs("/graphs", _GRAPH, *DATASETS),
    *_graphs("/graphs/{path}", _OWN),
    *_source("/sources/{slug}"),
    Operation("/ontology", "get", "The ontology", (HTML, *GRAPHS)),
    Operation("/ns", "get", "The ontology, at the path of its IRI", (HTML, *GRAPHS)),
    Operation("/ns/{version}", "get", "Leads from a version of the ontology to it", (HTML, *GRAPHS), _VERSION),
    Operation("/.well-known/genid/{name}", "get", "Leads from a node without a name to what is said of it", (HTML, *GRAPHS), _NODE),
    Operation("/shapes", "get", "The shapes that entries have to meet", (HTML, *GRAPHS)),
    Operation("/context.jsonld", "get", "The JSON-LD context", [format_ for format_ in GRAPHS if format_.name == "jsonld"]),
    Operation("/openapi.json", "get", "This document", (DOCUMENT,)),
    Operation("/revisions", "get", "The revisions that are kept, newest first", (HTML, DOCUMENT)),
    Operation("/health", "get", "Whether the service answers, and how much it holds", (DOCUMENT,)),
    Operation("/livez", "get", "Whether the process answers", (DOCUMENT,)),
    Operation("/readyz", "get", "Whether the store can be read and written: 200 or 503", (DOCUMENT,)),
    Operation("/problem/{slug}", "get", "What a type of problem means", (HTML, DOCUMENT), _TYPE),
)


def document(queries: Iterable[CannedQuery]) -> dict[str, Any]:
    """Return the document."""
    paths: dict[str, dict[str, Any]] = {}
    for operation in OPERATIONS:
        paths.setdefault(operation.path, {})[operation.method] = _operation(operation)
    for query in queries:
        paths[f"/queries/{query.name}"] = {"get": _query(query)}
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Rolegraph",
            "version": __version__,
            "summary": "An open knowledge graph of job roles",
            "description": "A suffix (/role/ai-programmer.ttl) goes before ?format=, which goes before Accept.",
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        "servers": [{"url": "/"}],
        "paths": paths,
        "components": {
            "schemas": {"Problem": _problem()},
            "responses": openapi_responses.components(),
            "securitySchemes": {"token": _TOKEN},
        },
    }


def _operation(operation: Operation) -> dict[str, Any]:
    found: dict[str, Any] = {
        "operationId": f"{operation.method}{operation.path.title()}".translate(str.maketrans("", "", "/{}.-")),
        "summary": operation.summary,
        "parameters": [_parameter(*parameter) for parameter in operation.parameters],
        "responses": _responses(operation),
    }
    if operation.written:
        found["parameters"] += openapi_responses.CONDITIONS
        found["security"] = [{"token": []}]
    else:
        found["parameters"] += [_format(operation.gives), _REVISION]
    if operation.reads:
        found["requestBody"] = {"required": True, "content": {media: {} for media in operation.reads}}
    return found


def _responses(operation: Operation) -> dict[str, Any]:
    workers = openapi_responses.ASKING if operation.path == "/sparql" else ()
    if operation.written:
        unread = () if operation.reads else ("413",)
        received = ("415",) if operation.reads else ()
        errors = [status for status in (*openapi_responses.WRITING, *received, *operation.errors) if status not in unread]
        return openapi_responses.written(operation.written, operation.gives, errors)
    if operation.method == "post":
        return openapi_responses.reported(operation.gives, (*openapi_responses.RECEIVING, *workers, *operation.errors))
    return openapi_responses.found(operation.gives, (*openapi_responses.READING, *workers, *operation.errors))


def _query(query: CannedQuery) -> dict[str, Any]:
    gives = (*(TABLES if query.holds == "table" else GRAPHS), HTML)
    return {
        "operationId": "query" + query.name.title().replace("-", ""),
        "summary": f"{query.number}: {query.question}",
        "description": query.description,
        "tags": list(query.tags),
        "parameters": [*map(_of_query, query.parameters), _format(gives), _REVISION],
        "responses": openapi_responses.found(gives, (*openapi_responses.READING, *openapi_responses.ASKING)),
    }


def _of_query(parameter: Parameter) -> dict[str, Any]:
    several = {"type": "array", "items": {"type": "string"}, "minItems": parameter.least, "maxItems": parameter.most}
    return {
        "name": parameter.name,
        "in": "query",
        "required": not parameter.default,
        "description": f"{parameter.description}: {parameter.expected}",
        "schema": several if parameter.most > 1 else {"type": "string"},
        "example": list(parameter.example) if parameter.most > 1 else parameter.example[0],
    }


def _parameter(name: str, place: str, required: bool, description: str) -> dict[str, Any]:
    schema: dict[str, Any] = {"type": "string"}
    if name == "kind":
        schema["enum"] = list(terms.KINDS)
    if name == "role" and "one role" not in description:
        schema = _ROLES
    if name in ("page", "limit"):
        schema = {"type": "integer", "minimum": 1}
    return {"name": name, "in": place, "required": required, "description": description, "schema": schema}


def _format(gives: Sequence[Format]) -> dict[str, Any]:
    names = list(dict.fromkeys(format_.name for format_ in gives))
    schema = {"type": "string", "enum": names}
    return {"name": "format", "in": "query", "required": False, "description": "goes before Accept", "schema": schema}


def _problem() -> dict[str, Any]:
    text, number = {"type": "string"}, {"type": "integer"}
    return {
        "type": "object",
        "description": "RFC 9457. Types: " + ", ".join(f"{kind.slug()} ({kind.status})" for kind in errors.every()),
        "required": ["type", "title", "status", "detail"],
        "properties": {
            "type": {"type": "string", "format": "uri-reference"},
            "title": text,
            "status": number,
            "detail": text,
            "parameter": text,
            "expected": text,
            "suggestions": {"type": "array", "items": text},
            "line": number,
            "column": number,
        },
    }
