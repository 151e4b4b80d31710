"""The import of O*NET: a small release of our own in the publisher's format, one test per trap, and the whole real one."""

import csv
import io
import re
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st
from rdflib import Graph, Literal, URIRef

from rolegraph import importers, resources, terms
from rolegraph.cli import main
from rolegraph.errors import BadParameter, NotConforming, RolegraphError, UnreadableInput
from rolegraph.facade import Rolegraph
from rolegraph.importers import Imported, Task, onet
from rolegraph.importers.downloads import Download
from rolegraph.importers.onet import education, elements, reading, technologies
from rolegraph.importers.reports import ImportReport
from rolegraph.importers.triples import Triples
from rolegraph.validation.shapes import Shapes

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


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Small:
    folder = tmp_path_factory.mktemp("onet")
    return Small(run(lay(folder / "files"), folder / "graph.nt"))


BAKER, MILLER, TASTER = "onet:11-0000.01", "onet:11-0000.02", "onet:11-0000.03"


def test_the_source_tells_version_licence_and_the_credit_line_of_those_who_modify(small: Small) -> None:
    publication = small.imported.publication
    assert (publication.iri, publication.version) == (SOURCE, "77.1")
    assert small.objects(SOURCE, "dct:license") == {"https://creativecommons.org/licenses/by/4.0/"}
    [credit] = small.objects(SOURCE, "schema:creditText")
    for words in ("O*NET 77.1 Database", "USDOL/ETA", "CC BY 4.0", "trademark", "Rolegraph has modified", "has not approved"):
        assert words in credit
    assert "release of February 2077" in publication.changes


def test_quotes_are_literal_and_nulls_are_nothing(small: Small) -> None:
    assert small.objects(BAKER, "skos:definition") == {'Bake bread, also "sourdough".'}
    assert small.objects(BAKER, "skos:altLabel") == {"Chief Bread Officer (CBO)", "CBO", "Dough Engineer"}
    assert not [text for text in small.graph.objects() if str(text) == "n/a"]


def test_codes_stay_strings(small: Small) -> None:
    assert small.objects(BAKER, "skos:notation") == {"11-0000.01"}
    assert small.objects("onet-element:2.C.10", "skos:notation") == {"2.C.10"}


def test_a_title_of_several_occupations_is_kept_for_each_and_noted(small: Small) -> None:
    assert "Dough Engineer" in small.objects(MILLER, "skos:altLabel")
    [remark] = [remark for remark in small.imported.report.remarks if remark.rule == "title of several occupations"]
    assert remark.line == 3
    assert remark.detail == "'Dough Engineer': 11-0000.01, 11-0000.02"


def test_an_alternate_title_that_is_the_title_is_left_out_and_reported(small: Small) -> None:
    assert small.objects(MILLER, "skos:altLabel") == {"Dough Engineer"}
    assert small.remarks("repeats the preferred label") == [("skipped", "Alternate Titles.txt", 5)]


def test_importance_decides_what_is_essential_and_the_figures_are_kept(small: Small) -> None:
    assert small.objects(BAKER, "rg:essentialSkill") == {"onet-element:2.A.1", "onet-element:2.C.10"}
    assert small.objects(BAKER, "rg:optionalSkill") == {"onet-element:2.A.2"}
    rating = f"{SOURCE}#11-0000.01-2.A.1"
    assert small.objects(rating, "rg:importance") == {"3.00"}
    assert small.objects(rating, "rg:mastery") == {"5.12"}
    assert small.objects(rating, "rg:observations") == {"8"}
    assert small.objects(f"{SOURCE}#11-0000.01-2.A.3", "rg:importance") == {"1.99"}


def test_what_is_recommended_for_suppression_is_left_out_and_reported(small: Small) -> None:
    rating = f"{SOURCE}#11-0000.01-2.A.2"
    assert (small.objects(rating, "rg:importance"), small.objects(rating, "rg:mastery")) == ({"2.00"}, set())
    assert not small.objects(f"{SOURCE}#11-0000.02-2.A.2", "rdf:type")
    skipped = small.remarks("suppression recommended")
    assert skipped == [
        ("skipped", "Skills.txt", 5),
        ("skipped", "Skills.txt", 10),
        ("skipped", education.FILE, 6),
    ]


def test_what_is_not_relevant_is_no_skill_of_the_occupation(small: Small) -> None:
    assert not small.objects(MILLER, "rg:essentialSkill") | small.objects(MILLER, "rg:optionalSkill")
    assert small.objects(f"{SOURCE}#11-0000.02-2.A.1", "rg:mastery") == set()
    assert small.remarks("not relevant") == [("skipped", "Skills.txt", 9)]


def test_an_occupation_without_rows_has_no_data_which_is_not_no_skills(small: Small) -> None:
    assert small.objects(TASTER, "rdf:type") == {"skos:Concept", "rg:Role"}
    assert small.remarks("no data in Skills.txt") == [("noted", "Occupation Data.txt", 4)]
    assert not small.remarks("no data in Emerging Tasks.txt")


def test_names_that_differ_in_signs_are_three_tools_of_which_ours_are_ours(small: Small) -> None:
    assert small.objects(BAKER, "rg:tool") == {"tool:c", "tool:c-plus-plus", "tool:c-sharp", "tool:bob-s-oven"}
    assert small.objects(BAKER, "rg:toolInDemand") == {"tool:c-plus-plus", "tool:c-sharp"}
    assert small.objects("tool:c-plus-plus", "skos:prefLabel") == set()
    assert small.objects("tool:c-plus-plus", "rg:hot") == {"true"}
    assert small.objects("tool:c", "rg:hot") == set()


def test_a_wordy_name_of_a_tool_of_ours_becomes_another_name_of_it(small: Small) -> None:
    assert small.objects(MILLER, "rg:tool") == {"tool:java", "tool:bob-s-oven"}
    assert small.objects("tool:java", "skos:altLabel") == {"Oracle Java"}
    assert small.objects("tool:java", "rdf:type") == set()


def test_the_same_name_is_one_tool_below_each_of_its_commodities(small: Small) -> None:
    assert small.objects("tool:bob-s-oven", "skos:broader") == {"tool:unspsc-43232402", "tool:unspsc-43232499"}
    assert small.objects("tool:bob-s-oven", "skos:prefLabel") == {"Bob's Oven"}
    assert small.objects("tool:unspsc-43232499", "skos:notation") == {"43232499"}
    assert small.remarks("character reference")[0][0] == "fixed"


def test_a_name_that_is_written_in_two_ways_is_one_tool_and_noted(tmp_path: Path) -> None:
    examples = (("Mill Soft", "Mills"), ("MILL SOFT", "Mills and such"))
    rows = [("11-0000.01", name, "43232402", title, "N", "N") for name, title in examples]
    found = Small(run(lay(tmp_path / "files", TechnologySkills=[RELEASE[technologies.FILE][0], *rows]), tmp_path / "graph.nt"))
    assert found.objects(BAKER, "rg:tool") == {"tool:mill-soft"}
    assert found.objects("tool:mill-soft", "skos:prefLabel") == {"Mill Soft"}
    assert found.objects("tool:unspsc-43232402", "skos:prefLabel") == {"Mills"}
    assert found.remarks("written in two ways") == [("noted", technologies.FILE, 3)] * 2


def test_a_new_tool_never_becomes_one_of_ours_or_another_by_its_slug(tmp_path: Path) -> None:
    examples = ("Java", "Foo-Bar", "Foo Bar", "???")
    table = [RELEASE[technologies.FILE][0], *(("11-0000.01", example, "43232402", "Compilers", "N", "N") for example in examples)]
    ours = {"tool": {"island of java": terms.expand("tool:java") or ""}}
    found = Small(run(lay(tmp_path / "files", TechnologySkills=table), tmp_path / "graph.nt", ours))
    tools = found.objects(BAKER, "rg:tool")
    assert len(tools) == 4
    assert not tools & {"tool:java", "tool:foo-bar"}
    assert all(re.fullmatch(r"tool:((java|foo-bar)-)?[0-9a-f]{8}", tool) for tool in tools)
    assert len(found.remarks("slug with a digest")) == 4


@given(st.text(alphabet="aAbC+# -./&1", min_size=1, max_size=12))
def test_the_slug_of_a_technology_depends_on_its_name_alone_and_keeps_its_signs(name: str) -> None:
    slug = technologies.slug_of(name)
    assert slug == "" or terms.SLUG.fullmatch(slug)
    assert slug.split("-").count("plus") == name.count("+")
    assert slug.split("-").count("sharp") == name.count("#")


def test_tasks_stand_below_activities_and_these_below_headings(small: Small) -> None:
    emerging = [iri for iri in small.objects(BAKER, "rg:responsibility") if "emerging" in iri]
    assert small.objects(BAKER, "rg:responsibility") == {"responsibility:onet-71", "responsibility:onet-72", *emerging}
    assert [small.objects(f"responsibility:onet-{number}", "rg:core") for number in (71, 72, 73)] == [{"true"}, {"false"}, set()]
    assert small.objects("responsibility:onet-71", "skos:broader") == {"responsibility:onet-4-a-1-i01-d01"}
    assert small.objects("responsibility:onet-4-a-1-i01-d01", "skos:broader") == {"onet-element:4.A.1"}
    assert small.objects("onet-element:4.A.1", "rdf:type") == {"skos:Concept", "rg:Group"}
    assert small.remarks("leads to nothing") == [("skipped", "Tasks to DWAs.txt", 3), ("skipped", "Related Occupations.txt", 3)]
    [task] = emerging
    assert (small.objects(task, "rg:emerging"), small.objects(task, "skos:related")) == ({"true"}, {"responsibility:onet-71"})


def test_headings_above_skills_are_groups(small: Small) -> None:
    assert small.objects("onet-element:2.A.1", "skos:broader") == {"onet-element:2.A"}
    assert small.objects("onet-element:2.A", "skos:broader") == {"onet-element:2"}
    assert small.objects("onet-element:2", "rdf:type") == {"skos:Concept", "rg:Group"}
    assert small.objects("onet-element:2.C.10", "skos:broader") == {"onet-element:2"}  # the model does not have 2.C


def test_shares_of_education_are_kept_and_the_level_that_most_name_is_required(small: Small) -> None:
    assert small.objects(BAKER, "rg:requiredDegree") == {"degree:onet-2"}
    assert small.objects(BAKER, "rg:preferredDegree") == {"degree:bachelor"}
    assert small.objects("degree:onet-2", "skos:prefLabel") == {"School Diploma"}
    assert not small.objects("degree:onet-2", "esco:hasEQFLevel")
    assert small.objects(f"{SOURCE}#11-0000.01-education-8", "rg:share") == {"19.99"}
    assert small.objects(f"{SOURCE}#11-0000.01-education-8", "rg:item") == {"degree:master"}
    assert not small.objects(MILLER, "rg:requiredDegree")  # the level that most name is not to be shown
    assert small.remarks("no required degree") == [("noted", education.FILE, 6)]
    assert small.remarks("scale that is not taken") == [("noted", education.FILE, 5)]


def test_job_zones_and_related_occupations(small: Small) -> None:
    assert small.objects(BAKER, "rg:preparation") == {"preparation:onet-4"}
    assert small.objects("preparation:onet-4", "skos:definition") == {"Much. Some."}
    assert small.remarks("unknown job zone") == [("skipped", "Job Zones.txt", 3)]
    assert small.objects(BAKER, "rg:relatedRole") == {MILLER}
    assert small.objects(f"{SOURCE}#11-0000.01-11-0000.02", "rg:rank") == {"1"}


def test_what_is_made_meets_the_shapes(small: Small) -> None:
    known = Graph()
    for path in resources.files("data", "vocabularies/*.ttl"):
        known.parse(path)
    report = Shapes().check(small.graph, known)
    # the names and facts of our own concepts stand beside their descriptions in the vocabularies
    assert [finding for finding in report.findings if finding.severity == "Violation"] == []


def test_rows_that_lead_nowhere_or_hold_no_figure_are_skipped_with_their_lines(tmp_path: Path) -> None:
    rows = [RATED, ("11-7777.00", *RELEASE["Skills.txt"][1][1:]), ("11-0000.01", "2.A.1", "Kneading", "IM", "9.1", "8", "N", "n/a")]
    rows.append(("11-0000.01", "2.A.<1>", "Kneading", "IM", "3", "8", "N", "n/a"))
    rows.append(("11-0000.01", "2.A.1", "Kneading", "ZZ", "3", "8", "N", "n/a"))
    rows.append(("11-0000.02", "2.A.1", "Kneading", "IM", "3", "8", "N", "n/a"))
    found = Small(run(lay(tmp_path / "files", Skills=rows), tmp_path / "graph.nt"))
    told = {remark.line: remark.rule for remark in found.imported.report.remarks if remark.file == "Skills.txt"}
    assert told == {2: "unknown occupation", 3: "not on the scale", 4: "not a code", 5: "unknown scale"}
    assert not found.objects(BAKER, "rg:essentialSkill") - {"onet-element:2.C.10"}


@pytest.mark.parametrize("name", reading.REQUIRED)
def test_a_file_that_is_missing_is_named_and_nothing_is_written(name: str, tmp_path: Path) -> None:
    with pytest.raises(UnreadableInput, match=re.escape(f"has no file {name}")) as error:
        run(lay(tmp_path / "files", without=(name,)), tmp_path / "graph.nt")
    assert "Read Me.txt" in error.value.members["found"]


def test_a_file_without_its_companion_is_refused_and_one_that_may_be_missing_is_noted(tmp_path: Path) -> None:
    with pytest.raises(UnreadableInput, match="DWA Reference"):
        run(lay(tmp_path / "files", without=("DWA Reference.txt",)), tmp_path / "graph.nt")
    may = tuple(name for pair in reading.OPTIONAL.items() for name in (pair[0], *pair[1]))
    found = Small(run(lay(tmp_path / "least", without=may), tmp_path / "graph.nt"))
    assert {file for _, file, _ in found.remarks("file that may be missing")} == set(reading.OPTIONAL)
    assert found.objects(BAKER, "rg:essentialSkill")


def test_a_column_that_is_missing_is_named_with_its_file(tmp_path: Path) -> None:
    table = [tuple("Workplace Example" if cell == "Example" else cell for cell in row) for row in RELEASE[technologies.FILE]]
    with pytest.raises(UnreadableInput, match="has no column 'Example'"):
        run(lay(tmp_path / "files", TechnologySkills=table), tmp_path / "graph.nt")


def test_an_older_release_without_the_column_in_demand_is_read(tmp_path: Path) -> None:
    found = Small(run(lay(tmp_path / "files", TechnologySkills=[row[:5] for row in RELEASE[technologies.FILE]]), tmp_path / "graph.nt"))
    assert found.objects(BAKER, "rg:tool")
    assert not found.objects(BAKER, "rg:toolInDemand")


def test_the_version_is_that_of_read_me_or_told_and_never_both_ways(tmp_path: Path) -> None:
    files = lay(tmp_path / "files")
    assert run(files, tmp_path / "graph.nt", version="77.1").publication.version == "77.1"
    with pytest.raises(BadParameter, match=r"77\.1"):
        run(files, tmp_path / "graph.nt", version="29.2")
    silent = lay(tmp_path / "silent", without=("Read Me.txt",))
    assert run(silent, tmp_path / "graph.nt", version="30.1").publication.slug == "onet-30-1"
    zipped = lay(tmp_path / "db_28_3_text", without=("Read Me.txt",))
    assert run(zipped, tmp_path / "graph.nt").publication.version == "28.3"
    with pytest.raises(BadParameter, match="which version"):
        run(silent, tmp_path / "graph.nt")


def test_aliases_lead_to_tools_of_ours_and_repeat_no_label() -> None:
    ours, named = vocabulary("tool"), technologies.aliases()
    assert {slug for _, slug in named} <= {terms.slug_of(iri) for iri in ours.values()}
    assert [name for name, _ in named if name.casefold() in ours] == []
    assert [name for name, _ in named] == sorted({name for name, _ in named})


def lines(path: Path) -> set[str]:
    return set(path.read_text(encoding="utf-8").splitlines())


def packed(folder: Path, archive: Path) -> Path:
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as pack:
        for path in sorted(folder.iterdir()):
            pack.write(path, f"db_77_1_text/{path.name}")
    return archive


def test_a_zip_is_as_good_as_the_folder(small: Small, tmp_path: Path) -> None:
    imported = run(packed(lay(tmp_path / "files"), tmp_path / "db_77_1_text.zip"), tmp_path / "graph.nt")
    assert lines(imported.path) == lines(small.imported.path)


@pytest.fixture
def store(store_copy: Path) -> Iterator[Rolegraph]:
    found = Rolegraph.open(store_copy)
    yield found
    found.close()


def taken(graph: Rolegraph, source: str = SOURCE) -> list[str]:
    rows = graph.engine.rows(f"SELECT * {{ GRAPH <{source}> {{ ?s ?p ?o }} }}")
    return sorted(" ".join(value.value for value in row.values()) for row in rows)


def test_importing_again_replaces_that_version_and_another_stands_beside_it(store: Rolegraph, tmp_path: Path) -> None:
    files = lay(tmp_path / "files")
    store.import_source(onet.read, Download([files]), ImportReport(), None)
    first, others = taken(store), set(store.engine.graphs()) - {SOURCE}
    store.import_source(onet.read, Download([files]), ImportReport(), None)
    assert taken(store) == first
    (files / "Read Me.txt").write_text("O*NET 78.0 Database", encoding="utf-8")
    store.import_source(onet.read, Download([files]), ImportReport(), None)
    assert taken(store) == first
    assert set(store.engine.graphs()) == {*others, SOURCE, "https://w3id.org/rolegraph/source/onet-78-0"}


def test_nothing_is_half_imported(store: Rolegraph, tmp_path: Path) -> None:
    files = lay(tmp_path / "files")
    store.import_source(onet.read, Download([files]), ImportReport(), None)
    before, revision = taken(store), store.engine.revision
    with (files / "Related Occupations.txt").open("ab") as damaged:
        damaged.write(b"11-0000.01\t11-0000.02\tPrimary\xff\t3\r\n")
    with pytest.raises(RolegraphError, match="Related Occupations"):
        store.import_source(onet.read, Download([files]), ImportReport(), None)
    assert (taken(store), store.engine.revision) == (before, revision)


def test_a_graph_that_breaks_a_rule_is_refused(store: Rolegraph, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(elements, "_element", lambda identifier: f"http://example.org/{len(identifier)}")  # two names for one thing
    with pytest.raises(NotConforming):
        store.import_source(onet.read, Download([lay(tmp_path / "files")]), ImportReport(), None)
    assert SOURCE not in store.engine.graphs()


def test_the_command_imports_reports_and_credits(tmp_path: Path) -> None:
    told, kept = tmp_path / "told.csv", tmp_path / "store"
    ran = CliRunner().invoke(main, ["import", "onet", str(lay(tmp_path / "files")), "--store", str(kept), "--report", str(told)])
    assert ran.exit_code == 0, ran.output
    assert "O*NET 77.1 Database" in ran.output
    header, *rows = csv.reader(io.StringIO(told.read_text(encoding="utf-8")))
    assert header == ["action", "rule", "file", "line", "detail"]
    assert ["skipped", "not relevant", "Skills.txt", "9"] in [row[:4] for row in rows]
    wrong = CliRunner().invoke(main, ["import", "onet", str(tmp_path / "files" / "Skills.txt"), "--store", str(kept)])
    assert wrong.exit_code == 2
    assert "Occupation Data.txt" in wrong.output
