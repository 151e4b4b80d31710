"""Checks the graphs on an endpoint: whether the union matches them, and whether the last write of each graph is complete."""

from typing import NamedTuple

from rolegraph import deadlines
from rolegraph.engine.remote.auditing import Audit
from rolegraph.engine.remote.graphs import RemoteGraphs
from rolegraph.engine.remote.leases import holders
from rolegraph.engine.remote.lookups import Lookups
from rolegraph.engine.remote.names import PARTLY, REMOVING, UNION, WRITING


class Fault(NamedTuple):
    """A fault on an endpoint: its kind, its place (the IRI of a graph or a property, or a process), and a message."""

    kind: str
    where: str
    message: str


class Checks:
    """Finds faults and repairs the union.

    :param seconds: the time limit of a request: some read the whole largest graph
    """

    def __init__(self, lookups: Lookups, graphs: RemoteGraphs, seconds: float) -> None:
        self._lookups = lookups
        self._graphs = graphs
        self._seconds = seconds

    def faults(self) -> list[Fault]:
        """Return the faults, graph by graph. A write that is still running is reported like an interrupted one."""
        with deadlines.apart(self._seconds):
            faults = [
                Fault("writer", holder.place, f"is writing, last seen {holder.idle:.0f} seconds ago") for holder in holders(self._lookups)
            ]
            notes = {note: self._graphs.noted(note) for note in (WRITING, REMOVING, PARTLY)}
            for note in (WRITING, REMOVING):
                text = "a write of this graph was interrupted or is running"
                faults += [Fault("unfinished", graph, text) for graph in sorted(notes[note])]

            text = "has only a part of what was last written to it: write it again, or remove it"
            faults += [Fault("incomplete", graph, text) for graph in sorted(notes[PARTLY])]
            listed = self._graphs.listed()
            graphs = {*listed, *notes[WRITING], *notes[REMOVING]} - {UNION}
            audit = Audit(self._lookups, listed)
            for graph in sorted(graphs):
                if number := audit.missing(graph):
                    faults.append(Fault("union", graph, f"the union lacks {number} triples of this graph"))
            for left in audit.left_over():
                faults.append(Fault("union", left.property, f"the union has {left.number} triples of this property that no graph states"))
        return faults

    def fix(self, patience: float) -> None:
        """Repair the union. Incomplete graphs cannot be repaired, since it is unknown what they lack.

        :param patience: the seconds to wait for another writer
        """
        with self._graphs.writing(patience) as steps:
            audit = Audit(self._lookups, self._graphs.listed())
            for graph in self._graphs.listed():
                if audit.missing(graph):
                    audit.add(graph, steps)
            for left in list(audit.left_over()):
                audit.remove(left.property, steps)
            steps.lease.confirm()
