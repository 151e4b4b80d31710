"""How the answer of a query is given: in the format that the client takes, or as a table or a graph on a page."""

import json
from typing import Any

from rolegraph.formats import Format, holding
from rolegraph.values import Answer
from rolegraph.web.http import negotiation
from rolegraph.web.http.negotiation import HTML

ROWS_SHOWN = 1000
SHOWN = 8 * 1024 * 1024  # bytes of an answer that a page can still be made of
_PLAIN = {"table": "json", "graph": "turtle"}


class ResultFormat:
    """The format that the client wants of a query's answer, once it is known what the answer holds."""

    def __init__(self, *, lenient: bool = False) -> None:
        self._lenient = lenient
        self._pages: set[str] = set()

    def choose(self, holds: str) -> Format:
        """Return the format of the answer; a page is made of one of its own."""
        offered = holding(holds)
        format_ = negotiation.choose(*offered, HTML, lenient=self._lenient)
        if format_ != HTML:
            return format_
        self._pages.add(holds)
        return next(other for other in offered if other.name == _PLAIN[holds])

    def page(self, holds: str) -> bool:
        """Tell whether an answer of this kind is wanted as a page."""
        return holds in self._pages


def shown(answer: Answer) -> dict[str, Any]:
    """Return what a page shows of an answer: a table, a yes or no, the text of a graph, or of a large one only how large it is."""
    if answer.size > SHOWN:
        return {"size": answer.size, "holds": answer.format.holds}
    if answer.format.holds == "graph":
        return {"graph": answer.body.decode()}
    found = json.loads(answer.body)
    if "boolean" in found:
        return {"boolean": found["boolean"]}
    bindings = found["results"]["bindings"]
    return {"names": found["head"]["vars"], "bindings": bindings[:ROWS_SHOWN], "count": len(bindings)}
