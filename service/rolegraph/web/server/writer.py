"""The writing process: it has the store open, and answers the requests that reading processes relay to it."""

import gc
import logging
import signal
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from multiprocessing import connection
from pathlib import Path
from typing import TYPE_CHECKING

from rolegraph.engine.revision_store import Announce
from rolegraph.engine.watchdog import watch
from rolegraph.engine.worker import end_with_parent
from rolegraph.errors import RolegraphError
from rolegraph.facade import Rolegraph
from rolegraph.web import create_app
from rolegraph.web.http import logs
from rolegraph.web.http.connection import CLIENT
from rolegraph.web.http.logs import Request
from rolegraph.web.server import answering
from rolegraph.web.server.relay import Message
from rolegraph.web.server.supervision import BEAT, Shared

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication, WSGIEnvironment

BACKLOG = 128
_log = logging.getLogger(__name__)


class RelayedClient:
    """The client of a relayed request: it is gone once the reading process has closed the connection."""

    def __init__(self, pipe: connection.Connection) -> None:
        self._pipe = pipe

    def is_cancelled(self) -> bool:
        """See :meth:`Client.is_cancelled <rolegraph.web.http.connection.Client.is_cancelled>`."""
        try:
            return self._pipe.poll()  # nothing else is ever sent
        except OSError:
            return True


def serve(opening: Callable[[Announce], Rolegraph], shared: Shared, threads: int, begin: Callable[[], None]) -> None:
    """Open the store, and answer relayed requests until SIGTERM, when requests in progress are finished. Runs in a process of its own.

    :param opening: opens the store, with the function that announces revisions
    :param threads: number of request threads
    :param begin: sets up logging
    """
    stopping = threading.Event()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a terminal sends it to all its processes: the parent stops this one
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, lambda *_: stopping.set())
    place = shared.signs.place()
    begin()
    watch.start()
    end_with_parent()
    try:
        graph = opening(shared.newest.set)
    except RolegraphError as error:
        print(f"Error: {error.detail}", file=sys.stderr, flush=True)  # noqa: T201
        shared.unusable.set()
        sys.exit(2)
    app = create_app(graph)
    gc.collect()
    gc.freeze()  # see run.py
    with closing(graph), ThreadPoolExecutor(threads, "request") as pool, closing(_listener(shared.socket)) as listener:
        threading.Thread(target=_accept, args=(listener, pool, app, stopping), name="accepting", daemon=True).start()
        shared.serving.set()
        while not stopping.wait(BEAT):
            shared.signs.beat(place)


def _listener(address: str) -> connection.Listener:
    Path(address).unlink(missing_ok=True)  # left by a process that was killed
    return connection.Listener(address, "AF_UNIX", backlog=BACKLOG)


def _accept(listener: connection.Listener, pool: ThreadPoolExecutor, app: "WSGIApplication", stopping: threading.Event) -> None:
    while not stopping.is_set():
        try:
            pipe = listener.accept()
        except OSError as error:
            if not stopping.wait(BEAT):
                _log.error("relayed requests cannot be accepted: %s", error)
            continue
        with suppress(RuntimeError):  # the pool was closed
            pool.submit(_respond, pipe, app)


def _respond(pipe: connection.Connection, app: "WSGIApplication") -> None:
    """Answer the request on a connection."""
    with pipe:
        try:
            message, body = Message.receive(pipe)
            with closing(body):
                environ: WSGIEnvironment = {**answering.constant(), **message.about, "wsgi.input": body}
                client = environ[CLIENT] = RelayedClient(pipe)
                response = answering.answer(app, Request.of(environ), client.is_cancelled)
            content, file = (response.body, None) if isinstance(response.body, bytes) else (None, response.body)
            Message((response.status, response.headers), content, environ.get(logs.TOKEN, "")).send(pipe, file)
            if file is not None:
                file.close()
        except (EOFError, OSError):  # the reading process has ended, or its client has gone
            _log.debug("a relayed request was abandoned")
        except Exception:  # noqa: BLE001 - it would be lost with the thread
            _log.exception("a relayed request could not be answered")
