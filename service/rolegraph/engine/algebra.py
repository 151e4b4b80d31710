"""Analyses queries and updates with the parser of rdflib, because Oxigraph does not expose its own. Nothing is run here.

It is imported where it is used: a worker that needs no such analysis takes a third of the memory without rdflib.
"""

from collections.abc import Iterator
from functools import cache, lru_cache
from typing import Any

from rdflib import Graph, URIRef, Variable
from rdflib.plugins.sparql.algebra import translateQuery, translateUpdate
from rdflib.plugins.sparql.parser import parseQuery, parseUpdate
from rdflib.plugins.sparql.parserutils import CompValue

from rolegraph.engine.query_limits import Unreadable, plain
from rolegraph.terms import BASE
from rolegraph.values import Dataset

_CACHED = 512  # texts


@lru_cache(maxsize=_CACHED)
def services(text: str) -> tuple[str | None, ...]:
    """Return the endpoints that a query or an update would call; None stands for a variable.

    :raises Unreadable: for a text that cannot be parsed
    """
    clauses = [node for node in _nodes(_query(text) or _update(text)) if node.name == "ServiceGraphPattern"]
    return tuple(str(clause.term) if isinstance(clause.term, URIRef) else None for clause in clauses)


@lru_cache(maxsize=_CACHED)
def dataset(text: str) -> Dataset | None:
    """Return the dataset that a query defines with FROM and FROM NAMED; None if it defines none or cannot be parsed."""
    query = _query(text)
    clauses = query[-1].get("datasetClause") if query else None
    if not clauses:
        return None
    default, named = ([str(clause[kind]) for clause in clauses if kind in clause] for kind in ("default", "named"))
    return Dataset(tuple(default), tuple(named))


@lru_cache(maxsize=_CACHED)
def operations(text: str) -> tuple[CompValue, ...]:
    """Return the operations of an update, in order, with absolute IRIs.

    :raises Unreadable: for a text that cannot be parsed
    """
    return tuple(_update(text))


def ungrouped(text: str) -> str | None:
    """Return the first variable that a SELECT with groups returns without grouping by it or aggregating it; None if there is none.

    Also None for a text that cannot be parsed.
    """
    try:
        tree = parseQuery(plain(text))[1]
    except Exception:  # noqa: BLE001 - the parser raises errors of many kinds
        return None
    for select in _nodes(tree):
        if select.name in ("SelectQuery", "SubSelect") and (name := _ungrouped(select)):
            return name
    return None


@cache
def vocabularies() -> dict[str, str]:
    """Return prefix → namespace IRI of the vocabularies that rdflib includes."""
    return {prefix: str(namespace) for prefix, namespace in Graph(bind_namespaces="rdflib").namespaces()}


def _ungrouped(select: CompValue) -> str | None:
    projected = [item for item in select.projection or () if isinstance(item, CompValue)]
    conditions = select.groupby.condition if select.groupby else None
    if conditions is None and not any(node.name.startswith("Aggregate_") for node in _nodes(projected)):
        return None
    grouped = {str(condition) if isinstance(condition, Variable) else str(condition.var) for condition in conditions or ()}
    for item in projected:
        for name in _outside(item.var if item.expr is None else item.expr):
            if name not in grouped:
                return name
        grouped.add(str(item.evar))
    return None


def _outside(tree: Any) -> Iterator[str]:
    """Yield the variables of an expression outside aggregates and patterns."""
    if isinstance(tree, Variable):
        yield str(tree)
    elif isinstance(tree, CompValue):
        if not tree.name.startswith(("Aggregate_", "GroupGraphPattern")) and "Exists" not in tree.name:
            for child in tree.values():
                yield from _outside(child)
    elif not isinstance(tree, str) and hasattr(tree, "__iter__"):
        for child in tree:
            yield from _outside(child)


def _query(text: str) -> list[CompValue] | None:
    try:
        return [translateQuery(parseQuery(plain(text)), base=BASE).algebra]
    except Exception:  # noqa: BLE001 - the parser raises errors of many kinds
        return None


def _update(text: str) -> list[CompValue]:
    try:
        return list(translateUpdate(parseUpdate(plain(text)), base=BASE).algebra)
    except Exception as error:
        raise Unreadable from error


def _nodes(tree: Any) -> Iterator[CompValue]:
    if isinstance(tree, CompValue):
        yield tree
        children: Any = tree.values()
    elif isinstance(tree, str) or not hasattr(tree, "__iter__"):
        return
    else:
        children = tree
    for child in children:
        yield from _nodes(child)
