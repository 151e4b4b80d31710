"""Write log: what each revision changed, so that derived indexes can refresh incrementally, and answers stay valid."""

import json
from collections import deque
from collections.abc import Callable
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from rolegraph.dependencies import Digests
from rolegraph.engine.touched import Touched

MOST = 1000  # writes in memory
KEPT = 100  # of these, in the folder of a revision
MOST_TOUCHED = 32_000  # digests of what these have touched, of four bytes each
FILE = "written.json"

ChangedGraphs = frozenset[str] | None
"""The IRIs of the graphs that a write changed, an empty text for the default graph; None if unknown."""


class Write(NamedTuple):
    """What one write changed: ``touched`` is None if it may be anything."""

    graphs: ChangedGraphs
    touched: Touched | None = None


class _Entry(NamedTuple):
    number: int
    graphs: ChangedGraphs
    touched: Touched | None


class WriteLog:
    """The last writes, including those that were stored with the newest revision when the store was opened."""

    def __init__(self, revision: int) -> None:
        self._since = revision
        self._writes: deque[_Entry] = deque()

    @classmethod
    def read(cls, folder: Path, revision: int) -> "WriteLog":
        """Read the log in the folder of a revision. Without a valid file, the log starts at this revision."""
        log = cls(revision)
        try:
            document = json.loads((folder / FILE).read_bytes())
            writes = [_entry(*fields) for fields in document["writes"]]
            since = int(document["since"])
        except (OSError, ValueError, OverflowError, TypeError, KeyError, RecursionError):
            return log
        if writes and writes[-1].number == revision:
            log._since = since
            log._writes.extend(writes)
        return log

    def keep(self, folder: Path) -> None:
        """Write the log to the folder of a revision, for the next process that opens the store."""
        writes = list(self._writes)
        dropped, recent = writes[:-KEPT], writes[-KEPT:]
        entries = [
            (entry.number, None if entry.graphs is None else sorted(entry.graphs), entry.touched and entry.touched.text) for entry in recent
        ]
        since = dropped[-1].number if dropped else self._since
        (folder / FILE).write_text(json.dumps({"since": since, "writes": entries}), encoding="utf-8")

    def kept(self, copy: Callable[[Path], None]) -> Callable[[Path], None]:
        """Return a function that copies a revision to a folder and writes the log there; see :meth:`keep`."""

        def both(folder: Path) -> None:
            copy(folder)
            self.keep(folder)

        return both

    def note(self, revision: int, graphs: ChangedGraphs, touched: Touched | None = None) -> None:
        """Record what the write of a revision changed."""
        self._writes.append(_Entry(revision, graphs, touched))
        if len(self._writes) > MOST:
            self._since = self._writes.popleft().number
        self._forget()

    def since(self, revision: int) -> ChangedGraphs:
        """Return the graphs that were written after a revision, None if unknown."""
        writes = list(self._writes)
        if revision < self._since:
            return None
        changed: set[str] = set()
        for entry in writes:
            if entry.number > revision:
                if entry.graphs is None:
                    return None
                changed |= entry.graphs
        return frozenset(changed)

    def unchanged_since(self, digests: Digests, revision: int) -> int:
        """Return the oldest revision from which to ``revision`` no write is known to have touched what an answer depends on."""
        parts = None if digests is None else frozenset(digests)  # of two sets, the smaller one is gone through
        for entry in reversed(list(self._writes)):
            if entry.number <= revision and (parts is None or entry.touched is None or entry.touched.meets(parts)):
                return entry.number
        return min(self._since, revision)

    def _forget(self) -> None:
        """Forget what older writes have touched, if it is too much: they count as touching everything."""
        left = MOST_TOUCHED
        newest = list(islice(reversed(self._writes), KEPT + 1))
        for place, entry in enumerate(newest, 1):
            left -= len(entry.touched or ())
            if entry.touched is not None and (left < 0 or place > KEPT):
                self._writes[-place] = entry._replace(touched=None)


def _entry(number: int, graphs: list[str] | None, touched: str | None = None) -> _Entry:
    changed = None if graphs is None else frozenset(map(str, graphs))
    return _Entry(int(number), changed, None if touched is None else Touched(str(touched)))
