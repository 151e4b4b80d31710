"""The options that name a SPARQL endpoint, for every command that works on one."""

import os
from collections.abc import Callable

import click

from rolegraph.cli.options import Function, setting
from rolegraph.engine.remote.endpoint import AUTH, Endpoint

_OPTIONS = (
    setting("--engine", None, str, "Address of a SPARQL endpoint, for queries, that keeps the graph in place of the store."),
    setting("--update-url", None, str, "Where the endpoint takes updates; without it, it is only read."),
    setting("--graph-store-url", None, str, "Where the endpoint takes whole graphs, which is quicker."),
    setting("--auth", "none", click.Choice(AUTH), "How writes to the endpoint are authorised; credentials are in the environment."),
    setting("--read-auth", False, bool, "Send the credentials with queries, too.", is_flag=True),
    setting("--query-timeout", 10.0, click.FloatRange(0.1, 3600), "Seconds that a query may take."),
)


def endpoint_options(function: Function) -> Function:
    """Give a command the options of an endpoint."""
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
    """Return the endpoint that the options name, with the credentials of the environment."""
    user, password = (os.environ.get(f"ROLEGRAPH_ENGINE_{name}", "") for name in ("USER", "TOKEN" if auth == "bearer" else "PASSWORD"))
    return Endpoint(engine, update_url, graph_store_url, auth, user, password, read_auth=read_auth, seconds=query_timeout)
