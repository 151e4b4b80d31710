"""What a request is answered from: the graph that the application serves, and the body that was sent."""

from flask import Flask, Response, current_app, g, request

from rolegraph import deadlines
from rolegraph.catalogue.cards import Cards
from rolegraph.errors import BadParameter, TooLarge
from rolegraph.registry import Rolegraph

BODY_LIMIT = 1024 * 1024  # bytes
WRITE_LIMIT = 64 * 1024 * 1024  # of a graph that is written
REVISION = "revision"
OPTIONS = ("format", REVISION)  # parameters that every path takes
_KEY = "rolegraph"


def keep(app: Flask, graph: Rolegraph) -> None:
    """Attach a graph to an application."""
    app.extensions[_KEY] = graph
    app.before_request(deadlines.begin)
    app.teardown_request(lambda _: deadlines.end())


def graph() -> Rolegraph:
    """Return the graph that answers the current request: the newest, or the one of ``?revision=``.

    :raises BadParameter: for a revision that is no number
    :raises NotFound: for one that is not kept
    """
    asked = request.args.get(REVISION)
    if asked is None:
        return newest()
    if "past" not in g:
        if not asked.isdecimal() or not asked.isascii():
            raise BadParameter(REVISION, f"{asked!r} is no revision", expected="a number of /revisions")
        g.past = newest().at(int(asked))
    found: Rolegraph = g.past
    return found


def cards() -> Cards:
    """Return what is known at a glance of the things of the graph that answers the current request."""
    if "cards" not in g:
        g.cards = graph().catalogue.cards
    found: Cards = g.cards
    return found


def newest() -> Rolegraph:
    """Return the graph as it is now, which is the one that can be written."""
    found = current_app.extensions[_KEY]
    assert isinstance(found, Rolegraph)
    return found


def revised(response: Response) -> Response:
    """Return the answer to a write with the number of the revision that it made, where there are revisions."""
    if newest().engine.revision is not None:
        response.headers["Rolegraph-Revision"] = str(newest().engine.revision)
    return response


def body(limit: int = BODY_LIMIT) -> bytes:
    """Return the body of the current request.

    :raises TooLarge: over the limit, in bytes
    """
    request.max_content_length = limit
    found = request.get_data()
    if request.content_length is None and len(found) >= limit:
        raise too_large()  # one sent in chunks is cut off at the limit without a word
    return found


def too_large() -> TooLarge:
    """Return the error of a body over the limit."""
    limit = request.max_content_length or BODY_LIMIT
    return TooLarge("the body is too large", expected=f"up to {limit // 1024} KiB")
