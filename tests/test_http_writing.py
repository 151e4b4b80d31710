"""Writing over HTTP: tokens, SPARQL updates, the Graph Store Protocol. Each write is whole or not there, and seen at once."""

import threading
from collections.abc import Iterator
from io import BytesIO

import pytest
from flask.testing import FlaskClient
from hypothesis import given, settings
from hypothesis import strategies as st
from rdflib import Graph
from rdflib.compare import isomorphic
from werkzeug.test import TestResponse

from rolegraph.engine.embedded import EmbeddedEngine, Settings
from rolegraph.engine.pool import Limits
from rolegraph.facade import Rolegraph
from rolegraph.formats import holding, named
from rolegraph.web import create_app

pytestmark = pytest.mark.service

EX = "http://example.org/"
TURTLE = f"<{EX}s> <{EX}p> 1, 'zwei'@de ."
UPDATES = [
    *(f"INSERT DATA {{ GRAPH <{EX}{graph}> {{ <{EX}s> <{EX}p> {number} }} }}" for graph in "abc" for number in range(3)),
    *(f"DELETE DATA {{ GRAPH <{EX}{graph}> {{ <{EX}s> <{EX}p> {number} }} }}" for graph in "abc" for number in range(3)),
    *(f"WITH <{EX}{graph}> DELETE {{ ?s ?p ?o }} INSERT {{ ?s ?p ?n }} WHERE {{ ?s ?p ?o BIND(?o + 1 AS ?n) }}" for graph in "ab"),
    f"INSERT {{ GRAPH <{EX}c> {{ ?s ?p ?o }} }} WHERE {{ ?s ?p ?o }}",
    f"INSERT {{ GRAPH ?g {{ ?s <{EX}q> [] }} }} WHERE {{ GRAPH ?g {{ ?s <{EX}p> 1 }} }}",
    "DELETE WHERE { GRAPH ?g { ?s ?p 2 } }",
    f"DELETE {{ GRAPH <{EX}a> {{ ?s ?p ?o }} }} INSERT {{ GRAPH <{EX}b> {{ ?s ?p ?o }} }} WHERE {{ GRAPH <{EX}a> {{ ?s ?p ?o }} }}",
    f"COPY <{EX}a> TO <{EX}b>",
    f"MOVE SILENT <{EX}b> TO <{EX}c>",
    f"ADD SILENT <{EX}c> TO <{EX}a>",
    f"CLEAR SILENT GRAPH <{EX}a>",
    f"DROP SILENT GRAPH <{EX}c>",
    "CLEAR NAMED",
    "DROP ALL",
]
COUNTED = 15  # times, by each of eight threads
_NQUADS = named("nquads", holding("dataset"))


@pytest.fixture(scope="module", params=["union", "own"])
def store(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rolegraph]:
    """A graph that is written to, with a process that answers queries, and with the default graph that the parameter names."""
    graph = Rolegraph.open(tmp_path_factory.mktemp("store"), Limits(workers=1), Settings(union=request.param == "union"), shipped=False)
    yield graph
    graph.close()


@pytest.fixture
def written(store: Rolegraph) -> Rolegraph:
    """That graph, without data."""
    store.update("DROP ALL")
    assert store.engine.graphs() == []
    return store


@pytest.fixture
def writer(written: Rolegraph) -> FlaskClient:
    """A client that may do everything."""
    return allowed(written, "admin")


def allowed(graph: Rolegraph, scope: str) -> FlaskClient:
    assert graph.tokens
    client = create_app(graph).test_client()
    client.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {graph.tokens.create(scope).text}"
    return client


def triples(client: FlaskClient, graph: str | None) -> Graph:
    answer = client.get("/graphs", query_string={"graph": graph} if graph else "default", headers={"Accept": "text/turtle"})
    assert answer.status_code == 200
    return Graph().parse(data=answer.data, format="turtle")


def put(client: FlaskClient, graph: str, body: str = TURTLE) -> TestResponse:
    return client.put("/graphs", query_string={"graph": graph}, data=body, content_type="text/turtle")


# ---------------------------------------------------------------- tokens


@pytest.mark.parametrize(
    ("method", "path"),
    [("POST", "/update"), *((method, path) for method in ("PUT", "POST", "DELETE") for path in ("/graphs?graph=http://x", "/graphs/x"))],
)
def test_nothing_is_written_without_a_token_that_counts(written: Rolegraph, method: str, path: str) -> None:
    assert written.tokens
    before, client = written.engine.revision, create_app(written).test_client()
    revoked = written.tokens.create("admin")
    written.tokens.revoke(revoked.token.id)
    for header in ({}, {"Authorization": "Bearer nonsense"}, {"Authorization": "Basic eDp5"}, {"Authorization": f"Bearer {revoked.text}"}):
        answer = client.open(path, method=method, data="DROP ALL", headers=header)
        assert (answer.status_code, answer.headers["WWW-Authenticate"]) == (401, 'Bearer realm="rolegraph"')
    answer = allowed(written, "write:some-source").open(path, method=method, data="DROP ALL")
    assert answer.status_code == 403
    assert "admin" in answer.get_json()["expected"]
    assert written.engine.revision == before


def test_a_graph_in_memory_is_not_written(client: FlaskClient) -> None:
    assert client.delete("/graphs?default").status_code == 403


# ---------------------------------------------------------------- graph store


def test_a_graph_is_made_read_added_to_replaced_and_removed(writer: FlaskClient, written: Rolegraph) -> None:
    assert written.engine.revision is not None
    following = written.engine.revision + 1
    made = put(writer, EX + "g")
    assert (made.status_code, made.headers["Rolegraph-Revision"]) == (201, str(following))
    assert isomorphic(triples(writer, EX + "g"), Graph().parse(data=TURTLE))
    more = f"<{EX}s> <{EX}q> [ <{EX}r> <relative> ] ."
    assert writer.post(f"/graphs?graph={EX}g", data=more, content_type="text/turtle; charset=utf-8").status_code == 204
    assert len(triples(writer, EX + "g")) == 4
    assert (None, None, f"{EX}relative") in {(None, None, str(value)) for value in triples(writer, EX + "g").objects()}
    assert put(writer, EX + "g").status_code == 204
    assert len(triples(writer, EX + "g")) == 2
    assert writer.head(f"/graphs?graph={EX}g").status_code == 200
    assert writer.delete(f"/graphs?graph={EX}g").status_code == 204
    for method in ("GET", "HEAD", "DELETE"):
        assert writer.open(f"/graphs?graph={EX}g", method=method).status_code == 404


def test_a_path_is_the_name_of_its_graph_and_one_without_a_name_gets_one(writer: FlaskClient) -> None:
    assert writer.put("/graphs/people/one.ttl", data="<> <http://example.org/p> 1 .", content_type="text/turtle").status_code == 201
    assert len(triples(writer, "http://localhost/graphs/people/one.ttl")) == 1
    assert b"<http://localhost/graphs/people/one.ttl>" in writer.get("/graphs/people/one.ttl?format=nt").data
    made = writer.post("/graphs", data=TURTLE, content_type="text/turtle")
    assert made.status_code == 201
    assert len(Graph().parse(data=writer.get(made.headers["Location"]).data, format="turtle")) == 2


@pytest.mark.parametrize(
    ("body", "content_type", "status"),
    [
        (TURTLE, "text/turtle", 201),
        (f'{{"@id": "{EX}s", "{EX}p": 1}}', "application/ld+json", 201),
        (f"<{EX}s> <{EX}p> <{EX}o> .", "application/n-triples", 201),
        ("<s> <p> nonsense", "text/turtle", 400),
        ('{"@context": "https://schema.org/", "@id": "x"}', "application/ld+json", 400),
        (TURTLE, "text/csv", 415),
        (TURTLE, "", 415),
    ],
)
def test_a_document_is_stored_whole_or_refused(writer: FlaskClient, written: Rolegraph, body: str, content_type: str, status: int) -> None:
    answer = writer.put(f"/graphs?graph={EX}g", data=body, content_type=content_type)
    assert answer.status_code == status
    assert written.engine.graphs() == ([EX + "g"] if status == 201 else [])


def test_what_does_not_parse_says_where(writer: FlaskClient) -> None:
    found = put(writer, EX + "g", f"<{EX}s> <{EX}p> 1 .\n<{EX}s> nonsense 2 .").get_json()
    assert found["line"] == 2
    assert found["column"] > 20


def test_files_of_a_form_are_one_graph_and_share_no_blank_nodes(writer: FlaskClient) -> None:
    files = [(body, name, "text/turtle") for body, name in ((f"_:x <{EX}p> 1 .".encode(), "a.ttl"), (f"_:x <{EX}p> 2 .".encode(), "b.ttl"))]
    data = {"file": [(BytesIO(body), name, media) for body, name, media in files]}
    assert writer.post(f"/graphs?graph={EX}g", data=data, content_type="multipart/form-data").status_code == 201
    assert len(set(triples(writer, EX + "g").subjects())) == 2


# ---------------------------------------------------------------- updates


@pytest.mark.parametrize("form", [True, False])
def test_an_update_is_seen_by_the_next_query(writer: FlaskClient, form: bool) -> None:
    for number in range(3):
        text = f"DELETE WHERE {{ GRAPH <{EX}g> {{ ?s ?p ?o }} }} ; INSERT DATA {{ GRAPH <{EX}g> {{ <{EX}s> <{EX}p> {number} }} }}"
        kind = "application/sparql-update"
        answer = writer.post("/update", data={"update": text}) if form else writer.post("/update", data=text, content_type=kind)
        assert answer.status_code == 204
        found = writer.get("/sparql", query_string={"query": f"SELECT ?o {{ GRAPH <{EX}g> {{ ?s ?p ?o }} }}", "format": "csv"}).text
        assert found.split() == ["o", str(number)]


@pytest.mark.parametrize(
    ("text", "status"),
    [
        ("", 400),
        ("SELECT * { ?s ?p ?o }", 400),
        ("INSERT DATA { nonsense }", 400),
        (f"LOAD <{EX}x> INTO GRAPH <{EX}g>", 403),
        (f"INSERT {{ GRAPH <{EX}g> {{ ?s ?p ?o }} }} WHERE {{ SERVICE <{EX}x> {{ ?s ?p ?o }} }}", 403),
        (f"LOAD SILENT <{EX}x> INTO GRAPH <{EX}g>", 204),
    ],
)
def test_an_update_that_cannot_be_run_changes_nothing(writer: FlaskClient, written: Rolegraph, text: str, status: int) -> None:
    put(writer, EX + "kept")
    before = written.engine.dump(_NQUADS).body
    answer = writer.post("/update", data=text, content_type="application/sparql-update")
    assert answer.status_code == status, answer.text
    assert written.engine.dump(_NQUADS).body == before
    assert put(writer, EX + "kept", "").status_code == 204


DEFAULT = (
    f"INSERT DATA {{ <{EX}s> <{EX}p> 1 }}",
    f"DELETE {{ ?s ?p ?o }} WHERE {{ GRAPH <{EX}g> {{ ?s ?p ?o }} }}",
    f"DELETE WHERE {{ ?s <{EX}p> ?o }}",
    "CLEAR DEFAULT",
    f"DELETE WHERE {{ GRAPH ?g {{ ?s <{EX}none> ?o }} }} ; INSERT DATA {{ <{EX}s> <{EX}p> 1 }}",
    "INSERT { GRAPH ?g { ?s ?p 3 } ?s ?p 3 } WHERE { GRAPH ?g { ?s ?p ?o } }",
    f"COPY <{EX}g> TO DEFAULT",
    f"MOVE DEFAULT TO <{EX}h>",
)


@pytest.mark.parametrize("text", DEFAULT)
def test_the_default_graph_is_written_only_where_it_is_one_of_its_own(writer: FlaskClient, written: Rolegraph, text: str) -> None:
    put(writer, EX + "g")
    before = written.engine.revision
    answer = writer.post("/update", data={"update": text})
    stored = writer.put("/graphs?default", data=TURTLE, content_type="text/turtle")
    if written.engine.union:
        assert (answer.status_code, stored.status_code) == (403, 403)
        assert "--default-graph own" in answer.get_json()["expected"]
        assert written.engine.revision == before
    else:
        assert (answer.status_code, stored.status_code) == (204, 204)
        assert len(triples(writer, None)) == 2


@settings(max_examples=150, deadline=None)
@given(st.lists(st.sampled_from(UPDATES), max_size=12))
def test_the_default_graph_is_the_union_after_any_updates(updates: list[str]) -> None:
    """Law: the default graph is always the set of all triples of the named graphs."""
    engine = EmbeddedEngine()
    for text in updates:
        engine.update(text)
        named = {tuple(row[name].value for name in "spo") for row in engine.rows("SELECT ?s ?p ?o { GRAPH ?g { ?s ?p ?o } }")}
        default = [tuple(row[name].value for name in "spo") for row in engine.rows("SELECT ?s ?p ?o { ?s ?p ?o }")]
        assert len(default) == len(set(default))
        assert set(default) == named


def test_the_graphs_that_an_update_is_asked_of(writer: FlaskClient) -> None:
    for name in "ab":
        put(writer, EX + name, f"<{EX}s> <{EX}p> '{name}' .")
    text = f"INSERT {{ GRAPH <{EX}c> {{ ?s ?p ?o }} }} WHERE {{ ?s ?p ?o }} ; DELETE WHERE {{ GRAPH <{EX}a> {{ ?s ?p ?o }} }}"
    sent = {"query_string": {"using-graph-uri": EX + "b"}, "data": text, "content_type": "application/sparql-update"}
    assert writer.post("/update", **sent).status_code == 204
    assert [str(value) for value in triples(writer, EX + "c").objects()] == ["b"]
    assert len(triples(writer, EX + "a")) == 1
    with_using = {"using-graph-uri": EX + "b", "update": f"DELETE {{ ?s ?p ?o }} USING <{EX}a> WHERE {{ ?s ?p ?o }}"}
    assert writer.post("/update", data=with_using).status_code == 400


def test_every_increment_of_a_counter_counts(writer: FlaskClient) -> None:
    counter = f"WITH <{EX}g> DELETE {{ ?s <{EX}n> ?n }} INSERT {{ ?s <{EX}n> ?m }} WHERE {{ ?s <{EX}n> ?n BIND(?n + 1 AS ?m) }}"
    put(writer, EX + "g", f"<{EX}s> <{EX}n> 0 .")
    app, header = writer.application, writer.environ_base["HTTP_AUTHORIZATION"]

    def count() -> None:
        for _ in range(COUNTED):
            answer = app.test_client().post("/update", data={"update": counter}, headers={"Authorization": header})
            assert answer.status_code == 204

    threads = [threading.Thread(target=count) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [str(value) for value in triples(writer, EX + "g").objects()] == [str(8 * COUNTED)]
