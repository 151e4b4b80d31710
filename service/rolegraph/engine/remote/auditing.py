"""Compares the union with the graphs on an endpoint, in pieces, and makes it agree with them.

A write changes the union only such that whatever is in it stays in some graph (see :mod:`~rolegraph.engine.remote.graphs`). So one that
broke off leaves the union short of triples of the graph that was written, and nothing else. What is left over in the union comes from
elsewhere: a server that ran a request late, somebody who wrote past us, or an older version of this program. Triples with blank nodes are
written by others only; the union leaves them out.
"""

from collections.abc import Collection, Iterator, Sequence
from typing import NamedTuple

import pyoxigraph as ox

from rolegraph.engine.documents import Triple
from rolegraph.engine.remote.http import Parameters
from rolegraph.engine.remote.lookups import PAGE, Lookups
from rolegraph.engine.remote.names import NOTHING, UNION
from rolegraph.engine.remote.steps import Steps

LARGEST = 4  # graphs that are looked into by name, before all are: most triples are in one of them, which takes a tenth of the time
_NAMED = "FILTER(!ISBLANK(?s) && !ISBLANK(?o))"


class Left(NamedTuple):
    """Triples of one property that are in the union and in no graph."""

    property: str
    number: int


class Audit:
    """Compares the union with the graphs that are listed."""

    def __init__(self, lookups: Lookups, listed: Collection[str]) -> None:
        self._lookups = lookups
        self._listed = sorted(listed)

    def missing(self, graph: str) -> int:
        """Return how many triples of a graph the union lacks."""
        return self._lookups.count(f"{{ {_short(graph)} }}", graph)

    def add(self, graph: str, steps: Steps) -> None:
        """Add to the union what it lacks of a graph, one property at a time."""
        name = ox.NamedNode(graph)
        for property_ in self._lookups.column(f"SELECT DISTINCT ?p {{ GRAPH {name} {{ ?s ?p ?o }} }}"):
            made = f"GRAPH <{UNION}> {{ ?s {property_} ?o }}"
            steps.send(f"INSERT {{ {made} }} WHERE {{ {_short(graph, property_)} }}")

    def left_over(self) -> Iterator[Left]:
        """Yield how much there is in the union that no graph states, by property."""
        for property_ in self._lookups.column(f"SELECT DISTINCT ?p {{ GRAPH <{UNION}> {{ ?s ?p ?o }} }}"):
            pattern, parameters = self._left(property_)
            if number := self._lookups.count(pattern, UNION, parameters):
                yield Left(property_.value, number)

    def remove(self, property_: str, steps: Steps) -> None:
        """Remove from the union what no graph states of a property."""
        pattern, parameters = self._left(ox.NamedNode(property_))
        known: set[Triple] = set()
        while True:
            text = f"SELECT ?s ({ox.NamedNode(property_)} AS ?p) ?o {pattern} LIMIT {PAGE}"
            found = set(self._lookups.triples(text, parameters))
            if not found - known:
                return
            steps.remove(UNION, found)
            known |= found

    def _left(self, property_: ox.NamedNode) -> tuple[str, Parameters]:
        """Return the pattern of what no graph states of a property, and the parameters that name the graphs to ask."""
        triple = f"?s {property_} ?o"
        largest = ""
        if self._listed:
            ranked = f"SELECT ?g {{ GRAPH ?g {{ {triple} }} }} GROUP BY ?g ORDER BY DESC(COUNT(*)) LIMIT {LARGEST}"
            named = [("default-graph-uri", NOTHING), *(("named-graph-uri", graph) for graph in self._listed)]
            first = self._lookups.column(ranked, named)
            largest = " ".join(f"FILTER NOT EXISTS {{ GRAPH {graph} {{ {triple} }} }}" for graph in first)
        pattern = f"{{ GRAPH <{UNION}> {{ {triple} }} {_NAMED} {largest} FILTER NOT EXISTS {{ {triple} }} }}"
        stating: Sequence[str] = self._listed or [NOTHING]
        return pattern, [
            *(("default-graph-uri", graph) for graph in stating),
            *(("named-graph-uri", graph) for graph in (UNION, *self._listed)),
        ]


def _short(graph: str, property_: ox.NamedNode | None = None) -> str:
    """Return the pattern of what the union lacks of a graph."""
    triple = f"?s {property_ or '?p'} ?o"
    return f"GRAPH {ox.NamedNode(graph)} {{ {triple} }} {_NAMED} FILTER NOT EXISTS {{ GRAPH <{UNION}> {{ {triple} }} }}"
