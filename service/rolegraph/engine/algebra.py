"""Queries and updates as rdflib parses them: what the engine's own parser does not tell of them. Nothing is run here."""

import re
from collections.abc import Iterator
from functools import cache, lru_cache
from typing import Any

from rdflib import Graph, URIRef, Variable
from rdflib.plugins.sparql.algebra import translateQuery, translateUpdate
from rdflib.plugins.sparql.parser import parseQuery, parseUpdate
from rdflib.plugins.sparql.parserutils import CompValue

from rolegraph.terms import BASE
from rolegraph.values import Dataset

_ESCAPE = re.compile(r"\\u([0-9A-Fa-f]{4})|\\U([0-9A-Fa-f]{8})")
_REMEMBERED = 512


class Unreadable(Exception):
    """A text that rdflib cannot read: of SPARQL 1.2, or none at all."""


def plain(text: str) -> str:
    """Return a text with its code point escapes resolved, which may hide any keyword."""
    return _ESCAPE.sub(_character, text)


@lru_cache(maxsize=_REMEMBERED)
def services(text: str) -> tuple[str | None, ...]:
    """Return the endpoints that a query or an update would call, None for one that is a variable.

    :raises Unreadable: for a text that cannot be read
    """
    found = [node for node in _nodes(_query(text) or _update(text)) if node.name == "ServiceGraphPattern"]
    return tuple(str(node.term) if isinstance(node.term, URIRef) else None for node in found)


@lru_cache(maxsize=_REMEMBERED)
def dataset(text: str) -> Dataset | None:
    """Return the graphs that a query names with FROM and FROM NAMED, or None where it names none or cannot be read."""
    query = _query(text)
    clauses = query[-1].get("datasetClause") if query else None
    if not clauses:
        return None
    default, named = ([str(clause[kind]) for clause in clauses if kind in clause] for kind in ("default", "named"))
    return Dataset(tuple(default), tuple(named))


@lru_cache(maxsize=_REMEMBERED)
def operations(text: str) -> tuple[CompValue, ...]:
    """Return the operations of an update, in order, with every IRI in full.

    :raises Unreadable: for a text that cannot be read
    """
    return tuple(_update(text))


def ungrouped(text: str) -> str | None:
    """Return the name of a variable that a SELECT gives without grouping by it, though it groups; None where there is none.

    A text that cannot be read tells of none.
    """
    try:
        tree = parseQuery(plain(text))[1]
    except Exception:  # noqa: BLE001 - the parser raises what it likes
        return None
    for select in _nodes(tree):
        if select.name in ("SelectQuery", "SubSelect") and (name := _ungrouped(select)):
            return name
    return None


@cache
def vocabularies() -> dict[str, str]:
    """Return prefix → namespace IRI of the vocabularies that rdflib knows."""
    return {prefix: str(namespace) for prefix, namespace in Graph(bind_namespaces="rdflib").namespaces()}


def _ungrouped(select: CompValue) -> str | None:
    given = [each for each in select.projection or () if isinstance(each, CompValue)]
    conditions = select.groupby.condition if select.groupby else None
    if conditions is None and not any(node.name.startswith("Aggregate_") for node in _nodes(given)):
        return None
    known = {str(each) if isinstance(each, Variable) else str(each.var) for each in conditions or ()}
    for each in given:
        for name in _outside(each.var if each.expr is None else each.expr):
            if name not in known:
                return name
        known.add(str(each.evar))
    return None


def _outside(tree: Any) -> Iterator[str]:
    """Yield the variables of an expression that stand outside of aggregates and patterns."""
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
    except Exception:  # noqa: BLE001 - the parser raises what it likes
        return None


def _update(text: str) -> list[CompValue]:
    try:
        return list(translateUpdate(parseUpdate(plain(text)), base=BASE).algebra)
    except Exception as error:
        raise Unreadable from error


def _character(match: re.Match[str]) -> str:
    code = int(match[1] or match[2], 16)
    return chr(code) if code <= 0x10FFFF else match[0]


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
