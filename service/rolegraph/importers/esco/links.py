"""Broader concepts, the skills of occupations, and the skills of skills."""

import itertools
from collections.abc import Iterator, Sequence

from rolegraph import terms
from rolegraph.importers.downloads import Part
from rolegraph.importers.esco import files
from rolegraph.importers.esco.concepts import OCCUPATION, SKILL, Concepts, ConceptTable
from rolegraph.importers.esco.files import Files, linked, table
from rolegraph.importers.needed import needed
from rolegraph.importers.reports import ImportReport
from rolegraph.importers.triples import Triples

ESSENTIAL, OPTIONAL = "essential", "optional"
_LEVELS = ("Level 0 URI", "Level 1 URI", "Level 2 URI", "Level 3 URI")

Pair = tuple[str, str]
Row = tuple[Part, int, list[str]]


class Links:
    """Writes links between described concepts; other links are skipped."""

    def __init__(self, triples: Triples, report: ImportReport, concepts: Concepts) -> None:
        self._triples = triples
        self._report = report
        self._sorts = concepts.sorts

    def read(self, download_files: Files) -> None:
        """Read all tables of links."""
        pairs: dict[Pair, None] = {}
        for name in (files.ROLE_BROADER, files.SKILL_BROADER):
            parts = download_files.links(name)
            with needed(parts[0], self._triples, self._report):
                self._broader(parts, pairs)
        for localised in download_files.in_languages(files.HIERARCHY):
            self._hierarchy(localised.part, pairs)
        columns, parts = ("occupationUri", "skillUri", "relationType"), download_files.links(files.ROLE_SKILLS)
        with needed(parts[0], self._triples, self._report):
            self._skills(parts, columns, ("skillType",), OCCUPATION, ("rg:essentialSkill", "rg:optionalSkill"))
        columns = ("originalSkillUri", "relatedSkillUri", "relationType")
        types = ("originalSkillType", "relatedSkillType")
        properties = ("esco:relatedEssentialSkill", "esco:relatedOptionalSkill")
        self._skills(download_files.links(files.SKILL_SKILLS), columns, types, SKILL, properties)

    def _broader(self, parts: Sequence[Part], pairs: dict[Pair, None]) -> None:
        for part, line, (narrower, broader) in linked(parts, ("conceptUri", "broaderUri"), self._report):
            if self._is_valid(narrower, broader, part.name, line):
                if (narrower, broader) in pairs:
                    self._report_repeated(narrower, broader, part.name, line)
                else:
                    self._write_broader(narrower, broader, pairs)

    def _hierarchy(self, part: Part, pairs: dict[Pair, None]) -> None:
        """Take the broader groups of the hierarchy of skills that are missing in the table of broader concepts."""
        for line, cells in table(part, _LEVELS[:1], self._report, _LEVELS[1:]):
            path = [cell.strip() for cell in cells if cell.strip()]
            for broader, narrower in itertools.pairwise(path):
                described = narrower in self._sorts and broader in self._sorts
                if (narrower, broader) not in pairs and described and narrower != broader:
                    self._report.note("broader in the hierarchy only", part.name, line, f"{_named(narrower)} below {_named(broader)}")
                    self._write_broader(narrower, broader, pairs)

    def _write_broader(self, narrower: str, broader: str, pairs: dict[Pair, None]) -> None:
        pairs[narrower, broader] = None
        self._triples.link(narrower, "skos:broader", broader)
        self._report.written["broader concepts"] += 1

    def _skills(
        self, parts: Sequence[Part], columns: Sequence[str], types: Sequence[str], subjects: ConceptTable, properties: Sequence[str]
    ) -> None:
        """Write the skills of roles or of skills; one that is both essential and optional is essential."""
        if not parts:
            return
        relations: dict[Pair, str] = {}
        for part, line, (subject, skill, relation) in self._typed(linked(parts, columns, self._report, types)):
            earlier = relations.get((subject, skill))
            if relation not in (ESSENTIAL, OPTIONAL):
                self._report.skip("unknown relation", part.name, line, f"{relation!r} is neither essential nor optional")
            elif earlier == relation:
                self._report_repeated(subject, skill, part.name, line)
            elif earlier:
                detail = f"{_named(skill)} is essential and optional for {_named(subject)}: it was taken as essential"
                self._report.fix("essential and optional", part.name, line, detail)
                relations[subject, skill] = ESSENTIAL
            elif self._is_valid(subject, skill, part.name, line, (subjects, SKILL)):
                relations[subject, skill] = relation
        property_of = dict(zip((ESSENTIAL, OPTIONAL), properties, strict=True))
        for (subject, skill), relation in relations.items():
            self._triples.link(subject, property_of[relation], skill)
            self._report.written[f"{relation} skills of {subjects.what}"] += 1

    def _typed(self, rows: Iterator[Row]) -> Iterator[Row]:
        """Note rows without a skill type; the type is taken from the skill's own row."""
        for part, line, (subject, skill, relation, *types) in rows:
            if not all(types):
                self._report.note("row without a skill type", part.name, line, f"{_named(skill)} of {_named(subject)}")
            yield part, line, [subject, skill, relation.strip().lower()]

    def _is_valid(self, subject: str, object_: str, file: str, line: int, sorts: tuple[ConceptTable, ConceptTable] | None = None) -> bool:
        """Return whether both ends are described and of the right kind; report the row if not."""
        for place, iri in enumerate((subject, object_)):
            sort = self._sorts.get(iri)
            if sort is None:
                self._report.skip("concept without a row", file, line, f"{_named(iri)} in {_named(subject)} → {_named(object_)}")
                return False
            if sorts and sort is not sorts[place]:
                detail = f"{_named(iri)} is one of the {sort.what}, not of the {sorts[place].what}"
                self._report.skip("link to another kind", file, line, detail)
                return False
        if subject == object_:
            self._report.skip("link to itself", file, line, _named(subject))
            return False
        return True

    def _report_repeated(self, subject: str, object_: str, file: str, line: int) -> None:
        self._report.skip("row given twice", file, line, f"{_named(subject)} → {_named(object_)}")


def _named(iri: str) -> str:
    return terms.shorten(iri)
