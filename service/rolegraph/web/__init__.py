"""The web face: routes, pages, negotiation, one error body."""

from flask import Flask

from rolegraph.facade import Rolegraph
from rolegraph.web.http import connection, context, problems
from rolegraph.web.middleware import cors, headers, request_checks
from rolegraph.web.middleware.cache import RECALL, ResponseCache
from rolegraph.web.middleware.compression import Compression
from rolegraph.web.middleware.suffixes import Suffixes
from rolegraph.web.pages import choices, claims, filters
from rolegraph.web.resources import (
    analyses,
    comparison,
    graphs,
    matching,
    probes,
    profiles,
    queries,
    redirects,
    search,
    service,
    sources,
    sparql,
    things,
    validation,
)


def create_app(graph: Rolegraph) -> Flask:
    """Make the application that serves one graph."""
    app = context.Application(__name__)
    app.config.update(MAX_CONTENT_LENGTH=context.BODY_LIMIT, MAX_FORM_MEMORY_SIZE=context.BODY_LIMIT)
    app.url_map.strict_slashes = False
    cache = ResponseCache(Compression(Suffixes(app.wsgi_app)), graph)
    app.extensions[RECALL] = cache.recall
    app.wsgi_app = cache  # type: ignore[method-assign]  # the way that Flask documents
    context.keep(app, graph)
    problems.install(app)
    connection.install(app)
    headers.install(app)
    cors.install(app)
    request_checks.install(app)
    filters.install(app)
    claims.install(app)
    choices.install(app)
    read = (comparison, analyses, profiles, matching, search, sparql, queries)
    for module in (*read, graphs, sources, validation, service, probes, problems, redirects, things):
        app.register_blueprint(module.routes)
    return app
