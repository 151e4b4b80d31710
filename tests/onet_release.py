"""A small release of our own in the format of O*NET, and its import."""

import re
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rdflib import Graph, Literal, URIRef

from rolegraph import importers, resources, terms
from rolegraph.importers import Imported, Task, onet
from rolegraph.importers.downloads import Download
from rolegraph.importers.reports import ImportReport
from rolegraph.importers.triples import Triples

SOURCE = "https://w3id.org/rolegraph/source/onet-77-1"
REAL = "https://w3id.org/rolegraph/source/onet-29-2"
ROW = "O*NET-SOC Code"
RATED = (ROW, "Element ID", "Element Name", "Scale ID", "Data Value", "N", "Recommend Suppress", "Not Relevant")
Cells = tuple[str, ...]

# a release in small, by file: the header, then rows, both in the order of the publisher's columns that are read
RELEASE: dict[str, list[Cells]] = {
    "Occupation Data.txt": [
        (ROW, "Title", "Description"),
        ("11-0000.01", "Bakers of Bread", 'Bake bread, also "sourdough".'),
        ("11-0000.02", "Millers", "Grind grain."),
        ("11-0000.03", "Tasters", "Taste."),
    ],
    "Alternate Titles.txt": [
        (ROW, "Alternate Title", "Short Title", "Source(s)"),
        ("11-0000.01", "Chief Bread Officer (CBO)", "CBO", "01"),
        ("11-0000.01", "Dough Engineer", "n/a", "01"),
        ("11-0000.02", "Dough Engineer", "n/a", "02"),
        ("11-0000.02", "millers", "n/a", "02"),
    ],
    "Task Statements.txt": [
        (ROW, "Task ID", "Task", "Task Type"),
        ("11-0000.01", "71", "Knead dough.", "Core"),
        ("11-0000.01", "72", "Sweep floors.", "Supplemental"),
        ("11-0000.02", "73", "Turn the mill.", "n/a"),
    ],
    "Emerging Tasks.txt": [
        (ROW, "Task", "Category", "Original Task ID"),
        ("11-0000.01", "Ask a machine to knead dough.", "Revision", "71"),
        ("11-0000.02", "Watch the mill from afar.", "New", "n/a"),
    ],
    "Tasks to DWAs.txt": [(ROW, "Task ID", "DWA ID"), ("11-0000.01", "71", "4.A.1.I01.D01"), ("11-0000.01", "72", "4.A.9.I01.D09")],
    "DWA Reference.txt": [("Element ID", "IWA ID", "DWA ID", "DWA Title"), ("4.A.1", "4.A.1.I01", "4.A.1.I01.D01", "Handle food.")],
    "Technology Skills.txt": [
        (ROW, "Example", "Commodity Code", "Commodity Title", "Hot Technology", "In Demand"),
        ("11-0000.01", "C", "43232402", "Compilers", "N", "N"),
        ("11-0000.01", "C++", "43232402", "Compilers", "Y", "Y"),
        ("11-0000.01", "C#", "43232402", "Compilers", "N", "Y"),
        ("11-0000.02", "Oracle Java", "43232402", "Compilers", "Y", "N"),
        ("11-0000.02", "Bob&apos;s Oven", "43232499", "Ovens", "N", "N"),
        ("11-0000.01", "Bob&apos;s Oven", "43232402", "Compilers", "N", "N"),
    ],
    "Skills.txt": [
        RATED,
        ("11-0000.01", "2.A.1", "Kneading", "IM", "3.00", "8", "N", "n/a"),
        ("11-0000.01", "2.A.1", "Kneading", "LV", "5.12", "8", "N", "N"),
        ("11-0000.01", "2.A.2", "Counting", "IM", "2.00", "8", "N", "n/a"),
        ("11-0000.01", "2.A.2", "Counting", "LV", "1.10", "8", "Y", "N"),
        ("11-0000.01", "2.A.3", "Singing", "IM", "1.99", "8", "N", "n/a"),
        ("11-0000.01", "2.A.3", "Singing", "LV", "0.50", "8", "N", "N"),
        ("11-0000.02", "2.A.1", "Kneading", "IM", "2.60", "8", "N", "n/a"),
        ("11-0000.02", "2.A.1", "Kneading", "LV", "0.20", "8", "N", "Y"),
        ("11-0000.02", "2.A.2", "Counting", "IM", "4.50", "8", "Y", "n/a"),
    ],
    "Knowledge.txt": [RATED, ("11-0000.01", "2.C.10", "Grain", "IM", "4.00", "31", "n/a", "n/a")],
    "Content Model Reference.txt": [
        ("Element ID", "Element Name", "Description"),
        ("2", "Requirements", "What is required."),
        ("2.A", "Skills", "What one can do."),
        ("2.A.1", "Kneading", "Working dough."),
        ("2.A.2", "Counting", "Telling how many."),
        ("2.A.3", "Singing", "Making music."),
        ("2.C.10", "Grain", "Knowing grain."),
        ("4.A.1", "Handling", "Touching things."),
    ],
    "Education, Training, and Experience.txt": [
        (ROW, "Element ID", "Scale ID", "Category", "Data Value", "N", "Recommend Suppress"),
        ("11-0000.01", "2.D.1", "RL", "2", "50.00", "20", "N"),
        ("11-0000.01", "2.D.1", "RL", "6", "20.00", "20", "n/a"),
        ("11-0000.01", "2.D.1", "RL", "8", "19.99", "20", "N"),
        ("11-0000.01", "3.A.1", "RW", "1", "100.00", "20", "N"),
        ("11-0000.02", "2.D.1", "RL", "2", "60.00", "9", "Y"),
        ("11-0000.02", "2.D.1", "RL", "6", "40.00", "9", "N"),
    ],
    "Education, Training, and Experience Categories.txt": [
        ("Element ID", "Element Name", "Scale ID", "Category", "Category Description"),
        ("2.D.1", "Required Level of Education", "RL", "2", "School Diploma - or the like"),
        ("2.D.1", "Required Level of Education", "RL", "6", "Bachelor's Degree"),
        ("2.D.1", "Required Level of Education", "RL", "8", "Master's Degree"),
        ("3.A.1", "Experience", "RW", "1", "None"),
    ],
    "Job Zones.txt": [(ROW, "Job Zone"), ("11-0000.01", "4"), ("11-0000.02", "9")],
    "Job Zone Reference.txt": [
        ("Job Zone", "Name", "Experience", "Education", "Job Training"),
        ("4", "Job Zone Four", "Much.", "n/a", "Some."),
    ],
    "Related Occupations.txt": [
        (ROW, "Related O*NET-SOC Code", "Relatedness Tier", "Index"),
        ("11-0000.01", "11-0000.02", "Primary-Short", "1"),
        ("11-0000.01", "11-9999.00", "Primary-Short", "2"),
    ],
}
READ_ME = "O*NET 77.1 Database\r\nFebruary 2077 Release\r\n"


def lay(folder: Path, without: tuple[str, ...] = (), **changed: list[Cells]) -> Path:
    """Write the small release as the publisher does; ``changed`` files are named without blanks and ending."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, table in RELEASE.items():
        rows = changed.get(re.sub(r"\W", "", name.removesuffix(".txt")), table)
        text = "".join("\t".join(row) + "\r\n" for row in rows)
        if name not in without:
            (folder / name).write_bytes(text.encode())
    if "Read Me.txt" not in without:
        (folder / "Read Me.txt").write_bytes(READ_ME.encode())
    return folder


def run(folder: Path, where: Path, labelled: Mapping[str, Mapping[str, str]] | None = None, **wanted: Any) -> Imported:
    ours = labelled if labelled is not None else {kind: vocabulary(kind) for kind in ("tool", "degree")}
    report = ImportReport()
    return importers.run(onet.read, Task(Download([folder]), Triples(where), report, lambda kind: ours.get(kind, {}), **wanted))


def vocabulary(kind: str) -> dict[str, str]:
    graph = Graph().parse(resources.folder("data") / "vocabularies" / f"{kind}.ttl")
    named = [pair for name in ("prefLabel", "altLabel") for pair in graph.subject_objects(term(f"skos:{name}"))]
    return {str(label).casefold(): str(thing) for thing, label in named}


def term(curie: str) -> URIRef:
    return URIRef(terms.expand(curie) or curie)


class Small:
    """The small release, imported, as a graph to look into."""

    def __init__(self, imported: Imported) -> None:
        self.imported = imported
        self.graph = Graph().parse(imported.path, format="nt")

    def objects(self, subject: str, property_: str) -> set[str]:
        found = self.graph.objects(term(subject), term(property_))
        return {str(one) if isinstance(one, Literal) else terms.shorten(str(one)) for one in found}

    def remarks(self, rule: str) -> list[tuple[str, str, int]]:
        return [(remark.action, remark.file, remark.line) for remark in self.imported.report.remarks if remark.rule == rule]


BAKER, MILLER, TASTER = "onet:11-0000.01", "onet:11-0000.02", "onet:11-0000.03"


def lines(path: Path) -> set[str]:
    return set(path.read_text(encoding="utf-8").splitlines())


def packed(folder: Path, archive: Path) -> Path:
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as pack:
        for path in sorted(folder.iterdir()):
            pack.write(path, f"db_77_1_text/{path.name}")
    return archive
