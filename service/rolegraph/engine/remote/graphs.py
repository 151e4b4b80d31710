"""Keeps graphs on an endpoint: what there is of ours, how a graph becomes another, and the union of them all beside them.

A server need not write several operations as one, and a connection can break between two requests. So the order counts:

1. the bookkeeping notes which graphs are being written;
2. what leaves the graphs leaves the union, and then the graphs;
3. what comes goes into the graphs, and then into the union;
4. the bookkeeping lists the graphs, and drops the note.

At each step whatever is in the union is in a graph as well. So a write that broke off leaves the union short of triples of the noted
graphs, and nothing else; the next write, or the next start, adds these, and notes which graphs hold only a part of what they should.
(What is removed goes before what is inserted, since some servers rewrite literals: the two can be the same to them.)
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass

import pyoxigraph as ox

from rolegraph import deadlines
from rolegraph.engine import Guard, WriteMode
from rolegraph.engine.documents import Triple, kept, value
from rolegraph.engine.remote.auditing import Audit
from rolegraph.engine.remote.http import Connection
from rolegraph.engine.remote.leases import PATIENCE, Lease
from rolegraph.engine.remote.lookups import Lookups
from rolegraph.engine.remote.names import BOOK, DIGEST, NOTHING, OWN, PART, PARTLY, REMOVING, SYSTEM, UNION, WRITER, WRITING
from rolegraph.engine.remote.steps import Steps, blank
from rolegraph.errors import RolegraphError, StoreUnusable

SUBJECTS = 50
_BOOK = ox.NamedNode(BOOK)
_NOTES = (WRITING, REMOVING, PARTLY)


@dataclass(frozen=True)
class Change:
    """What becomes of one graph: what is added, what is removed, and what remains of it."""

    graph: str
    added: frozenset[Triple]
    removed: frozenset[Triple]
    remaining: frozenset[Triple]

    @property
    def stays(self) -> bool:
        """Whether the graph holds anything afterwards."""
        return bool(self.added or self.remaining)

    def wanted(self, listed: Collection[str]) -> bool:
        """Tell whether there is anything to do."""
        return bool(self.added or self.removed) or self.stays != (self.graph in listed)


class RemoteGraphs:
    """Our graphs on one endpoint.

    :param stores: large pieces go through the graph store
    :param seconds: what a request of a write may take
    """

    def __init__(self, wire: Connection, *, stores: bool, seconds: float) -> None:
        self._wire = wire
        self._stores = stores
        self._seconds = seconds
        self._lookups = Lookups(wire)

    def listed(self) -> list[str]:
        """Return the graphs that the bookkeeping lists."""
        return self.noted(PART)

    def found(self) -> list[str]:
        """Return the graphs that an endpoint without bookkeeping has, less those that servers bring with them."""
        graphs = self._lookups.column("SELECT DISTINCT ?graph { GRAPH ?graph { ?s ?p ?o } }")
        return [graph.value for graph in graphs if graph.value not in SYSTEM and graph.value not in OWN]

    def known(self) -> dict[str, str]:
        """Return the digests of the shipped graphs that were loaded, by graph."""
        return {value(graph).value: value(digest).value for graph, _, digest in self._digests()}

    def note(self, digests: Mapping[str, str]) -> None:
        """Keep the digests of the shipped graphs, in place of those before."""
        with self.writing() as steps:
            wanted = {(ox.NamedNode(graph), DIGEST, ox.Literal(digest)) for graph, digest in digests.items()}
            held = self._digests()
            steps.book(held - wanted, wanted - held)

    def pages(self, graph: str) -> Iterator[Triple]:
        """Yield the triples of a graph; see :meth:`Lookups.pages <rolegraph.engine.remote.lookups.Lookups.pages>`."""
        return self._lookups.pages(graph)

    def unfinished(self) -> bool:
        """Tell whether a write broke off, or goes on."""
        notes = f"VALUES ?note {{ {WRITING} {REMOVING} {WRITER} }} GRAPH <{BOOK}> {{ <{BOOK}> ?note ?graph }}"
        return bool(self._lookups.column(f"SELECT ?graph {{ {notes} }} LIMIT 1"))

    @contextmanager
    def writing(self, patience: float = PATIENCE) -> Iterator[Steps]:
        """Give the steps of a write while nobody else may write, with a union that agrees with the graphs.

        :raises StoreUnusable: where somebody else writes all the while
        """
        with deadlines.apart(self._seconds), Lease(self._wire, patience) as lease:
            steps = Steps(self._wire, lease, stores=self._stores)
            self._mend(steps)
            steps.done = 0
            yield steps

    def replace(self, wanted: Mapping[str, set[Triple]], *, mode: WriteMode, guard: Guard | None = None) -> None:
        """Make graphs hold just these triples, and what of theirs is kept, or be gone where there are none.

        :raises StoreUnusable: where that broke off midway; repeating it completes it
        """
        with self.writing() as steps:
            if guard:
                guard()
            listed, partly = set(self.listed()), set(self.noted(PARTLY))
            changes = [self._change(graph, triples, mode=mode, listed=graph in listed) for graph, triples in wanted.items()]
            changes = [change for change in changes if change.graph in partly or change.wanted(listed)]
            if changes:
                self._replace(changes, listed, steps)

    def _replace(self, changes: Collection[Change], listed: Collection[str], steps: Steps) -> None:
        remaining = frozenset[Triple]().union(*(change.remaining for change in changes))
        leaving = frozenset[Triple]().union(*(change.removed for change in changes)) - remaining
        gone = leaving - self._stated(leaving, set(listed).difference(change.graph for change in changes))
        notes: set[Triple] = {(_BOOK, WRITING if change.stays else REMOVING, ox.NamedNode(change.graph)) for change in changes}
        with self._telling([change.graph for change in changes], steps):
            steps.book((), notes)
            steps.remove(UNION, gone)
            for change in changes:
                self._clear(change, steps)
            for change in changes:
                steps.insert(change.graph, change.added)
            steps.insert(UNION, frozenset[Triple]().union(*(change.added for change in changes)))
            self._finish(changes, listed, notes, steps)

    def _change(self, graph: str, triples: set[Triple], *, mode: WriteMode, listed: bool) -> Change:
        """Compare a graph with what it is to hold. What is not listed was not written by us: then the union may lack all of it."""
        held = set(self.pages(graph))
        new = triples | kept(held, triples, mode)
        added = new - (held if listed else {triple for triple in held if blank(triple)})
        return Change(graph, frozenset(added), frozenset(held - new), frozenset(held & new))

    def _stated(self, triples: frozenset[Triple], graphs: Collection[str]) -> set[Triple]:
        """Return those triples that one of these graphs states."""
        subjects = sorted({str(triple[0]) for triple in triples if isinstance(triple[0], ox.NamedNode)})
        named = [("default-graph-uri", NOTHING), *(("named-graph-uri", graph) for graph in graphs)]
        stated: set[Triple] = set()
        for start in range(0, len(subjects) if graphs else 0, SUBJECTS):
            values = " ".join(subjects[start : start + SUBJECTS])
            text = f"SELECT DISTINCT ?s ?p ?o {{ VALUES ?s {{ {values} }} GRAPH ?g {{ ?s ?p ?o }} }}"
            stated |= {found for found in self._lookups.triples(text, named) if found in triples}
        return stated

    @staticmethod
    def _clear(change: Change, steps: Steps) -> None:
        """Take from a graph what it holds no more."""
        name = ox.NamedNode(change.graph)
        if not change.stays:
            if change.removed:
                steps.send(f"DROP SILENT GRAPH {name}")
            return
        steps.remove(change.graph, change.removed)
        # written there by others: no update can name blank nodes, so all those of a thing leave together
        foreign = {triple for triple in change.removed if blank(triple)}
        if foreign and not any(map(blank, change.remaining)):
            triple = f"GRAPH {name} {{ ?s ?p ?o }}"
            steps.send(f"DELETE {{ {triple} }} WHERE {{ {triple} FILTER(ISBLANK(?s) || ISBLANK(?o)) }}")
            return
        for subject in sorted({str(triple[0]) for triple in foreign if isinstance(triple[0], ox.NamedNode)}):
            triple = f"GRAPH {name} {{ {subject} ?p ?o }}"
            steps.send(f"DELETE {{ {triple} }} WHERE {{ {triple} FILTER(ISBLANK(?o)) }}")

    def _finish(self, changes: Collection[Change], listed: Collection[str], notes: set[Triple], steps: Steps) -> None:
        """Put the bookkeeping right: the last step, so that a graph is listed once it is there."""
        told = [(change, ox.NamedNode(change.graph)) for change in changes]
        gone = {(_BOOK, PART, name) for change, name in told if not change.stays and change.graph in listed}
        come = {(_BOOK, PART, name) for change, name in told if change.stays and change.graph not in listed}
        steps.book((), come)
        steps.book(gone | notes | {(_BOOK, note, name) for _, name in told for note in _NOTES}, ())
        steps.lease.confirm()

    def _mend(self, steps: Steps) -> None:
        """Make the union agree with the graphs whose writing broke off, and list them if they hold anything.

        A writer that lost its lease notes the union itself: then something may be left over there too.
        """
        noted = {note: self.noted(note) for note in (WRITING, REMOVING)}
        broken = set[str]().union(*noted.values())
        if not broken:
            return
        listed = set(self.listed())
        if UNION in broken:
            self._purge(Audit(self._lookups, listed | broken - {UNION}), steps)
        for graph in sorted(broken - {UNION}):
            name = ox.NamedNode(graph)
            there = bool(self._lookups.count(f"{{ GRAPH {name} {{ ?s ?p ?o }} }}", graph))
            Audit(self._lookups, ()).add(graph, steps)
            partly = graph in noted[WRITING] and (there or graph in listed)
            stays = there or partly  # one that lost all stays listed, so that it can be written again or withdrawn
            steps.book((), {(_BOOK, PART, name)} if stays and graph not in listed else ())
            steps.book((), {(_BOOK, PARTLY, name)} if partly else ())
            steps.book(() if stays else {(_BOOK, PART, name)}, ())
        steps.book({(_BOOK, note, ox.NamedNode(graph)) for note, graphs in noted.items() for graph in graphs}, ())

    @staticmethod
    def _purge(audit: Audit, steps: Steps) -> None:
        for left in list(audit.left_over()):
            audit.remove(left.property, steps)

    def noted(self, property_: ox.NamedNode) -> list[str]:
        """Return what the bookkeeping says of itself by one property."""
        return [graph.value for graph in self._lookups.column(f"SELECT ?graph {{ GRAPH <{BOOK}> {{ <{BOOK}> {property_} ?graph }} }}")]

    def _digests(self) -> set[Triple]:
        pattern = f"{{ VALUES ?property {{ {DIGEST} }} GRAPH <{BOOK}> {{ ?graph ?property ?digest }} }}"
        return set(self._lookups.triples(f"SELECT ?graph ?property ?digest {pattern}"))

    @contextmanager
    def _telling(self, graphs: Iterable[str], steps: Steps) -> Iterator[None]:
        """Say of a write that broke off what is left of it, and what to do; the union is mended at once where that can be."""
        try:
            yield
        except RolegraphError as error:
            if not steps.done and "endpoint_status" in error.members:
                raise  # the endpoint refused the first step, so nothing was changed
            with suppress(RolegraphError):
                if steps.lease.lost:  # what was sent last may have come after the first step of another writer
                    self._wire.update(f"INSERT DATA {{ GRAPH <{BOOK}> {{ <{BOOK}> {WRITING} <{UNION}> }} }}")
                else:
                    self._mend(steps)
            detail = f"the write broke off: {error.detail}. These graphs may be half written: {', '.join(graphs)}"
            raise StoreUnusable(f"{detail}; writing the same once more completes them") from error
