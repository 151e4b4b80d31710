"""The web face: routes, pages, negotiation, one error body."""

from flask import Flask

from rolegraph.registry import Rolegraph
from rolegraph.web import (
    analysing,
    canned,
    choosing,
    clients,
    comparing,
    cors,
    display,
    entering,
    guarding,
    headers,
    leading,
    linked,
    model,
    posting,
    probes,
    problems,
    querying,
    searching,
    state,
    storing,
    validating,
)
from rolegraph.web.compressing import Compressing
from rolegraph.web.negotiation import Suffixes
from rolegraph.web.remembering import RECALL, Remembering


def create_app(graph: Rolegraph) -> Flask:
    """Make the application that serves one graph."""
    app = state.Application(__name__)
    app.config.update(MAX_CONTENT_LENGTH=state.BODY_LIMIT, MAX_FORM_MEMORY_SIZE=state.BODY_LIMIT)
    app.url_map.strict_slashes = False
    compressing = Compressing(Remembering(Suffixes(app.wsgi_app), graph))
    app.extensions[RECALL] = compressing.recall
    app.wsgi_app = compressing  # type: ignore[method-assign]  # the way that Flask documents
    state.keep(app, graph)
    problems.install(app)
    clients.install(app)
    headers.install(app)
    cors.install(app)
    guarding.install(app)
    display.install(app)
    choosing.install(app)
    asking = (comparing, analysing, posting, searching, querying, canned)
    for module in (*asking, storing, entering, validating, model, probes, problems, leading, linked):
        app.register_blueprint(module.routes)
    return app
