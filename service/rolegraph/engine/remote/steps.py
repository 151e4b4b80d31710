"""The requests of one write. Each is only sent while this process has the lease."""

from collections.abc import Collection, Iterable, Iterator

import pyoxigraph as ox

from rolegraph.engine.documents import Triple
from rolegraph.engine.remote import literals
from rolegraph.engine.remote.http import Connection
from rolegraph.engine.remote.leases import Lease
from rolegraph.engine.remote.names import BOOK

BATCH = 500  # triples in one update: Virtuoso's compiler runs out of memory at some 5,000
LONGEST = 256 * 1024  # characters in one update, for triples with long texts
PIECE = 20_000  # triples in one request to the graph store: Virtuoso resets the connection for 90 MB


class Steps:
    """Sends the requests of one write.

    :param stores: send large pieces to the graph store
    :ivar done: the number of requests sent so far
    """

    def __init__(self, wire: Connection, lease: Lease, *, stores: bool) -> None:
        self._wire = wire
        self._stores = stores
        self.lease = lease
        self.done = 0

    def send(self, text: str) -> None:
        """Send an update."""
        self.lease.check()
        self._wire.update(text)
        self.done += 1

    def remove(self, graph: str, triples: Collection[Triple]) -> None:
        """Remove triples from a graph, except those with blank nodes, which no update can name."""
        for batch in _batches(triple for triple in triples if not blank(triple)):
            self.send(f"DELETE DATA {{ GRAPH {ox.NamedNode(graph)} {{\n{batch}}} }}")

    def insert(self, graph: str, triples: Collection[Triple]) -> None:
        """Add triples to a graph, in pieces."""
        if self._stores and len(triples) > BATCH:
            for batch in _batches(triples, PIECE, PIECE * LONGEST // BATCH):
                self.lease.check()
                self._wire.store(graph, batch.encode(), add=True)
                self.done += 1
            return
        for batch in _batches(triples):
            self.send(f"INSERT DATA {{ GRAPH {ox.NamedNode(graph)} {{\n{batch}}} }}")

    def book(self, removed: Collection[Triple], added: Collection[Triple]) -> None:
        """Change the bookkeeping, on condition that this process has the lease, which the endpoint checks."""
        for triples, word in ((removed, "DELETE"), (added, "INSERT")):
            for batch in _batches(triples):
                self.send(f"{word} {{ GRAPH <{BOOK}> {{\n{batch}}} }} WHERE {{ {self.lease.condition} }}")


def blank(triple: Triple) -> bool:
    """Return whether a triple has a blank node; Rolegraph itself writes none."""
    return any(isinstance(term, ox.BlankNode) for term in triple)


def _batches(triples: Iterable[Triple], most: int | None = None, longest: int | None = None) -> Iterator[str]:
    """Yield triples as text, in pieces of bounded size; a longer single triple is a piece of its own."""
    batch: list[str] = []
    length = 0
    for triple in triples:
        line = literals.sent([triple])
        if batch and (len(batch) >= (most or BATCH) or length + len(line) > (longest or LONGEST)):
            yield "".join(batch)
            batch, length = [], 0
        batch.append(line)
        length += len(line)
    if batch:
        yield "".join(batch)
