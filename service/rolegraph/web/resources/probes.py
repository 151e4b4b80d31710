"""Liveness and readiness probes for orchestrators. Their responses are not cached."""

import time

from flask import Blueprint, Response

from rolegraph.errors import ClientGone, RolegraphError, StoreUnusable
from rolegraph.facade import Rolegraph
from rolegraph.formats import named
from rolegraph.output import to_json
from rolegraph.queries import internal
from rolegraph.web.http import negotiation, problems
from rolegraph.web.http.context import newest
from rolegraph.web.http.negotiation import DOCUMENT, TABLES
from rolegraph.web.http.operations import Operation
from rolegraph.web.middleware.cache import CachedResponse
from rolegraph.web.middleware.headers import ALWAYS, VARY

ALIVE = "/livez"
READY = "/readyz"
PATIENCE = 2.0  # seconds in which a query that asks nothing is answered
_JSON = named("json", TABLES)
_BODY = to_json({"status": "alive"})

routes = Blueprint("probes", __name__)


@routes.after_request
def _forget(response: Response) -> Response:
    response.headers["Cache-Control"] = "no-store"
    return response


@routes.get(ALIVE)
@Operation("Whether the process answers", (DOCUMENT,), "Liveness", revision=False, stored=False)
def alive() -> Response:
    """Liveness: the process answers."""
    negotiation.check_parameters(negotiation.choose(DOCUMENT))
    return negotiation.respond(_BODY, DOCUMENT)


@routes.get(READY)
@Operation(
    "Whether the store can be read and written",
    (DOCUMENT,),
    "Readiness",
    answers={200: "It can", 503: "It cannot, or was not asked"},
    revision=False,
    stored=False,
)
def ready() -> Response:
    """Readiness: the store can be read and written."""
    negotiation.check_parameters(negotiation.choose(DOCUMENT))
    try:
        _check(newest())
    except RolegraphError as error:
        reason = problems.public_detail(error)
        return negotiation.respond(to_json({"status": "not ready", "reason": reason}), DOCUMENT, 503)
    return negotiation.respond(to_json({"status": "ready"}), DOCUMENT)


def at_once() -> CachedResponse:
    """Return the response of the liveness probe, which the server sends without calling the application."""
    headers = {"Content-Type": DOCUMENT.content_type, "Cache-Control": "no-store", "Vary": ", ".join(VARY), **ALWAYS}
    return CachedResponse((*headers.items(), ("Content-Length", str(len(_BODY)))), _BODY.encode())


def _check(graph: Rolegraph) -> None:
    """Let a graph pass that can be read and written.

    :raises RolegraphError: for one that cannot
    """
    until = time.monotonic() + PATIENCE
    try:
        graph.query(internal.query("nothing").bind(), lambda _: _JSON, is_cancelled=lambda: time.monotonic() > until)
    except ClientGone as error:
        raise StoreUnusable(f"the store did not answer within {PATIENCE:g} s") from error
    if graph.tokens is not None:
        graph.tokens.test()
