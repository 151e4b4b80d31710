"""Bodies of requests: received whole before any work begins, within limits of size and time, beside the threads that answer.

A body that broke off is an error, and nothing is done with it. What failed is put into the environment of the request, so
that the application tells of it as of any other error: under ``FAILURE`` where there is nothing more to do, in the place of
the body where it is too large, since who may not write at all is told that first.
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

GRACE = 10.0  # seconds that every body may take, and
RATE = 16 * 1024  # bytes a second that come at least, beyond those
BLOCK = 64 * 1024  # bytes of a body that are kept in memory; those of a longer one are in a file
LARGE = 8  # bodies over the usual limit at a time; others wait for their turn before more of them is read
DISCARDED = 256 * 1024 * 1024  # bytes of a body over the limit that are read, so that the client comes to read the answer
DISCARDING = 30.0  # seconds that this may take

Allows = Callable[["WSGIEnvironment"], bool]
"""Tells whether the sender of a request may send more than the usual limit; may take a while."""


class BodyReader:
    """Receives the bodies of requests, in the event loop that it was made in."""

    def __init__(self, allows: Allows) -> None:
        self._allows = allows
        self._threads = ThreadPoolExecutor(2, "body")  # for what may wait for a disk
        self._large = asyncio.Semaphore(LARGE)

    async def receive(self, environ: "WSGIEnvironment", pieces: AsyncIterator[bytes]) -> "Received":
        """Receive the body of a request and put it, or what failed, into the environment of the request."""
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

        :raises RolegraphError: where it is too large, too slow, or breaks off
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
                until += clock() - waited  # for a turn, which is no fault of the client
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
        """Let a body of a size pass.

        :raises TooLarge: for one over its limit
        """
        if size <= received.limit:
            return
        if size <= WRITE_LIMIT and _writes_graph(environ):
            loop = asyncio.get_running_loop()
            if await loop.run_in_executor(self._threads, self._allows, environ):
                await received.grow()
                return
        limit = WRITE_LIMIT if _writes_graph(environ) else BODY_LIMIT
        if received.size or environ.get("HTTP_EXPECT", "").lower() != "100-continue":  # else it is not sent before there is an answer
            await _discard(pieces)
        raise TooLarge("the body is too large", expected=f"up to {limit // 1024} KiB")

    async def _file(self, received: "Received", block: bytes) -> None:
        await asyncio.get_running_loop().run_in_executor(self._threads, received.write, block)


class Received:
    """What was received of one body, until the request is answered."""

    def __init__(self, large: asyncio.Semaphore) -> None:
        self.size = 0
        self.limit = BODY_LIMIT
        self.file: IO[bytes] | None = None
        self._large = large

    async def grow(self) -> None:
        """Wait for the turn to be a large one."""
        await self._large.acquire()
        self.limit = WRITE_LIMIT

    def write(self, block: bytes) -> None:
        """Keep a block in a file.

        :raises StoreUnusable: where there is no room for it
        """
        if self.file is None:
            self.file = nameless()
        put(self.file, block)

    def close(self) -> None:
        """Let go of what was received."""
        if self.file is not None:
            self.file.close()
        if self.limit > BODY_LIMIT:
            self.limit = BODY_LIMIT
            self._large.release()


class _Refused(io.RawIOBase):
    """A body that whoever reads it learns not to be there."""

    def __init__(self, error: RolegraphError) -> None:
        self._error = error

    def readable(self) -> bool:
        return True

    def readinto(self, _: Any) -> int:
        raise self._error


async def _next(pieces: AsyncIterator[bytes], seconds: float) -> bytes:
    """Return the next piece of a body, an empty one at its end.

    Granian tells of an end with one empty piece, of a body that broke off or was not framed rightly with two.
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
        raise BodyTooSlow("the body did not come in time", expected=expected) from error
    return bytes(piece)


async def _discard(pieces: AsyncIterator[bytes]) -> None:
    """Read what comes and forget it: a client that sends first and reads later would never see the answer."""
    size = 0
    with suppress(TimeoutError, IncompleteBody, BodyTooSlow):
        async with asyncio.timeout(DISCARDING):
            while size < DISCARDED and (piece := await _next(pieces, DISCARDING)):
                size += len(piece)


def _incomplete() -> IncompleteBody:
    return IncompleteBody("the body broke off before its end", expected="a body as long as its Content-Length, or in whole chunks")


def _declared(environ: "WSGIEnvironment") -> int | None:
    text = environ.get("CONTENT_LENGTH", "")
    chunked = "HTTP_TRANSFER_ENCODING" in environ
    return int(text) if not chunked and text.isascii() and text.isdecimal() and len(text) < 20 else None


def _writes_graph(environ: "WSGIEnvironment") -> bool:
    path = environ["PATH_INFO"]
    return environ["REQUEST_METHOD"] in ("PUT", "POST") and (path == "/graphs" or path.startswith("/graphs/"))
