"""Keeps graphs on an endpoint: what there is of ours, how a graph becomes another, and the union of them all beside them.

A server need not write several operations as one, and a connection can break between two requests. So the order counts: what
changes in a graph changes in the union first, and what is removed goes before what is inserted. Whatever a write that broke off
has left to do shows, then, as a difference of its graphs, and repeating the write does just that. (Some servers rewrite literals,
so that what is removed and what is inserted can be the same to them.)
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

import pyoxigraph as ox

from rolegraph.engine import Keep
from rolegraph.engine.documents import Triple, kept, value
from rolegraph.engine.remote import answers, literals
from rolegraph.engine.remote.forms import LOOKUP
from rolegraph.engine.remote.wire import Connection, Parameters
from rolegraph.errors import RolegraphError, StoreUnusable
from rolegraph.terms import BASE

UNION, BOOK, NOTHING = (f"{BASE}.well-known/{name}" for name in ("union", "graphs", "nothing"))
OWN = (UNION, BOOK, NOTHING)
PART = ox.NamedNode("http://purl.org/dc/terms/hasPart")
DIGEST = ox.NamedNode("http://spdx.org/rdf/terms#checksumValue")
SYSTEM = {
    "http://localuriqaserver/sparql",
    "http://www.openlinksw.com/schemas/virtrdf#",
    "http://www.w3.org/2002/07/owl#",
    "http://www.w3.org/ns/ldp#",
    "urn:activitystreams-owl:map",
}
"""Graphs that servers bring with them."""

BATCH = 500  # triples in one update: Virtuoso's compiler runs out of memory at some 5,000
LONGEST = 256 * 1024  # characters of them, for those with long texts
PIECE = 20_000  # triples in one request of the graph store
PAGE = 5_000  # rows: servers cut their answers, mostly at 10,000
SUBJECTS = 50


@dataclass(frozen=True)
class Change:
    """What becomes of one graph: ``new`` is all that it will hold; ``whole`` tells to put it there in one piece."""

    graph: str
    new: frozenset[Triple]
    added: frozenset[Triple]
    removed: frozenset[Triple]
    whole: bool


class Keeping:
    """Our graphs on one endpoint."""

    def __init__(self, wire: Connection, *, stores: bool) -> None:
        self._wire = wire
        self._stores = stores
        self._done = 0

    def listed(self) -> list[str]:
        """Return the graphs that the bookkeeping lists."""
        return [graph.value for graph in self._column(f"SELECT ?graph {{ GRAPH <{BOOK}> {{ <{BOOK}> {PART} ?graph }} }}")]

    def found(self) -> list[str]:
        """Return the graphs that an endpoint without bookkeeping has, less those that servers bring with them."""
        graphs = self._column("SELECT DISTINCT ?graph { GRAPH ?graph { ?s ?p ?o } }")
        return [graph.value for graph in graphs if graph.value not in SYSTEM and graph.value not in OWN]

    def known(self) -> dict[str, str]:
        """Return the digests of the shipped graphs that were loaded, by graph."""
        return {value(graph).value: value(digest).value for graph, _, digest in self._digests()}

    def note(self, digests: Mapping[str, str]) -> None:
        """Keep the digests of the shipped graphs, in place of those before."""
        wanted = {(ox.NamedNode(graph), DIGEST, ox.Literal(digest)) for graph, digest in digests.items()}
        held = self._digests()
        self._remove(BOOK, held - wanted)
        self._insert(BOOK, wanted - held)

    def pages(self, graph: str) -> Iterator[Triple]:
        """Yield the triples of a graph, page by page, since servers cut long answers.

        :raises StoreUnusable: where they are not as many as the endpoint counts
        """
        pattern = f"{{ GRAPH {ox.NamedNode(graph)} {{ ?s ?p ?o }} }}"
        counts = [term for (term,) in answers.solutions(self._wire.ask(f"SELECT (COUNT(*) AS ?n) {pattern}", LOOKUP))]
        if len(counts) != 1 or not isinstance(counts[0], ox.Literal):
            raise StoreUnusable(f"the endpoint does not count the triples in {graph}")
        expected, got = int(counts[0].value), 0
        while got < expected:
            page = list(self._triples(f"SELECT ?s ?p ?o {pattern} OFFSET {got} LIMIT {PAGE}"))
            if not page:
                break
            got += len(page)
            yield from page
        if got != expected:
            detail = f"the endpoint counts {expected} triples in {graph} and gave {got}: it was written meanwhile, or cuts its answers"
            raise StoreUnusable(detail)

    def replace(self, wanted: Mapping[str, set[Triple]], *, keep: Keep) -> None:
        """Make graphs hold just these triples, and what of theirs is kept, or be gone where there are none.

        :raises StoreUnusable: where that broke off midway; repeating it mends the graphs and the union
        """
        listed = set(self.listed())
        changes = [self._change(graph, triples, keep=keep, listed=graph in listed) for graph, triples in wanted.items()]
        kept = frozenset[Triple]().union(*(change.new for change in changes))
        leaving = frozenset[Triple]().union(*(change.removed for change in changes)) - kept
        gone = leaving - self._stated(leaving, listed.difference(wanted))
        with self._telling(wanted):
            self._remove(UNION, gone)
            for change in changes:
                self._clear(change)
            self._insert(UNION, frozenset[Triple]().union(*(change.added for change in changes)))
            for change in changes:
                self._fill(change)
            self._list(changes, listed)

    def _change(self, graph: str, triples: set[Triple], *, keep: Keep, listed: bool) -> Change:
        """Compare a graph with what it is to hold. What is not listed yet may be half of a first write: then all counts as added."""
        held = set(self.pages(graph))
        new = frozenset(triples | kept(held, triples, keep))
        # written there by others: no update can name them, so they stay or leave with the whole graph
        foreign = {triple for triple in held if any(isinstance(term, ox.BlankNode) for term in triple)}
        added, removed = new - (held if listed else foreign), frozenset(held - new)
        large = self._stores and not foreign and len(added) + len(removed) > BATCH
        whole = bool(new) and (large or (bool(foreign) and keep != "all"))
        return Change(graph, new, new if whole and foreign else added, removed, whole)

    def _stated(self, triples: frozenset[Triple], graphs: Collection[str]) -> set[Triple]:
        """Return those triples that one of these graphs states."""
        subjects = sorted({str(triple[0]) for triple in triples if isinstance(triple[0], ox.NamedNode)})
        named = [("default-graph-uri", NOTHING), *(("named-graph-uri", graph) for graph in graphs)]
        stated: set[Triple] = set()
        for start in range(0, len(subjects) if graphs else 0, SUBJECTS):
            values = " ".join(subjects[start : start + SUBJECTS])
            text = f"SELECT DISTINCT ?s ?p ?o {{ VALUES ?s {{ {values} }} GRAPH ?g {{ ?s ?p ?o }} }}"
            stated |= {found for found in self._triples(text, named) if found in triples}
        return stated

    def _clear(self, change: Change) -> None:
        """Take from a graph what it holds no more."""
        if not change.new and change.removed:
            self._send(f"DROP SILENT GRAPH {ox.NamedNode(change.graph)}")
        elif change.whole and not self._stores:
            self._send(f"CLEAR SILENT GRAPH {ox.NamedNode(change.graph)}")
        elif not change.whole:
            self._remove(change.graph, change.removed)

    def _fill(self, change: Change) -> None:
        """Put into a graph what it did not hold before."""
        if change.whole and self._stores:
            self._wire.store(change.graph, literals.sent(change.new).encode(), add=False)
            self._done += 1
        else:
            self._insert(change.graph, change.new if change.whole else change.added)

    def _list(self, changes: Iterable[Change], listed: Collection[str]) -> None:
        """Put the bookkeeping right: the last step, so that a graph is listed once it is there."""
        book = ox.NamedNode(BOOK)
        self._remove(BOOK, {(book, PART, ox.NamedNode(change.graph)) for change in changes if not change.new and change.graph in listed})
        self._insert(BOOK, {(book, PART, ox.NamedNode(change.graph)) for change in changes if change.new and change.graph not in listed})

    def _remove(self, graph: str, triples: Collection[Triple]) -> None:
        for batch in _batches(triple for triple in triples if not any(isinstance(term, ox.BlankNode) for term in triple)):
            self._send(f"DELETE DATA {{ GRAPH {ox.NamedNode(graph)} {{\n{batch}}} }}")

    def _insert(self, graph: str, triples: Collection[Triple]) -> None:
        if self._stores and len(triples) > BATCH:
            for batch in _batches(triples, PIECE, PIECE * LONGEST // BATCH):
                self._wire.store(graph, batch.encode(), add=True)
                self._done += 1
            return
        for batch in _batches(triples):
            self._send(f"INSERT DATA {{ GRAPH {ox.NamedNode(graph)} {{\n{batch}}} }}")

    def _send(self, text: str) -> None:
        self._wire.update(text)
        self._done += 1

    def _digests(self) -> set[Triple]:
        pattern = f"{{ VALUES ?property {{ {DIGEST} }} GRAPH <{BOOK}> {{ ?graph ?property ?digest }} }}"
        return set(self._triples(f"SELECT ?graph ?property ?digest {pattern}"))

    def _column(self, text: str) -> list[ox.NamedNode]:
        return [term for (term,) in answers.solutions(self._wire.ask(text, LOOKUP)) if isinstance(term, ox.NamedNode)]

    def _triples(self, text: str, parameters: Parameters = ()) -> Iterator[Triple]:
        for subject, predicate, object_ in answers.solutions(self._wire.ask(text, LOOKUP, parameters)):
            if isinstance(subject, ox.NamedNode | ox.BlankNode) and isinstance(predicate, ox.NamedNode) and object_ is not None:
                yield subject, predicate, object_

    @contextmanager
    def _telling(self, graphs: Iterable[str]) -> Iterator[None]:
        """Say of a write that broke off whether something of it was done, and what to do."""
        self._done = 0
        try:
            yield
        except RolegraphError as error:
            if not self._done and "endpoint_status" in error.members:
                raise  # the endpoint refused the first step, so nothing was changed
            what = ", ".join(graphs)
            detail = f"the write broke off: {error.detail}. These graphs may be half written: {what}; writing the same once more mends them"
            raise StoreUnusable(detail) from error


def _batches(triples: Iterable[Triple], most: int = BATCH, longest: int = LONGEST) -> Iterator[str]:
    """Yield triples as text, in pieces of bounded size, but for a triple that is longer alone."""
    batch: list[str] = []
    length = 0
    for triple in triples:
        line = literals.sent([triple])
        if batch and (len(batch) >= most or length + len(line) > longest):
            yield "".join(batch)
            batch, length = [], 0
        batch.append(line)
        length += len(line)
    if batch:
        yield "".join(batch)
