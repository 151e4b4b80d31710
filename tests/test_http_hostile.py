"""Hostile and broken input: nothing of it runs, nothing of it is a fault of the service."""

import json
from urllib.parse import quote

import pytest
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rolegraph.facade import Rolegraph
from rolegraph.values import Thing
from rolegraph.web import create_app

BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
SCRIPT = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>"
PATHS = [
    "/",
    "/compare",
    "/queries",
    "/queries/evidence",
    "/queries/compare",
    "/sparql",
    "/validate",
    "/graphs",
    "/ontology",
    "/role",
    "/role/x",
]
NAMES = ["role", "query", "format", "graph", "example", "concept", "default", "scheme", "x"]
PIECES = [
    "ai-architect",
    "SELECT * {",
    "ASK {}",
    "}",
    "<http://x>",
    "text/turtle",
    "html",
    "csv",
    "\x00",
    "%",
    "\ud7ff",
    "ä",
    ",",
    "'",
    "{{",
    SCRIPT,
]
SENT = st.one_of(st.text(max_size=40), st.lists(st.sampled_from(PIECES), max_size=4).map("".join))
HURRIED = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def unharmed(text: str) -> None:
    assert "<script>alert" not in text
    assert "<img src=x" not in text


@pytest.mark.parametrize(
    "path",
    [
        "/compare?role={0}&role=ai-architect",
        "/role/{0}",
        "/{0}",
        "/queries/{0}",
        "/queries/evidence?role=ai-architect&concept={0}",
        "/queries/tips?role={0}",
        "/queries/tips?{0}=1",
        "/sparql?query={0}",
        "/sparql?query=SELECT+(%22{0}%22+AS+%3Fx)+%7B%7D",
        "/sparql?query=SELECT+(IRI(%22http://x/%22)+AS+%3Fx)+%7B%7D+%23{0}",
        "/validate?example={0}",
        "/graphs?graph={0}",
        "/problem/{0}",
        "/compare?format={0}",
    ],
)
def test_what_is_sent_comes_back_as_text(client: FlaskClient, path: str) -> None:
    sent = SCRIPT.replace('"', "\\u0022") if "SELECT+(%22{0}" in path else SCRIPT
    page = client.get(path.format(quote(sent, safe="")), headers={"Accept": BROWSER})
    unharmed(page.text)
    assert page.status_code < 500


def test_labels_of_an_entry_come_back_as_text(client: FlaskClient) -> None:
    entry = (
        "PREFIX rg: <https://w3id.org/rolegraph/ns#> PREFIX skos: <http://www.w3.org/2004/02/skos/core#>\n"
        f"<https://w3id.org/rolegraph/role/x> a rg:Role ; skos:prefLabel {json.dumps(SCRIPT)} ;\n"
        "  rg:tool <javascript:alert(1)> , <http://x/'> ."
    )
    page = client.post("/validate", data={"entry": entry}, headers={"Accept": BROWSER})
    assert page.status_code == 200
    unharmed(page.text)
    assert 'href="javascript' not in page.text


def test_an_iri_of_an_answer_is_a_link_only_where_that_is_safe(client: FlaskClient) -> None:
    iris = ("javascript:alert(1)", "data:text/html,x", "https://w3id.org/rolegraph//evil.example/", "https://w3id.org/rolegraph/", "urn:x")
    text = "SELECT * { VALUES ?x { " + " ".join(f"<{iri}>" for iri in iris) + " } }"
    page = client.get("/sparql", query_string={"query": text}, headers={"Accept": BROWSER}).text
    for start in ('href="javascript', 'href="data:', 'href="//', 'href="urn'):
        assert start not in page


def test_data_blocks_cannot_be_left(graph: Rolegraph, monkeypatch: pytest.MonkeyPatch) -> None:
    def hostile(_: Rolegraph, iri: str) -> dict[str, str]:
        return {"@id": iri, "name": "</script><script>alert(1)</script><!--"}

    monkeypatch.setattr(Rolegraph, "occupation", hostile)
    page = create_app(graph).test_client().get("/role/ai-architect", headers={"Accept": BROWSER}).text
    assert "<script>alert" not in page
    block = page.partition('<script type="application/ld+json">')[2].partition("</script>")[0]
    assert json.loads(block)["name"] == "</script><script>alert(1)</script><!--"


def test_formulas_are_not_run_by_spreadsheets(graph: Rolegraph, monkeypatch: pytest.MonkeyPatch) -> None:
    compared = graph.compare(["ai-architect", "ai-programmer"])
    monkeypatch.setattr(type(compared), "table", lambda _: [["label"], ["=1+1"], ["@x"], ["+x"], ["-x"], ["plain"]])
    text = create_app(graph).test_client().get("/compare.csv?role=ai-architect&role=ai-programmer").text
    assert text.split() == ["label", "'=1+1", "'@x", "'+x", "'-x", "plain"]


def test_a_fault_of_the_service_is_logged_and_says_nothing_of_its_inside(
    graph: Rolegraph,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def broken(_: Rolegraph, iri: str) -> Thing:
        raise RuntimeError(f"secret {iri}")

    monkeypatch.setattr(Rolegraph, "occupation", broken)
    client = create_app(graph).test_client()
    for accept in (BROWSER, "text/html;q=0.9, */*;q=0.1"):
        answer = client.get("/role/ai-architect", headers={"Accept": accept})
        assert answer.status_code == 500
        assert "secret" not in answer.text
        assert "Content-Security-Policy" in answer.headers
    assert "secret" in caplog.text


@pytest.mark.parametrize(
    "path",
    [
        "/%00",
        "/role/%00",
        "/role/%ff",
        "/role/%",
        "/role/%E2%82",
        "/sparql?query=%",
        "/sparql?query=%ff",
        "/sparql?query=%00",
        "/?%",
        "/?=&=&&",
        "/compare?role=%ff&role=%00",
        "//",
        "/role//x",
        "/role/../source",
        "/role/x/y",
        "/.ttl",
        "/role/.ttl",
        "/" + "x" * 5000,
        "/compare?" + "role=x&" * 500,
    ],
)
def test_broken_addresses_are_the_fault_of_the_client(client: FlaskClient, path: str) -> None:
    for accept in ("*/*", BROWSER, ",;q=,/,*", "text/html;q=-1", "\xff"):
        assert client.get(path, headers={"Accept": accept}).status_code < 500


@HURRIED
@given(
    st.sampled_from(PATHS), st.lists(st.tuples(st.sampled_from(NAMES), SENT), max_size=4), st.sampled_from(["*/*", BROWSER, "text/turtle"])
)
def test_no_query_string_is_a_fault_of_the_service(client: FlaskClient, path: str, sent: list[tuple[str, str]], accept: str) -> None:
    query = "&".join(f"{name}={quote(value, safe='', errors='replace')}" for name, value in sent)
    answer = client.get(f"{path}?{query}", headers={"Accept": accept})
    assert answer.status_code < 500
    unharmed(answer.text if answer.mimetype == "text/html" else "")


@HURRIED
@given(
    st.one_of(st.binary(max_size=60), SENT.map(lambda text: text.encode("utf-8", "replace"))),
    st.sampled_from(
        ["text/turtle", "application/ld+json", "application/rdf+xml", "application/n-triples", "application/x-www-form-urlencoded", ""]
    ),
    st.sampled_from(["/validate", "/sparql"]),
)
def test_no_body_is_a_fault_of_the_service(client: FlaskClient, body: bytes, content_type: str, path: str) -> None:
    assert client.post(path, data=body, content_type=content_type).status_code < 500
