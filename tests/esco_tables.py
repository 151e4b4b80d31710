"""A small ESCO of our own in the format of its tables, and what an import makes of it."""

import csv
import io
import re
from collections.abc import Callable, Sequence
from pathlib import Path

from rdflib import Graph, Literal, URIRef

from rolegraph import terms
from rolegraph.facade import Rolegraph
from rolegraph.formats import holding, named
from rolegraph.importers import esco
from rolegraph.importers.downloads import Download
from rolegraph.importers.reports import ImportReport

ESCO = "http://data.europa.eu/esco/"
ROLE, OTHER, SKILL, KNOWLEDGE = (ESCO + path for path in ("occupation/pilot", "occupation/captain", "skill/steer", "skill/knots"))
SHIPS, BOATS, GROUP, DEEPER = (ESCO + path for path in ("isco/C0110", "isco/C011", "skill/handling", "skill/handling-ropes"))
SCHEME = ESCO + "concept-scheme/"
RELEASED = {"status": "released"}
SOURCE = terms.BASE + "source/esco-1-1-1"
Tables = dict[str, list[dict[str, str]]]
Take = Callable[..., tuple[Graph, ImportReport]]


def tables() -> Tables:
    """Return a small ESCO of our own by the names of its files."""
    occupation = RELEASED | {"conceptType": "Occupation", "iscoGroup": "0110", "inScheme": f"{SCHEME}occupations,\n{SCHEME}8ae4"}
    skill = RELEASED | {"conceptType": "KnowledgeSkillCompetence", "reuseLevel": "sector-specific", "inScheme": f"{SCHEME}skills"}
    relation = {"skillType": "skill/competence"}
    return {
        "occupations_en.csv": [
            occupation
            | {"conceptUri": ROLE, "preferredLabel": "pilot", "altLabels": "ship pilot\nharbour pilot", "code": "0110.1"}
            | {"modifiedDate": "2022-07-05T14:34:33.9Z", "description": "Brings ships in.", "scopeNote": "Excludes aircraft."}
            | {"regulatedProfessionNote": ESCO + "regulated-professions/regulated"},
            occupation | {"conceptUri": OTHER, "preferredLabel": "captain", "altLabels": "skipper", "code": "0110.10"},
        ],
        "skills_en.csv": [
            skill | {"conceptUri": SKILL, "preferredLabel": "steer", "skillType": "skill/competence", "hiddenLabels": "stear"},
            skill | {"conceptUri": KNOWLEDGE, "preferredLabel": "knots", "skillType": "knowledge"},
        ],
        "ISCOGroups_en.csv": [
            RELEASED | {"conceptUri": BOATS, "code": "011", "preferredLabel": "boats"},
            RELEASED | {"conceptUri": SHIPS, "code": "0110", "preferredLabel": "ships"},
        ],
        "skillGroups_en.csv": [RELEASED | {"conceptUri": GROUP, "code": "S6", "preferredLabel": "handling"}],
        "skillsHierarchy_en.csv": [{"Level 0 URI": GROUP, "Level 0 preferred term": "handling", "Level 0 code": "S6"}],
        "conceptSchemes_en.csv": [
            {"conceptSchemeUri": SCHEME + "occupations", "preferredLabel": "Occupations", "hasTopConcept": f"{BOATS}, {SHIPS}"},
            {"conceptSchemeUri": SCHEME + "skills", "preferredLabel": "Skills", "hasTopConcept": GROUP},
            {"conceptSchemeUri": SCHEME + "8ae4", "preferredLabel": "Research occupations", "hasTopConcept": ROLE},
            {"conceptSchemeUri": SCHEME + "green", "preferredLabel": "Green", "hasTopConcept": SKILL},
        ],
        "broaderRelationsOccPillar.csv": [
            {"conceptUri": ROLE, "broaderUri": SHIPS},
            {"conceptUri": OTHER, "broaderUri": SHIPS},
            {"conceptUri": SHIPS, "broaderUri": BOATS},
        ],
        "broaderRelationsSkillPillar.csv": [{"conceptUri": KNOWLEDGE, "broaderUri": GROUP}, {"conceptUri": KNOWLEDGE, "broaderUri": SKILL}],
        "occupationSkillRelations.csv": [
            relation | {"occupationUri": ROLE, "relationType": "essential", "skillUri": SKILL},
            relation | {"occupationUri": ROLE, "relationType": "optional", "skillUri": KNOWLEDGE},
            relation | {"occupationUri": OTHER, "relationType": "essential", "skillUri": SKILL},
        ],
        "skillSkillRelations.csv": [
            {"originalSkillUri": SKILL, "originalSkillType": "skill/competence", "relationType": "optional"}
            | {"relatedSkillType": "knowledge", "relatedSkillUri": KNOWLEDGE}
        ],
        "greenSkillsCollection_en.csv": [{"conceptUri": SKILL, "preferredLabel": "steer"}],
    }


def text(rows: Sequence[dict[str, str]]) -> str:
    """Write rows as the publisher does: CRLF between records, LF in cells."""
    output = io.StringIO()
    writer = csv.DictWriter(output, list(dict.fromkeys(name for row in rows for name in row)), lineterminator="\r\n")
    writer.writeheader()
    writer.writerows(rows)
    return output.getvalue()


def write(folder: Path, content: Tables) -> Path:
    """Write tables to a folder whose name tells the version."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, rows in content.items():
        (folder / name).write_text(text(rows), encoding="utf-8", newline="")
    return folder


def taking(graph: Rolegraph, folder: Path) -> Take:
    """Return a function that imports paths, or tables, to a graph, and returns it with the report."""

    def take(given: Tables | Sequence[Path], **wanted: object) -> tuple[Graph, ImportReport]:
        paths = [write(folder / "esco 1.1.1", given)] if isinstance(given, dict) else given
        report = ImportReport()
        graph.import_source(esco.read, Download(paths), report, folder / "graph.nt", **wanted)
        return Graph().parse(folder / "graph.nt"), report

    return take


def values(graph: Graph, subject: str, property_: str) -> set[str]:
    predicate = URIRef(terms.expand(property_) or property_)
    found = graph.objects(URIRef(subject), predicate)
    return {f"{value}@{value.language}" if isinstance(value, Literal) and value.language else str(value) for value in found}


def rules(report: ImportReport, action: str) -> list[tuple[str, str, int]]:
    return [(remark.rule, remark.file, remark.line) for remark in report.remarks if remark.action == action]


def line_of(content: Tables, name: str, words: str) -> int:
    """Return the number of the line of a file on which a record with some words begins."""
    line = 1
    for record in re.split(r"(?<=\r\n)", text(content[name])):
        if words in record:
            return line
        line += record.count("\n")
    raise AssertionError(words)


def french(content: Tables) -> Tables:
    """Return the tables in French, which ESCO gives for occupations with gendered pairs."""
    rows = [dict(row) for row in content["occupations_en.csv"]]
    rows[0] |= {"preferredLabel": "conducteur/conductrice", "altLabels": "conducteur\nconductrice"}
    rows[0] |= {"description": "Fait entrer les navires.", "scopeNote": "", "modifiedDate": "2022-01-01T00:00:00Z"}
    rows[0]["inScheme"] = f"{SCHEME}8ae4,\n{SCHEME}occupations"
    rows[1] |= {"preferredLabel": "capitaine", "altLabels": "", "code": "0110.99"}
    return {"occupations_fr.csv": rows}


RENAMED = ("occupationSkillRelations", "skillSkillRelations", "broaderRelationsOccPillar", "broaderRelationsSkillPillar")


def held(graph: Rolegraph, iri: str) -> set[bytes]:
    return set(graph.engine.dump(named("ntriples", holding("graph")), iri).body.splitlines())
