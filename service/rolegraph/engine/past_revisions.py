"""A cache of open past revisions, shared by their readers."""

import threading
from collections import OrderedDict
from collections.abc import Callable, Collection

from rolegraph.engine.embedded import Snapshot

MOST = 4  # each needs a file descriptor per file, and some MiB


class PastRevisions:
    """A cache of the most recently read revisions. A revision closes once it has left the cache and has no readers."""

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._open: OrderedDict[int, Snapshot] = OrderedDict()
        self._looking = threading.Lock()
        self._opening = threading.Lock()

    def at(self, number: int, opening: Callable[[int], Snapshot]) -> Snapshot:
        """Return a revision; open it if it is not cached. Concurrent callers get the same object.

        :param opening: opens the revision with a number
        """
        if snapshot := self._get(number):
            return snapshot
        with self._opening:
            snapshot = self._get(number)
            if snapshot is None:
                snapshot = opening(number)
                self._put(number, snapshot)
        return snapshot

    def keep(self, numbers: Collection[int]) -> None:
        """Drop all revisions except these."""
        with self._looking:
            dropped = [self._open.pop(number) for number in list(self._open) if number not in numbers]
        del dropped  # closed outside the lock

    def _get(self, number: int) -> Snapshot | None:
        with self._looking:
            snapshot = self._open.get(number)
            if snapshot:
                self._open.move_to_end(number)
        return snapshot

    def _put(self, number: int, snapshot: Snapshot) -> None:
        with self._looking:
            self._open[number] = snapshot
            dropped = [self._open.popitem(last=False) for _ in range(len(self._open) - self._most)]
        del dropped
