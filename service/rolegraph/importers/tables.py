"""Tables of a download: rows with the number of their first line, reduced to the requested columns."""

import csv
import io
import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from rolegraph.errors import UnreadableInput
from rolegraph.importers.downloads import Part
from rolegraph.importers.reports import ImportReport, printable

CELL = 64 * 1024 * 1024  # characters; cells of half a million occur, which exceed the default limit of Python's reader
PREAMBLE = 100  # lines that may precede the header
SHOWN = 1000  # characters of a header in an error
PROGRESS_ROWS = 1000  # rows between two reports of the progress


@dataclass(frozen=True)
class Layout:
    """The delimiter of a table, and whether quotes around a cell are markup or part of the text."""

    delimiter: str = ","
    quoted: bool = True

    def reader(self, lines: io.TextIOBase) -> Any:
        """Return a strict reader of rows; line ends inside quotes stay as they are."""
        csv.field_size_limit(max(csv.field_size_limit(), CELL))
        if self.quoted:
            return csv.reader(lines, delimiter=self.delimiter, strict=True)
        return csv.reader(lines, delimiter=self.delimiter, quoting=csv.QUOTE_NONE, strict=True)


COMMAS = Layout()
SEMICOLONS = Layout(";")
TABS = Layout("\t", quoted=False)


def header(part: Part, layout: Layout, columns: Sequence[str]) -> int | None:
    """Return the number of lines before the header, the first line that has all of these columns; None if there is none."""
    with part.open() as raw, io.TextIOWrapper(raw, encoding="utf-8-sig", errors="replace", newline="") as lines:
        for number, line in enumerate(itertools.islice(lines, PREAMBLE)):
            if set(columns) <= {cell.strip() for cell in line.replace('"', "").split(layout.delimiter)}:
                return number
    return None


def rows(
    part: Part, layout: Layout, columns: Sequence[str], report: ImportReport, optional: Sequence[str] = (), *, before: int = 0
) -> Iterator[tuple[int, list[str]]]:
    """Yield the number of the first line of each row and its cells in the order of ``columns``, then ``optional``.

    A byte order mark is ignored. Missing cells at the end of a row, and the cells of a missing optional column, are empty.

    :param before: the number of lines before the header; see :func:`header`
    :raises UnreadableInput: if a column is missing or the table is malformed, with file and line
    """
    with part.open() as raw, io.TextIOWrapper(raw, encoding="utf-8-sig", newline="") as lines:
        for _ in itertools.islice(lines, before):
            pass
        reader = layout.reader(lines)
        try:
            names = [name.strip() for name in next(reader, [])]
            places = [_place(part, names, name) for name in columns]
            places += [names.index(name) if name in names else -1 for name in optional]
            line = before + reader.line_num + 1
            width = max(places, default=-1) + 1
            for number, row in enumerate(reader):
                if row:
                    full = row if len(row) >= width else [*row, *[""] * (width - len(row))]
                    yield line, [full[place] if place >= 0 else "" for place in places]
                    report.read[part.name] += 1
                line = before + reader.line_num + 1
                if number % PROGRESS_ROWS == 0:
                    report.progress(part.name, raw.tell(), part.size)
            if not report.read[part.name]:
                report.note("no rows", part.name, 0, f"{part.place} has a header and no rows")
            report.progress(part.name, part.size, part.size)
        except (csv.Error, UnicodeDecodeError) as error:
            raise UnreadableInput(f"{part.place} cannot be read as a table: {error}", line=before + reader.line_num) from error


def _place(part: Part, header: Sequence[str], name: str) -> int:
    if name not in header:
        has = printable(", ".join(header)[:SHOWN]) or "nothing"
        raise UnreadableInput(f"{part.place} has no column {name!r}; its first line has {has}", expected=name, line=1)
    return header.index(name)
