"""Ways on from a page: the analyses of what it is about; and what a page says of empty sections and of licences."""

import re
from html import unescape

import pytest
from flask.testing import FlaskClient

from rolegraph import terms
from rolegraph.facade import Rolegraph
from rolegraph.web import create_app

PAGE = {"Accept": "text/html"}
ONE, OTHER = "ai-programmer", "deep-learning-engineer"
BARE = f'<{terms.BASE}role/bare> a <{terms.RG}Role> ; <http://www.w3.org/2004/02/skos/core#prefLabel> "Bare role"@en .'


def links(page: str) -> set[str]:
    return {unescape(href) for href in re.findall(r'href="([^"]*)"', page)}


def footer(page: str) -> str:
    return page[page.index('<footer class="site">') :]


@pytest.mark.parametrize(
    ("path", "ways"),
    [
        (
            f"/role/{ONE}",
            {
                f"/gap?to={ONE}",
                f"/paths?to={ONE}",
                f"/similar?role={ONE}",
                f"/openings?from={ONE}",
                f"/agreement?role={ONE}",
                f"/distinguish?role={ONE}",
            },
        ),
        (
            f"/compare?role={ONE}&role={OTHER}",
            {
                f"/gap?from={ONE}&to={OTHER}",
                f"/gap?from={OTHER}&to={ONE}",
                f"/paths?from={ONE}&to={OTHER}",
                f"/paths?from={OTHER}&to={ONE}",
                f"/similar?role={ONE}&with={OTHER}",
                f"/distinguish?role={ONE}&role={OTHER}",
            },
        ),
        (f"/compare?role={ONE},{OTHER},ai-architect", {f"/distinguish?role={ONE}&role={OTHER}&role=ai-architect", f"/similar?role={ONE}"}),
        (
            f"/source/{ONE}-vs-{OTHER}",
            {
                f"/agreement?role={ONE}",
                f"/agreement?role={OTHER}",
                f"/compare?role={ONE}&role={OTHER}",
                f"/distinguish?role={ONE}&role={OTHER}",
            },
        ),
    ],
)
def test_a_page_leads_to_every_analysis_of_what_it_is_about(client: FlaskClient, path: str, ways: set[str]) -> None:
    assert ways - links(client.get(path, headers=PAGE).text) == set()
    assert [way for way in sorted(ways) if client.get(way, headers=PAGE).status_code != 200] == []


@pytest.mark.parametrize(
    "path", [f"/gap?to={ONE}", f"/gap?from={ONE}", f"/paths?to={ONE}", f"/paths?from={ONE}", f"/distinguish?role={ONE}"]
)
def test_a_form_keeps_the_role_that_is_known(client: FlaskClient, path: str) -> None:
    page = client.get(path, headers=PAGE)
    assert page.status_code == 200
    assert 'role="alert"' not in page.text
    assert re.search(rf'value="{ONE}" (selected|checked)', page.text)
    assert f'<a href="/role/{ONE}">AI Programmer</a>' in page.text
    assert client.get(path, headers={"Accept": "application/json"}).status_code == 400
    assert client.get(path.replace(ONE, "nonsense"), headers=PAGE).status_code == 400


def test_an_empty_section_is_one_line() -> None:
    graph = Rolegraph.open()
    graph.store(terms.BASE + "source/bare-1-0", BARE.encode())
    client = create_app(graph).test_client()
    page = client.get("/role/bare", headers=PAGE).text
    empty = re.findall(r'<section class="band empty" id="(\w+)"><h2>[^<]*</h2> <p class="none">No source states this.</p></section>', page)
    assert empty == list(terms.sections())
    assert page.count("No source states this.") == len(empty)
    graph.store(terms.BASE + "source/bare-2-0", BARE.replace("bare", "blank").encode())
    page = client.get("/compare?role=bare&role=blank", headers=PAGE).text
    assert page.count('class="band empty"') == len(empty)
    assert "Nothing that both share" not in page
    graph.close()


def test_the_footer_names_the_licences_of_what_the_page_shows(client: FlaskClient) -> None:
    article = footer(client.get(f"/source/{ONE}-vs-{OTHER}", headers=PAGE).text)
    assert "data of this page under" in article
    assert ("CC BY 4.0" in article, "CC0" in article) == (True, False)
    salaries = footer(client.get("/source/salaries-2025-01-19", headers=PAGE).text)
    assert ("CC BY 4.0" in salaries, "CC0 1.0" in salaries) == (False, True)
    both = footer(client.get(f"/compare?role={ONE}&role={OTHER}", headers=PAGE).text)
    assert ("CC BY 4.0" in both, "CC0 1.0" in both) == (True, True)
    assert 'href="/source"' in footer(client.get("/", headers=PAGE).text)


def test_a_licence_that_no_source_states_is_not_made_up() -> None:
    graph = Rolegraph.open()
    graph.store(terms.BASE + "source/bare-1-0", BARE.encode())
    page = footer(create_app(graph).test_client().get("/role/bare", headers=PAGE).text)
    assert ("a licence that is not stated" in page, "CC BY" in page) == (True, False)
    graph.close()
