"""Required tables: one that yields no triples stops the import, whatever the reason."""

from collections.abc import Iterator
from contextlib import contextmanager

from rolegraph.errors import UnreadableInput
from rolegraph.importers.downloads import Part
from rolegraph.importers.reports import ImportReport
from rolegraph.importers.triples import Triples


@contextmanager
def needed(part: Part, triples: Triples, report: ImportReport) -> Iterator[None]:
    """Check that reading a table, which happens inside this context, writes triples.

    :raises UnreadableInput: if it wrote none, with the reason why the first row was skipped
    """
    triples_before, remarks_before = triples.count, len(report.remarks)
    yield
    if triples.count == triples_before:
        raise no_usable_rows(part, report, remarks_before)


def no_usable_rows(part: Part, report: ImportReport, remarks_before: int = 0) -> UnreadableInput:
    """Return the error for a table without a single usable row.

    :param remarks_before: the number of remarks before the table was read
    """
    count, expected = report.read[part.name], "a table with usable rows; nothing was imported"
    if not count:
        return UnreadableInput(f"{part.place} has a header and no rows", expected=expected)
    reasons = (remark for remark in report.remarks[remarks_before:] if remark.file == part.name and remark.action == "skipped")
    first = next(reasons, None)
    if first is None:
        return UnreadableInput(f"{part.place} has {count:,} rows, none of which yields anything", expected=expected)
    detail = f"{part.place} has {count:,} rows, none of which is usable; the first: {first.rule}: {first.detail}"
    return UnreadableInput(detail, line=first.line or None, expected=expected)
