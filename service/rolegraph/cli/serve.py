"""The command serve and its settings."""

import os
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path

import click

from rolegraph.cli.endpoints import endpoint, endpoint_options
from rolegraph.cli.options import Command, served_store_option, setting
from rolegraph.engine.embedded import Settings
from rolegraph.engine.federation import FederationPolicy
from rolegraph.engine.pool import MIB, Limits
from rolegraph.engine.remote.endpoint import shown
from rolegraph.engine.revisions import Retention
from rolegraph.facade import Rolegraph, sharing

MOST_PROCESSES = 4  # by default


@click.command(cls=Command)
@setting("--host", "127.0.0.1", str, "Address to listen on.")
@setting("--port", 8080, click.IntRange(1, 65535), "Port to listen on.")
@setting("--log-level", "warning", click.Choice(["debug", "info", "warning", "error"]), "Lowest level to log to standard error.")
@setting("--access-log", False, bool, "Log each request.", is_flag=True)
@setting("--threads", 64, click.IntRange(1, 256), "Requests answered at the same time.")
@setting("--processes", 0, click.IntRange(0, 64), "Processes that answer requests; 0 is one for each processor, at most 4.")
@setting("--query-memory", 1024, click.IntRange(64), "Memory limit of a query in MiB.")
@setting("--query-workers", 4, click.IntRange(1, 256), "Queries run at the same time.")
@setting("--query-share", 0, click.IntRange(0, 256), "Queries of one client at the same time; 0 is half of the workers.")
@setting("--allow-endpoint", (), str, "Address that SERVICE and LOAD may use; with a slash at the end, all below it too.", multiple=True)
@setting("--default-graph", "union", click.Choice(["union", "own"]), "The default graph: the union of all named graphs, or its own graph.")
@setting("--keep-revisions", 16, click.IntRange(1), "Number of revisions to keep.")
@setting("--keep-days", None, click.FloatRange(0, min_open=True), "Days to keep a revision; the newest is always kept.")
@setting("--empty", False, bool, "Start a new store empty, without the shipped data.", is_flag=True)
@endpoint_options
@served_store_option("Folder of the store; created with the shipped data at the first start. With --engine it holds only the tokens.")
def serve(
    *,
    engine: str | None,
    update_url: str | None,
    graph_store_url: str | None,
    auth: str,
    read_auth: bool,
    host: str,
    port: int,
    threads: int,
    processes: int,
    log_level: str,
    access_log: bool,
    query_timeout: float,
    query_memory: int,
    query_workers: int,
    query_share: int,
    allow_endpoint: tuple[str, ...],
    default_graph: str,
    keep_revisions: int,
    keep_days: float | None,
    empty: bool,
    store: Path,
) -> None:
    """Serve the graph over HTTP until stopped. A query that exceeds its time or memory limit is stopped.

    \b
    rolegraph serve
    rolegraph serve --host 0.0.0.0 --port 80 --store /var/lib/rolegraph
    rolegraph serve --engine http://127.0.0.1:7878/query --update-url http://127.0.0.1:7878/update
    """
    from rolegraph.web.server import run

    plan = partial(run.Plan, host=host, port=port, threads=threads, level=log_level, access=access_log)
    limits = Limits(seconds=query_timeout, memory=query_memory * MIB, workers=query_workers, share=query_share)
    count = processes or min(os.cpu_count() or 1, MOST_PROCESSES)
    if engine:
        remote = endpoint(engine, update_url, graph_store_url, auth, query_timeout, read_auth=read_auth)
        opening: Callable[[], Rolegraph] = partial(Rolegraph.remote, remote, store, limits, shipped=not empty)
        sys.exit(run.run(plan(opening=opening, where=f"endpoint: {shown(engine)}")))
    age = None if keep_days is None else timedelta(days=keep_days)
    retention = Retention(keep_revisions, age)
    settings = Settings(union=default_graph == "union", reach=FederationPolicy(allow_endpoint), retention=retention)
    where = f"store: {store}"
    if count == 1:
        opening = partial(Rolegraph.open, store, limits, settings, shipped=not empty)
        sys.exit(run.run(plan(opening=opening, where=where)))
    writer = partial(sharing.writer, store, replace(limits, workers=1), settings, shipped=not empty)
    reader = partial(sharing.reader, store, replace(limits, workers=-(-query_workers // count)), settings)
    sys.exit(run.run(plan(opening=run.Shares(writer, reader), where=where, processes=count)))
