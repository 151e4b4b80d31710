"""Runs the WSGI application under RSGI, Granian's own interface, which reports when a client disconnects.

Bodies are received in the event loop, and requests run in a thread pool. Cache hits are answered on the event loop.
"""

import asyncio
import io
import logging
import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import IO, TYPE_CHECKING

from granian.rsgi import HTTPProtocol, Scope  # type: ignore[attr-defined]  # public, but not marked so

from rolegraph import slots
from rolegraph.web.http import logs
from rolegraph.web.http.connection import CLIENT, ConnectedClient, Slots, network
from rolegraph.web.http.logs import Request
from rolegraph.web.http.wsgi import WITHOUT
from rolegraph.web.middleware.cache import CachedResponse
from rolegraph.web.server import answering, large_answers
from rolegraph.web.server.reception import Allows, BodyReader

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication, WSGIEnvironment

AT_ONCE = 1024  # bytes of headers up to which the cache is asked on the event loop; with longer ones it takes too long there
SLOTS = 3  # requests of one network that run at the same time: all requests of a process share one interpreter
_LOOKED_INTO = ("PATH_INFO", "QUERY_STRING", "HTTP_ACCEPT", "HTTP_ACCEPT_ENCODING", "HTTP_IF_NONE_MATCH")
_CONSTANT = answering.constant()

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
            protocol.response_bytes(500, answering.FAULT.headers, answering.FAULT_BODY)

    async def _respond(self, scope: Scope, protocol: HTTPProtocol) -> None:
        loop = asyncio.get_running_loop()
        environ = _environ(scope)
        reply = _Reply(Request.of(environ), protocol, loop)
        if sum(len(environ.get(name, "")) for name in _LOOKED_INTO) <= AT_ONCE and (copy := self._recall(environ)):
            reply.send(copy.status, copy.headers, copy.body)
            return
        client = environ[CLIENT] = ConnectedClient(protocol, loop)
        received = None if environ["REQUEST_METHOD"] in WITHOUT else await self._reception.receive(environ, aiter(protocol))
        try:
            async with self._slots.one(network(environ["REMOTE_ADDR"])) as freeing:
                await loop.run_in_executor(self._threads, self._answer, reply, client, freeing)
        finally:
            client.forget()
            if received is not None:
                received.close()

    def _answer(self, reply: "_Reply", client: ConnectedClient, freeing: Callable[[], object]) -> None:
        """Answer a request in a thread."""
        slots.hold(freeing)
        response = answering.answer(self._app, reply.request, client.is_cancelled)
        logs.CURRENT.set(reply.request)
        try:
            reply.send(response.status, response.headers, response.body)
        except BaseException:  # noqa: BLE001 - an error would be lost with the thread, and panics of Granian are no Exception
            _log.exception("%s", reply.request.line)
            reply.send(answering.FAULT.status, answering.FAULT.headers, answering.FAULT.body)
        finally:
            logs.CURRENT.set(None)


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
