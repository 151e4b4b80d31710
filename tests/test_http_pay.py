"""What roles pay, on the pages and in the JSON-LD of a role: never a median without the number of salaries behind it."""

import json
import re
from html import unescape

import pytest
from flask.testing import FlaskClient

from rolegraph import terms
from rolegraph.facade import Rolegraph
from rolegraph.web.pages import pay

BROWSER = {"Accept": "text/html"}
SOURCE = terms.BASE + "source/salaries-2025-01-19"


def table(client: FlaskClient, path: str) -> list[list[str]]:
    """The rows of the table of pay on a page, as text."""
    page = client.get(path, headers=BROWSER).text
    found = re.search(r'<table class="pay">(.*?)</table>', page, re.DOTALL)
    assert found, f"{path} has no table of pay"
    rows = re.findall(r"<tr.*?</tr>", found[1], re.DOTALL)
    cells = (re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.DOTALL) for row in rows)
    return [[" ".join(unescape(re.sub(r"<svg.*?</svg>|<[^>]+>", " ", cell, flags=re.DOTALL)).split()) for cell in row] for row in cells]


def test_the_page_of_a_role_shows_a_median_with_its_number(client: FlaskClient) -> None:
    header, *rows = table(client, "/role/ai-programmer")
    assert header[:3] == ["Level", "Median", "Salaries"]
    assert [row[:3] for row in rows] == [
        ["All levels", "70,000", "9 few"],
        ["All levels", "–", "3 too few"],
        ["Entry level", "60,207", "5 few"],
        ["Mid level", "–", "1 too few"],
        ["Senior level", "–", "3 too few"],
    ]
    assert rows[0][3:6] == ["40,000 to 120,000", "38,000 to 206,252", "2022 to 2024"]
    assert rows[3][3:6] == ["–", "–", "2024"]


@pytest.mark.parametrize("path", ["/role/ai-programmer", "/source/salaries-2025-01-19", "/compare?role=ai-programmer,ai-architect"])
def test_no_figure_comes_from_fewer_than_five_salaries(client: FlaskClient, path: str) -> None:
    rows = [row for row in table(client, path) if len(row) > 5 and re.match(r"\d", row[2])]
    assert any(int(row[2].split()[0].replace(",", "")) < 5 for row in rows)
    for row in rows:
        enough = int(row[2].split()[0].replace(",", "")) >= 5
        assert all((text != "–") == enough for text in (row[1], row[3], row[4])), row
        assert ("too few" in row[2]) != enough
    data = client.get("/queries/salaries.json?role=ai-programmer").get_json()["results"]["bindings"]
    assert min(int(row["observations"]["value"]) for row in data if "median" in row) < 5


def test_a_comparison_shows_equal_levels_side_by_side(client: FlaskClient) -> None:
    _, *rows = table(client, "/compare?role=deep-learning-engineer&role=machine-learning-engineer")
    groups = [row[0] for row in rows if len(row) == 1]
    assert groups == ["All levels", "All levels, 2024", "Entry level", "Mid level", "Senior level", "Executive level"]
    first = rows.index(["All levels"])
    assert [row[:3] for row in rows[first + 1 : first + 3]] == [
        ["Deep Learning Engineer", "150,000", "12 few"],
        ["Machine Learning Engineer", "187,700", "5,841"],
    ]


def test_the_numbers_of_the_sources_lead_to_the_salaries(client: FlaskClient) -> None:
    page = client.get("/compare?role=deep-learning-engineer&role=machine-learning-engineer", headers=BROWSER).text
    [number] = set(re.findall(r'href="/source/salaries-2025-01-19#[a-z0-9-]+" aria-label="\[(\d+)\]', page))
    assert re.search(rf'<li id="source-{number}"><a href="/source/salaries-2025-01-19">', page)
    fragments = set(re.findall(r'href="/source/salaries-2025-01-19#([a-z0-9-]+)"', page))
    source = client.get("/source/salaries-2025-01-19", headers=BROWSER).text
    assert [fragment for fragment in fragments if f'<tr id="{fragment}"' not in source] == []


def test_the_page_of_the_source_has_its_figures_and_no_empty_list_of_statements(client: FlaskClient) -> None:
    page = client.get("/source/salaries-2025-01-19", headers=BROWSER).text
    assert "Statements" not in page
    assert "fingerprint" not in page
    assert len([row for row in table(client, "/source/salaries-2025-01-19") if len(row) > 1]) == 1 + 28
    assert "Salaries in AI" in client.get("/source", headers=BROWSER).text


def test_a_role_of_which_no_pay_is_known_says_nothing_of_it(client: FlaskClient, graph: Rolegraph) -> None:
    assert pay.in_roles(graph, [terms.BASE + "role/none"]) == []
    assert pay.in_roles(graph, []) == []
    assert 'id="pay"' not in client.get("/source/ai-architect-vs-deep-learning-engineer", headers=BROWSER).text


@pytest.mark.parametrize("role", ["ai-programmer", "machine-learning-engineer"])
def test_the_occupation_carries_the_distributions_with_their_number(client: FlaskClient, graph: Rolegraph, role: str) -> None:
    page = client.get(f"/role/{role}", headers=BROWSER).text
    block = re.search(r'<script type="application/ld\+json">(.*?)</script>', page, re.DOTALL)
    assert block
    found = json.loads(block[1])["estimatedSalary"]
    rows = graph.salaries([f"{terms.BASE}role/{role}"])
    assert [(one["@id"], one["median"]) for one in found] == [(row["salary"].value, int(row["median"].value)) for row in rows]
    for one, row in zip(found, rows, strict=True):
        assert (one["@type"], one["currency"], one["duration"]) == ("MonetaryAmountDistribution", "USD", "P1Y")
        number = int(row["observations"].value)
        assert f"{number:,} salar" in one["description"]
        assert one["@id"].startswith(SOURCE + "#")


def test_the_page_of_the_prepared_question_withholds_what_comes_from_fewer_than_five(client: FlaskClient) -> None:
    page = client.get("/queries/salaries?role=ai-programmer", headers=BROWSER).text
    found = re.search(r'<table class="data">(.*?)</table>', page, re.DOTALL)
    assert found
    header, *rows = [re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.DOTALL) for row in re.findall(r"<tr>(.*?)</tr>", found[1], re.DOTALL)]
    counts = [int(row[header.index("observations")].strip()) for row in rows]
    assert (min(counts) < 5, max(counts) >= 5) == (True, True)
    for count, row in zip(counts, rows, strict=True):
        for name in ("percentile10", "percentile25", "median", "percentile75", "percentile90"):
            assert bool(row[header.index(name)].strip()) == (count >= 5), (count, name)
    assert "Figures from fewer than 5 observations are not shown" in page
    enough = client.get("/queries/roles-by-tool?tool=pytorch", headers=BROWSER).text
    assert "are not shown here" not in enough
