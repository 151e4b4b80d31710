"""Request bodies: received in the event loop, whole, within limits of size and time, before a request takes a thread.

A truncated body is an error. The error is put into the environ of the request, so that the application answers it like any other: under
``FAILURE``, or, for a body that is too large, in place of the body, so that a missing token is reported first.
"""

import asyncio
import io
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import IO, TYPE_CHECKING, Any

from rolegraph.errors import BodyTooSlow, IncompleteBody, RolegraphError, TooLarge
from rolegraph.web.http.context import BODY_LIMIT, WRITE_LIMIT
from rolegraph.web.http.temporary_files import nameless, put
from rolegraph.web.http.wsgi import FAILURE

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

GRACE = 10.0  # seconds that every body may take
RATE = 16 * 1024  # lowest rate of bodies that take longer, in bytes per second
BLOCK = 64 * 1024  # bytes of a body that are held in memory; a longer one goes to a file
LARGE = 8  # bodies over the usual limit that are received at the same time; further ones wait
DISCARDED = 256 * 1024 * 1024  # bytes of a body over the limit that are read and discarded, so that the client gets to read the response
DISCARDING = 30.0  # seconds for discarding

Allows = Callable[["WSGIEnvironment"], bool]
"""Returns whether the sender of a request may exceed the usual limit; it may block."""


class BodyReader:
    """Receives request bodies in the event loop in which it was created."""

    def __init__(self, allows: Allows) -> None:
        self._allows = allows
        self._threads = ThreadPoolExecutor(2, "body")  # for blocking disk access
        self._large = asyncio.Semaphore(LARGE)

    async def receive(self, environ: "WSGIEnvironment", pieces: AsyncIterator[bytes]) -> "Received":
        """Receive the body of a request and put it, or the error, into the environ."""
        received = Received(self._large)
        try:
            body = await asyncio.get_running_loop().create_task(self._body(environ, pieces, received))
        except TooLarge as error:
            environ["wsgi.input"] = io.BufferedReader(_Refused(error))
            environ.pop("CONTENT_LENGTH", None)
        except RolegraphError as error:
            environ[FAILURE] = error
        except BaseException:
            received.close()
            raise
        else:
            environ["CONTENT_LENGTH"] = str(received.size)
            environ["wsgi.input"] = body
        environ.pop("HTTP_TRANSFER_ENCODING", None)
        return received

    async def _body(self, environ: "WSGIEnvironment", pieces: AsyncIterator[bytes], received: "Received") -> IO[bytes]:
        """Return the body of a request.

        :raises RolegraphError: if it is too large, too slow or truncated
        """
        declared = _declared(environ)
        if declared is not None:
            await self._admit(environ, pieces, declared, received)
        clock, pending = asyncio.get_running_loop().time, bytearray()
        until = clock() + GRACE
        while piece := await _next(pieces, until + received.size / RATE - clock()):
            received.size += len(piece)
            if received.size > received.limit:
                waited = clock()
                await self._admit(environ, pieces, received.size, received)
                until += clock() - waited  # waiting for a slot is not the client's fault
            pending += piece
            if len(pending) >= BLOCK:
                await self._file(received, bytes(pending))
                pending.clear()
        if declared is not None and declared != received.size:
            raise _incomplete()
        if received.file is None:
            return io.BytesIO(bytes(pending))
        await self._file(received, bytes(pending))
        received.file.seek(0)
        return received.file

    async def _admit(self, environ: "WSGIEnvironment", pieces: AsyncIterator[bytes], size: int, received: "Received") -> None:
        """Admit a body of a size.

        :raises TooLarge: if the size is over the limit of the request
        """
        if size <= received.limit:
            return
        if size <= WRITE_LIMIT and _writes_graph(environ):
            loop = asyncio.get_running_loop()
            if await loop.run_in_executor(self._threads, self._allows, environ):
                await received.grow()
                return
        limit = WRITE_LIMIT if _writes_graph(environ) else BODY_LIMIT
        if received.size or environ.get("HTTP_EXPECT", "").lower() != "100-continue":  # with 100-continue it is not sent yet
            await _discard(pieces)
        raise TooLarge("the body is too large", expected=f"up to {limit // 1024} KiB")

    async def _file(self, received: "Received", block: bytes) -> None:
        await asyncio.get_running_loop().run_in_executor(self._threads, received.write, block)


class Received:
    """The received part of a body, until the request is answered."""

    def __init__(self, large: asyncio.Semaphore) -> None:
        self.size = 0
        self.limit = BODY_LIMIT
        self.file: IO[bytes] | None = None
        self._large = large

    async def grow(self) -> None:
        """Wait for a slot for a large body."""
        await self._large.acquire()
        self.limit = WRITE_LIMIT

    def write(self, block: bytes) -> None:
        """Write a block to the temporary file.

        :raises StoreUnusable: if there is no space for it
        """
        if self.file is None:
            self.file = nameless()
        put(self.file, block)

    def close(self) -> None:
        """Close the file and free the slot."""
        if self.file is not None:
            self.file.close()
        if self.limit > BODY_LIMIT:
            self.limit = BODY_LIMIT
            self._large.release()


class _Refused(io.RawIOBase):
    """A body that raises an error when it is read."""

    def __init__(self, error: RolegraphError) -> None:
        self._error = error

    def readable(self) -> bool:
        return True

    def readinto(self, _: Any) -> int:
        raise self._error


async def _next(pieces: AsyncIterator[bytes], seconds: float) -> bytes:
    """Return the next piece of a body, b"" at its end.

    Granian marks the end with one empty piece, and a truncated or malformed body with two.
    """
    try:
        async with asyncio.timeout(seconds):
            piece = await anext(pieces)
            if not piece:
                with suppress(StopAsyncIteration):
                    await anext(pieces)
                    raise _incomplete()
    except TimeoutError as error:
        expected = f"within {GRACE:g} s and one more for every {RATE // 1024} KiB"
        raise BodyTooSlow("the body was not received in time", expected=expected) from error
    return bytes(piece)


async def _discard(pieces: AsyncIterator[bytes]) -> None:
    """Read and discard the body: a client that sends everything before it reads would never see the response."""
    size = 0
    with suppress(TimeoutError, IncompleteBody, BodyTooSlow):
        async with asyncio.timeout(DISCARDING):
            while size < DISCARDED and (piece := await _next(pieces, DISCARDING)):
                size += len(piece)


def _incomplete() -> IncompleteBody:
    return IncompleteBody("the body broke off before its end", expected="a body as long as its Content-Length, or complete chunks")


def _declared(environ: "WSGIEnvironment") -> int | None:
    text = environ.get("CONTENT_LENGTH", "")
    chunked = "HTTP_TRANSFER_ENCODING" in environ
    return int(text) if not chunked and text.isascii() and text.isdecimal() and len(text) < 20 else None


def _writes_graph(environ: "WSGIEnvironment") -> bool:
    path = environ["PATH_INFO"]
    return environ["REQUEST_METHOD"] in ("PUT", "POST") and (path == "/graphs" or path.startswith("/graphs/"))
