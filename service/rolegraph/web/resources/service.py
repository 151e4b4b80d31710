"""The model and the service itself: ontology, shapes, JSON-LD context, OpenAPI, health."""

from functools import cache
from typing import Any

from flask import Blueprint, Response, current_app, g, redirect, render_template, request
from werkzeug.wrappers import Response as AnyResponse

from rolegraph import __version__, resources, terms
from rolegraph.errors import NotFound
from rolegraph.facade import model
from rolegraph.formats import Format, named
from rolegraph.linked_data import jsonld
from rolegraph.output import to_json
from rolegraph.validation import entries
from rolegraph.web.http import negotiation, openapi
from rolegraph.web.http.context import graph, limited
from rolegraph.web.http.negotiation import DOCUMENT, GRAPHS, HTML
from rolegraph.web.http.operations import Operation, in_path

routes = Blueprint("service", __name__)

JSONLD = named("jsonld", GRAPHS)
_OFFERED = (HTML, *GRAPHS)
_RDFLIB = {"ntriples": "nt", "rdfxml": "xml"}


@routes.get("/ontology")
@routes.get("/ns")
@Operation("The ontology", _OFFERED, path="/ontology")
@Operation("The ontology, at the path of its IRI", _OFFERED, path="/ns")
def ontology() -> Response:
    """Document the classes and properties, or return the ontology as a graph."""
    limited()
    format_ = negotiation.choose(*_OFFERED)
    negotiation.check_parameters(format_)
    if format_ != HTML:
        return negotiation.respond(model.modelled(graph()).export(format_, terms.ONTOLOGY), format_)
    g.cards = model.modelled(graph()).catalogue.cards
    documented = model.ontology(graph(), model.rules())
    page = render_template("ontology.html", **documented, alternates=negotiation.alternates(_OFFERED))
    return negotiation.respond(page, HTML)


@routes.get("/ns/<version>")
@Operation(
    "A version of the ontology: earlier ones as they were, the present one where the ontology is",
    _OFFERED,
    parameters=(in_path("version", "the number of the version", "0.1.0"),),
    answers={200: "An earlier version", 303: "The ontology"},
)
def version(version: str) -> AnyResponse:
    """Return an earlier version of the ontology as a graph, or redirect to the ontology, which documents the present one.

    :raises NotFound: for a version that is not served here
    """
    format_ = negotiation.choose(*_OFFERED)
    negotiation.check_parameters(format_)
    present, earlier = model.versions(graph()), model.earlier_versions()
    if f"{terms.ONTOLOGY}/{version}" not in [*present, *earlier]:
        raise NotFound(f"there is no version {version} of the ontology here", expected=", ".join([*present, *earlier]))
    if format_ != HTML and (path := earlier.get(f"{terms.ONTOLOGY}/{version}")):
        return negotiation.respond(_written(path.read_bytes(), format_), format_)
    query = negotiation.query_string({})
    return redirect(f"{request.script_root}/ns{negotiation.suffix()}{'?' if query else ''}{query}", 303)


@routes.get("/shapes")
@Operation("The shapes that entries have to meet", _OFFERED)
def shapes() -> Response:
    """Document the shapes, or return them as a graph."""
    limited()
    format_ = negotiation.choose(*_OFFERED)
    negotiation.check_parameters(format_)
    if format_ != HTML:
        return negotiation.respond(_shapes(format_), format_)
    g.cards = model.modelled(graph()).catalogue.cards
    page = render_template("shapes.html", shapes=model.rules(), alternates=negotiation.alternates(_OFFERED))
    return negotiation.respond(page, HTML)


@routes.get("/context.jsonld")
@Operation("The JSON-LD context", (JSONLD,), revision=False)
def context() -> Response:
    """Return the JSON-LD context."""
    limited()
    negotiation.check_parameters(JSONLD)
    return negotiation.respond((resources.folder("ontology") / "context.jsonld").read_bytes(), JSONLD)


@routes.get("/openapi.json")
@Operation("This document", (DOCUMENT,), "OpenApi", revision=False)
def openapi_document() -> Response:
    """Describe this service in OpenAPI 3.1."""
    limited()
    negotiation.check_parameters(DOCUMENT)
    return negotiation.respond(to_json(openapi.document(current_app, graph().queries)), DOCUMENT)


@routes.get("/health")
@Operation("Whether the service answers, and how much it holds", (DOCUMENT,), "Health")
def health() -> Response:
    """Return the state of the service and the size of its store."""
    negotiation.check_parameters(negotiation.choose(DOCUMENT))
    state: dict[str, Any] = {"status": "ok", "version": __version__, "graphs": len(list(graph().engine.graphs()))}
    state["roles"] = graph().catalogue.count("role")
    state["sources"] = len(graph().catalogue.source_iris())
    return negotiation.respond(to_json(state), DOCUMENT)


@routes.get("/revisions")
@Operation("The revisions that are kept, newest first", (HTML, DOCUMENT), "RevisionList")
def revisions() -> Response:
    """List the stored revisions; each can be read with ``?revision=``."""
    newest, kept = graph().engine.revision, graph().engine.revisions()
    format_ = negotiation.choose(HTML, DOCUMENT)
    negotiation.check_parameters(format_)
    if format_ == HTML:
        page = render_template("revisions.html", newest=newest, kept=kept, alternates=negotiation.alternates((HTML, DOCUMENT)))
        return negotiation.respond(page, HTML)
    listed = [{"number": revision.number, "published": revision.published.isoformat(timespec="seconds")} for revision in kept]
    return negotiation.respond(to_json({"newest": newest, "revisions": listed}), DOCUMENT)


@cache
def _shapes(format_: Format) -> bytes:
    """Return the shapes in a graph format."""
    return _written(model.shapes_as_written(), format_)


def _written(turtle: bytes, format_: Format) -> bytes:
    """Return Turtle in a graph format; as Turtle it comes as it was written, with its comments."""
    if format_.name == "turtle":
        return turtle
    parsed = entries.read(turtle, named("turtle", GRAPHS))
    if format_.name == "jsonld":
        return jsonld.compact(parsed.serialize(format="json-ld", encoding="utf-8"))
    return parsed.serialize(format=_RDFLIB[format_.name], encoding="utf-8")
