"""What becomes of a release of O*NET: a test for each trap, on a small release of our own."""

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rdflib import Graph

from onet_release import BAKER, MILLER, RATED, RELEASE, SOURCE, TASTER, Small, lay, lines, packed, run, vocabulary
from rolegraph import resources, terms
from rolegraph.importers.onet import education, technologies
from rolegraph.validation.shapes import Shapes


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Small:
    folder = tmp_path_factory.mktemp("onet")
    return Small(run(lay(folder / "files"), folder / "graph.nt"))


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
    assert small.objects("preparation:onet-4", "rg:step") == {"4"}
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


def test_aliases_lead_to_tools_of_ours_and_repeat_no_label() -> None:
    ours, named = vocabulary("tool"), technologies.aliases()
    assert {slug for _, slug in named} <= {terms.slug_of(iri) for iri in ours.values()}
    assert [name for name, _ in named if name.casefold() in ours] == []
    assert [name for name, _ in named] == sorted({name for name, _ in named})


def test_a_zip_is_as_good_as_the_folder(small: Small, tmp_path: Path) -> None:
    imported = run(packed(lay(tmp_path / "files"), tmp_path / "db_77_1_text.zip"), tmp_path / "graph.nt")
    assert lines(imported.path) == lines(small.imported.path)
