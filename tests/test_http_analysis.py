"""The analyses over HTTP and on the command line: pages, data, profiles that leave no trace."""

import csv
import io
import json
import logging
import subprocess
import sys
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from rolegraph.analysis import Analysis
from rolegraph.facade import Rolegraph
from rolegraph.web import create_app

BROWSER = {"Accept": "text/html"}
MACHINE = {"Accept": "application/json"}
PAIR = "from=ai-programmer&to=computer-vision-engineer"
THREE = ["ai-programmer", "ai-architect", "deep-learning-engineer"]
ASKED = {
    "similar": ("role=ai-architect", ["ai-architect"]),
    "gap": (PAIR, ["ai-programmer", "computer-vision-engineer"]),
    "paths": (PAIR, ["ai-programmer", "computer-vision-engineer"]),
    "openings": ("from=ai-programmer", ["ai-programmer"]),
    "distinguish": ("role=ai-programmer&role=ai-architect,role:deep-learning-engineer", THREE),
    "agreement": ("role=deep-learning-engineer", ["deep-learning-engineer"]),
}


@pytest.mark.service
@pytest.mark.parametrize("name", ASKED)
def test_the_page_is_a_form_then_an_answer_and_the_data_is_the_same_everywhere(client: FlaskClient, name: str) -> None:
    query, arguments = ASKED[name]
    form = client.get(f"/{name}", headers=BROWSER)
    assert (form.status_code, b"<form" in form.data) == (200, True)
    page = client.get(f"/{name}?{query}", headers=BROWSER).get_data(as_text=True)
    found = client.get(f"/{name}.json?{query}").get_json()
    table = list(csv.reader(io.StringIO(client.get(f"/{name}.csv?{query}").get_data(as_text=True))))
    assert len({len(row) for row in table}) == 1
    assert len(table) > 1
    command = [sys.executable, "-m", "rolegraph", name, *arguments]
    assert json.loads(subprocess.run([*command, "-f", "json"], capture_output=True, check=True).stdout) == found
    printed = subprocess.run([*command, "-f", "csv"], capture_output=True, check=True, text=True).stdout
    assert list(csv.reader(io.StringIO(printed))) == table
    assert subprocess.run(command, capture_output=True, check=True).stdout
    labels = {row[table[0].index("label")] for row in table[1:]} - {""}
    assert sum(label.replace("'", "&#39;") in page for label in labels) >= len(labels) - 2  # further items are told by their number


def test_a_score_on_the_page_is_the_sum_of_what_stands_below_it(client: FlaskClient) -> None:
    found = client.get("/similar.json?role=ai-architect&with=ai-programmer").get_json()["similar"][0]
    assert sum(part["contribution"] for part in found["contributions"]) == pytest.approx(found["score"])
    assert found["unlisted"] == 0
    page = client.get("/similar?role=ai-architect&with=ai-programmer", headers=BROWSER).get_data(as_text=True)
    assert page.count("<tr>") == len(found["contributions"]) + 2
    for one in client.get("/similar.json?role=ai-architect&count=3").get_json()["similar"]:
        assert sum(part["contribution"] for part in one["contributions"]) + one["rest"] == pytest.approx(one["score"])


@pytest.mark.parametrize(
    ("path", "parameter"),
    [
        ("/similar", "role"),
        ("/similar?role=nonsense", "role"),
        ("/similar?role=ai-architect&with=nonsense", "with"),
        ("/similar?role=ai-architect&count=0", "count"),
        ("/similar?role=ai-architect&count=%C2%B2", "count"),
        ("/similar?role=ai-architect&source=nonsense", "source"),
        ("/similar?role=ai-architect&role=ai-programmer", "role"),
        ("/gap?from=ai-architect", "to"),
        ("/gap?from=ai-architect&to=nonsense", "to"),
        ("/paths?from=ai-architect&to=ai-architect", "to"),
        ("/paths?from=ai-architect&to=ai-programmer&k=11", "k"),
        ("/openings?from=%3C", "from"),
        ("/distinguish?role=ai-architect", "role"),
        ("/distinguish?role=ai-architect&role=role:ai-architect", "role"),
        ("/agreement?role=ai-architect&matching=maybe", "matching"),
    ],
)
def test_wrong_parameters_are_named(client: FlaskClient, path: str, parameter: str) -> None:
    found = client.get(path, headers=MACHINE)
    assert (found.status_code, found.get_json()["parameter"]) == (400, parameter)
    assert found.get_json()["expected"]
    if "?" in path:
        half = path in ("/gap?from=ai-architect", "/distinguish?role=ai-architect")  # the page asks for the other half
        assert client.get(path, headers=BROWSER).status_code == (200 if half else 400)


def test_an_older_revision_is_refused_plainly(store_copy: Path) -> None:
    graph = Rolegraph.open(store_copy)
    client = create_app(graph).test_client()
    assert graph.engine.revision is not None
    old = graph.engine.revision
    graph.store("https://w3id.org/rolegraph/source/new", b"<https://example.org/a> a <https://example.org/B> .")
    answer = client.get(f"/similar.json?role=ai-architect&revision={old}")
    assert (answer.status_code, answer.get_json()["parameter"]) == (400, "revision")
    assert client.get(f"/similar.json?role=ai-architect&revision={graph.engine.revision}").status_code == 200
    assert client.post(f"/gap?revision={old}", data="Python", content_type="text/plain", headers=MACHINE).status_code == 400
    graph.close()


SECRET = "very-secret-skill"
BODIES = {
    "text/plain": f"Python\nOpenCV\n{SECRET}",
    "application/json": json.dumps({"skills": [{"name": "Vision", "keywords": ["Python", "OpenCV", SECRET]}], "work": []}),
    "application/ld+json": json.dumps({"@context": "https://schema.org/", "@type": "JobPosting", "skills": ["Python", "OpenCV", SECRET]}),
}


@pytest.mark.parametrize("media", BODIES)
def test_a_posted_profile_against_one_role_and_all(client: FlaskClient, media: str) -> None:
    found = client.post("/gap", data=BODIES[media], content_type=media, headers=MACHINE)
    assert found.headers["Cache-Control"] == "no-store"
    roles = found.get_json()["roles"]
    assert roles[0]["to"]["label"] == "Computer Vision Engineer"
    assert SECRET in found.get_json()["profile"]["unknown"]
    assert [role["fit"] for role in roles] == sorted((role["fit"] for role in roles), reverse=True)
    one = client.post("/gap?to=ai-architect", data=BODIES[media], content_type=media, headers=MACHINE).get_json()["roles"]
    assert [role["to"]["label"] for role in one] == ["AI Architect"]
    table = client.post("/gap?format=csv", data=BODIES[media], content_type=media)
    assert table.get_data(as_text=True).startswith("to,to_label,share")
    page = client.post("/gap", data={"profile": BODIES[media]}, headers=BROWSER)
    assert (page.status_code, SECRET in page.get_data(as_text=True)) == (200, True)
    file = client.post("/gap", data={"file": (io.BytesIO(BODIES["text/plain"].encode()), "skills.txt")}, headers=BROWSER)
    assert file.status_code == 200


@pytest.mark.service
def test_an_entry_is_a_profile_too(client: FlaskClient, tmp_path: Path) -> None:
    prefixes = "PREFIX rg: <https://w3id.org/rolegraph/ns#> PREFIX tool: <https://w3id.org/rolegraph/tool/>"
    turtle = f"{prefixes} <x:a> a rg:Role ; rg:tool tool:opencv ."
    found = client.post("/gap", data=turtle, content_type="text/turtle", headers=MACHINE).get_json()
    assert (found["profile"]["kind"], len(found["profile"]["found"])) == ("entry", 1)
    (tmp_path / "entry.ttl").write_text(turtle)
    command = [sys.executable, "-m", "rolegraph", "gap", "--profile", str(tmp_path / "entry.ttl"), "-f", "json"]
    assert json.loads(subprocess.run(command, capture_output=True, check=True).stdout) == found


@pytest.mark.parametrize(
    ("body", "media", "status"),
    [
        ("", "text/plain", 400),
        ("{", "application/json", 400),
        ("x", "image/png", 415),
        ("x" * (1024 * 1024 + 1), "text/plain", 413),
    ],
)
def test_what_is_no_profile_is_refused(client: FlaskClient, body: str, media: str, status: int) -> None:
    found = client.post("/gap", data=body, content_type=media, headers=MACHINE)
    assert (found.status_code, found.headers["Cache-Control"]) == (status, "no-store")


def test_a_fault_logs_nothing_of_the_profile(graph: Rolegraph, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise KeyError(SECRET)

    monkeypatch.setattr(Analysis, "fit", fail)
    client = create_app(graph).test_client()
    with caplog.at_level(logging.DEBUG):
        found = client.post("/gap", data=SECRET, content_type="text/plain", headers=MACHINE)
    assert (found.status_code, found.headers["Cache-Control"]) == (500, "no-store")
    assert "KeyError" in caplog.text
    assert SECRET not in caplog.text
    assert SECRET not in found.get_data(as_text=True)


def test_a_profile_is_not_kept_in_the_store(store_copy: Path) -> None:
    graph = Rolegraph.open(store_copy)
    client = create_app(graph).test_client()
    assert client.post("/gap", data=BODIES["text/plain"], content_type="text/plain", headers=MACHINE).status_code == 200
    graph.close()
    assert not [path for path in store_copy.rglob("*") if path.is_file() and SECRET.encode() in path.read_bytes()]


def test_nothing_is_offered_to_learn_after_the_last_item_that_opens_a_role(client: FlaskClient) -> None:
    counts = [len(one["opens"]) for one in client.get("/openings.json?from=ai-programmer&count=5").get_json()["learn"]]
    assert counts == [1]
    page = client.get("/openings?from=machine-learning-engineer", headers={"Accept": "text/html"}).text
    assert "none by itself, but nearer to some" in page
    assert '<td class="number">0</td>' not in page
