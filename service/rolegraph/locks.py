"""Locks on folders, between processes and between threads."""

import errno
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
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


def share(folder: Path) -> Callable[[], None]:
    """Keep others from :func:`holding` a folder, as any number may at a time, and return what ends that; so does the end of the process.

    :raises FileNotFoundError: for a folder that is not there, or that somebody holds, who may be about to remove it
    """
    try:
        import fcntl
    except ImportError:  # a system without such locks removes no file that is open
        return lambda: None
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
        there = os.path.samestat(os.fstat(handle), folder.stat())
    except (BlockingIOError, FileNotFoundError):
        there = False
    except OSError:
        there = True  # on a file system without locks
    if not there:
        os.close(handle)
        raise FileNotFoundError(errno.ENOENT, "it is being removed", str(folder))
    return partial(os.close, handle)
