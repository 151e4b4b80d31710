"""The crosswalk of the European Commission and the U.S. Department of Labor: O*NET occupations to occupations or groups of ESCO.

It has two tables. The main one has the type of each match. The other lists further occupations of O*NET under the titles of ESCO, without
types: what it adds becomes skos:relatedMatch, which asserts the least.
"""

import io
import itertools
import re
from collections import defaultdict

from rolegraph.importers import Task
from rolegraph.importers.crosswalk.changes import CODE, ONET, Changes
from rolegraph.importers.crosswalk.ends import GROUP, Ends, ends
from rolegraph.importers.needed import needed
from rolegraph.importers.publications import Publication, differing, slug, version_of
from rolegraph.importers.table_detection import DetectedTable, Table
from rolegraph.importers.tables import COMMAS, SEMICOLONS

_COLUMNS = ("O*NET Id", "O*NET Title", "ESCO or ISCO URI", "Type of Match")
TABLES = (Table(COMMAS, _COLUMNS), Table(SEMICOLONS, _COLUMNS))
_UNTYPED_COLUMNS = ("ESCO/ISCO Code", "ESCO/ISCO Title", "O*NET-SOC 2019 Code")
UNTYPED = (Table(COMMAS, _UNTYPED_COLUMNS), Table(SEMICOLONS, _UNTYPED_COLUMNS))
MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_DATE = re.compile(rf"version date\W+({'|'.join(MONTHS)})[a-z]*[ -](?:20)?(\d\d)\b", re.IGNORECASE)

# read from ESCO to O*NET: "broadMatch" says that the O*NET occupation is the broader one
PROPERTIES = {name.casefold(): f"skos:{name}" for name in ("exactMatch", "closeMatch", "broadMatch", "narrowMatch", "relatedMatch")}
PROPERTIES["exactisco"] = "skos:exactMatch"


def publish(task: Task, table: DetectedTable | None, untyped: DetectedTable | None, changes: Changes | None) -> Publication:
    """Write the matches of the tables as they are, each from ESCO to O*NET.

    :param table: the table with types of match
    :param untyped: the table without them
    """
    publication = _publication(task, table)
    writer = _Writer(task, ends(task, changes))
    if table:
        with needed(table.part, task.triples, task.report):
            writer.write(table)
    if untyped:
        with needed(untyped.part, task.triples, task.report):
            writer.write_untyped(untyped)
    return publication


def _publication(task: Task, table: DetectedTable | None) -> Publication:
    dated = {version: table.part.name for version in [_dated(table)] if version} if table else {}
    version = version_of(task.version, dated, "the crosswalk")
    differing(task.report, version, [name for other, name in dated.items() if other != version])
    return Publication(
        slug=slug("crosswalk esco onet", version),
        title="Crosswalk between ESCO and O*NET",
        publisher="European Commission",
        version=version,
        licence="https://eur-lex.europa.eu/eli/dec/2011/833/oj",
        credit=(
            "This service uses the crosswalk between ESCO and O*NET of the European Commission and the U.S. Department of Labor, "
            "Employment and Training Administration."
        ),
        changes=(
            "Matches were written from ESCO to O*NET; titles and descriptions were left to the two taxonomies. Pairs that are only in the "
            "table by ESCO's titles, which has no types of match, became related matches."
        ),
        homepage="https://esco.ec.europa.eu/en/use-esco/other-crosswalks",
    )


def _dated(table: DetectedTable) -> str:
    """Return the month of the version in the lines before the header, such as 2022-09; empty if there is none."""
    with table.part.open() as raw, io.TextIOWrapper(raw, encoding="utf-8-sig", errors="replace") as lines:
        date = _DATE.search("".join(itertools.islice(lines, table.before)))
    return f"20{date[2]}-{MONTHS.index(date[1].lower()) + 1:02}" if date else ""


class _Writer:
    """Writes one crosswalk; a pair that both tables have is written once."""

    def __init__(self, task: Task, connectable: Ends) -> None:
        self._task, self._ends = task, connectable
        self._lines: dict[tuple[str, str], int] = {}  # of each pair

    def write(self, table: DetectedTable) -> None:
        """Write the table with types."""
        file, report = table.part.name, self._task.report
        for line, (code, title, iri, match) in table.rows(report):
            property_ = PROPERTIES.get(match.rpartition(":")[2].casefold())
            if iri not in self._ends.esco:
                report.skip("not in ESCO", file, line, f"<{iri}>, for {code}, is not in the store's ESCO")
            elif not self._is_current(code):
                report.skip("not a code of O*NET", file, line, f"{code!r}, {title!r}, is not current")
            elif property_ is None:
                report.skip("unknown type of match", file, line, f"{match!r} between {code} and <{iri}>")
            elif (iri, code) in self._lines:
                report.skip("pair repeated", file, line, f"<{iri}> and {code} are on line {self._lines[iri, code]} already")
            else:
                self._match(iri, property_, code, line)

    def write_untyped(self, table: DetectedTable) -> None:
        """Write the pairs of the table without types that the other table does not have."""
        file, report = table.part.name, self._task.report
        by_title: dict[str, set[str]] = defaultdict(set)
        for iri, labels in self._ends.esco.items():
            for label in labels:
                by_title[_folded(label)].add(iri)
        for line, (esco_code, title, code) in table.rows(report):
            group = f"{GROUP}C{esco_code}"
            iris = {group} if group in self._ends.esco else by_title.get(_folded(title), set())
            if len(iris) != 1:
                which = "several occupations" if iris else "no occupation or group"
                report.skip("title not in ESCO", file, line, f"{esco_code!r}, {title!r}, is the title of {which} of the store's ESCO")
            elif not self._is_current(code):
                report.skip("not a code of O*NET", file, line, f"{code!r}, for {title!r}, is not current")
            elif (pair := (min(iris), code)) not in self._lines:
                self._match(pair[0], "skos:relatedMatch", code, line)

    def _is_current(self, code: str) -> bool:
        return bool(CODE.fullmatch(code)) and code in self._ends.codes

    def _match(self, iri: str, property_: str, code: str, line: int) -> None:
        self._lines[iri, code] = line
        self._task.triples.link(iri, property_, ONET + code)
        self._task.report.written[property_] += 1


def _folded(title: str) -> str:
    return " ".join(title.split()).casefold()
