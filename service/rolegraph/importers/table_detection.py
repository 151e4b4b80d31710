"""Tables that are known by their columns, whatever the file is called and however many lines stand before the header."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from rolegraph.errors import UnreadableInput
from rolegraph.importers import tables
from rolegraph.importers.downloads import Download, Part
from rolegraph.importers.reports import Report
from rolegraph.importers.tables import Layout

_SUFFIXES = (".csv", ".txt")


@dataclass(frozen=True)
class Table:
    """A publisher's table: how it is written, and the columns that it is known by."""

    layout: Layout
    columns: tuple[str, ...]


@dataclass(frozen=True)
class DetectedTable:
    """A table in a download: the file, which table it holds, and how many lines stand before its header."""

    part: Part
    table: Table
    before: int

    def rows(self, report: Report) -> Iterator[tuple[int, list[str]]]:
        """Yield for each row the number of its line and the cells of the table's columns, without white space around them."""
        for line, row in tables.rows(self.part, self.table.layout, self.table.columns, report, before=self.before):
            yield line, [cell.strip() for cell in row]


def only(download: Download, known: Collection[Table], what: str) -> DetectedTable | None:
    """Return the table of a download that is one of those that are known, or None where there is none.

    :param what: how to call such tables in an error, in the plural
    :raises UnreadableInput: where there are several
    """
    all_ = [one for part in download.parts if (one := _found(part, known))]
    if len(all_) > 1:
        names = ", ".join(one.part.place for one in all_)
        raise UnreadableInput(f"{download.where} has {len(all_)} {what}: {names}", expected="one at a time")
    return all_[0] if all_ else None


def missing(download: Download, known: Collection[Table], what: str) -> UnreadableInput:
    """Return the error that says that a download has no table of those that are known, and which columns they have."""
    columns = "; or ".join(dict.fromkeys(", ".join(table.columns) for table in known))
    names = ", ".join(sorted({part.name for part in download.parts})) or "no files"
    return UnreadableInput(f"{download.where} has no {what}", expected=f"a table with the columns {columns}", found=names)


def _found(part: Part, known: Collection[Table]) -> DetectedTable | None:
    if part.name.lower().endswith(_SUFFIXES):
        for table in known:
            before = tables.header(part, table.layout, table.columns)
            if before is not None:
                return DetectedTable(part, table, before)
    return None
