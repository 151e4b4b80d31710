"""Engines: where the graph is kept and queried. The embedded one is Oxigraph on disk."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Protocol

from rolegraph.engine.revisions import Revision
from rolegraph.formats import Format
from rolegraph.things import Answer, Row

Choose = Callable[[str], Format]
"""Chooses the format of an answer, given what it holds: ``table`` or ``graph``."""


class Engine(Protocol):
    """A store of named graphs whose default graph is their union as a set."""

    @property
    def revision(self) -> int:
        """The number of the newest revision: it grows with every write, so what was read at one number stays as it was read."""

    def revisions(self) -> Sequence[Revision]:
        """Return the revisions that can be read, newest first."""

    def at(self, revision: int) -> "Engine":
        """Return an engine that reads a revision.

        :raises NotFound: for one that is not kept
        """

    def query(self, text: str, choose: Choose) -> Answer:
        """Answer a SPARQL query, serialised in the format that ``choose`` names once the kind of answer is known.

        :raises UnreadableInput: for a query that does not parse, with line and column
        """

    def rows(self, text: str) -> list[Row]:
        """Answer a SELECT query as rows; an unbound variable is absent from its row."""

    def write(self, changes: Mapping[str, bytes | None]) -> None:
        """Make each named graph hold just the triples of its Turtle document, or none and be gone, in one atomic write.

        :raises UnreadableInput: for Turtle that does not parse; then nothing is changed
        """

    def graphs(self) -> Iterable[str]:
        """Return the IRIs of the named graphs, sorted."""

    def dump(self, format_: Format, graph: str | None = None) -> bytes:
        """Serialise all named graphs (a dataset format), or one graph (a graph format)."""

    def close(self) -> None:
        """Release the store."""
