"""Tables that people hand in, such as a column of job titles: encoding and separator are found in the file itself."""

import codecs
import csv
import io
import itertools
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import IO

from rolegraph.errors import BadParameter, UnreadableInput
from rolegraph.importers.reports import printable
from rolegraph.importers.tables import CELL

SEPARATORS = (",", ";", "\t", "|")
ENCODINGS = "UTF-8, UTF-16 or Windows-1252"
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_PIECE = 256 * 1024  # bytes per read
_SHOWN = 20  # names of columns in an error


@dataclass
class Sheet:
    """A table, or lines of text, which are a table of one column without a name.

    :param place: the name of the file, for errors
    :param names: the names of the columns; none for lines of text
    :param rows: each row with the number of its first line; a row without cells is one of empty cells
    :param remark: what had to be assumed, such as an encoding; empty in general
    """

    place: str
    names: tuple[str, ...]
    rows: Iterator[tuple[int, list[str]]]
    remark: str = ""

    def column(self, wanted: str | None, usual: Sequence[str] = ()) -> int:
        """Return the place of a column: that of a name, else the only one, else one with a usual name. Case does not matter.

        :raises BadParameter: if there is no such column, or it is not clear which
        """
        folded = [name.strip().casefold() for name in self.names]
        if wanted is not None:
            if wanted.strip().casefold() in folded:
                return folded.index(wanted.strip().casefold())
            raise BadParameter("column", f"{self.place} has no column {wanted!r}", expected=self._expected())
        if len(self.names) <= 1:
            return 0
        for name in usual:
            if name in folded:
                return folded.index(name)
        raise BadParameter("column", f"{self.place} has {len(self.names)} columns", expected=self._expected())

    def _expected(self) -> str:
        if not self.names:
            return "no column: the file holds lines of text"
        return "one of its columns: " + ", ".join(map(printable, self.names[:_SHOWN])) + (", …" if len(self.names) > _SHOWN else "")


def read(file: IO[bytes], place: str, *, lines: bool = False, separators: Sequence[str] = SEPARATORS) -> Sheet:
    """Return the table in a file with a header in its first row, which ends when the file does.

    :param file: the file, which can be read twice
    :param place: the name of the file, for errors
    :param lines: each line is a text, and there is no header
    :raises UnreadableInput: here and while the rows are read, with the line; also if the encoding is not one of :data:`ENCODINGS`
    """
    encoding = _encoding(file, place)
    file.seek(0)
    remark = f"{place} is not UTF-8, and was read as Windows-1252" if encoding == "cp1252" else ""
    text = _lines(file, encoding, None if lines else "", place)
    if lines:
        return Sheet(place, (), ((number, [line.rstrip("\n")]) for number, line in enumerate(text, 1)), remark)
    first, before = next(text, ""), 0
    if first.lower().startswith("sep=") and len(first.rstrip("\r\n")) == 5:  # how Excel is told the separator
        separators, before, first = (first[4],), 1, next(text, "")
    separator = max(separators, key=lambda each: len(next(csv.reader([first], delimiter=each), [])))
    rows = _rows(text, first, separator, before, place)
    _, names = next(rows, (1, []))
    if not any(name.strip() for name in names):
        detail = f"{place} has no header in its first line"
        raise UnreadableInput(detail, expected="the names of the columns, then the rows", line=before + 1)
    return Sheet(place, tuple(name.strip() for name in names), _complete(rows, len(names), separator, place), remark)


def _lines(file: IO[bytes], encoding: str, newline: str | None, place: str) -> Iterator[str]:
    number, text = 0, io.TextIOWrapper(file, encoding, newline=newline)
    try:
        for number, line in enumerate(text, 1):  # noqa: B007 - the number is for the error
            yield line
    except UnicodeDecodeError as error:
        detail = f"{place} is not {error.encoding}: {error.reason}"
        raise UnreadableInput(detail, expected=f"text in {ENCODINGS}", line=number + 1) from error
    finally:
        with suppress(ValueError):  # the file has been closed meanwhile
            text.detach()  # whoever opened the file closes it


def _rows(text: Iterator[str], first: str, separator: str, before: int, place: str) -> Iterator[tuple[int, list[str]]]:
    """Yield the rows of a table, the header first."""
    csv.field_size_limit(max(csv.field_size_limit(), CELL))
    reader = csv.reader(itertools.chain((first,), text), delimiter=separator, strict=True)
    line = before + 1
    try:
        for row in reader:
            yield line, row
            line = before + reader.line_num + 1
    except csv.Error as error:
        raise UnreadableInput(f"{place} cannot be read as a table: {error}", line=line) from error


def _complete(rows: Iterator[tuple[int, list[str]]], width: int, separator: str, place: str) -> Iterator[tuple[int, list[str]]]:
    """Yield rows with as many cells as the header has; those of a single column may hold the separator."""
    for line, row in rows:
        if len(row) > width:
            if width == 1:
                yield line, [separator.join(row)]
                continue
            if any(cell.strip() for cell in row[width:]):
                detail = f"{place} has {len(row)} cells in a row, and {width} in its header"
                raise UnreadableInput(detail, expected="a cell that holds the separator in quotation marks", line=line)
        yield line, [*row[:width], *[""] * (width - len(row))]


def _encoding(file: IO[bytes], place: str) -> str:
    start = file.read(4096)
    for mark, encoding in _MARKS:
        if start.startswith(mark):
            return encoding
    if start.startswith(b"PK\x03\x04"):
        expected = f"text in {ENCODINGS}; a workbook with the name *.xlsx"
        raise UnreadableInput(f"{place} is a zip file or a workbook, not text", expected=expected)
    if b"\x00" in start:
        return _wide(start, place)
    for encoding in ("utf-8", "cp1252"):
        file.seek(0)
        if _decodes(file, encoding):
            return encoding
    raise UnreadableInput(f"the encoding of {place} is unknown", expected=f"text in {ENCODINGS}")


def _wide(start: bytes, place: str) -> str:
    """Return which UTF-16 a text without a mark is in: of European letters every other byte is 0."""
    for odd, encoding in ((1, "utf-16-le"), (0, "utf-16-be")):
        if start[odd::2].count(0) > 0.4 * len(start[odd::2]) and not start[1 - odd :: 2].count(0):
            return encoding
    raise UnreadableInput(f"{place} is not text: it has bytes of value 0", expected=f"text in {ENCODINGS}")


def _decodes(file: IO[bytes], encoding: str) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)()
    try:
        while piece := file.read(_PIECE):
            decoder.decode(piece)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True
