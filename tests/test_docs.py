"""The documents stay true: every command, option, query, format and error is in them, every link leads somewhere, examples run."""

import doctest
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner
from flask.testing import FlaskClient
from rdflib import Graph

import rolegraph
from rolegraph import errors, fingerprints, terms
from rolegraph.cli import COMMANDS, main
from rolegraph.formats import FORMATS
from rolegraph.queries import QueryCatalogue

TOP = Path(__file__).parent.parent
DOCUMENTS = sorted([*TOP.glob("*.md"), *TOP.glob("docs/*.md"), *TOP.glob("*/*.md")])
README = (TOP / "README.md").read_text("utf-8")
HTTP = (TOP / "docs" / "http.md").read_text("utf-8")
USING = (TOP / "docs" / "using.md").read_text("utf-8")
OPERATING = (TOP / "docs" / "operating.md").read_text("utf-8")

INDEX = """# Canned queries

Each answers one competency question, runs unchanged in any SPARQL tool, and has a saved answer in `tests/expected/`. Run one with
`rolegraph query NAME -p PARAMETER=VALUE`, or at `/queries/NAME?PARAMETER=VALUE`. A thing is named by slug (`ai-architect`), CURIE
(`role:ai-architect`) or IRI. (`tests/test_docs.py` writes this page from the files in `queries/`.)

A file begins with lines of `#+` (YAML: `number`, `summary`, `description`, `tags`, `parameters`) and has one `VALUES ?parameter { … }`
block per parameter with an example value. A caller's values take the place of that example, as IRIs that were looked up.

| | name | question | parameters |
|---|---|---|---|"""

each_document = pytest.mark.parametrize("path", sorted(set(DOCUMENTS)), ids=lambda path: str(path.relative_to(TOP)))


def fences(text: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.MULTILINE | re.DOTALL)


def command(name: str) -> click.Command:
    found = main.get_command(click.Context(main), name)
    assert found, name
    return found


@each_document
def test_links_lead_somewhere(path: Path) -> None:
    for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", path.read_text("utf-8")):
        assert (path.parent / target).exists(), target


@each_document
def test_turtle_in_documents_parses(path: Path) -> None:
    prefixes = "".join(f"@prefix {prefix}: <{namespace}> .\n" for prefix, namespace in terms.prefixes().items())
    prefixes += "@prefix item: <https://w3id.org/rolegraph/source/example#> .\n"
    for example in fences(path.read_text("utf-8"), "turtle"):
        assert len(Graph().parse(data=prefixes + example, format="turtle")) > 0


def test_every_command_and_setting_is_in_the_guides() -> None:
    for name in COMMANDS:
        assert f"rolegraph {name}" in USING + OPERATING, name
    serve = command("serve")
    for option in serve.params:
        if isinstance(option, click.Option):
            assert option.opts[-1] in OPERATING, option.opts
            assert str(option.envvar) in OPERATING, option.envvar


@pytest.mark.service
def test_every_command_is_what_the_help_says_and_is_listed_without_being_imported() -> None:
    assert [command(name).name for name in COMMANDS] == list(COMMANDS)
    script = "import sys; from rolegraph.cli import main; main(['--help'], standalone_mode=False); print('rdflib' in sys.modules)"
    printed = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout
    assert printed.endswith("\nFalse\n")
    assert all(f"\n  {name} " in printed for name in COMMANDS)


def test_the_examples_for_python_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(TOP)
    text = (TOP / "docs" / "python.md").read_text("utf-8")
    examples = doctest.DocTestParser().get_doctest("\n".join(fences(text, "python")), {}, "docs/python.md", None, 0)
    assert len(examples.examples) > 15
    result = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE).run(examples)
    assert result.failed == 0


def test_the_public_names_of_the_package_are_there() -> None:
    assert {name for name in rolegraph.__all__ if getattr(rolegraph, name, None) is None} == set()
    assert issubclass(rolegraph.NotFound, rolegraph.RolegraphError)
    assert set(rolegraph.__all__) <= set(dir(rolegraph))


def test_the_commands_of_the_guide_run_one_after_the_other(store_copy: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "examples").symlink_to(TOP / "examples")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ROLEGRAPH_STORE", str(store_copy))
    rows = re.findall(r"^\|.*\| ([^|]*) \|$", README[: README.index("## What")] + USING, re.MULTILINE)
    commands = [line for row in rows for line in re.findall("`([^`]+)`", row)]
    assert len(commands) == 30
    for line in commands:
        words = shlex.split(re.sub(r"\bN\b", "1", line))
        if words[1] == "import":
            continue  # what it takes in is downloaded by hand
        ran = CliRunner().invoke(main, words[1:])
        assert ran.exit_code == 0, f"{line}: {ran.output}"
        assert ran.output.strip() or "-o" in words, line


def test_the_addresses_of_readme_and_guide_answer(client: FlaskClient) -> None:
    addresses = set(re.findall(r"`(/[a-z][^`…]*)`", README[: README.index("## What lies where")] + USING))
    assert len(addresses) > 15
    wrong = {address for address in addresses if client.get(address, headers={"Accept": "text/html, */*;q=0.1"}).status_code != 200}
    assert wrong == set()


@each_document
def test_commands_in_documents_exist(path: Path) -> None:
    for block in fences(path.read_text("utf-8"), "sh"):
        for line in block.splitlines():
            words = shlex.split(line, comments=True)
            if words[:1] == ["rolegraph"] and len(words) > 1 and not words[1].startswith("-"):
                used = command(words[1])
                if isinstance(used, click.Group):
                    used = used.commands[words[2]]
                known = {option for parameter in used.params for option in [*parameter.opts, *parameter.secondary_opts]}
                assert {word for word in words if word.startswith("-") and len(word) > 1} <= known | {"--help"}, line
            if words[:1] == ["make"]:
                assert re.search(rf"^{words[1]}:", (TOP / "Makefile").read_text("utf-8"), re.MULTILINE), line


def test_every_error_and_format_is_in_the_guide_to_http() -> None:
    for error in errors.every():
        assert f"| {error.status} | `{error.slug()}` |" in HTTP, error
    for format_ in FORMATS:
        assert format_.media in HTTP, format_


def test_the_index_of_queries_is_up_to_date() -> None:
    """Set ROLEGRAPH_SAVE_EXPECTED=1 to write it anew."""
    path = TOP / "docs" / "queries.md"
    lines = [INDEX]
    for query in QueryCatalogue():
        parameters = ", ".join(f"`{parameter.name}`" + (" (several)" if parameter.most > 1 else "") for parameter in query.parameters)
        lines.append(f"| {query.number} | [`{query.name}`](../queries/{query.name}.rq) | {query.question} | {parameters} |")
    text = "\n".join(lines) + "\n"
    if os.environ.get("ROLEGRAPH_SAVE_EXPECTED"):
        path.write_text(text, encoding="utf-8")
    assert path.read_text("utf-8") == text


def test_the_one_liner_for_fingerprints_does_what_the_service_does() -> None:
    text = (TOP / "data" / "README.md").read_text("utf-8")
    assert fingerprints.of("An  example ") in text
