"""The analyses of roles: likeness, gaps, ways, openings, what tells roles apart, who agrees."""

import json
from collections.abc import Callable, Sequence
from typing import Any, Protocol

from flask import Blueprint, Response, render_template, request

from rolegraph.errors import BadParameter
from rolegraph.formats import Format
from rolegraph.queries import Parameter
from rolegraph.web import negotiation, parameters
from rolegraph.web.answering import sheet
from rolegraph.web.negotiation import DOCUMENT, HTML, TABLES
from rolegraph.web.state import graph

CSV = next(format_ for format_ in TABLES if format_.name == "csv")
OFFERED = (HTML, DOCUMENT, CSV)
SELECTED = 50  # roles that a list to choose from still holds; for more, their name is typed
SOURCE = Parameter("source", "the source", ("source",), ("ai-programmer-vs-deep-learning-engineer",))
PAIR = ("from", "to")

routes = Blueprint("analysing", __name__)


class Found(Protocol):
    """What an analysis returns."""

    def as_dict(self) -> dict[str, Any]:
        """Return it as JSON."""

    def table(self) -> list[list[str]]:
        """Return it as a table."""


@routes.get("/similar")
def similar() -> Response:
    """Say which roles are most like a role, or how like it another one is, item by item."""

    def find() -> Found:
        role, other = only("role"), text("with")
        if other:
            return graph().analysis.likeness(graph().role(role), graph().role(other, "with"))
        return graph().analysis.similar(graph().role(role), source(), number("count", 10, 100))

    return answer("similar.html", ("role", "with", "source", "count"), find)


@routes.get("/gap")
def gap() -> Response:
    """Say what of a role's needs somebody has who comes from another role; without roles, offer a form for that and for a profile."""
    find: Callable[[], Found] = lambda: graph().analysis.gap(*between())  # noqa: E731
    return answer("gap.html", ("from", "to"), find, PAIR)


@routes.get("/paths")
def paths() -> Response:
    """Give the cheapest routes from a role to another one."""
    find: Callable[[], Found] = lambda: graph().analysis.paths(*between(), number("k", 3, 10))  # noqa: E731
    return answer("paths.html", ("from", "to", "k"), find, PAIR)


@routes.get("/openings")
def openings() -> Response:
    """Say which few skills open most further roles to somebody who comes from a role."""

    def find() -> Found:
        return graph().analysis.openings(graph().role(only("from"), "from"), source(), number("count", 5, 20))

    return answer("openings.html", ("from", "source", "count"), find)


@routes.get("/distinguish")
def distinguish() -> Response:
    """Give the fewest items that tell roles apart."""
    given = [value for value in request.args.getlist("role") if value.strip()]
    find: Callable[[], Found] = lambda: graph().analysis.distinguish(graph().roles(given))  # noqa: E731
    alone = len(given) == 1 and "," not in given[0]
    return answer("distinguish.html", ("role",), find, ("role",) if alone else ())


@routes.get("/agreement")
def agreement() -> Response:
    """Say what sources agree on about a role, what one alone says, and where they contradict each other."""

    def find() -> Found:
        matching = text("matching") or "no"
        if matching not in ("yes", "no"):
            raise BadParameter("matching", f"{matching!r} is no value of matching", expected="yes or no")
        return graph().analysis.agreement(graph().role(only("role")), matches=matching == "yes")

    return answer("agreement.html", ("role", "matching"), find)


def answer(template: str, parameters: Sequence[str], find: Callable[[], Found], ends: Sequence[str] = ()) -> Response:
    """Answer with what an analysis finds; on a page, without parameters offer a form, and with wrong ones say so beside it.

    :param parameters: the names of those that the analysis takes
    :param ends: those of them that name roles, of which a page offers to name the others where one is given
    """
    format_ = negotiation.choose(*OFFERED)
    negotiation.known(format_, *parameters)
    if format_ != HTML:
        return respond(find(), format_)
    if not any(name in request.args for name in parameters) and negotiation.for_people():
        return negotiation.respond(page(template), HTML)
    try:
        half = [name for name in ends if text(name)]
        if len(half) == 1 and negotiation.for_people():
            role = graph().role(text(half[0]), half[0])
            return negotiation.respond(page(template, half={half[0]: graph().catalogue.labels([role])[role]}), HTML)
        found = find()
    except BadParameter as error:
        if not negotiation.for_people():
            raise
        return negotiation.respond(page(template, error=error), HTML, error.status)
    return negotiation.respond(page(template, found=found, alternates=negotiation.alternates(OFFERED)), HTML)


def respond(found: Found, format_: Format) -> Response:
    """Return what an analysis found as JSON or CSV."""
    if format_ == CSV:
        return negotiation.respond(sheet(found.table()), format_)
    return negotiation.respond(json.dumps(found.as_dict(), ensure_ascii=False, indent=1) + "\n", format_)


def page(template: str, **shown: Any) -> str:
    """Return a page, with the roles to choose from where they are few."""
    index = graph().analysis.index
    count = len(index.facts.roles)
    roles = sorted((index.role(row) for row in range(count)), key=lambda role: role.label.lower()) if count <= SELECTED else []
    about = getattr(shown.get("found"), "roles", ())
    return render_template(template, offered=roles, given=request.args, sources=graph().analysis.speaking(about), **shown)


def between() -> tuple[str, str]:
    """Return the roles of the parameters ``from`` and ``to``."""
    return graph().role(only("from"), "from"), graph().role(only("to"), "to")


def source() -> str | None:
    """Return the source that was asked for, or None."""
    given = text("source")
    return graph().resolve(given, SOURCE) if given else None


def text(name: str) -> str:
    """Return the value of a parameter, or an empty one.

    :raises BadParameter: for several
    """
    given = [value.strip() for value in request.values.getlist(name) if value.strip()]
    if len(given) > 1:
        raise BadParameter(name, f"{name} is given {len(given)} times", expected="one value")
    return given[0] if given else ""


def only(name: str) -> str:
    """Return the value of a parameter that is needed.

    :raises BadParameter: without one
    """
    given = text(name)
    if not given:
        raise BadParameter(name, f"{name} is missing", expected="one role as name, slug, CURIE or IRI, such as ai-architect")
    return given


def number(name: str, default: int, most: int) -> int:
    """Return the number that a parameter holds, from 1.

    :raises BadParameter: for what is none, or one that is too high
    """
    given = text(name)
    return parameters.number(name, given, 1, most) if given else default
