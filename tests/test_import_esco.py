"""What becomes of the tables of ESCO: a test for each trap, on small tables of our own."""

import re
from collections import Counter
from pathlib import Path

import pytest
from rdflib import Literal, URIRef

from esco_tables import (
    ESCO,
    GROUP,
    KNOWLEDGE,
    OTHER,
    ROLE,
    SCHEME,
    SHIPS,
    SKILL,
    SOURCE,
    Take,
    line_of,
    rules,
    tables,
    taking,
    values,
)
from rolegraph import terms
from rolegraph.facade import Rolegraph


@pytest.fixture
def take(bare: Rolegraph, tmp_path: Path) -> Take:
    return taking(bare, tmp_path)


def test_a_small_esco_becomes_roles_skills_and_groups_with_its_own_iris(take: Take) -> None:
    graph, report = take(tables())
    assert values(graph, ROLE, "rdf:type") == {terms.expand(name) for name in ("skos:Concept", "rg:Role", "esco:Occupation")}
    assert values(graph, SKILL, "rdf:type") == {terms.expand(name) for name in ("skos:Concept", "rg:Skill", "esco:Skill")}
    assert values(graph, SHIPS, "rdf:type") == values(graph, GROUP, "rdf:type") == {terms.expand("skos:Concept"), terms.RG + "Group"}
    assert values(graph, ROLE, "skos:prefLabel") == {"pilot@en"}
    assert values(graph, ROLE, "skos:altLabel") == {"ship pilot@en", "harbour pilot@en"}
    assert values(graph, SKILL, "skos:hiddenLabel") == {"stear@en"}
    assert values(graph, ROLE, "skos:definition") == {"Brings ships in.@en"}
    assert values(graph, ROLE, "skos:scopeNote") == {"Excludes aircraft.@en"}
    assert values(graph, ROLE, "skos:broader") == {SHIPS}
    assert values(graph, KNOWLEDGE, "skos:broader") == {GROUP, SKILL}
    assert values(graph, ROLE, "esco:memberOfISCOGroup") == {SHIPS}
    assert values(graph, ROLE, "esco:regulatedProfessionNote") == {ESCO + "regulated-professions/regulated"}
    assert values(graph, ROLE, "rg:essentialSkill") == {SKILL}
    assert values(graph, ROLE, "rg:optionalSkill") == {KNOWLEDGE}
    assert values(graph, SKILL, "esco:relatedOptionalSkill") == {KNOWLEDGE}
    assert values(graph, KNOWLEDGE, "esco:skillType") == {ESCO + "skill-type/knowledge"}
    assert values(graph, SKILL, "esco:skillType") == {ESCO + "skill-type/skill"}
    assert values(graph, SKILL, "esco:skillReuseLevel") == {ESCO + "skill-reuse-level/sector-specific"}
    assert values(graph, ROLE, "skos:inScheme") == {SCHEME + "occupations", SCHEME + "8ae4"}
    assert values(graph, SKILL, "skos:inScheme") == {SCHEME + "skills", SCHEME + "green"}
    assert values(graph, SCHEME + "green", "skos:hasTopConcept") == {SKILL}
    assert report.remarks == []
    assert report.written["essential skills of occupations"] == 2


def test_the_source_says_whose_it_is(take: Take) -> None:
    graph, _ = take(tables())
    assert values(graph, SOURCE, "rdf:type") == {terms.RG + "Source", terms.expand("dcat:Dataset")}
    assert values(graph, SOURCE, "dct:title") == {"ESCO 1.1.1@en"}
    assert values(graph, SOURCE, "dct:publisher") == {"European Commission"}
    assert values(graph, SOURCE, "dcat:version") == {"1.1.1"}
    assert values(graph, SOURCE, "dct:license") == {"https://eur-lex.europa.eu/eli/dec/2011/833/oj"}
    assert values(graph, SOURCE, "schema:creditText") == {"This service uses the ESCO classification of the European Commission.@en"}
    assert values(graph, SOURCE, "dct:description")


@pytest.mark.parametrize("code", ["0110", "8131.10", "1324.3.1.6.11"])
def test_codes_stay_text_as_they_are(take: Take, code: str) -> None:
    content = tables()
    content["occupations_en.csv"][0]["code"] = code
    graph, _ = take(content)
    assert list(graph.objects(URIRef(ROLE), URIRef(terms.prefixes()["skos"] + "notation"))) == [Literal(code)]


@pytest.mark.parametrize("fraction", ["", ".9", ".73", ".664"])
def test_dates_have_no_to_three_digits_of_a_second(take: Take, fraction: str) -> None:
    content = tables()
    content["skills_en.csv"][0]["modifiedDate"] = f"2022-07-05T14:34:33{fraction}Z"
    graph, report = take(content)
    [date] = graph.objects(URIRef(SKILL), URIRef(terms.prefixes()["dct"] + "modified"))
    assert isinstance(date, Literal)
    assert str(date.datatype).endswith("#dateTime")
    assert report.remarks == []


def test_what_is_no_date_is_left_out(take: Take) -> None:
    content = tables()
    content["skills_en.csv"][0]["modifiedDate"] = "last summer"
    graph, report = take(content)
    assert values(graph, SKILL, "dct:modified") == set()
    assert rules(report, "skipped") == [("no date", "skills_en.csv", 2)]


def test_line_ends_inside_of_cells_are_mixed_and_line_numbers_count_them(take: Take) -> None:
    content = tables()
    content["occupations_en.csv"][0]["altLabels"] = "ship pilot\nharbour pilot\r\nriver pilot"
    content["occupations_en.csv"][0]["description"] = "Brings ships in.\r\n\nAnd out."
    content["occupations_en.csv"][1]["altLabels"] = "captain"
    graph, report = take(content)
    assert values(graph, ROLE, "skos:altLabel") == {"ship pilot@en", "harbour pilot@en", "river pilot@en"}
    assert values(graph, ROLE, "skos:definition") == {"Brings ships in.\n\nAnd out.@en"}
    # the first record begins on line 2 and takes eight lines, with the scheme's cell
    assert ("label repeats the preferred one", "occupations_en.csv", 8) in rules(report, "fixed")


def test_one_cell_is_over_the_limit_of_pythons_reader(take: Take) -> None:
    content = tables()
    content["conceptSchemes_en.csv"][0]["hasTopConcept"] = ",\n".join([SHIPS] * 20_000)
    assert len(content["conceptSchemes_en.csv"][0]["hasTopConcept"]) > 627_354
    graph, _ = take(content)
    assert values(graph, SCHEME + "occupations", "skos:hasTopConcept") == {SHIPS}


def test_ninety_other_labels_are_ninety(take: Take) -> None:
    content = tables()
    content["skills_en.csv"][0]["altLabels"] = "\n".join(f"steering {number}" for number in range(90))
    graph, _ = take(content)
    assert len(values(graph, SKILL, "skos:altLabel")) == 90


def test_labels_are_freed_of_stray_blanks_and_invisible_characters_and_it_is_told(take: Take) -> None:
    content = tables()
    content["occupations_en.csv"][0] |= {"preferredLabel": "  pi\u200blot ", "altLabels": "ship\u00a0pilot\nharbour  pilot"}
    content["occupations_en.csv"][0]["description"] = "Ropes &amp; knots."
    graph, report = take(content)
    assert values(graph, ROLE, "skos:prefLabel") == {"pilot@en"}
    assert values(graph, ROLE, "skos:altLabel") == {"ship pilot@en", "harbour pilot@en"}
    assert values(graph, ROLE, "skos:definition") == {"Ropes & knots.@en"}
    found = Counter(rule for rule, _, _ in rules(report, "fixed"))
    assert found == {"invisible characters": 1, "white space": 2, "unusual white space": 1, "character reference": 1}


def test_notes_lose_the_markup_of_links(take: Take) -> None:
    content = tables()
    content["skills_en.csv"][0]["scopeNote"] = 'Excludes <a resource="x" href="y"><span xml:lang="en">knots</span></a>.'
    graph, report = take(content)
    assert values(graph, SKILL, "skos:scopeNote") == {"Excludes knots.@en"}
    assert rules(report, "fixed") == [("markup", "skills_en.csv", 2)]


def test_a_definition_beside_a_description_is_a_note_on_the_scope_and_else_the_definition(take: Take) -> None:
    content = tables()
    content["occupations_en.csv"][0]["definition"] = "Excludes river pilots."
    content["occupations_en.csv"][1]["definition"] = "Commands a ship."
    graph, _ = take(content)
    assert values(graph, ROLE, "skos:scopeNote") == {"Excludes aircraft.@en", "Excludes river pilots.@en"}
    assert values(graph, OTHER, "skos:definition") == {"Commands a ship.@en"}


def test_labels_that_repeat_another_one_are_left_out(take: Take) -> None:
    content = tables()
    content["occupations_en.csv"][0]["altLabels"] = "pilot\nship pilot\nship  pilot"
    content["occupations_en.csv"][0]["hiddenLabels"] = "ship pilot\npilot"
    graph, report = take(content)
    assert values(graph, ROLE, "skos:altLabel") == {"ship pilot@en"}
    assert values(graph, ROLE, "skos:hiddenLabel") == set()
    found = Counter(rule for rule, _, _ in rules(report, "fixed"))
    assert found == {"label repeats the preferred one": 2, "label given twice": 2, "white space": 1}


def test_a_label_of_two_concepts_is_noted_once_and_names_both(take: Take) -> None:
    content = tables()
    content["occupations_en.csv"][1]["altLabels"] = "skipper\nShip Pilot"
    _, report = take(content)
    [remark] = report.remarks
    line = line_of(content, "occupations_en.csv", OTHER)
    assert (remark.action, remark.rule, remark.file, remark.line) == ("noted", "ambiguous label", "occupations_en.csv", line)
    assert "esco-occupation:pilot" in remark.detail
    assert "esco-occupation:captain" in remark.detail


@pytest.mark.parametrize("order", [1, -1], ids=["essential first", "optional first"])
def test_a_skill_that_is_essential_and_optional_is_essential(take: Take, order: int) -> None:
    content = tables()
    both = [{"occupationUri": ROLE, "relationType": word, "skillUri": SKILL, "skillType": "x"} for word in ("essential", "optional")]
    content["occupationSkillRelations.csv"] = both[::order]
    graph, report = take(content)
    assert values(graph, ROLE, "rg:essentialSkill") == {SKILL}
    assert values(graph, ROLE, "rg:optionalSkill") == set()
    assert rules(report, "fixed") == [("essential and optional", "occupationSkillRelations.csv", 3)]


def test_every_rule_is_in_the_guide_for_users() -> None:
    top = Path(__file__).parent.parent
    code = "".join(path.read_text("utf-8") for path in (top / "service" / "rolegraph" / "importers" / "esco").glob("*.py"))
    named = set(re.findall(r'\.(?:skip|mend|note)\(f?"([^"{]+)', code))
    guide = (top / "docs" / "importing.md").read_text("utf-8")
    assert len(named) >= 20
    assert [rule for rule in named if rule.strip() not in guide] == []
