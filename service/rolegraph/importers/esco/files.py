"""The files of an ESCO download in all its versions: one table per language, and tables of links that are the same in all languages."""

import hashlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rolegraph.errors import BadParameter, UnreadableInput
from rolegraph.importers.downloads import Download, Part
from rolegraph.importers.reports import ImportReport
from rolegraph.importers.tables import COMMAS, rows

OCCUPATIONS, SKILLS, ISCO_GROUPS, SKILL_GROUPS = "occupations", "skills", "ISCOGroups", "skillGroups"
HIERARCHY, SCHEMES = "skillsHierarchy", "conceptSchemes"
ROLE_SKILLS, SKILL_SKILLS = "occupationSkillRelations", "skillSkillRelations"
ROLE_BROADER, SKILL_BROADER = "broaderRelationsOccPillar", "broaderRelationsSkillPillar"

LANGUAGE_TABLES = (OCCUPATIONS, SKILLS, ISCO_GROUPS, SKILL_GROUPS, HIERARCHY, SCHEMES)
LINKS = (ROLE_SKILLS, SKILL_SKILLS, ROLE_BROADER, SKILL_BROADER)
REQUIRED = (OCCUPATIONS, SKILLS, ISCO_GROUPS, ROLE_SKILLS, ROLE_BROADER, SKILL_BROADER)
WHOLE_FILE = 0  # the line of remarks about a file as a whole

_COLLECTION = re.compile(r"(\w+?)(?:Skills|Occupations)Collection", re.IGNORECASE)
_NAME = re.compile(r"([A-Za-z]+?)(?:_([A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8})*))?\.csv")
_ESCO, _SECURE = "http://data.europa.eu/esco/", "https://data.europa.eu/esco/"
_IRIS = ("inScheme", "hasTopConcept", "regulatedProfessionNote")  # columns with IRIs whose names do not end with uri
SHOWN = 120  # characters of a cell in a remark
_BASE = "en"  # the language in which ESCO is edited


@dataclass(frozen=True)
class LanguageTable:
    """A table in one language: ``name`` is one of :data:`LANGUAGE_TABLES`, ``language`` a language tag."""

    name: str
    language: str
    part: Part


class Files:
    """The files of a download by content; ``languages`` are the languages to import. Facts are taken from the first."""

    def __init__(self, download: Download, wanted: Sequence[str], report: ImportReport) -> None:
        """Sort the files by content.

        :raises UnreadableInput: if a file is missing, or given twice with different contents
        :raises BadParameter: if there are no files in a requested language
        """
        self._report = report
        self._parts: dict[str, dict[str, list[Part]]] = {}
        tables = {name.lower(): name for name in (*LANGUAGE_TABLES, *LINKS)}
        for part in download.parts:
            match = _NAME.fullmatch(part.name)
            name = tables.get(match[1].lower(), match[1]) if match else ""
            if match and (name in tables.values() or _COLLECTION.fullmatch(name)):
                self._parts.setdefault(name, {}).setdefault((match[2] or "").lower(), []).append(part)
            elif part.name.lower().endswith(".csv"):
                report.note("file not read", part.name, WHOLE_FILE, f"{part.place} is not a file that is imported")
        self.languages = self._chosen(tuple(language.lower() for language in wanted))
        self._require(download, chosen=bool(wanted))
        self._report_missing_files()

    def in_languages(self, name: str) -> Iterator[LanguageTable]:
        """Yield one table in each language to import."""
        for language in self.languages:
            parts = self._parts.get(name, {}).get(language, [])
            if parts:
                yield LanguageTable(name, language, self._only(parts))

    def links(self, name: str) -> list[Part]:
        """Return the copies of a table of links: each language may have one."""
        return [part for parts in self._parts.get(name, {}).values() for part in parts]

    def collections(self) -> Iterator[tuple[str, list[Part]]]:
        """Yield each collection's file name and the copies of its list of members."""
        for name in self._parts:
            if _COLLECTION.fullmatch(name):
                yield name, self.links(name)

    def _require(self, download: Download, *, chosen: bool) -> None:
        """Check that no required table is missing, and that each table given has at least one of the languages to import."""
        missing = [f"{name}.csv" for name in LINKS if name in REQUIRED and name not in self._parts]
        for name in LANGUAGE_TABLES:
            by_language = self._parts.get(name, {})
            if not any(language in by_language for language in self.languages) and (by_language or name in REQUIRED):
                missing.append(" or ".join(f"{name}_{language}.csv" for language in self.languages or (_BASE,)))
        if missing:
            detail = f"{download.where} lacks {', '.join(missing)}"
            expected = "the classification of ESCO in CSV as it is downloaded, as a folder or zip files"
            if chosen:
                available = sorted({language for name in LANGUAGE_TABLES for language in self._parts.get(name, {}) if language})
                expected += f", with all files of a chosen language; there are files in {', '.join(available)}"
                detail += f", in the chosen languages: {', '.join(self.languages)}"
            raise UnreadableInput(detail, expected=expected)

    def _chosen(self, wanted: Sequence[str]) -> tuple[str, ...]:
        available = {language for name in LANGUAGE_TABLES for language in self._parts.get(name, {}) if language}
        for language in wanted:
            if language not in available:
                detail = f"there are no files in {language!r}"
                raise BadParameter("language", detail, expected=f"{', '.join(sorted(available))}, the language at the end of a file name")
        return tuple(sorted(set(wanted) or available, key=lambda language: (language != _BASE, language)))

    def _report_missing_files(self) -> None:
        for name in (*LANGUAGE_TABLES, *LINKS):
            if name not in self._parts:
                self._report.note("file not given", f"{name}.csv", WHOLE_FILE, "its contents are not imported")
        for language in self.languages:
            for name in LANGUAGE_TABLES:
                if name in self._parts and language not in self._parts[name]:
                    self._report.note("file not given", f"{name}_{language}.csv", WHOLE_FILE, f"its labels in {language} are not imported")

    def _only(self, parts: Sequence[Part]) -> Part:
        """Return the only file in a language; identical copies are allowed."""
        first, *others = parts
        for other in others:
            if _digest(first) != _digest(other):
                detail = f"{first.place} and {other.place} are not the same"
                raise UnreadableInput(detail, expected="the files of one version of ESCO, each given once")
            self._report.note("file given twice", other.name, WHOLE_FILE, f"{other.place} is the same as {first.place}")
        return first


def table(part: Part, columns: Sequence[str], report: ImportReport, optional: Sequence[str] = ()) -> Iterator[tuple[int, list[str]]]:
    """Yield the rows of a table; see :func:`rolegraph.importers.tables.rows`. ESCO IRIs with https are normalised to http."""
    places = [place for place, name in enumerate((*columns, *optional)) if name.lower().endswith("uri") or name in _IRIS]
    for line, cells in rows(part, COMMAS, columns, report, optional):
        for place in places:
            if _SECURE in cells[place]:
                report.fix("IRI with https", part.name, line, f"{cells[place][:SHOWN]} was read with http, as ESCO's own IRIs start")
                cells[place] = cells[place].replace(_SECURE, _ESCO)
        yield line, cells


def linked(
    parts: Sequence[Part], columns: Sequence[str], report: ImportReport, optional: Sequence[str] = ()
) -> Iterator[tuple[Part, int, list[str]]]:
    """Yield the rows of the first copy of a table of links with their file and line.

    Other copies should be the same. Rows that are only in another copy are skipped and reported; the number of rows that it lacks is noted.
    """
    first, *others = parts
    others = [part for part in others if _digest(part) != _digest(first)]
    seen = set()
    for line, cells in table(first, columns, report, optional):
        yield first, line, cells
        if others:
            seen.add(tuple(cells))
    for part in others:
        missed = set(seen)
        for line, cells in table(part, columns, report, optional):
            if tuple(cells) not in seen:
                report.skip("row of one copy only", part.name, line, f"{part.place} has {' '.join(cells)}, which {first.place} lacks")
            missed.discard(tuple(cells))
        if missed:
            report.note("row of one copy only", part.name, WHOLE_FILE, f"{part.place} lacks {len(missed)} rows of {first.place}")


def _digest(part: Part) -> bytes:
    with part.open() as raw:
        return hashlib.file_digest(raw, "sha256").digest()  # type: ignore[arg-type]  # it has readinto, like a file
