"""What a request is answered from: the graph that the application serves, and the body that was sent."""

from flask import Flask, current_app, request

from rolegraph.errors import TooLarge
from rolegraph.registry import Rolegraph

BODY_LIMIT = 1024 * 1024
_KEY = "rolegraph"


def keep(app: Flask, graph: Rolegraph) -> None:
    """Attach a graph to an application."""
    app.extensions[_KEY] = graph


def graph() -> Rolegraph:
    """Return the graph of the application that answers the current request."""
    found = current_app.extensions[_KEY]
    assert isinstance(found, Rolegraph)
    return found


def body() -> bytes:
    """Return the body of the current request.

    :raises TooLarge: over the limit
    """
    found = request.get_data()
    if request.content_length is None and len(found) >= BODY_LIMIT:
        raise too_large()  # one sent in chunks is cut off at the limit without a word
    return found


def too_large() -> TooLarge:
    """Return the error of a body over the limit."""
    return TooLarge("the body is too large", expected=f"up to {BODY_LIMIT // 1024} KiB")
