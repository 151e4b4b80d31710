"""Occupations, skills and groups: the rows of the tables in each language become concepts with labels."""

import re
from collections.abc import Iterable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass

from rolegraph import terms
from rolegraph.importers.cleaning import Cleaner
from rolegraph.importers.esco import files
from rolegraph.importers.esco.files import Files, LanguageTable, table
from rolegraph.importers.esco.labels import Labels
from rolegraph.importers.needed import needed
from rolegraph.importers.reports import ImportReport
from rolegraph.importers.triples import Triples

ESCO = "http://data.europa.eu/esco/"
RELEASED = "released"
SKILL_TYPES = {"skill/competence": ESCO + "skill-type/skill", "knowledge": ESCO + "skill-type/knowledge"}
REUSE_LEVELS = {
    level: f"{ESCO}skill-reuse-level/{level}" for level in ("transversal", "cross-sector", "sector-specific", "occupation-specific")
}

_COLUMNS = ("conceptUri", "preferredLabel")
# columns that do not depend on the language, and columns that do
_FACTS = ("code", "inScheme", "modifiedDate", "iscoGroup", "regulatedProfessionNote", "naceCode", "skillType", "reuseLevel")
_TEXTS = ("status", "altLabels", "hiddenLabels", "description", "scopeNote", "definition")
_LEVELS = 4
_LIST = re.compile(r"[,\s|]+")
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)?")
_DATE = re.compile(r"\d{4}-\d\d-\d\d")


@dataclass(frozen=True)
class ConceptTable:
    """A table of concepts: ``what`` names them in the plural, ``types`` are their classes besides ``skos:Concept``."""

    table: str
    what: str
    types: tuple[str, ...]


OCCUPATION = ConceptTable(files.OCCUPATIONS, "occupations", ("rg:Role", "esco:Occupation"))
SKILL = ConceptTable(files.SKILLS, "skills", ("rg:Skill", "esco:Skill"))
ISCO_GROUP = ConceptTable(files.ISCO_GROUPS, "ISCO groups", ("rg:Group",))
SKILL_GROUP = ConceptTable(files.SKILL_GROUPS, "skill groups", ("rg:Group",))
SORTS = (OCCUPATION, SKILL, ISCO_GROUP, SKILL_GROUP)


class Concepts:
    """Reads and writes the concepts: ``sorts`` maps each IRI to its table; ``schemes`` are the schemes that they name."""

    def __init__(self, triples: Triples, report: ImportReport) -> None:
        self.sorts: dict[str, ConceptTable] = {}
        self.schemes: dict[str, None] = {}
        self.membership: set[tuple[str, str]] = set()
        self.values: dict[str, str] = {}
        self._triples = triples
        self._report = report
        self._labels = Labels(triples, report)
        self._facts: dict[str, tuple[str, ...]] = {}
        self._written: set[tuple[str, str]] = set()

    def read(self, download_files: Files) -> None:
        """Read all tables of concepts in all languages."""
        for sort in SORTS:
            for localised in download_files.in_languages(sort.table):
                with needed(localised.part, self._triples, self._report) if sort.table in files.REQUIRED else nullcontext():
                    self._read(sort, localised)
        for localised in download_files.in_languages(files.HIERARCHY):
            self._complete(localised)
        self._labels.report_ambiguous_labels()

    def join(self, iri: str, scheme: str) -> None:
        """Put a concept into a scheme or a collection."""
        if (iri, scheme) not in self.membership:
            self.membership.add((iri, scheme))
            self.schemes[scheme] = None
            self._triples.link(iri, "skos:inScheme", scheme)
            self._report.written["members of schemes"] += 1

    def _read(self, sort: ConceptTable, localised: LanguageTable) -> None:
        file, clean = localised.part.name, Cleaner(self._report, localised.part.name)
        texts_from = len(_COLUMNS) + len(_FACTS)
        for line, cells in table(localised.part, _COLUMNS, self._report, (*_FACTS, *_TEXTS)):
            iri, name, facts, (status, *texts) = cells[0].strip(), cells[1], tuple(cells[len(_COLUMNS) : texts_from]), cells[texts_from:]
            if self._skips(iri, status, file, line):
                continue
            preferred = clean.label(name, line)
            if (iri, localised.language) in self._written or self.sorts.get(iri, sort) is not sort:
                self._report.skip("concept given twice", file, line, f"{terms.shorten(iri)} is in an earlier row already")
            elif not preferred:
                self._report.skip("no preferred label", file, line, terms.shorten(iri))
            else:
                self._describe(iri, sort, facts, file, line)
                self._write_texts(iri, sort, localised.language, preferred, texts, place=(file, line), clean=clean)

    def _skips(self, iri: str, status: str, file: str, line: int) -> bool:
        if not terms.is_iri(iri):
            self._report.skip("no IRI", file, line, repr(iri))
            return True
        if status.strip().lower() not in (RELEASED, ""):
            self._report.skip("not released", file, line, f"{terms.shorten(iri)} is {status.strip()}")
            return True
        return False

    def _describe(self, iri: str, sort: ConceptTable, facts: tuple[str, ...], file: str, line: int) -> None:
        """Write what does not depend on the language, from the first language that has the concept."""
        if iri in self.sorts:
            earlier = self._facts[iri]
            for name, old, new in zip(_FACTS, earlier, facts, strict=True):
                # each translation has its own date of change
                if old != new and name != "modifiedDate" and sorted(_LIST.split(old)) != sorted(_LIST.split(new)):
                    detail = f"{terms.shorten(iri)} has {new!r} as {name}, and {old!r} in an earlier file, which is used"
                    self._report.note("languages differ", file, line, detail)
            return
        self.sorts[iri] = sort
        self._facts[iri] = facts
        self._triples.types(iri, "skos:Concept", *sort.types)
        self._report.written[sort.what] += 1
        code, schemes, modified, group, regulated, nace, type_, level = facts
        if notation := Cleaner(self._report, file).label(code, line):
            self._triples.text(iri, "skos:notation", notation)
        for scheme in self._iris(schemes, "inScheme", file, line):
            self.join(iri, scheme)
        self._date(iri, modified.strip(), file, line)
        for isco_group in self._iris(f"{ESCO}isco/C{group.strip()}" if group.strip() else "", "iscoGroup", file, line):
            self._triples.link(iri, "esco:memberOfISCOGroup", isco_group)
        for note in self._iris(regulated, "regulatedProfessionNote", file, line):
            self._triples.link(iri, "esco:regulatedProfessionNote", note)
        for activity in self._iris(nace, "naceCode", file, line):
            self._triples.link(iri, "esco:hasNACECode", activity)
        if sort is SKILL:
            self._value(iri, "esco:skillType", type_, SKILL_TYPES, (file, line))
            self._value(iri, "esco:skillReuseLevel", level, REUSE_LEVELS, (file, line))

    def _value(self, iri: str, property_: str, cell: str, values: dict[str, str], place: tuple[str, int]) -> None:
        name = property_.removeprefix("esco:")
        words = cell.split("\n") if cell.strip() else []
        if not words:
            self._report.note(f"no {name}", *place, f"{terms.shorten(iri)} has none")
        for word in words:
            value = values.get(word.strip().lower())
            if value:
                self._triples.link(iri, property_, value)
                self.values.setdefault(value, word.strip())
            else:
                self._report.skip(f"unknown {name}", *place, f"{terms.shorten(iri)} has {word.strip()!r}, not one of {', '.join(values)}")

    def _date(self, iri: str, modified: str, file: str, line: int) -> None:
        if _TIME.fullmatch(modified):
            self._triples.value(iri, "dct:modified", modified, "dateTime")
        elif _DATE.fullmatch(modified):
            self._triples.value(iri, "dct:modified", modified, "date")
        elif modified:
            self._report.skip("no date", file, line, f"{terms.shorten(iri)} was modified {modified!r}")

    def _write_texts(
        self, iri: str, sort: ConceptTable, language: str, preferred: str, texts: Sequence[str], *, place: tuple[str, int], clean: Cleaner
    ) -> None:
        """Write labels, definition and notes in one language."""
        self._written.add((iri, language))
        alternative, hidden, description, scope, definition = texts
        others = (("skos:altLabel", alternative), ("skos:hiddenLabel", hidden))
        self._labels.write(iri, sort.what, (language, preferred), others, place=place, clean=clean)
        if not description.strip():
            description, definition = definition, ""  # where both are given, the column of definitions describes the scope
        for property_, cell in (("skos:definition", description), ("skos:scopeNote", scope), ("skos:scopeNote", definition)):
            text = clean.prose(cell, place[1]) if cell else ""
            if text:
                self._triples.text(iri, property_, text, language)
                self._report.written[f"definitions and notes in {language}"] += 1

    def _complete(self, localised: LanguageTable) -> None:
        """Take the groups that are only in the hierarchy of skills."""
        file, clean = localised.part.name, Cleaner(self._report, localised.part.name)
        columns = ("Level 0 URI", "Level 0 preferred term")
        levels = range(1, _LEVELS)
        optional = [f"Level {level} {what}" for level in levels for what in ("URI", "preferred term")]
        optional += [*(f"Level {level} code" for level in range(_LEVELS)), "Description", "Scope note"]
        for line, cells in table(localised.part, columns, self._report, optional):
            filled = [level for level in range(_LEVELS) if cells[2 * level].strip()]
            deepest = filled[-1] if filled else 0
            iri, name, code = cells[2 * deepest].strip(), cells[2 * deepest + 1], cells[2 * _LEVELS + deepest]
            if (iri, localised.language) in self._written or self._skips(iri, "", file, line):
                continue
            preferred = clean.label(name, line)
            if not preferred:
                self._report.skip("no preferred label", file, line, terms.shorten(iri))
                continue
            self._report.note("group of the hierarchy only", file, line, f"{terms.shorten(iri)} has no row in {files.SKILL_GROUPS}")
            if iri not in self.sorts:
                self._describe(iri, SKILL_GROUP, (code, *[""] * (len(_FACTS) - 1)), file, line)
            self._write_texts(iri, SKILL_GROUP, localised.language, preferred, ("", "", *cells[-2:], ""), place=(file, line), clean=clean)

    def _iris(self, cell: str, column: str, file: str, line: int) -> Iterable[str]:
        for text in _LIST.split(cell.strip()) if cell else ():
            if terms.is_iri(text):
                yield text
            elif text:
                self._report.skip("no IRI", file, line, f"{text!r} in {column}")
