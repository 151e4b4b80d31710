"""Revisions over HTTP: what was read can be read again, and what did not change is not computed again."""

import tempfile
from collections.abc import Iterator
from pathlib import Path
from unittest.mock import patch

import pytest
from flask.testing import FlaskClient

from rolegraph.engine.pool import Limits
from rolegraph.facade import Rolegraph
from rolegraph.values import Answer
from rolegraph.web import create_app
from rolegraph.web.http import negotiation
from rolegraph.web.http.wsgi import LARGEST
from rolegraph.web.middleware.cache import RECALL, CachedResponse, LruByBytes

pytestmark = pytest.mark.service

SOURCE = "https://w3id.org/rolegraph/source/ai-architect-vs-deep-learning-engineer"
PAY = "https://w3id.org/rolegraph/source/salaries-2025-01-19"
ARCHITECT = "/role/ai-architect.json"


@pytest.fixture
def written(store_copy: Path) -> Iterator[Rolegraph]:
    graph = Rolegraph.open(store_copy, Limits(workers=1))
    yield graph
    graph.close()


@pytest.fixture
def reader(written: Rolegraph) -> FlaskClient:
    return create_app(written).test_client()


def facts(client: FlaskClient, query: str = "") -> int:
    return sum(link["property"].startswith("rg:") for link in client.get(ARCHITECT + query).json["links"])  # type: ignore[index]


def test_any_answer_can_be_had_as_it_was(written: Rolegraph, reader: FlaskClient) -> None:
    count = "/sparql?format=csv&query=SELECT (COUNT(*) AS ?n) {?s ?p ?o}"
    before, triples = facts(reader), reader.get(count).text
    written.engine.write({SOURCE: None, PAY: None})
    assert facts(reader) == 0
    assert reader.get(count).text != triples
    listed = reader.get("/revisions?format=json").json
    assert listed is not None
    assert (listed["newest"], [found["number"] for found in listed["revisions"]]) == (2, [2, 1, 0])
    assert facts(reader, "?revision=1") == before > 50
    assert reader.get(count + "&revision=1").text == triples
    assert reader.get("/queries/tips.csv?role=ai-architect&revision=1").text.count("\n") > 5
    page = reader.get("/role/ai-architect?revision=1", headers={"Accept": "text/html"}).text
    assert "This is revision 1, not the newest" in page
    assert "?revision=1" in reader.get("/revisions", headers={"Accept": "text/html"}).text


@pytest.mark.parametrize(("revision", "status"), [("x", 400), ("-1", 400), ("", 400), ("99", 404), ("٣", 400)])
def test_a_revision_that_is_none_is_told_which_there_are(reader: FlaskClient, revision: str, status: int) -> None:
    answer = reader.get(f"{ARCHITECT}?revision={revision}")
    assert answer.status_code == status
    assert answer.json is not None
    assert answer.json["expected"]


def test_what_was_answered_once_is_not_looked_up_again_until_something_is_written(written: Rolegraph, reader: FlaskClient) -> None:
    first = reader.get(ARCHITECT)
    with patch.object(written.engine, "rows", side_effect=AssertionError("looked up again")):
        again = reader.get(ARCHITECT)
        unchanged = reader.get(ARCHITECT, headers={"If-None-Match": first.headers["ETag"]})
    assert again.data == first.data
    assert dict(again.headers) == dict(first.headers)
    assert (unchanged.status_code, unchanged.data) == (304, b"")
    written.engine.write({SOURCE: None})
    changed = reader.get(ARCHITECT, headers={"If-None-Match": first.headers["ETag"]})
    assert changed.status_code == 200
    assert changed.data != first.data


def test_an_answer_that_may_differ_the_next_time_is_not_remembered(reader: FlaskClient) -> None:
    path = "/sparql?format=csv&query=SELECT (STRUUID() AS ?x) {}"
    assert reader.get(path).text != reader.get(path).text


def test_each_form_of_an_answer_has_a_tag_of_its_own(reader: FlaskClient) -> None:
    tags = {reader.get(f"/role/ai-architect.{suffix}").headers["ETag"] for suffix in ("json", "ttl", "nt", "rdf", "html")}
    tags.add(reader.get("/role/ai-architect", headers={"Accept": "text/turtle"}).headers["ETag"])
    assert len(tags) == 6


def test_where_others_may_write_nothing_is_remembered(written: Rolegraph, reader: FlaskClient) -> None:
    with patch.object(type(written.engine), "revision", None):
        first = reader.get(ARCHITECT)
        unchanged = reader.get(ARCHITECT, headers={"If-None-Match": first.headers["ETag"]})
        with patch.object(written.engine, "rows", side_effect=RuntimeError("looked up")):
            assert reader.get(ARCHITECT).status_code == 500
    assert (unchanged.status_code, unchanged.headers["ETag"]) == (304, first.headers["ETag"])


def test_a_large_answer_has_the_tag_of_its_revision_and_is_not_remembered(written: Rolegraph) -> None:
    app = create_app(written)
    content = tempfile.TemporaryFile()  # noqa: SIM115
    content.truncate(LARGEST + 1)
    app.add_url_rule("/large", "large", lambda: negotiation.respond(Answer(negotiation.TABLES[0], content), negotiation.TABLES[0]))
    client = app.test_client()
    answer = client.get("/large", buffered=True)
    assert answer.headers["ETag"].startswith('"1-')
    assert len(answer.data) == LARGEST + 1
    assert app.extensions[RECALL](answer.request.environ) is None
    recalled = app.extensions[RECALL](client.get(ARCHITECT).request.environ)
    assert recalled.body == client.get(ARCHITECT).data
    unchanged = client.get("/large", headers={"If-None-Match": answer.headers["ETag"]})
    assert (unchanged.status_code, content.closed) == (304, True)


def test_the_memory_is_bounded() -> None:
    copy = CachedResponse((("Content-Type", "text/plain"),), b"x" * 100)
    memory = LruByBytes(room=3 * copy.size)
    for number in range(20):
        memory.keep(str(number), copy)
    assert [memory.recall(str(number)) for number in (0, 16)] == [None, None]
    assert [memory.recall(str(number)) for number in (17, 18, 19)] == [copy] * 3
