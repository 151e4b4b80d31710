"""Links that others pass on: what they add to an address does no harm, and the canonical address holds what the page depends on."""

import re
from html import unescape
from pathlib import Path
from urllib.parse import parse_qs, quote, urlsplit

import pytest
from flask.testing import FlaskClient

from rolegraph.facade import Rolegraph
from rolegraph.web import create_app

BROWSER = {"Accept": "text/html"}
ADDED = "utm_source=newsletter&utm_medium=e-mail&fbclid=IwAR0&gclid=1&utm_source=again"
ASK = quote("ASK { ?role ?has ?item }")
# a page, and its parameters without which it would be another one
PAGES = {
    "/": "",
    "/compare": "role=ai-architect&role=ai-programmer",
    "/gap": "from=ai-programmer&to=ai-architect",
    "/paths": "from=ai-programmer&to=ai-architect&k=2",
    "/openings": "from=ai-programmer&count=3",
    "/similar": "role=ai-programmer&count=2",
    "/distinguish": "role=ai-programmer&role=ai-architect",
    "/agreement": "role=ai-programmer&matching=yes",
    "/search": "q=learning&kind=skill",
    "/queries": "",
    "/queries/tips": "role=ai-architect",
    "/queries/evidence": "role=deep-learning-engineer&concept=tool:pytorch",
    "/sparql": f"query={ASK}",
    "/validate": "example=valid",
    "/role": "",
    "/skill": "limit=20&page=2",
    "/role/ai-architect": "",
    "/thing": "iri=tool:python",
    "/source": "",
    "/ontology": "",
    "/shapes": "",
    "/revisions": "",
    "/problem/not-found": "",
}
DATA = [path for path in PAGES if path not in ("/", "/sparql", "/validate")]


def canonical(page: str) -> str:
    found = re.findall(r'<link rel="canonical" href="([^"]*)">', page)
    assert len(found) == 1
    return unescape(found[0])


@pytest.mark.parametrize("path", PAGES)
def test_a_page_passes_over_what_others_add_to_its_address(client: FlaskClient, path: str) -> None:
    plain = client.get(f"{path}?{PAGES[path]}", headers=BROWSER, follow_redirects=True)
    shared = client.get(f"{path}?{ADDED}&{PAGES[path]}", headers=BROWSER, follow_redirects=True)
    assert (plain.status_code, shared.status_code) == (200, 200)
    assert "utm_" not in shared.text
    assert shared.text == plain.text


@pytest.mark.parametrize("path", [path for path in PAGES if path != "/thing"])
def test_the_canonical_address_keeps_what_the_page_depends_on(client: FlaskClient, path: str) -> None:
    page = client.get(f"{path}?{PAGES[path]}&{ADDED}&format=html", headers=BROWSER)
    found = urlsplit(canonical(page.text))
    assert found.path == path
    assert parse_qs(found.query) == parse_qs(PAGES[path])
    assert client.get(f"{path}?{found.query}", headers=BROWSER).status_code == 200


@pytest.mark.parametrize("path", DATA)
def test_data_refuses_a_parameter_that_it_does_not_know(client: FlaskClient, path: str) -> None:
    found = client.get(f"{path}?{PAGES[path]}&format=json&utm_source=newsletter", headers={"Accept": "*/*"}, follow_redirects=True)
    if found.status_code == 400 and path in ("/ontology", "/shapes"):
        found = client.get(f"{path}.ttl?utm_source=newsletter")
    assert (found.status_code, found.get_json()["parameter"]) == (400, "utm_source")


def test_a_report_on_an_entry_refuses_a_parameter_that_it_does_not_know(client: FlaskClient) -> None:
    entry = {"data": b"", "content_type": "text/turtle"}
    found = client.post("/validate?sorce=our-hr", **entry)
    assert (found.status_code, found.get_json()["parameter"]) == (400, "sorce")
    assert client.post("/validate?utm_source=x", headers=BROWSER, **entry).status_code == 200


def test_the_links_to_other_formats_and_pages_leave_out_what_was_added(client: FlaskClient) -> None:
    page = client.get(f"/skill?limit=20&{ADDED}&page=2", headers=BROWSER)
    links = [unescape(link) for link in re.findall(r'href="(/skill[.?][^"]*)"', page.text)]
    assert {link.partition("?")[2] for link in links} == {"limit=20&page=1", "limit=20&page=3", "limit=20&page=2"}
    assert all(client.get(link).status_code == 200 for link in links)


def test_a_canned_query_tells_its_own_parameters_from_others(client: FlaskClient) -> None:
    form = client.get(f"/queries/compare?{ADDED}", headers=BROWSER)
    assert (form.status_code, "<h2>The query</h2>" in form.text, 'id="answer"' in form.text) == (200, True, True)
    wrong = client.get(f"/queries/compare?role=nonsense&{ADDED}", headers=BROWSER)
    assert wrong.status_code == 400
    assert "nonsense" in wrong.text
    assert "utm_source" not in wrong.text


def test_the_way_to_the_newest_revision_keeps_the_parameters(store_copy: Path) -> None:
    graph = Rolegraph.open(store_copy)
    try:
        first = graph.engine.revision
        graph.store("urn:x", b"<urn:a> <urn:b> <urn:c> .")
        path = f"/compare?role=ai-architect&role=ai-programmer&revision={first}&{ADDED}"
        old = create_app(graph).test_client().get(path, headers=BROWSER)
        assert '<a href="/compare?role=ai-architect&amp;role=ai-programmer">the newest</a>' in old.text
        assert canonical(old.text).endswith(f"/compare?role=ai-architect&role=ai-programmer&revision={first}")
    finally:
        graph.close()
