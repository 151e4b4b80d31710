"""The web face: routes, pages, negotiation, one error body."""

from flask import Flask

from rolegraph.registry import Rolegraph
from rolegraph.web import (
    analysing,
    canned,
    clients,
    comparing,
    cors,
    display,
    entering,
    headers,
    linked,
    model,
    posting,
    problems,
    querying,
    searching,
    state,
    storing,
    validating,
)
from rolegraph.web.compressing import Compressing
from rolegraph.web.negotiation import Suffixes
from rolegraph.web.remembering import REMEMBERS, Remembering


def create_app(graph: Rolegraph) -> Flask:
    """Make the application that serves one graph."""
    app = state.Application(__name__)
    app.config.update(MAX_CONTENT_LENGTH=state.BODY_LIMIT, MAX_FORM_MEMORY_SIZE=state.BODY_LIMIT)
    app.url_map.strict_slashes = False
    remembering = Remembering(Suffixes(app.wsgi_app), graph)
    app.extensions[REMEMBERS] = remembering.remembers
    app.wsgi_app = Compressing(remembering)  # type: ignore[method-assign]  # the way that Flask documents
    state.keep(app, graph)
    problems.install(app)
    clients.install(app)
    headers.install(app)
    cors.install(app)
    display.install(app)
    faces = (comparing, analysing, posting, searching, querying, canned, storing, entering, validating, model, problems, linked)
    for module in faces:
        app.register_blueprint(module.routes)
    return app
