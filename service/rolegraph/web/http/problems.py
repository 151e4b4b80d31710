"""Error handler: every exception becomes a problem (RFC 9457), as JSON or as a page."""

import inspect
import logging
import re
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

from flask import Blueprint, Flask, Response, render_template, request
from werkzeug.exceptions import HTTPException, MethodNotAllowed, RequestEntityTooLarge
from werkzeug.exceptions import NotFound as NoSuchPage

from rolegraph import errors, terms
from rolegraph.errors import ClientGone, NotFound, RolegraphError, StoreUnusable
from rolegraph.formats import Format
from rolegraph.output import to_json
from rolegraph.web.http import context, negotiation
from rolegraph.web.http.operations import Operation, in_path

TYPES = terms.BASE + "problem/"
PROBLEM = Format("problem", "application/problem+json", "json", "document")

_PATH = re.compile(r"(?<![\w:/.])/(?:[^\s/:;,'\"()]+/)*[^\s/:;,'\"()]+")

_log = logging.getLogger(__name__)


def install(app: Flask) -> None:
    """Register the handler for all exceptions."""
    app.register_error_handler(Exception, _handle)


def meaning(kind: type[RolegraphError]) -> str:
    """Return the meaning of a problem type, in a sentence."""
    return inspect.cleandoc(kind.__doc__ or "").split("\n\n")[0].replace("``", "")


def respond(error: RolegraphError) -> Response:
    """Return the response to a RolegraphError; an empty one if the client has disconnected."""
    if isinstance(error, ClientGone):
        return Response(status=error.status)
    if isinstance(error, StoreUnusable):
        _log.error("%s", error.detail)
    return _answer(error.status, TYPES + error.slug(), error.title, public_detail(error), error.members)


def public_detail(error: RolegraphError) -> str:
    """Return the detail of an error for clients, without the paths of this machine."""
    return _PATH.sub("a file of the service", error.public_detail) if isinstance(error, StoreUnusable) else error.detail


def _handle(error: Exception) -> Response | HTTPException:
    if isinstance(error, HTTPException) and error.code and error.code < 400:
        return error  # a redirect
    if isinstance(error, RolegraphError):
        return respond(error)
    if isinstance(error, NoSuchPage):
        return respond(NotFound(f"there is no page {request.path}"))
    if isinstance(error, RequestEntityTooLarge):
        return respond(context.too_large())
    if isinstance(error, HTTPException):
        return _foreign(error)
    _log.error("%s %s", request.method, quote(request.path), exc_info=error)
    return _answer(500, "about:blank", HTTPStatus(500).phrase, "This is a fault of the service, not of the request; it was logged.", {})


def _foreign(error: HTTPException) -> Response:
    status = HTTPStatus(error.code or 500)
    members: dict[str, Any] = {}
    if isinstance(error, MethodNotAllowed) and error.valid_methods:
        members["expected"] = ", ".join(sorted(error.valid_methods))
    detail = f"{request.method} is not possible here" if status == 405 else str(error.description)
    response = _answer(status.value, "about:blank", status.phrase, detail, members)
    for name, value in error.get_headers():
        if name.lower() in ("allow", "retry-after"):
            response.headers[name] = value
    return response


def _answer(status: int, type_: str, title: str, detail: str, members: dict[str, Any]) -> Response:
    try:
        if negotiation.prefers_html():
            page = render_template("problem.html", status=status, type=type_, title=title, detail=detail, members=members)
            return negotiation.respond(page, negotiation.HTML, status)
    except Exception as error:  # noqa: BLE001 - if the page fails, the error is sent as JSON
        _log.error("the page of an error could not be rendered", exc_info=error)
    body = {"type": type_, "title": title, "status": status, "detail": detail, **members}
    return Response(to_json(body), status, content_type=PROBLEM.media)


routes = Blueprint("problems", __name__)


@routes.get("/problem/<slug>")
@Operation(
    "What a type of problem means",
    (negotiation.HTML, negotiation.DOCUMENT),
    "ProblemType",
    (in_path("slug", "the last part of the IRI of a type of problem", "not-found"),),
    revision=False,
)
def problem(slug: str) -> Response:
    """Describe a problem type."""
    kind = next((kind for kind in errors.every() if kind.slug() == slug), None)
    format_ = negotiation.choose(negotiation.HTML, negotiation.DOCUMENT)
    negotiation.check_parameters(format_)
    if kind is None:
        raise NotFound(f"there is no type of problem {slug!r}", expected=", ".join(kind.slug() for kind in errors.every()))
    document = {"type": TYPES + slug, "title": kind.title, "status": kind.status, "detail": meaning(kind)}
    if format_ == negotiation.DOCUMENT:
        return negotiation.respond(to_json(document), negotiation.DOCUMENT)
    return negotiation.respond(render_template("problem_type.html", **document), negotiation.HTML)
