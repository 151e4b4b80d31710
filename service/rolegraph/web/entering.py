"""The graphs of sources: read, and written through the shapes."""

import json

from flask import Blueprint, Response

from rolegraph import terms
from rolegraph.engine import Keep
from rolegraph.errors import BadParameter
from rolegraph.web import access, clients, conditions, negotiation, validating
from rolegraph.web.negotiation import DOCUMENT, GRAPHS, TEXT
from rolegraph.web.state import graph, newest

routes = Blueprint("entering", __name__)


@routes.get("/sources/<slug>")
def read(slug: str) -> Response:
    """Give what a source states as a graph."""
    format_, iri = negotiation.choose(*GRAPHS), _iri(slug)
    negotiation.known(format_)
    return conditions.read(iri, format_, lambda: negotiation.respond(graph().export(format_, iri), format_))


@routes.put("/sources/<slug>")
def put(slug: str) -> Response:
    """Replace what a source states."""
    return _enter(slug, "none")


@routes.post("/sources/<slug>")
def post(slug: str) -> Response:
    """Add entries to a source, or replace those of the same things."""
    return _enter(slug, "others")


@routes.delete("/sources/<slug>")
def delete(slug: str) -> Response:
    """Withdraw a source."""
    access.require(_iri(slug))
    receipt = newest().withdraw(_iri(slug), conditions.asked())
    return conditions.tagged(Response(status=204), receipt, "")


def _enter(slug: str, keep: Keep) -> Response:
    iri = _iri(slug)
    access.require(iri)
    format_ = negotiation.choose(DOCUMENT, TEXT)
    entry = validating.received()
    entered = newest().enter(iri, entry.body, entry.format, keep, condition=conditions.asked(), gone=clients.gone())
    report = entered.report
    text = report.text() if format_ == TEXT else json.dumps(report.as_dict(), ensure_ascii=False, indent=1) + "\n"
    return conditions.tagged(negotiation.respond(text, format_, 201 if entered.new else 200), entered.receipt, iri)


def _iri(slug: str) -> str:
    if not terms.SLUG.fullmatch(slug):
        raise BadParameter("slug", f"{slug!r} is no name of a source", expected="lower-case letters and digits, with hyphens between words")
    return terms.KINDS["source"].namespace + slug
