"""Concept schemes, and the collections of skills and occupations that ESCO publishes as separate lists."""

from collections.abc import Sequence

from rolegraph import terms
from rolegraph.importers.cleaning import Cleaner
from rolegraph.importers.downloads import Part
from rolegraph.importers.esco import files
from rolegraph.importers.esco.concepts import ESCO, RELEASED, Concepts
from rolegraph.importers.esco.files import Files, linked, table
from rolegraph.importers.reports import ImportReport
from rolegraph.importers.triples import Triples

_SCHEME = ESCO + "concept-scheme/"
# file name: the labels that its scheme may have in the table of schemes, and ESCO's IRI for it if it is not in that table
COLLECTIONS = {
    "digitalSkillsCollection": (("Digital",), ""),
    "ictSkillsCollection": (("ICT", "ESCO ICT skill groups", "Digital"), _SCHEME + "skill-ict-groups"),
    "greenSkillsCollection": (("Green",), _SCHEME + "green"),
    "digCompSkillsCollection": (("DigComp",), _SCHEME + "digcomp"),
    "languageSkillsCollection": (("Language",), _SCHEME + "skill-language-groups"),
    "transversalSkillsCollection": (("ESCO transversal skill groups", "Transversal"), _SCHEME + "skill-transversal-groups"),
    "researchSkillsCollection": (("Research",), _SCHEME + "research"),
    "researchOccupationsCollection": (("Research occupations",), ""),
}
TYPES_SCHEME, LEVELS_SCHEME = _SCHEME + "skill-competence-type", _SCHEME + "skill-reuse-level"


class Schemes:
    """Writes the schemes, and links the members of collections to theirs."""

    def __init__(self, triples: Triples, report: ImportReport, concepts: Concepts) -> None:
        self._triples = triples
        self._report = report
        self._concepts = concepts
        self._labels: dict[str, str] = {}
        self._described: set[tuple[str, str]] = set()

    def read(self, download_files: Files) -> None:
        """Read the table of schemes, then the collections."""
        for localised in download_files.in_languages(files.SCHEMES):
            self._read(localised.part, localised.language)
        for name, parts in download_files.collections():
            self._collect(name, parts)
        for value, word in self._concepts.values.items():
            self._triples.types(value, "skos:Concept")
            self._triples.text(value, "skos:prefLabel", word, "en")
            self._triples.link(value, "skos:inScheme", TYPES_SCHEME if "/skill-type/" in value else LEVELS_SCHEME)
        described = {iri for iri, _ in self._described}
        for scheme in self._concepts.schemes:
            if scheme not in described:
                detail = f"{scheme} has members but no row"
                self._report.note("scheme without a row", f"{files.SCHEMES}.csv", files.WHOLE_FILE, detail)

    def _read(self, part: Part, language: str) -> None:
        clean = Cleaner(self._report, part.name)
        columns = ("conceptSchemeUri", "preferredLabel")
        for line, cells in table(part, columns, self._report, ("title", "status", "description", "hasTopConcept")):
            iri, preferred, title, status, description, tops = cells
            name = clean.label(preferred or title, line)
            if not terms.is_iri(iri):
                self._report.skip("no IRI", part.name, line, repr(iri))
            elif status.strip().lower() not in (RELEASED, ""):
                self._report.skip("not released", part.name, line, f"{iri} is {status.strip()}")
            elif not name:
                self._report.skip("no preferred label", part.name, line, iri)
            elif (iri, language) in self._described:
                self._report.skip("concept given twice", part.name, line, f"{iri} is in an earlier row already")
            else:
                self._describe(iri, name, language, clean.prose(description, line))
                self._top(iri, tops.split(","), part.name, line)

    def _describe(self, iri: str, name: str, language: str, description: str) -> None:
        if iri not in {scheme for scheme, _ in self._described}:
            self._triples.types(iri, "skos:ConceptScheme")
            self._report.written["concept schemes"] += 1
        self._described.add((iri, language))
        self._labels.setdefault(name.casefold(), iri)
        self._triples.text(iri, "skos:prefLabel", name, language)
        if description:
            self._triples.text(iri, "skos:definition", description, language)

    def _top(self, iri: str, tops: Sequence[str], file: str, line: int) -> None:
        for top in filter(None, (text.strip() for text in tops)):
            if top in self._concepts.sorts or top in self._concepts.values:
                self._triples.link(iri, "skos:hasTopConcept", top)
            else:
                self._report.skip("concept without a row", file, line, f"{top} is a top concept of {iri}")

    def _collect(self, name: str, parts: Sequence[Part]) -> None:
        """Link the members of a collection to its scheme; most of their rows name it too."""
        scheme = self._scheme(name)
        if not scheme:
            detail = "no row of the table of schemes has the label of this collection, so only the schemes in its members' rows are used"
            self._report.skip("collection without a scheme", parts[0].name, files.WHOLE_FILE, detail)
            return
        for part, line, (iri,) in linked(parts, ("conceptUri",), self._report):
            if iri in self._concepts.sorts:
                self._concepts.join(iri, scheme)
            else:
                self._report.skip("concept without a row", part.name, line, f"{terms.shorten(iri)} is listed but not described")

    def _scheme(self, name: str) -> str:
        labels, iri = next((value for file, value in COLLECTIONS.items() if file.lower() == name.lower()), ((), ""))
        schemes = {scheme for scheme, _ in self._described} | set(self._concepts.schemes)
        if iri in schemes:
            return iri
        return next((self._labels[label.casefold()] for label in labels if label.casefold() in self._labels), iri)
