"""Unnamed temporary files: nothing is left of them, however the process ends."""

import tempfile
from typing import IO

from rolegraph.errors import StoreUnusable


def nameless() -> IO[bytes]:
    """Return a new, empty, unbuffered file.

    :raises StoreUnusable: if it cannot be created
    """
    try:
        return tempfile.TemporaryFile(buffering=0)
    except OSError as error:
        raise _full(error) from error


def put(file: IO[bytes], block: bytes) -> None:
    """Write a whole block to a file.

    :raises StoreUnusable: if there is no space for it
    """
    left = memoryview(block)
    try:
        while left:
            left = left[file.write(left) :]
    except OSError as error:
        raise _full(error) from error


def _full(error: OSError) -> StoreUnusable:
    detail = f"a large answer or body could not be written to a temporary file: {error.strerror}"
    return StoreUnusable(detail, expected="the same request later")
