"""Posted profiles and the roles that they fit. Profiles are not stored, logged or cached."""

from flask import Blueprint, Response

from rolegraph import formats
from rolegraph.engine import BOM
from rolegraph.errors import BadParameter, UnreadableInput
from rolegraph.formats import Format
from rolegraph.web.http import bodies, context, negotiation, parameters, private
from rolegraph.web.http.context import graph
from rolegraph.web.http.json_schema import integer
from rolegraph.web.http.negotiation import DOCUMENT, GRAPHS, HTML, TEXT
from rolegraph.web.http.operations import Operation, Parameter
from rolegraph.web.pages.analyses import OFFERED, SOURCE, page, respond

READ = (TEXT, DOCUMENT, *GRAPHS)

_TARGETS = (
    Parameter("to", "one role; without it, the best of all"),
    SOURCE,
    Parameter("count", "how many are wanted", integer(1, 100, 10)),
)
PARAMETERS = tuple(parameter.name for parameter in _TARGETS)
_BODIES = bodies.schemas("profile", READ, {f"{parameter.name}?": parameter.schema for parameter in _TARGETS})

routes = Blueprint("profiles", __name__)


private.install(routes)


@routes.post("/gap")
@Operation(
    "What a profile meets of a role, or the roles that it fits best; stores nothing", OFFERED, "Fit", _TARGETS, _BODIES, stored=False
)
@private.unlogged
def profile() -> Response:
    """Show the gap from a profile to a role, or without a role the roles that the profile fits best."""
    format_ = negotiation.choose(*OFFERED)
    negotiation.check_parameters(format_, *PARAMETERS)
    try:
        sent = bodies.document("profile", READ, _guessed)
        target = graph().role(parameters.role("to"), "to") if parameters.text("to") else None
        profile = graph().profile(sent.content, sent.format)
        matches = graph().analysis.fit(profile, target, context.source(), parameters.number("count", 10, 100))
    except (UnreadableInput, BadParameter) as error:
        if format_ != HTML:
            raise
        return negotiation.respond(page("gap.html", error=error), HTML, error.status)
    if format_ == HTML:
        return negotiation.respond(page("fit.html", result=matches), HTML)
    return respond(matches, format_)


def _guessed(written: str) -> Format:
    start = written.removeprefix(BOM).lstrip()
    if start.startswith(("{", "[")):
        return DOCUMENT
    turtle = start.lower().startswith(("@prefix", "@base", "prefix ", "base ", "<http"))
    return formats.named("turtle", GRAPHS) if turtle and not start.lower().startswith("<http://data.europa.eu/esco/skill") else TEXT
