"""Runs the WSGI application under RSGI, Granian's own interface, which reports when a client disconnects.

Bodies are received in the event loop, and requests run in a thread pool. Cache hits are answered on the event loop.
"""

import asyncio
import io
import logging
import os
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import IO, TYPE_CHECKING

from granian.rsgi import HTTPProtocol, Scope  # type: ignore[attr-defined]  # public, but not marked so

from rolegraph import slots
from rolegraph.errors import RolegraphError
from rolegraph.web.http import logs
from rolegraph.web.http.connection import CLIENT, Client, Slots, network
from rolegraph.web.http.logs import Request
from rolegraph.web.http.wsgi import FAILURE, WITHOUT, ask, close
from rolegraph.web.middleware.cache import CachedResponse
from rolegraph.web.middleware.headers import ALWAYS
from rolegraph.web.server import large_answers
from rolegraph.web.server.reception import Allows, BodyReader

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication, WSGIEnvironment

AT_ONCE = 1024  # bytes of headers up to which the cache is asked on the event loop; with longer ones it takes too long there
SLOTS = 3  # requests of one network that run at the same time: all requests of a process share one interpreter
_LOOKED_INTO = ("PATH_INFO", "QUERY_STRING", "HTTP_ACCEPT", "HTTP_ACCEPT_ENCODING", "HTTP_IF_NONE_MATCH")
_FAULT = b'{"type": "about:blank", "title": "Internal Server Error", "status": 500, "detail": "This fault of the service was logged."}\n'
_CONSTANT = {
    "SCRIPT_NAME": "",
    "SERVER_SOFTWARE": "Granian",
    "wsgi.version": (1, 0),
    "wsgi.errors": sys.stderr,
    "wsgi.input_terminated": True,
    "wsgi.multithread": True,
    "wsgi.multiprocess": False,
    "wsgi.run_once": False,
}

_log = logging.getLogger(__name__)


def allow_none(_: "WSGIEnvironment") -> bool:
    """Allow no request a large body."""
    return False


class RsgiApplication:
    """An RSGI application that runs a WSGI application.

    :param app: the WSGI application
    :param threads: number of request threads
    :param recall: returns the cached response to a request, or None
    :param allows: returns whether a request may have a large body
    :param ready: called in the event loop when the server starts
    :param end: called after the last request
    """

    def __init__(
        self,
        app: "WSGIApplication",
        threads: int,
        recall: "Callable[[WSGIEnvironment], CachedResponse | None]",
        allows: Allows = allow_none,
        ready: Callable[[asyncio.AbstractEventLoop], None] | None = None,
        *,
        end: Callable[[], object] = bool,
    ) -> None:
        self._end = end
        self._app = app
        self._recall = recall
        self._threads = ThreadPoolExecutor(threads, "request")
        self._slots = Slots(SLOTS)
        self._reception = BodyReader(allows)
        self._ready = ready

    def __rsgi_init__(self, loop: asyncio.AbstractEventLoop) -> None:
        """Start: called by Granian in the event loop."""
        if self._ready is not None:
            self._ready(loop)

    def __rsgi_del__(self, loop: asyncio.AbstractEventLoop) -> None:
        """End: called by Granian before the process ends."""
        del loop
        self._end()

    async def __call__(self, scope: Scope, protocol: HTTPProtocol) -> None:
        """Answer a request; an unexpected error is a 500."""
        try:
            await self._respond(scope, protocol)
        except Exception:  # noqa: BLE001 - otherwise the client would wait forever
            _log.exception("a request could not be answered")
            protocol.response_bytes(500, [], _FAULT)

    async def _respond(self, scope: Scope, protocol: HTTPProtocol) -> None:
        loop = asyncio.get_running_loop()
        environ = _environ(scope)
        reply = _Reply(Request.of(environ), protocol, loop)
        if sum(len(environ.get(name, "")) for name in _LOOKED_INTO) <= AT_ONCE and (copy := self._recall(environ)):
            reply.send(copy.status, copy.headers, copy.body)
            return
        client = environ[CLIENT] = Client(protocol, loop)
        received = None if environ["REQUEST_METHOD"] in WITHOUT else await self._reception.receive(environ, aiter(protocol))
        try:
            async with self._slots.one(network(environ["REMOTE_ADDR"])) as freeing:
                await loop.run_in_executor(self._threads, self._answer, environ, reply, client, freeing)
        finally:
            client.forget()
            if received is not None:
                received.close()

    def _answer(self, environ: "WSGIEnvironment", reply: "_Reply", client: Client, freeing: Callable[[], object]) -> None:
        """Answer a request in a thread. Nothing may be raised: it would be lost, and the client would wait forever."""
        logs.CURRENT.set(reply.request)
        slots.hold(freeing)
        try:
            try:
                self._send(environ, reply, client)
            except RolegraphError as error:  # raised while the body was produced
                environ[FAILURE] = error
                self._send(environ, reply, client)
        except BaseException:  # noqa: BLE001 - this includes panics of Granian, which are no Exception
            _log.exception("%s", reply.request.line)
            reply.send("500", [("Content-Type", "application/problem+json"), *ALWAYS.items()], _FAULT)
        finally:
            logs.CURRENT.set(None)

    def _send(self, environ: "WSGIEnvironment", reply: "_Reply", client: Client) -> None:
        status, headers, pieces = ask(self._app, environ)
        if status[:3] in ("204", "304") or environ["REQUEST_METHOD"] == "HEAD":
            close(pieces)
            reply.send(status, headers.to_wsgi_list(), b"")
            return
        body = large_answers.settled(pieces, client.is_cancelled)
        reply.send(status, headers.to_wsgi_list(), body)


class _Reply:
    """The response to a request, sent once."""

    def __init__(self, request: Request, protocol: HTTPProtocol, loop: asyncio.AbstractEventLoop) -> None:
        self.request = request
        self._protocol = protocol
        self._loop = loop

    def send(self, status: str, headers: Sequence[tuple[str, str]], body: bytes | IO[bytes]) -> None:
        """Pass the response to the server and log it."""
        code, all_headers = int(status[:3]), [*headers, (logs.HEADER, self.request.id)]
        if isinstance(body, bytes):
            size = len(body)
            if code in (204, 304) or self.request.environ["REQUEST_METHOD"] == "HEAD":
                self._protocol.response_empty(code, all_headers)
            else:
                self._protocol.response_bytes(code, all_headers, body)
        else:
            size = os.fstat(body.fileno()).st_size
            all_headers = [(name, value) for name, value in all_headers if name.lower() != "content-length"]
            self._protocol.response_file(code, [*all_headers, ("Content-Length", str(size))], large_answers.path(body))
            self._loop.call_soon_threadsafe(self._loop.call_later, large_answers.OPENED, body.close)
        self.request.answered(code, size)


def _environ(scope: Scope) -> "WSGIEnvironment":
    server, _, port = scope.server.rpartition(":")
    address, _, number = scope.client.rpartition(":")
    environ: WSGIEnvironment = {
        **_CONSTANT,
        "REQUEST_METHOD": scope.method,
        "PATH_INFO": scope.path.encode().decode("latin-1"),
        "QUERY_STRING": scope.query_string,
        "SERVER_PROTOCOL": f"HTTP/{scope.http_version}",
        "SERVER_NAME": server,
        "SERVER_PORT": port,
        "REMOTE_ADDR": address.strip("[]"),
        "REMOTE_PORT": number,
        "wsgi.input": io.BytesIO(),
        "wsgi.url_scheme": scope.scheme,
    }
    for name in scope.headers.keys():  # noqa: SIM118 - Granian's headers are not iterable
        if "_" in name:
            continue  # in an environ it would look like the header with a hyphen
        environ["HTTP_" + name.replace("-", "_").upper()] = ",".join(scope.headers.get_all(name))  # type: ignore[attr-defined]  # missing in the stub
    for name in ("CONTENT_TYPE", "CONTENT_LENGTH"):
        if f"HTTP_{name}" in environ:
            environ[name] = environ.pop(f"HTTP_{name}")
    if environ["REQUEST_METHOD"] in WITHOUT:
        environ.pop("CONTENT_LENGTH", None)
    environ.setdefault("HTTP_HOST", scope.authority or "")
    return environ
