"""Which files a download of ESCO has, over its versions: tables in each language, and tables of links that are the same in all."""

import hashlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rolegraph.errors import BadParameter, UnreadableInput
from rolegraph.importers.downloads import Download, Part
from rolegraph.importers.reports import Report
from rolegraph.importers.tables import COMMAS, rows

OCCUPATIONS, SKILLS, ISCO_GROUPS, SKILL_GROUPS = "occupations", "skills", "ISCOGroups", "skillGroups"
HIERARCHY, SCHEMES = "skillsHierarchy", "conceptSchemes"
ROLE_SKILLS, SKILL_SKILLS = "occupationSkillRelations", "skillSkillRelations"
ROLE_BROADER, SKILL_BROADER = "broaderRelationsOccPillar", "broaderRelationsSkillPillar"

SPOKEN = (OCCUPATIONS, SKILLS, ISCO_GROUPS, SKILL_GROUPS, HIERARCHY, SCHEMES)
LINKS = (ROLE_SKILLS, SKILL_SKILLS, ROLE_BROADER, SKILL_BROADER)
REQUIRED = (OCCUPATIONS, SKILLS, ISCO_GROUPS, ROLE_SKILLS, ROLE_BROADER, SKILL_BROADER)
WHOLE_FILE = 0  # the line of a remark about a file as a whole

_COLLECTION = re.compile(r"(\w+?)(?:Skills|Occupations)Collection", re.IGNORECASE)
_NAME = re.compile(r"([A-Za-z]+?)(?:_([A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8})*))?\.csv")
_ESCO, _SECURE = "http://data.europa.eu/esco/", "https://data.europa.eu/esco/"
_IRIS = ("inScheme", "hasTopConcept", "regulatedProfessionNote")  # columns with IRIs, beside those whose names say so
SHOWN = 120  # characters of a cell, in a remark
_BASE = "en"  # the language in which ESCO is edited


@dataclass(frozen=True)
class LanguageTable:
    """A table in one language: ``name`` is that of :data:`SPOKEN`, ``language`` a tag as SKOS labels have it."""

    name: str
    language: str
    part: Part


class Files:
    """The files of a download by what they hold; ``languages`` are those to import, the one whose facts count first."""

    def __init__(self, download: Download, wanted: Sequence[str], report: Report) -> None:
        """ConceptTable the files.

        :raises UnreadableInput: for one that is missing, or there twice with different contents
        :raises BadParameter: for a language in which there are no files
        """
        self._report = report
        self._found: dict[str, dict[str, list[Part]]] = {}
        known = {name.lower(): name for name in (*SPOKEN, *LINKS)}
        for part in download.parts:
            match = _NAME.fullmatch(part.name)
            name = known.get(match[1].lower(), match[1]) if match else ""
            if match and (name in known.values() or _COLLECTION.fullmatch(name)):
                self._found.setdefault(name, {}).setdefault((match[2] or "").lower(), []).append(part)
            elif part.name.lower().endswith(".csv"):
                report.note("file not read", part.name, WHOLE_FILE, f"{part.place} holds nothing that is imported")
        self.languages = self._chosen(tuple(language.lower() for language in wanted))
        self._require(download, chosen=bool(wanted))
        self._tell_missing()

    def spoken(self, name: str) -> Iterator[LanguageTable]:
        """Yield the files of one table in the languages that are imported."""
        for language in self.languages:
            parts = self._found.get(name, {}).get(language, [])
            if parts:
                yield LanguageTable(name, language, self._only(parts))

    def links(self, name: str) -> list[Part]:
        """Return the copies of a table of links, of which each language may bring one."""
        return [part for parts in self._found.get(name, {}).values() for part in parts]

    def collections(self) -> Iterator[tuple[str, list[Part]]]:
        """Yield each collection by the name of its files, with the copies of its list of members."""
        for name in self._found:
            if _COLLECTION.fullmatch(name):
                yield name, self.links(name)

    def _require(self, download: Download, *, chosen: bool) -> None:
        """See that nothing is missing that is needed, and that no choice of languages leaves out a table as a whole."""
        missing = [f"{name}.csv" for name in LINKS if name in REQUIRED and name not in self._found]
        for name in SPOKEN:
            there = self._found.get(name, {})
            if not any(language in there for language in self.languages) and (there or name in REQUIRED):
                missing.append(" or ".join(f"{name}_{language}.csv" for language in self.languages or (_BASE,)))
        if missing:
            detail = f"{download.where} lacks {', '.join(missing)}"
            expected = "the classification of ESCO in CSV as it is downloaded, as a folder or zip files"
            if chosen:
                has = sorted({language for name in SPOKEN for language in self._found.get(name, {}) if language})
                expected += f", with all files of a language that is chosen; there are files in {', '.join(has)}"
                detail += f", of the languages chosen: {', '.join(self.languages)}"
            raise UnreadableInput(detail, expected=expected)

    def _chosen(self, wanted: Sequence[str]) -> tuple[str, ...]:
        has = {language for name in SPOKEN for language in self._found.get(name, {}) if language}
        for language in wanted:
            if language not in has:
                detail = f"there are no files in {language!r}"
                raise BadParameter("language", detail, expected=f"{', '.join(sorted(has))}, as the names of the files end")
        return tuple(sorted(set(wanted) or has, key=lambda language: (language != _BASE, language)))

    def _tell_missing(self) -> None:
        for name in (*SPOKEN, *LINKS):
            if name not in self._found:
                self._report.note("file not given", f"{name}.csv", WHOLE_FILE, "the import is without what it holds")
        for language in self.languages:
            for name in SPOKEN:
                if name in self._found and language not in self._found[name]:
                    self._report.note("file not given", f"{name}_{language}.csv", WHOLE_FILE, f"its labels are not there in {language}")

    def _only(self, parts: Sequence[Part]) -> Part:
        """Return the one file in a language; the same one again does no harm."""
        first, *others = parts
        for other in others:
            if _digest(first) != _digest(other):
                detail = f"{first.place} and {other.place} are not the same"
                raise UnreadableInput(detail, expected="the files of one version of ESCO, each once")
            self._report.note("file given twice", other.name, WHOLE_FILE, f"{other.place} is the same as {first.place}")
        return first


def table(part: Part, columns: Sequence[str], report: Report, optional: Sequence[str] = ()) -> Iterator[tuple[int, list[str]]]:
    """Yield the rows of a table; see :func:`rolegraph.importers.tables.rows`. IRIs of ESCO with https get the http that they begin with."""
    places = [place for place, name in enumerate((*columns, *optional)) if name.lower().endswith("uri") or name in _IRIS]
    for line, cells in rows(part, COMMAS, columns, report, optional):
        for place in places:
            if _SECURE in cells[place]:
                report.mend("IRI with https", part.name, line, f"{cells[place][:SHOWN]} was read with http, as IRIs of ESCO begin")
                cells[place] = cells[place].replace(_SECURE, _ESCO)
        yield line, cells


def linked(
    parts: Sequence[Part], columns: Sequence[str], report: Report, optional: Sequence[str] = ()
) -> Iterator[tuple[Part, int, list[str]]]:
    """Yield the rows of a table of links with their file and line: the first copy, of which others have to be the same.

    A row that only another copy has is skipped, and reported; so are rows that another copy lacks, by their number.
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
                report.skip("row of one copy only", part.name, line, f"{part.place} has {' '.join(cells)}, {first.place} has not")
            missed.discard(tuple(cells))
        if missed:
            report.note("row of one copy only", part.name, WHOLE_FILE, f"{part.place} lacks {len(missed)} rows of {first.place}")


def _digest(part: Part) -> bytes:
    with part.open() as raw:
        return hashlib.file_digest(raw, "sha256").digest()  # type: ignore[arg-type]  # it reads into buffers, as files do
