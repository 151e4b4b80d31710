"""The context of a request: the graph that it is answered from, and its body."""

from flask import Flask, current_app, g, request
from flask.typing import ResponseReturnValue

from rolegraph import deadlines
from rolegraph.catalogue.labels import LabelCache
from rolegraph.errors import TooLarge
from rolegraph.facade import Rolegraph
from rolegraph.queries.parameters import Parameter
from rolegraph.search import RevisionMoved
from rolegraph.web.http import parameters
from rolegraph.web.http.tags import ResponseTag
from rolegraph.web.http.wsgi import TAG

BODY_LIMIT = 1024 * 1024  # bytes
WRITE_LIMIT = 64 * 1024 * 1024  # bytes of a graph to write
REVISION = "revision"
OPTIONS = ("format", REVISION)  # parameters that every path takes
REREAD = ("profiles.profile", "matching.match", "matching.mapping")  # endpoints that only read what is posted
TRIES = 8  # attempts to answer a request while the graph is being written
_KEY = "rolegraph"
_SOURCE = Parameter("source", "the source", ("source",), ("ai-programmer-vs-deep-learning-engineer",))


def keep(app: Flask, graph: Rolegraph) -> None:
    """Attach a graph to an application."""
    app.extensions[_KEY] = graph
    app.before_request(deadlines.begin)
    app.teardown_request(lambda _: deadlines.end())


def graph() -> Rolegraph:
    """Return the graph of the current request, pinned to the newest revision at its first use, or to that of ``?revision=``.

    :raises BadParameter: if the revision is not a number
    :raises NotFound: if the revision is not stored any more
    """
    pinned: Rolegraph | None = g.get("graph")
    if pinned is None:
        asked = request.args.get(REVISION)
        expected = "a number of /revisions"
        number = None if asked is None else parameters.whole_number(REVISION, asked, 0, parameters.MAXIMUM, expected)
        pinned = g.graph = newest().pinned() if number is None else newest().at(number)
        tag = request.environ.get(TAG)
        if asked is None and isinstance(tag, ResponseTag) and not tag.pin(g.graph.engine.revision):
            del request.environ[TAG]  # the tag is of an older revision: something was written since the request came
        if g.graph.engine.revision != newest().engine.revision and asked is not None:
            g.past = g.graph  # for the notice on pages
    return pinned


def limited() -> None:
    """State that the response depends on the request and on what is read of :func:`graph`, and on nothing else.

    So it stays valid until a write touches that. This must be called before the graph is used.
    """
    tag = request.environ.get(TAG)
    if isinstance(tag, ResponseTag) and REVISION not in request.args:
        tag.limit()


def source() -> str | None:
    """Return the IRI of the source that the parameter ``source`` names; None without the parameter.

    :raises BadParameter: if it names no source
    """
    name = parameters.text("source")
    return graph().resolve(name, _SOURCE) if name else None


def cards() -> LabelCache:
    """Return the label cache of the current request: that of its page if there is one, else that of its graph."""
    page_cards: LabelCache | None = g.get("cards")
    return graph().catalogue.cards if page_cards is None else page_cards


class Application(Flask):
    """An application whose requests read one revision each, and start again if that revision is no longer available."""

    def dispatch_request(self) -> ResponseReturnValue:
        """Answer a request. A read starts again on the newest revision if the search index moved on meanwhile."""
        for _ in range(TRIES):
            try:
                return super().dispatch_request()
            except RevisionMoved:
                if request.method not in ("GET", "HEAD") and request.endpoint not in REREAD:
                    raise
                g.pop("graph", None)
                request.environ.pop(TAG, None)  # the tag is of the older revision
        return super().dispatch_request()


def newest() -> Rolegraph:
    """Return the graph at its newest revision, which is the one that can be written."""
    served = current_app.extensions[_KEY]
    assert isinstance(served, Rolegraph)
    return served


def body(limit: int = BODY_LIMIT) -> bytes:
    """Return the body of the current request.

    :param limit: most bytes
    :raises TooLarge: if the body is longer
    """
    request.max_content_length = limit
    content = request.get_data()
    if request.content_length is None and len(content) >= limit:
        raise too_large()  # Werkzeug cuts a chunked body at the limit silently
    return content


def too_large() -> TooLarge:
    """Return the error of a body over the limit."""
    limit = request.max_content_length or BODY_LIMIT
    return TooLarge("the body is too large", expected=f"up to {limit // 1024} KiB")
