"""How proposed matches are written: as tables, JSON and SSSOM."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from rolegraph import terms
from rolegraph.facade.alignment import Aligned, Kinds, predicate
from rolegraph.facade.match_tables import justification, sssom_metadata, tsv
from rolegraph.output import to_csv, to_json

if TYPE_CHECKING:
    from rolegraph.matching.alignment import Proposal

HEADER = ("kind", "id", "label", "match", "other id", "other label", "confidence", "reason")
SSSOM_HEADER = (
    *("subject_id", "subject_label", "predicate_id", "object_id", "object_label"),
    *("mapping_justification", "confidence", "comment"),
)


def csv(aligned: Aligned) -> str:
    """Return proposed matches as CSV."""
    return to_csv([[*HEADER], *rows(aligned)])


def json(aligned: Aligned) -> str:
    """Return proposed matches as JSON."""
    return to_json(aligned.as_dict(), indent=True)


def rows(aligned: Aligned) -> Iterator[list[str]]:
    """Yield a row for each proposed match, under the columns of :data:`HEADER`."""
    for kinds, each in _all(aligned):
        match = f"skos:{predicate(each)}"
        yield [kinds.text, each.subject, each.subject_label, match, each.object, each.object_label, str(each.confidence), each.reason]


def sssom(aligned: Aligned) -> str:
    """Return proposed matches as a mapping set in SSSOM's TSV."""
    kinds = {kind for pair in aligned.proposals for kind in pair}
    title = f"Proposed matches between {' and '.join(map(terms.shorten, aligned.ends))}"
    lines = [sssom_metadata(aligned.source, title, kinds), tsv(SSSOM_HEADER)]
    for _, each in _all(aligned):
        ends = (terms.shorten(each.subject), each.subject_label, f"skos:{predicate(each)}", terms.shorten(each.object), each.object_label)
        lines.append(tsv((*ends, justification(each.candidate), str(each.confidence), each.reason)))
    return "".join(lines)


def _all(aligned: Aligned) -> "Iterator[tuple[Kinds, Proposal]]":
    for kinds, proposals in aligned.proposals.items():
        for each in proposals:
            yield kinds, each
