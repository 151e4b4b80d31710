"""The canned queries: the list of them, and a page and answers for each."""

from collections.abc import Mapping, Sequence
from typing import Any

from flask import Blueprint, Response, render_template, request

from rolegraph import terms
from rolegraph.errors import BadParameter
from rolegraph.formats import holding
from rolegraph.output import to_json
from rolegraph.queries import CannedQuery
from rolegraph.queries.parameters import Parameter
from rolegraph.values import Named
from rolegraph.web.http import connection, negotiation
from rolegraph.web.http.context import OPTIONS, graph, limited
from rolegraph.web.http.negotiation import DOCUMENT, GRAPHS, HTML, TABLES
from rolegraph.web.http.operations import Operation, in_path
from rolegraph.web.http.results import ResultFormat, shown
from rolegraph.web.http.tables import guarded
from rolegraph.web.pages import filters, pay

COMPARING = "compare"  # the tag of the queries that hold roles against each other
MOST = 200  # things that a form offers to choose from; of more only ours

routes = Blueprint("queries", __name__)


@routes.get("/queries")
@Operation("The canned queries", (HTML, DOCUMENT), "QueryList")
def listing() -> Response:
    """List the canned queries."""
    limited()
    offered = (HTML, DOCUMENT)
    format_ = negotiation.choose(*offered)
    negotiation.check_parameters(format_)
    if format_ == HTML:
        page = render_template("queries.html", queries=list(graph().queries), alternates=negotiation.alternates(offered))
        return negotiation.respond(page, HTML)
    described = [query.as_dict() for query in graph().queries]
    return negotiation.respond(to_json({"queries": described}), DOCUMENT)


@routes.get("/queries/<name>")
@Operation(
    "Run a canned query; each is described at its own path",
    (*TABLES, *GRAPHS, HTML),
    "SparqlResults",
    (in_path("name", "the name of a canned query", "sources"),),
    pooled=True,
)
def query(name: str) -> Response:
    """Run a canned query; its page also shows the question and a form for the parameters."""
    limited()
    canned = graph().queries.get(name)
    names = [parameter.name for parameter in canned.parameters]
    chosen = ResultFormat()
    chosen.choose(canned.holds)
    if not chosen.page(canned.holds):
        arguments = {key: request.args.getlist(key) for key in request.args if key not in OPTIONS}
        answer = guarded(graph().run(name, arguments, chosen.choose, connection.is_cancelled()))
        return negotiation.respond(answer, answer.format)
    negotiation.check_parameters(HTML, *names)
    arguments = {key: request.args.getlist(key) for key in names if key in request.args}
    try:
        answer = graph().run(name, arguments, chosen.choose, connection.is_cancelled())
    except BadParameter as error:
        return negotiation.respond(_canned(canned, arguments, error=error), HTML, error.status)
    result, withheld = pay.withhold(shown(answer))
    page = _canned(canned, arguments, result=result, withheld=withheld, least=pay.LEAST, apart=_apart(canned, arguments))
    return negotiation.respond(page, HTML)


def _apart(canned: CannedQuery, arguments: Mapping[str, Sequence[str]]) -> list[tuple[Named, Named]]:
    """Return the pairs of compared roles that cannot be compared item by item: no row of the answer shows that."""
    if COMPARING not in canned.tags:
        return []
    named = graph().named(canned.name, arguments)
    of_roles = [parameter.name for parameter in canned.parameters if parameter.kinds == ("role",)]
    iris = list(dict.fromkeys(iri for name in of_roles for iri in named.get(name, ())))
    if len(iris) < 2:
        return []
    comparison = graph().comparer.compare(iris, near="off")  # these queries join nothing but exact matches
    roles = {role.iri: role for role in comparison.roles}
    return [(roles[left], roles[right]) for left, right in comparison.apart]


def _canned(canned: CannedQuery, arguments: Mapping[str, Sequence[str]], **shown: Any) -> str:
    run = "result" in shown
    return render_template(
        "query.html",
        query=canned,
        values={parameter.name: _values(parameter, arguments) for parameter in canned.parameters},
        offered={parameter.name: _choices(parameter) for parameter in canned.parameters},
        open=[parameter.name for parameter in canned.parameters if _many(parameter)],
        text=graph().bound(canned.name, arguments) if run else canned.body,
        alternates=negotiation.alternates(holding(canned.holds)) if run else [],
        **shown,
    )


def _values(parameter: Parameter, arguments: Mapping[str, Sequence[str]]) -> list[str]:
    """Return the values of a parameter as its field holds them: the given ones, or those of the example where none is given at all."""
    texts = arguments.get(parameter.name, ()) if arguments else parameter.example
    pieces = [piece for text in texts for piece in (graph().parted(text, parameter) if parameter.most > 1 else [text.strip()])]
    return [_short(parameter, terms.expand(piece) or piece) for piece in pieces]


def _short(parameter: Parameter, iri: str) -> str:
    if parameter.literal:
        return iri
    if len(parameter.kinds) > 1:
        return terms.shorten(iri)
    return iri.removeprefix(terms.BASE) if parameter.kinds == ("scheme",) else filters.handle(iri)


def _choices(parameter: Parameter) -> list[tuple[str, str]]:
    """Return the slugs, or CURIEs where the kinds are several, that a parameter can take, with their labels."""
    if parameter.kinds == ("scheme",):
        return [(kind.name, kind.plural) for kind in terms.KINDS.values() if graph().holds(kind.scheme)]
    if parameter.literal:
        return []
    members = [member for kind in parameter.kinds for member in graph().catalogue.shortlist(kind, MOST)[0]]
    single = len(parameter.kinds) == 1
    return [(member.slug if single else terms.shorten(member.iri), member.label) for member in members]


def _many(parameter: Parameter) -> bool:
    """Return whether there are more things than a form lists."""
    if parameter.literal or parameter.kinds == ("scheme",):
        return False
    return any(graph().catalogue.shortlist(kind, MOST)[1] > MOST for kind in parameter.kinds)
