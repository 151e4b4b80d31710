"""The import of ESCO: small tables of our own in its format, a test for each of its traps, and the whole real files where they are."""

import csv
import io
import re
import shutil
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest
from click.testing import CliRunner
from rdflib import RDF, Graph, Literal, URIRef

from rolegraph import terms
from rolegraph.cli import main
from rolegraph.errors import BadParameter, UnreadableInput
from rolegraph.facade import Rolegraph
from rolegraph.formats import holding, named
from rolegraph.importers import Imported, esco
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


@pytest.fixture(scope="module")
def bare() -> Iterator[Rolegraph]:
    """A graph with nothing in it."""
    graph = Rolegraph.open(shipped=False)
    yield graph
    graph.close()


@pytest.fixture
def take(bare: Rolegraph, tmp_path: Path) -> Take:
    """A function that imports paths, or tables, to a graph, and returns it with the report."""

    def run(given: Tables | Sequence[Path], **wanted: object) -> tuple[Graph, ImportReport]:
        paths = [write(tmp_path / "esco 1.1.1", given)] if isinstance(given, dict) else given
        report = ImportReport()
        bare.import_source(esco.read, Download(paths), report, tmp_path / "graph.nt", **wanted)
        return Graph().parse(tmp_path / "graph.nt"), report

    return run


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


def test_a_ragged_hierarchy_adds_the_groups_that_stand_there_alone(take: Take) -> None:
    content = tables()
    content["skillsHierarchy_en.csv"][0] |= {"Level 1 URI": "", "Level 1 preferred term": "", "Description": "", "Level 1 code": ""}
    content["skillsHierarchy_en.csv"] += [
        {"Level 0 URI": GROUP, "Level 0 preferred term": "handling", "Level 0 code": "S6", "Description": "Ropes of all kinds."}
        | {"Level 1 URI": DEEPER, "Level 1 preferred term": "handling ropes", "Level 1 code": "S6.1"}
    ]
    graph, report = take(content)
    assert values(graph, DEEPER, "skos:prefLabel") == {"handling ropes@en"}
    assert values(graph, DEEPER, "skos:notation") == {"S6.1"}
    assert values(graph, DEEPER, "skos:definition") == {"Ropes of all kinds.@en"}
    assert values(graph, DEEPER, "skos:broader") == {GROUP}
    assert rules(report, "noted") == [
        ("group of the hierarchy only", "skillsHierarchy_en.csv", 3),
        ("broader in the hierarchy only", "skillsHierarchy_en.csv", 3),
    ]


def test_short_rows_of_the_hierarchy_have_empty_cells(take: Take, tmp_path: Path) -> None:
    folder = write(tmp_path / "1.1.1", tables())
    header = "Level 0 URI,Level 0 preferred term,Level 1 URI,Level 1 preferred term,Description,Scope note,Level 0 code,Level 1 code"
    (folder / "skillsHierarchy_en.csv").write_text(f"{header}\n{DEEPER},ropes\n{GROUP},handling,,,,,S6\n", encoding="utf-8")
    graph, _ = take([folder])
    assert values(graph, DEEPER, "skos:prefLabel") == {"ropes@en"}


def test_rows_about_concepts_without_a_row_are_skipped_with_their_line(take: Take) -> None:
    content = tables()
    nobody = ESCO + "occupation/nobody"
    content["occupationSkillRelations.csv"].append(content["occupationSkillRelations.csv"][0] | {"occupationUri": nobody})
    content["broaderRelationsOccPillar.csv"].append({"conceptUri": nobody, "broaderUri": SHIPS})
    content["greenSkillsCollection_en.csv"].append({"conceptUri": ESCO + "skill/nothing"})
    graph, report = take(content)
    assert (URIRef(nobody), None, None) not in graph
    assert sorted(rules(report, "skipped")) == [
        ("concept without a row", "broaderRelationsOccPillar.csv", 5),
        ("concept without a row", "greenSkillsCollection_en.csv", 3),
        ("concept without a row", "occupationSkillRelations.csv", 5),
    ]


def test_blank_types_and_levels_are_noted_and_unknown_ones_skipped(take: Take) -> None:
    content = tables()
    content["skills_en.csv"][0] |= {"skillType": "", "reuseLevel": ""}
    content["skills_en.csv"][1] |= {"skillType": "attitude", "reuseLevel": "cross-sector"}
    content["occupationSkillRelations.csv"][0]["skillType"] = ""
    graph, report = take(content)
    assert values(graph, SKILL, "esco:skillType") == values(graph, KNOWLEDGE, "esco:skillType") == set()
    assert values(graph, ROLE, "rg:essentialSkill") == {SKILL}
    assert rules(report, "noted") == [
        ("no skillType", "skills_en.csv", 2),
        ("no skillReuseLevel", "skills_en.csv", 2),
        ("row without a skill type", "occupationSkillRelations.csv", 2),
    ]
    assert rules(report, "skipped") == [("unknown skillType", "skills_en.csv", 3)]


@pytest.mark.parametrize("order", [1, -1], ids=["essential first", "optional first"])
def test_a_skill_that_is_essential_and_optional_is_essential(take: Take, order: int) -> None:
    content = tables()
    both = [{"occupationUri": ROLE, "relationType": word, "skillUri": SKILL, "skillType": "x"} for word in ("essential", "optional")]
    content["occupationSkillRelations.csv"] = both[::order]
    graph, report = take(content)
    assert values(graph, ROLE, "rg:essentialSkill") == {SKILL}
    assert values(graph, ROLE, "rg:optionalSkill") == set()
    assert rules(report, "fixed") == [("essential and optional", "occupationSkillRelations.csv", 3)]


def test_odd_rows_of_links_are_skipped(take: Take) -> None:
    content = tables()
    content["occupationSkillRelations.csv"] += [
        dict(content["occupationSkillRelations.csv"][0]),
        {"occupationUri": ROLE, "relationType": "nice", "skillUri": GROUP, "skillType": "x"},
        {"occupationUri": ROLE, "relationType": "essential", "skillUri": GROUP, "skillType": "x"},
    ]
    content["skillSkillRelations.csv"].append(content["skillSkillRelations.csv"][0] | {"relatedSkillUri": SKILL})
    graph, report = take(content)
    assert values(graph, ROLE, "rg:essentialSkill") == {SKILL}
    assert rules(report, "skipped") == [
        ("row given twice", "occupationSkillRelations.csv", 5),
        ("unknown relation", "occupationSkillRelations.csv", 6),
        ("link to another kind", "occupationSkillRelations.csv", 7),
        ("link to itself", "skillSkillRelations.csv", 3),
    ]


def test_odd_rows_of_concepts_are_skipped(take: Take) -> None:
    content = tables()
    row = content["skills_en.csv"][0]
    content["skills_en.csv"] += [
        row | {"conceptUri": ESCO + "skill/old", "status": "obsolete"},
        row | {"conceptUri": "no iri"},
        row | {"conceptUri": SKILL, "preferredLabel": "another"},
        row | {"conceptUri": ESCO + "skill/mute", "preferredLabel": " "},
    ]
    content["occupationSkillRelations.csv"].append(
        {"occupationUri": ROLE, "relationType": "optional", "skillUri": ESCO + "skill/old", "skillType": "x"}
    )
    graph, report = take(content)
    assert values(graph, SKILL, "skos:prefLabel") == {"steer@en"}
    assert not [subject for subject in graph.subjects() if str(subject) in (ESCO + "skill/old", ESCO + "skill/mute")]
    assert [rule for rule, _, _ in rules(report, "skipped")] == [
        *("not released", "no IRI", "concept given twice", "no preferred label"),
        "concept without a row",
    ]


def french(content: Tables) -> Tables:
    """Return the tables in French, which ESCO gives for occupations with gendered pairs."""
    rows = [dict(row) for row in content["occupations_en.csv"]]
    rows[0] |= {"preferredLabel": "conducteur/conductrice", "altLabels": "conducteur\nconductrice"}
    rows[0] |= {"description": "Fait entrer les navires.", "scopeNote": "", "modifiedDate": "2022-01-01T00:00:00Z"}
    rows[0]["inScheme"] = f"{SCHEME}8ae4,\n{SCHEME}occupations"
    rows[1] |= {"preferredLabel": "capitaine", "altLabels": "", "code": "0110.99"}
    return {"occupations_fr.csv": rows}


def test_a_second_language_adds_its_labels_and_the_facts_of_the_first_count(take: Take, tmp_path: Path) -> None:
    content = tables()
    folders = [write(tmp_path / "1.1.1" / "fr", french(content)), write(tmp_path / "1.1.1" / "en", content)]
    graph, report = take(folders, version="1.1.1")
    assert values(graph, ROLE, "skos:prefLabel") == {"pilot@en", "conducteur/conductrice@fr"}
    assert values(graph, ROLE, "skos:altLabel") == {"ship pilot@en", "harbour pilot@en", "conducteur@fr", "conductrice@fr"}
    assert values(graph, ROLE, "skos:definition") == {"Brings ships in.@en", "Fait entrer les navires.@fr"}
    assert values(graph, OTHER, "skos:notation") == {"0110.10"}
    assert ("languages differ", "occupations_fr.csv", line_of(french(content), "occupations_fr.csv", OTHER)) in rules(report, "noted")
    assert ("file not given", "skills_fr.csv", 0) in rules(report, "noted")


def test_only_the_languages_that_are_asked_for_are_taken(take: Take) -> None:
    content = tables()
    names = [name for name in content if name.endswith("_en.csv")]
    whole = {name.replace("_en", "_fr"): content[name] for name in names} | french(content)
    graph, _ = take(content | whole, languages=("FR",))
    assert values(graph, ROLE, "skos:prefLabel") == {"conducteur/conductrice@fr"}
    assert values(graph, ROLE, "rg:essentialSkill") == {SKILL}
    with pytest.raises(BadParameter, match="'de'") as error:
        take(content | french(content), languages=("de",))
    assert "en, fr" in str(error.value.members["expected"])


def zipped(path: Path, folder: Path) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
        for file in sorted(folder.rglob("*.csv")):
            packed.write(file, f"ESCO dataset/{file.relative_to(folder)}")
    return path


def test_zips_are_taken_as_they_are_downloaded_and_hold_what_a_folder_holds(take: Take, tmp_path: Path) -> None:
    content = tables()
    english, second = write(tmp_path / "en", content), write(tmp_path / "fr", french(content))
    expected = set(take([english, second], version="1.1.1")[0])
    zips = [zipped(tmp_path / f"ESCO dataset - v1.1.1 - {folder.name} - csv.zip", folder) for folder in (english, second)]
    assert set(take(zips)[0]) == expected
    both = tmp_path / "both"
    shutil.copytree(english, both / "en")
    shutil.copytree(second, both / "fr")
    assert set(take([zipped(tmp_path / "v1.1.1.zip", both)])[0]) == expected


def test_links_in_each_language_folder_are_taken_once_and_differences_told(take: Take, tmp_path: Path) -> None:
    content = tables()
    name = "occupationSkillRelations.csv"
    again = {name: [*content[name][1:], {"occupationUri": OTHER, "relationType": "optional", "skillUri": KNOWLEDGE, "skillType": "x"}]}
    same = {"skillSkillRelations.csv": content["skillSkillRelations.csv"]}
    folders = [write(tmp_path / "en", content), write(tmp_path / "fr", french(content) | again | same)]
    graph, report = take(folders, version="1.1.1")
    assert values(graph, OTHER, "rg:optionalSkill") == set()
    assert rules(report, "skipped") == [("row of one copy only", name, 4)]
    assert ("row of one copy only", name, 0) in rules(report, "noted")


def test_a_file_of_a_language_twice_has_to_be_the_same(take: Take, tmp_path: Path) -> None:
    content = tables()
    first, second = write(tmp_path / "1.1.1" / "a", content), write(tmp_path / "1.1.1" / "b", content)
    _, report = take([first, second], version="1.1.1")
    assert ("file given twice", "skills_en.csv", 0) in rules(report, "noted")
    content["skills_en.csv"][0]["preferredLabel"] = "steering"
    write(second, content)
    with pytest.raises(UnreadableInput, match=r"skills_en.csv and .*skills_en.csv are not the same"):
        take([first, second], version="1.1.1")


RENAMED = ("occupationSkillRelations", "skillSkillRelations", "broaderRelationsOccPillar", "broaderRelationsSkillPillar")


def test_version_1_2_has_other_names_and_more_columns(take: Take, tmp_path: Path) -> None:
    content = {f"{name.removesuffix('.csv')}_en.csv" if name[:-4] in RENAMED else name: rows for name, rows in tables().items()}
    name = "occupationSkillRelations_en.csv"
    content[name] = [{"occupationLabel": "x", "skillLabel": "y"} | row for row in content[name]]
    content["occupations_en.csv"][0]["naceCode"] = "http://data.europa.eu/ux2/nace2.1/5222"
    content["dictionary_en.csv"] = [{"filename": "x"}]
    graph, report = take([write(tmp_path / "ESCO dataset - v1.2.0 - classification - en - csv", content)])
    assert values(graph, ROLE, "esco:hasNACECode") == {"http://data.europa.eu/ux2/nace2.1/5222"}
    assert values(graph, ROLE, "rg:essentialSkill") == {SKILL}
    assert values(graph, terms.BASE + "source/esco-1-2-0", "dcat:version") == {"1.2.0"}
    assert rules(report, "noted") == [("file not read", "dictionary_en.csv", 0)]


def test_version_1_0_has_fewer_files_and_columns(take: Take, tmp_path: Path) -> None:
    kept = {"conceptUri", "preferredLabel", "altLabels", "description", "skillType", "reuseLevel", "iscoGroup", "code"}
    content = tables()
    for name in ("occupations_en.csv", "skills_en.csv", "ISCOGroups_en.csv", "skillGroups_en.csv"):
        content[name] = [{key: value for key, value in row.items() if key in kept} for row in content[name]]
    content["ictSkillsCollection_en.csv"] = content["greenSkillsCollection_en.csv"]
    for name in ("conceptSchemes_en.csv", "greenSkillsCollection_en.csv"):
        del content[name]
    graph, report = take([write(tmp_path / "v1.0.8", content)])
    assert values(graph, SKILL, "skos:inScheme") == {SCHEME + "skill-ict-groups"}
    noted = {rule for rule, _, _ in rules(report, "noted")}
    assert noted == {"file not given", "scheme without a row"}


def test_a_collection_whose_scheme_nothing_tells_is_skipped(take: Take) -> None:
    content = tables()
    content["digitalSkillsCollection_en.csv"] = [{"conceptUri": KNOWLEDGE}]
    _, report = take(content)
    assert rules(report, "skipped") == [("collection without a scheme", "digitalSkillsCollection_en.csv", 0)]


@pytest.mark.parametrize("missing", ["occupations_en", "skills_en", "ISCOGroups_en", *RENAMED])
def test_a_missing_file_is_named(take: Take, missing: str) -> None:
    content = tables()
    del content[f"{missing}.csv"]
    if missing == "skillSkillRelations":
        assert ("file not given", f"{missing}.csv", 0) in rules(take(content)[1], "noted")
        return
    with pytest.raises(UnreadableInput, match=f"{missing}.csv"):
        take(content)


def test_a_missing_column_is_named(take: Take) -> None:
    content = tables()
    for row in content["occupationSkillRelations.csv"]:
        del row["relationType"]
    with pytest.raises(UnreadableInput, match=r"occupationSkillRelations\.csv has no column 'relationType'"):
        take(content)


def test_the_version_is_what_the_caller_says_or_the_names_tell_and_only_one(take: Take, tmp_path: Path) -> None:
    old, new = write(tmp_path / "v1.1.0", tables()), write(tmp_path / "v1.1.1", french(tables()))
    assert [str(iri) for iri in take([old], version="1.1.1")[0].subjects(RDF.type, URIRef(terms.RG + "Source"))] == [SOURCE]
    with pytest.raises(BadParameter, match=r"1\.1\.0, 1\.1\.1"):
        take([old, new])


@pytest.fixture(scope="module")
def stored(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rolegraph]:
    """A store with what is shipped."""
    graph = Rolegraph.open(tmp_path_factory.mktemp("esco") / "store")
    yield graph
    graph.close()


def import_(graph: Rolegraph, *paths: Path, version: str = "1.1.1", replace: bool = False) -> Imported:
    return graph.import_source(esco.read, Download(paths), ImportReport(), None, version=version, replace=replace)


def held(graph: Rolegraph, iri: str) -> set[bytes]:
    return set(graph.engine.dump(named("ntriples", holding("graph")), iri).body.splitlines())


def others(graph: Rolegraph, iri: str) -> dict[str, set[bytes]]:
    return {name: held(graph, name) for name in graph.engine.graphs() if name != iri}


def test_importing_again_replaces_that_version_and_nothing_else(stored: Rolegraph, tmp_path: Path) -> None:
    content = tables()
    before = others(stored, SOURCE)
    import_(stored, write(tmp_path / "first", content))
    first = held(stored, SOURCE)
    import_(stored, tmp_path / "first")
    assert held(stored, SOURCE) == first
    assert others(stored, SOURCE) == before
    content["occupationSkillRelations.csv"].pop()
    content["skills_en.csv"][0]["preferredLabel"] = "steer ships"
    import_(stored, write(tmp_path / "second", content), replace=True)
    union = {str(row["label"].value) for row in stored.engine.rows(f"SELECT ?label {{ <{SKILL}> <{terms.PREF_LABEL}> ?label }}")}
    assert union == {"steer ships"}
    assert stored.engine.rows(f"SELECT ?skill {{ <{OTHER}> <{terms.RG}essentialSkill> ?skill }}") == []
    assert others(stored, SOURCE) == before


def test_versions_stand_side_by_side(stored: Rolegraph, tmp_path: Path) -> None:
    import_(stored, write(tmp_path / "first", tables()))
    first, later = held(stored, SOURCE), tables()
    later["occupations_en.csv"][0]["preferredLabel"] = "maritime pilot"
    import_(stored, write(tmp_path / "later", later), version="1.2")
    assert held(stored, SOURCE) == first
    labels = {str(row["label"].value) for row in stored.engine.rows(f"SELECT ?label {{ <{ROLE}> <{terms.PREF_LABEL}> ?label }}")}
    assert labels == {"pilot", "maritime pilot"}


def damaged(folder: Path) -> Path:
    """Break the quotes of the table that is read last, midway."""
    path = folder / "skillSkillRelations.csv"
    path.write_text(path.read_text("utf-8") + '"never\r\nended', encoding="utf-8", newline="")
    return folder


def cut(folder: Path) -> Path:
    """Cut a table in the middle of a character."""
    path = folder / "occupationSkillRelations.csv"
    path.write_bytes(path.read_bytes() + "é".encode()[:1])
    return folder


@pytest.mark.parametrize("harm", [damaged, cut], ids=["quotes", "characters"])
def test_nothing_is_half_imported(stored: Rolegraph, tmp_path: Path, harm: Callable[[Path], Path]) -> None:
    before, revision = others(stored, ""), stored.engine.revision
    with pytest.raises(UnreadableInput, match=r"Relations\.csv"):
        import_(stored, harm(write(tmp_path / "esco", tables())))
    assert stored.engine.revision == revision
    assert others(stored, "") == before


def test_roles_of_esco_compare_with_ours_by_curie(stored: Rolegraph, tmp_path: Path) -> None:
    import_(stored, write(tmp_path / "first", tables()))
    compared = stored.compare(["esco-occupation:pilot", "computer-vision-engineer"])
    assert [role.iri for role in compared.roles] == [ROLE, terms.BASE + "role/computer-vision-engineer"]
    assert "ESCO 1.1.1" in {source.label for source in compared.sources}


def test_the_command_imports_and_reports(tmp_path: Path) -> None:
    content = tables()
    content["occupations_en.csv"][0]["altLabels"] += "\npilot"
    folder, report = write(tmp_path / "1.1.1", content), tmp_path / "report.csv"
    arguments = ["import", "esco", str(folder), "--language", "en", "--report", str(report), "-o", str(tmp_path / "graph.nt")]
    result = CliRunner().invoke(main, arguments)
    assert (result.exit_code, result.exception) == (0, None), result.output
    assert "This service uses the ESCO classification" in result.output
    rows = list(csv.DictReader(io.StringIO(report.read_text(encoding="utf-8"), newline="")))
    assert [(row["action"], row["rule"], row["file"], row["line"]) for row in rows] == [
        ("fixed", "label repeats the preferred one", "occupations_en.csv", "2")
    ]


def test_every_rule_is_in_the_guide_for_users() -> None:
    top = Path(__file__).parent.parent
    code = "".join(path.read_text("utf-8") for path in (top / "service" / "rolegraph" / "importers" / "esco").glob("*.py"))
    named = set(re.findall(r'\.(?:skip|mend|note)\(f?"([^"{]+)', code))
    guide = (top / "docs" / "importing.md").read_text("utf-8")
    assert len(named) >= 20
    assert [rule for rule in named if rule.strip() not in guide] == []
