"""Which files of O*NET are read, what is said of those that are not as they should be, and what a store then holds."""

import csv
import io
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from onet_release import BAKER, RELEASE, SOURCE, Small, lay, run
from rolegraph import terms
from rolegraph.cli import main
from rolegraph.errors import BadParameter, NotConforming, RolegraphError, UnreadableInput
from rolegraph.facade import Rolegraph
from rolegraph.importers import onet
from rolegraph.importers.downloads import Download
from rolegraph.importers.onet import reading, technologies
from rolegraph.importers.reports import ImportReport


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


def test_a_graph_that_breaks_a_rule_is_refused(store: Rolegraph, tmp_path: Path) -> None:
    name = f'<{terms.BASE}tool/stray> <{terms.PREF_LABEL}> "Bob\'s Oven"@en .'  # of a thing that nothing describes as a tool
    store.engine.write({terms.KINDS["tool"].scheme: name.encode()}, mode="append")
    with pytest.raises(NotConforming):
        store.import_source(onet.read, Download([lay(tmp_path / "files")]), ImportReport(), None)
    assert SOURCE not in store.engine.graphs()


@pytest.mark.service
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
