"""What imports must not lose: a language, facts that were there, what a table should yield."""

import os
from pathlib import Path

import pytest
from click.testing import CliRunner
from rdflib import Graph

import crosswalk_tables as crosswalks
import onet_release as releases
import test_import_salaries as surveys
from esco_tables import BOATS, ESCO, KNOWLEDGE, ROLE, SKILL, SOURCE, Tables, french, held, rules, tables, write
from import_cases import made, take
from rolegraph import terms
from rolegraph.cli import main
from rolegraph.errors import BadParameter, Refused, UnreadableInput
from rolegraph.facade import Rolegraph
from rolegraph.formats import holding, named
from rolegraph.importers import Task, esco, onet, salaries
from rolegraph.importers.downloads import Download
from rolegraph.importers.onet import reading
from rolegraph.importers.publications import Publication
from rolegraph.importers.reports import ImportReport

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


def test_a_second_language_alone_does_not_take_the_place_of_the_first(empty_store: Rolegraph, tmp_path: Path) -> None:
    content = tables()
    second = {name.replace("_en", "_fr"): rows for name, rows in content.items()} | french(content)
    take(empty_store, tmp_path / "en", content)
    before, revision = held(empty_store, SOURCE), empty_store.engine.revision
    with pytest.raises(Refused, match=r"nothing was imported: ESCO 1\.1\.1 is in the store, and would lose: ") as caught:
        take(empty_store, tmp_path / "fr", second)
    for loss in ("skos:prefLabel in en 11 of 14", "skos:altLabel in en 3 of 3", "skos:definition in en 1 of 1"):
        assert loss in caught.value.detail
    assert "--replace" in str(caught.value.members["expected"])
    assert (held(empty_store, SOURCE), empty_store.engine.revision) == (before, revision)
    report = ImportReport()
    empty_store.import_source(esco.read, Download([tmp_path / "en", tmp_path / "fr"]), report, None, version="1.1.1")
    assert report.removed == {}
    assert before < held(empty_store, SOURCE)
    report = take(empty_store, tmp_path / "fr", second, replace=True)
    assert report.removed["skos:prefLabel in en"] == (11, 14)  # the words of types and levels are English always
    assert take(empty_store, tmp_path / "fr", second).removed == {}


def many(number: int, *, roles: int = 300) -> Tables:
    """Return an ESCO in which each of some occupations has a skill, and only some of the first are there."""
    content = tables()
    row, link = content["occupations_en.csv"][0], content["occupationSkillRelations.csv"][0]
    names = [f"{ESCO}occupation/{place}" for place in range(roles)][:number]
    content["occupations_en.csv"] += [row | {"conceptUri": name, "preferredLabel": name, "altLabels": ""} for name in names]
    content["occupationSkillRelations.csv"] += [link | {"occupationUri": name} for name in names]
    return content


def test_a_small_share_may_go_and_is_told_and_more_is_refused(empty_store: Rolegraph, tmp_path: Path) -> None:
    take(empty_store, tmp_path / "esco", many(300))
    report = take(empty_store, tmp_path / "fewer", many(297))
    assert report.removed["rg:Role"] == (3, 302)
    assert report.removed["rg:essentialSkill"] == (3, 302)
    with pytest.raises(Refused, match=r"rg:Role 4 of 299") as caught:
        take(empty_store, tmp_path / "least", many(293))
    assert "skos:definition in en 4 of 298" in caught.value.detail
    assert take(empty_store, tmp_path / "more", many(298)).removed == {}


def test_links_that_lead_elsewhere_are_lost_and_words_that_change_are_not(empty_store: Rolegraph, tmp_path: Path) -> None:
    content = tables()
    take(empty_store, tmp_path / "esco", content)
    for row in content["occupations_en.csv"]:
        row["preferredLabel"] = row["preferredLabel"].upper()
        row["code"] = row["code"] + "9"
    assert take(empty_store, tmp_path / "words", content).removed == {}
    content["broaderRelationsOccPillar.csv"][0]["broaderUri"] = BOATS
    with pytest.raises(Refused, match=r"skos:broader 1 of 5"):
        take(empty_store, tmp_path / "links", content)


def test_what_was_there_is_what_the_store_holds_when_it_is_published(empty_store: Rolegraph, tmp_path: Path) -> None:
    """Between the reading of the files and the write, another one adds to the graph."""
    take(empty_store, tmp_path / "esco", tables())
    late = f'<{ROLE}> <{terms.PREF_LABEL}> "Lotse"@de .'.encode()

    def slow(task: Task) -> Publication:
        publication = esco.read(task)
        empty_store.engine.write({SOURCE: late}, named("ntriples", holding("graph")), mode="append")
        return publication

    with pytest.raises(Refused, match=r"skos:prefLabel in de 1 of 1"):
        empty_store.import_source(slow, Download([tmp_path / "esco"]), ImportReport(), None, version="1.1.1")
    assert late.strip() in held(empty_store, SOURCE)


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
