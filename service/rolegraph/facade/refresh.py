"""Rebuilds the indexes in the background while a service runs, so that requests and the next start need not do it."""

import logging
import threading
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rolegraph.facade import Rolegraph

QUIET = 2.0  # seconds without a write before a refresh
LATEST = 30.0  # seconds after a write until a refresh, even if more writes follow
LOOK = 0.5  # seconds between two checks for writes
PAUSE = 5.0  # times the duration of the last refresh before the next one: constant writes cost a sixth of a processor

_log = logging.getLogger(__name__)


class Refreshing:
    """Refreshes a graph in a thread: at the start, some time after each write, and at the end."""

    def __init__(self, graph: "Rolegraph") -> None:
        self._graph = graph
        self._ending = threading.Event()
        self._refreshed: int | None = None
        self._thread = threading.Thread(target=self._follow, name="refreshing", daemon=True)

    def start(self) -> None:
        """Start the thread if the graph has revisions."""
        if self._graph.engine.revision is not None:
            self._thread.start()

    def end(self) -> None:
        """Refresh for the last time and wait until that is done."""
        self._ending.set()
        if self._thread.is_alive():
            self._thread.join()

    def _follow(self) -> None:
        self._refresh()
        seen, first, last, earliest = self._refreshed, 0.0, 0.0, 0.0
        while not self._ending.wait(LOOK):
            now, revision = time.monotonic(), self._graph.engine.revision
            if revision == self._refreshed:
                first = 0.0
                continue
            first = first or now
            if revision != seen:
                seen, last = revision, now
            if now >= earliest and (now - last >= QUIET or now - first >= LATEST):
                self._refresh()
                earliest, first = time.monotonic() + PAUSE * (time.monotonic() - now), 0.0
        if self._graph.engine.revision != self._refreshed:
            self._refresh()

    def _refresh(self) -> None:
        revision = self._graph.engine.revision
        try:
            self._graph.refresh()
            if not self._ending.is_set():
                _ = self._graph.analysis.index  # takes a second to build
        except Exception:  # noqa: BLE001 - the next request meets the same error and reports it
            _log.exception("the indexes could not be refreshed")
        self._refreshed = revision
