"""Pages and data over HTTP: every route in every format, negotiation, one form of errors, headers."""

import csv
import io
import json
import re
from collections.abc import Sequence
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urlencode

import pytest
from flask.testing import FlaskClient
from rdflib import Graph, URIRef
from werkzeug.test import TestResponse

from rolegraph import errors, formats, terms
from rolegraph.facade import Rolegraph
from rolegraph.formats import Format

BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8"
ROLES = "role=ai-architect&role=deep-learning-engineer"
ARTICLE = "ai-architect-vs-deep-learning-engineer"
GRAPHS = ("turtle", "ntriples", "jsonld", "rdfxml")
TABLES = ("json", "xml", "csv", "tsv")
RDFLIB = {"turtle": "turtle", "ntriples": "nt", "jsonld": "json-ld", "rdfxml": "xml"}
OFFERED = {
    f"/compare?{ROLES}": ("html", "json", "csv", *GRAPHS),
    "/similar?role=ai-architect": ("html", "json", "csv"),
    "/gap?from=ai-programmer&to=ai-architect": ("html", "json", "csv"),
    "/paths?from=ai-programmer&to=ai-architect": ("html", "json", "csv"),
    "/openings?from=ai-programmer": ("html", "json", "csv"),
    f"/distinguish?{ROLES}": ("html", "json", "csv"),
    "/agreement?role=ai-architect": ("html", "json", "csv"),
    "/role/deep-learning-engineer": ("html", "json", *GRAPHS),
    "/tool/pytorch": ("html", "json", *GRAPHS),
    "/degree/doctorate": ("html", "json", *GRAPHS),
    "/tip/build-a-portfolio": ("html", "json", *GRAPHS),
    "/proficiency/expertise": ("html", "json", *GRAPHS),
    f"/source/{ARTICLE}": ("html", "json", *GRAPHS),
    "/posting/data-engineer-at-murmuration": ("html", "json", *GRAPHS),
    "/role": ("html", "json", *GRAPHS),
    "/skill": ("html", "json", *GRAPHS),
    "/source": ("html", "json"),
    "/posting": ("html", "json"),
    "/queries": ("html", "json"),
    "/queries/roles-by-tool?tool=pytorch": ("html", *TABLES),
    f"/queries/compare-graph?{ROLES}": ("html", *GRAPHS),
    "/sparql?query=SELECT+*+{+?s+a+?type+}+LIMIT+3": ("html", *TABLES),
    "/sparql?query=ASK+{}": ("html", *TABLES),
    "/sparql?query=DESCRIBE+<https://w3id.org/rolegraph/tool/pytorch>": ("html", *GRAPHS),
    "/graphs?graph=https://w3id.org/rolegraph/skill": GRAPHS,
    "/ontology": ("html", *GRAPHS),
    "/ns": ("html", *GRAPHS),
    "/shapes": ("html", *GRAPHS),
    "/problem/refused": ("html", "json"),
    "/": ("html",),
    "/validate": ("html",),
    "/health": ("json",),
    "/openapi.json": ("json",),
    "/context.jsonld": ("jsonld",),
}
MATRIX = [(path, name) for path, names in OFFERED.items() for name in names if path != "/context.jsonld"]  # which holds no triple
FORMS = ("/compare", "/queries/items-missing", "/sparql", "/sparql?query=")
"""Where people get a form, and machines are told what is missing."""


class Page(HTMLParser):
    """What a test asks of a page: how often each element stands in it, the ids, the addresses of links."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[str] = []
        self.ids: list[str] = []
        self.links: list[str] = []
        self.attributes: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append(tag)
        self.attributes += [name for name, _ in attrs]
        for name, value in attrs:
            if name == "id":
                self.ids.append(value or "")
            elif name == "href":
                self.links.append(value or "")


def media_of(path: str, name: str) -> Format:
    """The format of a name that a path gives: a table of results, or a document of our own."""
    wanted = [format_ for format_ in formats.FORMATS if format_.name == name]
    tabular = path.startswith(("/sparql", "/queries/"))
    return next(format_ for format_ in wanted if name != "json" or (format_.holds == "table") == tabular)


def check(answer: TestResponse, format_: Format) -> None:
    """Parse an answer with a parser that the service does not use to write it."""
    assert answer.status_code == 200, answer.text
    assert answer.content_type == format_.content_type
    assert "Accept" in answer.headers["Vary"]
    if format_.holds == "graph":
        assert len(Graph().parse(data=answer.data, format=RDFLIB[format_.name])) > 0
    elif format_.name == "html":
        page = Page(answer.text)
        assert page.elements.count("h1") == page.elements.count("main") == 1
        assert len(page.ids) == len(set(page.ids))
        assert not [name for name in page.attributes if name == "style" or name.startswith("on")]
    elif format_.name == "json":
        json.loads(answer.data)
    elif format_.name in ("csv", "tsv"):
        rows = list(csv.reader(io.StringIO(answer.text), delimiter="\t" if format_.name == "tsv" else ","))
        assert rows
        assert len({len(row) for row in rows}) == 1
    else:
        assert b"http://www.w3.org/2005/sparql-results#" in answer.data


@pytest.mark.parametrize(("path", "name"), MATRIX)
def test_every_route_in_every_format_by_accept(client: FlaskClient, path: str, name: str) -> None:
    format_ = media_of(path, name)
    check(client.get(path, headers={"Accept": f"{format_.media}, */*;q=0.1"}), format_)


@pytest.mark.parametrize(("path", "name"), [pair for pair in MATRIX if "." not in pair[0].partition("?")[0] and pair[0] != "/"])
def test_every_route_in_every_format_by_suffix_and_by_parameter(client: FlaskClient, path: str, name: str) -> None:
    format_ = media_of(path, name)
    bare, _, query = path.partition("?")
    for suffix in {name, format_.extension} & {other.extension for other in formats.FORMATS}:
        check(client.get(f"{bare}.{suffix}?{query}", headers={"Accept": "image/png"}), format_)
    check(client.get(f"{path}{'&' if query else '?'}format={name}", headers={"Accept": "image/png"}), format_)


def test_the_context_is_json_ld_without_triples(client: FlaskClient) -> None:
    answer = client.get("/context.jsonld", headers={"Accept": "application/ld+json, */*;q=0.1"})
    assert (answer.status_code, answer.content_type) == (200, "application/ld+json")
    assert "Accept" in answer.headers["Vary"]
    document = {"@context": answer.get_json(force=True)["@context"], "@id": f"{terms.BASE}role/x", "@type": "Role"}
    assert set(Graph().parse(data=json.dumps(document), format="json-ld").objects()) == {URIRef(terms.RG + "Role")}


@pytest.mark.parametrize(
    ("path", "accept", "media"),
    [
        ("/role/ai-architect", "", "text/html"),
        ("/role/ai-architect", "*/*", "text/html"),
        ("/role/ai-architect", BROWSER, "text/html"),
        ("/role/ai-architect", "text/turtle;q=0.8, application/ld+json;q=0.9", "application/ld+json"),
        ("/role/ai-architect", "text/turtle; charset=utf-8", "text/turtle"),
        ("/role/ai-architect", "text/*;q=0.5, text/html;q=0", "text/turtle"),
        ("/role/ai-architect", "TEXT/TURTLE", "text/turtle"),
        ("/role/ai-architect", "application/x-turtle", "text/turtle"),
        ("/role/ai-architect", "text/turtle;q=nonsense, application/rdf+xml", "application/rdf+xml"),
        ("/sparql?query=ASK{}", "*/*", "application/sparql-results+json"),
        ("/sparql?query=ASK{}", BROWSER, "text/html"),
        ("/sparql?query=ASK{}", "application/xml", "application/sparql-results+xml"),
        ("/sparql?query=ASK{}", "text/turtle, text/csv;q=0.1", "text/csv"),
        ("/queries/sources", "", "application/sparql-results+json"),
        ("/queries/sources", "application/json", "application/sparql-results+json"),
    ],
)
def test_negotiation(client: FlaskClient, path: str, accept: str, media: str) -> None:
    assert client.get(path, headers={"Accept": accept}).mimetype == media


def problem(answer: TestResponse, status: int, slug: str, parameter: str | None = None) -> dict[str, Any]:
    """Check that an answer is a problem as RFC 9457 describes it, and return it."""
    assert answer.status_code == status, answer.text
    assert answer.content_type == "application/problem+json"
    found: dict[str, Any] = json.loads(answer.data)
    assert found["status"] == status
    assert found["type"] == (f"{terms.BASE}problem/{slug}" if slug else "about:blank")
    assert found["title"]
    assert found["detail"]
    assert found.get("parameter") == parameter
    return found


ERRORS: list[tuple[str, int, str, str | None]] = [
    ("/compare", 400, "bad-parameter", "role"),
    ("/compare?role=ai-architect", 400, "bad-parameter", "role"),
    ("/compare?role=ai-architect&role=role:ai-architect", 400, "bad-parameter", "role"),
    ("/compare?role=ai-architect&role=nonsense", 400, "bad-parameter", "role"),
    ("/compare?" + urlencode([("role", f"role-{number}") for number in range(9)]), 400, "bad-parameter", "role"),
    (f"/compare?{ROLES}&format=nonsense", 400, "bad-parameter", "format"),
    (f"/compare.tsv?{ROLES}", 404, "not-found", None),
    ("/role/nonsense", 404, "not-found", None),
    ("/role/ai-architect.csv", 404, "not-found", None),
    ("/role/ai-architect.nonsense", 404, "not-found", None),
    ("/role/ai.architect", 404, "not-found", None),
    ("/role/<script>", 404, "not-found", None),
    ("/source.ttl", 404, "not-found", None),
    ("/nonsense", 404, "not-found", None),
    ("/nonsense/nonsense", 404, "not-found", None),
    ("/static/nonsense.css", 404, "not-found", None),
    ("/queries/nonsense", 404, "not-found", None),
    ("/queries/items-missing?to=ai-architect", 400, "bad-parameter", "from"),
    ("/queries/items-missing?from=ai-architect&to=python", 400, "bad-parameter", "to"),
    ("/queries/mappings?scheme=nonsense", 400, "bad-parameter", "scheme"),
    ("/sparql?query=", 400, "unreadable-input", None),
    ("/sparql?query=ASK{}&query=ASK{}", 400, "bad-parameter", "query"),
    ("/sparql?query=ASK{}&default-graph-uri=x", 400, "bad-parameter", "default-graph-uri"),
    ("/sparql?query=ASK{}&named-graph-uri=http://x/<>", 400, "bad-parameter", "named-graph-uri"),
    ("/sparql?query=SELEC", 400, "unreadable-input", None),
    ("/sparql?query=DROP+ALL", 400, "unreadable-input", None),
    ("/sparql?query=SELECT*{SERVICE<http://x>{}}", 403, "refused", None),
    ("/sparql?update=DROP+ALL", 400, "bad-parameter", "update"),
    ("/graphs", 400, "bad-parameter", "graph"),
    ("/graphs?default&graph=http://x", 400, "bad-parameter", "graph"),
    ("/graphs?graph=x", 400, "bad-parameter", "graph"),
    ("/graphs/x?graph=http://x", 400, "bad-parameter", "graph"),
    ("/graphs/x", 404, "not-found", None),
    ("/graphs?graph=https://w3id.org/rolegraph/nonsense", 404, "not-found", None),
    ("/problem/nonsense", 404, "not-found", None),
]
NUMBERS_OF_ROLES = {path for path, *_, name in ERRORS if name == "role" and path not in FORMS and not re.search("nonsense|role:", path)}
"""Comparisons of too few or too many roles: their page is the form, which says how many there can be."""


@pytest.mark.parametrize(("path", "status", "slug", "parameter"), ERRORS)
def test_errors_are_one_body_for_machines(client: FlaskClient, path: str, status: int, slug: str, parameter: str | None) -> None:
    problem(client.get(path, headers={"Accept": "*/*"}), status, slug, parameter)


@pytest.mark.parametrize(("path", "status"), [error[:2] for error in ERRORS if error[0] not in {*FORMS, *NUMBERS_OF_ROLES}])
def test_errors_are_a_page_for_people(client: FlaskClient, path: str, status: int) -> None:
    detail = str(client.get(path, headers={"Accept": "*/*"}).get_json(force=True)["detail"])
    page = client.get(path, headers={"Accept": BROWSER})
    assert (page.status_code, page.mimetype) == (status, "text/html")
    assert detail.split("'")[0].split("<")[0] in page.text


@pytest.mark.parametrize("path", sorted(NUMBERS_OF_ROLES))
def test_people_are_told_how_many_roles_can_be_compared(client: FlaskClient, path: str) -> None:
    page = client.get(path, headers={"Accept": BROWSER})
    assert (page.status_code, page.mimetype) == (400, "text/html")
    assert "Two to eight roles can be compared" in page.text


@pytest.mark.parametrize("path", FORMS)
def test_without_parameters_people_get_a_form(client: FlaskClient, path: str) -> None:
    page = client.get(path, headers={"Accept": BROWSER})
    assert (page.status_code, page.mimetype) == (200, "text/html")
    assert "form" in Page(page.text).elements


def test_not_acceptable_names_what_is(client: FlaskClient) -> None:
    found = problem(client.get("/role/ai-architect", headers={"Accept": "image/png"}), 406, "not-acceptable")
    assert "text/turtle" in str(found["expected"])
    problem(client.get("/skill", headers={"Accept": "text/html;q=0, image/png"}), 406, "not-acceptable")
    problem(client.get("/source", headers={"Accept": "text/turtle"}), 406, "not-acceptable")


def test_a_role_of_nearly_that_name_is_suggested(client: FlaskClient) -> None:
    assert problem(client.get("/role/deep-lerning-engineer"), 404, "not-found")["suggestions"][0] == "role:deep-learning-engineer"
    page = client.get("/role/deep-lerning-engineer", headers={"Accept": BROWSER})
    assert "/role/deep-learning-engineer" in Page(page.text).links
    page = client.get("/compare?role=ai-architect&role=ai-programer", headers={"Accept": BROWSER})
    assert page.status_code == 400
    assert "role:ai-programmer" in page.text


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
def test_other_methods_say_what_is_allowed(client: FlaskClient, method: str) -> None:
    answer = client.open("/role/ai-architect", method=method)
    problem(answer, 405, "")
    assert set(answer.headers["Allow"].split(", ")) == {"GET", "HEAD", "OPTIONS"}


@pytest.mark.parametrize("path", [*OFFERED, "/compare", "/sources", "/role/nonsense", "/nonsense", "/sparql", "/static/style.css"])
def test_head_is_get_without_its_body(client: FlaskClient, path: str) -> None:
    got, head = client.get(path, buffered=True), client.head(path, buffered=True)
    assert head.data == b""
    assert (head.status_code, head.content_type) == (got.status_code, got.content_type)
    assert head.headers.get("Content-Length") == got.headers.get("Content-Length")


@pytest.mark.parametrize("path", [*OFFERED, "/nonsense", "/sources", "/update", "/static/style.css", "/static/icon.svg"])
def test_every_answer_carries_the_security_headers_and_may_be_read_by_any_origin(client: FlaskClient, path: str) -> None:
    headers = client.get(path, buffered=True).headers
    policy = headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self';")
    assert "unsafe" not in policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["Access-Control-Allow-Origin"] == "*"


@pytest.mark.parametrize("path", list(OFFERED))
def test_what_did_not_change_is_not_sent_again(client: FlaskClient, path: str) -> None:
    first = client.get(path)
    assert first.headers["Cache-Control"] == "no-cache"
    again = client.get(path, headers={"If-None-Match": first.headers["ETag"]})
    assert again.status_code == 304
    assert again.data == b""
    assert client.get(path, headers={"If-None-Match": '"another"'}).status_code == 200


def test_a_page_that_is_not_there_is_not_there_for_those_who_had_any_page_either(client: FlaskClient) -> None:
    for path in ("/nonsense", "/role/nonsense", "/compare?role=ai-architect"):
        assert client.get(path, headers={"If-None-Match": "*"}).status_code in (400, 404)


def test_every_thing_of_the_graph_has_a_page(client: FlaskClient, graph: Rolegraph) -> None:
    for kind in terms.KINDS:
        for member in graph.catalogue.members(kind):
            path = member.iri.removeprefix(terms.BASE)
            answer = client.get(f"/{path}", headers={"Accept": BROWSER})
            assert answer.status_code == 200, path
            assert member.label.split("'")[0].split("&")[0] in answer.text


def followed(client: FlaskClient, path: str, links: Sequence[str]) -> None:
    """Follow the local links of a page, and their fragments."""
    for link in links:
        if link.startswith("http") or link == "":
            continue
        address, _, fragment = link.partition("#")
        target = client.get(address or path, headers={"Accept": BROWSER}, follow_redirects=True, buffered=True)
        assert target.status_code == 200, f"{path} links to {link}"
        assert not fragment or fragment in Page(target.text).ids, f"{path} links to {link}"


@pytest.mark.parametrize(
    "path", ["/", "/role/computer-vision-engineer", f"/source/{ARTICLE}", "/tool/pytorch", "/queries", "/ontology", "/shapes"]
)
def test_links_lead_somewhere(client: FlaskClient, path: str) -> None:
    followed(client, path, sorted(set(Page(client.get(path, headers={"Accept": BROWSER}).text).links)))


def test_links_of_a_comparison_lead_somewhere(client: FlaskClient) -> None:
    path = "/compare?role=ai-programmer&role=machine-learning-engineer"
    links = sorted(set(Page(client.get(path, headers={"Accept": BROWSER}).text).links))
    followed(client, path, links[::3])


def test_every_type_of_problem_is_explained(client: FlaskClient) -> None:
    for kind in errors.every():
        page = client.get(f"/problem/{kind.slug()}", headers={"Accept": BROWSER})
        assert page.status_code == 200
        assert kind.title in page.text
