"""Reads JSON-LD with rdflib, but refuses invalid IRIs, which rdflib would change, and collects the keys that it ignores."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from rdflib import BNode, Graph
from rdflib.plugins.parsers.jsonld import Parser
from rdflib.plugins.shared.jsonld.context import Context, Term
from rdflib.term import IdentifiedNode, Node

from rolegraph.errors import UnreadableInput
from rolegraph.validation.findings import ENTRY, Finding

COMPONENT = "UnknownTermConstraintComponent"
_SIMILARITY = 0.75  # lowest ratio of two similar words
_INVALID_IN_IRI = re.compile('[\x00-\x20<>"{}|\\\\^`]')


@dataclass(frozen=True)
class Unknown:
    """A key that is not in the context, so that its value is in no triple. ``near`` is the key that may be meant, or empty."""

    subject: str
    key: str
    near: str


class Reader(Parser):
    """rdflib's JSON-LD parser with checks: rdflib itself turns invalid IRIs into blank nodes, or drops their triples."""

    def __init__(self) -> None:
        super().__init__()
        self.unknown: list[Unknown] = []

    def _key_to_graph(  # noqa: PLR0917 - rdflib's signature
        self,
        dataset: Graph,
        graph: Graph,
        context: Context,
        subj: Node,
        key: str,
        obj: Any,
        reverse: bool = False,
        no_id: bool = False,
    ) -> None:
        term = context.terms.get(key)
        if term and term.id and term.id.endswith(("/", "#")):
            near = _near(key, context)
            raise UnreadableInput(f"{key} is a prefix for names of things, not a property", expected=near or "a property of the context")
        if not term and not key.startswith("@") and ":" not in key and not context.vocab:
            self.unknown.append(Unknown("" if isinstance(subj, BNode) else str(subj), key, _near(key, context)))
        super()._key_to_graph(dataset, graph, context, subj, key, obj, reverse, no_id)

    def _to_rdf_id(self, context: Context, id_val: str) -> IdentifiedNode | None:
        _check_iri(id_val)
        return super()._to_rdf_id(context, id_val)

    def _to_object(  # noqa: PLR0917 - rdflib's signature
        self, dataset: Graph, graph: Graph, context: Context, term: Term | None, node: Any, inlist: bool = False
    ) -> Node | None:
        if isinstance(node, str) and term and term.type in ("@id", "@vocab"):
            _check_iri(node)
        return super()._to_object(dataset, graph, context, term, node, inlist)


def findings(unknown: list[Unknown]) -> Iterator[Finding]:
    """Warn of keys that are not in the context: JSON-LD ignores them silently."""
    for item in unknown:
        hint = f"did you mean {item.near}?" if item.near else "the context lists the keys that can be used, e.g. tools."
        message = f"{item.key} is not in the JSON-LD context, so its value is left out: {hint}"
        yield Finding("Warning", message, item.subject or "_:b", None, None, COMPONENT, ENTRY)


def _near(key: str, context: Context) -> str:
    """Return the property of a context whose name is the most similar to a key, or an empty text."""
    terms = [(name, term.id or "") for name, term in context.terms.items()]
    properties = {name.casefold(): name for name, iri in terms if name[:1].islower() and not iri.startswith("@") and iri[-1:] not in "/#"}
    matches = get_close_matches(key.casefold(), properties, 1, _SIMILARITY)
    return properties[matches[0]] if matches else ""


def _check_iri(text: str) -> None:
    if _INVALID_IN_IRI.search(text) and not text.startswith("_:"):
        raise UnreadableInput(f"{text[:200]!a} is not an IRI", expected="an IRI as in RFC 3987, without spaces and brackets")
