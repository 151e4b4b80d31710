"""What imports must not lose: a language, facts that were there, what a table should yield; and what they must not take in."""

import csv
import io
import os
import unicodedata
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st
from rdflib import Graph

import test_import_crosswalk as crosswalks
import test_import_onet as releases
import test_import_salaries as surveys
from rolegraph import terms
from rolegraph.cli import main
from rolegraph.errors import BadParameter, Refused, UnreadableInput
from rolegraph.facade import Rolegraph
from rolegraph.formats import holding, named
from rolegraph.importers import Task, esco, onet, salaries
from rolegraph.importers.cleaning import Cleaner
from rolegraph.importers.downloads import Download
from rolegraph.importers.onet import reading
from rolegraph.importers.publications import Publication, version_of, versions_in_names
from rolegraph.importers.reports import ImportReport
from rolegraph.importers.triples import Triples
from test_import_esco import BOATS, ESCO, KNOWLEDGE, ROLE, SKILL, SOURCE, Tables, french, held, rules, tables, write


@pytest.fixture
def bare() -> Iterator[Rolegraph]:
    """A graph with nothing in it."""
    graph = Rolegraph.open(shipped=False)
    yield graph
    graph.close()


@pytest.fixture
def stored(tmp_path: Path) -> Iterator[Rolegraph]:
    """An empty store."""
    graph = Rolegraph.open(tmp_path / "store", shipped=False)
    yield graph
    graph.close()


def take(graph: Rolegraph, folder: Path, content: Tables, **wanted: object) -> ImportReport:
    """Import tables into a store, or without one into a file."""
    report = ImportReport()
    output = None if graph.engine.revision is not None and (folder.parent / "store").exists() else folder.parent / "graph.nt"
    graph.import_source(esco.read, Download([write(folder, content)]), report, output, **({"version": "1.1.1"} | wanted))
    return report


def made(bare: Rolegraph, folder: Path, content: Tables, **wanted: object) -> tuple[Graph, ImportReport]:
    report = take(bare, folder, content, **wanted)
    return Graph().parse(folder.parent / "graph.nt"), report


# ---------------------------------------------------------------- languages without their tables


def test_a_language_whose_tables_are_missing_is_refused_with_their_names(bare: Rolegraph, tmp_path: Path) -> None:
    content = tables() | french(tables())
    with pytest.raises(UnreadableInput) as caught:
        take(bare, tmp_path / "esco", content, languages=("fr",))
    for name in ("skills_fr.csv", "ISCOGroups_fr.csv", "skillGroups_fr.csv", "skillsHierarchy_fr.csv", "conceptSchemes_fr.csv"):
        assert name in caught.value.detail
    assert "occupations_fr.csv" not in caught.value.detail
    assert "en, fr" in str(caught.value.members["expected"])
    assert not (tmp_path / "graph.nt").exists()
    graph, _ = made(bare, tmp_path / "esco", content, languages=("fr", "en"))
    assert len(graph) > len(made(bare, tmp_path / "only", content, languages=("en",))[0])


def test_a_language_may_lack_what_the_whole_download_lacks(bare: Rolegraph, tmp_path: Path) -> None:
    least = {name: rows for name, rows in tables().items() if not name.startswith(("skillGroups", "skillsHierarchy", "conceptSchemes"))}
    least["broaderRelationsSkillPillar.csv"] = [{"conceptUri": KNOWLEDGE, "broaderUri": SKILL}]
    take(bare, tmp_path / "esco", least, languages=("en",))


def test_missing_files_are_named_in_the_language_that_is_there(bare: Rolegraph, tmp_path: Path) -> None:
    with pytest.raises(UnreadableInput, match=r"lacks .*skills_fr\.csv, ISCOGroups_fr\.csv"):
        take(bare, tmp_path / "esco", french(tables()))


# ---------------------------------------------------------------- tables that yield nothing

NEEDED = (
    *("occupations_en", "skills_en", "ISCOGroups_en"),
    *("broaderRelationsOccPillar", "broaderRelationsSkillPillar", "occupationSkillRelations"),
)


@pytest.mark.parametrize("name", NEEDED)
def test_a_needed_table_of_esco_without_rows_stops_the_import(bare: Rolegraph, tmp_path: Path, name: str) -> None:
    folder = write(tmp_path / "esco", tables())
    path = folder / f"{name}.csv"
    path.write_bytes(path.read_bytes().splitlines(keepends=True)[0])
    with pytest.raises(UnreadableInput, match=rf"{name}\.csv has a header and no rows"):
        bare.import_source(esco.read, Download([folder]), ImportReport(), tmp_path / "graph.nt", version="1.1.1")
    assert not (tmp_path / "graph.nt").exists()


@pytest.mark.parametrize("name", [*NEEDED[:3], "conceptSchemes_en"])
def test_a_table_in_a_second_language_without_rows(bare: Rolegraph, tmp_path: Path, name: str) -> None:
    folder = write(tmp_path / "esco", tables())
    first = (folder / f"{name}.csv").read_bytes().splitlines(keepends=True)[0]
    other = name.replace("_en", "_fr")
    (folder / f"{other}.csv").write_bytes(first)
    report = ImportReport()
    if name in NEEDED:
        with pytest.raises(UnreadableInput, match=rf"{other}\.csv has a header and no rows"):
            bare.import_source(esco.read, Download([folder]), report, tmp_path / "graph.nt", version="1.1.1")
    else:
        bare.import_source(esco.read, Download([folder]), report, tmp_path / "graph.nt", version="1.1.1")
        assert ("no rows", f"{other}.csv", 0) in rules(report, "noted")


@pytest.mark.parametrize("word", ["Essential", " ESSENTIAL "])
def test_the_type_of_a_relation_is_read_whatever_its_case(bare: Rolegraph, tmp_path: Path, word: str) -> None:
    content = tables()
    expected = made(bare, tmp_path / "esco", content)[0]
    for row in content["occupationSkillRelations.csv"]:
        row["relationType"] = word if row["relationType"] == "essential" else "Optional"
    graph, report = made(bare, tmp_path / "other", content)
    assert set(graph) == set(expected)
    assert report.remarks == []


def test_relations_of_unknown_types_alone_stop_the_import(bare: Rolegraph, tmp_path: Path) -> None:
    content = tables()
    for row in content["occupationSkillRelations.csv"]:
        row["relationType"] = "useful"
    says = r"occupationSkillRelations\.csv has 3 rows, none of which is usable; the first: unknown relation: 'useful' is neither essential"
    with pytest.raises(UnreadableInput, match=says) as caught:
        take(bare, tmp_path / "esco", content)
    assert caught.value.members["line"] == 2


@pytest.mark.parametrize("part", ["", "Relations", "occupations"])
def test_iris_with_https_are_those_with_http_and_it_is_told(bare: Rolegraph, tmp_path: Path, part: str) -> None:
    expected, folder = made(bare, tmp_path / "esco", tables())[0], write(tmp_path / "other", tables())
    for path in folder.iterdir():
        if part in path.name:
            path.write_bytes(path.read_bytes().replace(b"http://", b"https://"))
    report = ImportReport()
    bare.import_source(esco.read, Download([folder]), report, tmp_path / "secure.nt", version="1.1.1")
    assert set(Graph().parse(tmp_path / "secure.nt")) == set(expected)
    assert {rule for rule, _, _ in rules(report, "fixed")} == {"IRI with https"}
    assert rules(report, "skipped") == []


def test_a_group_that_makes_no_iri_is_skipped(bare: Rolegraph, tmp_path: Path) -> None:
    content = tables()
    content["occupations_en.csv"][0]["iscoGroup"] = "01 <10>"
    _, report = made(bare, tmp_path / "esco", content)
    assert ("no IRI", "occupations_en.csv", 2) in rules(report, "skipped")


@pytest.mark.parametrize("name", reading.REQUIRED)
def test_a_needed_file_of_onet_that_yields_nothing_stops_the_import(tmp_path: Path, name: str) -> None:
    folder = releases.lay(tmp_path / "files")
    (folder / name).write_bytes((folder / name).read_bytes().splitlines(keepends=True)[0])
    with pytest.raises(UnreadableInput, match=rf"{name} has a header and no rows"):
        releases.run(folder, tmp_path / "graph.nt")


def test_a_needed_file_of_onet_about_other_occupations_stops_the_import(tmp_path: Path) -> None:
    rows = [row if row[0] == releases.ROW else ("99-0000.00", *row[1:]) for row in releases.RELEASE["Skills.txt"]]
    with pytest.raises(UnreadableInput, match=r"none of which is usable; the first: unknown occupation: '99-0000\.00'"):
        releases.run(releases.lay(tmp_path / "files", Skills=rows), tmp_path / "graph.nt")


def test_a_crosswalk_of_which_no_row_can_be_taken_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UnreadableInput, match="the first: not in ESCO"):
        crosswalks.nesta(tmp_path, crosswalks.row("nobody", "51-1000.00", ESCO + "occupation/nobody"))
    inside = tmp_path / "official"
    inside.mkdir()
    download = crosswalks.files(inside, official=crosswalks.OFFICIAL + crosswalks.official("51-1000.00", crosswalks.BAKER, "perhaps"))
    with pytest.raises(UnreadableInput, match="the first: unknown type of match"):
        crosswalks.taken(crosswalks.store(), download, tmp_path, version="1.0")


def test_a_table_of_changed_codes_without_any_is_refused(tmp_path: Path) -> None:
    download = crosswalks.files(tmp_path, changed=crosswalks.CHANGES.splitlines()[0] + "\n")
    with pytest.raises(UnreadableInput, match=r"changed\.csv has a header and no rows"):
        crosswalks.taken(crosswalks.store(), download, tmp_path)


def test_a_table_of_salaries_of_nobody_is_refused(bare: Rolegraph, tmp_path: Path) -> None:
    with pytest.raises(UnreadableInput, match="has a header and no rows"):
        surveys.taken(bare, tmp_path, "")


# ---------------------------------------------------------------- what was there


def test_a_second_language_alone_does_not_take_the_place_of_the_first(stored: Rolegraph, tmp_path: Path) -> None:
    content = tables()
    second = {name.replace("_en", "_fr"): rows for name, rows in content.items()} | french(content)
    take(stored, tmp_path / "en", content)
    before, revision = held(stored, SOURCE), stored.engine.revision
    with pytest.raises(Refused, match=r"nothing was imported: ESCO 1\.1\.1 is in the store, and would lose: ") as caught:
        take(stored, tmp_path / "fr", second)
    for loss in ("skos:prefLabel in en 11 of 14", "skos:altLabel in en 3 of 3", "skos:definition in en 1 of 1"):
        assert loss in caught.value.detail
    assert "--replace" in str(caught.value.members["expected"])
    assert (held(stored, SOURCE), stored.engine.revision) == (before, revision)
    report = ImportReport()
    stored.import_source(esco.read, Download([tmp_path / "en", tmp_path / "fr"]), report, None, version="1.1.1")
    assert report.removed == {}
    assert before < held(stored, SOURCE)
    report = take(stored, tmp_path / "fr", second, replace=True)
    assert report.removed["skos:prefLabel in en"] == (11, 14)  # the words of types and levels are English always
    assert take(stored, tmp_path / "fr", second).removed == {}


def many(number: int, *, roles: int = 300) -> Tables:
    """Return an ESCO in which each of some occupations has a skill, and only some of the first are there."""
    content = tables()
    row, link = content["occupations_en.csv"][0], content["occupationSkillRelations.csv"][0]
    names = [f"{ESCO}occupation/{place}" for place in range(roles)][:number]
    content["occupations_en.csv"] += [row | {"conceptUri": name, "preferredLabel": name, "altLabels": ""} for name in names]
    content["occupationSkillRelations.csv"] += [link | {"occupationUri": name} for name in names]
    return content


def test_a_small_share_may_go_and_is_told_and_more_is_refused(stored: Rolegraph, tmp_path: Path) -> None:
    take(stored, tmp_path / "esco", many(300))
    report = take(stored, tmp_path / "fewer", many(297))
    assert report.removed["rg:Role"] == (3, 302)
    assert report.removed["rg:essentialSkill"] == (3, 302)
    with pytest.raises(Refused, match=r"rg:Role 4 of 299") as caught:
        take(stored, tmp_path / "least", many(293))
    assert "skos:definition in en 4 of 298" in caught.value.detail
    assert take(stored, tmp_path / "more", many(298)).removed == {}


def test_links_that_lead_elsewhere_are_lost_and_words_that_change_are_not(stored: Rolegraph, tmp_path: Path) -> None:
    content = tables()
    take(stored, tmp_path / "esco", content)
    for row in content["occupations_en.csv"]:
        row["preferredLabel"] = row["preferredLabel"].upper()
        row["code"] = row["code"] + "9"
    assert take(stored, tmp_path / "words", content).removed == {}
    content["broaderRelationsOccPillar.csv"][0]["broaderUri"] = BOATS
    with pytest.raises(Refused, match=r"skos:broader 1 of 5"):
        take(stored, tmp_path / "links", content)


def test_what_was_there_is_what_the_store_holds_when_it_is_published(stored: Rolegraph, tmp_path: Path) -> None:
    """Between the reading of the files and the write, another one adds to the graph."""
    take(stored, tmp_path / "esco", tables())
    late = f'<{ROLE}> <{terms.PREF_LABEL}> "Lotse"@de .'.encode()

    def slow(task: Task) -> Publication:
        publication = esco.read(task)
        stored.engine.write({SOURCE: late}, named("ntriples", holding("graph")), mode="append")
        return publication

    with pytest.raises(Refused, match=r"skos:prefLabel in de 1 of 1"):
        stored.import_source(slow, Download([tmp_path / "esco"]), ImportReport(), None, version="1.1.1")
    assert late.strip() in held(stored, SOURCE)


def test_a_release_of_onet_and_a_survey_are_guarded_too(store_copy: Path, tmp_path: Path) -> None:
    graph = Rolegraph.open(store_copy)
    folder = releases.lay(tmp_path / "files")
    graph.import_source(onet.read, Download([folder]), ImportReport())
    (folder / "Related Occupations.txt").unlink()
    with pytest.raises(Refused, match=r"rg:relatedRole 1 of 1"):
        graph.import_source(onet.read, Download([folder]), ImportReport())
    path = tmp_path / "salaries-2025-01-19.csv"
    path.write_text(surveys.HEADER + surveys.row("AI Architect"), encoding="utf-8")
    with pytest.raises(Refused, match=r"rg:salary \d+ of 28"):
        graph.import_source(salaries.read, Download([path]), ImportReport())
    graph.close()


def test_the_command_refuses_and_with_replace_tells_what_it_removed(tmp_path: Path) -> None:
    content = tables()
    arguments = ["--version", "1.1.1", "--store", str(tmp_path / "store")]
    first = CliRunner().invoke(main, ["import", "esco", str(write(tmp_path / "esco", content)), *arguments])
    assert first.exit_code == 0, first.output
    content["skills_en.csv"][0]["hiddenLabels"] = ""
    again = ["import", "esco", str(write(tmp_path / "esco", content)), *arguments]
    refused = CliRunner().invoke(main, again)
    assert refused.exit_code == 2
    assert "would lose: skos:hiddenLabel in en 1 of 1" in refused.output
    assert "--replace" in refused.output
    done = CliRunner().invoke(main, [*again, "--replace"])
    assert done.exit_code == 0, done.output
    assert "removed from the stored graph" in done.output
    assert "skos:hiddenLabel in en" in done.output


# ---------------------------------------------------------------- versions


@pytest.mark.parametrize(
    "path",
    ["python3.11-env/esco", "rolegraph-0.1.0/esco-en", "v1.1.1/en", "db_1_2/esco", "esco python3.11", "esco", "1.2.3.4.5"],
)
def test_no_version_is_taken_from_a_folder_above_or_from_the_name_of_something_else(tmp_path: Path, path: str) -> None:
    (tmp_path / path).mkdir(parents=True)
    with pytest.raises(BadParameter, match="do not say which version of ESCO") as caught:
        version_of(None, versions_in_names(Download([tmp_path / path]), "ESCO"), "ESCO")
    assert "--version" in str(caught.value.members["expected"])


@pytest.mark.parametrize(
    ("path", "version"),
    [
        ("ESCO dataset - v1.2.1 - classification - en - csv", "1.2.1"),
        ("esco-1.1.1", "1.1.1"),
        ("esco1.0.9", "1.0.9"),
        ("v1.1", "1.1"),
        ("1.1.1", "1.1.1"),
        ("esco_V1.2.0 (2)", "1.2.0"),
        ("downloads/ESCO dataset - v1.2.1 - en", "1.2.1"),
        ("python3.11-env/ESCO v1.2.1/en", "1.2.1"),
    ],
)
def test_the_name_that_is_given_tells_the_version_or_one_in_it_that_says_esco(tmp_path: Path, path: str, version: str) -> None:
    inner = tmp_path / path
    inner.mkdir(parents=True)
    (inner / "occupations_en.csv").touch()
    first = tmp_path / path.partition("/")[0]
    assert version_of(None, versions_in_names(Download([first]), "ESCO"), "ESCO") == version


def test_the_current_folder_tells_the_version_only_where_its_name_says_esco(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, told in (("tool-1.2", {}), ("ESCO 1.2", {"1.2": "ESCO 1.2"})):
        (tmp_path / name / "in").mkdir(parents=True)
        monkeypatch.chdir(tmp_path / name)
        assert versions_in_names(Download([Path()]), "ESCO") == told
        monkeypatch.chdir(tmp_path / name / "in")
        assert versions_in_names(Download([Path("..")]), "ESCO") == told


@pytest.mark.parametrize(("given", "version"), [("1.0.3", "1.0.3"), ("v1.0.3", "1.0.3"), ("V1.0.3", "1.0.3"), ("2022-12", "2022-12")])
def test_a_version_is_the_same_with_and_without_its_v(given: str, version: str) -> None:
    assert version_of(given, (), "ESCO") == version


@pytest.mark.parametrize("given", ["v", "latest", "1.0.3/..", "1..2", "-1", "esco 1.0"])
def test_what_is_no_version_is_refused(given: str) -> None:
    with pytest.raises(BadParameter, match="is not a version"):
        version_of(given, (), "ESCO")


def test_a_version_that_is_not_that_of_the_name_is_noted(bare: Rolegraph, tmp_path: Path) -> None:
    graph, report = made(bare, tmp_path / "ESCO v1.2.1", tables(), version="v1.1.1")
    assert [(remark.rule, remark.file) for remark in report.remarks] == [("version differs from the name", "ESCO v1.2.1")]
    assert "1.1.1" in report.remarks[0].detail
    assert (None, None, None) in graph
    assert take(bare, tmp_path / "ESCO v1.2.1", tables(), version="v1.2.1").remarks == []
    files = releases.lay(tmp_path / "db_28_3_text", without=("Read Me.txt",))
    noted = releases.run(files, tmp_path / "graph.nt", version="29.2").report.remarks
    assert "db_28_3_text" in {remark.file for remark in noted if remark.rule == "version differs from the name"}


def test_the_version_of_onet_is_not_that_of_a_folder_above(tmp_path: Path) -> None:
    files = releases.lay(tmp_path / "db_28_3_text" / "mine", without=("Read Me.txt",))
    with pytest.raises(BadParameter, match="which version"):
        releases.run(files, tmp_path / "graph.nt")
    assert releases.run(files.parent, tmp_path / "graph.nt").publication.version == "28.3"
    with pytest.raises(BadParameter, match="is not a version"):
        releases.run(files, tmp_path / "graph.nt", version="latest")
    read_me = releases.lay(tmp_path / "whole")
    assert releases.run(read_me, tmp_path / "graph.nt", version="v77.1").publication.version == "77.1"


# ---------------------------------------------------------------- characters


def test_control_characters_are_removed_and_told_and_every_format_can_be_read(stored: Rolegraph, tmp_path: Path) -> None:
    content = tables()
    content["occupations_en.csv"][0] |= {"preferredLabel": "pi\0lot\x1f", "altLabels": "ship\x0bpilot\nharbour\x85 pilot\x9b"}
    content["occupations_en.csv"][0] |= {"description": "Brings\x07 ships in.\n\nAnd\ufffe out.", "code": "0110.1\x01"}
    content["skills_en.csv"][0]["scopeNote"] = "Ropes\u2028and\ufdd0 knots."
    report = take(stored, tmp_path / "esco", content)
    mended = [(remark.file, remark.line, remark.detail) for remark in report.remarks if remark.rule == "control characters"]
    assert {file for file, _, _ in mended} == {"occupations_en.csv", "skills_en.csv"}
    assert {line for _, line, _ in mended} == {2}
    assert any("U+0000, U+001F in 'pi\\x00lot\\x1f'" in detail for _, _, detail in mended)
    names = {"pilot@en", "shippilot@en", "harbour pilot@en"}
    query = f"SELECT ?label {{ <{ROLE}> <{terms.PREF_LABEL}>|<{terms.prefixes()['skos']}altLabel> ?label }}"
    answer = stored.query(query, lambda _: named("xml", holding("table")))
    found = ET.fromstring(answer.body).iterfind(".//{*}literal")
    assert {f"{literal.text}@en" for literal in found} == names
    graph = Graph().parse(data=stored.engine.dump(named("rdfxml", holding("graph")), SOURCE).body, format="xml")
    assert len(graph) == len(held(stored, SOURCE))


@settings(deadline=None)
@given(st.text(st.characters(exclude_categories=()), max_size=30))
def test_no_control_character_is_left_in_a_label_or_a_text(text: str) -> None:
    report = ImportReport()
    clean = Cleaner(report, "x.csv")
    for found in (clean.label(text, 1), clean.prose(text, 1)):
        assert not [one for one in found if one != "\n" and unicodedata.category(one) in ("Cc", "Cs")]
        assert not [one for one in found if ord(one) & 0xFFFE == 0xFFFE or 0xFDD0 <= ord(one) <= 0xFDEF]
        output = io.StringIO()
        csv.writer(output).writerows(remark.row() for remark in report.remarks)
        output.getvalue().encode()
    if any(unicodedata.category(one) in ("Cc", "Cs") and one not in "\t\r\n" for one in text):
        assert "control characters" in {remark.rule for remark in report.remarks}


def test_a_text_that_no_cleaner_saw_is_not_written(tmp_path: Path) -> None:
    triples = Triples(tmp_path / "graph.nt")
    for bad in ("a\0b", "a\ud800b", "a\uffffb", "a\x9bb"):
        with pytest.raises(UnreadableInput, match=r"has U\+[0-9A-F]{4} in its skos:notation"):
            triples.text(ROLE, "skos:notation", bad)
    triples.text(ROLE, "skos:notation", "a\tb\r\nc")
    triples.close()
    assert len(Graph().parse(tmp_path / "graph.nt")) == 1


def test_titles_and_changes_of_a_crosswalk_are_cleaned(tmp_path: Path) -> None:
    changes = crosswalks.CHANGES.replace("Riggers\n", "Rig\x07gers\n")
    rows = crosswalks.row("potter", "51-2000.00", crosswalks.POTTER, titles="['po\\ud800tter', 'a\\x00', '\\x07']")
    graph, report = crosswalks.nesta(tmp_path, rows, changes=changes)
    assert {str(title) for title in graph.objects(None, crosswalks.RG.sharedLabel)} == {"potter", "a"}
    assert ("fixed", "control characters") in crosswalks.remarks(report)


@pytest.mark.parametrize("text", ["â€œpilotâ€\x9d", "pilotâ€™s", "prÃ©posÃ©", "Â«pilotÂ»", "pilot\u00e2\u0080\u0093in"])
def test_text_in_the_wrong_code_is_kept_and_noted(text: str) -> None:
    report = ImportReport()
    assert Cleaner(report, "x.csv").label(text, 7)
    assert ("noted", "mojibake", 7) in {(remark.action, remark.rule, remark.line) for remark in report.remarks}


@pytest.mark.parametrize("text", ["préposé", "“pilot”", "pilot’s – in", "Ãos", "Âge", "château", "naïve â la", "São", "€ 5"])
def test_text_with_accents_and_quotes_is_not_noted(text: str) -> None:
    report = ImportReport()
    Cleaner(report, "x.csv").label(text, 7)
    assert report.remarks == []


# ---------------------------------------------------------------- files and stores


def test_files_to_write_are_tried_before_the_work(tmp_path: Path) -> None:
    (tmp_path / "nothing").mkdir()
    for option, parameter in (("--output", "output"), ("--report", "report")):
        arguments = ["import", "esco", str(tmp_path / "nothing"), "--store", str(tmp_path / "store"), option, str(tmp_path / "no" / "x")]
        done = CliRunner().invoke(main, arguments)
        assert done.exit_code == 2
        assert f"{tmp_path}/no/x cannot be written: No such file or directory" in done.output
        assert f"parameter: {parameter}" in done.output


def test_a_file_that_cannot_be_written_at_last_stays_as_it_was(bare: Rolegraph, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "graph.nt").write_text("before")
    monkeypatch.setattr(os, "replace", lambda *_: (_ for _ in ()).throw(OSError(28, "No space left on device")))
    with pytest.raises(BadParameter, match="cannot be written: No space left on device"):
        take(bare, tmp_path / "esco", tables())
    assert (tmp_path / "graph.nt").read_text() == "before"
    assert not list(tmp_path.glob("*.part"))


def test_a_refused_import_leaves_no_store_that_it_made(tmp_path: Path) -> None:
    store, arguments = tmp_path / "store", ["import", "esco", str(write(tmp_path / "esco", french(tables()))), "--version", "1.1.1"]
    refused = CliRunner().invoke(main, [*arguments, "--store", str(store)])
    assert refused.exit_code == 2
    assert not store.exists()
    Rolegraph.open(store, shipped=False).close()
    assert CliRunner().invoke(main, [*arguments, "--store", str(store)]).exit_code == 2
    assert (store / "revisions").exists()


def test_a_store_that_took_an_import_stays_whatever_fails_later(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_: Rolegraph) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Rolegraph, "refresh", fail)
    arguments = ["import", "esco", str(write(tmp_path / "esco", tables())), "--version", "1.1.1", "--store", str(tmp_path / "store")]
    assert CliRunner().invoke(main, arguments).exit_code != 0
    graph = Rolegraph.open(tmp_path / "store")
    assert SOURCE in graph.engine.graphs()
    graph.close()
