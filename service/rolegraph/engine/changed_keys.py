"""Which keys a write touched (:mod:`rolegraph.dependencies`)."""

from collections.abc import Iterable, Iterator, Mapping
from itertools import islice

import pyoxigraph as ox

from rolegraph import dependencies
from rolegraph.engine.documents import Triple
from rolegraph.engine.touched import Touched

MOST_TRIPLES = 2000  # that a write changes; a larger one touches everything
MOST_OF_SUBJECT = 2000  # triples about a thing that a write changes; a larger thing touches everything

Graph = ox.NamedNode | ox.DefaultGraph


def touched(store: ox.Store, changed: Mapping[Graph, set[Triple]], graphs: Iterable[Graph]) -> Touched | None:
    """Return what a write touched; None if it changed much, so that it touched everything.

    :param store: the store after the write
    :param changed: the triples that were added to each graph or removed from it
    :param graphs: the graphs that were created or deleted
    """
    if sum(map(len, changed.values())) > MOST_TRIPLES:
        return None
    keys = {dependencies.inside(_name(graph)) for graph in (*changed, *graphs)}
    subjects = {triple[0] for triples in changed.values() for triple in triples}
    for triples in changed.values():
        for triple in triples:
            keys.update(_changed(*triple))
    for subject in subjects:
        # also what stayed: it tells which things a changed one belongs to
        about = list(islice(store.quads_for_pattern(subject, None, None, None), MOST_OF_SUBJECT + 1))
        if len(about) > MOST_OF_SUBJECT:
            return None
        for quad in about:
            keys.update(_of_changed_thing(quad.predicate, quad.object))
    return Touched.of(keys)


def _changed(subject: object, property_: ox.NamedNode, thing: object) -> Iterator[str]:
    """Yield the keys that a changed triple touches."""
    if isinstance(subject, ox.NamedNode):
        yield dependencies.about(subject.value)
        if property_.value in dependencies.CARD:
            yield dependencies.card(subject.value)
    yield dependencies.using(property_.value)
    if isinstance(thing, ox.NamedNode):
        yield dependencies.naming(thing.value)
        yield dependencies.linking(property_.value, thing.value)
    yield from _of_changed_thing(property_, thing)


def _of_changed_thing(property_: ox.NamedNode, thing: object) -> Iterator[str]:
    """Yield the keys that a change touches by a triple of the thing that it is about."""
    yield dependencies.having(property_.value)
    if isinstance(thing, ox.NamedNode):
        yield dependencies.linked(property_.value, thing.value)


def _name(graph: Graph) -> str:
    return graph.value if isinstance(graph, ox.NamedNode) else ""
