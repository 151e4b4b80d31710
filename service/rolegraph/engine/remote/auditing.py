"""Compares the union with the graphs on an endpoint, in pieces, and repairs it.

At every moment of a write, each triple of the union is in some graph (see :mod:`~rolegraph.engine.remote.graphs`). So after an interrupted
write the union can only lack triples of the graphs that were written. Surplus triples in the union have other causes: a server that ran a
request late, a program that wrote to the endpoint directly, or an older version of Rolegraph. Only other programs write triples with blank
nodes; the union does not contain them.
"""

from collections.abc import Collection, Iterator, Sequence
from typing import NamedTuple

import pyoxigraph as ox

from rolegraph.engine.documents import Triple
from rolegraph.engine.remote.http import Parameters
from rolegraph.engine.remote.lookups import PAGE, Lookups
from rolegraph.engine.remote.names import NOTHING, UNION
from rolegraph.engine.remote.steps import Steps

LARGEST = 4  # graphs that are searched by name before all others: most triples are in one of them, which takes a tenth of the time
_NAMED = "FILTER(!ISBLANK(?s) && !ISBLANK(?o))"


class Left(NamedTuple):
    """The number of triples of one property that are in the union but in no graph."""

    property: str
    number: int


class Audit:
    """Compares the union with the listed graphs."""

    def __init__(self, lookups: Lookups, listed: Collection[str]) -> None:
        self._lookups = lookups
        self._listed = sorted(listed)

    def missing(self, graph: str) -> int:
        """Return how many triples of a graph the union lacks."""
        return self._lookups.count(f"{{ {_missing_pattern(graph)} }}", graph)

    def add(self, graph: str, steps: Steps) -> None:
        """Add the missing triples of a graph to the union, one property at a time."""
        name = ox.NamedNode(graph)
        for property_ in self._lookups.column(f"SELECT DISTINCT ?p {{ GRAPH {name} {{ ?s ?p ?o }} }}"):
            made = f"GRAPH <{UNION}> {{ ?s {property_} ?o }}"
            steps.send(f"INSERT {{ {made} }} WHERE {{ {_missing_pattern(graph, property_)} }}")

    def left_over(self) -> Iterator[Left]:
        """Yield the properties of which the union has triples that no graph states."""
        for property_ in self._lookups.column(f"SELECT DISTINCT ?p {{ GRAPH <{UNION}> {{ ?s ?p ?o }} }}"):
            pattern, parameters = self._surplus_pattern(property_)
            if number := self._lookups.count(pattern, UNION, parameters):
                yield Left(property_.value, number)

    def remove(self, property_: str, steps: Steps) -> None:
        """Remove the triples of a property from the union that no graph states."""
        pattern, parameters = self._surplus_pattern(ox.NamedNode(property_))
        removed: set[Triple] = set()
        while True:
            text = f"SELECT ?s ({ox.NamedNode(property_)} AS ?p) ?o {pattern} LIMIT {PAGE}"
            page = set(self._lookups.triples(text, parameters))
            if not page - removed:
                return
            steps.remove(UNION, page)
            removed |= page

    def _surplus_pattern(self, property_: ox.NamedNode) -> tuple[str, Parameters]:
        """Return the pattern for triples of a property that no graph states, and the parameters that name the graphs to query."""
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


def _missing_pattern(graph: str, property_: ox.NamedNode | None = None) -> str:
    """Return the pattern for triples of a graph that are not in the union."""
    triple = f"?s {property_ or '?p'} ?o"
    return f"GRAPH {ox.NamedNode(graph)} {{ {triple} }} {_NAMED} FILTER NOT EXISTS {{ GRAPH <{UNION}> {{ {triple} }} }}"
