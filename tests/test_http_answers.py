"""Answers as the server sends them: every request gets one, large ones cost little memory, those at hand are sent at once."""

import csv
import io
import json
import random
import threading
import time
import tracemalloc
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from unittest.mock import patch

import httpx
import pytest
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from processes import deleted_files, family, memory_of
from rolegraph import formats
from rolegraph.errors import NotAcceptable
from rolegraph.facade import Rolegraph
from rolegraph.output import escape_formula
from rolegraph.web import create_app
from rolegraph.web.http import tables
from rolegraph.web.middleware.cache import RECALL, CachedResponse, LruByBytes
from rolegraph.web.middleware.compression import CODINGS
from wire import connect, head, receive

Serve = Callable[..., Any]

LARGE = "SELECT ?a ?b { { SELECT ?a { ?s ?p ?a } LIMIT 1000 } { SELECT ?b { ?t ?q ?b } LIMIT 150 } }"
MEDIA = ["*/*", "text/html", "text/*", "application/json", "x", ""]
WEIGHTS = ["nan", "NaN", "-nan", "inf", "1e400", "-1", "2", "", " ", "0x1", "٣", "1_0", "0.5.5", "1e-3", "+1"]
PATHS = ["/health", "/", "/role/ai-architect", "/nonsense", "/sparql?query=ASK{}", "/compare", "/ontology"]


@pytest.mark.parametrize("weight", WEIGHTS)
def test_no_weight_of_a_header_leaves_a_request_without_an_answer(server: str, weight: str) -> None:
    for name in ("Accept", "Accept_Encoding"):
        for path in PATHS:
            with connect(server, 8) as connection:
                connection.sendall(head("GET", path, **{name: f"*/*;q={weight}, gzip;q={weight}"}))
                reply = receive(connection)
            assert reply is not None
            assert reply.status < 500


@given(st.lists(st.tuples(st.sampled_from(MEDIA), st.text(max_size=8) | st.sampled_from(WEIGHTS))))
def test_negotiation_ends_with_a_format_or_none(ranges: list[tuple[str, str]]) -> None:
    accept = ",".join(f"{media};q={weight}" for media, weight in ranges)
    try:
        assert formats.negotiate(accept, formats.FORMATS) in formats.FORMATS
    except NotAcceptable:
        assert accept


def test_an_error_is_told_even_where_negotiation_fails(graph: Rolegraph) -> None:
    app = create_app(graph)
    with patch("rolegraph.formats.negotiate", side_effect=StopIteration):
        answer = app.test_client().get("/nonsense")
        assert (answer.status_code, answer.mimetype) == (404, "application/problem+json")
        assert app.test_client().get("/health").status_code == 500


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="the memory of a process is read from /proc")
def test_slow_readers_cost_a_bounded_piece_each_and_leave_nothing(serve: Serve, tmp_path: Path) -> None:
    service = serve(tmp_path, "--query-timeout", "60")
    serving = family(service.process.pid)[:2]
    address = f"/sparql?format=json&query={LARGE.replace(' ', '+')}"
    whole = httpx.get(service.address + address, headers={"Accept-Encoding": "identity"}, timeout=60)
    assert len(whole.content) > 15 << 20
    before, files = memory_of(serving, "VmRSS"), len(deleted_files(serving))
    with ExitStack() as stack:
        slow = []
        for _ in range(6):
            slow.append(stack.enter_context(connect(service.address, 60)))
            slow[-1].sendall(head("GET", address))
            assert slow[-1].recv(600).startswith(b"HTTP/1.1 200")
        assert memory_of(serving, "VmRSS") - before < 40 * 1024
        last, found = slow[-1], 600
        while found < len(whole.content):
            found += len(last.recv(1 << 20))
        assert last.recv(0) == b""
    until = time.monotonic() + 30
    while len(deleted_files(serving)) > files and time.monotonic() < until:
        time.sleep(0.1)
    assert len(deleted_files(serving)) <= files
    assert httpx.get(f"{service.address}/livez").status_code == 200
    assert service.stop()[0] == 0


def test_what_is_at_hand_is_looked_up_once_and_sent_as_it_was(graph: Rolegraph) -> None:
    app = create_app(graph)
    client = app.test_client()
    recall = app.extensions[RECALL]
    for coding in ("", *CODINGS):
        first = client.get("/compare.json?role=ai-architect&role=ai-programmer", headers={"Accept-Encoding": coding})
        found = recall(first.request.environ)
        assert isinstance(found, CachedResponse)
        assert (found.body, dict(found.headers)) == (first.data, dict(first.headers))
        asked = {**first.request.environ, "HTTP_IF_NONE_MATCH": first.headers["ETag"]}
        unchanged = recall(asked)
        assert (unchanged.status, unchanged.body) == ("304 NOT MODIFIED", b"")
        assert dict(unchanged.headers)["ETag"] == first.headers["ETag"]
    assert recall({**first.request.environ, "HTTP_HOST": "other.example"}) is None


@pytest.mark.parametrize(("names", "size"), [(0, 1), (3, 100), (12, 1000), (12, 20_000)])
def test_the_memory_counts_keys_headers_bodies_and_what_lies_around_them(names: int, size: int) -> None:
    memory = LruByBytes()
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    for number in range(1000):
        headers = tuple((f"Name-{number}-{other}", f"value {number} {other}") for other in range(names))
        memory.keep(f"{number:016}-{'x' * 24}", CachedResponse(headers, b"%06d" % number + b"x" * size))
    taken = tracemalloc.get_traced_memory()[0] - before
    tracemalloc.stop()
    assert taken < memory.size < 1.5 * taken


@pytest.mark.parametrize(
    "path",
    [
        *("/health", "/revisions.json", "/ontology.ttl", "/ns.ttl", "/shapes.ttl", "/context.jsonld", "/openapi.json", "/queries.json"),
        *("/role.json", "/role/ai-architect.json", "/role/ai-architect.ttl", "/role.ttl", "/livez", "/readyz", "/thing.json?iri=esco:x"),
        *("/graphs?graph=scheme:role&format=ttl", "/sources/salaries-2025-01-19.ttl", "/problem/not-found.json"),
    ],
)
def test_a_parameter_that_nobody_knows_is_refused_where_data_is_asked_for(client: FlaskClient, path: str) -> None:
    answer = client.get(path + ("&" if "?" in path else "?") + "nonsense=1")
    assert answer.status_code in (400, 404)
    if answer.status_code == 400:
        assert answer.get_json()["parameter"] == "nonsense"
    assert client.get(path.replace("/health", "/health?format=json")).status_code < 500


NUMBERED = [
    *("/role.json?limit={}", "/role.json?page={}", "/role?limit={}", "/search.json?q=python&limit={}", "/suggest?q=py&limit={}"),
    *(
        "/similar.json?role=ai-architect&count={}",
        "/paths.json?from=ai-architect&to=ai-programmer&k={}",
        "/openings.json?from=ai-architect&count={}",
    ),
    *(
        "/health?revision={}",
        "/role?revision={}",
        "/revisions?revision={}",
        "/ns?revision={}",
        "/ontology?revision={}",
        "/shapes?revision={}",
    ),
]


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@pytest.mark.parametrize("path", NUMBERED)
@given(
    text=st.sampled_from(["nan", "٣", "²", "1e3", "-1", "+1", " 1 ", "0x1", "9" * 5000, "0" * 4400 + "1", "1" * 4301, "0000000011001", ""])
    | st.text(max_size=8)
)
def test_no_text_in_the_place_of_a_number_is_a_fault_of_the_service(client: FlaskClient, path: str, text: str) -> None:
    before, _, name = path.partition("{}")[0].rpartition("&" if "&" in path else "?")
    given_ = {name.rstrip("="): text}
    query = dict(pair.split("=") for pair in before.partition("?")[2].split("&") if pair) | given_
    assert client.get(before.partition("?")[0], query_string=query).status_code < 500


@pytest.mark.parametrize("text", ["0000000011001", "1001", "0" * 12 + "5", "9" * 5000])
def test_no_number_passes_a_bound(client: FlaskClient, text: str) -> None:
    answer = client.get(f"/role.json?limit={text}")
    assert answer.status_code == 400
    assert answer.get_json()["parameter"] == "limit"
    assert len(answer.data) < 1000
    assert client.get("/role.json?limit=002").get_json()["pages"] == client.get("/role.json?limit=2").get_json()["pages"]


def test_the_model_of_an_empty_revision_is_not_found(serve: Serve, tmp_path: Path) -> None:
    service = serve(tmp_path)
    for path in ("/ns", "/ontology"):
        for accept in ("text/html", "text/turtle"):
            assert httpx.get(f"{service.address}{path}?revision=0", headers={"Accept": accept}).status_code == 404
    assert service.stop()[0] == 0


def test_a_long_query_string_is_not_looked_into_in_the_event_loop(server: str) -> None:
    """Meanwhile others are answered; what is too long for it is answered all the same, and the same again."""
    query = "ASK { FILTER('" + "x" * 60_000 + "' != '') }"
    answers = [httpx.get(f"{server}/sparql", params={"query": query}) for _ in range(2)]
    assert answers[0].content == answers[1].content
    assert answers[0].headers["ETag"] == answers[1].headers["ETag"]


def test_writes_in_between_never_leave_a_request_without_an_answer(server: str) -> None:
    """Copies come and go while many ask for them."""
    statuses: list[int] = []
    chance = random.Random(1)

    def ask() -> None:
        with httpx.Client() as http:
            statuses.extend(http.get(f"{server}/suggest", params={"q": chance.choice("abcdefgh")}).status_code for _ in range(60))

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert statuses == [200] * 480


FORMULA = '=HYPERLINK("http://evil.example","x")'


def test_tables_of_canned_queries_run_no_formulas_and_those_of_sparql_are_as_the_format_has_it() -> None:
    graph = Rolegraph.open()
    role = "https://w3id.org/rolegraph/role/ai-architect"
    label = json.dumps(FORMULA)
    tool = f"<http://x/t> a <https://w3id.org/rolegraph/ns#Tool> ; <http://www.w3.org/2004/02/skos/core#prefLabel> {label}@en ."
    graph.engine.write({"http://x/g": f"<{role}> <https://w3id.org/rolegraph/ns#tool> <http://x/t> . {tool}".encode()})
    client = create_app(graph).test_client()
    plain = list(csv.reader(client.get("/queries/role-facts.csv?role=ai-architect").text.splitlines()))
    cells = {cell for row in plain for cell in row}
    assert "'" + FORMULA in cells
    assert not [cell for cell in cells if cell.startswith(("=", "+", "@"))]
    tabbed = client.get("/queries/role-facts.tsv?role=ai-architect").text
    assert "\"'=HYPERLINK" in tabbed
    assert '"=HYPERLINK' not in tabbed
    query = "SELECT ?o { <http://x/t> <http://www.w3.org/2004/02/skos/core#prefLabel> ?o }"
    assert list(csv.reader(client.get("/sparql.csv", query_string={"query": query}).text.splitlines())) == [["o"], [FORMULA]]
    graph.close()


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.lists(st.text(max_size=12).filter(lambda text: "\r" not in text), min_size=2, max_size=2), min_size=1), st.integers(1, 9)
)
def test_a_table_is_guarded_whatever_is_in_it_and_however_it_comes(rows: list[list[str]], size: int) -> None:
    text = io.StringIO(newline="")
    csv.writer(text).writerows(rows)
    whole = text.getvalue()
    guarded = "".join(tables._csv(whole[start : start + size] for start in range(0, len(whole), size)))
    found = list(csv.reader(io.StringIO(guarded, newline="")))
    assert found == [[escape_formula(cell) for cell in row] for row in rows]


@pytest.mark.parametrize("function", ["UUID", "uuid", "%55UID", "U%75id", "StrUUID"])
def test_what_differs_each_time_is_never_remembered(client: FlaskClient, function: str) -> None:
    path = f"/sparql.json?query=SELECT+({function}()+AS+?new)+{{}}"
    first, second = client.get(path), client.get(path)
    assert (first.status_code, second.status_code) == (200, 200)
    assert first.get_data() != second.get_data()
