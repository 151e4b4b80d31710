"""Formats of query results: the format that the client accepts, or a table or graph on a page."""

import json
from typing import Any

from rolegraph.formats import Format, holding
from rolegraph.values import Answer
from rolegraph.web.http import negotiation
from rolegraph.web.http.negotiation import HTML

ROWS_SHOWN = 1000
SHOWN = 8 * 1024 * 1024  # most bytes of an answer that a page shows
_PLAIN = {"table": "json", "graph": "turtle"}


class ResultFormat:
    """Chooses the format of a query result when it is known whether the result is a table or a graph."""

    def __init__(self, *, lenient: bool = False) -> None:
        self._lenient = lenient
        self._pages: set[str] = set()

    def choose(self, holds: str) -> Format:
        """Return the format of the result. For a page, that is the format that the page is rendered from."""
        offered = holding(holds)
        format_ = negotiation.choose(*offered, HTML, lenient=self._lenient)
        if format_ != HTML:
            return format_
        self._pages.add(holds)
        return next(other for other in offered if other.name == _PLAIN[holds])

    def page(self, holds: str) -> bool:
        """Return whether a result of this kind is shown on a page."""
        return holds in self._pages


def shown(answer: Answer) -> dict[str, Any]:
    """Return the template values of a result: a table, a boolean, the text of a graph, or only the size of a large result."""
    if answer.size > SHOWN:
        return {"size": answer.size, "holds": answer.format.holds}
    if answer.format.holds == "graph":
        return {"graph": answer.body.decode()}
    document = json.loads(answer.body)
    if "boolean" in document:
        return {"boolean": document["boolean"]}
    bindings = document["results"]["bindings"]
    return {"names": document["head"]["vars"], "bindings": bindings[:ROWS_SHOWN], "count": len(bindings)}
