"""Answers a request with the WSGI application, in a thread: the response is complete before any of it is sent."""

import logging
import sys
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Any

from rolegraph.engine import IsCancelled
from rolegraph.errors import RolegraphError
from rolegraph.web.http import logs
from rolegraph.web.http.logs import Request
from rolegraph.web.http.wsgi import FAILURE, ask, close
from rolegraph.web.middleware.headers import ALWAYS
from rolegraph.web.server import large_answers

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication, WSGIEnvironment

FAULT_BODY = (
    b'{"type": "about:blank", "title": "Internal Server Error", "status": 500, "detail": "This fault of the service was logged."}\n'
)

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Response:
    """The response to a request; a large body is a temporary file."""

    status: str
    headers: list[tuple[str, str]]
    body: bytes | IO[bytes]


FAULT = Response("500", [("Content-Type", "application/problem+json"), *ALWAYS.items()], FAULT_BODY)
"""The response to a request that could not be answered."""


def constant() -> dict[str, Any]:
    """Return the parts of an environ that are the same for every request."""
    return {
        "SCRIPT_NAME": "",
        "SERVER_SOFTWARE": "Granian",
        "wsgi.version": (1, 0),
        "wsgi.errors": sys.stderr,
        "wsgi.input_terminated": True,
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }


def answer(app: "WSGIApplication", request: Request, is_cancelled: IsCancelled) -> Response:
    """Return the response to a request. Nothing is raised: the client would wait forever."""
    environ = request.environ
    logs.CURRENT.set(request)
    try:
        try:
            return _response(app, environ, is_cancelled)
        except RolegraphError as error:  # raised while the body was produced
            environ[FAILURE] = error
            return _response(app, environ, is_cancelled)
    except BaseException:  # noqa: BLE001 - this includes panics of Granian, which are no Exception
        _log.exception("%s", request.line)
        return FAULT
    finally:
        logs.CURRENT.set(None)


def _response(app: "WSGIApplication", environ: "WSGIEnvironment", is_cancelled: IsCancelled) -> Response:
    status, headers, pieces = ask(app, environ)
    if status[:3] in ("204", "304") or environ["REQUEST_METHOD"] == "HEAD":
        close(pieces)
        return Response(status, headers.to_wsgi_list(), b"")
    return Response(status, headers.to_wsgi_list(), large_answers.settled(pieces, is_cancelled))
