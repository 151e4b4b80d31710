"""Near items of a comparison: equal names, hierarchies and matches, each with its reason."""

import csv
import io
import json
from collections.abc import Iterator
from typing import TypeAlias

import pytest
from click.testing import CliRunner
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st

from rolegraph import nearness, terms
from rolegraph.cli import main, stores
from rolegraph.comparison.model import Claim, Comparison, Item, Section
from rolegraph.comparison.near import Match, proposals, with_near_items
from rolegraph.facade import Rolegraph
from rolegraph.values import Named
from rolegraph.web import create_app

WEB, SITES = "esco-occupation:made-up-web-maker", "onet:99-0009.00"
SCRIPT, SCRIPT_TOOL = (str(terms.expand(curie)) for curie in ("esco-skill:made-up-script", "tool:onet-made-up-script"))
HEAD = """@prefix rg: <https://w3id.org/rolegraph/ns#> . @prefix skos: <http://www.w3.org/2004/02/skos/core#> .
@prefix dct: <http://purl.org/dc/terms/> . @prefix dcat: <http://www.w3.org/ns/dcat#> . @prefix schema: <https://schema.org/> .
"""
GRAPHS = {
    "esco-0-3": f"""<{terms.expand(WEB)}> a rg:Role, skos:Concept ; skos:prefLabel "made-up web maker"@en ;
        skos:exactMatch <{terms.expand(SITES)}> ; rg:essentialSkill <{SCRIPT}>, <{SCRIPT}-b>, <{SCRIPT}-c> .
        <{SCRIPT}> a rg:Skill, skos:Concept ; skos:prefLabel "Made-Up Script"@en .
        <{SCRIPT}-b> a rg:Skill, skos:Concept ; skos:prefLabel "plan sites"@en .
        <{SCRIPT}-c> a rg:Skill, skos:Concept ; skos:prefLabel "write pages"@en ; skos:closeMatch <{SCRIPT_TOOL}-c> .""",
    "onet-0-3": f"""<{terms.expand(SITES)}> a rg:Role, skos:Concept ; skos:prefLabel "Site Makers"@en ;
        rg:tool <{SCRIPT_TOOL}>, <{SCRIPT_TOOL}-c>, <{SCRIPT_TOOL}-d> .
        <{SCRIPT_TOOL}> a rg:Tool, skos:Concept ; skos:prefLabel "Made up script"@en .
        <{SCRIPT_TOOL}-c> a rg:Tool, skos:Concept ; skos:prefLabel "Page software"@en .
        <{SCRIPT_TOOL}-d> a rg:Tool, skos:Concept ; skos:prefLabel "Other software"@en .""",
}
CREDIT = """
<{0}> a rg:Source ; skos:prefLabel "Made up {1}"@en ; dct:title "Made up {1}"@en ; dcat:version "0.3" ; schema:creditText "x"@en ."""
PAIR = {"role": [WEB, SITES]}


@pytest.fixture(scope="module")
def graph() -> Iterator[Rolegraph]:
    opened = Rolegraph.open()
    for name, said in GRAPHS.items():
        iri = f"{terms.BASE}source/{name}"
        opened.store(iri, (HEAD + said + CREDIT.format(iri, name)).encode())
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def client(graph: Rolegraph) -> FlaskClient:
    return create_app(graph).test_client()


def items(client: FlaskClient, **query: object) -> dict[str, dict[str, object]]:
    document = client.get("/compare.json", query_string={**PAIR, **query}).get_json()
    return {item["id"]: item for section in document["sections"] for item in section["items"]}


def test_equal_names_and_close_matches_of_two_sources_are_near(client: FlaskClient) -> None:
    by_iri = items(client)
    assert {iri: item["closeness"] for iri, item in by_iri.items()} == {
        SCRIPT: "near",
        f"{SCRIPT}-b": "different",
        f"{SCRIPT}-c": "near",
        SCRIPT_TOOL: "near",
        f"{SCRIPT_TOOL}-c": "near",
        f"{SCRIPT_TOOL}-d": "different",
    }
    named, matched = by_iri[SCRIPT]["near"], by_iri[f"{SCRIPT_TOOL}-c"]["near"]
    about = {"section": "tools", "roles": [str(terms.expand(SITES))], "relation": "same name", "worth": 0.9, "sources": []}
    tool = {"id": SCRIPT_TOOL, "curie": "tool:onet-made-up-script", "label": "Made up script"}
    assert named == [{**tool, **about, "reason": nearness.REASONS["same name"]}]
    assert isinstance(matched, list)
    assert [(near["relation"], near["sources"]) for near in matched] == [("close", [f"{terms.BASE}source/esco-0-3"])]


def test_roles_with_near_items_can_be_compared_and_their_matches_are_told(client: FlaskClient) -> None:
    document = client.get("/compare.json", query_string=PAIR).get_json()
    assert (document["near"], document["notComparable"]) == ("reviewed", [])
    source = {"id": f"{terms.BASE}source/esco-0-3", "curie": "source:esco-0-3", "label": "Made up esco-0-3"}
    expected = {"from": terms.expand(WEB), "to": terms.expand(SITES), "relation": "exactMatch", "sources": [source]}
    assert document["matches"] == [expected]
    page = client.get("/compare", query_string=PAIR, headers={"Accept": "text/html"}).text
    for text in ("exact match", nearness.REASONS["same name"], nearness.REASONS["close"], "Near"):
        assert text in page
    rows = list(csv.DictReader(io.StringIO(client.get("/compare.csv", query_string=PAIR).text)))
    assert next(row for row in rows if row["item"] == SCRIPT)["near"] == f"{SCRIPT_TOOL} ({nearness.REASONS['same name']})"


def test_near_items_can_be_left_out(client: FlaskClient) -> None:
    assert {item["closeness"] for item in items(client, near="off").values()} == {None}
    document = client.get("/compare.json", query_string={**PAIR, "near": "off"}).get_json()
    assert (document["near"], len(document["notComparable"])) == ("off", 1)
    assert "Near" not in client.get("/compare", query_string={**PAIR, "near": "off"}, headers={"Accept": "text/html"}).text
    wrong = client.get("/compare.json", query_string={**PAIR, "near": "all"})
    assert (wrong.status_code, wrong.get_json()["parameter"]) == (400, "near")


def test_a_pushed_source_makes_nothing_near(graph: Rolegraph, client: FlaskClient) -> None:
    iri = f"{terms.BASE}source/our-hr"
    said = f"<{SCRIPT}-b> skos:closeMatch <{SCRIPT_TOOL}-d> ." + CREDIT.format(iri, "our-hr")
    graph.store(iri, (HEAD + said).encode())
    assert items(client)[f"{SCRIPT}-b"]["closeness"] == "different"


def test_the_command_marks_near_items(graph: Rolegraph, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stores, "read", lambda _: graph)
    shown = CliRunner().invoke(main, ["compare", WEB, SITES], env={"COLUMNS": "200"}).output
    assert f"≈ Made up script, {nearness.REASONS['same name']}" in shown
    left_out = CliRunner().invoke(main, ["compare", WEB, SITES, "--near", "off", "--format", "json"]).output
    assert json.loads(left_out)["near"] == "off"


def test_an_agreement_and_a_gap_read_near_items(client: FlaskClient) -> None:
    found = client.get("/agreement.json", query_string={"role": WEB, "matching": "yes"}).get_json()
    pairs = {frozenset((pair["item"]["id"], pair["near"]["id"])): pair["relation"] for pair in found["near"]}
    assert pairs == {frozenset((SCRIPT, SCRIPT_TOOL)): "same name", frozenset((f"{SCRIPT}-c", f"{SCRIPT_TOOL}-c")): "close"}
    assert (found["shared"], found["notComparable"]) == ([], [])
    page = client.get("/agreement", query_string={"role": WEB, "matching": "yes"}, headers={"Accept": "text/html"}).text
    assert nearness.REASONS["same name"] in page
    gap = client.get("/gap.json", query_string={"from": SITES, "to": WEB}).get_json()
    statuses = {need["id"]: (need["status"], need["relation"], need["worth"]) for need in gap["needs"]}
    assert statuses[SCRIPT] == ("nearly covered", "same name", 0.9)
    assert statuses[f"{SCRIPT}-c"] == ("nearly covered", "close", 0.9)
    assert gap["essentials"] == {"covered": 0, "near": 2, "of": 3}
    like = client.get("/similar.json", query_string={"role": SITES, "with": WEB}).get_json()["similar"][0]
    assert like["essentials"] == gap["essentials"]


LABELS = ("a", "A.", "b", "c")
SOURCES = ("s1", "s2")
Matched: TypeAlias = dict[str, list[Match]]


@st.composite
def compared(draw: st.DrawFn) -> tuple[Comparison, Matched, Matched]:
    """A comparison of two or three roles with items of few names, and matches and proposed matches between the items."""
    roles = [f"r{number}" for number in range(draw(st.integers(2, 3)))]
    sections = []
    iris = [f"i{number}" for number in range(6)]
    for name in ("skills", "tools", "responsibilities"):
        chosen = draw(st.lists(st.sampled_from(iris), unique=True, max_size=4))
        found = []
        for iri in chosen:
            having = draw(st.lists(st.sampled_from(roles), unique=True, min_size=1))
            claims = tuple(Claim(role, "x", (draw(st.sampled_from(SOURCES)),), names=(iri,)) for role in sorted(having))
            broader = draw(st.lists(st.sampled_from([other for other in iris if other != iri]), unique=True, max_size=1))
            found.append(Item(iri, LABELS[int(iri[1]) % 4], tuple(Named(other, other) for other in broader), claims))
        sections.append(Section(name, name, tuple(found)))
    pairs = st.lists(st.tuples(st.sampled_from(iris), st.sampled_from(iris)), max_size=3)
    stated: Matched = {}
    for one, other in draw(pairs):
        stated.setdefault(one, []).append(Match("close", other, "m"))
        stated.setdefault(other, []).append(Match("close", one, "m"))
    proposed = proposals(("p", one, other, draw(st.sampled_from((0.5, 0.9))), "why") for one, other in draw(pairs))
    return Comparison(tuple(Named(role, role) for role in roles), tuple(sections), ()), stated, {**proposed}  # type: ignore[dict-item]


def confidences(one: tuple[str, Item], other: tuple[str, Item], proposed: Matched) -> Iterator[float]:
    """Yield how likely the proposed matches between two items are, of a task also those of its activities."""
    for (_, item), (section, near) in ((one, other), (other, one)):
        iris = {near.iri} | ({concept.iri for concept in near.broader} if section == "responsibilities" else set())
        yield from (match.confidence or 0 for match in proposed.get(item.iri, ()) if match.iri in iris)


def relations(one: tuple[str, Item], other: tuple[str, Item], stated: Matched) -> Iterator[str]:
    """Yield the relations of an item to another, by the definition."""
    (section, item), (near_section, near) = one, other
    if item.iri == near.iri:
        yield from ["same"] if section != near_section else []
        return
    kinds = [name if name == "responsibilities" else "" for name in (section, near_section)]
    sources = [{source for claim in each.claims for source in claim.sources} for each in (item, near)]
    if kinds[0] == kinds[1] and item.label.strip(".").lower() == near.label.strip(".").lower() and not sources[0] & sources[1]:
        yield "same name"
    if any(match.iri == near.iri for match in stated.get(item.iri, ())):
        yield "close"
    if near.iri in [concept.iri for concept in item.broader]:
        yield "broader"
    if item.iri in [concept.iri for concept in near.broader]:
        yield "narrower"


@given(compared())
def test_near_items_are_those_of_the_definition(drawn: tuple[Comparison, Matched, Matched]) -> None:
    comparison, stated, proposed = drawn
    placed = [(section.name, item) for section in comparison.sections for item in section.items]
    shown = with_near_items(comparison, stated, {})
    for (section, item), (_, after) in zip(placed, [(s.name, i) for s in shown.sections for i in s.items], strict=True):
        expected = {}
        for other in placed:
            best = max(relations((section, item), other, stated), key=nearness.WORTH.__getitem__, default=None)
            if best and set(other[1].roles) - set(item.roles):
                expected[other[0], other[1].iri] = nearness.WORTH[best]
        assert {(near.section, near.item.iri): nearness.WORTH[near.relation] for near in after.near} == expected
        assert after._replace(near=()) == item
        assert list(after.near) == sorted(after.near, key=lambda near: -nearness.WORTH[near.relation])
        for near in after.near:
            assert set(near.roles).isdisjoint(item.roles)
    check_proposals(comparison, stated, proposed)


def check_proposals(comparison: Comparison, stated: Matched, proposed: Matched) -> None:
    """Check that proposed matches add near items, the likeliest with its figure, and replace only relations that are worth less."""
    placed = [(section.name, item) for section in comparison.sections for item in section.items]
    shown = with_near_items(comparison, stated, {}, proposed)
    for (section, item), (_, after) in zip(placed, [(s.name, i) for s in shown.sections for i in s.items], strict=True):
        expected = {}
        for other in placed:
            reviewed = max((nearness.WORTH[each] for each in relations((section, item), other, stated)), default=0.0)
            likely = max(confidences((section, item), other, proposed), default=None) if item.iri != other[1].iri else None
            if (likely or reviewed) and set(other[1].roles) - set(item.roles):
                is_proposed = likely is not None and reviewed < nearness.WORTH["proposed"]
                expected[other[0], other[1].iri] = ("proposed", likely) if is_proposed else (reviewed, None)
        assert expected == {
            (near.section, near.item.iri): (
                "proposed" if near.relation == "proposed" else nearness.WORTH[near.relation],
                near.confidence,
            )
            for near in after.near
        }
