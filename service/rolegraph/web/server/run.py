"""The server: Granian with one worker process, which opens the store."""

import asyncio
import errno
import gc
import multiprocessing
import os
import socket
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from multiprocessing.synchronize import Event
from typing import TYPE_CHECKING

from granian import Granian
from granian.constants import HTTPModes, Interfaces
from granian.http import HTTP1Settings
from granian.log import LogLevels

from rolegraph import __version__
from rolegraph.engine import descriptors
from rolegraph.engine.watchdog import watch
from rolegraph.engine.worker import end_with_parent
from rolegraph.errors import BadParameter, RolegraphError
from rolegraph.facade import Rolegraph
from rolegraph.facade.refresh import Refreshing
from rolegraph.web.http import authorization, logs
from rolegraph.web.middleware.cache import RECALL, CachedResponse
from rolegraph.web.resources import probes
from rolegraph.web.server.rsgi import RsgiApplication

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

LINE_LIMIT = 512 * 1024
PATIENCE = 30
CONNECTIONS = 1024
GARBAGE = (10_000, 20, 20)  # objects and collections between two collections: one answer makes tens of thousands, nearly all without cycles
_LOOK = 0.01  # seconds between two checks whether the port is open
_STARTING = "rolegraph.starting"


@dataclass(frozen=True)
class Plan:
    """How to serve a graph.

    ``opening`` opens the graph; it is pickled and called in the worker process. ``where`` describes the store in the start message.
    ``level`` is the lowest level that is logged; with ``access``, each request is logged too.
    """

    opening: Callable[[], Rolegraph]
    where: str
    host: str = "127.0.0.1"
    port: int = 8080
    threads: int = 64
    level: str = "warning"
    access: bool = False


def run(plan: Plan) -> int:
    """Serve a graph until stopped and return the exit code: 0 stopped, 1 failed, 2 store unusable.

    On SIGTERM and SIGINT, running requests are finished, for at most :data:`PATIENCE` seconds.

    :raises BadParameter: if the address cannot be used
    """
    address = _free(plan.host, plan.port)
    descriptors.raise_limit()  # child processes inherit it
    unusable = multiprocessing.Event()
    server = Granian(
        "rolegraph.web",
        address=address,
        port=plan.port,
        interface=Interfaces.RSGI,
        http=HTTPModes.http1,  # with HTTP/2, Granian reports a cancelled upload as complete
        websockets=False,
        workers=1,
        backpressure=min(CONNECTIONS, (descriptors.limit() or CONNECTIONS * 4) // 4),  # the store and its workers need file descriptors too
        http1_settings=HTTP1Settings(max_buffer_size=LINE_LIMIT),
        log_level=LogLevels.critical,
        workers_kill_timeout=PATIENCE,
        respawn_failed_workers=True,
    )
    try:
        server.serve(target_loader=partial(_load, plan, address, unusable), wrap_loader=False)
    except SystemExit as stopped:
        if unusable.is_set() or stopped.code:
            return 2 if unusable.is_set() else int(stopped.code or 0)
    print("stopped", flush=True)  # noqa: T201
    return 0


def _load(plan: Plan, address: str, unusable: Event) -> RsgiApplication:
    """Open the store and create the application. Runs in the worker: a store that was opened before a fork is unusable."""
    from rolegraph.web import create_app

    if unusable.is_set():
        sys.exit(2)  # Granian starts the worker once more before it gives up
    watch.start()  # if the watchdog ends this process, Granian starts another one
    end_with_parent()  # a killed parent would leave this process, and the lock on the store
    logs.start(plan.level, access=plan.access)
    try:
        graph = plan.opening()
    except RolegraphError as error:
        print(f"Error: {error.detail}", file=sys.stderr)  # noqa: T201
        unusable.set()
        sys.exit(2)
    app = create_app(graph)

    def ready(loop: asyncio.AbstractEventLoop) -> None:
        app.extensions[_STARTING] = loop.create_task(_announce(plan, address))  # keep a reference, or the task may be collected

    gc.collect()
    gc.freeze()  # what is loaded now stays: a full collection that looked at it again would stop all threads meanwhile
    gc.set_threshold(*GARBAGE)
    refreshing = Refreshing(graph)
    refreshing.start()
    recall, allows = _cached_responses(app.extensions[RECALL]), partial(authorization.whole_store, graph)
    return RsgiApplication(app, plan.threads, recall, allows, ready, end=refreshing.end)


def _cached_responses(recall: Callable[["WSGIEnvironment"], CachedResponse | None]) -> Callable[["WSGIEnvironment"], CachedResponse | None]:
    """Return a function that returns cached responses, including that of the liveness probe."""
    alive = probes.at_once()

    def find(environ: "WSGIEnvironment") -> CachedResponse | None:
        is_probe = environ["REQUEST_METHOD"] in ("GET", "HEAD") and environ["PATH_INFO"] == probes.ALIVE and not environ["QUERY_STRING"]
        return alive if is_probe else recall(environ)

    return find


async def _announce(plan: Plan, address: str) -> None:
    """Print the address of the service when its port is open."""
    local = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(address, address)  # noqa: S104 - compared, not bound
    while True:
        try:
            _, writer = await asyncio.open_connection(local, plan.port)
        except OSError:
            await asyncio.sleep(_LOOK)
            continue
        writer.close()
        break
    print(f"Rolegraph {__version__} at {_address(plan.host, plan.port)} ({plan.where}); stop with Ctrl+C", flush=True)  # noqa: T201


def _address(host: str, port: int) -> str:
    return f"http://[{host}]:{port}/" if ":" in host else f"http://{host}:{port}/"


def _free(host: str, port: int) -> str:
    """Return the IP address of a host after a check that the port is free: Granian would share it with another process.

    :raises BadParameter: if the port is in use, or the address cannot be used
    """
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
        with socket.socket(family, kind, protocol) as probe:
            if os.name == "posix":
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            detail = f"port {port} of {host} is in use"
            expected = "a free port: stop the process that uses this one, or name another with --port"
            raise BadParameter("port", detail, expected=expected) from error
        detail = f"cannot listen on {host}, port {port}: {error.strerror or error}"
        raise BadParameter("host", detail, expected="an address of this machine, such as 127.0.0.1") from error
    return str(address[0])
