"""The limit of open files. The engine must never reach it: a read error can make its queries run for ever."""

import sys
from contextlib import suppress
from pathlib import Path

from rolegraph.errors import StoreUnusable

SPARE = 64  # file descriptors for connections, long answers and pipes to workers
_OPEN = Path("/proc/self/fd")


def raise_limit() -> None:
    """Raise the soft limit of open files of this process, and of its children, to the hard limit."""
    if sys.platform == "win32":
        return
    import resource

    with suppress(ValueError, OSError):  # some systems have a lower limit than they report
        _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def limit() -> int | None:
    """Return how many files this process may have open, None if unknown or unlimited."""
    if sys.platform == "win32":
        return None
    import resource

    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return None if soft == resource.RLIM_INFINITY else soft


def demand(folder: Path) -> None:
    """Require enough file descriptors to open the files of a store, and some to spare.

    :raises StoreUnusable: if too few are left
    """
    maximum = limit()
    if maximum is None or not _OPEN.exists():
        return
    with suppress(OSError):  # no descriptor is left even for counting: too few
        if len(list(_OPEN.iterdir())) + len(list(folder.iterdir())) + SPARE <= maximum:
            return
    raise StoreUnusable(
        f"too many files are open to open another revision: {maximum} are allowed (ulimit -n)",
        expected="the same request, a little later, or a higher limit",
    )
