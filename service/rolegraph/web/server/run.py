"""The server: Granian with one process that has the store open, or with several that read beside one that writes."""

import asyncio
import errno
import gc
import logging
import multiprocessing
import os
import signal
import socket
import sys
import time
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from functools import partial
from multiprocessing.synchronize import Event
from pathlib import Path
from tempfile import TemporaryDirectory, gettempdir
from typing import TYPE_CHECKING

from flask import Flask
from granian import Granian
from granian.constants import HTTPModes, Interfaces
from granian.http import HTTP1Settings
from granian.log import LogLevels

from rolegraph import __version__
from rolegraph.engine import descriptors
from rolegraph.engine.revision_store import Announce
from rolegraph.engine.watchdog import watch
from rolegraph.engine.worker import end_with_parent
from rolegraph.errors import BadParameter, RolegraphError
from rolegraph.facade import Rolegraph
from rolegraph.facade.refresh import Refreshing
from rolegraph.web import create_app
from rolegraph.web.http import authorization, logs
from rolegraph.web.middleware.cache import RECALL, CachedResponse
from rolegraph.web.resources import probes
from rolegraph.web.server import writer
from rolegraph.web.server.relay import Relay
from rolegraph.web.server.rsgi import RsgiApplication
from rolegraph.web.server.supervision import BEAT, Shared, Supervisor

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication, WSGIEnvironment

LINE_LIMIT = 512 * 1024
PATIENCE = 30
CONNECTIONS = 1024
LONGEST_FOLDER = 64  # bytes
GARBAGE = (10_000, 20, 20)  # objects and collections between two collections: one answer makes tens of thousands, nearly all without cycles
_LOOK = 0.01  # seconds between two checks whether the port is open
_LIVING = "rolegraph.living"
AGAIN = 6.0  # seconds before a process that cannot read the store ends; Granian gives up on one that ends sooner twice

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Shares:
    """How the processes of a service open a store together: the one that writes, and those that read."""

    writer: Callable[[Announce], Rolegraph]
    reader: Callable[[Callable[[], int]], Rolegraph]


@dataclass(frozen=True)
class Plan:
    """How to serve a graph.

    ``opening`` opens the graph; it is pickled and called in the worker process, or in several where it is :class:`Shares`. ``where``
    describes the store in the start message. ``level`` is the lowest level that is logged; with ``access``, each request is logged too.
    """

    opening: Callable[[], Rolegraph] | Shares
    where: str
    host: str = "127.0.0.1"
    port: int = 8080
    threads: int = 64
    level: str = "warning"
    access: bool = False
    processes: int = 1


def run(plan: Plan) -> int:
    """Serve a graph until stopped and return the exit code: 0 stopped, 1 failed, 2 store unusable.

    On SIGTERM and SIGINT, running requests are finished, for at most :data:`PATIENCE` seconds.

    :raises BadParameter: if the address cannot be used
    """
    address = _free(plan.host, plan.port)
    descriptors.raise_limit()  # child processes inherit it
    if not isinstance(plan.opening, Shares):
        unusable = multiprocessing.Event()
        return _served(plan, address, partial(_load, plan, address, plan.opening, unusable), unusable)
    gc.collect()
    gc.freeze()  # processes share the memory of what is loaded now until they change it
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # until the server has its own
    with TemporaryDirectory(prefix="rolegraph-", dir=_folder_of_socket()) as folder:
        shared = Shared(plan.processes, Path(folder))
        supervisor = Supervisor(shared, partial(writer.serve, plan.opening.writer, shared, plan.threads, partial(_log_as, plan)))
        try:
            if not supervisor.start():
                return 2
            return _served(plan, address, partial(_load_reader, plan, address, plan.opening.reader, shared), shared.unusable)
        except KeyboardInterrupt:
            return _stopped()
        finally:
            supervisor.stop()


def _folder_of_socket() -> str | None:
    """Return the folder for temporary files, None for the usual one: the system limits the path of a socket to about a hundred bytes."""
    return None if len(os.fsencode(gettempdir())) <= LONGEST_FOLDER else "/tmp"  # noqa: S108 - within it, a folder of this user alone


def _served(plan: Plan, address: str, load: Callable[[], RsgiApplication], unusable: Event) -> int:
    server = Granian(
        "rolegraph.web",
        address=address,
        port=plan.port,
        interface=Interfaces.RSGI,
        http=HTTPModes.http1,  # with HTTP/2, Granian reports a cancelled upload as complete
        websockets=False,
        workers=plan.processes,
        backpressure=min(CONNECTIONS, (descriptors.limit() or CONNECTIONS * 4) // 4),  # the store and its workers need file descriptors too
        http1_settings=HTTP1Settings(max_buffer_size=LINE_LIMIT),
        log_level=LogLevels.critical,
        workers_kill_timeout=PATIENCE,
        respawn_failed_workers=True,
    )
    _log_as(plan)  # Granian has set up its own
    try:
        server.serve(target_loader=load, wrap_loader=False)
    except OSError as error:  # the system has no memory for another process
        _log.critical("a process that answers requests could not be started: %s; the service ends", error.strerror)
        return 1
    except SystemExit as stopped:
        if unusable.is_set() or stopped.code:
            return 2 if unusable.is_set() else int(stopped.code or 0)
    return _stopped()


def _stopped() -> int:
    print("stopped", flush=True)  # noqa: T201
    return 0


def _log_as(plan: Plan) -> None:
    logs.start(plan.level, access=plan.access)


def _load(plan: Plan, address: str, opening: Callable[[], Rolegraph], unusable: Event) -> RsgiApplication:
    """Open the store and create the application. Runs in the worker: a store that was opened before a fork is unusable."""
    if unusable.is_set():
        sys.exit(2)  # Granian starts the worker once more before it gives up
    _begin(plan)
    try:
        graph = opening()
    except RolegraphError as error:
        print(f"Error: {error.detail}", file=sys.stderr)  # noqa: T201
        unusable.set()
        sys.exit(2)
    app = create_app(graph)
    return _application(plan, graph, app, app, lambda: _announce(plan, address))


def _load_reader(plan: Plan, address: str, opening: Callable[[Callable[[], int]], Rolegraph], shared: Shared) -> RsgiApplication:
    """Open the store for reading and create the application, which relays what writes. Runs in each process that reads."""
    if shared.unusable.is_set():
        sys.exit(2)  # Granian starts the worker once more before it gives up
    _begin(plan)
    place = shared.signs.place()
    try:
        graph = opening(shared.newest.get)
    except RolegraphError as error:
        if shared.fails_at_start():
            if not shared.is_unusable():
                print(f"Error: {error.detail}", file=sys.stderr, flush=True)  # noqa: T201
            sys.exit(2)
        _log.error("a process that reads cannot open the store: %s", error.detail)
        time.sleep(AGAIN)
        sys.exit(1)

    unstarted = shared.has_started()
    if unstarted < 0:
        _log.error("a process that reads has ended; this one takes its place")

    async def live() -> None:
        if unstarted == 0:
            await _announce(plan, address)
        while True:
            shared.signs.beat(place)
            await asyncio.sleep(BEAT)

    app = create_app(graph)
    return _application(plan, graph, app, Relay(app, shared.socket), live)


def _begin(plan: Plan) -> None:
    watch.start()  # if the watchdog ends this process, Granian starts another one
    end_with_parent()  # a killed parent would leave this process, and the lock on the store
    _log_as(plan)


def _application(
    plan: Plan, graph: Rolegraph, app: Flask, answering: "WSGIApplication", live: Callable[[], Coroutine[None, None, None]]
) -> RsgiApplication:
    """Return the application of a process.

    :param answering: answers requests; the application, or what relays some of them
    :param live: runs in the event loop from the start
    """

    def ready(loop: asyncio.AbstractEventLoop) -> None:
        app.extensions[_LIVING] = loop.create_task(live())  # keep a reference, or the task may be collected

    gc.collect()
    gc.freeze()  # what is loaded now stays: a full collection that looked at it again would stop all threads meanwhile
    gc.set_threshold(*GARBAGE)
    refreshing = Refreshing(graph)
    refreshing.start()
    recall, allows = _cached_responses(app.extensions[RECALL]), partial(authorization.whole_store, graph)
    return RsgiApplication(answering, plan.threads, recall, allows, ready, end=refreshing.end)


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
