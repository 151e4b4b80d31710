"""Large responses: written to a temporary file, which the server sends piece by piece.

Granian reads a stream as fast as it comes and buffers it until the client has read it, so a slow client would cost the whole
response in memory. Of a file it reads the next piece only when the one before is sent.
"""

from collections.abc import Iterable
from typing import IO

from rolegraph.engine import IsCancelled
from rolegraph.errors import ClientGone
from rolegraph.web.http.temporary_files import nameless, put
from rolegraph.web.http.wsgi import LARGEST, close

OPENED = 5.0  # seconds until the server has certainly opened the file that it sends; it gives no notice of that


def settled(pieces: Iterable[bytes], is_cancelled: IsCancelled) -> bytes | IO[bytes]:
    """Return the body of a response: bytes if it is small, else a temporary file.

    :param is_cancelled: returns whether the client has disconnected
    :raises StoreUnusable: if there is no space for the file
    :raises ClientGone: if the client disconnects meanwhile
    """
    if isinstance(pieces, list):
        return b"".join(pieces)
    first = bytearray()
    file: IO[bytes] | None = None
    try:
        for piece in pieces:
            if file is None and len(first) + len(piece) <= LARGEST:
                first += piece
                continue
            if file is None:
                file = nameless()
                put(file, bytes(first))
            _check(is_cancelled)
            put(file, piece)
    except BaseException:
        if file is not None:
            file.close()
        raise
    finally:
        close(pieces)
    return bytes(first) if file is None else file


def _check(is_cancelled: IsCancelled) -> None:
    if is_cancelled():
        raise ClientGone("the client disconnected before the response was ready")


def path(file: IO[bytes]) -> str:
    """Return a path by which the server can open an unnamed file, as long as it is open in this process."""
    return f"/dev/fd/{file.fileno()}"
