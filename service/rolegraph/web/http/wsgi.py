"""Calls the WSGI application for middleware: status and headers of the response before its body is read."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from werkzeug.datastructures import Headers

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication, WSGIEnvironment

TAG = "rolegraph.tag"  # key of the ETag of the response, in the environ of a request: a ResponseTag, or a text
CODING = "rolegraph.coding"  # key of the content coding in which the response may be sent
FAILURE = "rolegraph.failure"  # key of the error that answers the request
WITHOUT = ("GET", "HEAD", "OPTIONS", "TRACE")  # methods whose body is ignored
LARGEST = 1024 * 1024  # most bytes of a body that is cached or held in memory; a larger one goes through a file


def ask(app: "WSGIApplication", environ: "WSGIEnvironment") -> tuple[str, Headers, Iterable[bytes]]:
    """Return the status, headers and body of a response. The caller closes the body."""
    started: list[tuple[str, list[tuple[str, str]]]] = []

    def start(status: str, headers: list[tuple[str, str]], _: Any = None, /) -> Any:
        started.append((status, headers))

    pieces = app(environ, start)  # Werkzeug calls start_response at once, and does not use write()
    status, headers = started[-1]
    return status, Headers(headers), pieces


def close(pieces: Iterable[bytes]) -> None:
    """Close the body of a response."""
    if hasattr(pieces, "close"):
        pieces.close()


def whole(pieces: Iterable[bytes]) -> bytes:
    """Return the body of a response as bytes, and close it."""
    try:
        return b"".join(pieces)
    finally:
        close(pieces)
