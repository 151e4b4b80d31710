"""The model over HTTP, and what other systems take from the pages: OpenAPI, JSON-LD context, schema.org occupations."""

import json
import re
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from openapi_spec_validator import validate
from pyshacl import validate as validate_shapes
from rdflib import RDF, Graph, Namespace, URIRef
from rdflib.compare import isomorphic

from rolegraph import errors, resources, terms
from rolegraph.facade import Rolegraph, model
from rolegraph.formats import FORMATS
from rolegraph.queries import QueryCatalogue

BROWSER = "text/html,*/*;q=0.8"
SCHEMA = Namespace("http://schema.org/")
ROLES = ["ai-architect", "ai-programmer", "computer-vision-engineer", "deep-learning-engineer", "machine-learning-engineer"]
ROLES += ["machine-learning-software-engineer"]


class Data(HTMLParser):
    """The blocks of JSON-LD in a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.blocks: list[str] = []
        self._inside = False
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._inside = tag == "script" and "src" not in dict(attrs)
        if self._inside:
            assert attrs == [("type", "application/ld+json")]
            self.blocks.append("")

    def handle_endtag(self, tag: str) -> None:
        self._inside = self._inside and tag != "script"

    def handle_data(self, data: str) -> None:
        if self._inside:
            self.blocks[-1] += data


def occupation(client: FlaskClient, role: str) -> dict[str, object]:
    blocks = Data(client.get(f"/role/{role}", headers={"Accept": BROWSER}).text).blocks
    assert len(blocks) == 1
    found: dict[str, object] = json.loads(blocks[0])
    return found


def test_there_are_no_other_roles(graph: Rolegraph) -> None:
    assert [member.slug for member in graph.catalogue.members("role")] == ROLES


@pytest.mark.parametrize("role", ROLES)
def test_the_page_of_a_role_carries_it_as_an_occupation(client: FlaskClient, graph: Rolegraph, role: str) -> None:
    found = occupation(client, role)
    assert found == graph.occupation(f"{terms.BASE}role/{role}")
    assert found["@type"] == "Occupation"
    assert found["skills"]
    assert found["estimatedSalary"]


@pytest.mark.parametrize("role", ROLES)
def test_the_occupation_meets_the_shapes_of_schema_org(client: FlaskClient, demand: Callable[[str, str], Path], role: str) -> None:
    folder = demand("ROLEGRAPH_TEST_DATA", "schemaorg/schemaorg-30.0-shapes.shacl") / "schemaorg"
    # what schema.org's own context says of the properties used here, with http as its shapes have it
    context = {"@vocab": str(SCHEMA), **{name: {"@type": "@id"} for name in ("url", "inDefinedTermSet", "inCodeSet")}}
    document = {**occupation(client, role), "@context": context}
    data = Graph().parse(data=json.dumps(document), format="json-ld")
    assert (None, RDF.type, SCHEMA.Occupation) in data
    shapes = (folder / "schemaorg-30.0-shapes.shacl").read_text("utf-8")
    # the release takes nodes only where a property is of type Text and of no other: no text could ever meet that
    shapes = shapes.replace(
        ":ValidSchemaText a sh:NodeShape ;\n    sh:nodeKind sh:BlankNodeOrIRI",
        ":ValidSchemaText a sh:NodeShape ;\n    sh:nodeKind sh:Literal",
    )
    conforms, _, text = validate_shapes(data, shacl_graph=Graph().parse(data=shapes, format="turtle"), advanced=False)
    assert conforms, text


def test_the_description_in_openapi_is_valid_and_whole(client: FlaskClient) -> None:
    document = client.get("/openapi.json").get_json()
    validate(document)
    rules = set()
    for rule in client.application.url_map.iter_rules():
        path = re.sub(r"<(?:any\([^)]*\):|[a-z]+:)?(\w+)>", r"{\1}", rule.rule)
        rules |= {(path, method.lower()) for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}}
    described = {(path, method) for path, methods in document["paths"].items() for method in methods}
    canned = {(f"/queries/{query.name}", "get") for query in QueryCatalogue()}
    assert described - canned == rules - {("/static/{filename}", "get")}
    assert canned <= described
    text = json.dumps(document)
    for format_ in FORMATS:
        assert format_.media in text or format_.holds == "dataset"
    for kind in errors.every():
        assert kind.slug() in text


def test_the_description_tells_the_statuses_that_there_are(client: FlaskClient) -> None:
    paths = client.get("/openapi.json").get_json()["paths"]
    for method in ("put", "post"):
        answers = paths["/sources/{slug}"][method]["responses"]
        assert {"200", "201", "400", "401", "403", "406", "408", "412", "413", "415", "422", "503"} <= set(answers)
        assert "application/json" in answers["200"]["content"]
        assert {"Rolegraph-Revision", "ETag"} == set(answers["201"]["headers"])
        assert {"201", "204", "415"} <= set(paths["/graphs"][method]["responses"])
    for path, methods in paths.items():
        for method, operation in methods.items():
            writes = "security" in operation
            assert {"If-Match", "If-None-Match"} <= {one["name"] for one in operation["parameters"]} or not writes
            assert ("413" in operation["responses"]) == ("requestBody" in operation), (path, method)
            assert {"503", "default"} <= set(operation["responses"])
    for path, sent, status in (("/role/nothing.json", {}, 404), ("/role.json?limit=0", {}, 400), ("/health", {"Accept": "image/png"}, 406)):
        assert client.get(path, headers=sent).status_code == status


def test_ontology_and_shapes_are_the_same_in_every_format(client: FlaskClient) -> None:
    for path, folder in (("ontology", ["rolegraph.ttl", "alignments/*.ttl"]), ("shapes", ["shapes/*.ttl"])):
        written = Graph()
        if path == "shapes":
            written.parse(data=model.WHOLE, format="turtle")  # what they are as a whole
        for pattern in folder:
            for file in resources.files("ontology", pattern):
                written.parse(file)
        for suffix, name in (("ttl", "turtle"), ("nt", "nt"), ("jsonld", "json-ld"), ("rdf", "xml")):
            found = Graph().parse(data=client.get(f"/{path}.{suffix}").data, format=name)
            assert isomorphic(found, written), (path, suffix)


def test_every_term_and_every_rule_is_documented(client: FlaskClient) -> None:
    page = client.get("/ontology", headers={"Accept": BROWSER}).text
    ontology = Graph().parse(resources.folder("ontology") / "rolegraph.ttl")
    for term in set(ontology.subjects(URIRef("http://www.w3.org/2004/02/skos/core#definition"))):
        assert f'id="{str(term).partition("#")[2]}"' in page
    shapes = Graph()
    for file in resources.files("ontology", "shapes/*.ttl"):
        shapes.parse(file)
    page = client.get("/shapes", headers={"Accept": BROWSER}).text
    for shape in set(shapes.subjects(URIRef("http://www.w3.org/ns/shacl#message"))):
        assert f'id="{str(shape).partition("#")[2]}"' in page


def test_the_context_is_the_file(client: FlaskClient) -> None:
    assert client.get("/context.jsonld").data == (resources.folder("ontology") / "context.jsonld").read_bytes()


def test_health_says_how_much_there_is(client: FlaskClient) -> None:
    found = client.get("/health").get_json()
    assert found["status"] == "ok"
    assert (found["roles"], found["sources"]) == (6, 9)


def test_sources_lead_to_their_list(client: FlaskClient) -> None:
    assert client.get("/sources").headers["Location"] == "/source"
    assert "AI Architect" in client.get("/sources", headers={"Accept": BROWSER}, follow_redirects=True).text
