"""Caches of values that are built on first use."""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from contextlib import nullcontext
from typing import Generic, TypeVar

from rolegraph import deadlines, dependencies
from rolegraph.dependencies import EVERYTHING, Dependencies

AGE = 60.0  # seconds after which a value from a graph without revisions is rebuilt, since other processes may write to it unnoticed

T = TypeVar("T")
K = TypeVar("K", bound=Hashable)


class CachedValue(Generic[T]):
    """A value that is built on first use. While one thread builds it, other callers wait.

    What was read to build it is noted for every caller: see :mod:`rolegraph.dependencies`.

    The function that builds it is passed to each call and not stored, so that an owner and its values are no reference cycle.

    :param age: seconds after which the value is rebuilt; None for never
    """

    def __init__(self, age: float | None = None) -> None:
        self._age = age
        self._building = threading.Lock()
        self._cached: tuple[float, T, Dependencies] | None = None

    def get(self, build: Callable[[], T]) -> T:
        """Return the value; build it if there is none, or if it is too old."""
        cached = self._cached
        if not (cached and self._fresh(cached[0])):
            with self._building:
                cached = self._cached
                if not (cached and self._fresh(cached[0])):
                    began = time.monotonic()
                    # it serves many requests: no limit of a single one
                    with nullcontext() if self._age is None else deadlines.apart(), dependencies.recorded() as recording:
                        value = build()
                    cached = self._cached = (began, value, recording.dependencies)
        dependencies.note(cached[2])
        return cached[1]

    def built(self) -> T | None:
        """Return the value if there is one, else None; it is not built."""
        return self._cached[1] if self._cached else None

    @property
    def dependencies(self) -> Dependencies:
        """What was read to build the value; everything if there is none."""
        return self._cached[2] if self._cached else EVERYTHING

    @classmethod
    def holding(cls, value: T, depends: Dependencies = EVERYTHING) -> "CachedValue[T]":
        """Return a cache that has a value already.

        :param depends: what the value depends on
        """
        cached = cls()
        cached._cached = (time.monotonic(), value, depends)
        return cached

    def _fresh(self, built: float) -> bool:
        return self._age is None or time.monotonic() - built < self._age


class LruCache(Generic[K, T]):
    """A thread-safe cache that drops the least recently used values.

    :param most: the number of values
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._changing = threading.Lock()
        self._values: OrderedDict[K, CachedValue[T]] = OrderedDict()

    def get(self, key: K, build: Callable[[], T]) -> T:
        """Return the value of a key; build it if it is not cached. While one thread builds it, other callers for this key wait."""
        with self._changing:
            entry = self._values.setdefault(key, CachedValue())
        try:
            value = entry.get(build)
        except BaseException:
            self.drop(lambda other: other == key)  # a failed entry must not displace others
            raise
        with self._changing:
            if key in self._values:
                self._values.move_to_end(key)
            while len(self._values) > self._most:
                self._values.popitem(last=False)
        return value

    def built(self) -> dict[K, T]:
        """Return the values that are cached, by key."""
        with self._changing:
            values = {key: entry.built() for key, entry in self._values.items()}
        return {key: value for key, value in values.items() if value is not None}

    def hold(self, key: K, value: T) -> None:
        """Cache a value that was built elsewhere."""
        with self._changing:
            self._values[key] = CachedValue.holding(value)

    def drop(self, unwanted: Callable[[K], bool]) -> None:
        """Drop the values of the keys for which ``unwanted`` returns True."""
        with self._changing:
            for key in [key for key in self._values if unwanted(key)]:
                del self._values[key]
