"""SPARQL 1.1 Protocol, the canned queries, and the graphs by name."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from flask import Blueprint, Response, render_template, request

from rolegraph import terms
from rolegraph.errors import BadParameter, ClientGone, NotAcceptable, Refused, RolegraphError, UnreadableInput, UnsupportedFormat
from rolegraph.formats import Format, holding
from rolegraph.queries import CannedQuery, Parameter
from rolegraph.things import Answer
from rolegraph.web import negotiation
from rolegraph.web.negotiation import DOCUMENT, GRAPHS, HTML
from rolegraph.web.state import OPTIONS, body, graph

routes = Blueprint("querying", __name__)

QUERY = "application/sparql-query"
FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")
DATASET = ("default-graph-uri", "named-graph-uri")
ROWS_SHOWN = 1000
_PLAIN = {"table": "json", "graph": "turtle"}


@routes.route("/sparql", methods=["GET", "POST"])
def sparql() -> Response:
    """Answer a query, or offer a page to write one on."""
    text = _asked()
    if text is None:
        expected = "query=, a form with the field query, or a body of type application/sparql-query"
        if not negotiation.for_people():
            raise BadParameter("query", "there is no query in this request", expected=expected)
        return negotiation.respond(_editor(""), HTML)
    chosen = _Choice(lenient=True)
    try:
        answer = graph().query(text, chosen.choose)
    except RolegraphError as error:
        if isinstance(error, ClientGone | NotAcceptable) or not negotiation.for_people():
            raise
        return negotiation.respond(_editor(text, error=error), HTML, error.status)
    if chosen.page(answer.format.holds):
        return negotiation.respond(_editor(text, result=_shown(answer)), HTML)
    return negotiation.respond(answer, answer.format)


@routes.get("/queries")
def listing() -> Response:
    """List the canned queries."""
    offered = (HTML, DOCUMENT)
    if negotiation.choose(*offered) == HTML:
        page = render_template("queries.html", queries=list(graph().queries), alternates=negotiation.alternates(offered))
        return negotiation.respond(page, HTML)
    found = [_described(query) for query in graph().queries]
    return negotiation.respond(json.dumps({"queries": found}, ensure_ascii=False, indent=1) + "\n", DOCUMENT)


@routes.get("/queries/<name>")
def query(name: str) -> Response:
    """Run a canned query; for people, also say what it asks and offer its parameters."""
    canned = graph().queries.get(name)
    given = {key: request.args.getlist(key) for key in request.args if key not in OPTIONS}
    chosen = _Choice()
    chosen.choose(canned.holds)
    if not chosen.page(canned.holds):
        answer = graph().run(name, given, chosen.choose)
        return negotiation.respond(answer, answer.format)
    if not given and not all(parameter.default for parameter in canned.parameters):
        return negotiation.respond(_canned(canned, {}), HTML)
    try:
        answer = graph().run(name, given, chosen.choose)
    except BadParameter as error:
        return negotiation.respond(_canned(canned, given, error=error), HTML, error.status)
    return negotiation.respond(_canned(canned, given, result=_shown(answer)), HTML)


@routes.get("/graphs")
def graphs() -> Response:
    """Give one named graph."""
    if "default" in request.args:
        raise BadParameter("default", "the default graph is the union of all others and is not given as one", expected="graph=IRI")
    name = request.args.get("graph", "")
    if not name:
        raise BadParameter("graph", "no graph was named", expected=", ".join(graph().engine.graphs()))
    format_ = negotiation.choose(*GRAPHS)
    return negotiation.respond(graph().export(format_, terms.expand(name) or name), format_)


@routes.route("/graphs", methods=["PUT", "POST", "DELETE", "PATCH"])
@routes.route("/update", methods=["GET", "PUT", "POST", "DELETE", "PATCH"])
def refuse() -> Response:
    """Say that nothing is written over HTTP."""
    detail = "nothing can be written over HTTP: this service only reads; its data changes with the files that it is installed with"
    raise Refused(detail, expected="/sparql to ask, /validate to check an entry")


class _Choice:
    """The format that the client wants of a query's answer, once it is known what the answer holds."""

    def __init__(self, *, lenient: bool = False) -> None:
        self._lenient = lenient
        self._pages: set[str] = set()

    def choose(self, holds: str) -> Format:
        """Return the format of the answer; a page is made of one of its own."""
        offered = holding(holds)
        format_ = negotiation.choose(*offered, HTML, lenient=self._lenient)
        if format_ != HTML:
            return format_
        self._pages.add(holds)
        return next(other for other in offered if other.name == _PLAIN[holds])

    def page(self, holds: str) -> bool:
        """Tell whether an answer of this kind is wanted as a page."""
        return holds in self._pages


def _asked() -> str | None:
    """Return the query of the current request, or None where it holds none.

    :raises BadParameter: for two queries, or another dataset than the whole
    :raises UnsupportedFormat: for a body of another type
    :raises Refused: for an update
    """
    fields = request.args
    found: list[str] = []
    if request.method == "POST":
        if request.mimetype == QUERY:
            found = [_decoded(body())]
        elif request.mimetype in FORMS:
            fields = request.form
        elif request.mimetype == "application/sparql-update":
            refuse()
        else:
            known = ", ".join((QUERY, FORMS[0]))
            raise UnsupportedFormat(f"a query of type {request.mimetype or 'no stated type'} is not read here", expected=known)
    if "update" in fields:
        refuse()
    found = found or fields.getlist("query")
    for name in DATASET:
        if name in request.args or name in fields:
            expected = "FROM or GRAPH in the query; without them it is asked of all sources together"
            raise BadParameter(name, f"{name} is not offered", expected=expected)
    if len(found) > 1:
        raise BadParameter("query", f"there are {len(found)} queries in this request", expected="one query")
    return found[0] if found and found[0].strip() else None


def _decoded(sent: bytes) -> str:
    try:
        return sent.decode()
    except UnicodeDecodeError as error:
        raise UnreadableInput(f"the query is not UTF-8: byte {error.start + 1} cannot be read", expected="text in UTF-8") from error


def _shown(answer: Answer) -> dict[str, Any]:
    """Return what a page shows of an answer: a table, a yes or no, or the text of a graph."""
    if answer.format.holds == "graph":
        return {"graph": answer.body.decode()}
    found = json.loads(answer.body)
    if "boolean" in found:
        return {"boolean": found["boolean"]}
    bindings = found["results"]["bindings"]
    return {"names": found["head"]["vars"], "bindings": bindings[:ROWS_SHOWN], "count": len(bindings)}


def _editor(text: str, **shown: Any) -> str:
    """Return the page of the editor; the links to other formats need an answer to exist."""
    holds = "graph" if "graph" in shown.get("result", {}) else "table"
    links = negotiation.alternates(holding(holds)) if "result" in shown and request.method == "GET" else []
    return render_template("sparql.html", text=text, queries=list(graph().queries), prefixes=terms.prefixes(), alternates=links, **shown)


def _canned(canned: CannedQuery, given: Mapping[str, Sequence[str]], **shown: Any) -> str:
    run = "result" in shown
    return render_template(
        "query.html",
        query=canned,
        given={parameter.name: _values(parameter, given) for parameter in canned.parameters},
        choices={parameter.name: _choices(parameter) for parameter in canned.parameters},
        text=graph().bound(canned.name, given) if run else canned.body,
        alternates=negotiation.alternates(holding(canned.holds)) if run else [],
        **shown,
    )


def _values(parameter: Parameter, given: Mapping[str, Sequence[str]]) -> list[str]:
    """Return the values of a parameter as its field holds them: the given ones, or those of the example where none is given at all."""
    texts = given.get(parameter.name, ()) if given else parameter.example
    pieces = [piece.strip() for text in texts for piece in (text.split(",") if parameter.most > 1 else [text])]
    return [_short(parameter, terms.expand(piece) or piece) for piece in pieces]


def _short(parameter: Parameter, iri: str) -> str:
    if len(parameter.kinds) > 1:
        return terms.shorten(iri)
    return iri.removeprefix(terms.BASE) if parameter.kinds == ("scheme",) else terms.slug_of(iri)


def _choices(parameter: Parameter) -> list[tuple[str, str]]:
    """Return the slugs, or CURIEs where the kinds are several, that a parameter can take, with their labels."""
    if parameter.kinds == ("scheme",):
        return [(kind.name, kind.plural) for kind in terms.KINDS.values() if kind.scheme in graph().engine.graphs()]
    found = [member for kind in parameter.kinds for member in graph().catalogue.members(kind)]
    one = len(parameter.kinds) == 1
    return [(member.slug if one else terms.shorten(member.iri), member.label) for member in found]


def _described(query: CannedQuery) -> dict[str, Any]:
    parameters = [
        {
            "name": parameter.name,
            "description": parameter.description,
            "kinds": list(parameter.kinds),
            "least": parameter.least,
            "most": parameter.most,
            "example": list(parameter.example),
        }
        for parameter in query.parameters
    ]
    found = {"name": query.name, "number": query.number, "question": query.question, "description": query.description}
    return {**found, "tags": list(query.tags), "holds": query.holds, "parameters": parameters}
