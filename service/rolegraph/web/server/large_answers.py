"""Large answers on their way to a client: written to a file first, which the server sends piece by piece.

What is handed to the server as a stream it takes as fast as it comes and keeps until the client has read it, so a slow
reader would cost the whole answer in memory. Of a file it reads the next piece once the one before is gone.
"""

from collections.abc import Iterable
from typing import IO

from rolegraph.engine import IsCancelled
from rolegraph.errors import ClientGone
from rolegraph.web.http.temporary_files import nameless, put
from rolegraph.web.http.wsgi import LARGEST, close

OPENED = 5.0  # seconds after which the server has surely opened a file that it was told to send; it does not tell when it has


def settled(pieces: Iterable[bytes], is_cancelled: IsCancelled) -> bytes | IO[bytes]:
    """Return the body of an answer: a small one itself, a large one in a file.

    :param is_cancelled: tells whether the client has gone away
    :raises StoreUnusable: where there is no room for it
    :raises ClientGone: where ``is_cancelled`` says so meanwhile
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
        raise ClientGone("the client went away before there was an answer")


def path(file: IO[bytes]) -> str:
    """Return a path by which the server can open a file that has no name, as long as it is open here."""
    return f"/dev/fd/{file.fileno()}"
