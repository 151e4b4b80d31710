"""Finds the endpoints that a query would have the engine call: nothing leaves this machine because of a query."""

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from rdflib.plugins.sparql.parser import parseQuery
from rdflib.plugins.sparql.parserutils import CompValue

from rolegraph.errors import Refused

_ESCAPE = re.compile(r"\\u([0-9A-Fa-f]{4})|\\U([0-9A-Fa-f]{8})")


@lru_cache(maxsize=512)
def refuse_remote(text: str) -> None:
    """Refuse a query with a SERVICE clause, whatever its disguise.

    A query without the letters of the keyword, once code point escapes are resolved, has none; only the others are
    parsed, and one that this parser cannot read is refused, since what it would do is not known.

    :raises Refused: naming the reason
    """
    plain = _ESCAPE.sub(_character, text)
    if "service" not in plain.lower():
        return
    try:
        parsed = parseQuery(plain)
    except Exception as error:
        raise Refused(
            "the query holds the word SERVICE and could not be read closely enough to rule out a call to another endpoint; "
            "write it in plain SPARQL 1.1, or leave the word out",
        ) from error
    if any(node.name == "ServiceGraphPattern" for node in _nodes(parsed)):
        raise Refused("SERVICE would call another endpoint, and this service calls none; query that endpoint yourself")


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
