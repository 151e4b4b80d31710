"""Locks on folders, between processes and between threads."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def holding(folder: Path, *, wait: bool = True) -> Iterator[bool]:
    """Hold the lock on a folder, and tell whether it could be had. It leaves no file behind, and a process that ends releases it.

    :param wait: whether to wait for whoever holds it now
    :raises OSError: for a folder that is not there or that cannot be locked
    """
    import fcntl  # not on every system: where it is missing, so are only the commands that need a lock

    handle = os.open(folder, os.O_RDONLY)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
            held = os.path.samestat(os.fstat(handle), folder.stat())  # whoever held it may have removed the folder
        except (BlockingIOError, FileNotFoundError):
            held = False
        yield held
    finally:
        os.close(handle)
