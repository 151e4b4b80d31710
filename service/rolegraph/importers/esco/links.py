"""What stands above what, which skills a role takes, and which skills a skill takes."""

import itertools
from collections.abc import Iterator, Sequence

from rolegraph import terms
from rolegraph.importers.downloads import Part
from rolegraph.importers.esco import files
from rolegraph.importers.esco.concepts import OCCUPATION, SKILL, Concepts, ConceptTable
from rolegraph.importers.esco.files import Files, linked, table
from rolegraph.importers.needed import needed
from rolegraph.importers.reports import Report
from rolegraph.importers.triples import Triples

ESSENTIAL, OPTIONAL = "essential", "optional"
_LEVELS = ("Level 0 URI", "Level 1 URI", "Level 2 URI", "Level 3 URI")

Pair = tuple[str, str]
Row = tuple[Part, int, list[str]]


class Links:
    """Writes the links between concepts that are described; one that leads elsewhere is skipped."""

    def __init__(self, triples: Triples, report: Report, concepts: Concepts) -> None:
        self._triples = triples
        self._report = report
        self._sorts = concepts.sorts

    def read(self, found: Files) -> None:
        """Read all tables of links."""
        above: dict[Pair, None] = {}
        for name in (files.ROLE_BROADER, files.SKILL_BROADER):
            parts = found.links(name)
            with needed(parts[0], self._triples, self._report):
                self._broader(parts, above)
        for spoken in found.spoken(files.HIERARCHY):
            self._hierarchy(spoken.part, above)
        columns, parts = ("occupationUri", "skillUri", "relationType"), found.links(files.ROLE_SKILLS)
        with needed(parts[0], self._triples, self._report):
            self._skills(parts, columns, ("skillType",), OCCUPATION, ("rg:essentialSkill", "rg:optionalSkill"))
        columns = ("originalSkillUri", "relatedSkillUri", "relationType")
        types = ("originalSkillType", "relatedSkillType")
        self._skills(found.links(files.SKILL_SKILLS), columns, types, SKILL, ("esco:relatedEssentialSkill", "esco:relatedOptionalSkill"))

    def _broader(self, parts: Sequence[Part], above: dict[Pair, None]) -> None:
        for part, line, (below, broader) in linked(parts, ("conceptUri", "broaderUri"), self._report):
            if self._fit(below, broader, part.name, line):
                if (below, broader) in above:
                    self._again(below, broader, part.name, line)
                else:
                    self._above(below, broader, above)

    def _hierarchy(self, part: Part, above: dict[Pair, None]) -> None:
        """Take what stands above a group in the hierarchy of skills, where the table of broader concepts does not say it."""
        for line, cells in table(part, _LEVELS[:1], self._report, _LEVELS[1:]):
            path = [cell.strip() for cell in cells if cell.strip()]
            for broader, below in itertools.pairwise(path):
                if (below, broader) not in above and below in self._sorts and broader in self._sorts and below != broader:
                    self._report.note("broader in the hierarchy only", part.name, line, f"{_named(below)} below {_named(broader)}")
                    self._above(below, broader, above)

    def _above(self, below: str, broader: str, above: dict[Pair, None]) -> None:
        above[below, broader] = None
        self._triples.link(below, "skos:broader", broader)
        self._report.written["broader concepts"] += 1

    def _skills(
        self, parts: Sequence[Part], columns: Sequence[str], types: Sequence[str], of: ConceptTable, properties: Sequence[str]
    ) -> None:
        """Write the skills of roles or of skills; where one is essential and optional, it is essential."""
        if not parts:
            return
        found: dict[Pair, str] = {}
        for part, line, (subject, skill, relation) in self._typed(linked(parts, columns, self._report, types)):
            known = found.get((subject, skill))
            if relation not in (ESSENTIAL, OPTIONAL):
                self._report.skip("unknown relation", part.name, line, f"{relation!r}; known are essential and optional")
            elif known == relation:
                self._again(subject, skill, part.name, line)
            elif known:
                detail = f"{_named(skill)} is essential and optional for {_named(subject)}: it was taken as essential"
                self._report.mend("essential and optional", part.name, line, detail)
                found[subject, skill] = ESSENTIAL
            elif self._fit(subject, skill, part.name, line, (of, SKILL)):
                found[subject, skill] = relation
        named = dict(zip((ESSENTIAL, OPTIONAL), properties, strict=True))
        for (subject, skill), relation in found.items():
            self._triples.link(subject, named[relation], skill)
            self._report.written[f"{relation} skills of {of.what}"] += 1

    def _typed(self, found: Iterator[Row]) -> Iterator[Row]:
        """Note rows that do not say whether the skill is knowledge: the skill's own row says it, and counts."""
        for part, line, (subject, skill, relation, *types) in found:
            if not all(types):
                self._report.note("row without a skill type", part.name, line, f"{_named(skill)} of {_named(subject)}")
            yield part, line, [subject, skill, relation.strip().lower()]

    def _fit(self, subject: str, object_: str, file: str, line: int, sorts: tuple[ConceptTable, ConceptTable] | None = None) -> bool:
        """Tell whether both ends are described, as what the link is between."""
        for place, iri in enumerate((subject, object_)):
            sort = self._sorts.get(iri)
            if sort is None:
                self._report.skip("concept without a row", file, line, f"{_named(iri)} in {_named(subject)} → {_named(object_)}")
                return False
            if sorts and sort is not sorts[place]:
                self._report.skip("link to another kind", file, line, f"{_named(iri)} is of the {sort.what}, not the {sorts[place].what}")
                return False
        if subject == object_:
            self._report.skip("link to itself", file, line, _named(subject))
            return False
        return True

    def _again(self, subject: str, object_: str, file: str, line: int) -> None:
        self._report.skip("row given twice", file, line, f"{_named(subject)} → {_named(object_)}")


def _named(iri: str) -> str:
    return terms.shorten(iri)
