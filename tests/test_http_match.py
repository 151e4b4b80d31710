"""Texts and the concepts that they mean, over HTTP: data, the page, and what leaves no trace."""

import csv
import io
import json
import logging
from typing import Any

import jsonschema
import pytest
from flask.testing import FlaskClient

from rolegraph.facade import Rolegraph
from rolegraph.facade.match_tables import MOST_TEXTS
from rolegraph.web import create_app

BROWSER = {"Accept": "text/html,*/*;q=0.8"}
ARCHITECT = "https://w3id.org/rolegraph/role/ai-architect"
TEXTS = ["AI Architect", "", "Senior Deep Learning Engineer (m/f/d)", "zzzqqq"]
ASKED: dict[str, Any] = {"texts": TEXTS, "kind": "role", "limit": 2}
FORM = {"texts": "\r\n".join(TEXTS) + "\r\n\r\n", "kind": "role"}
SECRET = "Chief of secret projects"


def test_texts_are_matched_in_their_order(client: FlaskClient, graph: Rolegraph) -> None:
    found = client.post("/match", json=ASKED)
    assert (found.status_code, found.mimetype, found.headers["Cache-Control"]) == (200, "application/json", "no-store")
    assert found.headers["Access-Control-Allow-Origin"] == "*"
    answer = found.get_json()
    assert answer == json.loads(json.dumps(graph.match(TEXTS, "role", limit=2).as_dict()))
    assert [each["text"] for each in answer["results"]] == TEXTS
    assert (answer["results"][0]["decision"], answer["results"][0]["candidates"][0]["id"]) == ("accept", ARCHITECT)
    described = client.get("/openapi.json").get_json()
    schema = {"$ref": "#/components/schemas/Matches", "components": described["components"]}
    jsonschema.validate(answer, schema)
    body = described["paths"]["/match"]["post"]["requestBody"]["content"]["application/json"]["schema"]
    for example in body["examples"]:
        jsonschema.validate(example, {**body, "components": described["components"]})
        assert client.post("/match", json=example).status_code == 200


def test_the_same_as_a_table_and_as_a_mapping_set(client: FlaskClient) -> None:
    table = list(csv.DictReader(io.StringIO(client.post("/match.csv", json={**ASKED, "texts": ["=1+1", "AI Architect"]}).text)))
    assert [row["text"] for row in table] == ["'=1+1", "AI Architect"]
    assert (table[1]["id"], "id 2" in table[1], "id 3" in table[1]) == (ARCHITECT, True, False)
    assert client.post("/match.tsv", json=ASKED).text.startswith("#sssom_version")


@pytest.mark.parametrize(
    ("change", "parameter"),
    [
        ({"texts": []}, "texts"),
        ({"texts": "AI Architect"}, "texts"),
        ({"texts": ["a", 1]}, "texts"),
        ({"texts": None}, "texts"),
        ({"kind": "job"}, "kind"),
        ({"kind": None}, "kind"),
        ({"kind": ["role"]}, "kind"),
        ({"source": "nonsense"}, "source"),
        ({"source": 1}, "source"),
        ({"language": "xx"}, "language"),
        ({"limit": 0}, "limit"),
        ({"limit": 21}, "limit"),
        ({"limit": True}, "limit"),
        ({"limit": 1.5}, "limit"),
        ({"limits": 1}, "limits"),
    ],
)
def test_wrong_members_are_named_with_what_is_accepted(client: FlaskClient, change: dict[str, Any], parameter: str) -> None:
    found = client.post("/match", json=ASKED | change)
    assert (found.status_code, found.headers["Cache-Control"]) == (400, "no-store")
    assert found.get_json()["parameter"] == parameter
    assert found.get_json()["expected"]


@pytest.mark.parametrize(
    ("body", "media", "status"),
    [
        ("[]", "application/json", 400),
        ("{", "application/json", 400),
        ("[" * 50_000, "application/json", 400),
        ('{"texts": ["\\ud800"], "kind": "role"}', "application/json", 400),
        (f'{{"texts": ["a"], "kind": "role", "limit": {"9" * 5000}}}', "application/json", 400),
        (b'{"texts": ["\xff"], "kind": "role"}', "application/json", 400),
        (" " * 1024 * 1024 + "{}", "application/json", 413),
        ("AI Architect", "text/plain", 415),
        ("", "", 415),
    ],
)
def test_what_is_no_list_of_texts_is_refused(client: FlaskClient, body: str | bytes, media: str, status: int) -> None:
    assert client.post("/match", data=body, content_type=media).status_code == status


def test_more_texts_than_the_limit_are_refused_with_the_limit(client: FlaskClient) -> None:
    found = client.post("/match", json=ASKED | {"texts": ["a"] * (MOST_TEXTS + 1)})
    assert (found.status_code, found.get_json()["limit"]) == (413, MOST_TEXTS)
    page = client.post("/match", data=FORM | {"texts": "a\n" * (MOST_TEXTS + 1)}, headers=BROWSER)
    assert page.status_code == 413
    assert "1,001 texts" in page.text
    assert client.post("/match", json=ASKED | {"texts": ["a"] * MOST_TEXTS, "limit": 1}).status_code == 200


def test_long_and_foreign_texts_are_answered(client: FlaskClient) -> None:
    texts = ["architect " * 1000, "建築家", "\u202earchitect", "a\x00b", "<b>architect</b>", "👩‍🚀"]
    found = client.post("/match", json=ASKED | {"texts": texts}).get_json()["results"]
    assert [each["text"] for each in found] == texts
    page = client.post("/match", data=FORM | {"texts": "<script>alert(1)</script>"}, headers=BROWSER)
    assert "<script>alert" not in page.text


def test_the_page_offers_candidates_and_what_is_chosen_becomes_a_file(client: FlaskClient) -> None:
    form = client.get("/match", headers=BROWSER)
    assert (form.status_code, "no-store" in form.headers.get("Cache-Control", "")) == (200, False)
    page = client.post("/match", data=FORM, headers=BROWSER)
    assert (page.status_code, page.headers["Cache-Control"]) == (200, "no-store")
    assert page.text.count("<fieldset") == 3, "an empty row keeps its place, and is not shown"
    assert page.text.count('name="text"') == 4
    chosen = {"text": TEXTS, "kind": "role", "row-0": ARCHITECT, "row-3": "none"}
    saved = client.post("/match/mapping.csv", data=chosen)
    assert saved.headers["Content-Disposition"] == "attachment; filename=mapping.csv"
    rows = list(csv.DictReader(io.StringIO(saved.text)))
    assert [(row["row"], row["decision"], row["id"]) for row in rows] == [
        ("1", "accept", ARCHITECT),
        ("2", "none", ""),
        ("3", "review", ""),
        ("4", "none", ""),
    ]
    results = client.post("/match/mapping.json", data=chosen).get_json()["results"]
    assert [len(each["candidates"]) for each in results] == [1, 0, 0, 0]
    mapped = client.post("/match/mapping.tsv", data=chosen)
    assert mapped.headers["Content-Disposition"] == "attachment; filename=mapping.sssom.tsv"
    assert "AI Architect\trdfs literal\tskos:exactMatch\trole:ai-architect\tAI Architect\tsemapv:ManualMappingCuration" in mapped.text
    assert "Senior" not in mapped.text, "nobody has said what it means"


@pytest.mark.parametrize("change", [{"row-0": "https://example.org/"}, {"text": []}, {"kind": "job"}, {"limit": "x"}])
def test_choices_that_were_not_offered_are_refused(client: FlaskClient, change: dict[str, Any]) -> None:
    assert client.post("/match/mapping.csv", data={"text": TEXTS, "kind": "role"} | change).status_code == 400
    assert client.post("/match/mapping.csv", json=ASKED).status_code == 415


def test_errors_of_the_page_keep_what_was_pasted(client: FlaskClient) -> None:
    page = client.post("/match", data=FORM | {"source": "nonsense"}, headers=BROWSER)
    assert page.status_code == 400
    assert "Senior Deep Learning Engineer" in page.text
    assert client.post("/match", data={"texts": " \r\n", "kind": "role"}, headers=BROWSER).status_code == 400


def test_a_fault_logs_nothing_of_the_texts(graph: Rolegraph, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(self: Rolegraph, texts: list[str], *_: Any) -> None:
        raise KeyError(texts[0])

    monkeypatch.setattr(Rolegraph, "match", broken)
    with caplog.at_level(logging.DEBUG):
        found = create_app(graph).test_client().post("/match", json=ASKED | {"texts": [SECRET]})
    assert (found.status_code, found.headers["Cache-Control"]) == (500, "no-store")
    assert "KeyError" in caplog.text
    assert SECRET not in caplog.text
