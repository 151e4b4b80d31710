"""Stores graphs, and their union, on an endpoint.

A server need not run several operations atomically, and a connection can break between two requests. So the order matters:

1. the bookkeeping notes which graphs are being written;
2. removed triples are deleted from the union, then from the graphs;
3. added triples are inserted into the graphs, then into the union;
4. the bookkeeping lists the graphs and drops the note.

At each step every triple of the union is in a graph. So after an interrupted write the union can only lack triples of the noted graphs.
The next write, or the next start, adds these, and notes which graphs are incomplete.
(Triples are removed before others are inserted, since some servers rewrite literals and may take the two for the same.)
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

SUBJECTS = 50  # in one look-up
_BOOK = ox.NamedNode(BOOK)
_NOTES = (WRITING, REMOVING, PARTLY)


@dataclass(frozen=True)
class Change:
    """The change of one graph: the added, removed and remaining triples."""

    graph: str
    added: frozenset[Triple]
    removed: frozenset[Triple]
    remaining: frozenset[Triple]

    @property
    def stays(self) -> bool:
        """Whether the graph has any triples afterwards."""
        return bool(self.added or self.remaining)

    def wanted(self, listed: Collection[str]) -> bool:
        """Return whether there is anything to do."""
        return bool(self.added or self.removed) or self.stays != (self.graph in listed)


class RemoteGraphs:
    """The graphs of Rolegraph on one endpoint.

    :param stores: send large pieces to the graph store
    :param seconds: the time limit of a request of a write
    """

    def __init__(self, wire: Connection, *, stores: bool, seconds: float) -> None:
        self._wire = wire
        self._stores = stores
        self._seconds = seconds
        self._lookups = Lookups(wire)

    def listed(self) -> list[str]:
        """Return the graphs that the bookkeeping lists."""
        return self.noted(PART)

    def discovered(self) -> list[str]:
        """Return the graphs of an endpoint without bookkeeping, except those that come with servers."""
        graphs = self._lookups.column("SELECT DISTINCT ?graph { GRAPH ?graph { ?s ?p ?o } }")
        return [graph.value for graph in graphs if graph.value not in SYSTEM and graph.value not in OWN]

    def digests(self) -> dict[str, str]:
        """Return the digests of the loaded shipped graphs, by graph."""
        return {value(graph).value: value(digest).value for graph, _, digest in self._digests()}

    def note(self, digests: Mapping[str, str]) -> None:
        """Store the digests of the shipped graphs, replacing the previous ones."""
        with self.writing() as steps:
            wanted = {(ox.NamedNode(graph), DIGEST, ox.Literal(digest)) for graph, digest in digests.items()}
            stored = self._digests()
            steps.book(stored - wanted, wanted - stored)

    def pages(self, graph: str) -> Iterator[Triple]:
        """Yield the triples of a graph; see :meth:`Lookups.pages <rolegraph.engine.remote.lookups.Lookups.pages>`."""
        return self._lookups.pages(graph)

    def unfinished(self) -> bool:
        """Return whether a write was interrupted or is running."""
        notes = f"VALUES ?note {{ {WRITING} {REMOVING} {WRITER} }} GRAPH <{BOOK}> {{ <{BOOK}> ?note ?graph }}"
        return bool(self._lookups.column(f"SELECT ?graph {{ {notes} }} LIMIT 1"))

    @contextmanager
    def writing(self, patience: float = PATIENCE) -> Iterator[Steps]:
        """Take the lease, repair the union, and return the steps of a write.

        :param patience: the seconds to wait for another writer
        :raises StoreUnusable: if another process keeps writing
        """
        with deadlines.apart(self._seconds), Lease(self._wire, patience) as lease:
            steps = Steps(self._wire, lease, stores=self._stores)
            self._repair(steps)
            steps.done = 0
            yield steps

    def replace(self, wanted: Mapping[str, set[Triple]], *, mode: WriteMode, guard: Guard | None = None) -> None:
        """Replace the triples of graphs, except those that ``mode`` keeps; a graph without triples is removed.

        :param wanted: the new triples by the IRI of the graph
        :param guard: see :data:`~rolegraph.engine.Guard`
        :raises StoreUnusable: if the write was interrupted; repeating it completes it
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
        unstated = leaving - self._stated(leaving, set(listed).difference(change.graph for change in changes))
        notes: set[Triple] = {(_BOOK, WRITING if change.stays else REMOVING, ox.NamedNode(change.graph)) for change in changes}
        with self._recovering([change.graph for change in changes], steps):
            steps.book((), notes)
            steps.remove(UNION, unstated)
            for change in changes:
                self._clear(change, steps)
            for change in changes:
                steps.insert(change.graph, change.added)
            steps.insert(UNION, frozenset[Triple]().union(*(change.added for change in changes)))
            self._finish(changes, listed, notes, steps)

    def _change(self, graph: str, triples: set[Triple], *, mode: WriteMode, listed: bool) -> Change:
        """Compare a graph with its new triples. Another program wrote an unlisted graph, so the union may lack all of its triples."""
        old = set(self.pages(graph))
        new = triples | kept(old, triples, mode)
        added = new - (old if listed else {triple for triple in old if blank(triple)})
        return Change(graph, frozenset(added), frozenset(old - new), frozenset(old & new))

    def _stated(self, triples: frozenset[Triple], graphs: Collection[str]) -> set[Triple]:
        """Return those triples that one of these graphs states."""
        subjects = sorted({str(triple[0]) for triple in triples if isinstance(triple[0], ox.NamedNode)})
        named = [("default-graph-uri", NOTHING), *(("named-graph-uri", graph) for graph in graphs)]
        stated: set[Triple] = set()
        for start in range(0, len(subjects) if graphs else 0, SUBJECTS):
            values = " ".join(subjects[start : start + SUBJECTS])
            text = f"SELECT DISTINCT ?s ?p ?o {{ VALUES ?s {{ {values} }} GRAPH ?g {{ ?s ?p ?o }} }}"
            stated |= {triple for triple in self._lookups.triples(text, named) if triple in triples}
        return stated

    @staticmethod
    def _clear(change: Change, steps: Steps) -> None:
        """Remove the triples from a graph that it no longer has."""
        name = ox.NamedNode(change.graph)
        if not change.stays:
            if change.removed:
                steps.send(f"DROP SILENT GRAPH {name}")
            return
        steps.remove(change.graph, change.removed)
        # triples of other programs: no update can name blank nodes, so all those of a subject are removed together
        foreign = {triple for triple in change.removed if blank(triple)}
        if foreign and not any(map(blank, change.remaining)):
            triple = f"GRAPH {name} {{ ?s ?p ?o }}"
            steps.send(f"DELETE {{ {triple} }} WHERE {{ {triple} FILTER(ISBLANK(?s) || ISBLANK(?o)) }}")
            return
        for subject in sorted({str(triple[0]) for triple in foreign if isinstance(triple[0], ox.NamedNode)}):
            triple = f"GRAPH {name} {{ {subject} ?p ?o }}"
            steps.send(f"DELETE {{ {triple} }} WHERE {{ {triple} FILTER(ISBLANK(?o)) }}")

    def _finish(self, changes: Collection[Change], listed: Collection[str], notes: set[Triple], steps: Steps) -> None:
        """Update the bookkeeping: the last step, so that a graph is listed once it is complete."""
        named = [(change, ox.NamedNode(change.graph)) for change in changes]
        unlisted = {(_BOOK, PART, name) for change, name in named if not change.stays and change.graph in listed}
        newly_listed = {(_BOOK, PART, name) for change, name in named if change.stays and change.graph not in listed}
        steps.book((), newly_listed)
        steps.book(unlisted | notes | {(_BOOK, note, name) for _, name in named for note in _NOTES}, ())
        steps.lease.confirm()

    def _repair(self, steps: Steps) -> None:
        """Repair the union after interrupted writes, and list the graphs of these writes if they have triples.

        A writer that lost its lease notes the union itself: then the union may also have surplus triples.
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
            stays = there or partly  # a graph that lost all its triples stays listed, so that it can be written again or withdrawn
            steps.book((), {(_BOOK, PART, name)} if stays and graph not in listed else ())
            steps.book((), {(_BOOK, PARTLY, name)} if partly else ())
            steps.book(() if stays else {(_BOOK, PART, name)}, ())
        steps.book({(_BOOK, note, ox.NamedNode(graph)) for note, graphs in noted.items() for graph in graphs}, ())

    @staticmethod
    def _purge(audit: Audit, steps: Steps) -> None:
        for left in list(audit.left_over()):
            audit.remove(left.property, steps)

    def noted(self, property_: ox.NamedNode) -> list[str]:
        """Return the values of a property of the bookkeeping."""
        return [graph.value for graph in self._lookups.column(f"SELECT ?graph {{ GRAPH <{BOOK}> {{ <{BOOK}> {property_} ?graph }} }}")]

    def _digests(self) -> set[Triple]:
        pattern = f"{{ VALUES ?property {{ {DIGEST} }} GRAPH <{BOOK}> {{ ?graph ?property ?digest }} }}"
        return set(self._lookups.triples(f"SELECT ?graph ?property ?digest {pattern}"))

    @contextmanager
    def _recovering(self, graphs: Iterable[str], steps: Steps) -> Iterator[None]:
        """Convert the error of an interrupted write, and repair the union at once if possible."""
        try:
            yield
        except RolegraphError as error:
            if not steps.done and "endpoint_status" in error.members:
                raise  # the endpoint refused the first step, so nothing was changed
            with suppress(RolegraphError):
                if steps.lease.lost:  # the last request may have run after the first step of another writer
                    self._wire.update(f"INSERT DATA {{ GRAPH <{BOOK}> {{ <{BOOK}> {WRITING} <{UNION}> }} }}")
                else:
                    self._repair(steps)
            detail = f"the write was interrupted: {error.detail}. These graphs may be incomplete: {', '.join(graphs)}"
            raise StoreUnusable(f"{detail}; repeating the write completes them") from error
