"""Options that name a SPARQL endpoint."""

import os
from collections.abc import Callable

import click

from rolegraph.cli.options import Function, setting
from rolegraph.engine.remote.endpoint import AUTH, Endpoint

_OPTIONS = (
    setting("--engine", None, str, "Query address of a SPARQL endpoint that holds the graph, not the store."),
    setting("--update-url", None, str, "Update address of the endpoint. Without it, the endpoint is read only."),
    setting("--graph-store-url", None, str, "Graph Store address of the endpoint; it makes writes of whole graphs faster."),
    setting("--auth", "none", click.Choice(AUTH), "How writes to the endpoint are authorised; credentials come from the environment."),
    setting("--read-auth", False, bool, "Send the credentials with queries too.", is_flag=True),
    setting("--query-timeout", 10.0, click.FloatRange(0.1, 3600), "Seconds that a query may take."),
)


def endpoint_options(function: Function) -> Function:
    """Add the options of an endpoint to a command."""
    decorators: list[Callable[[Function], Function]] = list(_OPTIONS)
    for option in reversed(decorators):
        function = option(function)
    return function


def endpoint(
    engine: str,
    update_url: str | None,
    graph_store_url: str | None,
    auth: str,
    query_timeout: float,
    *,
    read_auth: bool,
) -> Endpoint:
    """Return the endpoint that the options name, with credentials from ROLEGRAPH_ENGINE_USER, _PASSWORD and _TOKEN."""
    user, password = (os.environ.get(f"ROLEGRAPH_ENGINE_{name}", "") for name in ("USER", "TOKEN" if auth == "bearer" else "PASSWORD"))
    return Endpoint(engine, update_url, graph_store_url, auth, user, password, read_auth=read_auth, seconds=query_timeout)
