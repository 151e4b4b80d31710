"""The graphs that an update writes, and the dataset that its WHERE clauses query."""

import re
from collections.abc import Iterable, Iterator
from typing import Any

from rdflib import URIRef

from rolegraph.engine import algebra
from rolegraph.engine.query_limits import tokens
from rolegraph.errors import BadParameter, Refused
from rolegraph.values import Dataset

_EVERY = {"NAMED", "ALL"}
_CLAUSES = {"using", "with"}


def written(text: str) -> frozenset[str] | None:
    """Return the IRIs of the named graphs that an update may write, or None if it may write any graph.

    :raises Refused: for an update that writes the default graph, which is the union of the named ones
    :raises Unreadable: for an update that cannot be parsed
    """
    targets = {target for operation in algebra.operations(text) for target in _targets(operation)}
    if "DEFAULT" in targets:
        detail = "the update would write the default graph, which cannot be written: it is the union of all named graphs"
        raise Refused(detail, expected="GRAPH <iri> { … }, or WITH <iri>; or a service started with --default-graph own")
    named = frozenset(target for target in targets if target is not None)
    return named if len(named) == len(targets) else None


def _targets(operation: Any) -> Iterator[str | None]:
    """Yield the graphs that an operation writes: IRIs, ``DEFAULT``, or None for any graph."""
    if operation.name in ("Clear", "Drop", "Create"):
        yield None if operation.graphiri in _EVERY else str(operation.graphiri)
    elif operation.name == "Load":
        yield str(operation.graphiri) if operation.graphiri else "DEFAULT"
    elif operation.name in ("Add", "Copy", "Move"):
        yield from map(str, operation.graph if operation.name == "Move" else operation.graph[1:])
    else:
        default = str(operation.withClause) if operation.withClause else "DEFAULT"
        for template in (operation.delete, operation.insert) if operation.name == "Modify" else (operation,):
            if template:
                yield from _of_template(template, default)


def _of_template(template: Any, default: str) -> Iterator[str | None]:
    if template.triples:
        yield default
    for graph in template.quads or ():
        yield str(graph) if isinstance(graph, URIRef) else None


def asked_of(text: str, dataset: Dataset) -> str:
    """Add USING clauses to an update, so that its WHERE clauses query a dataset (SPARQL 1.1 Protocol, 2.2.3).

    :raises BadParameter: if the update itself has USING or WITH
    """
    clauses = _clauses(dataset)
    pieces, last, depth, before = [], 0, 0, ""
    for start, end, word in tokens(text):
        if depth == 0 and word in _CLAUSES:
            raise BadParameter("using-graph-uri", f"the update itself has {word.upper()}", expected="only one of the two")
        if depth == 0 and word == "where":
            shorthand = before == "delete"  # DELETE WHERE { … } has no USING clause: expand it, as its pattern is also its template
            pieces += [text[last:start], _pattern(text, end) if shorthand else "", clauses, text[start:end]]
            last = end
        depth += (word == "{") - (word == "}")
        before = word
    return "".join([*pieces, text[last:]])


def _pattern(text: str, start: int) -> str:
    """Return the first group of a text from a position on, with its braces."""
    depth, opened = 0, start
    for begin, end, word in tokens(text[start:]):
        opened = begin if word == "{" and depth == 0 else opened
        depth += (word == "{") - (word == "}")
        if word == "}" and depth == 0:
            return f" {text[start + opened : start + end]} "
    return ""


def _clauses(dataset: Dataset) -> str:
    def each(keyword: str, iris: Iterable[str]) -> Iterator[str]:
        for iri in iris:
            if re.search(r'[\x00-\x20<>"{}|^`\\]', iri):
                raise BadParameter("using-graph-uri", f"{iri!r} is not an IRI", expected="the IRI of a graph")
            yield f" {keyword} <{iri}>"

    return "".join([*each("USING", dataset.default), *each("USING NAMED", dataset.named), "\n"])
