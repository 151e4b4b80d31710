"""Opens a store for several processes: one that writes, and others that read beside it."""

from collections.abc import Callable
from pathlib import Path

from rolegraph.engine.embedded import Settings
from rolegraph.engine.pool import Limits
from rolegraph.engine.revision_store import Announce
from rolegraph.facade import Rolegraph, opening


def writer(store: Path, limits: Limits, settings: Settings, announce: Announce, *, shipped: bool = True) -> Rolegraph:
    """Open the store in a folder in the process that writes.

    :param announce: called with the number of each new revision before its write is acknowledged
    :raises StoreUnusable: if the folder is in use or cannot be written
    """
    return Rolegraph.from_opened(opening.stored(store, limits, settings, shipped=shipped, announce=announce, eager=False))


def reader(store: Path, limits: Limits, settings: Settings, announced: Callable[[], int]) -> Rolegraph:
    """Open the store in a folder in a process that reads.

    :param announced: returns the number that was announced last; every request reads this revision or a newer one
    :raises StoreUnusable: if the store cannot be read
    """
    return Rolegraph.from_opened(opening.shared(store, limits, settings, announced))
