"""Relays requests that write from a process that reads to the one that writes, over a local socket.

The request travels as a WSGI environ and its body, the response as status, headers and body. A large body is a file, whose descriptor is
sent. Each request has a connection of its own: if it breaks, either process knows that the other one, or the client, has gone.
"""

import io
import os
import time
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing import connection, reduction
from typing import IO, TYPE_CHECKING, Any

from flask import Flask
from werkzeug.exceptions import HTTPException
from werkzeug.routing import RequestRedirect

from rolegraph import slots
from rolegraph.engine import IsCancelled, never_cancelled
from rolegraph.errors import ClientGone, RolegraphError, StoreUnusable
from rolegraph.web.http import logs, operations
from rolegraph.web.http.connection import CLIENT
from rolegraph.web.http.wsgi import FAILURE, WITHOUT
from rolegraph.web.middleware.suffixes import divided
from rolegraph.web.resources import probes
from rolegraph.web.server.answering import Response

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

STARTING = 20.0  # seconds that a request waits for a writing process that starts again
PROBING = 2.0  # the same for a probe of readiness
LOOK = 0.25  # seconds between two checks of whether the client is still connected
PAUSE = 0.05  # seconds between two attempts to connect
PIECE = 64 * 1024  # bytes of a file that are read at a time
_STOPPED = "the process that writes is not running"
_UNKNOWN = "the process that writes ended before it answered; whether the write was stored is not known"


@dataclass(frozen=True)
class Message:
    """A request or a response on the socket. If ``body`` is None, it is in a file, whose descriptor follows."""

    about: Any
    body: bytes | None
    token: str = ""

    def send(self, pipe: connection.Connection, file: IO[bytes] | None) -> None:
        """Send it, with its file."""
        pipe.send(self)
        if file is not None:
            reduction.send_handle(pipe, file.fileno(), os.getpid())

    @classmethod
    def receive(cls, pipe: connection.Connection) -> "tuple[Message, IO[bytes]]":
        """Receive one, and return it with its body as a file."""
        message: Message = pipe.recv()
        if message.body is not None:
            return message, io.BytesIO(message.body)
        return message, os.fdopen(reduction.recv_handle(pipe), "rb")


class Relay:
    """WSGI middleware that sends each request that writes to the writing process, and answers all others with the application.

    :param address: the path of the socket
    """

    def __init__(self, app: Flask, address: str) -> None:
        self._app = app
        self._address = address
        self._routes = app.url_map.bind("localhost")
        self._writing = operations.writing(app)

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        """Answer a request, or relay it."""
        probe = environ["PATH_INFO"] == probes.READY
        if not (probe or self._writes(environ)):
            return self._app(environ, start_response)
        try:
            response = self._relayed(environ, PROBING if probe else STARTING)
        except RolegraphError as error:
            environ[FAILURE] = error
            return self._app(environ, start_response)
        if probe and response.status.startswith("200"):
            return self._app(environ, start_response)  # the writing process is ready; is this one?
        start_response(response.status, response.headers)
        return [response.body] if isinstance(response.body, bytes) else _pieces(response.body)

    def _writes(self, environ: "WSGIEnvironment") -> bool:
        """Return whether a request writes. One whose body was not received, or that has no route, is refused by the application here."""
        method = environ["REQUEST_METHOD"]
        if method in WITHOUT or FAILURE in environ or not isinstance(environ["wsgi.input"], io.BytesIO | io.FileIO):
            return False
        try:
            return (self._routes.match(divided(environ["PATH_INFO"])[0], method)[0], method) in self._writing
        except (HTTPException, RequestRedirect):
            return False

    def _relayed(self, environ: "WSGIEnvironment", patience: float) -> Response:
        """Send a request, and return its response.

        :raises StoreUnusable: if the writing process is not running, or ends
        :raises ClientGone: if the client disconnects meanwhile
        """
        client = environ.get(CLIENT)
        is_cancelled: IsCancelled = client.is_cancelled if client else never_cancelled
        slots.free()
        body = environ["wsgi.input"]
        with self._connected(patience, is_cancelled) as pipe:
            try:
                content = body.getvalue() if isinstance(body, io.BytesIO) else None
                texts = {name: value for name, value in environ.items() if isinstance(value, str)}
                if current := logs.CURRENT.get():
                    texts["HTTP_X_REQUEST_ID"] = current.id
                Message(texts, content).send(pipe, None if content is not None else body)
                while not pipe.poll(LOOK):
                    if is_cancelled():
                        raise ClientGone("the client closed the connection before the answer was ready")
                message, file = Message.receive(pipe)
            except (EOFError, OSError) as error:
                expected = "the same request, once you have read what is stored"
                raise StoreUnusable(f"{_UNKNOWN}: {error!r}", public_detail=_UNKNOWN, expected=expected) from error
        if message.token:
            environ[logs.TOKEN] = message.token
        status, headers = message.about
        return Response(status, headers, file if message.body is None else message.body)

    def _connected(self, patience: float, is_cancelled: IsCancelled) -> connection.Connection:
        until = time.monotonic() + patience
        while True:
            with suppress(OSError):
                return connection.Client(self._address, "AF_UNIX")
            if time.monotonic() > until:
                raise StoreUnusable(_STOPPED, expected="the same request, a little later")
            if is_cancelled():
                raise ClientGone("the client closed the connection before the answer was ready")
            time.sleep(PAUSE)


def _pieces(file: IO[bytes]) -> Iterable[bytes]:
    with file:
        file.seek(0)
        while piece := file.read(PIECE):
            yield piece
