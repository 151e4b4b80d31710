"""Memory of this process."""

import ctypes
from contextlib import suppress


def release() -> None:
    """Return freed memory to the system, where the C library can: it keeps tens of MiB that were freed after a large piece of work."""
    with suppress(OSError, AttributeError, TypeError):
        ctypes.CDLL(None).malloc_trim(0)
