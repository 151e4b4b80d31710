"""Graphs behind real SPARQL servers, and how their answers are compared."""

import re
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from endpoints import SERVERS
from rolegraph import formats, resources
from rolegraph.engine.remote.endpoint import Endpoint
from rolegraph.errors import StoreUnusable
from rolegraph.facade import Rolegraph
from rolegraph.queries import QueryCatalogue, internal
from rolegraph.values import Row, Value

EX = "http://example.org/parity/"
Changes = dict[str | None, bytes | None]
REMOTE = Path(__file__).parents[1] / "docs" / "remote.md"
DIFFERENT = [("virtuoso", "items-missing")]  # canned queries that a server cannot answer: docs/remote.md
XSD = "http://www.w3.org/2001/XMLSchema#"
QUERIES = list(QueryCatalogue())
ANY = "openapi-example"  # which any triple answers
INTERNAL = [internal.query(path.stem) for path in resources.files("queries", "internal/*.rq") if path.stem != ANY]
WRITES = f"SELECT ?g ?s ?p ?o {{ GRAPH ?g {{ ?s ?p ?o }} FILTER(STRSTARTS(STR(?g), '{EX}')) }}"
UNITED = f"SELECT ?s ?p ?o {{ ?s ?p ?o FILTER(STRSTARTS(STR(?s), '{EX}')) }}"


def choose(holds: str) -> formats.Format:
    return formats.named("json" if holds == "table" else "ntriples", formats.holding(holds))


def alike(value: Value) -> Value:
    """Take away what a server may change, and no more: Virtuoso 7 lowers language tags and keeps booleans as numbers."""
    if value.datatype == XSD + "boolean":
        return value._replace(value={"1": "true", "0": "false"}.get(value.value, value.value))
    return value._replace(language=value.language and value.language.lower())


def ordered(rows: list[Row]) -> list[str]:
    return sorted(str(sorted((name, alike(value)) for name, value in row.items())) for row in rows)


@dataclass(frozen=True)
class Peer:
    """An engine with the graph as shipped; ``endpoint`` is None for the embedded one."""

    graph: Rolegraph
    endpoint: Endpoint | None


class Peers(dict[str, Peer]):
    """Peers by the names of their servers, which are started when they are first needed, once."""

    def __init__(self, stack: ExitStack, folder: Callable[[str], Path]) -> None:
        super().__init__()
        self.stack, self.folder = stack, folder

    def __missing__(self, name: str) -> Peer:
        endpoint = self.stack.enter_context(SERVERS[name](self.folder(name)))
        self[name] = Peer(Rolegraph.remote(endpoint), endpoint)
        return self[name]


def union(found: Any) -> int:
    return int(found.rows(UNITED.replace("SELECT ?s ?p ?o", "SELECT (COUNT(*) AS ?n)"))[0]["n"].value)


def words(rows: list[Row]) -> list[str]:
    """Return rows with the words of each value in order: what is concatenated comes in any."""
    parted = [{name: (value, sorted(re.split("[ \x1f]", value.value))) for name, value in row.items()} for row in rows]
    return ordered([{name: value._replace(value=" ".join(parts)) for name, (value, parts) in row.items()} for row in parted])


TEXTS = (
    "plain", "", "quotes \" and ' and '''", "a back\\slash, a tab\tand\r\nnew lines\n", "ünïcode 漢字 🙂 \u200f \u00a0", "}} ; DROP ALL #",
    "long " * 40_000,
)  # fmt: skip
FIRST: Changes = {EX + "a": f"<{EX}s> <{EX}p> 1, 01, 'x', 'y'@en-GB .".encode(), EX + "b": f"<{EX}s> <{EX}p> 'x' .".encode()}
THEN: Changes = {
    EX + "a": f"<{EX}s> <{EX}p> 01, 'y'@en-GB, 'z' ; <{EX}q> true .".encode(),
    EX + "b": None,
    EX + "c": f"<{EX}s> <{EX}p> 'z', 'w' .".encode(),
}


def breaking(send: Any, left: list[int], *, late: bool) -> Any:
    """Let so many requests pass, and then break off: before the next is sent, or after it was done."""

    def wrapped(*given: Any, **named: Any) -> None:
        left[0] -= 1
        if left[0] <= 0 and not late:
            raise StoreUnusable("the connection broke off")
        send(*given, **named)
        if left[0] <= 0:
            raise StoreUnusable("the connection broke off")

    return wrapped
