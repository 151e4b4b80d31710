"""Tables that an import cannot do without: one that yields nothing stops it, whatever keeps its rows out."""

from collections.abc import Iterator
from contextlib import contextmanager

from rolegraph.errors import UnreadableInput
from rolegraph.importers.downloads import Part
from rolegraph.importers.reports import Report
from rolegraph.importers.triples import Triples


@contextmanager
def needed(part: Part, triples: Triples, report: Report) -> Iterator[None]:
    """See that a table that is read meanwhile makes triples.

    :raises UnreadableInput: where it made none, with the reason why its first row was left out
    """
    triples_before, before = triples.count, len(report.remarks)
    yield
    if triples.count == triples_before:
        raise nothing_of(part, report, before)


def nothing_of(part: Part, report: Report, before: int = 0) -> UnreadableInput:
    """Return the error that says that nothing could be taken from a table.

    :param before: how many remarks there were before it was read
    """
    read, expected = report.read[part.name], "a table with rows that can be taken; nothing was imported"
    if not read:
        return UnreadableInput(f"{part.place} has a header and no rows", expected=expected)
    reasons = (remark for remark in report.remarks[before:] if remark.file == part.name and remark.deed == "skipped")
    first = next(reasons, None)
    if first is None:
        return UnreadableInput(f"{part.place} has {read:,} rows, and nothing of them is to be taken", expected=expected)
    detail = f"{part.place} has {read:,} rows, none of which can be taken; the first: {first.rule}: {first.detail}"
    return UnreadableInput(detail, line=first.line or None, expected=expected)
