"""Which rows and files of ESCO are read, in which languages and versions, and what is said of the others."""

import shutil
import zipfile
from pathlib import Path

import pytest
from rdflib import RDF, URIRef

from esco_tables import (
    DEEPER,
    ESCO,
    GROUP,
    KNOWLEDGE,
    OTHER,
    RENAMED,
    ROLE,
    SCHEME,
    SHIPS,
    SKILL,
    SOURCE,
    Take,
    french,
    line_of,
    rules,
    tables,
    taking,
    values,
    write,
)
from rolegraph import terms
from rolegraph.errors import BadParameter, UnreadableInput
from rolegraph.facade import Rolegraph


@pytest.fixture
def take(bare: Rolegraph, tmp_path: Path) -> Take:
    return taking(bare, tmp_path)


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
