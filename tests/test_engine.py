"""The embedded engine: the union as a set, one writer, what a query may do, and what a restart costs."""

import gc
import sys
import threading
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rolegraph import formats
from rolegraph.engine import Engine
from rolegraph.engine.embedded import EmbeddedEngine
from rolegraph.engine.revision_store import RevisionStore
from rolegraph.errors import NotAcceptable, Refused, RolegraphError, StoreUnusable, UnreadableInput
from rolegraph.facade import Rolegraph
from rolegraph.shipped import loading

EX = "http://example.org/"
COUNT = "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }"
TABLE, GRAPH = formats.holding("table")[0], formats.holding("graph")[0]


def choose(holds: str) -> formats.Format:
    return TABLE if holds == "table" else GRAPH


def turtle(objects: set[int]) -> bytes:
    return "".join(f"<{EX}s> <{EX}p> <{EX}{number}> .\n" for number in objects).encode()


def count(engine: Engine) -> int:
    return int(engine.rows(COUNT)[0]["n"].value)


def test_a_triple_of_three_sources_counts_once_and_stays_until_the_last_withdraws_it(tmp_path: Path) -> None:
    engine = RevisionStore(tmp_path / "store")
    for graph in "abc":
        engine.write({EX + graph: turtle({1})})
    assert count(engine) == 1
    for graph, left in (("b", 1), ("a", 1), ("c", 0)):
        engine.write({EX + graph: None})
        assert count(engine) == left
    assert list(engine.graphs()) == []


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.sampled_from("abc"), st.sets(st.integers(0, 6))), max_size=12))
def test_the_default_graph_is_always_the_union_of_the_named_graphs(writes: list[tuple[str, set[int]]]) -> None:
    engine, stated = EmbeddedEngine(), {}
    for graph, objects in writes:
        engine.write({EX + graph: turtle(objects)})
        stated[graph] = objects
        union = {int(row["o"].value.removeprefix(EX)) for row in engine.rows("SELECT ?o { ?s ?p ?o }")}
        assert union == set().union(*stated.values())
        assert count(engine) == len(union)


def test_writes_of_many_threads_are_all_kept(tmp_path: Path) -> None:
    engine = RevisionStore(tmp_path / "store")

    def write(thread: int) -> None:
        for number in range(25):
            engine.write({f"{EX}graph-{thread}": turtle(set(range(thread * 100, thread * 100 + number + 1)))})

    threads = [threading.Thread(target=write, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert count(engine) == 8 * 25


def test_blank_nodes_become_iris_and_loading_again_gives_the_same(tmp_path: Path) -> None:
    engine = RevisionStore(tmp_path / "store")
    body = f"<{EX}s> <{EX}p> [ <{EX}q> 'x' ] .".encode()
    engine.write({EX + "a": body})
    once = engine.dump(formats.named("nquads", formats.FORMATS)).body
    engine.write({EX + "a": body})
    assert engine.dump(formats.named("nquads", formats.FORMATS)).body == once
    assert b"_:" not in once


def test_an_entry_replaces_what_is_said_of_its_things_with_their_blank_nodes_and_nothing_else() -> None:
    engine = EmbeddedEngine()
    said = (("one", "[ <urn:x:q> [] ]"), ("two", "[]"), ("one", "1"))
    one, two, shorter = (f"<{EX}{name}> <{EX}p> {value} .".encode() for name, value in said)
    for document in (one, two, two):
        engine.write({EX + "g": document}, mode="merge")
    assert count(engine) == 3
    engine.write({EX + "g": shorter}, mode="merge")
    assert count(engine) == 2
    engine.write({EX + "g": one}, mode="append")
    assert count(engine) == 4
    engine.write({EX + "g": two})
    assert count(engine) == 1


def test_turtle_that_does_not_parse_changes_nothing(tmp_path: Path) -> None:
    engine = RevisionStore(tmp_path / "store")
    engine.write({EX + "a": turtle({1})})
    with pytest.raises(UnreadableInput, match="does not parse"):
        engine.write({EX + "a": b"<http://example.org/s> nonsense"})
    assert count(engine) == 1


def test_a_store_in_use_says_so_and_what_to_do(tmp_path: Path) -> None:
    engine = RevisionStore(tmp_path / "store")
    with pytest.raises(StoreUnusable, match=r"in use by another process.*--store"):
        RevisionStore(tmp_path / "store")
    engine.close()
    RevisionStore(tmp_path / "store").close()


def test_a_store_that_cannot_be_written_says_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(StoreUnusable, match="cannot be opened"):
        RevisionStore(tmp_path / "file" / "store")


def test_the_second_start_loads_nothing_and_answers_the_same(tmp_path: Path) -> None:
    first = Rolegraph.open(tmp_path)
    before = first.export(formats.named("nquads", formats.FORMATS)).body
    first.close()
    engine = RevisionStore(tmp_path)
    assert loading.load(engine, tmp_path) == 0
    engine.close()
    second = Rolegraph.open(tmp_path)
    assert second.export(formats.named("nquads", formats.FORMATS)).body == before
    second.close()


def test_a_source_that_is_shipped_no_more_leaves_the_store(store_copy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rest = [found for found in loading.shipped() if "ai-architect" not in found.graph]
    monkeypatch.setattr(loading, "shipped", lambda: iter(rest))
    graph = Rolegraph.open(store_copy)
    assert "https://w3id.org/rolegraph/source/ai-architect-vs-deep-learning-engineer" not in graph.engine.graphs()
    assert graph.rows("role-facts", {"role": ["ai-architect"]}) == []
    graph.close()


@pytest.mark.parametrize(
    "text",
    [
        "SELECT * { SERVICE <http://example.org/> { ?s ?p ?o } }",
        "SELECT * { sErViCe SILENT <http://example.org/> { ?s ?p ?o } }",
        "PREFIX e: <http://example.org/> SELECT * { SERVICE e:sparql { ?s ?p ?o } }",
        "SELECT * { VALUES ?where { <http://example.org/> } SERVICE ?where { ?s ?p ?o } }",
        "SELECT * { SERVICE # a comment\n <http://example.org/> { ?s ?p ?o } }",
        "SELECT * { { SELECT * { OPTIONAL { SERVICE <http://example.org/> { ?s ?p ?o } } } } }",
        "SELECT * { SERV\\u0049CE <http://example.org/> { ?s ?p ?o } }",
        "ASK { FILTER EXISTS { SERVICE <http://example.org/> { ?s ?p ?o } } }",
    ],
)
def test_no_query_leaves_this_machine(text: str) -> None:
    with pytest.raises(Refused, match="SERVICE"):
        EmbeddedEngine().query(text, choose)


def test_the_word_service_is_no_crime() -> None:
    engine = EmbeddedEngine()
    text = '# service\nSELECT * { ?service <http://example.org/service> "a SERVICE { }" }'
    assert b'"bindings":[]' in engine.query(text, choose).body


@pytest.mark.parametrize("text", ["INSERT DATA { <a:b> <a:b> <a:b> }", "PREFIX a: <b:>\n# x\nDELETE WHERE { ?s ?p ?o }", "CLEAR ALL"])
def test_an_update_is_called_an_update(text: str) -> None:
    engine = EmbeddedEngine()
    engine.write({EX + "a": turtle({1})})
    with pytest.raises(UnreadableInput, match="this is an update"):
        engine.query(text, choose)
    assert count(engine) == 1


def test_a_syntax_error_says_where() -> None:
    with pytest.raises(UnreadableInput) as caught:
        EmbeddedEngine().query("SELECT ?s {\n  ?s ?p ?o } GARBAGE", choose)
    assert caught.value.members["line"] == 2
    assert caught.value.members["column"] > 1


def refused(_: str) -> formats.Format:
    raise NotAcceptable("no format is accepted")


@pytest.mark.parametrize(
    ("text", "format_"),
    [
        ("CONSTRUCT WHERE { ?s ?p ?o }", None),
        ("SELECT * { ?s ?p ?o }", None),
        ('CONSTRUCT { ?s ?p ?text } WHERE { ?s ?p ?o BIND("\\u0001" AS ?text) }', formats.named("rdfxml", formats.holding("graph"))),
        ('SELECT ?text { ?s ?p ?o BIND("\\u0001" AS ?text) }', formats.named("xml", formats.holding("table"))),
        ("CONSTRUCT WHERE { ?s ?p ?o }", "rows"),
    ],
)
def test_an_error_can_be_dropped_in_another_thread(
    text: str, format_: formats.Format | str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    complaints: list[object] = []
    monkeypatch.setattr(sys, "unraisablehook", lambda complaint: complaints.append(complaint.exc_value))
    engine = EmbeddedEngine()
    engine.write({EX + "g": f"<{EX}s> <{EX}p> 'x' .".encode()})
    errors: list[RolegraphError] = []
    try:
        if format_ == "rows":
            engine.rows(text)
        else:
            engine.query(text, refused if format_ is None else lambda _: format_)  # type: ignore[arg-type, return-value]
    except RolegraphError as error:
        errors.append(error)
    assert errors

    def drop() -> None:
        errors.clear()
        gc.collect()

    thread = threading.Thread(target=drop)
    thread.start()
    thread.join()
    assert not complaints
