"""Reads JSON-LD as rdflib does, but refuses what rdflib would change, and keeps the keys that it passes over."""

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
_ALIKE = 0.75  # of the letters of two words
_NO_IRI = re.compile('[\x00-\x20<>"{}|\\\\^`]')


@dataclass(frozen=True)
class Unknown:
    """A key that no context gives a meaning: what it says of a thing is in no triple. ``near`` is the word that may be meant, or empty."""

    subject: str
    key: str
    near: str


class Reader(Parser):
    """rdflib's reader of JSON-LD, which makes blank nodes of IRIs that are none, or leaves out what is said of them."""

    def __init__(self) -> None:
        super().__init__()
        self.unknown: list[Unknown] = []

    def _key_to_graph(  # noqa: PLR0917 - the signature is theirs
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
            raise UnreadableInput(f"{key} begins the names of things, and is no property", expected=near or "a property of the context")
        if not term and not key.startswith("@") and ":" not in key and not context.vocab:
            self.unknown.append(Unknown("" if isinstance(subj, BNode) else str(subj), key, _near(key, context)))
        super()._key_to_graph(dataset, graph, context, subj, key, obj, reverse, no_id)

    def _to_rdf_id(self, context: Context, id_val: str) -> IdentifiedNode | None:
        _refuse_no_iri(id_val)
        return super()._to_rdf_id(context, id_val)

    def _to_object(  # noqa: PLR0917 - the signature is theirs
        self, dataset: Graph, graph: Graph, context: Context, term: Term | None, node: Any, inlist: bool = False
    ) -> Node | None:
        if isinstance(node, str) and term and term.type in ("@id", "@vocab"):
            _refuse_no_iri(node)
        return super()._to_object(dataset, graph, context, term, node, inlist)


def findings(unknown: list[Unknown]) -> Iterator[Finding]:
    """Warn of keys that no context gives a meaning: JSON-LD passes them over without a word."""
    for one in unknown:
        hint = f"did you mean {one.near}?" if one.near else "the context lists those that are, e.g. tools."
        message = f"{one.key} is no word of the JSON-LD context, so what it says is left out: {hint}"
        yield Finding("Warning", message, one.subject or "_:b", None, None, COMPONENT, ENTRY)


def _near(key: str, context: Context) -> str:
    """Return the property of a context whose name is nearest to a key, or an empty text."""
    terms = [(name, term.id or "") for name, term in context.terms.items()]
    properties = {name.casefold(): name for name, iri in terms if name[:1].islower() and not iri.startswith("@") and iri[-1:] not in "/#"}
    found = get_close_matches(key.casefold(), properties, 1, _ALIKE)
    return properties[found[0]] if found else ""


def _refuse_no_iri(text: str) -> None:
    if _NO_IRI.search(text) and not text.startswith("_:"):
        raise UnreadableInput(f"{text[:200]!a} is no IRI", expected="an IRI of RFC 3987, without blanks and brackets")
