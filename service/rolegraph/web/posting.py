"""Posted profiles against one role or all of them. What is posted is neither stored nor logged nor remembered."""

from flask import Blueprint, Response, request

from rolegraph import formats
from rolegraph.engine import BOM
from rolegraph.errors import BadParameter, RolegraphError, UnreadableInput, UnsupportedFormat
from rolegraph.formats import Format
from rolegraph.web import negotiation
from rolegraph.web.analysing import OFFERED, number, only, page, respond, source, text
from rolegraph.web.negotiation import DOCUMENT, GRAPHS, HTML, TEXT
from rolegraph.web.state import body, graph

READ = (TEXT, DOCUMENT, *GRAPHS)
FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")
PARAMETERS = ("to", "source", "count")

routes = Blueprint("posting", __name__)


@routes.after_request
def _forget(response: Response) -> Response:
    response.headers["Cache-Control"] = "no-store"
    return response


@routes.post("/gap")
def profile() -> Response:
    """Say what of a role's needs a profile meets, or, without a role, which roles it fits best."""
    try:
        return _answer()
    except RolegraphError:
        raise
    except Exception as error:  # noqa: BLE001 - what is logged of it may not hold a part of the profile
        raise RuntimeError(type(error).__name__).with_traceback(error.__traceback__) from None


def _answer() -> Response:
    format_ = negotiation.choose(*OFFERED)
    negotiation.known(format_, *PARAMETERS)
    try:
        content, kind = _received()
        target = graph().role(only("to"), "to") if text("to") else None
        matches = graph().analysis.fit(graph().profile(content, kind), target, source(), number("count", 10, 100))
    except (UnreadableInput, BadParameter) as error:
        if format_ != HTML:
            raise
        return negotiation.respond(page("gap.html", error=error), HTML, error.status)
    if format_ == HTML:
        return negotiation.respond(page("fit.html", found=matches), HTML)
    return respond(matches, format_)


def _received() -> tuple[bytes, Format]:
    """Return the profile of the current request and its format: its body, or the file or the field of a form."""
    if request.mimetype not in FORMS:
        content = body()
        return content, formats.of_media(request.content_type or "", READ)
    file = request.files.get("file")
    if file and file.filename:
        found = formats.of_extension(file.filename, READ)
        if found is None:
            known = ", ".join(f".{format_.extension}" for format_ in READ)
            raise UnsupportedFormat("the format of the file is not known by its name", expected=f"a name that ends in {known}")
        return file.read(), found
    written = request.form.get("profile", "")
    if not written.strip():
        raise BadParameter("profile", "the form holds no profile", expected="skills in the field profile, or a file in the field file")
    return written.encode(), _guessed(written)


def _guessed(written: str) -> Format:
    start = written.removeprefix(BOM).lstrip()
    if start.startswith(("{", "[")):
        return DOCUMENT
    turtle = start.lower().startswith(("@prefix", "@base", "prefix ", "base ", "<http"))
    return formats.named("turtle", GRAPHS) if turtle and not start.lower().startswith("<http://data.europa.eu/esco/skill") else TEXT
