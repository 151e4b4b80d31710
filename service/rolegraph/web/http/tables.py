"""Tables for spreadsheets: cells that a spreadsheet would run as a formula are escaped, in tables of any size."""

import codecs
import csv
import io
from collections.abc import Iterable, Iterator

from rolegraph.output import escape_formula
from rolegraph.values import PIECE, Answer
from rolegraph.web.http.temporary_files import nameless, put
from rolegraph.web.http.wsgi import LARGEST

_FORMULAS = ("=", "+", "-", "@", "\\t", "\\r")  # first characters of a literal that a spreadsheet would run


def guarded(answer: Answer) -> Answer:
    """Return the answer of a canned query with formulas escaped if it is CSV or TSV, else unchanged.

    The answers of ``/sparql`` are for programs and are not escaped.
    """
    if answer.format.name not in ("csv", "tsv"):
        return answer
    lines = codecs.iterdecode(answer.pieces(), "utf-8")
    escaped = _csv(lines) if answer.format.name == "csv" else _tsv(lines)
    file = nameless()
    try:
        for piece in escaped:
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


def _csv(pieces: Iterable[str]) -> Iterator[str]:
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    for row in csv.reader(_lines(pieces)):
        writer.writerow([escape_formula(cell) for cell in row])
        if text.tell() >= PIECE:
            yield text.getvalue()
            text.seek(0)
            text.truncate()
    yield text.getvalue()


def _tsv(pieces: Iterable[str]) -> Iterator[str]:
    """Escape the terms of a TSV table. They are written as in Turtle, so a literal starts after its quotation mark."""
    for line in _lines(pieces):
        yield "\t".join(_term(cell) for cell in line.split("\t"))


def _term(cell: str) -> str:
    if not cell.startswith('"'):
        return cell  # an IRI, or a number
    return f"\"'{cell[1:]}" if cell[1:].startswith(_FORMULAS) else cell


def _lines(pieces: Iterable[str]) -> Iterator[str]:
    """Yield text line by line, with line ends."""
    partial = ""
    for piece in pieces:
        *whole, partial = (partial + piece).split("\n")
        yield from (f"{line}\n" for line in whole)
    if partial:
        yield partial
