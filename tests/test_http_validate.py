"""Validation over HTTP: every format in, every format out, the form, the limits."""

import io
import json

import pytest
from flask.testing import FlaskClient
from rdflib import RDF, SH, Graph

from rolegraph import formats, terms
from rolegraph.web.resources.validation import INVALID, VALID

BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
RDFLIB = {"turtle": "turtle", "ntriples": "nt", "jsonld": "json-ld", "rdfxml": "xml"}
FORMATS = formats.holding("graph")
by_format = pytest.mark.parametrize("format_", FORMATS, ids=lambda format_: format_.name)


def written(turtle: str, format_: formats.Format) -> bytes:
    graph = Graph().parse(data=turtle, format="turtle", publicID=terms.BASE)
    return graph.serialize(format=RDFLIB[format_.name], encoding="utf-8")


@by_format
def test_an_entry_may_come_in_any_format_and_any_way(client: FlaskClient, format_: formats.Format) -> None:
    for turtle, conforms, count in ((VALID, True, 0), (INVALID, False, 2)):
        body = written(turtle, format_)
        ways = (
            client.post("/validate", data=body, content_type=format_.content_type),
            client.post("/validate", data={"entry": body.decode(), "format": format_.name}),
            client.post("/validate", data={"file": (io.BytesIO(body), f"entry.{format_.extension}")}),
            client.post("/validate", data={"file": (io.BytesIO(body), "entry"), "format": format_.name}),
        )
        for answer in ways:
            assert answer.status_code == 200, answer.text
            assert answer.get_json()["conforms"] is conforms
            assert answer.get_json()["counts"]["Violation"] == count


def test_the_report_comes_in_every_form(client: FlaskClient) -> None:
    def ask(accept: str) -> bytes:
        answer = client.post("/validate", data=INVALID, content_type="text/turtle", headers={"Accept": accept})
        assert answer.status_code == 200
        body: bytes = answer.data
        return body

    assert json.loads(ask("*/*"))["conforms"] is False
    report = Graph().parse(data=ask("text/turtle"), format="turtle")
    assert len(list(report.subjects(RDF.type, SH.ValidationResult))) == 3
    assert b"does not conform: 2 violations, 1 warning" in ask("text/plain")
    page = ask(BROWSER).decode()
    assert "does not conform" in page
    assert "To fix" in page
    assert "rg:industri" in page
    assert "role:prompt-engineer" in page
    assert client.post("/validate?format=text", data=VALID, content_type="text/turtle").text.startswith("The entry conforms")


def test_the_form_keeps_what_was_sent(client: FlaskClient) -> None:
    page = client.post("/validate", data={"entry": "role:x a\r\n  'unclosed", "format": "turtle"}, headers={"Accept": BROWSER})
    assert page.status_code == 400
    assert "role:x a\n  &#39;unclosed</textarea>" in page.text
    assert "does not parse" in page.text
    assert "(line 1" in page.text
    empty = client.post("/validate", data={"entry": " "}, headers={"Accept": BROWSER})
    assert empty.status_code == 400
    assert "<textarea" in empty.text


def test_the_examples_are_what_they_are_called(client: FlaskClient) -> None:
    for name, verdict in (("valid", "The entry conforms"), ("invalid", "The entry does not conform")):
        page = client.get(f"/validate?example={name}", headers={"Accept": BROWSER}).text
        assert "role:prompt-engineer" in page
        text = VALID if name == "valid" else INVALID
        assert verdict in client.post("/validate", data={"entry": text}, headers={"Accept": BROWSER}).text


@pytest.mark.parametrize(
    ("body", "content_type", "status", "slug"),
    [
        ("role:x a", "text/turtle", 400, "unreadable-input"),
        ("{", "application/ld+json", 400, "unreadable-input"),
        ('{"@context": "https://example.org/context"}', "application/ld+json", 400, "unreadable-input"),
        ("<a", "application/rdf+xml", 400, "unreadable-input"),
        ("nonsense", "application/n-triples", 400, "unreadable-input"),
        (b"\xff\xfe", "text/turtle", 400, "unreadable-input"),
        (VALID, "text/plain", 415, "unsupported-format"),
        (VALID, "", 415, "unsupported-format"),
        ("#" * (1024 * 1024 + 1), "text/turtle", 413, "too-large"),
        ("entry=&format=turtle", "application/x-www-form-urlencoded", 400, "bad-parameter"),
        ("entry=x&format=nonsense", "application/x-www-form-urlencoded", 400, "bad-parameter"),
        ("entry=" + "a" * (1024 * 1024), "application/x-www-form-urlencoded", 413, "too-large"),
    ],
)
def test_what_cannot_be_read_says_why(client: FlaskClient, body: str | bytes, content_type: str, status: int, slug: str) -> None:
    answer = client.post("/validate", data=body, content_type=content_type)
    assert answer.status_code == status, answer.text
    assert answer.get_json()["type"].endswith(slug)


def test_nothing_is_stored(client: FlaskClient) -> None:
    client.post("/validate", data=VALID, content_type="text/turtle")
    assert client.get("/role/prompt-engineer").status_code == 404
