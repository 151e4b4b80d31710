"""The analyses of roles: similarity, gaps, paths, openings, distinguishing items, agreement of sources."""

from collections.abc import Callable, Sequence

from flask import Blueprint, Response, request

from rolegraph.errors import BadParameter
from rolegraph.facade import MOST_ROLES
from rolegraph.web.http import context, negotiation, parameters
from rolegraph.web.http.context import graph
from rolegraph.web.http.json_schema import TEXT, array, integer, one_of
from rolegraph.web.http.negotiation import HTML
from rolegraph.web.http.operations import Operation, Parameter
from rolegraph.web.pages.analyses import NEAR, OFFERED, SOURCE, AnalysisResult, near_mode, page, respond

PAIR = ("from", "to")

routes = Blueprint("analyses", __name__)

_ROLE = Parameter("role", "one role as name, slug, CURIE or IRI", required=True, example="ai-architect")
_ROLES = Parameter("role", _ROLE.description, array(TEXT, 2, MOST_ROLES), required=True, example=["ai-architect", "ai-programmer"])
_WITH = Parameter("with", "only this other role, with all that adds to the likeness")
_COUNT = "how many are wanted"
_FROM = Parameter("from", "the role that somebody comes from, as name, slug, CURIE or IRI", required=True, example="ai-architect")
_TO = Parameter("to", "the role that is wanted, as name, slug, CURIE or IRI", required=True, example="deep-learning-engineer")
_ROUTES = Parameter("k", "how many routes are wanted", integer(1, 10, 3))
_MATCHING = Parameter("matching", "yes takes the roles that match it for the same role", one_of(["yes", "no"]))


@routes.get("/similar")
@Operation(
    "The roles most like a role, item by item",
    OFFERED,
    "Similarity",
    (_ROLE, _WITH, SOURCE, Parameter("count", _COUNT, integer(1, 100, 10))),
)
def similar() -> Response:
    """List the roles most similar to a role, or compare it with another one item by item."""

    def find() -> AnalysisResult:
        role, other = parameters.role("role"), parameters.text("with")
        if other:
            return graph().analysis.likeness(graph().role(role), graph().role(other, "with"))
        return graph().analysis.similar(graph().role(role), context.source(), parameters.number("count", 10, 100))

    return answer("similar.html", ("role", "with", "source", "count"), find)


@routes.get("/gap")
@Operation("What of a role's needs another role has; without roles, a form", OFFERED, "Gap", (_FROM, _TO, NEAR))
def gap() -> Response:
    """Show the gap from one role to another; without roles, a form for roles and for a profile."""
    find: Callable[[], AnalysisResult] = lambda: graph().gap(*between(), near_mode())  # noqa: E731
    return answer("gap.html", ("from", "to", "near"), find, PAIR)


@routes.get("/paths")
@Operation("The cheapest routes from role to role", OFFERED, "Paths", (_FROM, _TO, _ROUTES))
def paths() -> Response:
    """List the cheapest routes from one role to another."""
    find: Callable[[], AnalysisResult] = lambda: graph().analysis.paths(*between(), parameters.number("k", 3, 10))  # noqa: E731
    return answer("paths.html", ("from", "to", "k"), find, PAIR)


@routes.get("/openings")
@Operation(
    "The few items that open most further roles",
    OFFERED,
    "Openings",
    (_FROM, SOURCE, Parameter("count", _COUNT, integer(1, 20, 5))),
)
def openings() -> Response:
    """List the few items that open the most further roles from a role."""

    def find() -> AnalysisResult:
        return graph().analysis.openings(graph().role(parameters.role("from"), "from"), context.source(), parameters.number("count", 5, 20))

    return answer("openings.html", ("from", "source", "count"), find)


@routes.get("/distinguish")
@Operation("The fewest items that tell roles apart", OFFERED, "Distinction", (_ROLES,))
def distinguish() -> Response:
    """List the fewest items that distinguish roles."""
    names = [value for value in request.args.getlist("role") if value.strip()]
    find: Callable[[], AnalysisResult] = lambda: graph().analysis.distinguish(graph().roles(names))  # noqa: E731
    alone = len(names) == 1 and "," not in names[0]
    return answer("distinguish.html", ("role",), find, ("role",) if alone else ())


@routes.get("/agreement")
@Operation("What sources agree on about a role, and what not", OFFERED, "Agreement", (_ROLE, _MATCHING, NEAR))
def agreement() -> Response:
    """List what sources agree on about a role, what only one states, and where they contradict each other."""

    def find() -> AnalysisResult:
        matching = parameters.text("matching") or "no"
        if matching not in ("yes", "no"):
            raise BadParameter("matching", f"{matching!r} is no value of matching", expected="yes or no")
        return graph().agreement(graph().role(parameters.role("role")), near_mode(), matches=matching == "yes")

    return answer("agreement.html", ("role", "matching", "near"), find)


def answer(template: str, names: Sequence[str], find: Callable[[], AnalysisResult], ends: Sequence[str] = ()) -> Response:
    """Respond with the result of an analysis. A page without parameters is a form, and one with invalid parameters shows the error in it.

    :param names: the parameters that the analysis takes
    :param ends: those of them that name roles, of which a page offers to name the others where one is given
    """
    format_ = negotiation.choose(*OFFERED)
    negotiation.check_parameters(format_, *names)
    if format_ != HTML:
        return respond(find(), format_)
    if not any(name in request.args for name in names) and negotiation.prefers_html():
        return negotiation.respond(page(template), HTML)
    try:
        half = [name for name in ends if parameters.text(name)]
        if len(half) == 1 and negotiation.prefers_html():
            role = graph().role(parameters.text(half[0]), half[0])
            return negotiation.respond(page(template, half={half[0]: graph().catalogue.labels([role])[role]}), HTML)
        result = find()
    except BadParameter as error:
        if not negotiation.prefers_html():
            raise
        return negotiation.respond(page(template, error=error), HTML, error.status)
    return negotiation.respond(page(template, result=result, alternates=negotiation.alternates(OFFERED)), HTML)


def between() -> tuple[str, str]:
    """Return the roles of the parameters ``from`` and ``to``."""
    return graph().role(parameters.role("from"), "from"), graph().role(parameters.role("to"), "to")


