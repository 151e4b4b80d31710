"""What is built of the whole graph once for each revision, such as an index, and kept until the next."""

import threading
import time
from collections.abc import Callable
from typing import Generic, TypeVar

from rolegraph import deadlines

AGE = 60.0  # seconds after which what was built of a graph that others may write unseen is built anew

T = TypeVar("T")


class Kept(Generic[T]):
    """A value that is built of a revision when it is first asked for. While one thread builds, the others wait for it."""

    def __init__(self, build: Callable[[], T]) -> None:
        self._build = build
        self._building = threading.Lock()
        self._found: tuple[int | None, float, T] | None = None

    def get(self, revision: int | None) -> T:
        """Return the value of a revision, which is the newest one; None where there are none, and it may be :data:`AGE` old."""
        found = self._found
        if found and self._fits(found, revision):
            return found[2]
        with self._building:
            found = self._found
            if found and self._fits(found, revision):
                return found[2]
            with deadlines.apart():
                value = self._build()
            self._found = (revision, time.monotonic(), value)
            return value

    @staticmethod
    def _fits(found: tuple[int | None, float, T], revision: int | None) -> bool:
        known, built, _ = found
        return known == revision and (revision is not None or time.monotonic() - built < AGE)
