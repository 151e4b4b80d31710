"""JSON-LD both ways: what the service writes is read by any processor, and what people write is read without losing facts."""

import json
from typing import Any

import pytest
from flask.testing import FlaskClient
from pyld import jsonld as pyld
from rdflib import OWL, RDF, Graph, URIRef
from rdflib.compare import isomorphic

from rolegraph import formats, jsonld_context, resources, terms
from rolegraph.engine.embedded import EmbeddedEngine
from rolegraph.facade import Rolegraph
from rolegraph.validation import entries
from rolegraph.validation.entries import Entry

JSONLD, NTRIPLES = (formats.named(name, entries.FORMATS) for name in ("jsonld", "ntriples"))
SOURCE = "https://w3id.org/rolegraph/source/our-hr"
PREFIXES = "".join(f"PREFIX {prefix}: <{iri}>\n" for prefix, iri in {**terms.prefixes(), "item": SOURCE + "#"}.items())
ROLE = "https://hr.example.org/role/p1"
ANSWERS = (
    "/role/ai-architect",
    "/role/machine-learning-engineer",
    "/tool/pytorch",
    "/source/ai-architect-vs-deep-learning-engineer",
    "/source/salaries-2025-01-19",
    "/posting/data-engineer-at-murmuration",
    "/compare?role=ai-programmer&role=machine-learning-engineer",
    "/queries/compare-graph?role=ai-programmer&role=machine-learning-engineer",
    "/graphs?graph=https://w3id.org/rolegraph/source/machine-learning-engineer-vs-ai-programmer",
    "/ontology",
)


def answered(client: FlaskClient, path: str, name: str) -> bytes:
    answer = client.get(path, headers={"Accept": formats.named(name, entries.FORMATS).media})
    assert answer.status_code == 200
    return bytes(answer.data)


def by_pyld(document: bytes) -> Graph:
    """Read a document as PyLD does, with a loader that has the context at hand."""

    def load(address: str, _: Any) -> Any:
        assert address == jsonld_context.ADDRESS
        return {"contextUrl": None, "documentUrl": address, "document": {"@context": dict(jsonld_context.words())}}

    quads = pyld.to_rdf(json.loads(document), {"format": "application/n-quads", "documentLoader": load})
    return Graph().parse(data=quads, format="nt")


def written(turtle: str) -> tuple[Any, Graph]:
    """What the service writes for a graph, as JSON, and the graph as the store holds it."""
    graph = Rolegraph(EmbeddedEngine())
    graph.store("urn:g", (PREFIXES + turtle).encode())
    return json.loads(graph.export(JSONLD, "urn:g").body), Graph().parse(data=graph.export(NTRIPLES, "urn:g").body, format="nt")


def read(entry: Any, base: str = SOURCE) -> Entry:
    document = entry if "@context" in entry else {"@context": jsonld_context.ADDRESS, **entry}
    return entries.parse(json.dumps(document).encode(), JSONLD, base)


def triples(turtle: str) -> Graph:
    return Graph().parse(data=PREFIXES + turtle, format="turtle")


@pytest.mark.parametrize("path", ANSWERS)
def test_an_answer_is_read_by_pyld_and_by_rdflib_as_what_it_is_in_turtle(path: str, client: FlaskClient) -> None:
    expected = Graph().parse(data=answered(client, path, "turtle"), format="turtle")
    document = answered(client, path, "jsonld")
    assert len(expected) > 3
    assert isomorphic(Graph().parse(data=document, format="json-ld"), expected)
    assert isomorphic(by_pyld(document), expected)
    assert isomorphic(entries.read(document, JSONLD), expected)


def test_an_answer_names_the_context_and_has_one_word_for_each_property(client: FlaskClient) -> None:
    document = json.loads(answered(client, "/role/ai-architect", "jsonld"))
    assert document["@context"] == jsonld_context.ADDRESS
    [role] = [node for node in document["@graph"] if node["id"] == "role:ai-architect"]
    assert set(role["type"]) == {"Role", "Concept"}
    assert [key for node in document["@graph"] for key in node if ":" in key] == []
    several = ("tools", "industries", "certifications", "essentialSkill", "responsibilities", "relatedMatch")
    assert all(isinstance(role[key], list) for key in several if key in role)
    assert "tools" in role


def test_the_context_is_valid_and_is_what_the_service_has_at_its_address(client: FlaskClient) -> None:
    document = client.get("/context.jsonld").get_json(force=True)
    assert document == {"@context": jsonld_context.words()}
    expanded = pyld.expand({**document, "id": "role:x", "type": "Role", "tools": ["tool:python"], "prefLabel": {"en": "X"}})
    assert set(expanded[0]) == {"@id", "@type", terms.RG + "tool", terms.PREF_LABEL}


NUMBERS = """
    item:pay a schema:MonetaryAmountDistribution ; schema:median 196500 ; schema:percentile90 250000.5 ; rg:observations 153 ;
        rg:year "2025"^^xsd:gYear .
    item:range a schema:QuantitativeValue ; schema:minValue 62000 ; schema:maxValue 78000.0 ; schema:value 9 .
    item:whole a rg:Outlook ; rg:value 15.0 ; rg:periodEnd "2032"^^xsd:gYear .
    item:part a rg:Outlook ; rg:value 23.5 .
    item:untyped rg:value 7 ; rg:position 3 ; rg:step 2 ; rg:atLeast 1 ; rg:open false .
    item:odd rg:observations 12345678901234567890, "many" ;
        rg:year "0800"^^xsd:gYear ; rg:open "maybe"^^xsd:boolean ; rg:value 1, 2.0, 2.5 .
"""


def test_numbers_are_numbers_and_stay_what_they_were() -> None:
    document, held = written(NUMBERS)
    nodes = {node["id"].rpartition("#")[2]: node for node in document["@graph"]}
    assert {key: nodes["pay"][key] for key in ("median", "observations", "year")} == {"median": 196500, "observations": 153, "year": 2025}
    assert (nodes["whole"]["value"], nodes["whole"]["periodEnd"], nodes["range"]["maxValue"]) == (15, 2032, 78000)
    assert [nodes["untyped"][key] for key in ("position", "step", "atLeast", "open")] == [3, 2, 1, False]
    assert nodes["part"]["value"] == "23.5"  # as a number it would be read as 2.35E1, which is no decimal
    assert [nodes["range"]["minValue"], nodes["range"]["value"]] == [{"@value": 62000}, {"@value": 9}]  # no decimals
    body = json.dumps(document).encode()
    for found in (by_pyld(body), Graph().parse(data=body, format="json-ld"), entries.read(body, JSONLD)):
        assert isomorphic(found, held)


def test_a_document_that_names_the_context_can_be_put_back(client: FlaskClient) -> None:
    document = answered(client, "/source/salaries-2025-01-19", "jsonld")
    expected = Graph().parse(data=answered(client, "/source/salaries-2025-01-19", "turtle"), format="turtle")
    engine = EmbeddedEngine()
    engine.write({"urn:g": document}, JSONLD)
    assert isomorphic(Graph().parse(data=engine.dump(NTRIPLES, "urn:g").body, format="nt"), expected)


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ({"tool": ["tool:python"], "skill": "skill:machine-learning"}, "rg:tool tool:python ; rg:skill skill:machine-learning"),
        ({"level": "level:senior", "industry": ["industry:retail"]}, "rg:level level:senior ; rg:industry industry:retail"),
        ({"degree": "degree:master", "certification": ["certification:x"]}, "rg:degree degree:master ; rg:certification certification:x"),
        ({"responsibility": ["responsibility:x"], "tip": ["tip:x"]}, "rg:responsibility responsibility:x ; rg:tip tip:x"),
        ({"application": ["application:x"], "status": "status:active"}, "rg:application application:x ; rg:status status:active"),
        ({"tools": ["tool:git"], "atLevel": "level:mid", "levels": ["level:mid"]}, "rg:tool tool:git ; rg:level level:mid"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, dict) else "",
)
def test_a_property_may_be_called_by_its_name_or_by_its_word(facts: dict[str, Any], expected: str) -> None:
    entry = read({"id": ROLE, **facts})
    assert (entry.remarks, isomorphic(entry.graph, triples(f"<{ROLE}> {expected} ."))) == ([], True)


def test_every_property_of_the_ontology_may_be_called_by_its_name() -> None:
    ontology = Graph().parse(resources.folder("ontology") / "rolegraph.ttl")
    for property_ in ontology.subjects(RDF.type, OWL.ObjectProperty):
        entry = read({"id": "urn:x", str(property_).removeprefix(terms.RG): "urn:y"})
        assert (entry.remarks, set(entry.graph)) == ([], {(URIRef("urn:x"), property_, URIRef("urn:y"))})


def test_an_outlook_and_a_statement_are_read_as_people_write_them() -> None:
    entry = read(
        {
            "@graph": [
                {
                    "id": "#o",
                    "type": "Outlook",
                    "label": {"en": "more jobs"},
                    "measure": "measure:employment",
                    "direction": "direction:rising",
                    "value": 23.5,
                    "unit": "unit:percent",
                    "region": "region:us",
                    "periodEnd": 2032,
                },
                {"id": "#s", "type": "Statement", "role": "role:x", "section": "section:skills", "position": 1, "supports": "#c"},
                {
                    "id": "#c",
                    "type": "Claim",
                    "subject": "role:x",
                    "predicate": "rg:tool",
                    "object": "tool:y",
                    "proficiency": "proficiency:z",
                },
            ]
        }
    )
    expected = """
        item:o a rg:Outlook ; rdfs:label "more jobs"@en ; rg:measure measure:employment ; rg:direction direction:rising ; rg:value 23.5 ;
            rg:unit unit:percent ; rg:region region:us ; rg:periodEnd "2032"^^xsd:gYear .
        item:s a rg:Statement ; rg:role role:x ; rg:section section:skills ; rg:position 1 ; rg:supports item:c .
        item:c a rg:Claim ; rdf:subject role:x ; rdf:predicate rg:tool ; rdf:object tool:y ; rg:proficiency proficiency:z .
    """
    assert (entry.remarks, isomorphic(entry.graph, triples(expected))) == ([], True)


def test_a_posting_has_the_words_of_schema_org() -> None:
    pay = {"id": "#p", "type": "MonetaryAmount", "currency": "EUR", "value": {"id": "#v", "type": "QuantitativeValue", "value": 38.5}}
    posting = {"id": "#j", "type": "JobPosting", "title": "Prompt engineer", "datePosted": "2026-11-01", "baseSalary": pay}
    expected = """
        item:j a schema:JobPosting ; schema:title "Prompt engineer" ;
            schema:datePosted "2026-11-01"^^xsd:date ; schema:baseSalary item:p .
        item:p a schema:MonetaryAmount ; schema:currency "EUR" ; schema:value item:v .
        item:v a schema:QuantitativeValue ; schema:value 38.5 .
    """
    assert isomorphic(read(posting).graph, triples(expected))
    assert isomorphic(by_pyld(json.dumps(written(expected)[0]).encode()), triples(expected))


@pytest.mark.parametrize(
    ("pay", "expected"),
    [
        ({"median": 70000, "observations": 14}, "schema:median 70000 ; rg:observations 14"),
        ({"median": "70000.5", "observations": "14"}, "schema:median 70000.5 ; rg:observations 14"),
        ({"median": 70000.5, "year": 2026}, 'schema:median 70000.5 ; rg:year "2026"^^xsd:gYear'),
        ({"minValue": 62000, "maxValue": 78000.5}, 'schema:minValue "62000"^^xsd:decimal ; schema:maxValue 78000.5'),
    ],
    ids=["numbers", "texts", "fraction", "range"],
)
def test_a_number_may_be_a_number_or_a_text(pay: dict[str, Any], expected: str) -> None:
    found = read({"id": "#p", **pay}).graph
    assert isomorphic(found, triples(f"item:p {expected} ."))


def test_a_text_without_a_language_is_read_as_english_and_this_is_said() -> None:
    entry = read(
        {"id": ROLE, "type": "Role", "prefLabel": "Prompt engineer", "altLabel": ["LLM whisperer"], "definition": {"de": "Prüft."}}
    )
    names = 'skos:prefLabel "Prompt engineer"@en ; skos:altLabel "LLM whisperer"@en ; skos:definition "Prüft."@de'
    assert isomorphic(entry.graph, triples(f"<{ROLE}> a rg:Role ; {names} ."))
    assert [(remark.severity, remark.focus, "English" in remark.message) for remark in entry.remarks] == [("Info", ROLE, True)] * 2


def test_the_language_of_a_document_wins() -> None:
    entry = read({"@context": [jsonld_context.ADDRESS, {"@language": "de"}], "id": ROLE, "prefLabel": "Prompt-Ingenieurin"})
    assert (entry.remarks, isomorphic(entry.graph, triples(f'<{ROLE}> skos:prefLabel "Prompt-Ingenieurin"@de .'))) == ([], True)


@pytest.mark.parametrize(
    ("key", "value", "hints"),
    [
        ("essentialSkill", "Python", ['"skill:python"', '"tool:python"']),
        ("requiredDegree", "Bachelor of Arts", ['"degree:bachelor-of-arts"']),
        ("unit", "USD", ['"unit:usd"']),
        ("region", "US", ['"region:us"']),
        ("broader", "Engineer", ["identifier"]),
    ],
)
def test_a_name_in_place_of_an_identifier_is_reported_with_what_to_write(key: str, value: str, hints: list[str]) -> None:
    entry = read({"id": ROLE, "type": "Role", key: [value, "tool:git"]})
    [remark] = entry.remarks
    assert (remark.severity, remark.focus, remark.value) == ("Violation", ROLE, value)
    assert [hint for hint in hints if hint not in remark.message] == []
    assert len(entry.graph) == 2  # the type, and the other value


def test_an_object_without_an_identifier_gets_one_that_stays_the_same() -> None:
    pay = {"type": "MonetaryAmountDistribution", "name": "base", "median": 70000}
    entry = {"id": ROLE, "type": "Role", "salary": [pay, {**pay, "median": 80000}]}
    found = [read(given).graph for given in (entry, {**entry, "salary": [entry["salary"][1], pay]})]
    salaries = set(found[0].objects(URIRef(ROLE), URIRef(terms.RG + "salary")))
    assert isomorphic(*found)
    assert len(salaries) == 2
    assert all(str(salary).startswith(f"{SOURCE}#p1-salary-") for salary in salaries)
    assert all(isinstance(node, URIRef) for node in found[0].subjects())


@pytest.mark.parametrize(
    ("key", "words"),
    [
        ("Tools", ["Tools is not a term of the context", "did you mean tools?"]),
        ("field", ["field is the beginning of identifiers", "did you mean fieldOfStudy?"]),
        ("Tool", ["Tool is a class", "did you mean tools?"]),
        ("skos", ["skos is the beginning of identifiers"]),
    ],
)
def test_a_key_without_effect_is_reported(key: str, words: list[str]) -> None:
    entry = read({"id": ROLE, "type": "Role", key: ["tool:python"]})
    [remark] = entry.remarks
    assert (remark.severity, len(entry.graph)) == ("Warning", 1)
    assert [word for word in words if word not in remark.message] == []


def test_a_role_of_a_web_developer_is_accepted_whole(client: FlaskClient) -> None:
    entry = {
        "@context": "/context.jsonld",
        "id": ROLE,
        "type": ["Concept", "Role"],
        "prefLabel": "Prompt engineer",
        "definition": "Writes and tests instructions for language models.",
        "tool": ["tool:python"],
        "essentialSkill": [
            "skill:machine-learning",
            {"type": "Skill", "prefLabel": {"en": "prompt design"}, "definition": {"en": "Phrasing."}},
        ],
        "level": "level:senior",
        "salary": {
            "type": "MonetaryAmountDistribution",
            "name": "base",
            "currency": "EUR",
            "duration": "P1Y",
            "median": 70000,
            "observations": 14,
        },
    }
    report = client.post("/validate.json", data=json.dumps(entry), content_type="application/ld+json").get_json()
    assert (report["conforms"], report["counts"], report["checked"]) == (True, {"Violation": 0, "Warning": 0, "Info": 2}, 3)
