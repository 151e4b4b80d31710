"""Which graphs each write wrote: what is built of the graph, such as an index, then reads only these again."""

from collections import deque

MOST = 1000  # writes that are known of

Wrote = frozenset[str] | None
"""The IRIs of the graphs that a write changed, an empty one for the default graph; None where that is not known."""


class Written:
    """The graphs of the writes since the store was opened."""

    def __init__(self, revision: int) -> None:
        self._since = revision
        self._writes: deque[tuple[int, Wrote]] = deque()

    def note(self, revision: int, graphs: Wrote) -> None:
        """Note what the write that made a revision wrote."""
        self._writes.append((revision, graphs))
        if len(self._writes) > MOST:
            self._since = self._writes.popleft()[0]

    def since(self, revision: int) -> Wrote:
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
