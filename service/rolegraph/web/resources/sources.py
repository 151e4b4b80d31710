"""The graphs of sources: read, and written through the shapes."""

from functools import partial

from flask import Blueprint, Response

from rolegraph import terms
from rolegraph.engine import WriteMode
from rolegraph.errors import BadParameter
from rolegraph.output import to_json
from rolegraph.web.http import authorization, bodies, conditions, connection, negotiation
from rolegraph.web.http.context import graph, newest
from rolegraph.web.http.negotiation import DOCUMENT, GRAPHS, TEXT, TURTLE
from rolegraph.web.http.operations import Operation, in_path

routes = Blueprint("sources", __name__)

_SLUG = in_path("slug", "the last part of the IRI of a source", "ai-programmer-vs-deep-learning-engineer")
_ENTERED = {200: "What the source states was written; the report may hold advice", 201: "The source was made; the same"}
_WRITE = partial(
    Operation,
    gives=(DOCUMENT, TEXT),
    schema="Report",
    parameters=(_SLUG,),
    reads=bodies.schemas("entry", GRAPHS, {}),
    answers=_ENTERED,
    headers=dict.fromkeys(_ENTERED, ("ETag",)),
    errors=(406, 422),
    writes=True,
    pooled=True,
)


@routes.get("/sources/<slug>")
@Operation("What a source states, as a graph", GRAPHS, parameters=(_SLUG,), pooled=True)
def read(slug: str) -> Response:
    """Return the graph of a source."""
    format_, iri = negotiation.choose(*GRAPHS), _iri(slug)
    negotiation.check_parameters(format_)
    return conditions.read(iri, format_, lambda: negotiation.respond(graph().export(format_, iri), format_))


@routes.put("/sources/<slug>")
@_WRITE("Replace what a source states, through the shapes")
def put(slug: str) -> Response:
    """Replace what a source states."""
    return _enter(slug, "replace")


@routes.post("/sources/<slug>")
@_WRITE("Add or replace entries of a source, through the shapes")
def post(slug: str) -> Response:
    """Add entries to a source, or replace the entries of the same things."""
    return _enter(slug, "merge")


@routes.delete("/sources/<slug>")
@Operation("Withdraw a source", parameters=(_SLUG,), answers={204: "Removed"}, errors=(404,), writes=True)
def delete(slug: str) -> Response:
    """Withdraw a source."""
    authorization.require(_iri(slug))
    receipt = newest().withdraw(_iri(slug), conditions.asked())
    return conditions.tagged(Response(status=204), receipt, "")


def _enter(slug: str, mode: WriteMode) -> Response:
    iri = _iri(slug)
    authorization.require(iri)
    format_ = negotiation.choose(DOCUMENT, TEXT)
    entry = bodies.document("entry", GRAPHS, lambda _: TURTLE)
    condition, is_cancelled = conditions.asked(), connection.is_cancelled()
    entered = newest().write_entry(iri, entry.content, entry.format, mode, condition=condition, is_cancelled=is_cancelled)
    report = entered.report
    text = report.text() if format_ == TEXT else to_json(report.as_dict())
    return conditions.tagged(negotiation.respond(text, format_, 201 if entered.new else 200), entered.receipt, iri)


def _iri(slug: str) -> str:
    if not terms.SLUG.fullmatch(slug):
        raise BadParameter("slug", f"{slug!r} is no name of a source", expected="lower-case letters and digits, with hyphens between words")
    return terms.KINDS["source"].namespace + slug
