"""What a query or an update may reach: other addresses only where the operator allows them, graphs as the standard merges them."""

import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from rolegraph import formats
from rolegraph.engine import Engine
from rolegraph.engine.embedded import EmbeddedEngine, Settings
from rolegraph.engine.federation import FederationPolicy
from rolegraph.engine.pool import Limits, Pool
from rolegraph.engine.pooled import PooledEngine
from rolegraph.engine.revision_store import RevisionStore
from rolegraph.errors import Refused, RolegraphError, StoreUnusable
from rolegraph.values import Dataset

EX = "http://example.org/"
ANSWER = b'{"head": {"vars": ["o"]}, "results": {"bindings": [{"o": {"type": "literal", "value": "from elsewhere"}}]}}'


class Endpoint(BaseHTTPRequestHandler):
    """Answers every query with one row, and every other request with one triple; counts them."""

    called = 0

    def answer(self) -> None:
        type(self).called += 1
        found = "results" in self.headers.get("Accept", "") or self.command == "POST"
        body = ANSWER if found else f'<{EX}s> <{EX}p> "loaded" .'.encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/sparql-results+json" if found else "application/n-triples")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST = answer  # noqa: N815 - their names

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - their name
        """Say nothing."""


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Endpoint) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


def choose(holds: str) -> formats.Format:
    return formats.named("csv" if holds == "table" else "ntriples", formats.holding(holds))


def csv(engine: Engine, text: str, dataset: Dataset | None = None) -> list[str]:
    return engine.query(text, choose, dataset).body.decode().split("\r\n")[1:-1]


def reaching(*allowed: str) -> EmbeddedEngine:
    return EmbeddedEngine(Settings(reach=FederationPolicy(allowed)))


@pytest.mark.parametrize(
    "text",
    [
        "SELECT ?o { SERVICE <%s> { ?s ?p ?o } }",
        "SELECT ?o { service silent <%s> { ?s ?p ?o } }",
        "PREFIX a: <%s> SELECT ?o { SERVICE a: { ?s ?p ?o } }",
        "BASE <%s> SELECT ?o { SERVICE <> { ?s ?p ?o } }",
        "SELECT ?o { # no\n S\\u0045RVICE <%s> { ?s ?p ?o } }",
        "SELECT ?o { { SELECT ?o { OPTIONAL { SERVICE <%s> { ?s ?p ?o } } } } }",
        "ASK { FILTER EXISTS { SERVICE <%s> { ?s ?p ?o } } }",
        "ASK { BIND(<%s> AS ?e) SERVICE ?e { ?s ?p ?o } }",
        "ASK { VALUES ?e { <%s> } SERVICE ?e { ?s ?p ?o } }",
        "SELECT (EXISTS { SERVICE <%s> { ?s ?p ?o } } AS ?o) {}",
        # what stands between the two signs is no IRI
        "SELECT * { VALUES ?e { <%s> } BIND(1 AS ?a) FILTER(?a<?a+1)SERVICE?e#>\n{ ?s ?p ?o } }",
        "SELECT * { VALUES ?e { <%s> } FILTER(1<2)SERVICE?e#>\n{ ?s ?p ?o } }",
        "PREFIX a: <%s> SELECT * { FILTER(a:<a:a)SERVICE a:#>\n{ ?s ?p ?o } }",
    ],
)
def test_no_other_endpoint_is_called_whatever_the_disguise(endpoint: str, text: str) -> None:
    before = Endpoint.called
    for engine in (reaching(), reaching("http://127.0.0.1/", endpoint + "elsewhere")):
        with pytest.raises(Refused):
            engine.query(text % endpoint, choose)
    assert Endpoint.called == before


@pytest.mark.service
def test_an_endpoint_that_is_allowed_is_called_also_from_a_worker(endpoint: str, tmp_path: Path) -> None:
    text = f"SELECT ?o {{ SERVICE <{endpoint}sparql> {{ ?s ?p ?o }} }}"
    settings = Settings(reach=FederationPolicy((endpoint,)))
    assert csv(EmbeddedEngine(settings), text) == ["from elsewhere"]
    engine = PooledEngine(RevisionStore(tmp_path, settings), Pool(Limits(workers=1), network=True))
    assert csv(engine, text) == ["from elsewhere"]
    with pytest.raises(Refused, match="variable"):
        engine.query(f"ASK {{ BIND(<{endpoint}> AS ?e) SERVICE ?e {{ ?s ?p ?o }} }}", choose)
    engine.close()


@pytest.mark.parametrize("silent", ["", "SILENT"])
def test_documents_are_loaded_only_from_where_it_is_allowed(endpoint: str, silent: str) -> None:
    text = f"INSERT DATA {{ GRAPH <{EX}a> {{ <{EX}s> <{EX}p> 1 }} }} ; LOAD {silent} <{endpoint}x.nt> INTO GRAPH <{EX}g>"
    allowing = reaching(endpoint)
    allowing.update(text)
    assert allowing.graphs() == [EX + "a", EX + "g"]
    before, refusing = Endpoint.called, reaching(endpoint + "y.nt")
    if silent:
        refusing.update(text)
        assert refusing.graphs() == [EX + "a"]
    else:
        with pytest.raises(Refused, match="LOAD"):
            refusing.update(text)
        assert refusing.graphs() == []
    assert Endpoint.called == before


def test_a_graph_named_by_a_query_is_never_fetched(endpoint: str) -> None:
    before = Endpoint.called
    assert csv(reaching(endpoint), f"SELECT * FROM <{endpoint}> {{ ?s ?p ?o }}") == []
    assert csv(reaching(endpoint), "SELECT * { ?s ?p ?o }", Dataset((endpoint, endpoint + "x"))) == []
    assert Endpoint.called == before


@pytest.mark.service
def test_workers_leave_the_network_where_the_platform_lets_them(endpoint: str) -> None:
    port = endpoint.rstrip("/").rpartition(":")[2]
    connect = f"import socket; socket.create_connection(('127.0.0.1', {port}))"
    program = f"from rolegraph.engine.worker import isolate; print(isolate()); {connect}"
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    left = ended.stdout.strip() == "True"
    assert left == (ended.returncode != 0), ended.stderr
    socket.create_connection(("127.0.0.1", int(port))).close()


@pytest.mark.service
def test_a_triple_of_two_default_graphs_counts_once(tmp_path: Path) -> None:
    stored = RevisionStore(tmp_path)
    stored.write({EX + name: f"<{EX}s> <{EX}p> 1, '{name}' .".encode() for name in "abc"})
    engine = PooledEngine(stored, Pool(Limits(workers=1)))
    count = "SELECT (COUNT(*) AS ?n) %s { ?s ?p ?o }"
    both = Dataset((EX + "a", EX + "b"))
    assert csv(engine, count % "") == ["4"]
    assert csv(engine, count % f"FROM <{EX}a> FROM <{EX}b>") == ["3"]
    assert csv(engine, count % f"FROM <{EX}a>", both) == ["3"]
    assert csv(engine, count % "", both) == ["3"]
    assert csv(engine, count % "", Dataset((EX + "a",))) == ["2"]
    named = f"SELECT ?g FROM <{EX}a> FROM <{EX}b> FROM NAMED <{EX}c> {{ ?s ?p ?o GRAPH ?g {{ ?s ?p ?o }} }}"
    assert csv(engine, named) == [EX + "c"]
    assert csv(engine, "SELECT ?g { GRAPH ?g { ?s ?p 'b' } }", Dataset((), (EX + "a", EX + "b"))) == [EX + "b"]
    engine.close()


def test_an_unknown_function_is_an_error_of_its_expression_only() -> None:
    engine = reaching()
    assert csv(engine, f"SELECT (COALESCE(<{EX}f>(1), <{EX}g>(2), 'neither') AS ?x) {{}}") == ["neither"]
    engine.update(f"INSERT {{ GRAPH <{EX}g> {{ <{EX}s> <{EX}p> ?x }} }} WHERE {{ BIND(<{EX}f>(1) AS ?y) BIND(COALESCE(?y, 2) AS ?x) }}")
    assert csv(engine, "SELECT ?o { ?s ?p ?o }") == ["2"]


def test_a_store_is_not_opened_with_the_other_kind_of_default_graph(tmp_path: Path) -> None:
    engine = RevisionStore(tmp_path, Settings(union=False))
    engine.write({None: f"<{EX}s> <{EX}p> 1 .".encode()})
    assert csv(engine, "SELECT ?o { ?s ?p ?o }") == ["1"]
    engine.close()
    with pytest.raises(StoreUnusable, match="--default-graph own"):
        RevisionStore(tmp_path)
    again = RevisionStore(tmp_path, Settings(union=False))
    assert csv(again, "SELECT ?o { ?s ?p ?o }") == ["1"]
    again.close()


def test_what_fails_in_the_middle_of_a_write_is_taken_back_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    engine = RevisionStore(tmp_path)
    engine.write({EX + "g": f"<{EX}s> <{EX}p> 1 .".encode()})
    with monkeypatch.context() as patch:
        patch.setattr("rolegraph.engine.writing.update_union", lambda *_: (_ for _ in ()).throw(OSError("no space left on device")))
        with pytest.raises(RolegraphError, match="nothing was written"):
            engine.write({EX + "g": f"<{EX}s> <{EX}p> 2 .".encode()})
    assert csv(engine, "SELECT ?o { ?s ?p ?o }") == ["1"]
    engine.write({EX + "h": f"<{EX}s> <{EX}p> 3 .".encode()})
    assert sorted(csv(engine, "SELECT ?o { ?s ?p ?o }")) == ["1", "3"]
    assert engine.revision == 2
