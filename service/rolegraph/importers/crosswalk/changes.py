"""The change of the codes of O*NET-SOC from 2010 to 2019: kept, renamed, merged, split."""

import re
from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Literal

from rolegraph import terms
from rolegraph.importers import Task
from rolegraph.importers.cleaning import Cleaner
from rolegraph.importers.needed import no_usable_rows
from rolegraph.importers.publications import Publication, version_of
from rolegraph.importers.reports import ImportReport
from rolegraph.importers.table_detection import DetectedTable, Table
from rolegraph.importers.tables import COMMAS, SEMICOLONS

ONET = terms.prefixes()["onet"]
CODE = re.compile(r"\d{2}-\d{4}\.\d{2}")
_COLUMNS = ("soc2010_code", "soc2010_title", "soc2019_code", "soc2019_title")
_OFFICIAL = ("O*NET-SOC 2010 Code", "O*NET-SOC 2010 Title", "O*NET-SOC 2019 Code", "O*NET-SOC 2019 Title")
TABLES = (Table(SEMICOLONS, _COLUMNS), Table(COMMAS, _COLUMNS), Table(COMMAS, _OFFICIAL))

Fate = Literal["kept", "renamed", "merged", "split", "unknown"]


@dataclass(frozen=True)
class Change:
    """One row of the table: what a code of 2010 became in 2019."""

    line: int
    old: str
    old_title: str
    new: str
    new_title: str


class Changes:
    """The whole table, in the order of its rows."""

    def __init__(self, changes: Collection[Change]) -> None:
        self.all = tuple(changes)
        heirs: dict[str, list[str]] = defaultdict(list)
        origins: dict[str, set[str]] = defaultdict(set)
        for change in self.all:
            heirs[change.old].append(change.new)
            origins[change.new].add(change.old)
        self.heirs: Mapping[str, list[str]] = dict(heirs)
        self.origins: Mapping[str, set[str]] = dict(origins)

    def property(self, change: Change) -> str:
        """Return the SKOS property from a code of 2010 to one of 2019."""
        split, merged = len(self.heirs[change.old]) > 1, len(self.origins[change.new]) > 1
        if split:
            return "skos:relatedMatch" if merged else "skos:narrowMatch"
        if merged:
            return "skos:broadMatch"
        return "skos:exactMatch" if change.old_title.casefold() == change.new_title.casefold() else "skos:closeMatch"


def heirs(code: str, current: Collection[str], changes: Changes | None) -> tuple[Fate, tuple[str, ...]]:
    """Return what became of a code, which may be one of 2010, and the current codes that replace it."""
    if code in current:
        return "kept", (code,)
    new = tuple(sorted({heir for heir in (changes.heirs.get(code, []) if changes else []) if heir in current}))
    if not changes or not new:
        return "unknown", ()
    if len(changes.heirs[code]) > 1:
        return "split", new
    return ("merged" if len(changes.origins[new[0]]) > 1 else "renamed"), new


def read(table: DetectedTable, report: ImportReport) -> Changes:
    """Read the table; rows without two codes and repeated rows are skipped.

    :raises UnreadableInput: if no row is left
    """
    by_codes: dict[tuple[str, str], Change] = {}
    clean = Cleaner(report, table.part.name)
    for line, (old, old_title, new, new_title) in table.rows(report):
        if not (CODE.fullmatch(old) and CODE.fullmatch(new)):
            report.skip("no code of O*NET-SOC", table.part.name, line, f"{old!r} to {new!r}")
        elif (old, new) in by_codes:
            report.skip("row repeated", table.part.name, line, f"{old} to {new} is on line {by_codes[old, new].line} already")
        else:
            by_codes[old, new] = Change(line, old, clean.label(old_title, line), new, clean.label(new_title, line))
    if not by_codes:
        raise no_usable_rows(table.part, report)
    return Changes(by_codes.values())


def publish(task: Task, changes: Changes) -> Publication:
    """Write the codes of 2010 as concepts of the source, and their matches to the occupations of 2019."""
    publication = Publication(
        slug="onet-soc-2010-to-2019",
        title="O*NET-SOC 2010 to 2019 crosswalk",
        publisher="U.S. Department of Labor, Employment and Training Administration",
        version=version_of(task.version, ("2019",), "the table"),
        licence="https://creativecommons.org/licenses/by/4.0/",
        credit=(
            "This page includes information from the O*NET-SOC 2010 to 2019 crosswalk by the U.S. Department of Labor, Employment and "
            "Training Administration (USDOL/ETA). Used under the CC BY 4.0 license. O*NET® is a trademark of USDOL/ETA."
        ),
        changes="Each code of 2010 became a concept of this source; its SKOS match says whether it was kept, renamed, merged or split.",
        homepage="https://www.onetcenter.org/taxonomy/2019/walk.html",
    )
    for change in changes.all:
        old, property_ = f"{publication.iri}#{change.old}", changes.property(change)
        task.triples.types(old, "skos:Concept")
        task.triples.text(old, "skos:prefLabel", change.old_title, "en")
        task.triples.text(old, "skos:notation", change.old)
        task.triples.link(old, property_, ONET + change.new)
        task.report.written[property_] += 1
    task.report.written["codes of 2010"] = len(changes.heirs)
    return publication
