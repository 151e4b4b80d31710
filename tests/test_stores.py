"""Which store a command reads: never one that it makes, also one that a service writes, or that nobody may write."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any
from unittest.mock import patch

import httpx
import pyoxigraph as ox
import pytest
from click.testing import CliRunner, Result
from hypothesis import given
from hypothesis import strategies as st

from asked import graphs_asked
from revision_cases import folders
from rolegraph.analysis.incremental import IncrementalFacts
from rolegraph.cli import main, stores
from rolegraph.engine import write_log
from rolegraph.engine.embedded import Settings
from rolegraph.engine.read_only import Published
from rolegraph.engine.revision_store import RevisionStore
from rolegraph.engine.revisions import Retention
from rolegraph.engine.write_log import WriteLog
from rolegraph.errors import StoreUnusable
from rolegraph.facade import Rolegraph
from rolegraph.facade.apart import analyses_apart
from rolegraph.formats import holding, named
from rolegraph.tokens import Tokens

NTRIPLES = named("ntriples", holding("graph"))
EX = "http://example.org/"
ROLE = f"""@prefix rg: <https://w3id.org/rolegraph/ns#> . @prefix skos: <http://www.w3.org/2004/02/skos/core#> .
<{EX}role> a rg:Role, skos:Concept ; skos:prefLabel "Keeper of lighthouses"@en . """.encode()
ENTRY = """@prefix rg: <https://w3id.org/rolegraph/ns#> . @prefix skos: <http://www.w3.org/2004/02/skos/core#> .
@prefix role: <https://w3id.org/rolegraph/role/> . @prefix tool: <https://w3id.org/rolegraph/tool/> .
role:prompt-engineer a rg:Role, skos:Concept ; skos:prefLabel "Prompt Engineer"@en ;
  skos:definition "Someone who writes and tests instructions for language models."@en ;
  skos:inScheme <https://w3id.org/rolegraph/role> ; rg:tool tool:python .
"""
READING = (
    ("query", "coverage"),
    ("query",),
    ("search", "python"),
    ("compare", "ai-architect", "ai-programmer"),
    ("similar", "ai-architect"),
    ("gap", "ai-programmer", "ai-architect"),
    ("paths", "ai-programmer", "ai-architect"),
    ("openings", "ai-programmer"),
    ("distinguish", "ai-programmer", "ai-architect"),
    ("agreement", "ai-programmer"),
    ("validate", "-", "--input-format", "turtle"),
    ("export",),
)
each_that_reads = pytest.mark.parametrize("arguments", READING, ids=" ".join)


def run(*arguments: str, **environment: str) -> Result:
    return CliRunner().invoke(main, arguments, input=ENTRY, env={"ROLEGRAPH_STORE": None, **environment}, catch_exceptions=False)


def content(folder: Path) -> dict[str, tuple[int, int]]:
    return {str(path.relative_to(folder)): (path.stat().st_size, path.stat().st_mtime_ns) for path in [folder, *folder.rglob("*")]}


@pytest.fixture(scope="module")
def store(shipped_store: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with a role that is not shipped, and all that is kept beside it."""
    folder = Path(shutil.copytree(shipped_store, tmp_path_factory.mktemp("kept") / "store"))
    graph = Rolegraph.open(folder)
    graph.store(EX + "g", ROLE)
    graph.refresh()
    graph.close()
    return folder


@each_that_reads
def test_a_command_that_reads_makes_no_store(arguments: Sequence[str], tmp_path: Path) -> None:
    (tmp_path / "letters").mkdir()
    (tmp_path / "letters" / "letter.txt").write_text("Dear")
    before = content(tmp_path)
    for folder in (tmp_path / "missing", tmp_path / "letters"):
        found = run(*arguments, "--store", str(folder))
        assert (found.exit_code, f"there is no store in {folder}" in found.stderr) == (2, True), found.output
    assert content(tmp_path) == before


@each_that_reads
def test_a_command_that_reads_changes_no_store(arguments: Sequence[str], store: Path) -> None:
    before = content(store)
    assert run(*arguments, "--store", str(store)).exit_code == 0
    assert content(store) == before


@pytest.mark.parametrize(
    "arguments",
    [
        ("serve",),
        ("import", "salaries", __file__),
        ("add", "our-hr", "-", "--input-format", "turtle"),
        ("withdraw", "our-hr"),
        ("token", "create", "--scope", "admin"),
    ],
    ids=" ".join,
)
def test_a_store_is_not_made_among_other_things(arguments: Sequence[str], tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("Dear")
    found = run(*arguments, "--store", str(tmp_path))
    assert (found.exit_code, "holds no store, but other files (letter.txt)" in found.stderr) == (2, True), found.output
    assert [path.name for path in tmp_path.iterdir()] == ["letter.txt"]


def test_nothing_is_withdrawn_from_a_store_that_is_not_there(tmp_path: Path) -> None:
    found = run("withdraw", "our-hr", "--store", str(tmp_path / "store"))
    assert (found.exit_code, "there is no store" in found.stderr, (tmp_path / "store").exists()) == (2, True, False)


def test_without_a_name_the_default_store_is_read_and_named(store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    default = tmp_path / "rolegraph" / "store"
    monkeypatch.setattr("rolegraph.cli.stores.user_data_path", lambda name: tmp_path / name)
    shipped = run("search", "keeper", "lighthouses", "-f", "json")
    assert (json.loads(shipped.stdout)["hits"], shipped.stderr, default.exists()) == ([], "", False)
    default.parent.mkdir()
    shutil.copytree(store, default)
    found = run("search", "keeper", "lighthouses", "-f", "json")
    assert [hit["id"] for hit in json.loads(found.stdout)["hits"]] == [EX + "role"]
    assert found.stderr == f"reading revision 2 of the store in {default}\n"
    named = run("search", "keeper", "lighthouses", "-f", "json", "--store", str(store))
    assert (named.stdout, named.stderr) == (found.stdout, "")
    assert run("search", "keeper", "-f", "json", ROLEGRAPH_STORE=str(store)).stderr == ""


@pytest.mark.service
@pytest.mark.parametrize("beside", [True, False], ids=["with an index beside it", "alone"])
def test_a_store_that_cannot_be_written_is_read(store: Path, tmp_path: Path, *, beside: bool) -> None:
    folder = Path(shutil.copytree(store, tmp_path / "store"))
    if not beside:
        shutil.rmtree(folder / "search")
        shutil.rmtree(folder / "analysis")
    lock = f"mount --bind '{folder}' '{folder}' && mount -o remount,ro,bind '{folder}'"
    if os.geteuid():
        lock = f"chmod -R a-w '{folder}'"
    for arguments in (("search", "keeper", "lighthouses"), ("similar", "ai-architect")):
        command = f"{lock} && ! touch '{folder}/x' && '{sys.executable}' -m rolegraph {' '.join(arguments)} -f json --store '{folder}'"
        within = ["unshare", "--mount"] if os.geteuid() == 0 else []
        found = subprocess.run([*within, "sh", "-c", command], capture_output=True, text=True, timeout=120, check=False)
        assert found.returncode == 0, found
        assert (EX + "role" in found.stdout) == (arguments[0] == "search")
    if os.geteuid():
        subprocess.run(["chmod", "-R", "u+w", str(folder)], check=True)


def test_what_was_written_since_the_index_was_made_is_known_at_the_next_start(store_copy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    graph = Rolegraph.open(store_copy)
    for number in range(3):
        graph.store(f"{EX}g{number}", ROLE)
    graph.close()
    asked = graphs_asked(monkeypatch)
    openings: tuple[Callable[[Path], Rolegraph], ...] = (stores.read, Rolegraph.open)
    for opening in openings:
        asked.clear()
        again = opening(store_copy)
        assert [hit.iri for hit in again.search.find("keeper of lighthouses")] == [EX + "role"]
        assert sorted(set(asked)) == [f"{EX}g{number}" for number in range(3)]
        again.refresh()
        again.close()


@pytest.mark.service
def test_another_process_stores_the_facts_of_the_newest_revision(store_copy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    graph = Rolegraph.open(store_copy)
    graph.store(f"{EX}g", ROLE)
    with analyses_apart(store_copy):
        pass
    asked = graphs_asked(monkeypatch)
    _ = IncrementalFacts(graph.engine, store_copy).facts()
    assert not asked
    graph.close()


def test_what_is_read_is_one_revision_also_where_the_index_went_on(store: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(store, tmp_path / "store"))
    reading = stores.read(folder)
    graph = Rolegraph.open(folder)
    graph.store(EX + "g", ROLE.replace(b"lighthouses", b"lightships"))
    graph.refresh()
    graph.close()
    assert [hit.label for hit in reading.search.find("keeper of")] == ["Keeper of lighthouses"]
    assert [hit.label for hit in stores.read(folder).search.find("keeper of")] == ["Keeper of lightships"]


@given(
    st.lists(st.one_of(st.none(), st.frozensets(st.sampled_from("abc"), min_size=1)), max_size=8),
    st.integers(0, 8),
    st.integers(0, 8),
)
def test_what_was_written_is_the_same_after_a_start(writes: list[frozenset[str] | None], first: int, since: int) -> None:
    plain = WriteLog(first)
    for number, graphs in enumerate(writes, first + 1):
        plain.note(number, graphs)
    with tempfile.TemporaryDirectory() as folder, patch.object(write_log, "KEPT", 4):
        plain.keep(Path(folder))
        again = WriteLog.read(Path(folder), first + len(writes))
    known = again.since(since)
    assert known in (None, plain.since(since))
    assert known == plain.since(since) or since < first + len(writes) - 4
    assert WriteLog.read(Path(folder), 1).since(0) is None


def test_a_revision_that_another_process_reads_stays(tmp_path: Path) -> None:
    engine = RevisionStore(tmp_path, Settings(retention=Retention(1)))
    engine.write({EX + "g": b"<http://a> <http://b> 'first' ."})
    reading = Published(tmp_path)
    for number in range(3):
        engine.write({EX + "g": f"<http://a> <http://b> {number} .".encode()})
    assert folders(tmp_path) == {1, 4}
    assert "first" in reading.dump(NTRIPLES, EX + "g").body.decode()
    del reading
    engine.write({EX + "g": None})
    assert folders(tmp_path) == {5}
    engine.close()


def test_a_store_is_read_beside_a_service_that_writes_it(serve: Callable[..., Any], tmp_path: Path) -> None:
    service = serve(tmp_path, "--keep-revisions", "1")
    headers = {"Authorization": f"Bearer {Tokens(tmp_path / 'tokens.sqlite').create('admin').text}", "Content-Type": "text/turtle"}
    done, failed = threading.Event(), []

    def write() -> None:
        with httpx.Client(base_url=service.address, headers=headers, timeout=30) as client:
            number = 0
            while not done.is_set():
                number += 1
                body = ROLE + f"<{EX}role> <{EX}number> {number} .".encode()
                answer = client.put("/graphs", params={"graph": EX + "g"}, content=body)
                failed.extend([] if answer.is_success else [answer.text])

    writer = threading.Thread(target=write)
    writer.start()
    try:
        for number in range(30):
            arguments = READING[number % len(READING)]
            found = run(*arguments, "--store", str(tmp_path))
            assert found.exit_code == 0, (arguments, found.output)
        exported = list(ox.parse(run("export", "--store", str(tmp_path)).stdout_bytes, ox.RdfFormat.TRIG))
        assert any(quad.graph_name == ox.NamedNode(EX + "g") for quad in exported)
    finally:
        done.set()
        writer.join()
        assert service.stop()[0] == 0
    assert failed == []


def test_what_is_damaged_is_named(store: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(store, tmp_path / "store"))
    (folder / "revisions" / "2" / "CURRENT").write_text("nothing of use\n")
    with pytest.raises(StoreUnusable, match="cannot be read"):
        Published(folder)
