"""A client that goes away: the application learns of it while it still works on the answer, and only of that client."""

import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import httpx
import pytest

from processes import deleted_files, family, memory_of
from rolegraph.engine import never_cancelled
from rolegraph.web import create_app
from rolegraph.web.http import connection
from rolegraph.web.server.large_answers import OPENED

pytestmark = pytest.mark.service

SERVER = '''
"""Answers /1.5 once its client has gone or 1.5 seconds are over, and prints which; standard error has what it begins. /file has 200 MiB."""
import sys, tempfile, time
from granian import Granian
from granian.constants import Interfaces
from flask import Flask, request
from rolegraph import slots
from rolegraph.formats import holding, named
from rolegraph.values import Answer
from rolegraph.web.http import connection, negotiation
from rolegraph.web.server.rsgi import RsgiApplication
from rolegraph.web.middleware.compression import Compression

CSV = named("csv", holding("table"))

def load():
    app = Flask("slow")
    app.wsgi_app = Compression(app.wsgi_app)

    @app.route("/<name>", methods=["GET", "POST"])
    def slow(name):
        if "elsewhere" in request.args:
            slots.free()
        is_cancelled, start = connection.is_cancelled(), time.monotonic()
        print(f"{name} begins\\n", end="", file=sys.stderr, flush=True)  # in one piece, since many threads print
        while not is_cancelled() and time.monotonic() - start < float(name):
            time.sleep(0.02)
        print(f"{name} {'gone' if is_cancelled() else 'there'}\\n", end="", flush=True)
        return "done"

    usual = app.wsgi_app

    def broken(environ, start_response):
        if environ["PATH_INFO"] == "/stop":
            raise {"GET": StopIteration, "POST": KeyboardInterrupt, "PUT": RuntimeError("a secret")}[environ["REQUEST_METHOD"]]
        return usual(environ, start_response)

    app.wsgi_app = broken

    @app.get("/file")
    def file():
        content = tempfile.TemporaryFile()
        content.truncate(200 << 20)
        return negotiation.respond(Answer(CSV, content), CSV)

    print("ready", flush=True)
    return RsgiApplication(app, 8, lambda _: None)

if __name__ == "__main__":
    Granian("x", port=int(sys.argv[1]), interface=Interfaces.RSGI, log_enabled=False).serve(target_loader=load, wrap_loader=False)
'''


class Slow:
    """A server of slow answers, in a process of its own."""

    def __init__(self, process: "subprocess.Popen[str]", port: int) -> None:
        self.process = process
        self.port = port

    def report(self) -> tuple[str, str]:
        """Return what it says next of a request: its path, and whether its client was gone or there in the end."""
        assert self.process.stdout
        path, _, word = self.process.stdout.readline().strip().partition(" ")
        return path, word

    def wait_for_start(self, path: str) -> None:
        """Wait until it works on the answer to a request."""
        assert self.process.stderr
        assert any(line == f"{path} begins\n" for line in iter(self.process.stderr.readline, ""))

    def ask(self, path: str, method: str = "GET", body: bytes = b"", source: str = "127.0.0.1") -> socket.socket:
        """Send a request from an address of this machine and return its connection, which gives up after ten seconds."""
        connection = socket.create_connection(("127.0.0.1", self.port), 10, (source, 0))
        connection.sendall(f"{method} {path} HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body)
        return connection


@pytest.fixture(scope="module")
def slow(free_port: Callable[[], int], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Slow]:
    script = tmp_path_factory.mktemp("slow") / "slow.py"
    script.write_text(SERVER, "utf-8")
    port = free_port()
    command = [sys.executable, str(script), str(port)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout
        assert process.stdout.readline() == "ready\n"
        for _ in range(100):
            try:
                httpx.get(f"http://127.0.0.1:{port}/nonsense/of/it")
                break
            except httpx.TransportError:
                time.sleep(0.05)
        yield Slow(process, port)
        process.send_signal(signal.SIGTERM)
        process.wait(20)


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_client_that_goes_away_is_noticed_long_before_its_answer_and_no_other(slow: Slow, method: str) -> None:
    with closing(slow.ask("/1.5")) as stays:
        slow.wait_for_start("1.5")
        goes = slow.ask("/60", method, b"x" * 100 if method == "POST" else b"")
        slow.wait_for_start("60")
        goes.close()
        assert dict([slow.report(), slow.report()]) == {"60": "gone", "1.5": "there"}
        assert stays.recv(100).startswith(b"HTTP/1.1 200")


def test_a_client_that_asks_more_on_its_connection_has_not_gone(slow: Slow) -> None:
    with closing(slow.ask("/0.5")) as connection:
        connection.sendall(b"GET /0.4 HTTP/1.1\r\nHost: x\r\n\r\n")
        assert [slow.report(), slow.report()] == [("0.5", "there"), ("0.4", "there")]
        connection.sendall(b"GET /60 HTTP/1.1\r\nHost: x\r\n\r\n")
        slow.wait_for_start("60")
    assert slow.report() == ("60", "gone")


def test_a_crowd_from_one_address_leaves_threads_for_others(slow: Slow) -> None:
    crowd = [slow.ask("/30") for _ in range(12)]  # of eight threads
    with closing(slow.ask("/0", source="127.0.0.2")) as other:
        assert other.recv(100).startswith(b"HTTP/1.1 200")
    for client in crowd:
        client.close()
    assert slow.report() == ("0", "there")
    assert {slow.report() for _ in crowd} == {("30", "gone")}


def test_work_that_goes_on_elsewhere_does_not_count_for_its_address(slow: Slow) -> None:
    crowd = [slow.ask("/30?elsewhere") for _ in range(5)]
    with closing(slow.ask("/0")) as following:
        assert following.recv(100).startswith(b"HTTP/1.1 200")
    for client in crowd:
        client.close()
    assert slow.report() == ("0", "there")
    assert {slow.report() for _ in crowd} == {("30", "gone")}


def test_where_the_server_cannot_know_the_client_is_taken_to_wait(graph: object) -> None:
    with create_app(graph).test_request_context("/"):  # type: ignore[arg-type]
        assert connection.is_cancelled() is never_cancelled


@pytest.mark.parametrize("method", ["GET", "POST", "PUT"])
def test_whatever_an_application_raises_its_client_gets_an_answer(slow: Slow, method: str) -> None:
    answer = httpx.request(method, f"http://127.0.0.1:{slow.port}/stop", timeout=10)
    assert (answer.status_code, answer.headers["Content-Type"]) == (500, "application/problem+json")
    assert answer.json()["status"] == 500
    assert "secret" not in answer.text
    assert answer.headers["Access-Control-Allow-Origin"] == "*"


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="the memory of a process is read from /proc")
@pytest.mark.parametrize("coding", ["identity", "zstd"])
def test_a_large_answer_is_sent_in_constant_memory(slow: Slow, coding: str) -> None:
    serving = family(slow.process.pid)
    before, open_before, size = memory_of(serving), deleted_files(serving), 0
    with httpx.stream("GET", f"http://127.0.0.1:{slow.port}/file", headers={"Accept-Encoding": coding}, timeout=20) as answer:
        if coding == "identity":
            assert answer.headers["Content-Length"] == str(200 << 20)
        for piece in answer.iter_bytes() if coding == "identity" else answer.iter_raw():
            size += len(piece)
    assert size == 200 << 20 if coding == "identity" else 0 < size < 1 << 20
    assert memory_of(serving) - before < 60 * 1024
    with httpx.stream("GET", f"http://127.0.0.1:{slow.port}/file", headers={"Accept-Encoding": coding}, timeout=20) as answer:
        next(answer.iter_raw())
    until = time.monotonic() + 4 * OPENED
    while deleted_files(serving) != open_before and time.monotonic() < until:
        time.sleep(0.05)
    assert deleted_files(serving) == open_before
