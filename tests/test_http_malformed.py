"""Requests that are long or wrongly encoded are answered, and every page has a head."""

import json
import re
import socket

import httpx
import pytest
from flask.testing import FlaskClient


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/sparql?query=%zz", 400),
        ("/sparql?query=ASK%7B%7D%ff", 400),
        ("/sparql?query=ASK%7B%7D&query=ASK%7B%7D", 400),
        ("/sparql?query=ASK%7B%7D&format=%zz", 400),
        ("/sparql?query=ASK%7B%7D&revision=%zz", 400),
        ("/compare?role=%zz&role=%ff", 400),
        ("/graphs?graph=%ff", 400),
        ("/graphs?graph=http://x/&graph=http://y/", 400),
        ("/role?format=%ff", 400),
        ("/role/%zz", 404),
        ("/role/%ff", 404),
    ],
)
def test_what_is_wrongly_encoded_is_answered_with_what_is_wrong(server: str, path: str, status: int) -> None:
    host, _, port = server.removeprefix("http://").partition(":")
    with socket.create_connection((host, int(port))) as connection:  # a client library would mend the address
        connection.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
        answer = b""
        while piece := connection.recv(65536):
            answer += piece
    head, _, body = answer.decode().partition("\r\n\r\n")
    assert head.startswith(f"HTTP/1.1 {status}")
    assert "application/problem+json" in head
    assert json.loads(body)["detail"]


def test_a_long_query_in_a_body_is_answered(server: str) -> None:
    query = "ASK { ?s ?p ?o }\n" + "# a comment\n" * 75_000
    assert len(query) > 900_000
    answer = httpx.post(f"{server}/sparql", content=query, headers={"Content-Type": "application/sparql-query"}, timeout=20)
    assert (answer.status_code, answer.json()["boolean"]) == (200, True)
    assert httpx.post(f"{server}/sparql", content=query * 2, headers={"Content-Type": "application/sparql-query"}).status_code == 413


@pytest.mark.parametrize("charset", ["iso-8859-1", "utf-16", "nonsense"])
@pytest.mark.parametrize("media", ["application/sparql-query", "application/x-www-form-urlencoded"])
def test_a_query_in_another_charset_is_refused_and_named(client: FlaskClient, media: str, charset: str) -> None:
    body = "query=ASK{}" if "form" in media else "ASK {}"
    answer = client.post("/sparql", data=body, content_type=f"{media}; charset={charset}")
    assert answer.status_code == 415
    assert charset in answer.get_json()["detail"]


def test_every_page_has_a_head_and_tells_its_methods(server: str, client: FlaskClient) -> None:
    samples = {"kind": "role", "slug": "ai-architect", "name": "tips", "path": "x", "filename": "style.css", "version": "0.1.0"}
    rules = [rule for rule in client.application.url_map.iter_rules() if "GET" in (rule.methods or ())]
    assert len(rules) > 15
    for rule in rules:
        path = re.sub(r"<(?:[^<>]*:)?(\w+)>", lambda found: samples[found[1]], rule.rule)
        for accept in ("*/*", "text/html"):
            got = httpx.get(server + path, headers={"Accept": accept})
            head = httpx.head(server + path, headers={"Accept": accept})
            assert head.status_code == got.status_code < 500, path
            assert head.headers.get("Content-Type") == got.headers.get("Content-Type"), path
            assert head.content == b""
        options = httpx.options(server + path)
        assert options.status_code == 200, path
        assert {"GET", "HEAD", "OPTIONS"} <= {word.strip() for word in options.headers["Allow"].split(",")}, path
