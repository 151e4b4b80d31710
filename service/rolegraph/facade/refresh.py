"""Keeps what is built of the graph in line with it while a service runs, so that nobody waits for that, nor the next start."""

import logging
import threading
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rolegraph.facade import Rolegraph

QUIET = 2.0  # seconds without a write after which it is brought in line
LATEST = 30.0  # seconds after a write, however many follow
LOOK = 0.5  # seconds between two looks
PAUSE = 5.0  # as many times as long as the last time took, it is left alone: writers without end cost a sixth of a processor

_log = logging.getLogger(__name__)


class Refreshing:
    """Refreshes a graph in a thread of its own, some time after it was written; at the start too, and for the last time at the end."""

    def __init__(self, graph: "Rolegraph") -> None:
        self._graph = graph
        self._ending = threading.Event()
        self._refreshed: int | None = None
        self._thread = threading.Thread(target=self._follow, name="refreshing", daemon=True)

    def start(self) -> None:
        """Begin, where the graph has revisions."""
        if self._graph.engine.revision is not None:
            self._thread.start()

    def end(self) -> None:
        """Refresh for the last time, and return once that is done."""
        self._ending.set()
        if self._thread.is_alive():
            self._thread.join()

    def _follow(self) -> None:
        self._refresh()
        seen, first, last, rest = self._refreshed, 0.0, 0.0, 0.0
        while not self._ending.wait(LOOK):
            now, revision = time.monotonic(), self._graph.engine.revision
            if revision == self._refreshed:
                first = 0.0
                continue
            first = first or now
            if revision != seen:
                seen, last = revision, now
            if now >= rest and (now - last >= QUIET or now - first >= LATEST):
                self._refresh()
                rest, first = time.monotonic() + PAUSE * (time.monotonic() - now), 0.0
        if self._graph.engine.revision != self._refreshed:
            self._refresh()

    def _refresh(self) -> None:
        revision = self._graph.engine.revision
        try:
            self._graph.refresh()
            if not self._ending.is_set():
                _ = self._graph.analysis.index  # takes a second to build
        except Exception:  # noqa: BLE001 - whoever asks next meets the same fault, and is told
            _log.exception("what is built of the graph could not be brought in line with it")
        self._refreshed = revision
