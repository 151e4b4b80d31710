"""Which things writes changed: the subjects of the triples in which two revisions of the written graphs differ."""

from collections.abc import Callable, Iterable

from rolegraph import terms
from rolegraph.queries import internal
from rolegraph.values import Row, Value

MOST_TRIPLES = 5000  # of one graph; what a larger graph changed is not looked for. The query asks for one more
MOST_THINGS = 1000  # that changed; for more, it is as fast to read all again

Ask = Callable[[str], list[Row]]


def changed_things(before: Ask, now: Ask, graphs: Iterable[str]) -> frozenset[str] | None:
    """Return the IRIs of the subjects of all triples that were added to graphs or removed from them; None if it may be many.

    :param before: answers queries on the older revision
    :param now: answers queries on the newer one
    :param graphs: the IRIs of the graphs that were written between the two
    """
    things: set[str] = set()
    for graph in graphs:
        query = internal.query("triples-of-graph").bind({"graph": graph})
        rows, rows_now = before(query), now(query)
        if max(len(rows), len(rows_now)) > MOST_TRIPLES:
            return None
        things |= {triple[0].value for triple in set(map(_triple, rows)) ^ set(map(_triple, rows_now))}
        if len(things) > MOST_THINGS:
            return None
    return frozenset(things) if all(map(terms.is_iri, things)) else None


def _triple(row: Row) -> tuple[Value, Value, Value]:
    return row["subject"], row["property"], row["value"]
