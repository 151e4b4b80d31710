"""Detects tables by their columns, whatever the name of the file and the number of lines before the header."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from rolegraph.errors import UnreadableInput
from rolegraph.importers import tables
from rolegraph.importers.downloads import Download, Part
from rolegraph.importers.reports import ImportReport
from rolegraph.importers.tables import Layout

_SUFFIXES = (".csv", ".txt")


@dataclass(frozen=True)
class Table:
    """A publisher's table: its layout, and the columns that identify it."""

    layout: Layout
    columns: tuple[str, ...]


@dataclass(frozen=True)
class DetectedTable:
    """A table in a download: the file, the table that it holds, and the number of lines before its header."""

    part: Part
    table: Table
    before: int

    def rows(self, report: ImportReport) -> Iterator[tuple[int, list[str]]]:
        """Yield the line number and the stripped cells of the table's columns of each row."""
        for line, row in tables.rows(self.part, self.table.layout, self.table.columns, report, before=self.before):
            yield line, [cell.strip() for cell in row]


def detect_one(download: Download, candidates: Collection[Table], what: str) -> DetectedTable | None:
    """Return the only file of a download that holds one of the tables, or None.

    :param what: the name of such tables in an error, in the plural
    :raises UnreadableInput: if there are several
    """
    detected = [table for part in download.parts if (table := _detect(part, candidates))]
    if len(detected) > 1:
        names = ", ".join(table.part.place for table in detected)
        raise UnreadableInput(f"{download.where} has {len(detected)} {what}: {names}", expected="one at a time")
    return detected[0] if detected else None


def missing(download: Download, candidates: Collection[Table], what: str) -> UnreadableInput:
    """Return the error for a download without any of the tables; it lists their columns."""
    columns = "; or ".join(dict.fromkeys(", ".join(table.columns) for table in candidates))
    names = ", ".join(sorted({part.name for part in download.parts})) or "no files"
    return UnreadableInput(f"{download.where} has no {what}", expected=f"a table with the columns {columns}", found=names)


def _detect(part: Part, candidates: Collection[Table]) -> DetectedTable | None:
    if part.name.lower().endswith(_SUFFIXES):
        for table in candidates:
            before = tables.header(part, table.layout, table.columns)
            if before is not None:
                return DetectedTable(part, table, before)
    return None
