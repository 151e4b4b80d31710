"""The canonical layout of Turtle files: sorted, one object per line, so that a change of one fact changes one line."""

import io
import re

from rdflib import RDF, BNode, Graph, URIRef
from rdflib.plugins.serializers.longturtle import LongTurtleSerializer
from rdflib.term import Node

from rolegraph import terms

_NUMBER = re.compile(r"(\d+)")


class _Sorted(LongTurtleSerializer):
    """rdflib's long Turtle with subjects sorted by IRI: rdflib's order depends on the references to a subject."""

    def orderSubjects(self) -> list[Node]:  # noqa: N802 - rdflib's name
        return sorted(self._subjects, key=_natural)


def _natural(node: Node) -> tuple[bool, list[tuple[int, str]]]:
    """Sort key of a node: its text, with numbers compared by value; blank nodes come last."""
    pieces = [(int(piece), "") if piece.isdigit() else (-1, piece) for piece in _NUMBER.split(str(node))]
    return isinstance(node, BNode), pieces


def canonical_turtle(graph: Graph) -> str:
    """Return a graph as Turtle with the declared prefixes; the same triples always give the same text.

    A graph that describes one source binds ``item:`` to that source's fragments, so its statements read ``item:…``.
    """
    laid_out = Graph(bind_namespaces="none")
    for prefix, namespace in terms.prefixes().items():
        laid_out.bind(prefix, namespace)
    sources = [str(node) for node in graph.subjects(RDF.type, URIRef(terms.RG + "Source"))]
    if len(sources) == 1:
        laid_out.bind("item", sources[0] + "#")
    for triple in graph:
        laid_out.add(triple)
    text = io.BytesIO()
    _Sorted(laid_out).serialize(text, encoding="utf-8")  # type: ignore[no-untyped-call]  # rdflib leaves it untyped
    return text.getvalue().decode().rstrip("\n") + "\n"
