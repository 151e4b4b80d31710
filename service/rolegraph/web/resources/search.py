"""Search by label: a page with filters, the same as data, and suggestions while typing."""

from typing import Any

from flask import Blueprint, Response, render_template, request

from rolegraph import terms
from rolegraph.errors import BadParameter
from rolegraph.output import to_csv, to_json
from rolegraph.search import HEADER, MATCHES, MOST, Hit
from rolegraph.values import Named
from rolegraph.web.http import negotiation, parameters
from rolegraph.web.http.context import graph
from rolegraph.web.http.json_schema import array, integer, ref
from rolegraph.web.http.negotiation import CSV, DOCUMENT, HTML
from rolegraph.web.http.operations import Operation, Parameter
from rolegraph.web.pages import filters

OFFERED = (HTML, DOCUMENT, CSV)
USUAL = 20  # hits, unless more are asked for
SUGGESTED = 8
_FILTERS = ("kind", "source", "language", "limit")

routes = Blueprint("search", __name__)

_Q = Parameter("q", "a label, words or letters of it, a code, a short form; up to 200 characters", required=True, example="python")
_KIND = Parameter("kind", "only things of this kind; may be repeated", array(ref("Kind")))
_SOURCE = Parameter("source", "only what a graph names or uses: the slug of a source, a CURIE or an IRI")
_LANGUAGE = Parameter("language", "only labels in this language, such as fr, or in none")


@routes.get("/search")
@Operation(
    "Find things by label, as people type it; the newest revision only",
    OFFERED,
    "Search",
    (_Q, _KIND, _SOURCE, _LANGUAGE, Parameter("limit", "number of hits", integer(1, MOST, USUAL))),
)
def search() -> Response:
    """Find things by label."""
    format_ = negotiation.choose(*OFFERED)
    negotiation.check_parameters(format_, "q", *_FILTERS)
    if format_ != HTML:
        return _data(_hits(USUAL), format_)
    if not request.args.get("q", "").strip() and negotiation.prefers_html():
        return negotiation.respond(_page([], None), HTML)
    try:
        return negotiation.respond(_page(_hits(USUAL), None), HTML)
    except BadParameter as error:
        if not negotiation.prefers_html():
            raise
        return negotiation.respond(_page([], error), HTML, error.status)


@routes.get("/suggest")
@Operation(
    "What a label that is being typed may become",
    (DOCUMENT,),
    "SuggestionList",
    (_Q, _KIND, Parameter("limit", "number of suggestions", integer(1, MOST, SUGGESTED))),
)
def suggest() -> Response:
    """Suggest completions of a text that is being typed."""
    negotiation.check_parameters(negotiation.choose(DOCUMENT), "q", "kind", "limit")
    hits = _hits(SUGGESTED)
    suggestions = [{**_plain(hit), "address": filters.href(hit.iri)} for hit in hits]
    return negotiation.respond(to_json({"q": request.args["q"], "suggestions": suggestions}), DOCUMENT)


def _hits(usual: int) -> list[Hit]:
    return graph().search.find(
        request.args.get("q", ""),
        [kind for text in request.args.getlist("kind") for kind in text.split(",") if kind],
        source=request.args.get("source") or None,
        language=request.args.get("language") or None,
        limit=parameters.number("limit", usual, MOST),
    )


def _data(hits: list[Hit], format_: Any) -> Response:
    if format_ == CSV:
        return negotiation.respond(to_csv([HEADER, *(hit.row() for hit in hits)]), format_)
    members = {"q": request.args["q"], "hits": [hit.as_dict() for hit in hits]}
    return negotiation.respond(to_json(members), format_)


def _plain(hit: Hit) -> dict[str, Any]:
    return {"id": hit.iri, "curie": terms.shorten(hit.iri), "kind": hit.kind, "label": hit.label, "matched": hit.matched}


def _page(hits: list[Hit], error: BadParameter | None) -> str:
    source_iris = terms.KINDS["source"].namespace
    described = [iri for iri in graph().engine.graphs() if iri.startswith(source_iris)]
    titles = graph().catalogue.labels(sorted({*described, *(source for hit in hits for source in hit.sources)}))
    return render_template(
        "search.html",
        error=error,
        hits=[(hit, [titles[source] for source in hit.sources if source in described]) for hit in hits],
        parameters={name: request.args.get(name, "") for name in ("q", *_FILTERS)},
        sources=sorted((titles[iri] for iri in described), key=_by_label),
        languages=graph().search.languages(),
        matches=MATCHES,
        full=len(hits) == parameters.number("limit", USUAL, MOST) if not error else False,
        most=MOST,
        alternates=negotiation.alternates(OFFERED) if hits else [],
    )


def _by_label(source: Named) -> str:
    return source.label.lower()
