"""Ends the process if a look-up never returns.

After a read error, such as a damaged block, a query of Oxigraph may run for ever and allocate a gigabyte of memory per second. Only
ending the process stops it. Clients' queries run in worker processes with limits; the watchdog is for the service's own look-ups.
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

SECONDS = 60.0  # allowed without progress
GROWTH = 1536 << 20  # bytes by which the process may grow without progress
ENDED = 79  # the exit code of the process
LOOK = 0.1  # seconds between two checks
_STEP = 1000  # rows that count as progress
_STATUS = Path("/proc/self/statm")

_log = logging.getLogger(__name__)
T = TypeVar("T")


class Look:
    """A look-up of the engine: the time of its last progress, and the size of the process at that time.

    :param seconds: the time limit without progress
    :param growth: the growth limit of the process without progress, in bytes
    """

    def __init__(self, seconds: float, growth: float) -> None:
        self.seconds = seconds
        self.growth = growth
        self.step()

    def step(self) -> None:
        """Record progress."""
        self.since = time.monotonic()
        self.size: int | None = None  # measured by the next check

    def stepping(self, rows: Iterable[T]) -> Iterator[T]:
        """Yield rows and record progress every 1,000 rows."""
        iterator = iter(rows)
        while batch := list(islice(iterator, _STEP)):
            self.step()
            yield from batch

    def passed(self, now: float, size: int) -> str | None:
        """Return the exceeded limit as text, None if none is.

        :param now: the present time of ``time.monotonic``
        :param size: the present size of the process in bytes
        """
        if self.size is None:
            self.size = size
        if size - self.size > self.growth:
            return f"{(size - self.size) >> 20:,} MiB of memory"
        if now - self.since > self.seconds:
            return f"{now - self.since:.0f} s"
        return None


class Watch:
    """Checks the look-ups of the engine in a thread, once it is started."""

    def __init__(self) -> None:
        self._looks: set[Look] = set()
        self._changing = threading.Lock()
        self._any = threading.Event()
        self._end: Callable[[int], object] | None = None

    def start(self, end: Callable[[int], object] = os._exit) -> None:
        """Start the thread; for processes that a supervisor restarts.

        :param end: ends the process with an exit code
        """
        started, self._end = self._end, end
        if started is None:
            threading.Thread(target=self._watch, daemon=True, name="watch").start()

    @contextmanager
    def over(self, seconds: float | None = None, growth: float | None = None) -> Iterator[Look]:
        """Watch the body of a ``with`` statement, if the thread was started.

        :param seconds: the time limit without progress; None is the default
        :param growth: the growth limit in bytes; None is the default
        """
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
        _log.critical("A look-up used %s without progress: the process ends, and the next one checks the store", passed)
        if self._end:
            self._end(ENDED)


def _size() -> int:
    """Return the resident memory of this process in bytes, 0 if unknown."""
    try:
        return int(_STATUS.read_text(encoding="ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        return 0


watch = Watch()
