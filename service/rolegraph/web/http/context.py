"""What a request is answered from: the graph that the application serves, and the body that was sent."""

from flask import Flask, current_app, g, request
from flask.typing import ResponseReturnValue

from rolegraph import deadlines
from rolegraph.catalogue.labels import LabelCache
from rolegraph.errors import TooLarge
from rolegraph.facade import Rolegraph
from rolegraph.queries import Parameter
from rolegraph.search import RevisionMoved
from rolegraph.web.http import parameters
from rolegraph.web.http.wsgi import TAG, TAGGED

BODY_LIMIT = 1024 * 1024  # bytes
WRITE_LIMIT = 64 * 1024 * 1024  # of a graph that is written
REVISION = "revision"
OPTIONS = ("format", REVISION)  # parameters that every path takes
TRIES = 8  # to answer a request while the graph is being written
_KEY = "rolegraph"
_SOURCE = Parameter("source", "the source", ("source",), ("ai-programmer-vs-deep-learning-engineer",))


def keep(app: Flask, graph: Rolegraph) -> None:
    """Attach a graph to an application."""
    app.extensions[_KEY] = graph
    app.before_request(deadlines.begin)
    app.teardown_request(lambda _: deadlines.end())


def graph() -> Rolegraph:
    """Return the graph that answers the current request: the newest revision as it was first asked for, or the one of ``?revision=``.

    :raises BadParameter: for a revision that is no number
    :raises NotFound: for one that is not kept
    """
    if "graph" not in g:
        asked = request.args.get(REVISION)
        expected = "a number of /revisions"
        number = None if asked is None else parameters.whole_number(REVISION, asked, 0, parameters.MAXIMUM, expected)
        g.graph = newest().pinned() if number is None else newest().at(number)
        if asked is None and request.environ.get(TAGGED) != g.graph.engine.revision:
            request.environ.pop(TAG, None)  # it is of an older revision: something was written since the request came
        if g.graph.engine.revision != newest().engine.revision and asked is not None:
            g.past = g.graph  # pages say so
    found: Rolegraph = g.graph
    return found


def source() -> str | None:
    """Return the IRI of the source that the parameter ``source`` names; None without one.

    :raises BadParameter: for what names no source
    """
    name = parameters.text("source")
    return graph().resolve(name, _SOURCE) if name else None


def cards() -> LabelCache:
    """Return what is known at a glance of the things of the graph that answers the current request, or of those that its page names."""
    if "cards" in g:
        found: LabelCache = g.cards
        return found
    return graph().catalogue.cards


class Application(Flask):
    """An application whose requests work on one revision each, and begin again where it is not at hand any more."""

    def dispatch_request(self) -> ResponseReturnValue:
        """Answer a request; one that changes nothing is answered anew, on the newest revision, where the index went on meanwhile."""
        for _ in range(TRIES):
            try:
                return super().dispatch_request()
            except RevisionMoved:
                if request.method not in ("GET", "HEAD") and request.endpoint != "profiles.profile":
                    raise
                g.pop("graph", None)
                request.environ.pop(TAG, None)  # it is of the older revision
        return super().dispatch_request()


def newest() -> Rolegraph:
    """Return the graph as it is now, which is the one that can be written."""
    found = current_app.extensions[_KEY]
    assert isinstance(found, Rolegraph)
    return found


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
