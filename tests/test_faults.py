"""Faults that happen to a service in use: killed at any moment, left by its clients."""

import os
import random
import signal
import socket
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest

from processes import processor_time, wait_until
from rolegraph.engine.revision_store import RevisionStore
from services import CSV, ENDLESS, EX, MIB, MILLION, NOT_UNION, ask, figure, kill, memory, put, together, triples, workers, writer
from wire import connect, head, receive

pytestmark = [
    pytest.mark.service,
    pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="processes and their memory are read from /proc"),
]

Serve = Callable[..., Any]


def test_kill_9_of_the_whole_service_loses_no_acknowledged_write(start: Serve, tmp_path: Path) -> None:
    chance = random.Random(4)
    acknowledged = dict.fromkeys("abcd", 0)
    headers = writer(tmp_path)
    service = start(tmp_path, "--empty", "--query-workers", "1")

    def write(graph: str) -> None:
        while put(service, headers, graph, acknowledged[graph] + 1).status_code in (201, 204):
            acknowledged[graph] += 1

    def write_until_killed(graph: str) -> None:
        with pytest.raises(httpx.TransportError):
            write(graph)

    for _ in range(6):
        before = sum(acknowledged.values())
        threads = together(*(partial(write_until_killed, graph) for graph in acknowledged))
        wait_until(lambda: sum(acknowledged.values()) > before)  # noqa: B023 - called at once
        time.sleep(chance.uniform(0, 0.9))
        kill(service)
        for thread in threads:
            thread.join()
        service = start(tmp_path, "--empty", "--query-workers", "1")
        for graph, number in acknowledged.items():
            found = figure(service, f"SELECT (COUNT(*) AS ?n) {{ GRAPH <{EX}{graph}> {{ ?s ?p ?o }} }}")
            assert found in (number, number + 1)  # the one that was under way may have been published
            acknowledged[graph] = found
        assert figure(service, "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }") == max(acknowledged.values())
        assert figure(service, NOT_UNION) == 0
    assert service.stop()[0] == 0


def test_a_worker_that_is_killed_under_load_costs_at_most_the_query_that_it_ran(start: Serve, tmp_path: Path) -> None:
    service = start(tmp_path, "--query-workers", "2", "--query-share", "2")
    some = "SELECT * { ?s ?p ?o } LIMIT 200"
    statuses: list[int] = []
    done = threading.Event()

    def load(name: str) -> None:
        number = 0
        while not done.is_set():
            number += 1
            query = f"SELECT (COUNT(*) AS ?{name}{number}) {{ {{ {some} }} {{ {some.replace('?', '?x')} }} }}"
            statuses.append(ask(service, query).status_code)

    threads = together(*(partial(load, name) for name in "abcd"))
    for kills in range(5):
        enough = statuses.count(200) + 10
        wait_until(lambda: statuses.count(200) >= enough)  # noqa: B023 - called at once
        os.kill(random.Random(kills).choice(workers(service)), signal.SIGKILL)
    done.set()
    for thread in threads:
        thread.join()
    assert set(statuses) <= {200, 503}
    assert statuses.count(503) <= 5
    assert [figure(service, f"SELECT ({number} AS ?n) {{}}") for number in range(6)] == list(range(6))
    assert len(workers(service)) in (1, 2)  # one that died idle is replaced when it is needed
    code, _, errors = service.stop()
    assert code == 0
    assert all("the process that worked on the query was ended" in line for line in errors.splitlines())


def test_at_the_end_a_long_answer_and_a_write_are_finished(start: Serve, tmp_path: Path) -> None:
    authorization, body = writer(tmp_path)["Authorization"], triples(40_000).encode()
    service = start(tmp_path, "--query-timeout", "60")
    sized = {"Content_Type": "text/turtle", "Content_Length": str(len(body)), "Expect": "100-continue"}
    with (
        connect(service.address, 60) as connection,
        httpx.stream("GET", f"{service.address}/sparql", params={"query": MILLION}, headers=CSV, timeout=60) as answer,
    ):
        assert answer.status_code == 200
        pieces = answer.iter_raw()
        lines = next(pieces).count(b"\n")
        connection.sendall(head("PUT", f"/graphs?graph={EX}large", Authorization=authorization, **sized))
        assert connection.recv(100).startswith(b"HTTP/1.1 100")  # the service has it in hand
        service.process.terminate()
        connection.sendall(body)
        lines += sum(piece.count(b"\n") for piece in pieces)
        reply = receive(connection)
    assert lines == 1_000_001
    assert reply is not None
    assert reply.status == 201
    assert service.stop()[0] == 0
    engine = RevisionStore(tmp_path)
    assert engine.rows(f"SELECT (COUNT(*) AS ?n) {{ GRAPH <{EX}large> {{ ?s ?p ?o }} }}")[0]["n"].value == "40000"
    engine.close()


def test_a_million_rows_for_a_slow_client_take_little_memory(start: Serve, tmp_path: Path) -> None:
    service = start(tmp_path, "--query-timeout", "60")
    figure(service, "SELECT (1 AS ?n) {}")
    before, lines, size = memory(service, "VmRSS"), 0, 0
    with httpx.stream("GET", f"{service.address}/sparql", params={"query": MILLION}, headers=CSV, timeout=60) as answer:
        assert answer.status_code == 200
        for number, piece in enumerate(answer.iter_raw()):
            lines, size = lines + piece.count(b"\n"), size + len(piece)
            if number % 50 == 0:
                time.sleep(0.02)
    grown = memory(service, "VmHWM") - before  # the highest of each, whenever that was
    assert lines == 1_000_001
    assert size == int(answer.headers["Content-Length"]) > 20 * MIB
    assert grown < 200
    assert service.stop()[0] == 0


def test_clients_that_leave_free_their_workers(start: Serve, tmp_path: Path) -> None:
    service = start(tmp_path, "--query-workers", "2", "--query-share", "2", "--query-timeout", "300", "--processes", "1")
    host, _, port = service.address.removeprefix("http://").partition(":")
    request = f"POST /sparql HTTP/1.1\r\nHost: x\r\nContent-Type: application/sparql-query\r\nContent-Length: {len(ENDLESS)}\r\n\r\n"
    with ExitStack() as connections:
        for _ in range(2):
            connection = connections.enter_context(socket.create_connection((host, int(port))))
            connection.sendall((request + ENDLESS).encode())
        wait_until(lambda: len([pid for pid in workers(service) if processor_time(pid) > 1]) == 2, 200)  # starting takes less
    assert figure(service, "SELECT (1 AS ?n) {}") == 1  # within 60 of the 300 seconds
    assert service.stop()[0] == 0
