"""Which graphs each write wrote: what is built of the graph, such as an index, then reads only these again."""

import json
from collections import deque
from collections.abc import Callable
from pathlib import Path

MOST = 1000  # writes that are known of
KEPT = 100  # of them, in the folder of a revision
FILE = "written.json"

ChangedGraphs = frozenset[str] | None
"""The IRIs of the graphs that a write changed, an empty one for the default graph; None where that is not known."""


class WriteLog:
    """The graphs of the last writes: those since the store was opened, and those that the newest revision told of then."""

    def __init__(self, revision: int) -> None:
        self._since = revision
        self._writes: deque[tuple[int, ChangedGraphs]] = deque()

    @classmethod
    def read(cls, folder: Path, revision: int) -> "WriteLog":
        """Return what the folder of a revision tells; of one that tells nothing, what was written before it is not known."""
        found = cls(revision)
        try:
            told = json.loads((folder / FILE).read_bytes())
            writes = [(int(number), None if graphs is None else frozenset(map(str, graphs))) for number, graphs in told["writes"]]
            since = int(told["since"])
        except (OSError, ValueError, TypeError, KeyError, RecursionError):
            return found
        if writes and writes[-1][0] == revision:
            found._since = since
            found._writes.extend(writes)
        return found

    def keep(self, folder: Path) -> None:
        """Write into the folder of a revision which graphs the last writes wrote, for who opens the store next."""
        writes = list(self._writes)
        dropped, kept = writes[:-KEPT], writes[-KEPT:]
        told = [(number, None if graphs is None else sorted(graphs)) for number, graphs in kept]
        since = dropped[-1][0] if dropped else self._since
        (folder / FILE).write_text(json.dumps({"since": since, "writes": told}), encoding="utf-8")

    def kept(self, copy: Callable[[Path], None]) -> Callable[[Path], None]:
        """Return what writes a revision into a folder, and this beside it; see :meth:`keep`."""

        def both(folder: Path) -> None:
            copy(folder)
            self.keep(folder)

        return both

    def note(self, revision: int, graphs: ChangedGraphs) -> None:
        """Note what the write that made a revision wrote."""
        self._writes.append((revision, graphs))
        if len(self._writes) > MOST:
            self._since = self._writes.popleft()[0]

    def since(self, revision: int) -> ChangedGraphs:
        """Return the graphs that were written after a revision, None where that is not known."""
        writes = list(self._writes)
        if revision < self._since:
            return None
        found: set[str] = set()
        for number, graphs in writes:
            if number > revision:
                if graphs is None:
                    return None
                found |= graphs
        return frozenset(found)
