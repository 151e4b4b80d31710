"""Values that are built when they are first asked for, and then kept."""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from contextlib import nullcontext
from typing import Generic, TypeVar

from rolegraph import deadlines

AGE = 60.0  # seconds after which what was built of a graph that others may write unseen is built anew

T = TypeVar("T")
K = TypeVar("K", bound=Hashable)


class CachedValue(Generic[T]):
    """A value that is built when it is first asked for. While one thread builds, the others wait for it.

    It does not hold the function that builds: whoever owns a value may be freed with it, without the garbage collector.

    :param age: seconds after which it is built anew; None for never
    """

    def __init__(self, age: float | None = None) -> None:
        self._age = age
        self._building = threading.Lock()
        self._found: tuple[float, T] | None = None

    def get(self, build: Callable[[], T]) -> T:
        """Return the value, and build it where there is none, or only one that is too old."""
        found = self._found
        if found and self._lasts(found[0]):
            return found[1]
        with self._building:
            found = self._found
            if not (found and self._lasts(found[0])):
                began = time.monotonic()
                with nullcontext() if self._age is None else deadlines.apart():  # what lasts is built for all who ask
                    found = self._found = (began, build())
            return found[1]

    def _lasts(self, built: float) -> bool:
        return self._age is None or time.monotonic() - built < self._age


class LruCache(Generic[K, T]):
    """The values that were asked for last, by key; those that were asked for longest ago go first. Safe between threads."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._changing = threading.Lock()
        self._values: OrderedDict[K, CachedValue[T]] = OrderedDict()

    def get(self, key: K, build: Callable[[], T]) -> T:
        """Return the value of a key; while one thread builds it, others that ask for the same wait."""
        with self._changing:
            kept = self._values.setdefault(key, CachedValue())
        try:
            value = kept.get(build)
        except BaseException:
            self.drop(lambda other: other == key)  # nothing gives way to what cannot be built
            raise
        with self._changing:
            if key in self._values:
                self._values.move_to_end(key)
            while len(self._values) > self._most:
                self._values.popitem(last=False)
        return value

    def drop(self, unwanted: Callable[[K], bool]) -> None:
        """Forget the values of some keys."""
        with self._changing:
            for key in [key for key in self._values if unwanted(key)]:
                del self._values[key]
