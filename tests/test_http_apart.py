"""Roles whose sources share no vocabulary: every answer says that they cannot be compared, none that nothing is there."""

import csv
import io
from collections.abc import Iterator
from typing import Any

import pytest
from click.testing import CliRunner
from flask.testing import FlaskClient

from rolegraph import equivalence, terms
from rolegraph.analysis import comparable
from rolegraph.cli import main, stores
from rolegraph.facade import Rolegraph
from rolegraph.web import create_app

WEAVER, LOOMS, BARE = "esco-occupation:made-up-weaver", "onet:99-0002.00", "onet:99-0003.00"
PAIR = {"from": WEAVER, "to": LOOMS}
PAGE = {"Accept": "text/html"}
APART = "cannot be compared item by item"
HEAD = """@prefix rg: <https://w3id.org/rolegraph/ns#> . @prefix skos: <http://www.w3.org/2004/02/skos/core#> .
@prefix dcat: <http://www.w3.org/ns/dcat#> . @prefix schema: <https://schema.org/> .\n"""
SOURCES = {
    "esco-0-2": f"""<{terms.expand(WEAVER)}> a rg:Role, skos:Concept ; skos:prefLabel "made-up weaver"@en ;
        skos:closeMatch <{terms.expand(LOOMS)}> ;
        rg:essentialSkill <{terms.expand("esco-skill:made-up-weaving")}>, <{terms.expand("esco-skill:made-up-dyeing")}> .
        <{terms.expand("esco-skill:made-up-weaving")}> a rg:Skill, skos:Concept ; skos:prefLabel "weaving"@en .
        <{terms.expand("esco-skill:made-up-dyeing")}> a rg:Skill, skos:Concept ; skos:prefLabel "dyeing"@en .""",
    "onet-0-2": f"""<{terms.expand(LOOMS)}> a rg:Role, skos:Concept ; skos:prefLabel "Loom Operators"@en ;
        rg:essentialSkill <{terms.expand("onet-element:9.Y.1")}> ; rg:optionalSkill <{terms.expand("onet-element:9.Y.2")}> .
        <{terms.expand("onet-element:9.Y.1")}> a rg:Skill, skos:Concept ; skos:prefLabel "Running looms"@en .
        <{terms.expand("onet-element:9.Y.2")}> a rg:Skill, skos:Concept ; skos:prefLabel "Looms"@en .
        <{terms.expand(BARE)}> a rg:Role, skos:Concept ; skos:prefLabel "Weavers, All Other"@en ;
        rg:responsibility <https://w3id.org/rolegraph/responsibility/onet-made-up> .
        <https://w3id.org/rolegraph/responsibility/onet-made-up> a rg:Responsibility, skos:Concept ; skos:prefLabel "Weave."@en .""",
}


@pytest.fixture(scope="module")
def graph() -> Iterator[Rolegraph]:
    """The shipped graph with two sources of vocabularies of their own."""
    found = Rolegraph.open()
    for name, said in SOURCES.items():
        iri = f"{terms.BASE}source/{name}"
        credit = 'dcat:version "0.2" ; schema:creditText "x"@en'
        described = f'\n<{iri}> a rg:Source, skos:Concept ; skos:prefLabel "Made up {name}"@en ; {credit} .'
        found.store(iri, (HEAD + said + described).encode())
    yield found
    found.close()


@pytest.fixture(scope="module")
def visitor(graph: Rolegraph) -> FlaskClient:
    return create_app(graph).test_client()


@pytest.mark.parametrize(
    ("path", "query"),
    [
        ("/compare", {"role": [WEAVER, LOOMS]}),
        ("/gap", PAIR),
        ("/paths", PAIR),
        ("/similar", {"role": WEAVER, "with": LOOMS}),
        ("/similar", {"role": WEAVER, "source": "onet-0-2"}),
        ("/openings", {"from": WEAVER, "source": "onet-0-2"}),
        ("/distinguish", {"role": [WEAVER, LOOMS]}),
        ("/agreement", {"role": WEAVER, "matching": "yes"}),
        ("/queries/items-missing", PAIR),
        ("/queries/compare", {"role": [WEAVER, LOOMS]}),
        ("/queries/shared-by-all", {"role": [WEAVER, LOOMS]}),
        ("/queries/only-in-one", {"role": WEAVER, "other": LOOMS}),
    ],
)
def test_a_page_says_that_roles_cannot_be_compared(visitor: FlaskClient, path: str, query: dict[str, Any]) -> None:
    page = visitor.get(path, query_string=query, headers=PAGE)
    assert page.status_code == 200
    assert APART in page.text
    for false in (">0 %", "<td>0</td>", "Nothing that both share", '<span class="count">0</span>', "none.</span>", "No other role"):
        assert false not in page.text


@pytest.mark.parametrize(
    ("path", "query"),
    [
        ("/gap", {"from": "ai-programmer", "to": "ai-architect"}),
        ("/paths", {"from": "ai-programmer", "to": "ai-architect"}),
        ("/distinguish", {"role": ["ai-programmer", "ai-architect"]}),
        ("/agreement", {"role": "ai-programmer", "matching": "yes"}),
        ("/queries/items-missing", {"from": "ai-programmer", "to": "ai-architect"}),
    ],
)
def test_a_page_of_roles_that_can_be_compared_says_nothing_of_it(visitor: FlaskClient, path: str, query: dict[str, Any]) -> None:
    assert "cannot be compared" not in visitor.get(path, query_string=query, headers=PAGE).text


def test_where_two_of_three_cannot_be_compared_it_is_not_said_that_all_share_nothing(visitor: FlaskClient) -> None:
    page = visitor.get("/compare", query_string={"role": [WEAVER, LOOMS, "ai-programmer"]}, headers=PAGE).text
    foot = page[page.index("All sections") :]
    assert foot[: foot.index("</td>")].endswith('<span class="none">not comparable</span>')
    assert "Nothing that all share" not in page


def test_no_figure_stands_where_roles_cannot_be_compared(visitor: FlaskClient) -> None:
    one, other = terms.expand(WEAVER), terms.expand(LOOMS)
    gap = visitor.get("/gap.json", query_string=PAIR).get_json()
    assert (gap["share"], gap["notComparable"], gap["essentials"]) == (None, equivalence.APART, {"covered": None, "near": None, "of": 1})
    assert {(need["status"], need["worth"]) for need in gap["needs"]} == {("not comparable", None)}
    rows = list(csv.DictReader(io.StringIO(visitor.get("/gap.csv", query_string=PAIR).text)))
    assert {(row["share"], row["status"], row["worth"]) for row in rows} == {("", "not comparable", "")}
    paths = visitor.get("/paths.json", query_string=PAIR).get_json()
    assert (paths["routes"], paths["notComparable"]) == ([], equivalence.APART)
    like = visitor.get("/similar.json", query_string={"role": WEAVER, "with": LOOMS}).get_json()["similar"]
    assert [(each["score"], each["notComparable"]) for each in like] == [(None, equivalence.APART)]
    apart = visitor.get("/distinguish.json", query_string={"role": [WEAVER, LOOMS]}).get_json()
    assert (apart["items"], apart["notComparable"]) == ([], [{"roles": [one, other], "reason": equivalence.APART}])
    for path, query in (("/similar", {"role": WEAVER}), ("/openings", {"from": WEAVER})):
        assert visitor.get(path + ".json", query_string={**query, "source": "onet-0-2"}).get_json()["notComparable"] == equivalence.APART
        assert "notComparable" not in visitor.get(path + ".json", query_string={**query, "source": "esco-0-2"}).get_json()
    posted = visitor.post("/gap.json", query_string={"to": LOOMS}, data="esco-skill:made-up-weaving", content_type="text/plain")
    assert posted.get_json()["roles"][0]["notComparable"] == equivalence.APART


def test_sources_of_two_vocabularies_are_not_said_to_share_nothing(visitor: FlaskClient) -> None:
    found = visitor.get("/agreement.json", query_string={"role": WEAVER, "matching": "yes"}).get_json()
    assert found["notComparable"] == [{"sources": [source["id"] for source in found["sources"]], "reason": equivalence.APART}]
    assert len(found["alone"]) == 4
    alone = visitor.get("/agreement", query_string={"role": WEAVER}, headers=PAGE).text
    assert "Only one source describes this role" in alone
    assert "Shared by several sources" not in alone


@pytest.mark.parametrize(("origin", "target", "reason"), [(WEAVER, BARE, comparable.NEEDLESS), (BARE, WEAVER, comparable.UNSTATED)])
def test_what_no_source_states_is_not_missing(visitor: FlaskClient, origin: str, target: str, reason: str) -> None:
    for path, member, none in (("/gap", "share", None), ("/paths", "routes", [])):
        found = visitor.get(path + ".json", query_string={"from": origin, "to": target}).get_json()
        assert (found[member], found["notComparable"]) == (none, reason)
        assert reason in visitor.get(path, query_string={"from": origin, "to": target}, headers=PAGE).text


@pytest.mark.parametrize(
    "arguments",
    [
        ("gap", WEAVER, LOOMS),
        ("paths", WEAVER, LOOMS),
        ("similar", WEAVER, "--with", LOOMS),
        ("similar", WEAVER, "--source", "onet-0-2"),
        ("openings", WEAVER, "--source", "onet-0-2"),
        ("distinguish", WEAVER, LOOMS),
        ("agreement", WEAVER, "--matches"),
    ],
)
def test_a_command_says_that_roles_cannot_be_compared(
    graph: Rolegraph, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...]
) -> None:
    monkeypatch.setattr(stores, "read", lambda _: graph)
    ran = CliRunner().invoke(main, list(arguments), env={"COLUMNS": "300"})
    assert ran.exit_code == 0, ran.output
    assert APART in ran.output
    for false in ("0%", "0.000", "Shared by several sources: 0", "open already: none"):
        assert false not in ran.output
