"""The command match on files of each kind."""

import csv
import io
import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner, Result

from rolegraph.cli import main, stores
from rolegraph.facade import Rolegraph, match_tables
from rolegraph.facade.match_tables import BLOCK, Matches, Wanted

TITLES = ["AI Architect", "", "Senior Deep Learning Engineer (m/f/d)", "=1+1", "zzzqqq"]
ARCHITECT = "https://w3id.org/rolegraph/role/ai-architect"
Run = Callable[..., Result]


@pytest.fixture
def run(graph: Rolegraph, monkeypatch: pytest.MonkeyPatch) -> Run:
    """A function that runs the command on the graph as shipped."""
    monkeypatch.setattr(stores, "read", lambda _: graph)
    return lambda *arguments, **options: CliRunner().invoke(main, ["match", "--kind", "role", *map(str, arguments)], **options)


@pytest.fixture
def titles(tmp_path: Path) -> Path:
    file = tmp_path / "titles.txt"
    file.write_text("".join(f"{title}\n" for title in TITLES), encoding="utf-8")
    return file


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def test_there_is_a_row_for_each_text_and_no_formula(run: Run, titles: Path) -> None:
    found = rows(run(titles).stdout)
    assert [row["text"] for row in found] == [*TITLES[:3], "'=1+1", TITLES[4]]
    assert [row["row"] for row in found] == ["1", "2", "3", "4", "5"]
    assert (found[0]["decision"], found[0]["id"], found[0]["label"]) == ("accept", ARCHITECT, "AI Architect")
    assert (found[1]["decision"], found[1]["id"]) == ("none", "")
    assert len(found[0]) == 9 + 3 * 4
    assert len(rows(run(titles, "--top", "1").stdout)[0]) == 9


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "cp1252"])
def test_a_column_of_a_table_as_spreadsheets_save_it(run: Run, tmp_path: Path, encoding: str) -> None:
    file = tmp_path / "titles.csv"
    file.write_bytes("Nr;Job Title;Büro\r\n1;AI Architect;Köln\r\n2;;\r\n".encode(encoding))
    done = run(file)
    assert [row["text"] for row in rows(done.stdout)] == ["AI Architect", ""]
    assert ("Windows-1252" in done.stderr) == (encoding == "cp1252")
    refused = run(file, "--column", "title")
    assert refused.exit_code == 2
    assert "Nr, Job Title, Büro" in refused.stderr


def test_standard_input_is_lines_or_with_a_column_a_table(run: Run) -> None:
    assert [row["text"] for row in rows(run("-", input="AI Architect\nx, y\n").stdout)] == ["AI Architect", "x, y"]
    assert [row["text"] for row in rows(run("-", "--column", "b", input="a\tb\n1\tAI Architect\n").stdout)] == ["AI Architect"]


def test_json_is_what_the_service_answers(run: Run, titles: Path, graph: Rolegraph, tmp_path: Path) -> None:
    output = tmp_path / "matched.json"
    assert run(titles, "--output", output, "--top", "2").exit_code == 0
    assert json.loads(output.read_bytes()) == json.loads(json.dumps(graph.match(TITLES, "role", language="en", limit=2).as_dict()))
    assert [path.name for path in tmp_path.iterdir() if path.name.endswith(".part")] == []
    empty = tmp_path / "empty.txt"
    empty.write_text("")
    assert json.loads(run(empty, "-f", "json").stdout)["results"] == []


def test_sssom_says_how_each_match_was_made(run: Run, titles: Path) -> None:
    text = run(titles, "-f", "sssom").stdout
    lines = text.splitlines()
    metadata = [line for line in lines if line.startswith("#")]
    assert '#  role: "https://w3id.org/rolegraph/role/"' in metadata
    assert {line[1:].partition(":")[0] for line in metadata} >= {"mapping_set_id", "license", "curie_map", "mapping_tool_version"}
    found = list(csv.DictReader(lines[len(metadata) :], delimiter="\t"))
    assert tuple(found[0]) == match_tables.SSSOM_HEADER
    first, last = found[0], found[-1]
    assert (first["subject_label"], first["predicate_id"], first["object_id"]) == ("AI Architect", "skos:exactMatch", "role:ai-architect")
    assert first["mapping_justification"] == "semapv:LexicalMatching"
    assert 0.95 <= float(first["confidence"]) <= 1
    assert {row["predicate_id"] for row in found if row["subject_label"].startswith("Senior")} == {"skos:closeMatch"}
    assert (last["object_id"], last["confidence"]) == ("sssom:NoTermFound", "")
    assert "" not in [row["subject_label"] for row in found]


def test_a_workbook_is_written_without_formulas_and_read(run: Run, titles: Path, tmp_path: Path) -> None:
    openpyxl: Any = pytest.importorskip("openpyxl")
    book = tmp_path / "matched.xlsx"
    assert run(titles, "-o", book).exit_code == 0
    sheet = openpyxl.load_workbook(book).worksheets[0]
    cells = [cell for row in sheet.iter_rows() for cell in row]
    assert "=1+1" in [cell.value for cell in cells]
    assert "f" not in {cell.data_type for cell in cells}
    again = rows(run(book, "--column", "text").stdout)
    assert [row["text"] for row in again] == [*TITLES[:3], "'=1+1", TITLES[4]]
    assert run(titles, "-f", "xlsx").exit_code == 2
    broken = tmp_path / "broken.xlsx"
    broken.write_bytes(b"PK\x03\x04")
    assert "cannot be read as a workbook" in run(broken).stderr


def test_without_the_extra_a_workbook_is_refused_plainly(run: Run, titles: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "openpyxl", None)
    done = run(titles, "-o", tmp_path / "matched.xlsx")
    assert done.exit_code == 2
    assert "rolegraph[xlsx]" in done.stderr


def test_what_fails_on_the_way_leaves_no_output(run: Run, tmp_path: Path) -> None:
    file, output = tmp_path / "titles.csv", tmp_path / "matched.csv"
    file.write_bytes(b"a,b\n1,2\n1,2,3\n")
    output.write_text("before")
    assert run(file, "--column", "a", "-o", output).exit_code == 2
    assert output.read_text() == "before"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["matched.csv", "titles.csv"]


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        (("--source", "nonsense"), "nonsense"),
        (("--language", "xx"), "no labels in 'xx'"),
        (("--column", "title"), "no column 'title'"),
    ],
)
def test_wrong_options_are_named(run: Run, titles: Path, options: tuple[str, ...], reason: str) -> None:
    done = run(titles, *options)
    assert done.exit_code == 2
    assert reason in done.stderr
    assert done.stdout == ""


def test_a_file_of_any_length_is_matched_block_by_block(graph: Rolegraph) -> None:
    taken = 0

    def texts() -> Iterator[str]:
        nonlocal taken
        for taken in range(1, 100_001):  # noqa: B007 - it is counted
            yield "AI Architect"

    pieces = match_tables.csv_pieces(Matches(graph, texts(), Wanted("role", limit=1)), 1)
    for written, _ in enumerate(pieces):
        assert taken - written <= BLOCK
        if written == 3 * BLOCK:
            break


def test_the_limits_are_those_of_the_matcher() -> None:
    from rolegraph import matching

    assert (match_tables.MOST_TEXTS, match_tables.MOST_CANDIDATES) == (matching.MOST_TEXTS, matching.MOST_CANDIDATES)
    assert match_tables.BLOCK <= match_tables.MOST_TEXTS


def test_the_command_is_documented() -> None:
    command = main.get_command(click.Context(main), "match")
    assert command is not None
    assert {option.name for option in command.params} >= {"file", "column", "kind", "source", "language", "top", "name", "learn", "output"}
