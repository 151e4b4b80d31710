"""The files that a process may have open. The engine must never meet their end: an error of reading can make its queries run for ever."""

import sys
from contextlib import suppress
from pathlib import Path

from rolegraph.errors import StoreUnusable

SPARE = 64  # for what else opens files: connections, long answers, pipes to workers
_OPEN = Path("/proc/self/fd")


def raise_limit() -> None:
    """Let this process, and those that it starts, open as many files as it may allow itself."""
    if sys.platform == "win32":
        return
    import resource

    with suppress(ValueError, OSError):  # some systems have a lower limit of their own than they tell
        _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def limit() -> int | None:
    """Return how many files this process may have open, None where that is not known or there is no limit."""
    if sys.platform == "win32":
        return None
    import resource

    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return None if soft == resource.RLIM_INFINITY else soft


def demand(folder: Path) -> None:
    """Make sure that the files of a store can be opened, and some more.

    :raises StoreUnusable: where too few are left
    """
    most = limit()
    if most is None or not _OPEN.exists():
        return
    with suppress(OSError):  # none is left even for counting: the same answer
        if len(list(_OPEN.iterdir())) + len(list(folder.iterdir())) + SPARE <= most:
            return
    raise StoreUnusable(
        f"too many files are open to open another revision: {most} are allowed (ulimit -n)",
        expected="the same a little later, or a higher limit",
    )
