"""Things of other systems: their pages, lists with them, comparisons across sources, and the credit lines that come with them."""

from collections.abc import Iterator
from itertools import combinations
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st

from rolegraph import equivalence, terms
from rolegraph.facade import Rolegraph
from rolegraph.web import create_app

FOREIGN = Path(__file__).parent / "imports" / "foreign.ttl"
SOURCE = terms.BASE + "source/esco-0-1"
CREDIT = "Contains the made-up classification of an office of statistics."
CARVER, OTHER = "esco-occupation:made-up-carver", "onet:99-0001.00"
PAGE = {"Accept": "text/html"}


@pytest.fixture(scope="module")
def foreign() -> Iterator[Rolegraph]:
    """The shipped graph with a few roles of another system."""
    graph = Rolegraph.open()
    graph.store(SOURCE, FOREIGN.read_bytes())
    yield graph
    graph.close()


@pytest.fixture(scope="module")
def visitor(foreign: Rolegraph) -> FlaskClient:
    return create_app(foreign).test_client()


@pytest.fixture(scope="module")
def disjoint() -> Iterator[FlaskClient]:
    """A client of a service with those roles, which have no item of ours, and none that is near to one of the other."""
    graph = Rolegraph.open()
    unmatched = FOREIGN.read_bytes().replace(b"esco-skill:made-up-carving skos:closeMatch onet-element:9.Z.1 .", b"")
    graph.store(SOURCE, unmatched.replace(b"tool:python", b"tool:made-up-saw"))
    yield create_app(graph).test_client()
    graph.close()


@pytest.mark.parametrize("name", [CARVER, terms.expand(CARVER), OTHER, "isco:C912", "esco-skill:made-up-ml", "onet-element:9.Z.1"])
@pytest.mark.parametrize("accept", ["text/html", "application/json", "text/turtle", "application/ld+json", "application/n-triples"])
def test_a_thing_of_another_system_has_a_page_in_every_format(visitor: FlaskClient, name: str, accept: str) -> None:
    answer = visitor.get("/thing", query_string={"iri": name}, headers={"Accept": accept})
    assert answer.status_code == 200
    assert answer.mimetype == accept
    assert CREDIT in answer.text


def test_the_page_of_a_foreign_role_says_what_the_source_says(visitor: FlaskClient) -> None:
    page = visitor.get(f"/thing?iri={CARVER}", headers=PAGE).text
    for words in (">wood carver</h1>", "Carves figures.", "Makers of small things", "In French", "sculptrice sur bois", "912.1"):
        assert words in page
    assert "dessiner" in page
    assert "confidence 2" in page
    assert 'href="/thing?iri=isco:C91"' in page
    assert 'href="http://data.europa.eu/esco/occupation/made-up-carver" rel="external"' in page
    other = visitor.get(f"/thing?iri={OTHER}", headers=PAGE).text
    assert "importance 4.1" in other
    assert "in demand" in other
    told = visitor.get(f"/thing.json?iri={OTHER}").get_json()
    assert (told["kind"], told["label"], told["curie"]) == ("role", "Carvers, All Other", OTHER)
    assert told["ratings"] == [{"id": terms.expand("onet-element:9.Z.1"), "importance": 4.1, "mastery": 3.5, "source": SOURCE}]
    assert {source["id"]: source.get("creditText") for source in told["sources"]}[SOURCE] == CREDIT


@pytest.mark.parametrize(("iri", "path"), [("role:ai-architect", "/role/ai-architect"), (terms.BASE + "tool/python", "/tool/python")])
def test_one_of_ours_is_at_its_path(visitor: FlaskClient, iri: str, path: str) -> None:
    answer = visitor.get("/thing.ttl", query_string={"iri": iri})
    assert answer.status_code == 303
    assert urlsplit(answer.headers["Location"]).path == f"{path}.ttl"


@pytest.mark.parametrize(
    ("iri", "status"),
    [("", 400), ("no iri", 400), ("<x:y>", 400), ("onet:00-0000.00", 404), ("isco:scheme", 404), ("urn:x:y", 404)],
)
def test_what_is_no_iri_or_not_described_is_told(visitor: FlaskClient, iri: str, status: int) -> None:
    assert visitor.get("/thing", query_string={"iri": iri}).status_code == status


def test_links_lead_here_only_to_what_is_described(visitor: FlaskClient) -> None:
    page = visitor.get("/role/computer-vision-engineer", headers=PAGE).text
    assert 'href="/thing' not in page
    assert 'href="/thing?iri=esco-skill:made-up-ml"' in visitor.get("/skill/machine-learning", headers=PAGE).text


def test_lists_come_page_by_page(visitor: FlaskClient, foreign: Rolegraph) -> None:
    whole = [member.iri for member in foreign.catalogue.members("skill")]
    assert terms.expand("esco-skill:made-up-carving") in whole
    found, address = [], "/skill.json?limit=7"
    while address:
        answer = visitor.get(address)
        told = answer.get_json()
        assert told["total"] == len(whole)
        found += [member["id"] for member in told["members"]]
        address = told.get("next")
        assert not address or f'<{address}>; rel="next"' in answer.headers.getlist("Link")
    assert found == whole
    assert visitor.get("/skill.json?limit=7&page=1000").status_code == 404
    for wrong in ("page=0", "page=x", "limit=100000", "source=nonsense"):
        assert visitor.get(f"/skill.json?{wrong}").status_code == 400
    assert 'rel="next"' in visitor.get("/skill?limit=7", headers=PAGE).text


def test_a_list_of_one_source_holds_what_it_speaks_of(visitor: FlaskClient) -> None:
    told = visitor.get("/tool.json?source=esco-0-1").get_json()
    assert [member["label"] for member in told["members"]] == ["chisel", "Python"]
    assert [source["creditText"] for source in told["sources"]] == [CREDIT]
    assert CREDIT in visitor.get("/role", headers=PAGE).text
    assert CREDIT in visitor.get("/source", headers=PAGE).text
    assert CREDIT in visitor.get("/source/esco-0-1", headers=PAGE).text
    assert CREDIT in visitor.get("/queries/sources.csv").text


def test_what_two_sources_call_by_two_names_is_one_item(visitor: FlaskClient, foreign: Rolegraph) -> None:
    address = f"/compare.json?role=ai-programmer,{CARVER},{OTHER}"
    told = visitor.get(address).get_json()
    skills = next(section for section in told["sections"] if section["name"] == "skills")["items"]
    shared = next(item for item in skills if item["curie"] == "skill:machine-learning")
    assert shared["same"] == [terms.expand("skill:machine-learning"), terms.expand("esco-skill:made-up-ml")]
    assert {claim["role"] for claim in shared["claims"]} >= {terms.expand("role:ai-programmer"), terms.expand(CARVER)}
    assert {name for claim in shared["claims"] for name in claim["names"]} == set(shared["same"])
    apart = {item["curie"] for item in skills}
    assert {"esco-skill:made-up-carving", "onet-element:9.Z.1"} <= apart
    assert next(item for item in skills if item["curie"] == "esco-skill:made-up-only-french")["label"] == "dessiner"
    assert {source["id"]: source.get("creditText") for source in told["sources"]}[SOURCE] == CREDIT
    for suffix in ("", ".ttl"):
        assert CREDIT in visitor.get(f"/compare{suffix}?role=ai-programmer,{CARVER}", headers=PAGE if not suffix else {}).text
    assert foreign.compare(["Wood  Carver", "ai-architect"]).roles[0].iri == terms.expand(CARVER)


def brute(pairs: list[tuple[str, str]]) -> dict[str, frozenset[str]]:
    """Merge sets until no two of them share a member."""
    sets = [frozenset(pair) for pair in pairs]
    while touching := next(((one, other) for one, other in combinations(set(sets), 2) if one & other), None):
        sets = [found for found in sets if found not in touching] + [touching[0] | touching[1]]
    return {iri: found for found in sets for iri in found}


NAMES = st.sampled_from([*(terms.BASE + f"skill/{letter}" for letter in "abc"), *(f"urn:x:{letter}" for letter in "abcdef")])


@given(st.lists(st.tuples(NAMES, NAMES), max_size=12))
def test_classes_are_those_of_an_exhaustive_search(pairs: list[tuple[str, str]]) -> None:
    found, expected = equivalence.classes(pairs), brute(pairs)
    assert found.keys() == expected.keys()
    for iri, same in expected.items():
        assert found[iri] == min(same, key=equivalence.rank)


@pytest.mark.parametrize(
    ("roles", "apart"), [((CARVER, OTHER), True), (("ai-programmer", CARVER), False), ((OTHER, "ai-programmer"), False)]
)
def test_roles_of_two_vocabularies_are_said_not_to_be_comparable(disjoint: FlaskClient, roles: tuple[str, str], *, apart: bool) -> None:
    iris = [terms.expand(role) or terms.BASE + "role/" + role for role in roles]
    told = disjoint.get("/compare.json", query_string={"role": roles}).get_json()["notComparable"]
    assert told == ([{"roles": iris, "reason": equivalence.APART}] if apart else [])
    page = disjoint.get("/compare", query_string={"role": roles}, headers=PAGE).text
    assert ("cannot be compared item by item" in page, "<td>0</td>" in page) == (apart, not apart)
    like = {"role": roles[0], "with": roles[1]}
    [one] = disjoint.get("/similar.json", query_string=like).get_json()["similar"]
    assert one.get("notComparable") == (equivalence.APART if apart else None)
    assert ("cannot be compared item by item" in disjoint.get("/similar", query_string=like, headers=PAGE).text) == apart


def test_roles_are_apart_where_hardly_an_item_of_either_could_be_one_of_the_other() -> None:
    one = {f"http://x/skill/{number}" for number in range(20)}
    other = {f"http://x/tool#{number}" for number in range(20)}
    matched = {f"http://x/skill/{number}": f"http://x/tool#x{number}" for number in range(20)}

    def apart(one: set[str], other: set[str], known: int) -> bool:
        pairs = dict(list(matched.items())[:known])
        return equivalence.apart("ab", {"a": one, "b": other}, lambda iri: [pairs[iri]] if iri in pairs else []) == (("a", "b"),)

    assert (apart(one, other, 0), apart(one, other, 1), apart(one, other, 2)) == (True, True, False)
    assert not apart(one, {"http://x/skill/x"}, 0)
    assert not apart(one, {"http://x/tool#x0", "http://x/tool#y"}, 1)
    assert not apart(one, set(), 0)


@pytest.mark.parametrize(
    "path",
    [
        f"/gap?from={CARVER}&to={OTHER}",
        f"/gap?from=ai-programmer&to={CARVER}",
        f"/paths?from={CARVER}&to={OTHER}",
        f"/similar?role={CARVER}",
        f"/similar?role=ai-programmer&with={CARVER}",
        f"/distinguish?role={CARVER}&role=ai-programmer",
        f"/openings?from={CARVER}",
        f"/agreement?role={CARVER}",
    ],
)
def test_pages_of_the_analyses_name_the_sources_of_what_they_show(visitor: FlaskClient, path: str) -> None:
    page = visitor.get(path, headers=PAGE).text
    assert CREDIT in page
    assert "data of this page under" in page
    fit = visitor.post("/gap", data={"profile": "Python", "to": CARVER}, headers=PAGE).text
    assert CREDIT in fit
    assert CREDIT not in visitor.get("/gap?from=ai-programmer&to=ai-architect", headers=PAGE).text
