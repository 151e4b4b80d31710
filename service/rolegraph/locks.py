"""Locks on folders, between processes and between threads."""

import errno
import importlib.util
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

AVAILABLE = importlib.util.find_spec("fcntl") is not None
"""Whether the system has these locks; Windows does not."""


@contextmanager
def holding(folder: Path, *, wait: bool = True) -> Iterator[bool]:
    """Lock a folder exclusively; the value is whether that succeeded. It creates no file, and the end of the process unlocks it.

    :param wait: wait while the folder is locked
    :raises OSError: for a folder that does not exist or cannot be locked
    """
    import fcntl  # imported here, so that on systems without it only the commands that need a lock fail

    handle = os.open(folder, os.O_RDONLY)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
            locked = os.path.samestat(os.fstat(handle), folder.stat())  # the previous holder may have removed the folder
        except (BlockingIOError, FileNotFoundError):
            locked = False
        yield locked
    finally:
        os.close(handle)


def share(folder: Path) -> Callable[[], None]:
    """Take a shared lock on a folder, which excludes :func:`holding`, and return the function that releases it.

    The end of the process releases it, too.

    :raises FileNotFoundError: for a folder that does not exist, or is locked exclusively, perhaps to be removed
    """
    try:
        import fcntl
    except ImportError:  # a system without such locks (Windows) does not remove open files
        return lambda: None
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
        exists = os.path.samestat(os.fstat(handle), folder.stat())
    except (BlockingIOError, FileNotFoundError):
        exists = False
    except OSError:
        exists = True  # on a file system without locks
    if not exists:
        os.close(handle)
        raise FileNotFoundError(errno.ENOENT, "it is being removed", str(folder))
    return partial(os.close, handle)
