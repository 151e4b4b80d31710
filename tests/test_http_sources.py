"""Entries that others push: they pass the shapes or change nothing, and each source is written by those who may."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from rdflib import Graph
from werkzeug.test import TestResponse

from rolegraph.engine.pool import Limits
from rolegraph.facade import Rolegraph
from rolegraph.web import create_app
from rolegraph.web.resources.validation import INVALID, VALID

pytestmark = pytest.mark.service

SOURCE = """
PREFIX dct: <http://purl.org/dc/terms/>
PREFIX source: <https://w3id.org/rolegraph/source/>
source:our-hr a rg:Source ; dct:title "Roles of our company"@en .
"""
OTHER = VALID.replace("prompt-engineer", "model-tester").replace("Prompt Engineer", "Model Tester").replace("prompt designer", "tester")
TRIPLES = "SELECT (COUNT(*) AS ?n) { GRAPH <https://w3id.org/rolegraph/source/our-hr> { ?s ?p ?o } }"


@pytest.fixture(scope="module")
def service(shipped_store: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rolegraph]:
    graph = Rolegraph.open(Path(shutil.copytree(shipped_store, tmp_path_factory.mktemp("sources") / "store")), Limits(workers=1))
    yield graph
    graph.close()


@pytest.fixture
def hr(service: Rolegraph) -> Iterator[FlaskClient]:
    """A client that may write its own source."""
    assert service.tokens
    client = create_app(service).test_client()
    client.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {service.tokens.create('write:our-hr').text}"
    yield client
    client.delete("/sources/our-hr")


def send(client: FlaskClient, body: str, method: str = "PUT", source: str = "our-hr") -> TestResponse:
    return client.open(f"/sources/{source}", method=method, data=body, content_type="text/turtle")


def count(client: FlaskClient) -> int:
    return int(client.get("/sparql.csv", query_string={"query": TRIPLES}).text.split()[1])


def test_what_is_pushed_is_there_at_once_everywhere(hr: FlaskClient) -> None:
    answer = send(hr, VALID + SOURCE)
    assert answer.status_code == 201, answer.text
    assert answer.get_json()["conforms"]
    assert int(answer.headers["Rolegraph-Revision"]) > 1
    assert "Roles of our company" in hr.get("/role/prompt-engineer", headers={"Accept": "text/html"}).text
    assert hr.get("/compare.json?role=prompt-engineer&role=ai-architect").status_code == 200
    assert "prompt-engineer" in hr.get("/queries/roles-by-tool.csv?tool=python").text
    assert "Prompt Engineer" in hr.get("/sources/our-hr", headers={"Accept": "text/turtle"}).text
    assert hr.delete("/sources/our-hr").status_code == 204
    assert hr.get("/role/prompt-engineer").status_code == 404
    assert hr.get("/sources/our-hr").status_code == 404


def test_what_breaks_the_shapes_changes_nothing_and_is_explained(hr: FlaskClient, service: Rolegraph) -> None:
    send(hr, VALID + SOURCE)
    before, triples = service.engine.revision, count(hr)
    for method in ("PUT", "POST"):
        answer = send(hr, INVALID + SOURCE, method)
        assert answer.status_code == 422
        report = answer.get_json()["report"]
        assert report["counts"]["Violation"] == 2
        assert all(finding["message"] for finding in report["findings"])
    page = hr.put("/sources/our-hr", data=INVALID + SOURCE, content_type="text/turtle", headers={"Accept": "text/html"})
    assert page.status_code == 406  # a report is no page
    assert send(hr, "nonsense").status_code == 400
    assert (service.engine.revision, count(hr)) == (before, triples)


def test_a_source_says_what_it_is(hr: FlaskClient) -> None:
    for method in ("PUT", "POST"):
        answer = send(hr, VALID, method)
        assert answer.status_code == 422
        assert "rg:Source" in answer.get_json()["expected"]
    assert send(hr, VALID + SOURCE).status_code == 201
    assert send(hr, OTHER, "POST").status_code == 200


def test_entries_are_added_and_replaced_thing_by_thing(hr: FlaskClient) -> None:
    send(hr, VALID + SOURCE)
    alone = count(hr)
    assert send(hr, OTHER, "POST").status_code == 200
    both = count(hr)
    assert both == alone + len(Graph().parse(data=OTHER, format="turtle"))
    assert send(hr, OTHER, "POST").status_code == 200
    assert count(hr) == both
    shorter = OTHER.replace("    rg:tool tool:python ;\n", "")
    assert send(hr, shorter, "POST").status_code == 200
    assert count(hr) == both - 1


@pytest.mark.parametrize("method", ["PUT", "POST", "DELETE"])
def test_a_source_is_written_only_by_those_who_may(hr: FlaskClient, service: Rolegraph, method: str) -> None:
    assert send(hr, VALID + SOURCE, method, "ai-architect-vs-deep-learning-engineer").status_code == 403
    assert send(create_app(service).test_client(), VALID + SOURCE, method).status_code == 401
    assert send(hr, VALID + SOURCE, method, "Our_HR").status_code == 400
    assert hr.open("/graphs?graph=https://w3id.org/rolegraph/source/our-hr", method=method).status_code == 403
