"""The server as a user starts it: its address, its limits, what it says where it cannot start, how it stops."""

import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

pytestmark = pytest.mark.service

Serve = Callable[..., Any]


def start(*options: str) -> subprocess.CompletedProcess[str]:
    """Start the service where it cannot run, and return how it ends."""
    command = [sys.executable, "-m", "rolegraph", "serve", *options]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


def test_a_port_in_use_is_said_plainly(server: str, tmp_path: Path) -> None:
    ended = start("--store", str(tmp_path), "--port", server.rpartition(":")[2])
    assert ended.returncode == 2
    assert "is in use" in ended.stderr
    assert "--port" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_a_store_in_use_is_said_plainly_and_once(serve: Serve, free_port: Callable[[], int], tmp_path: Path) -> None:
    service = serve(tmp_path)
    ended = start("--store", str(tmp_path), "--port", str(free_port()))
    assert service.stop()[0] == 0
    assert ended.returncode == 2
    assert ended.stderr.count("in use") == 1
    assert "--store" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_an_address_that_is_not_of_this_machine_is_said_plainly(tmp_path: Path, free_port: Callable[[], int]) -> None:
    ended = start("--store", str(tmp_path), "--host", "192.0.2.1", "--port", str(free_port()))
    assert ended.returncode == 2
    assert "cannot listen on 192.0.2.1" in ended.stderr


def test_a_name_is_looked_up_and_the_address_printed_when_it_answers(serve: Serve, tmp_path: Path) -> None:
    service = serve(tmp_path, "--host", "localhost")
    assert httpx.get(f"{service.address}/sparql?query=ASK{{}}").status_code == 200
    code, output, errors = service.stop()
    assert code == 0
    assert f"http://localhost:{service.address.rpartition(':')[2]}/" in output
    assert errors == ""


def test_long_addresses_are_read(server: str) -> None:
    query = "ASK { FILTER('" + "x" * 64_000 + "' != '') }"
    answer = httpx.get(f"{server}/sparql", params={"query": query})
    assert answer.status_code == 200
    assert answer.json()["boolean"] is True


def test_a_body_in_chunks_is_read_and_limited(server: str) -> None:
    def chunks(size: int) -> Iterator[bytes]:
        for _ in range(size // 1000):
            yield b"#" * 999 + b"\n"
        yield b"nonsense"

    headers = {"Content-Type": "text/turtle"}
    assert httpx.post(f"{server}/validate", content=chunks(10_000), headers=headers).status_code == 400
    assert httpx.post(f"{server}/validate", content=chunks(1_200_000), headers=headers).status_code == 413


def test_head_sends_no_body(server: str) -> None:
    with socket.create_connection((server.rpartition("/")[2].partition(":")[0], int(server.rpartition(":")[2]))) as connection:
        connection.sendall(b"HEAD /nonsense HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        answer = b""
        while piece := connection.recv(65536):
            answer += piece
    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 404")
    assert body == b""


def test_many_clients_get_the_same_answer_at_once(server: str) -> None:
    address = f"{server}/compare.json?role=ai-architect&role=deep-learning-engineer"
    answers: list[bytes] = []
    clients = [threading.Thread(target=lambda: answers.append(httpx.get(address).content)) for _ in range(24)]
    for client in clients:
        client.start()
    for client in clients:
        client.join()
    assert len(answers) == 24
    assert len(set(answers)) == 1


def test_requests_in_flight_are_finished_at_the_end(serve: Serve, tmp_path: Path) -> None:
    service = serve(tmp_path, "--query-timeout", "2")
    endless = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }"
    answers: list[httpx.Response] = []
    client = threading.Thread(target=lambda: answers.append(httpx.get(f"{service.address}/sparql", params={"query": endless}, timeout=20)))
    client.start()
    time.sleep(0.7)
    assert service.stop()[0] == 0
    client.join()
    assert answers[0].status_code == 503
    assert answers[0].headers["Retry-After"]
    assert answers[0].json()["type"].endswith("time-limit-reached")


def test_a_query_over_its_limit_is_told_in_the_form_that_was_asked_for(serve: Serve, tmp_path: Path) -> None:
    service = serve(tmp_path, "--query-timeout", "0.5")
    endless = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }"
    for accept, media in (("*/*", "application/problem+json"), ("text/html", "text/html; charset=utf-8")):
        answer = httpx.get(f"{service.address}/sparql", params={"query": endless}, headers={"Accept": accept}, timeout=20)
        assert answer.status_code == 503
        assert answer.headers["Content-Type"] == media
        assert "was stopped" in answer.text
    assert httpx.get(f"{service.address}/sparql", params={"query": "ASK {}"}).status_code == 200
    assert service.stop()[0] == 0
