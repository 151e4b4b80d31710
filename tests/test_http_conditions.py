"""Writes that depend on what was read: If-Match and If-None-Match on every way to write, and the tags that they name."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from rolegraph.engine.embedded import Settings
from rolegraph.engine.revision_store import RevisionStore
from rolegraph.engine.revisions import Revisions
from rolegraph.facade import Rolegraph
from rolegraph.web import create_app

GRAPH = "/graphs?graph=http://e.example/g"
ENTRY = """
PREFIX dct: <http://purl.org/dc/terms/>
PREFIX rg: <https://w3id.org/rolegraph/ns#>
PREFIX role: <https://w3id.org/rolegraph/role/>
PREFIX source: <https://w3id.org/rolegraph/source/>
PREFIX tool: <https://w3id.org/rolegraph/tool/>
source:our-hr a rg:Source ; dct:title "%s"@en . role:ai-architect rg:tool tool:python .
"""
PLACES = ["/sources/our-hr", GRAPH, "/graphs/some/where", "/graphs?default"]
FORMS = ["turtle", "ntriples", "jsonld", "rdfxml"]


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Callable[..., FlaskClient]]:
    graphs: list[Rolegraph] = []

    def start(*, union: bool = True) -> FlaskClient:
        for graph in graphs:
            graph.close()
        graphs[:] = [Rolegraph.open(tmp_path / "store", settings=Settings(union=union))]
        assert graphs[0].tokens
        client = create_app(graphs[0]).test_client()
        client.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {graphs[0].tokens.create('admin').text}"
        return client

    yield start
    for graph in graphs:
        graph.close()


def write(client: FlaskClient, place: str, title: str = "One", method: str = "PUT", **headers: str) -> TestResponse:
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    return client.open(place, method=method, data=ENTRY % title, content_type="text/turtle", headers=sent)


def tag(client: FlaskClient, place: str, form: str = "turtle", coding: str = "identity") -> str:
    answer = client.get(place + ("&" if "?" in place else "?") + f"format={form}", headers={"Accept-Encoding": coding})
    assert answer.status_code == 200
    return answer.headers["ETag"]


@pytest.mark.parametrize("place", PLACES)
def test_a_write_replaces_only_what_was_seen(opened: Callable[..., FlaskClient], place: str) -> None:
    client = opened(union="default" not in place)
    if "default" not in place:
        assert write(client, place, If_Match='"anything"').status_code == 412
        assert write(client, place, If_Match="*").status_code == 412
        assert write(client, place, If_None_Match="*").status_code == 201
    else:
        assert write(client, place).status_code == 204
    assert write(client, place, If_None_Match="*").status_code == 412
    seen = tag(client, place)
    assert write(client, place, "Two", If_Match=seen).status_code in (200, 204)
    for method in ("PUT", "POST", "DELETE"):
        late = write(client, place, "Three", method, If_Match=seen)
        assert late.status_code == 412
        assert late.get_json()["type"].endswith("precondition-failed")
        assert late.get_json()["etag"].strip('"') == tag(client, place).strip('"').partition("-")[0]
    now = write(client, place, "Three", If_Match=late.get_json()["etag"]).headers["ETag"]
    assert write(client, place, "Four", If_Match=f'"other", {now}').status_code in (200, 204)
    assert write(client, place, "Five", If_Match=f"W/{tag(client, place)}").status_code == 412
    assert write(client, place, "Five", If_None_Match=tag(client, place)).status_code == 412
    assert write(client, place, "Five", If_None_Match=now).status_code in (200, 204)
    assert write(client, place, "", "DELETE", If_Match=tag(client, place)).status_code == 204


@pytest.mark.parametrize("coding", ["identity", "gzip", "br", "zstd"])
@pytest.mark.parametrize("form", FORMS)
def test_the_tag_of_any_format_and_coding_will_do(opened: Callable[..., FlaskClient], form: str, coding: str) -> None:
    client = opened()
    for place in ("/sources/ai-architect-vs-deep-learning-engineer", "/graphs?graph=source:ai-architect-vs-deep-learning-engineer"):
        seen = tag(client, place, form, coding)
        assert seen != tag(client, place, next(other for other in FORMS if other != form), coding)
        address, headers = f"{place}{'&' if '?' in place else '?'}format={form}", {"If-None-Match": seen, "Accept-Encoding": coding}
        assert client.get(address, headers=headers).status_code == 304
        assert write(client, place, method="DELETE", If_Match='"other"').status_code == 412
    assert write(client, place, method="DELETE", If_Match=seen).status_code == 204


def test_what_other_sources_write_and_a_restart_change_no_tag(opened: Callable[..., FlaskClient]) -> None:
    client = opened()
    written = write(client, "/sources/our-hr").headers["ETag"]
    seen = tag(client, "/sources/our-hr")
    assert client.put(GRAPH, data="<urn:s> <urn:p> 1 .", content_type="text/turtle").status_code == 201
    assert tag(client, "/sources/our-hr") == seen
    assert write(client, "/sources/our-hr").headers["ETag"] == written
    client = opened()
    assert tag(client, "/sources/our-hr") == seen
    assert write(client, "/sources/our-hr", "Two", If_Match=seen).status_code == 200
    assert tag(client, "/sources/our-hr") != seen
    text = "INSERT DATA { GRAPH <https://w3id.org/rolegraph/source/our-hr> { <urn:s> <urn:p> 1 } }"
    before = tag(client, "/sources/our-hr")
    assert client.post("/update", data=text, content_type="application/sparql-update").status_code == 204
    assert write(client, "/sources/our-hr", "Three", If_Match=before).status_code == 412


def test_what_was_written_without_a_note_of_it_has_a_new_tag(opened: Callable[..., FlaskClient], tmp_path: Path) -> None:
    client = opened()
    write(client, "/sources/our-hr")
    seen, kept = tag(client, "/sources/our-hr"), (tmp_path / "store" / "validators.json").read_bytes()
    write(client, "/sources/our-hr", "Two")
    for content in (kept, b"{", b"[]", b'{"revision": 99}'):
        opened(union=True)
        (tmp_path / "store" / "validators.json").write_bytes(content)
        assert write(opened(), "/sources/our-hr", "Three", If_Match=seen).status_code == 412


def test_a_store_of_an_older_version_has_tags_that_last(opened: Callable[..., FlaskClient], tmp_path: Path) -> None:
    opened()
    opened(union=True)
    (tmp_path / "store" / "validators.json").unlink()
    seen = tag(opened(), "/sources/ai-architect-vs-deep-learning-engineer")
    assert tag(opened(), "/sources/ai-architect-vs-deep-learning-engineer") == seen


@pytest.mark.parametrize("place", PLACES)
def test_an_empty_tag_is_that_of_nothing(opened: Callable[..., FlaskClient], place: str) -> None:
    client = opened(union="default" not in place)
    assert write(client, place).status_code in (201, 204)
    assert write(client, place, If_Match='""').status_code == 412
    assert write(client, place, If_None_Match='""').status_code in (200, 204)


def test_an_update_depends_on_the_whole_store(opened: Callable[..., FlaskClient]) -> None:
    client = opened()
    text = "INSERT DATA { GRAPH <urn:g> { <urn:s> <urn:p> %d } }"
    seen = client.get("/sparql?query=ASK+{}").headers["ETag"]

    def update(number: int, **headers: str) -> int:
        return client.post("/update", data=text % number, content_type="application/sparql-update", headers=headers).status_code

    assert update(1, **{"If-Match": seen}) == 204
    assert update(2, **{"If-Match": seen}) == 412
    assert update(2, **{"If-None-Match": "*"}) == 412
    assert update(2, **{"If-Match": client.get("/sparql?query=ASK+{}").headers["ETag"]}) == 204


@pytest.mark.parametrize("place", PLACES[:3])
def test_of_many_who_saw_the_same_one_writes(opened: Callable[..., FlaskClient], place: str) -> None:
    client = opened()
    write(client, place)
    seen = tag(client, place)
    clients = [client.application.test_client() for _ in range(6)]
    for each in clients:
        each.environ_base.update(client.environ_base)
    with ThreadPoolExecutor(6) as pool:
        found = list(pool.map(lambda numbered: write(numbered[1], place, str(numbered[0]), If_Match=seen).status_code, enumerate(clients)))
    assert sorted(found) in ([200, *[412] * 5], [204, *[412] * 5])


def test_no_guard_no_change(tmp_path: Path) -> None:
    engine = RevisionStore(tmp_path / "store")

    def guard() -> None:
        raise KeyError("no")

    with pytest.raises(KeyError):
        engine.write({"urn:g": b"<urn:s> <urn:p> 1 ."}, guard=guard)
    with pytest.raises(KeyError):
        engine.update("INSERT DATA { GRAPH <urn:g> { <urn:s> <urn:p> 1 } }", guard=guard)
    assert (engine.graphs(), engine.revision) == ([], 0)
    engine.write({"urn:g": b"<urn:s> <urn:p> 1 ."})
    assert engine.graphs() == ["urn:g"]
    engine.close()


def test_what_holds_all_graphs_follows_each_of_them(opened: Callable[..., FlaskClient]) -> None:
    client = opened()
    for place in ("/graphs.nq", "/graphs.trig", "/graphs?format=nquads", "/graphs?default&format=ntriples", "/graphs"):
        accept = {"Accept": "application/n-quads"}
        before = client.get(place, headers=accept)
        assert before.status_code == 200
        assert write(client, GRAPH, f"told at {place}").status_code in (201, 204)
        after = client.get(place, headers=accept)
        assert f"told at {place}" in after.text
        assert after.headers["ETag"] != before.headers["ETag"]


def test_no_tag_is_newer_than_the_answer_that_carries_it(opened: Callable[..., FlaskClient], monkeypatch: pytest.MonkeyPatch) -> None:
    client = opened()
    assert write(client, "/sources/our-hr", "One").status_code == 201
    publish, seen = Revisions.publish, list[TestResponse]()

    def reading(revisions: Revisions, *rest: Any) -> None:
        seen.append(client.get("/sources/our-hr"))  # while a write is under way
        publish(revisions, *rest)
        seen.append(client.get("/sources/our-hr"))

    monkeypatch.setattr(Revisions, "publish", reading)
    assert write(client, "/sources/our-hr", "Two").status_code == 200
    monkeypatch.undo()
    assert ["One" in answer.text for answer in seen] == [True, True]
    for answer in seen:
        assert write(client, "/sources/our-hr", "Three", If_Match=answer.headers["ETag"]).status_code == 412
