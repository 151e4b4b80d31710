"""Writes to an endpoint that break off anywhere, and writers that meet: the union and the graphs agree afterwards."""

import threading
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import replace
from typing import Any

import pytest
from click.testing import CliRunner

from endpoints import SERVERS
from rolegraph.cli import main
from rolegraph.engine.remote import RemoteEngine
from rolegraph.engine.remote.endpoint import Endpoint
from rolegraph.engine.remote.lookups import Lookups
from rolegraph.engine.remote.names import BOOK, PARTLY, UNION
from rolegraph.engine.remote.steps import Steps
from rolegraph.errors import NotFound, Refused, StoreUnusable

pytestmark = pytest.mark.service

EX = "http://example.org/writes/"
NAMES = tuple(EX + name for name in "abc")
BEFORE = {EX + "a": f"<{EX}s> <{EX}p> 1, 2, 3 .", EX + "b": f"<{EX}s> <{EX}p> 3, 4 ."}
AFTER = {EX + "a": f"<{EX}s> <{EX}p> 2, 4, 7 .", EX + "b": None, EX + "c": f"<{EX}s> <{EX}p> 3, 5 ."}
FIRST = {EX + "c": f"<{EX}s> <{EX}p> 3, 5, 6 ."}


@pytest.fixture(scope="module")
def endpoints(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Endpoint]]:
    with ExitStack() as stack:
        yield {name: stack.enter_context(start(tmp_path_factory.mktemp(name))) for name, start in SERVERS.items()}


@pytest.fixture(params=list(SERVERS))
def endpoint(request: pytest.FixtureRequest, endpoints: dict[str, Endpoint]) -> Endpoint:
    """An endpoint that holds nothing of ours."""
    found = endpoints[request.param]
    engine = RemoteEngine(found)
    for graph in (*NAMES, *engine._remote_graphs.listed(), UNION, BOOK):
        engine._wire.update(f"DROP SILENT GRAPH <{graph}>")
    return found


def write(engine: RemoteEngine, changes: Mapping[str, str | None]) -> None:
    engine.write({graph: None if text is None else text.encode() for graph, text in changes.items()})


def triples(engine: RemoteEngine, graph: str) -> set[Any]:
    return set(Lookups(engine._wire).pages(graph))


def agree(engine: RemoteEngine, names: tuple[str, ...] = NAMES) -> bool:
    """Tell whether the union is what the graphs hold, and just those that hold something are listed, but for what was lost half way."""
    held = {name: triples(engine, name) for name in names}
    there = {name for name, found in held.items() if found}
    listed = {name for name in engine.graphs() if name in names}
    lost = set(engine._remote_graphs.noted(PARTLY))
    return triples(engine, UNION) == set().union(*held.values()) and there <= listed <= there | lost


def kinds(engine: RemoteEngine) -> set[str]:
    return {fault.kind for fault in engine.check()}


def dying(engine: RemoteEngine, monkeypatch: pytest.MonkeyPatch, requests: int) -> None:
    """Let an engine send so many updates, and then none for good."""
    left = [requests]

    def limited(send: Any) -> Any:
        def wrapped(*given: Any, **named: Any) -> None:
            left[0] -= 1
            if left[0] < 0:
                raise StoreUnusable("the connection broke off")
            send(*given, **named)

        return wrapped

    for name in ("update", "store"):
        monkeypatch.setattr(engine._wire, name, limited(getattr(engine._wire, name)))


@pytest.mark.parametrize("stores", [True, False], ids=["graph store", "updates alone"])
def test_after_a_write_that_died_anywhere_union_and_graphs_agree(endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch, stores: bool) -> None:
    """One graph is replaced, one removed and one new; each way to put things right has its turn."""
    monkeypatch.setattr("rolegraph.engine.remote.steps.BATCH", 2)
    monkeypatch.setattr("rolegraph.engine.remote.leases.GONE", -1)  # the writer is dead
    endpoint = endpoint if stores else replace(endpoint, graph_store_url=None)
    requests, broken = -1, True
    while broken:
        requests += 1
        write(RemoteEngine(endpoint), BEFORE | {EX + "c": None})
        dead, fresh = RemoteEngine(endpoint), RemoteEngine(endpoint)
        with monkeypatch.context() as patch:
            dying(dead, patch, requests)
            try:
                write(dead, AFTER)
                broken = False
            except StoreUnusable:
                pass
        if requests % 3 == 0:
            fresh.settle()
        elif requests % 3 == 1:
            assert {fault.kind for fault in fresh.check(fix=True)} <= {"incomplete"}
        else:
            write(fresh, {EX + "other": f"<{EX}s> <{EX}p> 2 ."})
            write(fresh, {EX + "other": None})
        assert agree(fresh), requests
        write(fresh, AFTER)
        assert agree(fresh), requests
        assert [len(triples(fresh, name)) for name in NAMES] == [3, 0, 2]
        assert kinds(fresh) == set()
    assert requests > 10


def test_what_a_check_finds_is_counted_and_fixed(endpoint: Endpoint) -> None:
    engine = RemoteEngine(endpoint)
    write(engine, BEFORE)
    # more graphs than a client takes headers by itself, with which Virtuoso names them
    write(engine, {f"{EX}more/{number}": f"<{EX}s> <{EX}p> 4 ." for number in range(120)})
    assert engine.check() == []
    engine._wire.update(f'INSERT DATA {{ GRAPH <{UNION}> {{ <{EX}ghost> <{EX}p> 1, 2 ; <{EX}q> "x"@en }} }}')
    engine._wire.update(f"DELETE DATA {{ GRAPH <{UNION}> {{ <{EX}s> <{EX}p> 1, 2 }} }}")
    engine._wire.update(f"INSERT {{ GRAPH <{EX}a> {{ <{EX}s> <{EX}p> [] }} }} WHERE {{}}")
    assert sorted((fault.where, fault.message.split(" triples")[0]) for fault in engine.check()) == [
        (EX + "a", "the union lacks 2"),
        (EX + "p", "the union has 2"),
        (EX + "q", "the union has 1"),
    ]
    with pytest.raises(Refused):
        RemoteEngine(replace(endpoint, update_url=None, graph_store_url=None)).check(fix=True)
    assert engine.check(fix=True) == []
    assert len(triples(engine, UNION)) == 4


def test_writers_in_threads_wait_or_are_refused_and_leave_nothing_behind(endpoint: Endpoint) -> None:
    engines = [RemoteEngine(endpoint), RemoteEngine(endpoint)]
    wrong: list[BaseException] = []

    def work(engine: RemoteEngine, own: int) -> None:
        try:
            for number in range(8):
                write(engine, {EX + "a": f"<{EX}s> <{EX}p> {own}, {number} .", f"{EX}{'bc'[own]}": f"<{EX}s> <{EX}p> {number} ."})
        except BaseException as error:  # noqa: BLE001 - a thread's errors are the test's
            wrong.append(error)

    threads = [threading.Thread(target=work, args=(engine, own)) for own, engine in enumerate(engines)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all("another Rolegraph is writing" in str(error) for error in wrong)
    assert agree(RemoteEngine(endpoint))
    assert kinds(engines[0]) == set()


def test_a_second_writer_is_refused_while_the_first_writes(endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = RemoteEngine(endpoint), RemoteEngine(endpoint)
    write(first, BEFORE)
    with first._remote_graphs.writing():
        refusal = pytest.raises(StoreUnusable, match=r"another Rolegraph is writing .*process \d+, last seen")
        with refusal as caught, second._remote_graphs.writing(0):
            pass
        assert "later" in caught.value.members["expected"]
        assert "writer" in kinds(second)
    write(second, AFTER)
    assert agree(second)


def test_a_writer_that_slept_too_long_does_no_harm(endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = RemoteEngine(endpoint), RemoteEngine(endpoint)
    write(first, BEFORE)
    original = Steps.insert
    slept: list[bool] = []

    def sleeping(steps: Any, graph: str, found: Any) -> None:
        if graph == UNION and not slept:
            slept.append(True)
            monkeypatch.setattr("rolegraph.engine.remote.leases.GONE", -1)
            write(second, dict.fromkeys(NAMES))  # takes the lease over, mends, and removes all
            first._wire.update(f"INSERT DATA {{ GRAPH <{UNION}> {{ <{EX}s> <{EX}p> 5 }} }}")  # what was under way comes late
            steps.lease.confirm()
        original(steps, graph, found)

    monkeypatch.setattr(Steps, "insert", sleeping)
    with pytest.raises(StoreUnusable, match="paused for more"):
        write(first, FIRST)
    fresh = RemoteEngine(endpoint)
    fresh.settle()
    assert triples(fresh, UNION) == set()
    assert agree(fresh)
    assert kinds(fresh) == set()


def test_a_large_graph_goes_in_pieces(endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rolegraph.engine.remote.steps.PIECE", 400)
    engine = RemoteEngine(endpoint)
    store, sent = engine._wire.store, list[tuple[str, int]]()

    def counted(graph: str, text: bytes, *, add: bool) -> None:
        sent.append((graph, text.count(b"\n")))
        store(graph, text, add=add)

    monkeypatch.setattr(engine._wire, "store", counted)
    for numbers in (range(1500), range(700, 2200)):
        write(engine, {EX + "a": "".join(f"<{EX}{number}> <{EX}p> 'number {number}' .\n" for number in numbers)})
        assert len(triples(engine, EX + "a")) == len(triples(engine, UNION)) == 1500
        assert agree(engine)
    assert max(number for _, number in sent) == 400
    assert len([graph for graph, _ in sent if graph == EX + "a"]) == 6


def test_a_guard_sees_the_graphs_as_they_are_and_forbids(endpoint: Endpoint) -> None:
    first, second = RemoteEngine(endpoint), RemoteEngine(endpoint)
    write(first, BEFORE)
    assert EX + "c" not in first.graphs()
    write(second, {EX + "c": f"<{EX}s> <{EX}p> 9 ."})

    def guard() -> None:
        assert EX + "c" in first.graphs()
        raise NotFound("this write is not wanted")

    with pytest.raises(NotFound, match="not wanted"):
        first.write({EX + "c": b""}, guard=guard)
    assert kinds(first) == set()
    assert EX + "c" in first.graphs()


def test_the_command_checks_and_fixes(endpoint: Endpoint) -> None:
    engine = RemoteEngine(endpoint)
    write(engine, BEFORE)
    options = ["--engine", endpoint.query_url, "--auth", endpoint.auth]
    variables = {"ROLEGRAPH_ENGINE_USER": endpoint.user, "ROLEGRAPH_ENGINE_PASSWORD": endpoint.password}
    runner = CliRunner(env=variables)
    fine = runner.invoke(main, ["check", *options, "--update-url", endpoint.update_url or ""])
    assert (fine.exit_code, fine.output) == (0, "no problems: the union graph agrees with the named graphs\n")
    engine._wire.update(f"INSERT DATA {{ GRAPH <{UNION}> {{ <{EX}ghost> <{EX}p> 1 }} }}")
    found = runner.invoke(main, ["check", *options, "--update-url", endpoint.update_url or ""])
    assert found.exit_code == 1
    assert f"union: {EX}p: the union has 1 triples of this property that no graph states" in found.output
    assert "--fix" in found.output
    refused = runner.invoke(main, ["check", "--fix", "--engine", endpoint.query_url])
    assert refused.exit_code == 2
    fixed = runner.invoke(main, ["check", "--fix", *options, "--update-url", endpoint.update_url or ""])
    assert fixed.exit_code == 0
    assert agree(engine)
