"""What stands before the application asks it here: one answer, with its headers, before its body is read."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from werkzeug.datastructures import Headers

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication, WSGIEnvironment

TAG = "rolegraph.tag"  # where the environment of a request holds the tag of its answer, and
TAGGED = "rolegraph.tagged"  # the revision that was the newest when that was made
CODING = "rolegraph.coding"  # where the environment of a request holds the coding in which its answer may travel
FAILURE = "rolegraph.failure"  # where the environment of a request holds the error that is its answer
WITHOUT = ("GET", "HEAD", "OPTIONS", "TRACE")  # methods whose body, if there is one, means nothing
LARGEST = 1024 * 1024  # bytes of one body that is cached or kept in memory; a larger one passes through, by way of a file


def ask(app: "WSGIApplication", environ: "WSGIEnvironment") -> tuple[str, Headers, Iterable[bytes]]:
    """Return the status, the headers and the body of an answer; whoever reads the body, or does not, closes it."""
    started: list[tuple[str, list[tuple[str, str]]]] = []

    def start(status: str, headers: list[tuple[str, str]], _: Any = None, /) -> Any:
        started.append((status, headers))

    pieces = app(environ, start)  # Werkzeug's responses start at once, and write nothing by themselves
    status, headers = started[-1]
    return status, Headers(headers), pieces


def close(pieces: Iterable[bytes]) -> None:
    """Tell the body of an answer that nobody will read more of it."""
    if hasattr(pieces, "close"):
        pieces.close()


def whole(pieces: Iterable[bytes]) -> bytes:
    """Return the body of an answer in one piece."""
    try:
        return b"".join(pieces)
    finally:
        close(pieces)
