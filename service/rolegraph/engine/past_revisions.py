"""A few revisions of the past, each opened once and shared by all who read it."""

import threading
from collections import OrderedDict
from collections.abc import Callable, Collection

from rolegraph.engine.embedded import Snapshot

MOST = 4  # each takes as many descriptors as it has files, and some MiB


class PastRevisions:
    """Revisions that were read of late. One that leaves closes as soon as nobody holds it any more."""

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._open: OrderedDict[int, Snapshot] = OrderedDict()
        self._looking = threading.Lock()
        self._opening = threading.Lock()

    def at(self, number: int, opening: Callable[[int], Snapshot]) -> Snapshot:
        """Return a revision, opened where it is not; several who want one at the same time get the same."""
        if found := self._found(number):
            return found
        with self._opening:
            found = self._found(number)
            if found is None:
                found = opening(number)
                self._put(number, found)
        return found

    def keep(self, numbers: Collection[int]) -> None:
        """Let go of all but these."""
        with self._looking:
            gone = [self._open.pop(number) for number in list(self._open) if number not in numbers]
        del gone  # closed out of the lock

    def _found(self, number: int) -> Snapshot | None:
        with self._looking:
            found = self._open.get(number)
            if found:
                self._open.move_to_end(number)
        return found

    def _put(self, number: int, found: Snapshot) -> None:
        with self._looking:
            self._open[number] = found
            gone = [self._open.popitem(last=False) for _ in range(len(self._open) - self._most)]
        del gone
