"""The OpenAPI 3.1 document, made of what the routes of an application state, the canned queries and the schemas of bodies."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from flask import Flask

from rolegraph import __version__
from rolegraph.queries import CannedQuery
from rolegraph.queries.parameters import Parameter as QueryParameter
from rolegraph.web.http import operations
from rolegraph.web.http.json_schema import TEXT, Schema, array, integer, one_of, ref
from rolegraph.web.http.negotiation import DOCUMENT, GRAPHS, HTML, TABLES
from rolegraph.web.http.operations import Operation, Parameter
from rolegraph.web.http.schemas import SCHEMAS

REVISION = Parameter("revision", "a number of /revisions; without it, the newest", integer(0))
CONDITIONS = (
    Parameter("If-Match", "write only what still has one of these tags; * for what there is", place="header"),
    Parameter("If-None-Match", "write only what has none of these tags; * for what there is not yet", place="header"),
)
HEADERS: Mapping[str, tuple[str, Schema]] = {
    "ETag": ("The tag of what is answered, for If-None-Match, and of what is stored, for If-Match", TEXT),
    "Rolegraph-Revision": ("The revision that the write made", {"type": "integer"}),
    "Location": ("The address that leads on, or that of what was made", TEXT),
    "Link": ("The pages before and after this one (RFC 8288)", TEXT),
    "Retry-After": ("Seconds after which it may be tried again", {"type": "integer"}),
    "WWW-Authenticate": ("How to send a token", TEXT),
}
READING = (400, 404, 406, 503)
RECEIVING = (400, 404, 406, 408, 413, 415, 503)
WRITING = (400, 401, 403, 408, 412, 503)
WITH_BODY = (413, 415)  # of what writes
POOLED = (429,)
_RESPONSES = {401: "Unauthorized", 429: "Later", 503: "Later"}  # the problems that carry a header
_TOKEN = {"type": "http", "scheme": "bearer", "description": "of rolegraph token create"}
_PROBLEM = {"application/problem+json": {"schema": ref("Problem")}, HTML.media: {"schema": TEXT}}
_ABOUT = (
    "A suffix (/role/ai-programmer.ttl) goes before ?format=, which goes before Accept; "
    "with none of them, a page comes where there is one, so programs send Accept: application/json."
)


def document(app: Flask, queries: Iterable[CannedQuery]) -> dict[str, Any]:
    """Return the document of an application.

    :raises LookupError: where a route does not state what it does
    """
    paths: dict[str, dict[str, Any]] = {}
    for route in operations.routes(app):
        paths.setdefault(route.path, {})[route.method] = {
            "operationId": f"{route.method}{route.path.title()}".translate(str.maketrans("", "", "/{}.-")),
            "tags": [route.tag],
            **_operation(route.operation, route.method),
        }
    for query in queries:
        paths[f"/queries/{query.name}"] = {"get": _canned(query)}
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Rolegraph",
            "version": __version__,
            "summary": "An open knowledge graph of job roles",
            "description": _ABOUT,
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        "servers": [{"url": "/"}],
        "paths": paths,
        "components": {
            "schemas": SCHEMAS,
            "headers": {name: {"description": description, "schema": schema} for name, (description, schema) in HEADERS.items()},
            "responses": {"Problem": _problem(), "Unauthorized": _problem("WWW-Authenticate"), "Later": _problem("Retry-After")},
            "securitySchemes": {"token": _TOKEN},
        },
    }


def _operation(operation: Operation, method: str) -> dict[str, Any]:
    stated: dict[str, Any] = {
        "summary": operation.summary,
        "parameters": [parameter.as_dict() for parameter in _parameters(operation)],
        "responses": _responses(operation, method),
    }
    if operation.writes:
        stated["security"] = [{"token": []}]
    if operation.reads:
        stated["requestBody"] = {"required": True, "content": {media: {"schema": schema} for media, schema in operation.reads.items()}}
    return stated


def _canned(query: CannedQuery) -> dict[str, Any]:
    gives = (*(TABLES if query.holds == "table" else GRAPHS), HTML)
    parameters = tuple(map(_of_query, query.parameters))
    operation = Operation(f"{query.number}: {query.question}", gives, "SparqlResults", parameters, pooled=True)
    return {
        "operationId": "query" + query.name.title().replace("-", ""),
        "description": query.description,
        "tags": list(query.tags),
        **_operation(operation, "get"),
    }


def _of_query(parameter: QueryParameter) -> Parameter:
    multiple = parameter.most > 1
    return Parameter(
        parameter.name,
        f"{parameter.description}: {parameter.expected}",
        array(TEXT, parameter.least, parameter.most) if multiple else TEXT,
        required=False,  # without any parameter a query answers for its example
        example=list(parameter.example) if multiple else parameter.example[0],
    )


def _parameters(operation: Operation) -> Iterable[Parameter]:
    yield from operation.parameters
    if operation.gives:
        names = dict.fromkeys(format_.name for format_ in operation.gives)
        yield Parameter("format", "goes before Accept", one_of(names))
    if operation.writes:
        yield from CONDITIONS
    elif operation.revision:
        yield REVISION


def _responses(operation: Operation, method: str) -> dict[str, Any]:
    problems = {status: _RESPONSES.get(status, "Problem") for status in _errors(operation, method)}
    responses: dict[str, Any] = {str(status): {"$ref": f"#/components/responses/{name}"} for status, name in problems.items()}
    for status, description in operation.answers.items():
        answer: dict[str, Any] = {"description": description}
        headers = [*_headers(operation, method, status), *operation.headers.get(status, ())]
        if headers:
            answer["headers"] = {name: {"$ref": f"#/components/headers/{name}"} for name in headers}
        if content := _content(operation, status):
            answer["content"] = content
        responses[str(status)] = answer
    if _tagged(operation, method):
        responses["304"] = {"description": "What the client has is still so"}
    return {**dict(sorted(responses.items())), "default": {"$ref": "#/components/responses/Problem"}}


def _errors(operation: Operation, method: str) -> Iterable[int]:
    yield from operation.errors
    if operation.writes:
        yield from (*WRITING, *(WITH_BODY if operation.reads else ()))
    else:
        yield from READING if method == "get" else RECEIVING
    yield from POOLED if operation.pooled else ()


def _tagged(operation: Operation, method: str) -> bool:
    """Return whether a response has an ETag for conditional requests."""
    return method == "get" and operation.stored and 200 in operation.answers


def _headers(operation: Operation, method: str, status: int) -> Sequence[str]:
    if operation.writes:
        return ("Rolegraph-Revision",)
    if 300 <= status < 400:
        return ("Location",)
    if status == 503:
        return ("Retry-After",)
    return ("ETag",) if status == 200 and _tagged(operation, method) else ()


def _content(operation: Operation, status: int) -> dict[str, Any]:
    """Return what an answer carries, by media type: JSON first, since makers of clients take the first that they know."""
    if 300 <= status < 400:
        return {HTML.media: {"schema": TEXT}}
    if status == 204:
        return {}
    gives = sorted(operation.gives, key=lambda format_: format_ != DOCUMENT)
    content = {format_.media: {"schema": operations.schema_of(format_, operation.schema)} for format_ in gives}
    return {**content, **_PROBLEM} if status >= 400 else content


def _problem(header: str = "") -> dict[str, Any]:
    headers = {"headers": {header: {"$ref": f"#/components/headers/{header}"}}} if header else {}
    return {"description": "What was wrong, where, and what is accepted", "content": _PROBLEM, **headers}
