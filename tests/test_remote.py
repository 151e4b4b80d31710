"""What goes over the wire to an endpoint, and what is made of what comes back: credentials, cuts, refusals, broken connections."""

from collections.abc import Iterator
from dataclasses import replace
from types import SimpleNamespace
from urllib.parse import parse_qs

import pytest

from endpoints import Said, told
from rolegraph import deadlines, formats
from rolegraph.engine.embedded import EmbeddedEngine
from rolegraph.engine.remote import RemoteEngine
from rolegraph.engine.remote.endpoint import REFUSALS, Endpoint
from rolegraph.engine.remote.query_forms import LONGEST, read
from rolegraph.engine.remote.splitting import Part
from rolegraph.errors import (
    BadParameter,
    ClientGone,
    NotFound,
    Refused,
    RolegraphError,
    StoreUnusable,
    TimeLimitReached,
    TooLarge,
    UnreadableInput,
)
from rolegraph.facade import Rolegraph
from rolegraph.web import create_app

EX = "http://example.org/"
SELECT = "SELECT * { ?s ?p ?o }"
GRAPH = "CONSTRUCT { ?s ?p ?o } { ?s ?p ?o }"
TRIPLES = {"Content-Type": "application/n-triples"}


def choose(holds: str) -> formats.Format:
    return formats.named("json" if holds == "table" else "ntriples", formats.holding(holds))


@pytest.fixture
def peer() -> Iterator[tuple[RemoteEngine, Said]]:
    with told() as (endpoint, said):
        yield RemoteEngine(endpoint), said


def test_credentials_go_with_writes_and_not_with_queries(peer: tuple[RemoteEngine, Said]) -> None:
    engine, said = peer
    engine.query(SELECT, choose)
    engine.rows(SELECT)
    said.body = b'{"head":{"vars":["n"]},"results":{"bindings":[]}}'
    with pytest.raises(StoreUnusable, match="does not count"):
        list(engine._remote_graphs.pages(EX))
    engine._wire.update("DROP GRAPH <a:b>")
    engine._wire.store(EX, b"", add=False)
    for request, headers, _ in said.asked:
        assert ("Authorization" in headers) == (not request.startswith("POST /query")), request
    assert [request for request, _, _ in said.asked][-1] == "PUT /store?graph=http%3A%2F%2Fexample.org%2F"
    assert "Content-Length" in said.asked[-1][1]
    assert all(headers["Content-Type"] == "application/x-www-form-urlencoded" for _, headers, _ in said.asked[:-1])


def test_credentials_go_with_queries_where_the_operator_wants_it(peer: tuple[RemoteEngine, Said]) -> None:
    engine, said = peer
    for auth, begins in (("basic", "Basic "), ("bearer", "Bearer secret")):
        RemoteEngine(replace(engine._endpoint, read_auth=True, auth=auth)).query(SELECT, choose)
        assert said.asked[-1][1]["Authorization"].startswith(begins)


def test_queries_name_the_union_and_no_list_of_graphs_is_empty(peer: tuple[RemoteEngine, Said]) -> None:
    engine, said = peer
    engine.query(SELECT, choose)
    fields = parse_qs(said.asked[-1][2])
    assert fields["default-graph-uri"] == ["https://w3id.org/rolegraph/.well-known/union"]
    assert fields["named-graph-uri"] == ["https://w3id.org/rolegraph/.well-known/nothing"]
    engine.query("SELECT * FROM <a:b> { ?s ?p ?o }", choose)
    assert "graph-uri" not in said.asked[-1][2]


@pytest.mark.parametrize(
    ("status", "headers", "body", "wanted"),
    [
        (400, {}, b"\n line 1: no such thing\nmore", (UnreadableInput, "line 1: no such thing$")),
        (401, {}, b"", (StoreUnusable, "requires credentials")),
        (403, {}, b"", (StoreUnusable, "does not allow")),
        (404, {"Content-Type": "text/html"}, b"<html>", (StoreUnusable, r"/query does not exist \(404\)$")),
        (500, {"Content-Type": "text/plain"}, b"Virtuoso 37000 Error: transitive start not given", (StoreUnusable, "transitive start")),
        (500, {}, b"Virtuoso 42000 Error The estimated execution time 500 (sec) exceeds", (TimeLimitReached, "longer than")),
        (504, {}, b"", (TimeLimitReached, "longer than")),
        (302, {"Location": "https://me:word@example.org/there?key=word"}, b"", (StoreUnusable, "redirects to https://example.org/there; ")),
        (200, {"Content-Type": "text/html"}, b"<html>", (StoreUnusable, "of type text/html, cannot be read")),
        (200, {}, b'{"head":', (StoreUnusable, "cannot be read")),
        (200, {"X-SQL-State": "S1TAT", "Server": "Virtuoso/07.20"}, b"", (TimeLimitReached, "longer than")),
        (200, {"X-SPARQL-MaxRows": "10000"}, b"", (StoreUnusable, "cuts its answers after 10000 rows")),
    ],
)
def test_what_an_endpoint_refuses_or_cuts_is_told(
    peer: tuple[RemoteEngine, Said], status: int, headers: dict[str, str], body: bytes, wanted: tuple[type[RolegraphError], str]
) -> None:
    engine, said = peer
    engine.rows(SELECT)
    said.status, said.headers, said.body = status, headers, body
    error, words = wanted
    with pytest.raises(error, match=words):
        engine.query(SELECT, choose)


def test_an_answer_may_have_a_header_for_each_of_many_graphs(peer: tuple[RemoteEngine, Said]) -> None:
    engine, said = peer
    engine.rows(SELECT)
    # twice the 100 KiB at which httpx gives up
    said.headers = {f"X-Graph-{number}": f"{EX}{'x' * 60}{number}" for number in range(2000)}
    assert RemoteEngine(replace(engine._endpoint, seconds=60)).query(SELECT, choose)


def test_every_status_has_words() -> None:
    assert all(str(status) in words for status, words in REFUSALS.items())


def test_an_answer_whose_end_is_missing_is_an_error(peer: tuple[RemoteEngine, Said]) -> None:
    engine, said = peer
    engine.rows(SELECT)
    said.headers, said.body = TRIPLES | {"Connection": "close"}, b"<a:b> <a:b> <a:b> .\n"
    assert engine.query(GRAPH, choose).body == said.body
    said.length = 100
    with pytest.raises((StoreUnusable, TimeLimitReached)):
        engine.query(GRAPH, choose)


def test_a_graph_that_was_cut_without_a_word_is_an_error(peer: tuple[RemoteEngine, Said]) -> None:
    engine, said = peer
    engine.rows(SELECT)
    said.headers, said.body = TRIPLES | {"Server": "Virtuoso/07.20"}, b"".join(b"<a:b> <a:b> <a:%d> .\n" % number for number in range(10))
    ask = engine._wire.ask

    def probing(text: str, *rest: object) -> object:
        if "LIMIT 11" in text:
            said.headers, said.body = {"X-SPARQL-MaxRows": "10"}, b'{"head":{"vars":[]},"results":{"bindings":[]}}'
        return ask(text, *rest)  # type: ignore[arg-type]

    engine._wire.ask = probing  # type: ignore[method-assign,assignment]
    with pytest.raises(StoreUnusable, match="cuts its answers after 10 rows"):
        engine.query(GRAPH, choose)


def test_a_silent_or_unreachable_endpoint_is_told_by_its_address(peer: tuple[RemoteEngine, Said]) -> None:
    engine, said = peer
    engine.rows(SELECT)
    said.delay = 1
    with pytest.raises(TimeLimitReached) as caught:
        engine.query(SELECT, choose)
    assert caught.value.members["limit"] == "0.5"
    nowhere = RemoteEngine(Endpoint("http://127.0.0.1:9/sparql?key=word"))
    with pytest.raises(StoreUnusable, match=r"http://127\.0\.0\.1:9/sparql cannot be reached") as unreachable:
        nowhere.rows(SELECT)
    assert "word" not in unreachable.value.detail


def test_nobody_waits_for_who_has_gone(peer: tuple[RemoteEngine, Said]) -> None:
    engine, _ = peer
    with pytest.raises(ClientGone):
        engine.query(SELECT, choose, is_cancelled=lambda: True)


def test_a_large_answer_lies_in_a_file(peer: tuple[RemoteEngine, Said]) -> None:
    engine, said = peer
    engine.rows(SELECT)
    said.headers, said.body = TRIPLES, b"".join(b'<a:b> <a:b> "%d %s" .\n' % (number, b"x" * 1000) for number in range(5000))
    answer = engine.query(GRAPH, choose)
    assert not isinstance(answer.content, bytes)
    assert answer.size == len(said.body)
    assert answer.body == said.body
    turtle = engine.query(GRAPH, lambda _: formats.named("turtle", formats.FORMATS))
    assert turtle.size == len(turtle.body) > 5_000_000


def test_what_is_sent_was_read_before(peer: tuple[RemoteEngine, Said]) -> None:
    engine, said = peer
    for text, error in (
        ("SELECT * { SERVICE <http://example.org/> { ?s ?p ?o } }", Refused),
        ("SELECT * { " + "{ " * 200 + "}" * 201, UnreadableInput),
        (SELECT + " " * LONGEST, TooLarge),
        ("SELECT ?s {\n ?s ?p } GARBAGE", UnreadableInput),
        ("SELECT * { << <a:b> <a:c> 1 >> ?p ?o }", UnreadableInput),
    ):
        with pytest.raises(error):
            engine.query(text, choose)
    with pytest.raises(UnreadableInput, match="another query form"):
        engine.rows("ASK { ?s ?p ?o }")
    assert said.asked == []


def test_a_syntax_error_says_where_and_which_version_is_read() -> None:
    with pytest.raises(UnreadableInput, match=r"SPARQL 1\.1") as caught:
        read("SELECT ?s {\n  ?s ?p ?o } GARBAGE")
    assert (caught.value.members["line"], caught.value.members["column"]) == (2, 14)
    with pytest.raises(UnreadableInput, match="this is an update"):
        read("PREFIX a: <b:>\nDELETE WHERE { ?s ?p ?o }")


@pytest.mark.parametrize(
    ("fields", "parameter"),
    [
        ({"query_url": "ftp://example.org/"}, "query_url"),
        ({"query_url": "http://user:word@example.org/"}, "query_url"),
        ({"query_url": "http://example.org:none/"}, "query_url"),
        ({"query_url": "http://example.org/", "update_url": "/update"}, "update_url"),
        ({"query_url": "http://example.org/", "graph_store_url": "http://example.org/"}, "graph_store_url"),
        ({"query_url": "http://example.org/", "auth": "ntlm"}, "auth"),
        ({"query_url": "http://example.org/", "auth": "digest", "user": "somebody"}, "auth"),
    ],
)
def test_an_endpoint_that_cannot_be_is_refused(fields: dict[str, str], parameter: str) -> None:
    with pytest.raises(BadParameter) as caught:
        Endpoint(**fields)  # type: ignore[arg-type]
    assert caught.value.members["parameter"] == parameter
    assert "word" not in caught.value.detail


def test_a_remote_endpoint_keeps_no_revisions() -> None:
    engine = RemoteEngine(Endpoint("http://127.0.0.1:9/"))
    assert engine.revision is None
    assert engine.union
    assert engine.revisions() == ()
    with pytest.raises(NotFound, match="has no revisions"):
        engine.at(1)
    engine.close()


@pytest.mark.parametrize(
    ("text", "variables"),
    [
        ("SELECT ?a (COUNT(?b) AS ?n) { ?a ?p ?b } GROUP BY ?a", ("a",)),
        ('PREFIX x: <a:b#>\nSELECT DISTINCT ?a ?b WHERE { ?a ?b "LIMIT }" # }\n}', ("a", "b")),
        ("SELECT (COUNT(*) AS ?n) { ?a ?b ?c }", None),
        ("SELECT * { ?a ?b ?c }", None),
        ("SELECT ?a { ?a ?b ?c } ORDER BY ?a", None),
        ("SELECT ?a { ?a ?b ?c } LIMIT 10", None),
    ],
)
def test_what_can_be_split(text: str, variables: tuple[str, ...] | None) -> None:
    part = Part.from_lookup(text)
    assert (part and part.variables) == variables
    if part:
        read(part.query())


def test_the_halves_of_a_look_up_answer_what_it_answers() -> None:
    engine = EmbeddedEngine()
    one = "<{0}{1}> <{0}p> {1}, 'ü {2}' . <{0}{1}> <{0}q> _:b{2} .\n"
    lines = "".join(one.format(EX, number, number % 7) for number in range(300))
    engine.write({EX + "a": lines.encode()})
    part = Part.from_lookup("SELECT ?s ?o ?none { ?s ?p ?o OPTIONAL { ?o ?p ?none } }")
    assert part

    def leaves(part: Part, depth: int) -> list[Part]:
        halves = part.halves()
        return [leaf for half in halves for leaf in leaves(half, depth - 1)] if halves and depth else [part]

    whole = sorted(str(sorted(row.items())) for row in engine.rows(part.text))
    for depth in (1, 3, 5):
        assert sorted(str(sorted(row.items())) for leaf in leaves(part, depth) for row in engine.rows(leaf.query())) == whole
    while halves := part.halves():
        part = halves[1]
    assert part.digits == ("f", "f", "f")


def test_all_requests_of_a_page_share_one_limit_of_time(peer: tuple[RemoteEngine, Said], monkeypatch: pytest.MonkeyPatch) -> None:
    engine, said = peer
    now = [1000.0]
    monkeypatch.setattr(deadlines, "time", SimpleNamespace(monotonic=lambda: now[0]))
    deadlines.begin()
    try:
        engine.rows(SELECT)
        now[0] += engine._endpoint.seconds + 0.1
        asked = len(said.asked)
        with pytest.raises(TimeLimitReached) as caught:
            engine.rows(SELECT)
        assert caught.value.members["limit"] == "0.5"
        assert len(said.asked) == asked
        with deadlines.apart():
            engine.rows(SELECT)
        with pytest.raises(TimeLimitReached):
            engine.rows(SELECT)
    finally:
        deadlines.end()
    engine.rows(SELECT)


def test_a_slow_endpoint_ends_a_page_at_the_limit_of_time(peer: tuple[RemoteEngine, Said]) -> None:
    engine, said = peer
    bound = ", ".join(f'"{name}": {{"type": "literal", "value": "3"}}' for name in ("number", "source"))
    list(engine.graphs())
    said.body = f'{{"head": {{"vars": ["number", "source"]}}, "results": {{"bindings": [{{ {bound} }}]}}}}'.encode()
    client = create_app(Rolegraph(engine)).test_client()
    assert client.get("/health").status_code == 200
    said.delay = engine._endpoint.seconds * 0.6
    said.asked.clear()
    answer = client.get("/health", headers={"Cache-Control": "no-cache"})
    assert (answer.status_code, answer.get_json()["type"].rpartition("/")[2]) == (503, "time-limit-reached")
    assert len(said.asked) == 2
    said.delay = 0
    assert client.get("/health").status_code == 200


def test_an_endpoint_without_a_row_where_there_is_one_is_unusable(peer: tuple[RemoteEngine, Said]) -> None:
    engine, said = peer
    client = create_app(Rolegraph(engine)).test_client()
    for body in (said.body, b'{"head":{"vars":["number"]},"results":{"bindings":[{}]}}'):
        said.body = body
        answer = client.get("/health")
        assert (answer.status_code, answer.get_json()["type"].rpartition("/")[2]) == (503, "store-unusable")
        assert "number" in answer.get_json()["detail"]


def test_what_the_package_ships_is_not_asked_of_an_endpoint(peer: tuple[RemoteEngine, Said]) -> None:
    engine, said = peer
    client = create_app(Rolegraph(engine)).test_client()
    for path in ("/ontology", "/ontology.ttl", "/ontology.jsonld", "/shapes", "/shapes.ttl", "/context.jsonld"):
        answer = client.get(path)
        assert answer.status_code == 200, answer.text
    assert said.asked == []
