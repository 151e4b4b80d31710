"""The concepts that texts are matched with: their labels and descriptions, read from the graph."""

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from rolegraph import terms
from rolegraph.queries.internal import query
from rolegraph.values import Row

SKOS = "http://www.w3.org/2004/02/skos/core#"
_BETWEEN = "\x1f"  # separates texts and languages in the queries
DESCRIBED = 600  # characters of a description that are used

Ask = Callable[[str], list[Row]]


@dataclass(frozen=True)
class Concept:
    """A concept with its labels, the preferred one first, and its description, which may be empty."""

    iri: str
    labels: tuple[str, ...]
    description: str = ""

    @property
    def digest(self) -> int:
        """A 64-bit number that changes with its labels and description."""
        content = repr((self.labels, self.description)).encode("utf-8", "surrogatepass")
        return int.from_bytes(hashlib.sha256(content).digest()[:8])


def read(ask: Ask, kind: str, graph: str | None, language: str) -> list[Concept]:
    """Return the concepts of a kind with labels in a language or in none, in the order of their IRIs.

    :param graph: only concepts that this graph describes; None for all
    :param language: a base language, such as ``en``; labels of its regions are read too
    """
    labels: dict[str, list[tuple[int, str]]] = {}
    descriptions: dict[str, str] = {}
    for type_ in terms.KINDS[kind].types:
        for number, name in enumerate(("prefLabel", "altLabel", "hiddenLabel")):
            for iri, text in _texts(ask, type_, SKOS + name, graph, language):
                labels.setdefault(iri, []).append((number, text))
        for iri, text in _texts(ask, type_, SKOS + "definition", graph, language):
            descriptions[iri] = min(text, descriptions.get(iri, text))
        for row in ask(query("match-deprecated").bind({"class": type_, "graph": graph})):
            labels.pop(row["thing"].value, None)
    return [_concept(iri, labels[iri], descriptions.get(iri, "")) for iri in sorted(labels)]


def types_of(ask: Ask, things: Iterable[str]) -> set[str]:
    """Return the classes of some things."""
    bound = query("linked").bind({"thing": sorted(things), "property": terms.RDF_TYPE})
    return {word for row in ask(bound) if "words" in row for word in row["words"].value.split()[1::2]}


def _texts(ask: Ask, type_: str, property_: str, graph: str | None, language: str) -> Iterable[tuple[str, str]]:
    """Yield the texts of one property of all concepts."""
    bound = query("match-texts").bind({"class": type_, "property": property_, "graph": graph})
    for row in ask(bound):
        if row["thing"].kind == "iri":
            pieces = row["texts"].value.split(_BETWEEN)
            for tag, text in zip(pieces[::2], pieces[1::2], strict=False):
                if _is_in(tag, language) and (stripped := text.strip()):
                    yield row["thing"].value, stripped


def _is_in(tag: str, language: str) -> bool:
    return not tag or tag.lower().split("-")[0] == language


def _concept(iri: str, labels: list[tuple[int, str]], description: str) -> Concept:
    return Concept(iri, tuple(dict.fromkeys(text for _, text in sorted(labels))), description[:DESCRIBED])
