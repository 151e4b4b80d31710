"""Nesta's crosswalk: the best O*NET occupation for each ESCO occupation, matched by machine and then reviewed."""

import ast
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal

from rolegraph.importers import Task
from rolegraph.importers.cleaning import Cleaner
from rolegraph.importers.crosswalk.changes import ONET, Changes, Fate, heirs
from rolegraph.importers.crosswalk.ends import OCCUPATION, Ends, ends
from rolegraph.importers.crosswalk.official import MONTHS
from rolegraph.importers.needed import needed
from rolegraph.importers.publications import Publication, differing, slug, version_of
from rolegraph.importers.table_detection import DetectedTable, Table
from rolegraph.importers.tables import COMMAS

TABLE = Table(
    COMMAS,
    ("esco_occupation", "onet_code", "matching_job_titles", "semantic_similarity", "confidence", "concept_uri"),
)
SURE = Decimal(2)  # the highest of the source's three levels of confidence: 0.5, 1 and 2
_NUMBER = re.compile(r"\d{1,4}(?:\.\d{1,20})?")
_MONTH = re.compile(rf"({'|'.join(MONTHS)})[a-z]*[ _-]?(\d{{4}})", re.IGNORECASE)
_CELL = 100_000  # characters; a list of titles has a few hundred
_FINE = Decimal("0.0001")


def publish(task: Task, table: DetectedTable, changes: Changes | None) -> Publication:
    """Write the matches from ESCO to current O*NET codes, each with a mapping that holds the source's confidence and similarity."""
    version = _version(task, table)
    publication = Publication(
        slug=slug("crosswalk esco onet nesta", version),
        title="Crosswalk between ESCO and O*NET occupations",
        publisher="Nesta",
        version=version,
        licence="https://opensource.org/license/mit",
        credit="Crosswalk between ESCO and O*NET: Nesta, Mapping Career Causeways (Kanders, Djumalieva, Sleeman and Orlik, 2020).",
        changes=(
            "Codes of O*NET-SOC 2010 were replaced by those of 2019; the confidence of a match was divided among the codes that a split "
            "code may have become; the confidence, and what became of the code, decide on the SKOS property."
        ),
        homepage="https://github.com/nestauk/mapping-career-causeways",
    )
    writer = _Writer(task, table, publication, ends(task, changes), changes)
    with needed(table.part, task.triples, task.report):
        writer.write()
    return publication


def _version(task: Task, table: DetectedTable) -> str:
    match = _MONTH.search(table.part.name)
    versions = {f"{match[2]}-{MONTHS.index(match[1].lower()) + 1:02}": table.part.name} if match else {}
    version = version_of(task.version, versions, "the crosswalk")
    differing(task.report, version, [name for other, name in versions.items() if other != version])
    return version


def predicate(confidence: Decimal, fate: Fate) -> str:
    """Return the SKOS property for a confidence and for what became of the code; a match by machine is never exact."""
    if confidence < SURE or fate == "split":
        return "skos:relatedMatch"
    return "skos:broadMatch" if fate == "merged" else "skos:closeMatch"


@dataclass(frozen=True)
class Row:
    """One row of the table, unchanged."""

    line: int
    label: str
    code: str
    titles: str
    similarity: str
    confidence: str
    iri: str


class _Writer:
    """Writes one crosswalk."""

    def __init__(self, task: Task, table: DetectedTable, publication: Publication, ends: Ends, changes: Changes | None) -> None:
        self._task, self._table, self._ends, self._changes = task, table, ends, changes
        self._report, self._file, self._source = task.report, table.part.name, publication.iri
        self._clean = Cleaner(task.report, table.part.name)

    def write(self) -> None:
        written: dict[tuple[str, str], int] = {}
        for line, cells in self._table.rows(self._report):
            row = Row(line, *cells)
            for code, property_, confidence in self._targets(row):
                pair = (row.iri, code)
                if pair in written:
                    self._report.skip("pair repeated", self._file, line, f"{row.label!r} to {code} is on line {written[pair]} already")
                else:
                    written[pair] = line
                    self._mapping(row, code, property_, confidence)

    def _targets(self, row: Row) -> Iterator[tuple[str, str, Decimal]]:
        """Yield the codes that a row leads to, each with its property and confidence; none for a skipped row."""
        if not row.iri.startswith(OCCUPATION) or row.iri not in self._ends.esco:
            self._report.skip("not in ESCO", self._file, row.line, f"<{row.iri}>, {row.label!r}, is not an ESCO occupation in the store")
            return
        if not _NUMBER.fullmatch(row.confidence):
            self._report.skip("confidence unreadable", self._file, row.line, f"{row.confidence!r} for {row.label!r} is not a number")
            return
        fate, codes = heirs(row.code, self._ends.codes, self._changes)
        if not codes:
            hint = "" if self._changes else "; give the table of O*NET-SOC 2010 to 2019 beside the crosswalk to follow changed codes"
            self._report.skip("not a code of O*NET", self._file, row.line, f"{row.code!r} for {row.label!r} is not current{hint}")
            return
        self._remark(row, fate, codes)
        confidence = Decimal(row.confidence)
        share = confidence if len(codes) == 1 else (confidence / len(codes)).quantize(_FINE, ROUND_HALF_EVEN).normalize()
        for code in codes:
            yield code, predicate(confidence, fate), share

    def _remark(self, row: Row, fate: Fate, codes: Sequence[str]) -> None:
        names, which = self._ends.esco[row.iri], f"{row.code}, for {row.label!r},"
        if names and _folded(row.label) not in {_folded(name) for name in names}:
            self._report.note("label has changed", self._file, row.line, f"{row.label!r} is {min(names)!r} now")
        split_off = [heir for heir in (self._changes.heirs.get(row.code, ()) if self._changes else ()) if heir != row.code]
        if fate == "kept" and split_off:
            self._report.note("code kept in part", self._file, row.line, f"{which} was split, with parts in {', '.join(split_off)}")
        elif fate == "split":
            self._report.fix("code split", self._file, row.line, f"{which} could be {' or '.join(codes)}")
        elif fate != "kept":
            self._report.fix(f"code {fate}", self._file, row.line, f"{which} is {codes[0]} now")

    def _mapping(self, row: Row, code: str, property_: str, confidence: Decimal) -> None:
        triples, target = self._task.triples, ONET + code
        mapping = f"{self._source}#{row.iri.removeprefix(OCCUPATION)}-{code}"
        triples.link(row.iri, property_, target)
        triples.types(mapping, "rg:Mapping")
        triples.link(mapping, "rdf:subject", row.iri)
        triples.link(mapping, "rdf:predicate", property_)
        triples.link(mapping, "rdf:object", target)
        triples.number(mapping, "rg:confidence", confidence)
        similarity = self._similarity(row)
        if similarity is not None:
            triples.number(mapping, "rg:similarity", similarity)
        for title in self._titles(row):
            triples.text(mapping, "rg:sharedLabel", title, "en")
        self._report.written[property_] += 1

    def _similarity(self, row: Row) -> Decimal | None:
        if _NUMBER.fullmatch(row.similarity) and Decimal(row.similarity) <= 1:
            return Decimal(row.similarity)
        if row.similarity:
            detail = f"{row.similarity!r} is not a number from 0 to 1, and was left out"
            self._report.skip("similarity unreadable", self._file, row.line, detail)
        return None

    def _titles(self, row: Row) -> list[str]:
        """Return the titles in a cell, which holds a Python list, or ``na`` for none."""
        if row.titles in ("", "na"):
            return []
        try:
            titles = ast.literal_eval(row.titles) if len(row.titles) <= _CELL else None
        except (ValueError, SyntaxError, RecursionError, MemoryError):
            titles = None
        if not isinstance(titles, list) or not all(isinstance(title, str) and title.strip() for title in titles):
            detail = f"{row.titles[:80]!r} is not a list of titles, and was left out"
            self._report.skip("titles unreadable", self._file, row.line, detail)
            return []
        return [label for title in titles if (label := self._clean.label(title, row.line))]


def _folded(label: str) -> str:
    return " ".join(label.split()).casefold()
