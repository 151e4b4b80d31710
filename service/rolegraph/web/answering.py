"""How the answer of a query is given: in the format that the client takes, or as a table or a graph on a page."""

import codecs
import csv
import io
import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from rolegraph.formats import Format, holding
from rolegraph.things import PIECE, Answer
from rolegraph.web import display, negotiation
from rolegraph.web.filing import nameless, put
from rolegraph.web.negotiation import HTML
from rolegraph.web.remembering import LARGEST

ROWS_SHOWN = 1000
SHOWN = 8 * 1024 * 1024  # bytes of an answer that a page can still be made of
_FORMULAS = ("=", "+", "-", "@", "\\t", "\\r")  # as a literal begins that a spreadsheet would run
_PLAIN = {"table": "json", "graph": "turtle"}


class Choice:
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


def harmless(answer: Answer) -> Answer:
    """Return the answer of a canned query so that a spreadsheet can open it without harm; that of any other format as it is.

    What ``/sparql`` answers is for programs, and stays as the format has it.
    """
    if answer.format.name not in ("csv", "tsv"):
        return answer
    lines = codecs.iterdecode(answer.pieces(), "utf-8")
    guarded = _csv(lines) if answer.format.name == "csv" else _tsv(lines)
    file = nameless()
    try:
        for piece in guarded:
            put(file, piece.encode())
        if file.tell() > LARGEST:
            return Answer(answer.format, file)
        file.seek(0)
        content = file.read()
    except BaseException:
        file.close()
        raise
    file.close()
    return Answer(answer.format, content)


def sheet(table: Sequence[Sequence[str]]) -> str:
    """Return a table as CSV that a spreadsheet can open without harm."""
    text = io.StringIO()
    csv.writer(text).writerows([display.harmless(cell) for cell in row] for row in table)
    return text.getvalue()


def _csv(pieces: Iterable[str]) -> Iterator[str]:
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    for row in csv.reader(_lines(pieces)):
        writer.writerow([display.harmless(cell) for cell in row])
        if text.tell() >= PIECE:
            yield text.getvalue()
            text.seek(0)
            text.truncate()
    yield text.getvalue()


def _tsv(pieces: Iterable[str]) -> Iterator[str]:
    """Guard the terms of a table, which are written as in Turtle: what a literal says begins after its quotation mark."""
    for line in _lines(pieces):
        yield "\t".join(_term(cell) for cell in line.split("\t"))


def _term(cell: str) -> str:
    if not cell.startswith('"'):
        return cell  # an IRI, or a number
    return f"\"'{cell[1:]}" if cell[1:].startswith(_FORMULAS) else cell


def _lines(pieces: Iterable[str]) -> Iterator[str]:
    """Yield text line by line, each with its end."""
    rest = ""
    for piece in pieces:
        *whole, rest = (rest + piece).split("\n")
        yield from (f"{line}\n" for line in whole)
    if rest:
        yield rest
