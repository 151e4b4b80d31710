"""The JSON-LD context of the project: its address, its words, and documents that name it, which are read without a network."""

import json
from collections.abc import Mapping
from functools import cache
from typing import Any

from rolegraph import resources
from rolegraph.terms import BASE

ADDRESS = BASE + "context.jsonld"
NAMES = (ADDRESS, "/context.jsonld")
"""What a document may call the context: its address, or the path at which each service has it."""


@cache
def words() -> Mapping[str, Any]:
    """Return the context: word → IRI, CURIE or definition. It is not to be changed."""
    document: dict[str, Any] = json.loads((resources.folder("ontology") / "context.jsonld").read_text(encoding="utf-8"))
    context: dict[str, Any] = document["@context"]
    return context


def included(node: Any) -> Any:
    """Return a document with the context in place of its address; other contexts stay as they are."""
    if isinstance(node, list):
        return [included(item) for item in node]
    if not isinstance(node, dict):
        return node
    return {key: _included(value) if key == "@context" else included(value) for key, value in node.items()}


def _included(context: Any) -> Any:
    if isinstance(context, list):
        return [_included(item) for item in context]
    return words() if context in NAMES else included(context)
