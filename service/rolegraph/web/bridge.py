"""The application under Granian's own interface, RSGI, which tells of clients that go away; its WSGI does not.

Requests are answered in threads, as WSGI has it. What is remembered is answered at once, without a change of threads.
"""

import asyncio
import io
import sys
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from granian.rsgi import HTTPProtocol, ProtocolClosed, Scope  # type: ignore[attr-defined]  # meant for applications, not marked so

from rolegraph.web.clients import CLIENT, Client
from rolegraph.web.remembering import LARGEST
from rolegraph.web.wsgi import ask, close, whole

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication, WSGIEnvironment
    from granian._granian import RSGIHTTPStreamTransport

_CONSTANT = {
    "SCRIPT_NAME": "",
    "SERVER_SOFTWARE": "Granian",
    "wsgi.version": (1, 0),
    "wsgi.errors": sys.stderr,
    "wsgi.input_terminated": True,  # so that Werkzeug reads a body of unknown length
    "wsgi.multithread": True,
    "wsgi.multiprocess": False,
    "wsgi.run_once": False,
}


class Bridge:
    """An RSGI application that answers with a WSGI one.

    :param quick: tells of a request whether its answer is at hand
    :param end: is called when the last request was answered
    """

    def __init__(
        self, app: "WSGIApplication", threads: int, quick: "Callable[[WSGIEnvironment], bool]", end: Callable[[], object] = bool
    ) -> None:
        self._end = end
        self._app = app
        self._quick = quick
        self._threads = ThreadPoolExecutor(threads, "request")

    def __rsgi_del__(self, loop: asyncio.AbstractEventLoop) -> None:
        """Do what is to be done before the process ends."""
        del loop
        self._end()

    async def __call__(self, scope: Scope, protocol: HTTPProtocol) -> None:
        """Answer a request."""
        loop = asyncio.get_running_loop()
        client = Client(protocol, loop)
        environ = _environ(scope)
        environ["wsgi.input"] = io.BufferedReader(_Body(protocol, loop))
        environ[CLIENT] = client
        if self._quick(environ):
            self._answer(environ, protocol, loop)
            return
        try:
            await loop.run_in_executor(self._threads, self._answer, environ, protocol, loop)
        finally:
            client.forget()

    def _answer(self, environ: "WSGIEnvironment", protocol: HTTPProtocol, loop: asyncio.AbstractEventLoop) -> None:
        status, headers, pieces = ask(self._app, environ)
        code, sent = int(status[:3]), headers.to_wsgi_list()
        length = headers.get("Content-Length", type=int)
        if code in (204, 304) or environ["REQUEST_METHOD"] == "HEAD":
            close(pieces)
            protocol.response_empty(code, sent)
        elif isinstance(pieces, list) or (length is not None and length <= LARGEST):
            protocol.response_bytes(code, sent, whole(pieces))
        else:
            _stream(pieces, protocol.response_stream(code, sent), loop)


class _Body(io.RawIOBase):
    """The body of a request, read as it comes, by the thread that answers."""

    def __init__(self, protocol: HTTPProtocol, loop: asyncio.AbstractEventLoop) -> None:
        self._protocol = protocol
        self._loop = loop
        self._pieces: Any = None
        self._rest = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        if not self._rest:
            self._rest = asyncio.run_coroutine_threadsafe(self._next(), self._loop).result()
        taken = self._rest[: len(buffer)]
        self._rest = self._rest[len(taken) :]
        buffer[: len(taken)] = taken
        return len(taken)

    async def _next(self) -> bytes:
        if self._pieces is None:
            self._pieces = aiter(self._protocol)
        try:
            while not (piece := await anext(self._pieces)):
                pass
        except StopAsyncIteration:
            return b""
        return bytes(piece)


def _stream(pieces: Iterable[bytes], transport: "RSGIHTTPStreamTransport", loop: asyncio.AbstractEventLoop) -> None:
    """Send a body piece by piece, each once the one before is on its way, until the client goes away."""

    async def send(piece: bytes) -> None:
        await transport.send_bytes(piece)

    try:
        for piece in pieces:
            asyncio.run_coroutine_threadsafe(send(piece), loop).result()
    except ProtocolClosed:
        return
    finally:
        close(pieces)


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
        "wsgi.url_scheme": scope.scheme,
    }
    for name in scope.headers.keys():  # noqa: SIM118 - a type of the server's own, which is not iterable
        environ["HTTP_" + name.replace("-", "_").upper()] = ",".join(scope.headers.get_all(name))  # type: ignore[attr-defined]  # is there, not in its stub
    for name in ("CONTENT_TYPE", "CONTENT_LENGTH"):
        if f"HTTP_{name}" in environ:
            environ[name] = environ.pop(f"HTTP_{name}")
    environ.setdefault("HTTP_HOST", scope.authority or "")
    return environ
