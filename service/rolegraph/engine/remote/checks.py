"""Checks the graphs on an endpoint: that the union agrees with them, and that each holds what was last written to it."""

from typing import NamedTuple

from rolegraph import deadlines
from rolegraph.engine.remote.auditing import Audit
from rolegraph.engine.remote.graphs import RemoteGraphs
from rolegraph.engine.remote.leases import holders
from rolegraph.engine.remote.lookups import Lookups
from rolegraph.engine.remote.names import PARTLY, REMOVING, UNION, WRITING


class Fault(NamedTuple):
    """Something that is wrong on an endpoint: its kind, the IRI of the graph or the property, or a place, and a sentence."""

    kind: str
    where: str
    message: str


class Checks:
    """Looks for faults, and puts right what can be.

    :param seconds: what a request may take: some go through the largest graph
    """

    def __init__(self, lookups: Lookups, keeping: RemoteGraphs, seconds: float) -> None:
        self._lookups = lookups
        self._keeping = keeping
        self._seconds = seconds

    def faults(self) -> list[Fault]:
        """Return what is wrong, graph by graph; a write that goes on meanwhile shows as one that broke off."""
        with deadlines.apart(self._seconds):
            found = [
                Fault("writer", holder.place, f"is writing, last seen {holder.idle:.0f} seconds ago") for holder in holders(self._lookups)
            ]
            notes = {note: self._keeping.noted(note) for note in (WRITING, REMOVING, PARTLY)}
            for note in (WRITING, REMOVING):
                found += [Fault("unfinished", graph, "a write of this graph broke off, or goes on") for graph in sorted(notes[note])]
            text = "holds only a part of what was last written to it: write it again, or remove it"
            found += [Fault("incomplete", graph, text) for graph in sorted(notes[PARTLY])]
            listed = self._keeping.listed()
            graphs = {*listed, *notes[WRITING], *notes[REMOVING]} - {UNION}
            audit = Audit(self._lookups, listed)
            for graph in sorted(graphs):
                if number := audit.missing(graph):
                    found.append(Fault("union", graph, f"the union lacks {number} triples of this graph"))
            for left in audit.left_over():
                found.append(Fault("union", left.property, f"the union holds {left.number} triples of this property that no graph states"))
        return found

    def fix(self, patience: float) -> None:
        """Make the union agree with the graphs. What graphs lack of what was written to them is not known, so they stay as they are."""
        with self._keeping.writing(patience) as steps:
            audit = Audit(self._lookups, self._keeping.listed())
            for graph in self._keeping.listed():
                if audit.missing(graph):
                    audit.add(graph, steps)
            for left in list(audit.left_over()):
                audit.remove(left.property, steps)
            steps.lease.confirm()
