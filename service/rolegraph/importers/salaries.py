"""Salaries from a survey of pay in artificial intelligence and data, as distributions by role and level."""

import datetime as dt
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from rolegraph import terms
from rolegraph.errors import BadParameter
from rolegraph.importers import Task, table_detection
from rolegraph.importers.needed import needed
from rolegraph.importers.publications import Publication, differing, slug
from rolegraph.importers.table_detection import DetectedTable, Table
from rolegraph.importers.tables import COMMAS

TABLE = Table(COMMAS, ("work_year", "experience_level", "employment_type", "job_title", "salary_in_usd"))
LEVELS = {"EN": "entry", "MI": "mid", "SE": "senior", "EX": "executive"}
EMPLOYMENT = {"FT": "full-time", "PT": "part-time", "CT": "contract", "FL": "freelance"}
PERCENTILES = {
    10: "schema:percentile10",
    25: "schema:percentile25",
    50: "schema:median",
    75: "schema:percentile75",
    90: "schema:percentile90",
}
HIGHEST = 10_000_000  # USD a year; the shapes refuse higher amounts
_ROLE = terms.KINDS["role"].namespace
_LEVEL = terms.KINDS["level"].namespace
_DAY = re.compile(r"(?<!\d)\d{4}-\d{2}-\d{2}(?!\d)")
_YEAR = re.compile(r"(?:19|20)\d{2}")


@dataclass(frozen=True)
class Record:
    """One row: the yearly pay of one person in US dollars. Two equal rows are two people."""

    line: int
    year: int
    level: str
    employment: str
    title: str
    pay: int


def read(task: Task) -> Publication:
    """Import the records of a survey as distributions of pay of the roles that their job titles name.

    :raises UnreadableInput: if there is no such table, or several
    :raises BadParameter: if neither the caller nor the file name gives the day of the snapshot
    """
    table = table_detection.detect_one(task.download, [TABLE], "tables of salaries")
    if table is None:
        raise table_detection.missing(task.download, [TABLE], "table of salaries")
    day = _day(task, table)
    publication = Publication(
        slug=slug("salaries", day.isoformat()),
        title=f"Salaries in AI, machine learning and data, as of {day.day} {day:%B %Y}",
        publisher="aijobs.net",
        version=day.isoformat(),
        licence="https://creativecommons.org/publicdomain/zero/1.0/",
        credit="Salaries: Global AI, ML, Data Science Salary Index of aijobs.net (CC0).",
        changes=(
            "Only distributions are kept: records whose job title is the name of a role were grouped by role and by level, over all years, "
            "and by role for the newest full year; percentiles are interpolated linearly and rounded to whole dollars."
        ),
        homepage="https://aijobs.net/salaries/",
        issued=day.isoformat(),
    )
    by_title: dict[str, list[Record]] = defaultdict(list)
    with needed(table.part, task.triples, task.report):
        for record in _records(task, table):
            by_title[_folded(record.title)].append(record)
        _Writer(task, table.part.name, publication.iri, day).write(by_title)
    return publication


def percentile(ordered: Sequence[int], percent: int) -> int:
    """Return a percentile of sorted numbers, interpolated linearly between the two nearest (type 7), halves rounded up."""
    whole, hundredths = divmod((len(ordered) - 1) * percent, 100)
    above = ordered[min(whole + 1, len(ordered) - 1)]
    return (100 * ordered[whole] + hundredths * (above - ordered[whole]) + 50) // 100


def _day(task: Task, table: DetectedTable) -> dt.date:
    named = _DAY.search(table.part.name)
    text = task.version or (named[0] if named else "")
    try:
        day = dt.date.fromisoformat(text)
    except ValueError:
        detail = f"{text!r} is not a date" if text else "the file name does not contain the day of the snapshot"
        raise BadParameter("version", detail, expected="--version with the day, such as --version 2025-01-19") from None
    if named and named[0] != day.isoformat():
        differing(task.report, day.isoformat(), [table.part.name])
    return day


def _records(task: Task, table: DetectedTable) -> Iterator[Record]:
    """Yield the valid records; every other row is reported."""
    file, report = table.part.name, task.report
    for line, (year, level, employment, title, pay) in table.rows(report):
        if not _YEAR.fullmatch(year):
            report.skip("year unreadable", file, line, f"{year!r} is not a year")
        elif level not in LEVELS:
            report.skip("unknown level", file, line, f"{level!r} is none of {', '.join(LEVELS)}")
        elif employment not in EMPLOYMENT:
            report.skip("unknown employment", file, line, f"{employment!r} is none of {', '.join(EMPLOYMENT)}")
        elif not title:
            report.skip("no job title", file, line, "the cell is empty")
        elif not (pay.isascii() and pay.isdigit() and len(pay) < 10 and 0 < int(pay) <= HIGHEST):
            report.skip("salary unreadable", file, line, f"{pay!r} is not a whole number of dollars from 1 to {HIGHEST:,}")
        else:
            yield Record(line, int(year), level, employment, title, int(pay))


class _Writer:
    """Writes the distributions of one snapshot."""

    def __init__(self, task: Task, file: str, source: str, day: dt.date) -> None:
        self._task, self._file, self._source, self._day = task, file, source, day

    def write(self, by_title: Mapping[str, list[Record]]) -> None:
        newest = max((record.year for records in by_title.values() for record in records if record.year < self._day.year), default=0)
        by_role: dict[str, list[Record]] = defaultdict(list)
        for title, role in self._roles(by_title).items():
            by_role[role] += by_title[title]
        taken: dict[str, str] = {}
        for role, records in sorted(by_role.items(), key=lambda pair: (not pair[0].startswith(_ROLE), pair[0])):
            name = terms.slug_of(role) if role.startswith(_ROLE) else terms.slugify(records[0].title)
            if not name or name in taken:
                detail = f"{records[0].title!r} would share its name in the graph with {taken.get(name, 'nothing')!r}"
                self._task.report.skip("name taken", self._file, records[0].line, detail)
                continue
            taken[name] = records[0].title
            self._role(role, name, records, newest)

    def _roles(self, by_title: Mapping[str, list[Record]]) -> dict[str, str]:
        """Return the role of each title. Preferred labels come before alternative ones, our roles before those of other sources."""
        ours, others = self._preferred()
        roles = {title: ours[title] for title in by_title if title in ours}
        preferred, by_label = set(roles.values()), self._task.iris_by_label("role")
        for title, records in by_title.items():
            role, number = by_label.get(title), f"{records[0].title!r}, {len(records):,} records"
            if title in roles:
                continue
            if role and role not in preferred:
                roles[title] = role
            elif role:
                detail = f"{number}, is another name of {terms.shorten(role)}, whose preferred label has records"
                self._task.report.skip("another name of a role", self._file, records[0].line, detail)
            elif len(others.get(title, ())) == 1 and " " in title:
                roles[title] = next(iter(others[title]))
            else:
                # "Architect" in these records does not mean someone who designs buildings
                single = "is a single word, which is too ambiguous to match a role of another source"
                several = single if len(others.get(title, ())) == 1 else "is the name of several roles"
                reason = several if title in others else "is not the name of a role"
                self._task.report.skip("no role of that name", self._file, records[0].line, f"{number}, {reason}")
        return roles

    def _preferred(self) -> tuple[dict[str, str], dict[str, set[str]]]:
        ours: dict[str, str] = {}
        others: dict[str, set[str]] = defaultdict(set)
        for role, labels in self._task.preferred_labels("role").items():
            for label in labels:
                if role.startswith(_ROLE):
                    ours[_folded(label)] = role
                else:
                    others[_folded(label)].add(role)
        return ours, others

    def _role(self, role: str, name: str, records: Sequence[Record], newest: int) -> None:
        for record in records:
            if record.employment != "FT":
                detail = f"{record.title!r}, {EMPLOYMENT[record.employment]}, is counted like the others"
                self._task.report.note("not full-time", self._file, record.line, detail)
        self._distribution(role, name, records)
        for code, level in LEVELS.items():
            of_level = [record for record in records if record.level == code]
            if of_level:
                self._distribution(role, f"{name}-{level}", of_level, _LEVEL + level)
        recent = [record for record in records if record.year == newest]
        if recent and len(recent) < len(records):
            self._distribution(role, f"{name}-{newest}", recent)
        self._task.report.written["roles"] += 1

    def _distribution(self, role: str, name: str, records: Sequence[Record], level: str = "") -> None:
        triples, node, pays = self._task.triples, f"{self._source}#{name}", sorted(record.pay for record in records)
        first, last = min(record.year for record in records), max(record.year for record in records)
        triples.link(role, "rg:salary", node)
        triples.types(node, "schema:MonetaryAmountDistribution")
        triples.text(node, "schema:name", "gross salary")
        triples.text(node, "schema:currency", "USD")
        triples.value(node, "schema:duration", "P1Y", "duration")
        for percent, property_ in PERCENTILES.items():
            triples.number(node, property_, percentile(pays, percent))
        triples.number(node, "rg:observations", len(pays))
        if first == last:
            triples.value(node, "rg:year", str(first), "gYear")
        else:
            triples.value(node, "rg:periodStart", str(first), "gYear")
            triples.value(node, "rg:periodEnd", str(last), "gYear")
        if level:
            triples.link(node, "rg:level", level)
        self._task.report.written["distributions"] += 1


def _folded(text: str) -> str:
    return " ".join(text.split()).casefold()
