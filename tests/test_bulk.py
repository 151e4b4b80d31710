"""Loading files in bulk: the union, what is refused, and that a load is there as a whole or not at all."""

import resource
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from rolegraph import formats
from rolegraph.engine.embedded import Settings
from rolegraph.engine.revision_store import RevisionStore
from rolegraph.errors import BadParameter, NotConforming, StoreUnusable, UnreadableInput
from rolegraph.values import Row

EX = "http://example.org/"
NTRIPLES = formats.named("ntriples", formats.holding("graph"))
MANY = 300_000  # triples, that take seconds to load

LOADER = f"""
import sys
from pathlib import Path
from rolegraph.engine.revision_store import RevisionStore
engine = RevisionStore(Path(sys.argv[1]))
print("loading", flush=True)
engine.load({{"{EX}big": [Path(sys.argv[2])]}})
print("loaded", flush=True)
"""


def file(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def turtle(folder: Path, name: str, numbers: range) -> Path:
    return file(folder, name, "".join(f"<{EX}s> <{EX}p> <{EX}{number}> .\n" for number in numbers))


def rows(engine: RevisionStore, pattern: str) -> list[tuple[str, ...]]:
    return sorted(tuple(value.value for value in row.values()) for row in engine.rows(f"SELECT * {{ {pattern} }}"))


def objects(engine: RevisionStore, pattern: str) -> set[str]:
    return {found for (found,) in rows(engine, pattern)}


def count(engine: RevisionStore) -> int:
    return len(rows(engine, "?s ?p ?o"))


def test_a_triple_of_two_loaded_graphs_counts_once_and_stays_until_the_last_withdraws_it(tmp_path: Path) -> None:
    engine = RevisionStore(tmp_path / "store")
    first, second, third = (turtle(tmp_path, str(low), range(low, low + 10)) for low in (0, 5, 12))
    engine.load({EX + "a": [first], EX + "b": [second, third]}, NTRIPLES)
    assert engine.graphs() == [EX + "a", EX + "b"]
    assert engine.revision == 1
    assert count(engine) == 22
    assert len(rows(engine, "GRAPH ?g { ?s ?p ?o }")) == 10 + 17
    engine.write({EX + "a": None})
    assert count(engine) == 17
    engine.write({EX + "b": None})
    assert count(engine) == 0


def test_relative_iris_start_from_that_of_the_graph(tmp_path: Path) -> None:
    engine = RevisionStore(tmp_path / "store")
    engine.load({EX + "a": [file(tmp_path, "a.ttl", "<s> <p> <o> .")]})
    triples = f"<{EX}s> <{EX}p> <{EX}o>"
    assert rows(engine, f"?s ?p ?o . {triples}") == rows(engine, f"GRAPH <{EX}a> {{ ?s ?p ?o . {triples} }}") != []


@pytest.mark.parametrize("text", [f"_:x <{EX}p> _:y . _:y <{EX}q> 'z' .", f"[] <{EX}p> [ <{EX}q> 'z' ] ."])
def test_blank_nodes_become_the_same_iris_in_the_graph_and_the_union_and_others_in_each_file(tmp_path: Path, text: str) -> None:
    engine = RevisionStore(tmp_path / "store")
    path = file(tmp_path, "blank.ttl", text)
    engine.load({EX + "a": [path, path], EX + "b": [path]})
    assert len(rows(engine, f"?x <{EX}p> ?y . ?y <{EX}q> 'z'")) == 3
    for graph, number in (("a", 2), ("b", 1)):
        found = rows(engine, f"GRAPH <{EX}{graph}> {{ ?x <{EX}p> ?y . ?y <{EX}q> 'z' }} ?x <{EX}p> ?y . ?y <{EX}q> 'z'")
        assert len(found) == number
        assert all(iri.startswith("https://w3id.org/rolegraph/.well-known/genid/") for row in found for iri in row)


def test_blank_nodes_stay_where_the_default_graph_is_its_own(tmp_path: Path) -> None:
    engine = RevisionStore(tmp_path / "store", Settings(union=False))
    engine.load({EX + "a": [file(tmp_path, "blank.ttl", f"_:x <{EX}p> 1 .")]})
    assert count(engine) == 0
    assert engine.rows("SELECT ?s { GRAPH ?g { ?s ?p ?o } }")[0]["s"].kind == "blank"


@pytest.mark.parametrize("union", [True, False])
def test_a_syntax_error_in_the_second_file_leaves_nothing(tmp_path: Path, *, union: bool) -> None:
    engine = RevisionStore(tmp_path / "store", Settings(union=union))
    engine.write({EX + "before": f"<{EX}s> <{EX}p> 'before' .".encode()})
    good, bad = turtle(tmp_path, "good", range(10)), file(tmp_path, "bad", f"<{EX}s> <{EX}p> 1 .\n<{EX}s> <{EX}p> .\n")
    with pytest.raises(UnreadableInput, match="bad does not parse") as raised:
        engine.load({EX + "a": [good], EX + "b": [bad]})
    assert raised.value.members["line"] == 2
    assert (engine.revision, engine.graphs(), len(rows(engine, "GRAPH ?g { ?s ?p ?o }"))) == (1, [EX + "before"], 1)
    engine.load({EX + "a": [good]})
    engine.close()
    again = RevisionStore(tmp_path / "store", Settings(union=union))
    assert (again.revision, again.graphs()) == (2, [EX + "a", EX + "before"])
    assert count(again) == (11 if union else 0)


@pytest.mark.parametrize("union", [True, False])
def test_a_graph_that_holds_triples_is_replaced_and_the_union_follows(tmp_path: Path, *, union: bool) -> None:
    engine = RevisionStore(tmp_path / "store", Settings(union=union))
    old, new, other = (turtle(tmp_path, str(low), range(low, low + 10)) for low in (0, 5, 2))
    engine.load({EX + "a": [old], EX + "b": [other]})
    engine.load({EX + "a": [new]}, NTRIPLES)
    named = {name: objects(engine, f"GRAPH <{EX}{name}> {{ <{EX}s> <{EX}p> ?o }}") for name in "ab"}
    assert named == {"a": {f"{EX}{number}" for number in range(5, 15)}, "b": {f"{EX}{number}" for number in range(2, 12)}}
    assert objects(engine, f"<{EX}s> <{EX}p> ?o") == ({f"{EX}{number}" for number in range(2, 15)} if union else set())
    assert [path.name for path in (tmp_path / "store").iterdir() if path.name.startswith("load-")] == []


def test_what_a_check_refuses_is_not_there(tmp_path: Path) -> None:
    engine = RevisionStore(tmp_path / "store")
    engine.load({EX + "a": [turtle(tmp_path, "a", range(3))]})

    def check(ask: Callable[[str], list[Row]]) -> None:
        assert len(ask("SELECT * { ?s ?p ?o }")) == 5
        raise NotConforming("too many")

    with pytest.raises(NotConforming, match="too many"):
        engine.load({EX + "a": [turtle(tmp_path, "b", range(5))]}, NTRIPLES, check)
    assert (engine.revision, count(engine)) == (1, 3)
    engine.load({EX + "a": [turtle(tmp_path, "c", range(7))]})
    assert (engine.revision, count(engine)) == (2, 7)


def test_a_file_that_is_not_there_and_a_name_that_is_no_iri_are_refused(tmp_path: Path) -> None:
    engine = RevisionStore(tmp_path / "store")
    path = turtle(tmp_path, "a", range(3))
    engine.load({EX + "a": [path]})
    with pytest.raises(BadParameter, match="there is no file"):
        engine.load({EX + "b": [path, tmp_path / "missing"]})
    with pytest.raises(BadParameter, match="is not an IRI"):
        engine.load({"b": [path]})
    assert (engine.revision, engine.graphs(), count(engine)) == (1, [EX + "a"], 3)


@contextmanager
def largest_file(size: int) -> Iterator[None]:
    """Let the disk refuse what would make a file larger than so many bytes."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_load_that_the_disk_refuses_midway_leaves_nothing(tmp_path: Path) -> None:
    engine = RevisionStore(tmp_path / "store")
    files = {EX + "a": [turtle(tmp_path, "a", range(3))], EX + "b": [turtle(tmp_path, "b", range(20_000))]}
    with largest_file(100_000), pytest.raises(StoreUnusable, match="File too large; the store is as it was"):
        engine.load(files)
    assert (engine.revision, engine.graphs()) == (0, [])
    engine.write({EX + "c": f"<{EX}s> <{EX}q> <{EX}o> .".encode()})
    assert (engine.revision, engine.graphs(), count(engine)) == (1, [EX + "c"], 1)
    engine.load(files)
    assert (engine.revision, count(engine)) == (2, 20_001)


def test_nothing_to_load_makes_no_revision(tmp_path: Path) -> None:
    engine = RevisionStore(tmp_path / "store")
    engine.load({})
    assert engine.revision == 0


@pytest.mark.service
@pytest.mark.parametrize("seconds", [0.2, 1.5])
def test_kill_9_in_the_middle_of_a_load_leaves_the_newest_revision(tmp_path: Path, seconds: float) -> None:
    store, big = tmp_path / "store", turtle(tmp_path, "big", range(MANY))
    engine = RevisionStore(store)
    engine.write({EX + "before": f"<{EX}s> <{EX}p> 'before' .".encode()})
    engine.close()
    with subprocess.Popen([sys.executable, "-c", LOADER, str(store), str(big)], stdout=subprocess.PIPE, text=True) as loader:
        assert loader.stdout is not None
        assert loader.stdout.readline() == "loading\n"
        time.sleep(seconds)
        loader.kill()
        assert loader.stdout.read() == ""  # else this machine is so quick that MANY has to grow
    engine = RevisionStore(store)
    assert (engine.revision, engine.graphs(), count(engine)) == (1, [EX + "before"], 1)
    engine.load({EX + "small": [turtle(tmp_path, "small", range(3))]})
    assert (engine.revision, count(engine)) == (2, 4)
