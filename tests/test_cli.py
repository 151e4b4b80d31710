"""The command line as a user meets it: each command in a process of its own."""

import csv
import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pyoxigraph as ox
import pytest
from click import Context, Group

from asked import graphs_asked
from rolegraph import __version__, fingerprints
from rolegraph.cli import error_text, main
from rolegraph.errors import NotConforming
from rolegraph.facade import Rolegraph

pytestmark = pytest.mark.service

NOWHERE = "/nonsense/folder"
WIDE = {**os.environ, "COLUMNS": "200", "HOME": NOWHERE, "XDG_DATA_HOME": NOWHERE}  # no store of whoever runs the tests is read
PAIR = ("ai-architect", "deep-learning-engineer")
VALID = """@prefix rg: <https://w3id.org/rolegraph/ns#> . @prefix skos: <http://www.w3.org/2004/02/skos/core#> .
@prefix role: <https://w3id.org/rolegraph/role/> . @prefix tool: <https://w3id.org/rolegraph/tool/> .
role:prompt-engineer a rg:Role, skos:Concept ; skos:prefLabel "Prompt Engineer"@en ;
  skos:definition "Someone who writes and tests instructions for language models."@en ;
  skos:inScheme <https://w3id.org/rolegraph/role> ; rg:tool tool:python .
"""


def run(*arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "rolegraph", *arguments]
    return subprocess.run(command, input=stdin, capture_output=True, text=True, timeout=60, env=WIDE, check=False)


def test_an_entry_is_added_replaced_refused_and_withdrawn(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    entry, broken = tmp_path / "entry.ttl", tmp_path / "broken.ttl"
    described = """@prefix dct: <http://purl.org/dc/terms/> . @prefix source: <https://w3id.org/rolegraph/source/> .
        source:our-hr a rg:Source ; dct:title "Our roles"@en ."""
    entry.write_text(VALID + described, encoding="utf-8")
    broken.write_text(VALID.replace('"Prompt Engineer"@en', '""@en') + described, encoding="utf-8")
    store = ("--store", str(tmp_path / "store"))
    found = run("add", "our-hr", str(entry), *store)
    assert (found.returncode, "source:our-hr is in the store" in found.stdout) == (0, True), found
    assert "prompt-engineer" in run("query", "roles-by-tool", "-p", "tool=python", "--format", "csv", *store).stdout
    asked = graphs_asked(monkeypatch)
    graph = Rolegraph.open(tmp_path / "store")
    assert "Prompt Engineer" in [hit.label for hit in graph.search.find("Prompt Engineer")]
    graph.close()
    assert asked == [], "the command has left an index that is in line"
    refused = run("add", "our-hr", str(broken), *store)
    assert (refused.returncode, "nothing was stored" in refused.stderr) == (1, True)
    report = run("validate", str(broken)).stdout.partition(": ")[2].strip()
    assert report
    assert report in refused.stderr
    assert run("withdraw", "source:our-hr", *store).returncode == 0
    assert "prompt-engineer" not in run("query", "roles-by-tool", "-p", "tool=python", "--format", "csv", *store).stdout
    gone = run("withdraw", "our-hr", *store)
    assert (gone.returncode, "there is no graph" in gone.stderr) == (2, True)
    assert "is not the name of a source" in run("withdraw", "<>", *store).stderr


def test_every_command_explains_itself_with_an_example_that_starts_with_its_name() -> None:
    groups = {name: command for name, command in main.commands.items() if isinstance(command, Group)}
    within = {f"{name} {inner}": command for name, group in groups.items() for inner, command in group.commands.items()}
    for name, command in {**main.commands, **within}.items():
        text = command.get_help(Context(command, info_name=name))
        assert f"rolegraph {name}" in text, f"{name} has no example"
    assert run("--version").stdout.strip().endswith(__version__)


def test_compare_as_table_json_and_csv() -> None:
    table = run("compare", *PAIR).stdout
    assert "TensorFlow" in table
    assert "○ one" in table
    found = json.loads(run("compare", *PAIR, "--format", "json").stdout)
    assert [role["label"] for role in found["roles"]] == ["AI Architect", "Deep Learning Engineer"]
    rows = list(csv.DictReader(io.StringIO(run("compare", ",".join(PAIR), "-f", "csv").stdout)))
    claims = sum(len(item["claims"]) for section in found["sections"] for item in section["items"])
    assert len(rows) == claims > 100


def test_compare_into_a_file_in_a_graph_format(tmp_path: Path) -> None:
    assert run("compare", *PAIR, "--format", "turtle", "-o", str(tmp_path / "roles.ttl")).returncode == 0
    assert sum(1 for _ in ox.parse((tmp_path / "roles.ttl").read_bytes(), ox.RdfFormat.TURTLE)) > 200
    assert [path.name for path in tmp_path.iterdir()] == ["roles.ttl"]


def test_query_by_name_from_a_file_and_from_standard_input(tmp_path: Path) -> None:
    assert "What do all of these roles have in common?" in " ".join(run("query").stdout.split())
    by_name = run("query", "items-missing", "-p", "from=ai-programmer", "-p", "to=ai-architect", "--format", "csv").stdout
    assert "https://w3id.org/rolegraph/skill/project-management" in by_name
    text = "ASK { <https://w3id.org/rolegraph/role/ai-architect> ?p ?o }"
    (tmp_path / "mine.rq").write_text(text)
    assert json.loads(run("query", str(tmp_path / "mine.rq")).stdout)["boolean"] is True
    assert json.loads(run("query", "-", stdin=text).stdout)["boolean"] is True
    assert "role:ai-architect" in run("query", "compare-graph", "-p", "role=" + ",".join(PAIR)).stdout


def test_validate_tells_fine_broken_and_unreadable_apart(tmp_path: Path) -> None:
    entry = tmp_path / "entry.ttl"
    entry.write_text(VALID)
    assert run("validate", str(entry)).returncode == 0
    assert run("validate", "-", "--input-format", "turtle", stdin=VALID).returncode == 0
    entry.write_text(VALID.replace("tool:python", "<https://w3id.org/rolegraph/industry/healthcare>"))
    broken = run("validate", str(entry), "--format", "json")
    assert broken.returncode == 1
    assert json.loads(broken.stdout)["conforms"] is False
    (tmp_path / "fine.ttl").write_text(VALID)
    both = run("validate", str(entry), str(tmp_path / "fine.ttl"), "--format", "json")
    reports = json.loads(both.stdout)
    assert (both.returncode, reports["conforms"]) == (1, False)
    assert [(one["file"], one["conforms"]) for one in reports["files"]] == [(str(entry), False), (str(tmp_path / "fine.ttl"), True)]
    entry.write_text(VALID + "\n nonsense")
    unreadable = run("validate", str(entry))
    assert unreadable.returncode == 2
    assert "line: 7" in unreadable.stderr


def test_export_is_the_whole_graph_source_by_source() -> None:
    quads = list(ox.parse(run("export", "--format", "nquads").stdout, ox.RdfFormat.N_QUADS))
    graphs = {quad.graph_name for quad in quads}
    assert ox.NamedNode("https://w3id.org/rolegraph/source/ai-architect-vs-deep-learning-engineer") in graphs
    assert ox.DefaultGraph() not in graphs
    one = run("export", "--graph", "https://w3id.org/rolegraph/degree", "--format", "turtle").stdout
    assert "Doctorate" in one


def test_check_and_fingerprint() -> None:
    assert run("check").returncode == 0
    assert run("fingerprint", " An  EXAMPLE ").stdout.strip() == fingerprints.of("an example")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("compare", "ai-architect"), "expected: 2 to 8 roles"),
        (("compare", "ai-architect", "deep-lerning-engineer"), "suggestions: role:deep-learning-engineer"),
        (("query", "nonsense"), "there is no canned query 'nonsense'"),
        (("query", "tips", "-p", "ai-architect"), "NAME=VALUE"),
        (("query", "tips", "-p", "role=ai-architect", "-f", "turtle"), "one of json, xml, csv, tsv"),
        (("export", "--format", "turtle"), "trig or nquads"),
        (("export", "--graph", "source:nonsense"), "there is no graph"),
        (("compare", *PAIR, "-f", "csv", "-o", "/nonsense/folder/file"), "cannot be written"),
        (("compare", "nobody", "nothing", "-o", "/nonsense/folder/file"), "cannot be written"),
        (("query", "question.rq"), "there is no file question.rq"),
        (("query", "SELECT * { ?s ?p ?o }"), "SPARQL from standard input"),
        (("query", "-f", "turtle"), "expected: table or json"),
        (("validate", "-"), "standard input has no file name"),
        (("fingerprint",), "no text was given"),
        (("import", "salaries", __file__, "-o", "/nonsense/folder/file"), "cannot be written"),
        (("import", "salaries", __file__, "-o", "-"), "expected: a file for the graph"),
        (("serve", "--engine", "notanurl"), "parameter: --engine"),
        (("validate", __file__), "--input-format"),
        (("compare", *PAIR, "--store", __file__), "is a file"),
    ],
)
def test_unusable_input_ends_with_two_and_says_what_is_accepted(arguments: tuple[str, ...], words: str) -> None:
    found = run(*arguments)
    assert found.returncode == 2
    assert words in found.stderr
    assert "Traceback" not in found.stderr


def test_the_canned_queries_are_listed_as_json_too() -> None:
    found = json.loads(run("query", "--format", "json").stdout)["queries"]
    assert {"name": "role", "kinds": ["role"]}.items() <= next(one for one in found if one["name"] == "compare")["parameters"][0].items()


def test_a_hyphen_is_standard_output() -> None:
    assert run("export", "--graph", "https://w3id.org/rolegraph/degree", "-f", "ntriples", "-o", "-").stdout.count("\n") > 10
    assert not Path("-").exists()


def test_identifiers_are_whole_however_narrow_the_terminal() -> None:
    command = [sys.executable, "-m", "rolegraph", "query", "role-facts", "-p", "role=ai-programmer"]
    found = subprocess.run(command, capture_output=True, text=True, timeout=60, env={**WIDE, "COLUMNS": "60"}, check=True)
    assert "source:ai-programmer-vs-deep-learning-engineer" in found.stdout.split()
    assert "skill:artificial-intelligence" in found.stdout.split()


@pytest.mark.parametrize("arguments", ["query coverage", "export", "query", "check"])
def test_who_reads_only_the_first_line_is_no_error(arguments: str) -> None:
    command = f"'{sys.executable}' -m rolegraph {arguments} | head -1 > /dev/null; echo ${{PIPESTATUS[0]}}"
    found = subprocess.run(["bash", "-c", command], capture_output=True, text=True, timeout=60, env=WIDE, check=True)
    assert (found.stdout, found.stderr) == ("0\n", "")


def test_errors_of_any_form_are_told_in_words() -> None:
    error = NotConforming("it is wrong", problems=["x" * 100, "y" * 100], limits={"size": 3, "list": [1, 2]}, rows=[{"a": 1}])
    told_ = "\n".join(error_text.lines(error))
    assert "{" not in told_
    assert "[" not in told_
    assert [line.strip() for line in told_.splitlines()] == [
        *("Error: it is wrong", "problems:", "x" * 100, "y" * 100, "limits:", "size: 3", "list: 1, 2", "rows:", "1:", "a: 1")
    ]
