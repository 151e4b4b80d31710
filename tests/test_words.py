"""Words that are nearly right, and names that several things bear: told, or taken as what is meant."""

import json
from typing import Any

import pytest
from flask.testing import FlaskClient

from rolegraph import formats, terms
from rolegraph.facade import Rolegraph
from rolegraph.jsonld_context import ADDRESS as CONTEXT
from rolegraph.web import create_app

ROLE = "https://hr.example.org/role/p1"
ENTRY = {"@context": CONTEXT, "id": ROLE, "type": "Role", "prefLabel": {"en": "Zorblat"}, "definition": {"en": "Tests zorblats."}}


def validated(client: FlaskClient, entry: Any) -> Any:
    return client.post("/validate.json", data=json.dumps(entry), content_type="application/ld+json").get_json()


@pytest.mark.parametrize(
    ("key", "near"),
    [("essentialSkills", "essentialSkill"), ("Tools", "tools"), ("skillz", "skills"), ("nicename", ""), ("prefLable", "prefLabel")],
)
def test_a_key_that_the_context_does_not_know_is_told(client: FlaskClient, key: str, near: str) -> None:
    report = validated(client, {**ENTRY, "essentialSkill": ["skill:natural-language-processing"], key: ["tool:python"]})
    [found] = report["findings"]
    assert (found["severity"], found["focus"]) == ("Warning", ROLE)
    assert found["message"].startswith(f"{key} is not a term of the context, so its value is left out; ")
    assert (f"did you mean {near}?" in found["message"]) == bool(near)


@pytest.mark.parametrize(
    "extra",
    [
        {"http://purl.org/dc/terms/source": "a"},
        {"dct:source": "a"},
        {"@context": [CONTEXT, {"nicename": "http://purl.org/dc/terms/alternative"}], "nicename": "a"},
        {"@context": [CONTEXT, {"nicename": None}], "nicename": "a"},
        {"@context": [CONTEXT, {"@vocab": "http://purl.org/dc/terms/"}], "alternative": "a"},
        {"altLabel": {"en": ["a"], "fr": ["b"]}},
    ],
)
def test_a_key_that_some_context_knows_is_not_remarked_on(client: FlaskClient, extra: dict[str, Any]) -> None:
    report = validated(client, {**ENTRY, "essentialSkill": ["skill:natural-language-processing"], **extra})
    assert [found for found in report["findings"] if "of the context" in found["message"]] == []


def test_the_beginning_of_names_is_no_property(client: FlaskClient) -> None:
    [found] = validated(client, {**ENTRY, "essentialSkill": ["skill:natural-language-processing"], "esco": ["tool:python"]})["findings"]
    assert found["message"].startswith("esco is the beginning of identifiers, not a property")


def test_a_push_tells_what_was_left_out(graph: Rolegraph) -> None:
    shipped = {"essentialSkill": ["skill:natural-language-processing"], "skillz": ["x"]}
    report = graph.validate(json.dumps({**ENTRY, **shipped}).encode(), formats.named("jsonld", formats.FORMATS))
    assert "skillz is not a term of the context" in report.text()


def test_of_several_things_of_one_name_the_one_that_is_asked_for_is_taken() -> None:
    graph = Rolegraph.open()
    skill, tool = (terms.expand(name) for name in ("esco-skill:made-up-script", "tool:made-up-script"))
    weaver, loom = (terms.expand(name) for name in ("esco-occupation:made-up-scripter", "onet:99-0004.00"))
    prefixes = "".join(f"PREFIX {name}: <{terms.prefixes()[name]}> " for name in ("rg", "skos"))
    said = {
        "esco-0-3": f'<{weaver}> a rg:Role ; skos:prefLabel "scripter"@en ; rg:essentialSkill <{skill}> . '
        f'<{skill}> a rg:Skill ; skos:prefLabel "MadeScript"@en .',
        "onet-0-3": f'<{loom}> a rg:Role ; skos:prefLabel "Scripters"@en ; rg:tool <{tool}> . '
        f'<{tool}> a rg:Tool ; skos:prefLabel "MadeScript"@en .',
    }
    for name, text in said.items():
        iri = f"{terms.BASE}source/{name}"
        graph.store(iri, (prefixes + text + f' <{iri}> a rg:Source ; skos:prefLabel "{name}"@en .').encode())
    visitor = create_app(graph).test_client()
    for asked, expected in (({"to": weaver}, skill), ({"to": loom}, tool), ({"source": "onet-0-3"}, tool), ({}, skill)):
        answer = visitor.post("/gap.json", query_string=asked, data="MadeScript", content_type="text/plain").get_json()
        assert [found["id"] for found in answer["profile"]["found"]] == [expected]
        assert answer["roles"][0]["share"] == 1.0
    graph.close()
