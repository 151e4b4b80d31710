"""The version of what is imported: what tells it, and what does not."""

from pathlib import Path

import pytest

import onet_release as releases
from esco_tables import tables
from import_cases import made, take
from rolegraph.errors import BadParameter
from rolegraph.facade import Rolegraph
from rolegraph.importers.downloads import Download
from rolegraph.importers.publications import version_of, versions_in_names

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
