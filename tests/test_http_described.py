"""Every IRI of ours that an answer gives leads to data about itself."""

import json
from collections.abc import Iterator
from typing import Any

import pyoxigraph as ox
import pytest
from flask.testing import FlaskClient

from rolegraph import terms
from rolegraph.engine.skolems import GENERATED
from rolegraph.facade import Rolegraph
from rolegraph.linked_data.concise_description import PARTS
from rolegraph.web import create_app

ANSWERS = (
    "/graphs.nq", "/ns.nt", "/shapes.nt", "/openapi.json", "/revisions.json", "/queries.json", "/role/nobody.json", "/sparql?format=nt",
    "/role/ai-architect.json", "/role/ai-architect.nt", "/compare.json?role=ai-architect&role=deep-learning-engineer",
    "/compare.nt?role=ai-architect&role=deep-learning-engineer", "/search.json?q=python", "/queries/sources.json", "/level.json",
    "/source.json",
    "/gap.json?from=ai-architect&to=deep-learning-engineer", "/agreement.json?role=ai-architect", "/posting.json",
)  # fmt: skip
ARTICLE = terms.BASE + "source/ai-architect-vs-deep-learning-engineer"
STATEMENT = f"{ARTICLE}#ai-architect-skills-1"
SOURCE = terms.BASE + "source/a-crosswalk"
CROSSWALK = f"""
PREFIX rg: <{terms.RG}> PREFIX skos: <http://www.w3.org/2004/02/skos/core#> PREFIX dct: <http://purl.org/dc/terms/>
<{SOURCE}> a rg:Source ; dct:title "Codes of old"@en .
<{SOURCE}#15-1132.00> a rg:Role, skos:Concept ; skos:prefLabel "Software Developers, Applications"@en ; skos:notation "15-1132.00" ;
    skos:relatedMatch [ skos:prefLabel "A node without a name"@en ] .
"""


def iris(body: str, media: str) -> Iterator[str]:
    """Yield the IRIs in an answer, not those that texts speak of."""
    if media in ("application/n-triples", "application/n-quads"):
        for quad in ox.parse(body, ox.RdfFormat.N_QUADS):
            for term in (quad.subject, quad.predicate, quad.object, quad.graph_name):
                if isinstance(term, ox.Literal):
                    yield term.datatype.value
                elif isinstance(term, ox.NamedNode):
                    yield term.value
    else:
        yield from _strings(json.loads(body))


def _strings(found: Any) -> Iterator[str]:
    if isinstance(found, str) and " " not in found:
        yield found
    elif isinstance(found, dict):
        for value in found.values():
            yield from _strings(value)
    elif isinstance(found, list):
        for value in found:
            yield from _strings(value)


def follow(client: FlaskClient, iri: str) -> str:
    """Ask for an IRI as a client does: without what follows the hash sign, and on to where the answer leads."""
    address = "/" + iri.removeprefix(terms.BASE).partition("#")[0]
    for _ in range(3):
        answer = client.get(address, headers={"Accept": "application/n-triples, application/json;q=0.5"})
        if answer.status_code != 303:
            break
        address = answer.headers["Location"]
    assert answer.status_code == 200, f"{iri} {answer.status_code}"
    return answer.text


def test_every_iri_that_is_given_out_is_described(client: FlaskClient) -> None:
    found = set()
    for address in ANSWERS:
        answer = client.get(address)
        found |= {iri for iri in iris(answer.text, answer.mimetype or "") if iri.startswith(terms.BASE)}
    assert len(found) > 500
    answers: dict[str, str] = {}
    for iri in sorted(found):
        document = iri.partition("#")[0]
        if document not in answers:
            answers[document] = follow(client, iri)
        assert f"<{iri}>" in answers[document] or f'"{iri}"' in answers[document], iri


@pytest.mark.parametrize("iri", [STATEMENT, f"{terms.BASE}source/salaries-2025-01-19#ai-programmer"])
def test_a_part_of_a_source_is_described_by_its_iri(client: FlaskClient, iri: str) -> None:
    answer = client.get("/thing", query_string={"iri": iri, "format": "nt"})
    assert answer.status_code == 200
    assert f"<{iri}> <{terms.RDF_TYPE}>" in answer.text
    page = client.get("/thing", query_string={"iri": iri}, headers={"Accept": "text/html"})
    assert (page.status_code, page.headers["Location"]) == (303, "/" + iri.removeprefix(terms.BASE))
    nobody = client.get("/thing", query_string={"iri": f"{ARTICLE}#nothing", "format": "nt"}, headers={"Accept": "application/json"})
    assert nobody.status_code == 404


@pytest.fixture
def own() -> Iterator[Rolegraph]:
    graph = Rolegraph.open(shipped=False)
    graph.store(SOURCE, CROSSWALK.encode())
    yield graph
    graph.close()


def test_a_concept_of_a_crosswalk_is_described_as_what_it_is(own: Rolegraph) -> None:
    client = create_app(own).test_client()
    asked = {"iri": f"{SOURCE}#15-1132.00"}
    told = client.get("/thing", query_string={**asked, "format": "json"}).get_json()
    assert (told["kind"], told["label"]) == ("role", "Software Developers, Applications")
    assert client.get("/thing", query_string=asked, headers={"Accept": "text/html"}).status_code == 200
    assert "15-1132.00" in follow(client, f"{SOURCE}#15-1132.00")


def test_what_stands_for_a_blank_node_is_described(own: Rolegraph) -> None:
    client = create_app(own).test_client()
    [node] = {iri for iri in iris(client.get("/graphs.nq").text, "application/n-quads") if iri.startswith(GENERATED)}
    path = "/" + node.removeprefix(terms.BASE)
    assert f"<{node}>" in follow(client, node)
    assert client.get(f"{path}.ttl", follow_redirects=True).mimetype == "text/turtle"
    assert client.get(f"{path}?format=nt&revision=0", follow_redirects=True).status_code == 404
    assert client.get(path, headers={"Accept": "text/html"}, follow_redirects=True).status_code == 200
    for wrong in ("nothing", "a%20b", "%3E%20%7B"):
        assert client.get(f"/.well-known/genid/{wrong}").status_code == 404


def test_a_version_of_the_ontology_leads_to_it(client: FlaskClient) -> None:
    assert client.get("/ns/0.2.0.ttl").headers["Location"] == "/ns.ttl"
    assert client.get("/ns/0.2.0?format=nt").headers["Location"] == "/ns?format=nt"
    assert '<https://w3id.org/rolegraph/ns> <http://www.w3.org/2002/07/owl#versionInfo> "0.1.0"' in client.get("/ns/0.1.0.nt").text
    assert client.get("/ns/0.1.0", headers={"Accept": "text/html"}).headers["Location"] == "/ns"
    assert client.get("/ns/9.9.9").status_code == 404


def test_of_a_large_source_the_source_alone_is_told() -> None:
    graph = Rolegraph.open(shipped=False)
    parts = "".join(f"<{SOURCE}#{number}> a <{terms.RG}Rating> .\n" for number in range(PARTS + 1))
    graph.store(SOURCE, CROSSWALK.encode() + parts.encode())
    client = create_app(graph).test_client()
    assert f"<{SOURCE}#1>" not in follow(client, SOURCE)
    assert f"<{SOURCE}#1>" in client.get("/thing", query_string={"iri": f"{SOURCE}#1", "format": "nt"}).text
    graph.close()


@pytest.mark.parametrize(
    ("address", "detail", "expected"),
    [
        ("/thing.json?iri=onet:15-1252.00", "is not described here", "rolegraph import onet"),
        ("/thing.ttl?iri=esco-skill:nothing", "is not described here", "rolegraph import esco"),
        ("/thing.json?iri=urn:x:y", "is not described here", "/search"),
    ],
)
def test_what_is_not_described_is_told_with_what_would_describe_it(client: FlaskClient, address: str, detail: str, expected: str) -> None:
    told = client.get(address, headers={"Accept": "application/problem+json"} if ".json" in address else {})
    assert told.status_code == 404
    assert detail in told.get_json()["detail"]
    assert expected in told.get_json()["expected"]


def test_a_graph_that_is_not_there_is_told_with_those_of_nearly_its_name_and_no_other(client: FlaskClient) -> None:
    for address in ("/graphs?graph=source:ai-architect-vs-deep-learning-enginer", "/sources/ai-architect-vs-deep-learning-enginer.ttl"):
        told = client.get(address, headers={"Accept": "text/turtle"}).get_json()
        assert told["suggestions"][0] == "source:ai-architect-vs-deep-learning-engineer"
        assert terms.BASE not in told["expected"]
    assert "suggestions" not in client.get("/sources/our-hr.ttl").get_json()
    assert terms.BASE not in client.get("/graphs", headers={"Accept": "text/turtle"}).get_json()["expected"]
