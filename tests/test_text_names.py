"""Names in JSON-LD entries where identifiers are expected: kept as the texts that they are, with what would link them."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from flask.testing import FlaskClient
from rdflib import Graph, Literal, URIRef
from rdflib.compare import isomorphic

from rolegraph import formats, terms
from rolegraph.cli import main
from rolegraph.engine.pool import Limits
from rolegraph.facade import Rolegraph
from rolegraph.validation import entries
from rolegraph.validation.jsonld_reader import TEXTS
from rolegraph.web import create_app

pytestmark = pytest.mark.service

JSONLD = formats.named("jsonld", formats.holding("graph"))
ROLE = "https://hr.example/id/role-43"
SCHEMA = "https://schema.org/"
SOURCE = {"id": "source:our-hr", "type": "Source", "title": {"en": "Roles of our company"}}


def entry(**properties: Any) -> bytes:
    role = {"id": ROLE, "type": "Role", "prefLabel": {"en": "Prompt engineer"}, "definition": {"en": "Tests instructions."}, **properties}
    return json.dumps({"@context": "https://w3id.org/rolegraph/context.jsonld", "@graph": [SOURCE, role]}).encode()


def said(body: bytes) -> set[tuple[str, Any]]:
    """What an entry says of the role, but for its type, name and definition."""
    facts = entries.read(body, JSONLD).predicate_objects(URIRef(ROLE))
    return {(str(name), value) for name, value in facts if not str(name).endswith(("#type", "prefLabel", "definition"))}


@pytest.fixture(scope="module")
def store(shipped_store: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return Path(shutil.copytree(shipped_store, tmp_path_factory.mktemp("named") / "store"))


@pytest.fixture(scope="module")
def writer(store: Path) -> Iterator[FlaskClient]:
    graph = Rolegraph.open(store, Limits(workers=1))
    assert graph.tokens
    client = create_app(graph).test_client()
    client.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {graph.tokens.create('write:our-hr').text}"
    yield client
    graph.close()


@pytest.mark.parametrize("value", ["Python", ["Python"], {"@value": "Python"}, [{"@value": "Python"}]])
@pytest.mark.parametrize(
    ("key", "property_"),
    [
        *[(key, "skills") for key in ("skill", "skills", "tool", "tools")],
        *[(key, "educationRequirements") for key in ("degree", "degrees", "fieldOfStudy")],
        *[(key, "qualifications") for key in ("certification", "certifications")],
        *[(key, "industry") for key in ("industry", "industries")],
        *[(key, "responsibilities") for key in ("responsibility", "responsibilities")],
    ],
)
def test_a_name_is_kept_as_a_text_of_the_property_of_schema_org(key: str, property_: str, value: Any) -> None:
    assert said(entry(**{key: value})) == {(SCHEMA + property_, Literal("Python"))}


@pytest.mark.parametrize("name", ["C/C++", "CI/CD", ".NET", "C#", "C++", "Python: advanced", "Größe", "Node.js", "tool-box", "a/b/c"])
def test_what_people_call_things_is_a_name(name: str) -> None:
    assert said(entry(tools=[name])) == {(f"{SCHEMA}skills", Literal(name))}


@pytest.mark.parametrize(
    ("text", "iri"),
    [
        ("tool:python", f"{terms.BASE}tool/python"),
        ("tool/python", f"{terms.BASE}tool/python"),
        ("./tool/python", f"{terms.BASE}tool/python"),
        ("#python", f"{terms.BASE}#python"),
        ("https://hr.example/id/python", "https://hr.example/id/python"),
        ("urn:uuid:7d0f", "urn:uuid:7d0f"),
    ],
)
def test_an_identifier_is_none(text: str, iri: str) -> None:
    assert said(entry(tools=[text])) == {(f"{terms.RG}tool", URIRef(iri))}


def test_a_name_has_the_language_of_the_document() -> None:
    document = json.loads(entry(skills=["Backen", "tool:python"]))
    document["@context"] = [document["@context"], {"@language": "de"}]
    facts = said(json.dumps(document).encode())
    assert facts == {(f"{SCHEMA}skills", Literal("Backen", lang="de")), (f"{terms.RG}skill", URIRef(f"{terms.BASE}tool/python"))}


def test_every_way_in_accepts_names_and_suggests_what_they_may_mean(writer: FlaskClient, store: Path, tmp_path: Path) -> None:
    body = entry(skills=["Python", "machine learning"], tools=["Excel"], industries="Finance", degrees=["Bachelor's degree"])
    checked = writer.post("/validate", data=body, content_type="application/ld+json").get_json()
    assert (checked["conforms"], checked["counts"]) == (True, {"Violation": 0, "Warning": 0, "Info": 5})
    messages = {finding["value"]: (finding["short"]["path"], finding["message"]) for finding in checked["findings"]}
    for text, path, suggestion in (
        ("Python", "schema:skills", 'did you mean "tool:python"?'),
        ("machine learning", "schema:skills", 'did you mean "skill:machine-learning"?'),
        ("Finance", "schema:industry", 'did you mean "industry:finance"?'),
        ("Bachelor's degree", "schema:educationRequirements", 'did you mean "degree:bachelor"?'),
        ("Excel", "schema:skills", "the search of the service finds the identifier"),
    ):
        assert messages[text][0] == path
        assert suggestion in messages[text][1]
    written = writer.put("/sources/our-hr", data=body, content_type="application/ld+json")
    assert written.status_code in (200, 201), written.text
    assert written.get_json()["findings"] == checked["findings"]
    file = tmp_path / "entry.jsonld"
    file.write_bytes(body)
    told = CliRunner().invoke(main, ["validate", str(file), "--format", "json"])
    assert (told.exit_code, json.loads(told.output)["findings"]) == (0, checked["findings"])


def test_a_text_stays_in_every_answer_and_comes_back_the_same(writer: FlaskClient) -> None:
    writer.put("/sources/our-hr", data=entry(skills=["Python"], tools=["tool:java"]), content_type="application/ld+json")
    links = writer.get("/thing.json", query_string={"iri": ROLE}).get_json()["links"]
    assert {"property": "schema:skills", "value": "Python", "sources": [f"{terms.BASE}source/our-hr"]} in links
    page = writer.get("/thing", query_string={"iri": ROLE}, headers={"Accept": "text/html"}).text
    assert '"skills": [' in page
    assert "<div>Python" in page
    jsonld = writer.get("/sources/our-hr", headers={"Accept": "application/ld+json"}).data
    turtle = writer.get("/sources/our-hr", headers={"Accept": "text/turtle"}).text
    assert isomorphic(entries.read(jsonld, JSONLD), Graph().parse(data=turtle, format="turtle"))
    assert writer.put("/sources/our-hr", data=jsonld, content_type="application/ld+json").get_json()["findings"] == []


@pytest.mark.parametrize("key", ["essentialSkill", "optionalSkill", "requiredDegree", "preferredDegree", "levels", "focus", "applications"])
def test_a_name_where_only_an_identifier_will_do_is_an_error_that_shows_it(key: str, writer: FlaskClient) -> None:
    told = writer.post("/validate", data=entry(**{key: ["Python/Basics"]}), content_type="application/ld+json").get_json()
    assert not told["conforms"]
    [finding] = [finding for finding in told["findings"] if finding["severity"] == "Violation"]
    assert finding["value"] == "Python/Basics"
    assert '"Python/Basics" is a name, not an identifier' in finding["message"]


def test_every_property_that_keeps_texts_is_one_of_the_ontology() -> None:
    ontology = (Path(__file__).parent.parent / "ontology" / "rolegraph.ttl").read_text("utf-8")
    assert all(f"\nrg:{name} a owl:ObjectProperty" in ontology for name in TEXTS)
