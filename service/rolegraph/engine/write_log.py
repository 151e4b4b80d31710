"""Write log: which named graphs each revision changed, so that derived indexes can refresh incrementally."""

import json
from collections import deque
from collections.abc import Callable
from pathlib import Path

MOST = 1000  # writes in memory
KEPT = 100  # of these, in the folder of a revision
FILE = "written.json"

ChangedGraphs = frozenset[str] | None
"""The IRIs of the graphs that a write changed, an empty text for the default graph; None if unknown."""


class WriteLog:
    """The graphs of the last writes, including those that were stored with the newest revision when the store was opened."""

    def __init__(self, revision: int) -> None:
        self._since = revision
        self._writes: deque[tuple[int, ChangedGraphs]] = deque()

    @classmethod
    def read(cls, folder: Path, revision: int) -> "WriteLog":
        """Read the log in the folder of a revision. Without a valid file, the log starts at this revision."""
        log = cls(revision)
        try:
            document = json.loads((folder / FILE).read_bytes())
            writes = [(int(number), None if graphs is None else frozenset(map(str, graphs))) for number, graphs in document["writes"]]
            since = int(document["since"])
        except (OSError, ValueError, TypeError, KeyError, RecursionError):
            return log
        if writes and writes[-1][0] == revision:
            log._since = since
            log._writes.extend(writes)
        return log

    def keep(self, folder: Path) -> None:
        """Write the log to the folder of a revision, for the next process that opens the store."""
        writes = list(self._writes)
        dropped, recent = writes[:-KEPT], writes[-KEPT:]
        entries = [(number, None if graphs is None else sorted(graphs)) for number, graphs in recent]
        since = dropped[-1][0] if dropped else self._since
        (folder / FILE).write_text(json.dumps({"since": since, "writes": entries}), encoding="utf-8")

    def kept(self, copy: Callable[[Path], None]) -> Callable[[Path], None]:
        """Return a function that copies a revision to a folder and writes the log there; see :meth:`keep`."""

        def both(folder: Path) -> None:
            copy(folder)
            self.keep(folder)

        return both

    def note(self, revision: int, graphs: ChangedGraphs) -> None:
        """Record the graphs that the write of a revision changed."""
        self._writes.append((revision, graphs))
        if len(self._writes) > MOST:
            self._since = self._writes.popleft()[0]

    def since(self, revision: int) -> ChangedGraphs:
        """Return the graphs that were written after a revision, None if unknown."""
        writes = list(self._writes)
        if revision < self._since:
            return None
        changed: set[str] = set()
        for number, graphs in writes:
            if number > revision:
                if graphs is None:
                    return None
                changed |= graphs
        return frozenset(changed)
