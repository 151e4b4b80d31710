"""Engines: where the graph is kept and queried. The embedded one is Oxigraph on disk."""

from collections.abc import Callable, Iterable
from typing import Protocol

from rolegraph.formats import Format
from rolegraph.things import Answer, Row

Choose = Callable[[str], Format]
"""Chooses the format of an answer, given what it holds: ``table`` or ``graph``."""


class Engine(Protocol):
    """A store of named graphs whose default graph is their union as a set."""

    @property
    def revision(self) -> int:
        """A number that grows with every write, so what was read at one number need not be read again at the same."""

    def query(self, text: str, choose: Choose) -> Answer:
        """Answer a SPARQL query, serialised in the format that ``choose`` names once the kind of answer is known.

        :raises UnreadableInput: for a query that does not parse, with line and column
        """

    def rows(self, text: str) -> list[Row]:
        """Answer a SELECT query as rows; an unbound variable is absent from its row."""

    def replace(self, graph: str, turtle: bytes) -> None:
        """Make a named graph hold just the triples of a Turtle document, in one atomic write with the default graph."""

    def withdraw(self, graph: str) -> None:
        """Remove a named graph, in one atomic write with the default graph."""

    def graphs(self) -> Iterable[str]:
        """Return the IRIs of the named graphs, sorted."""

    def dump(self, format_: Format, graph: str | None = None) -> bytes:
        """Serialise all named graphs (a dataset format), or one graph (a graph format)."""

    def close(self) -> None:
        """Release the store."""
