"""ESCO in a store: an import replaces its version and nothing else, or changes nothing."""

import csv
import io
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from esco_tables import OTHER, ROLE, SKILL, SOURCE, held, tables, write
from rolegraph import terms
from rolegraph.cli import main
from rolegraph.errors import UnreadableInput
from rolegraph.facade import Rolegraph
from rolegraph.importers import Imported, esco
from rolegraph.importers.downloads import Download
from rolegraph.importers.reports import ImportReport


@pytest.fixture(scope="module")
def stored(shipped_store: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rolegraph]:
    """A store with what is shipped."""
    graph = Rolegraph.open(Path(shutil.copytree(shipped_store, tmp_path_factory.mktemp("esco") / "store")))
    yield graph
    graph.close()


def import_(graph: Rolegraph, *paths: Path, version: str = "1.1.1", replace: bool = False) -> Imported:
    return graph.import_source(esco.read, Download(paths), ImportReport(), None, version=version, replace=replace)


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
