"""What a page offers for a name that is not clear: the things with their definitions, each with the same request for it."""

import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from rolegraph import terms
from rolegraph.facade import Rolegraph
from rolegraph.web import create_app

PAGE = {"Accept": "text/html"}
CARVERS = {"onet:99-0001.00": "Carve what others do not.", "esco-occupation:made-up-carver": "Carves figures."}


@pytest.fixture(scope="module")
def visitor() -> Iterator[FlaskClient]:
    """A client of a service with two roles of one name."""
    graph = Rolegraph.open()
    text = (Path(__file__).parent / "imports" / "foreign.ttl").read_bytes()
    graph.store(terms.BASE + "source/esco-0-1", text.replace(b'"Carvers, All Other"', b'"wood carver"'))
    yield create_app(graph).test_client()
    graph.close()


@pytest.fixture(scope="module")
def cutters() -> Iterator[FlaskClient]:
    """A client of a service with roles whose labels have blanks and commas."""
    graph = Rolegraph.open()
    prefixes = "".join(f"PREFIX {name}: <{terms.prefixes()[name]}> " for name in ("onet", "rg", "skos"))
    roles = 'onet:99-0007.00 a rg:Role ; skos:prefLabel "Wood Cutter"@en . onet:99-0008.00 a rg:Role ; skos:prefLabel "Cutters, Wood"@en .'
    graph.store(terms.BASE + "source/onet-0-1", (prefixes + roles).encode())
    yield create_app(graph).test_client()
    graph.close()


@pytest.fixture(scope="module")
def crowded() -> Iterator[FlaskClient]:
    """A client of a service with more roles than a list offers."""
    graph = Rolegraph.open()
    roles = "".join(f'role:r{number} a rg:Role ; skos:prefLabel "Role {number}"@en .\n' for number in range(250))
    prefixes = "".join(f"PREFIX {name}: <{terms.prefixes()[name]}> " for name in ("role", "rg", "skos"))
    graph.store(terms.BASE + "source/many-1-0", (prefixes + roles).encode())
    yield create_app(graph).test_client()
    graph.close()


def offered(page: str) -> dict[str, str]:
    """The links that a page offers, each with what stands beside it."""
    found = re.search(r'<ul class="meant">(.*?)</ul>', page, re.DOTALL)
    assert found, page
    return {unescape(href): text for href, text in re.findall(r'<li><a href="([^"]*)">(.*?)</li>', found[1], re.DOTALL)}


@pytest.mark.parametrize(
    "path",
    [
        "/compare?role=ai-architect&role={}&role=ai-programmer",
        "/compare?role=ai-architect,ai-programmer&role={}",
        "/similar?role={}",
        "/similar?role=ai-architect&with={}",
        "/gap?from={}&to=ai-architect",
        "/gap?from=ai-architect&to={}",
        "/paths?from={}&to=ai-architect&k=2",
        "/openings?from={}",
        "/distinguish?role=ai-architect&role={}",
        "/agreement?role={}&matching=yes",
        "/queries/tips?role={}",
        "/queries/items-missing?from={}&to=ai-architect",
    ],
)
def test_an_ambiguous_name_offers_a_choice(visitor: FlaskClient, path: str) -> None:
    answer = visitor.get(path.format("wood carver"), headers=PAGE)
    assert answer.status_code == 400
    found = offered(answer.text)
    assert set(found) == {path.format(name) for name in CARVERS}
    for name, definition in CARVERS.items():
        assert "wood carver" in found[path.format(name)]
        assert definition in found[path.format(name)]
        assert visitor.get(path.format(name), headers=PAGE).status_code == 200
    told = visitor.get(path.format("wood carver"), headers={"Accept": "application/json"}).get_json()
    assert set(told["suggestions"]) == set(CARVERS)


def test_a_name_with_a_mistake_offers_what_is_near(visitor: FlaskClient) -> None:
    page = visitor.get("/gap?from=ai-architect&to=deep-lerning-engineer", headers=PAGE).text
    assert "Deep Learning Engineer" in offered(page)["/gap?from=ai-architect&to=deep-learning-engineer"]
    page = visitor.get("/compare?role=ai-architect,deep-lerning-engineer&utm_source=x", headers=PAGE).text
    assert "/compare?role=ai-architect,deep-learning-engineer" in offered(page)
    page = visitor.get("/role/deep-lerning-engineer", headers=PAGE).text
    assert re.search(r'Did you mean</dt>\s*<dd><a href="/role/deep-learning-engineer">Deep Learning Engineer</a>', page)


def test_a_value_is_shown_escaped(visitor: FlaskClient) -> None:
    page = visitor.get("/gap?from=ai-architect&to=<b>deep learning engineer", headers=PAGE)
    assert page.status_code == 400
    assert "<b>deep" not in page.text


def test_a_profile_for_an_unclear_role_leads_to_the_roles(visitor: FlaskClient) -> None:
    answer = visitor.post("/gap?to=wood+carver", data={"profile": "Python"}, headers=PAGE)
    assert answer.status_code == 400
    assert set(offered(answer.text)) == {f"/thing?iri={name}" for name in CARVERS}


@pytest.mark.parametrize(
    "path", ["/", "/compare", "/compare?role=ai-architect,ai-programmer", "/role/ai-architect", "/queries/tips", "/queries/compare"]
)
def test_every_field_for_a_role_suggests(crowded: FlaskClient, path: str) -> None:
    page = crowded.get(path, headers=PAGE).text
    fields = [
        field for field in re.findall(r"<input[^>]*>", page) if 'name="role"' in field and not re.search('type="(checkbox|hidden)"', field)
    ]
    assert fields
    assert all('data-suggest="/suggest?kind=role"' in field for field in fields)


@pytest.mark.parametrize(
    ("given", "roles"),
    [
        (["ai-architect,Wood Cutter"], ["role:ai-architect", "onet:99-0007.00"]),
        (["AI Architect, AI Programmer"], ["role:ai-architect", "role:ai-programmer"]),
        (["AI Architect", "Cutters, Wood"], ["role:ai-architect", "onet:99-0008.00"]),
        (["Cutters, Wood,", "Wood Cutter"], ["onet:99-0008.00", "onet:99-0007.00"]),
    ],
)
def test_labels_stand_in_a_list_with_commas(cutters: FlaskClient, given: list[str], roles: list[str]) -> None:
    for path in ("/compare", "/distinguish"):
        found = cutters.get(path + ".json", query_string={"role": given}).get_json()
        assert [role.get("curie") or terms.shorten(role["id"]) for role in found["roles"]] == roles
    assert cutters.get("/compare", query_string={"role": given}, headers=PAGE).status_code == 200


def test_a_wrong_name_in_a_list_is_the_one_that_is_told(cutters: FlaskClient) -> None:
    told = cutters.get("/compare.json", query_string={"role": "ai-architect,wod cutter"}).get_json()
    assert (told["status"], told["detail"]) == (400, "there is no role 'wod cutter'")
    page = cutters.get("/compare", query_string={"role": "ai-architect,wod cutter"}, headers=PAGE).text
    assert "/compare?role=ai-architect,onet:99-0007.00" in offered(page)
    whole = cutters.get("/compare.json", query_string={"role": ["Cutters, Wod", "ai-architect"]}).get_json()
    assert whole["detail"] == "there is no role 'Cutters, Wod'"


@pytest.mark.parametrize(
    ("address", "detail", "expected"),
    [
        ("/compare.json", "role is missing", "2 to 8 roles, each as"),
        ("/compare.json?role=ai-architect&role=ai-architect", "role names 1 role, which is too few", "2 to 8 roles, each as"),
        ("/distinguish.json?role=ai-architect", "role names 1 role, which is too few", "2 to 20 roles, each as"),
        ("/compare.json?role=a,b,c,d,e,f,g,h,i", "role names 9 roles, which is too many", "2 to 8 roles, each as"),
        ("/gap.json", "from is missing", "one role as"),
        ("/gap.json?from=a&from=b", "from is given 2 times", "one value"),
        ("/queries/items-missing.json?to=ai-programmer", "from is missing", "one role as"),
    ],
)
def test_a_wrong_number_of_values_is_told_in_words(cutters: FlaskClient, address: str, detail: str, expected: str) -> None:
    told = cutters.get(address).get_json()
    assert (told["status"], told["detail"]) == (400, detail)
    assert told["expected"].startswith(expected)
