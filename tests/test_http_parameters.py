"""Any text in any parameter, any header of any route: an answer or a refusal, never a fault of the service."""

import ast
import itertools
import re
import socket
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlencode

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from werkzeug.routing import Rule

import rolegraph.web
from inputs import ACCEPTED, HEADER, HEADERS, NUMBERS, TEXT, TEXTS, brief, escaped, faults, sent
from rolegraph.facade import Rolegraph
from rolegraph.terms import KINDS

ONE, OTHER = "ai-architect", "deep-learning-engineer"
COMMON = {"format": "json", "revision": "1"}  # what every path takes
ASKED = {"query": "ASK {}", "default-graph-uri": "http://x/", "named-graph-uri": "http://x/"}
LIST = {"page": "1", "limit": "5", "source": "ai-programmer-vs-deep-learning-engineer"}
FOUND = {"q": "machine", "kind": "skill", "source": LIST["source"], "language": "en", "limit": "5"}
MATCHED = {"kind": "role", "source": LIST["source"], "language": "en", "limit": "2"}  # fields of forms too
PARAMETERS: dict[str, dict[str, str]] = {
    "static": {},
    "comparison.home": {},
    "comparison.compare": {"role": f"{ONE},{OTHER}", "near": "off"},
    "comparison.sources": {},
    "analyses.similar": {"role": ONE, "with": OTHER, "source": LIST["source"], "count": "3"},
    "analyses.gap": {"from": ONE, "to": OTHER, "near": "off"},
    "analyses.paths": {"from": ONE, "to": OTHER, "k": "2"},
    "analyses.openings": {"from": ONE, "source": LIST["source"], "count": "3"},
    "analyses.distinguish": {"role": f"{ONE},{OTHER}"},
    "analyses.agreement": {"role": ONE, "matching": "no", "near": "off"},
    "matching.match": MATCHED,
    "matching.mapping": MATCHED,
    "profiles.profile": {"to": ONE, "source": LIST["source"], "count": "3"},
    "search.search": FOUND,
    "search.suggest": {"q": "machine", "kind": "skill", "limit": "5"},
    "sparql.sparql": ASKED,
    "sparql.update": {"update": "CLEAR GRAPH <urn:x>", "using-graph-uri": "http://x/", "using-named-graph-uri": "http://x/"},
    "queries.listing": {},
    "queries.query": {},  # those of each query, by its name
    "graphs.read": {"graph": "urn:x", "default": ""},
    "graphs.put": {"graph": "urn:x", "default": ""},
    "graphs.post": {"graph": "urn:x", "default": ""},
    "graphs.delete": {"graph": "urn:x", "default": ""},
    "sources.read": {},
    "sources.put": {},
    "sources.post": {},
    "sources.delete": {},
    "validation.validate": {"example": "valid", "source": "our-hr", "method": "PUT"},
    "service.ontology": {},
    "service.shapes": {},
    "service.context": {},
    "service.openapi_document": {},
    "service.health": {},
    "service.revisions": {},
    "service.version": {},
    "probes.alive": {},
    "probes.ready": {},
    "problems.problem": {},
    "redirects.node": {},
    "things.members": LIST,
    "things.described": {"iri": "tool:python"},
    "things.thing": {},
}
FIELDS = {"entry", "profile", "file", "text", "texts"}  # of forms: they are sent in tests/test_http_any_body.py
IN_PATHS = {"filename": "style.css", "slug": ONE, "name": "tips", "path": "x", "kind": "role", "version": "0.1.0"}
READS = ("analyses", "comparison", "probes", "queries", "redirects", "search", "service", "things")
NAMED = re.compile(r"<(?:[^<>]*:)?(\w+)>")
MOSTLY = settings(max_examples=400, deadline=None, derandomize=False, suppress_health_check=list(HealthCheck))


@dataclass(frozen=True)
class Face:
    """One route and method, with a value for each part of its path and each parameter of its own."""

    rule: Rule
    method: str
    parameters: dict[str, str] = field(hash=False)
    parts: dict[str, str] = field(hash=False)

    def path(self, **parts: str) -> str:
        given = self.parts | parts
        return NAMED.sub(lambda found: escaped(given[found[1]]), self.rule.rule)

    def address(self, changed: dict[str, str]) -> str:
        query = "&".join(f"{escaped(name)}={escaped(value)}" for name, value in (self.parameters | changed).items())
        return f"{self.path()}?{query}" if query else self.path()

    def __str__(self) -> str:
        return f"{self.method} {self.path()}"


def faces(app: Flask, writable: Rolegraph) -> Iterator[Face]:
    for rule in app.url_map.iter_rules():
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            if rule.endpoint == "queries.query":
                for query in writable.queries:
                    yield Face(rule, method, {one.name: one.example[0] for one in query.parameters}, {"name": query.name})
            else:
                slug = {"problems": "missing-parameter", "sources": LIST["source"]}.get(rule.endpoint.partition(".")[0], ONE)
                yield Face(rule, method, PARAMETERS[rule.endpoint], IN_PATHS | {"slug": slug})


# ---------------------------------------------------------------- nothing is forgotten


def test_every_route_has_its_entry(editor: FlaskClient) -> None:
    assert {rule.endpoint for rule in editor.application.url_map.iter_rules()} == set(PARAMETERS)
    named = {name for rule in editor.application.url_map.iter_rules() for name in rule.arguments}
    assert named == set(IN_PATHS)


def test_every_parameter_of_the_openapi_document_has_its_entry(editor: FlaskClient) -> None:
    adapter = editor.application.url_map.bind("x")
    documented: dict[str, set[str]] = {}
    for path, item in editor.get("/openapi.json").get_json()["paths"].items():
        for method, operation in item.items():
            sample = re.sub(r"\{(\w+)\}", lambda found: IN_PATHS[found[1]], path)
            endpoint, _ = adapter.match(sample, method=method.upper())
            names = {parameter["name"] for parameter in operation["parameters"] if parameter["in"] == "query"}
            for body in operation.get("requestBody", {}).get("content", {}).values():
                names |= set(body["schema"].get("properties", ()))
            documented.setdefault(endpoint, set()).update(names - set(COMMON) - FIELDS)
    documented["queries.query"] = set()
    assert documented == {endpoint: set(parameters) for endpoint, parameters in PARAMETERS.items() if endpoint != "static"}


def read_in_the_code() -> Iterator[str]:
    """The names of all parameters that the web face reads by name."""
    for path in sorted(Path(rolegraph.web.__file__).parent.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if not isinstance(node, ast.Call) or not node.args:
                continue
            called, first = ast.unparse(node.func), node.args[0]
            texts = r"parameters\.(text|role|number)|bodies\.document"
            reads = re.fullmatch(rf"request\.(args|form|values|files)\.(get|getlist)|fields\.getlist|{texts}", called)
            if reads and isinstance(first, ast.Constant) and isinstance(first.value, str):
                yield first.value


def test_every_parameter_that_the_code_reads_has_its_entry() -> None:
    found = set(read_in_the_code())
    assert {"role", "from", "k", "limit", "page", "iri", "q", "graph", "format", "entry"} <= found
    assert found <= set().union(*PARAMETERS.values()) | set(COMMON) | FIELDS


# ---------------------------------------------------------------- all values of one


@pytest.mark.parametrize("name", READS)
def test_every_value_of_every_parameter_of_what_is_read(editor: FlaskClient, writable: Rolegraph, name: str) -> None:
    swept(editor, [face for face in faces(editor.application, writable) if face.rule.endpoint.partition(".")[0] == name], [])


def test_every_value_of_every_parameter_of_what_is_sent(editor: FlaskClient, writable: Rolegraph, admin: tuple[str, str]) -> None:
    swept(editor, [face for face in faces(editor.application, writable) if face.rule.endpoint.partition(".")[0] not in READS], [admin])


def swept(editor: FlaskClient, own: list[Face], headers: list[tuple[str, str]]) -> None:
    """Try each value in each parameter, the others being as they should be; one format of answers after the other."""
    assert own
    first = {face.rule.endpoint: face for face in reversed(own)}
    accepted = itertools.cycle(ACCEPTED)

    def each() -> Iterator[str]:
        for number, face in enumerate(own):
            # the canned queries are many and all read their parameters in one way: the values go round among them
            texts = TEXTS[number % 4 :: 4] if face.rule.endpoint == "queries.query" else TEXTS
            common = {"revision": NUMBERS, "format": TEXTS[-30:]}
            once = common if first[face.rule.endpoint] == face else ()
            for parameter in (*face.parameters, *once):
                for value in common.get(parameter, texts):
                    yield sent(editor.application, face.method, face.address({parameter: value}), [("Accept", next(accepted)), *headers])
            for part in face.rule.arguments - {"kind"}:
                for value in texts:
                    yield sent(editor.application, face.method, face.path(**{part: value}), [("Accept", next(accepted)), *headers])

    found = faults(each())
    assert not found, found


@pytest.mark.parametrize("header", sorted(HEADERS))
def test_every_value_of_every_header(editor: FlaskClient, admin: tuple[str, str], header: str) -> None:
    posted = (
        ("POST", "/validate", b"<http://x/s> <http://x/p> 1 .", "text/turtle"),
        ("POST", "/gap", b"Python\nSQL", "text/plain"),
        ("POST", "/sparql", b"ASK {}", "application/sparql-query"),
        ("PUT", "/graphs?graph=urn:x", b"<http://x/s> <http://x/p> 1 .", "text/turtle"),
        ("PUT", "/sources/x", b"<http://x/s> <http://x/p> 1 .", "text/turtle"),
        ("OPTIONS", "/graphs", None, ""),
    )
    read = (
        "/",
        "/role/ai-architect.json",
        f"/compare.json?role={ONE}&role={OTHER}",
        "/health",
        "/static/style.css",
        "/ontology.ttl",
        "/nothing",
        "/sparql.ttl",
        "/graphs/x",
    )

    def each() -> Iterator[str]:
        for value in HEADERS[header]:
            for path in read:
                for method in ("GET", "HEAD"):
                    yield sent(editor.application, method, path, [(header, value)])
            for method, path, body, media in posted:
                own = [] if header == "Authorization" else [admin]
                yield sent(
                    editor.application, method, path, [(header, value), *own], body=body, media="" if header == "Content-Type" else media
                )

    found = faults(each())
    assert not found, found


@pytest.mark.parametrize("header", sorted(HEADERS))
def test_every_value_of_every_header_is_answered_by_the_server(server: str, header: str) -> None:
    host, _, port = server.removeprefix("http://").partition(":")

    def each() -> Iterator[str]:
        for value in HEADERS[header]:
            own = "" if header == "Host" else "Host: x\r\n"
            with socket.create_connection((host, int(port)), timeout=10) as connection:
                # the server may refuse what it reads before it has read all of it
                with suppress(OSError):
                    connection.sendall(f"GET /health HTTP/1.1\r\n{own}{header}: {value}\r\nConnection: close\r\n\r\n".encode("latin-1"))
                try:
                    status = connection.recv(65536).decode("latin-1")[9:12]
                except OSError as error:
                    status = type(error).__name__
            if not status.isdecimal() or (int(status) >= 500 and status != "503"):
                yield f"{header}: {brief(value)} is answered {status!r}"

    found = faults(each())
    assert not found, found


# ---------------------------------------------------------------- all of it together


@MOSTLY
@given(st.data())
def test_anything_anywhere(editor: FlaskClient, writable: Rolegraph, admin: tuple[str, str], data: st.DataObject) -> None:
    face = data.draw(st.sampled_from([*faces(editor.application, writable)]), "face")
    names = st.sampled_from([*face.parameters, *COMMON, "x"])
    given_ = data.draw(st.lists(st.tuples(names, TEXT), max_size=4), "parameters")
    kept = {} if data.draw(st.booleans(), "alone") else face.parameters
    query = "&".join([urlencode(kept), *(f"{escaped(name)}={escaped(value)}" for name, value in given_)])
    parts = {part: data.draw(TEXT, part) for part in face.rule.arguments - {"kind"} if data.draw(st.booleans(), "part")}
    if "kind" in face.rule.arguments:
        parts["kind"] = data.draw(st.sampled_from(sorted(KINDS)), "kind")
    headers = data.draw(st.lists(HEADER, max_size=3, unique_by=lambda one: one[0]), "headers")
    own = [] if any(name == "Authorization" for name, _ in headers) else [admin]
    assert sent(editor.application, face.method, f"{face.path(**parts)}?{query}", [*headers, *own]) == ""
