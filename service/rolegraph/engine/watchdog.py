"""Ends the process when the engine does not come back.

After an error of reading, such as a damaged block, a query of Oxigraph may run for ever and take a gigabyte of memory a second. Nothing
within the process can stop it. Clients' queries run in processes with limits of their own; this is for what a service looks up itself.
"""

import logging
import os
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import TypeVar

SECONDS = 60.0  # without a step forward
GROWTH = 1536 << 20  # bytes that the process may grow by between two steps
ENDED = 79  # how the process ends
LOOK = 0.1  # seconds between two looks
_STEP = 1000  # rows
_STATUS = Path("/proc/self/statm")

_log = logging.getLogger(__name__)
T = TypeVar("T")


class Look:
    """Something that the engine is asked: since when it has given nothing, and how large the process was then."""

    def __init__(self, seconds: float, growth: float) -> None:
        self.seconds = seconds
        self.growth = growth
        self.step()

    def step(self) -> None:
        """Note that it came forward."""
        self.since = time.monotonic()
        self.size: int | None = None  # known at the next look

    def stepping(self, rows: Iterable[T]) -> Iterator[T]:
        """Yield rows and note each thousand as a step."""
        rest = iter(rows)
        while some := list(islice(rest, _STEP)):
            self.step()
            yield from some

    def passed(self, now: float, size: int) -> str | None:
        """Return which limit is passed, None where none is."""
        if self.size is None:
            self.size = size
        if size - self.size > self.growth:
            return f"{(size - self.size) >> 20:,} MiB of memory"
        if now - self.since > self.seconds:
            return f"{now - self.since:.0f} s"
        return None


class Watch:
    """Looks at what the engine is asked, in a thread of its own, once it was started."""

    def __init__(self) -> None:
        self._looks: set[Look] = set()
        self._changing = threading.Lock()
        self._any = threading.Event()
        self._end: Callable[[int], object] | None = None

    def start(self, end: Callable[[int], object] = os._exit) -> None:
        """Begin, in a process that can be replaced.

        :param end: ends the process
        """
        started, self._end = self._end, end
        if started is None:
            threading.Thread(target=self._watch, daemon=True, name="watch").start()

    @contextmanager
    def over(self, seconds: float | None = None, growth: float | None = None) -> Iterator[Look]:
        """Watch what is done in a ``with`` statement, where the watch was started."""
        look = Look(SECONDS if seconds is None else seconds, GROWTH if growth is None else growth)
        if self._end is None:
            yield look
            return
        with self._changing:
            self._looks.add(look)
            self._any.set()
        try:
            yield look
        finally:
            with self._changing:
                self._looks.discard(look)

    def _watch(self) -> None:
        while True:
            self._any.wait()
            time.sleep(LOOK)
            with self._changing:
                looks = list(self._looks)
                if not looks:
                    self._any.clear()
            size, now = _size(), time.monotonic()
            for look in looks:
                if passed := look.passed(now, size):
                    self._stop(passed)

    def _stop(self, passed: str) -> None:
        _log.critical("The engine took %s for one look-up and gave nothing: the process ends, and the next one checks the store", passed)
        if self._end:
            self._end(ENDED)


def _size() -> int:
    """Return the bytes of memory that this process has, 0 where that is not known."""
    try:
        return int(_STATUS.read_text(encoding="ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        return 0


watch = Watch()
