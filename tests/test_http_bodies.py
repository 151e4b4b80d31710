"""Bodies of requests on the wire: only a whole one is worked with, none is too slow or too large, and none delays others."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from rolegraph.tokens import Tokens
from wire import Reply, chunked, connect, head, receive, send

EX = "http://example.org/"
SOURCE = "https://w3id.org/rolegraph/source/our-hr"
FACT = "<https://w3id.org/rolegraph/role/ai-architect> rg:tool <https://w3id.org/rolegraph/tool/{}> .\n"
ENTRY = (
    "@prefix dct: <http://purl.org/dc/terms/> . @prefix rg: <https://w3id.org/rolegraph/ns#> .\n"
    f'<{SOURCE}> a rg:Source ; dct:title "Roles of our company"@en .\n' + "".join(FACT.format(tool) for tool in ("python", "git"))
).encode()
TRIPLES = "".join(f"<{EX}s> <{EX}p> <{EX}{number}> .\n" for number in range(40)).encode()
UPDATE = "".join(f"CLEAR SILENT GRAPH <{EX}{number}> ;\n" for number in range(20)).encode() + f"CLEAR GRAPH <{EX}kept>".encode()
FORM = b"update=CLEAR+GRAPH+%3Chttp%3A%2F%2Fexample.org%2Fkept%3E" + b"&x=" * 30
ROUTES = [
    ("PUT", "/sources/our-hr", "text/turtle", ENTRY),
    ("POST", "/sources/our-hr", "text/turtle", ENTRY),
    ("PUT", f"/graphs?graph={EX}kept", "text/turtle", TRIPLES),
    ("POST", f"/graphs?graph={EX}kept", "text/turtle", TRIPLES),
    ("PUT", "/graphs/kept", "text/turtle", TRIPLES),
    ("POST", "/graphs", "text/turtle", TRIPLES),
    ("DELETE", f"/graphs?graph={EX}kept", "text/turtle", TRIPLES),
    ("DELETE", "/sources/our-hr", "text/turtle", ENTRY),
    ("POST", "/update", "application/sparql-update", UPDATE),
    ("POST", "/update", "application/x-www-form-urlencoded", FORM),
    ("POST", "/sparql", "application/sparql-query", b"ASK { ?s ?p ?o }\n" + b"# a comment\n" * 10),
    ("POST", "/validate", "text/turtle", ENTRY),
    ("POST", "/gap", "text/plain", b"Python\nGit\n" * 20),
]


@dataclass(frozen=True)
class WriteLog:
    """A service with something to lose, and who may write it."""

    service: Any
    token: str

    @property
    def address(self) -> str:
        """Where it is."""
        return str(self.service.address)

    def state(self) -> tuple[object, bytes]:
        """Return its newest revision, and all that it holds."""
        revisions = httpx.get(f"{self.address}/revisions?format=json").json()
        return revisions["newest"], httpx.get(f"{self.address}/sparql?format=nt&query=CONSTRUCT WHERE {{ ?s ?p ?o }}").content

    def head(self, method: str, path: str, media: str, **headers: str) -> bytes:
        """Return the head of a request that may write."""
        return head(method, path, Authorization=f"Bearer {self.token}", Content_Type=media, **headers)


@pytest.fixture(scope="module")
def written(serve: Callable[..., Any], tmp_path_factory: pytest.TempPathFactory) -> Iterator[WriteLog]:
    store = tmp_path_factory.mktemp("bodies")
    service = serve(store, "--threads", "4")
    found = WriteLog(service, Tokens(store / "tokens.sqlite").create("admin").text)
    for method, path, media, body in (
        ("PUT", f"/graphs?graph={EX}kept", "text/turtle", TRIPLES),
        ("PUT", "/sources/our-hr", "text/turtle", ENTRY),
    ):
        reply = send(found.address, found.head(method, path, media, Content_Length=str(len(body))) + body)
        assert reply is not None
        assert reply.status == 201, reply
    yield found
    code, _, errors = service.stop()
    assert (code, errors) == (0, "")


@pytest.mark.parametrize("framing", ["length", "chunks"])
@pytest.mark.parametrize("route", ROUTES, ids=lambda route: f"{route[0]} {route[1].partition('?')[0]}")
def test_an_upload_that_breaks_off_anywhere_changes_nothing(written: WriteLog, route: tuple[str, str, str, bytes], framing: str) -> None:
    method, path, media, body = route
    before = written.state()
    framed = chunked(body) if framing == "chunks" else body
    length = {"Transfer_Encoding": "chunked"} if framing == "chunks" else {"Content_Length": str(len(body))}
    for tenth in range(10):
        cut = framed[: len(framed) * tenth // 10]
        reply = send(written.address, written.head(method, path, media, **length) + cut, end=True)
        assert isinstance(reply, Reply), tenth
        assert (reply.status, reply.type) == (400, "incomplete-body"), reply
        assert reply.headers["access-control-allow-origin"] == "*"
    if framing == "chunks":
        for wrong, end in (
            (framed[:-5], True),
            (framed[:-2], True),
            (framed[:-5] + b"ZZZ\r\n", False),
            (b"FFFFFFFFFFFFFFFFF\r\n", False),
            (framed[:-2] + b"X: y\r\n\r\n", False),
        ):
            reply = send(written.address, written.head(method, path, media, **length) + wrong, end=end)
            assert reply is not None, wrong
            assert (reply.status, reply.type) == (400, "incomplete-body"), wrong
    assert written.state() == before


def test_a_whole_body_in_either_framing_says_the_same(written: WriteLog) -> None:
    for framed, length in ((ENTRY, {"Content_Length": str(len(ENTRY))}), (chunked(ENTRY), {"Transfer_Encoding": "chunked"})):
        reply = send(written.address, written.head("POST", "/validate", "text/turtle", **length) + framed)
        assert reply is not None
        assert reply.status == 200
        assert b'"conforms"' in reply.body


def test_bodies_that_come_slowly_delay_nobody_and_have_an_end(written: WriteLog) -> None:
    with ExitStack() as stack:
        slow = [stack.enter_context(connect(written.address, 60)) for _ in range(12)]  # the service has four threads
        started = time.monotonic()
        for number, connection in enumerate(slow):
            length = {"Content_Length": "1000"} if number % 2 else {"Transfer_Encoding": "chunked"}
            connection.sendall(written.head("POST", ("/validate", "/gap", f"/graphs?graph={EX}kept")[number % 3], "text/turtle", **length))
            connection.sendall(b"<" if number % 2 else b"1\r\n<\r\n")
        for number in range(5):
            query = httpx.get(f"{written.address}/sparql", params={"query": f"SELECT ({number} AS ?n) {{}}", "format": "csv"}, timeout=5)
            assert query.text.split() == ["n", str(number)]
        replies = [receive(connection) for connection in slow]
        assert {reply and (reply.status, reply.type) for reply in replies} == {(408, "body-too-slow")}
        assert time.monotonic() - started > 9


@pytest.mark.parametrize("size", [2_000_000, 200_000_000])
@pytest.mark.parametrize("path", ["/validate", "/sources/our-hr", "/update"])
def test_a_client_that_sends_first_and_reads_later_sees_that_its_body_is_too_large(written: WriteLog, path: str, size: int) -> None:
    with connect(written.address, 60) as connection:
        media = "application/sparql-update" if path == "/update" else "text/turtle"
        connection.sendall(written.head("PUT" if "sources" in path else "POST", path, media, Content_Length=str(size)))
        block = b" " * 1_000_000
        for _ in range(size // len(block)):
            connection.sendall(block)
        reply = receive(connection)
    assert reply is not None
    assert (reply.status, reply.type) == (413, "too-large")


def test_a_client_that_asks_first_need_not_send_what_is_too_large(written: WriteLog) -> None:
    request = written.head("POST", "/validate", "text/turtle", Content_Length="200000000", Expect="100-continue")
    reply = send(written.address, request)
    assert reply is not None
    assert (reply.status, reply.type) == (413, "too-large")
    with connect(written.address) as connection:
        connection.sendall(written.head("POST", "/validate", "text/turtle", Content_Length=str(len(ENTRY)), Expect="100-continue"))
        assert connection.recv(100).startswith(b"HTTP/1.1 100")
        connection.sendall(ENTRY)
        reply = receive(connection)
    assert reply is not None
    assert reply.status == 200


def test_only_who_may_write_the_store_may_send_much(written: WriteLog, tmp_path: Path) -> None:
    body = b"# a comment\n" * 200_000 + TRIPLES
    for authorization, status in ((f"Bearer {written.token}", 204), ("Bearer rg_nonsense", 401), ("", 401)):
        sent = {"Authorization": authorization} if authorization else {}
        for length, framed in (({"Content_Length": str(len(body))}, body), ({"Transfer_Encoding": "chunked"}, chunked(body, 60_000))):
            reply = send(written.address, head("PUT", f"/graphs?graph={EX}kept", Content_Type="text/turtle", **sent, **length) + framed)
            assert reply is not None
            assert reply.status == status, reply
    reply = send(
        written.address, written.head("PUT", f"/graphs?graph={EX}kept", "text/turtle", Content_Length=str(65 << 20)) + b" " * (65 << 20)
    )
    assert reply is not None
    assert (reply.status, reply.type) == (413, "too-large")


def test_many_large_bodies_wait_for_their_turn(written: WriteLog) -> None:
    body, statuses = b"# a comment\n" * 150_000 + TRIPLES, []

    def put(number: int) -> None:
        reply = send(
            written.address, written.head("PUT", f"/graphs?graph={EX}many{number}", "text/turtle", Content_Length=str(len(body))) + body
        )
        statuses.append(reply and reply.status)

    threads = [threading.Thread(target=put, args=(number,)) for number in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert statuses == [201] * 12


@pytest.mark.parametrize("coding", ["gzip", "br", "nonsense"])
def test_a_body_in_a_coding_is_not_read(written: WriteLog, coding: str) -> None:
    for path in ("/validate", "/gap", "/sparql", "/update"):
        reply = send(
            written.address, written.head("POST", path, "text/turtle", Content_Length="4", Content_Encoding=coding) + b"\x1f\x8b\x08\x00"
        )
        assert reply is not None
        assert (reply.status, reply.type) == (415, "unsupported-format")
        assert coding in reply.problem["detail"]


@pytest.mark.parametrize("media", ["text/turtle", "application/ld+json", "application/rdf+xml", "application/n-triples"])
def test_a_body_in_another_charset_is_not_read(written: WriteLog, media: str) -> None:
    for path, method in (("/validate", "POST"), ("/sources/our-hr", "PUT"), (f"/graphs?graph={EX}kept", "PUT")):
        reply = send(written.address, written.head(method, path, f"{media}; charset=iso-8859-1", Content_Length="2") + b"{}")
        assert reply is not None
        assert (reply.status, reply.type) == (415, "unsupported-format")
        assert "iso-8859-1" in reply.problem["detail"]


@pytest.mark.parametrize("host", ["evil.example/x", "a b", "x:y", "x:123456", "<script>", 'x"', "x,y", "[::1", "ä.example", "x\tz", "u@x"])
def test_a_host_that_is_none_is_refused(written: WriteLog, host: str) -> None:
    for request in (head("GET", "/sparql.ttl", Host=host), head("GET", "/health", Host=host)):
        reply = send(written.address, request)
        assert reply is not None
        assert reply.status == 400, reply
        assert host.encode() not in reply.body


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1:8080", "[::1]:80", "my_host.example", "Example.ORG:443"])
def test_a_host_that_is_one_is_taken(written: WriteLog, host: str) -> None:
    reply = send(written.address, head("GET", "/sparql.ttl", Host=host))
    assert reply is not None
    assert reply.status == 200


def test_a_header_with_underscores_stands_for_no_other(written: WriteLog) -> None:
    request = written.head("PUT", f"/graphs?graph={EX}kept", "text/turtle", Content_Length=str(len(TRIPLES)))
    request = request.replace(b"\r\n\r\n", b"\r\nContent_Length: 5\r\n\r\n")
    reply = send(written.address, request + TRIPLES)
    assert reply is not None
    assert reply.status == 204


def test_a_request_that_never_ends_its_head_is_closed(written: WriteLog) -> None:
    with connect(written.address) as connection:
        connection.sendall(b"GET /health HTTP/1.1\r\n")
        connection.shutdown(socket.SHUT_WR)
        assert connection.recv(100) == b""
