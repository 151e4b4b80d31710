"""SPARQL 1.1 Protocol: queries, the page to write one on, updates, and the description of the service."""

from typing import Any

from flask import Blueprint, Response, render_template, request

from rolegraph import terms
from rolegraph.errors import BadParameter, ClientGone, NotAcceptable, RolegraphError
from rolegraph.formats import holding
from rolegraph.queries import internal
from rolegraph.web.http import authorization, conditions, connection, negotiation, sparql_protocol
from rolegraph.web.http.context import graph, newest
from rolegraph.web.http.json_schema import FILE, IRI, TEXT, Schema, array, extensible
from rolegraph.web.http.negotiation import GRAPHS, HTML, TABLES
from rolegraph.web.http.operations import FORM, MULTIPART, Operation, Parameter
from rolegraph.web.http.results import ResultFormat, shown
from rolegraph.web.http.sparql_protocol import QUERY, UPDATE, Kind

routes = Blueprint("sparql", __name__)

_OFFERED = (*TABLES, *GRAPHS, HTML)
_QUERY = Parameter(QUERY.field, "the query; without one, the service is described", example=internal.query("openapi-example").text.strip())


def _graphs(kind: Kind) -> tuple[Parameter, ...]:
    description = "a graph to ask; may be repeated"
    return tuple(Parameter(name, description, array(IRI)) for name in (kind.default, kind.named))


def _bodies(kind: Kind) -> dict[str, Schema]:
    fields = {kind.field: TEXT, f"{kind.default}?": array(IRI), f"{kind.named}?": array(IRI)}
    form = extensible(f"The field {kind.field}, and the graphs that are asked", fields)
    return {kind.media: FILE, FORM: form, MULTIPART: form}


@routes.route("/sparql", methods=["GET", "POST"])
@Operation(
    "Answer a SPARQL 1.1 query",
    _OFFERED,
    "SparqlResults",
    (_QUERY, *_graphs(QUERY)),
    errors=(403,),
    pooled=True,
    method="GET",
)
@Operation(
    "Answer a SPARQL 1.1 query",
    _OFFERED,
    "SparqlResults",
    _graphs(QUERY),
    _bodies(QUERY),
    errors=(403,),
    pooled=True,
    method="POST",
)
def sparql() -> Response:
    """Answer a query; without one, return the editor, or the service description."""
    asked = sparql_protocol.operation(QUERY)
    if asked is None or (not asked.text.strip() and negotiation.prefers_html()):
        return _without()
    chosen = ResultFormat(lenient=True)
    try:
        answer = graph().query(asked.text, chosen.choose, asked.dataset, connection.is_cancelled())
    except RolegraphError as error:
        if isinstance(error, ClientGone | NotAcceptable) or not negotiation.prefers_html():
            raise
        return negotiation.respond(_editor(asked.text, error=error), HTML, error.status)
    if chosen.page(answer.format.holds):
        return negotiation.respond(_editor(asked.text, result=shown(answer)), HTML)
    return negotiation.respond(answer, answer.format)


@routes.post("/update")
@Operation(
    "Run a SPARQL 1.1 update",
    parameters=_graphs(UPDATE),
    reads=_bodies(UPDATE),
    answers={204: "Done"},
    writes=True,
)
def update() -> Response:
    """Run an update."""
    authorization.require(None)
    asked = sparql_protocol.operation(UPDATE)
    if asked is None or not asked.text.strip():
        expected = "a body of type application/sparql-update, or a form with the field update"
        raise BadParameter("update", "there is no update in this request", expected=expected)
    receipt = newest().update(asked.text, asked.dataset, _unchanged)
    return conditions.tagged(Response(status=204), receipt, "")


def _unchanged() -> None:
    """Check the conditions of the current request against the revision, which is the validator of the whole store."""
    revision = newest().engine.revision
    conditions.check(None if revision is None else str(revision))


def _without() -> Response:
    if request.method in ("GET", "HEAD") and not negotiation.prefers_html():
        format_ = negotiation.choose(*GRAPHS, lenient=True)
        return negotiation.respond(graph().describe(request.base_url, format_), format_)
    if not negotiation.prefers_html():
        expected = "query=, a form with the field query, or a body of type application/sparql-query"
        raise BadParameter("query", "there is no query in this request", expected=expected)
    return negotiation.respond(_editor(""), HTML)


def _editor(text: str, **shown: Any) -> str:
    """Return the page of the editor; the links to other formats need an answer to exist."""
    negotiation.check_parameters(HTML, QUERY.field, QUERY.default, QUERY.named)
    result = shown.get("result", {})
    holds = "graph" if "graph" in result or result.get("holds") == "graph" else "table"
    links = negotiation.alternates(holding(holds)) if "result" in shown and request.method == "GET" else []
    about = {"queries": list(graph().queries), "prefixes": terms.prefixes(), "union": graph().engine.union}
    return render_template("sparql.html", text=text, **about, alternates=links, **shown)
