"""Internal look-ups at an endpoint, which return terms."""

from collections.abc import Iterator

import pyoxigraph as ox

from rolegraph.engine.documents import Term, Triple
from rolegraph.engine.remote import answers
from rolegraph.engine.remote.http import Connection, Parameters
from rolegraph.engine.remote.query_forms import LOOKUP
from rolegraph.errors import StoreUnusable

PAGE = 5_000  # rows: servers truncate their answers, mostly at 10,000


class Lookups:
    """Runs the look-ups of the engine at an endpoint."""

    def __init__(self, wire: Connection) -> None:
        self._wire = wire

    def column(self, text: str, parameters: Parameters = ()) -> list[ox.NamedNode]:
        """Return the IRIs of a table of one column."""
        return [term for (term,) in self._rows(text, 1, parameters) if isinstance(term, ox.NamedNode)]

    def triples(self, text: str, parameters: Parameters = ()) -> Iterator[Triple]:
        """Yield the triples of a table of three columns."""
        for subject, predicate, object_ in self._rows(text, 3, parameters):
            if isinstance(subject, ox.NamedNode | ox.BlankNode) and isinstance(predicate, ox.NamedNode) and object_ is not None:
                yield subject, predicate, object_

    def texts(self, text: str, width: int) -> list[tuple[str, ...]]:
        """Return the rows of a table as plain texts, empty for unbound variables.

        :param width: the number of columns
        """
        rows = self._rows(text, width)
        return [tuple(term.value if isinstance(term, ox.NamedNode | ox.Literal) else "" for term in row) for row in rows]

    def count(self, pattern: str, what: str, parameters: Parameters = ()) -> int:
        """Return the number of solutions of a pattern.

        :param what: the name of what is counted, for the error
        :raises StoreUnusable: if the endpoint returns no number
        """
        counts = [term for (term,) in self._rows(f"SELECT (COUNT(*) AS ?n) {pattern}", 1, parameters)]
        if len(counts) != 1 or not isinstance(counts[0], ox.Literal):
            raise StoreUnusable(f"the endpoint does not count the triples in {what}")
        return int(counts[0].value)

    def pages(self, graph: str) -> Iterator[Triple]:
        """Yield the triples of a graph, page by page, since servers truncate long answers.

        :raises StoreUnusable: if their number differs from the endpoint's count
        """
        pattern = f"{{ GRAPH {ox.NamedNode(graph)} {{ ?s ?p ?o }} }}"
        expected, received = self.count(pattern, graph), 0
        while received < expected:
            page = list(self.triples(f"SELECT ?s ?p ?o {pattern} OFFSET {received} LIMIT {PAGE}"))
            if not page:
                break
            received += len(page)
            yield from page
        if received != expected:
            detail = (
                f"the endpoint counts {expected} triples in {graph} but returned {received}: "
                "the graph was written meanwhile, or the endpoint truncates its answers"
            )
            raise StoreUnusable(detail)

    def _rows(self, text: str, width: int, parameters: Parameters = ()) -> Iterator[tuple[Term | None, ...]]:
        for row in answers.solutions(self._wire.ask(text, LOOKUP, parameters)):
            if len(row) != width:
                raise StoreUnusable(f"the endpoint returned {len(row)} columns instead of {width}")
            yield row
