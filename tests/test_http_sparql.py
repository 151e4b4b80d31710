"""SPARQL 1.1 Protocol and the canned queries over HTTP."""

import csv
import io
import json
from typing import Any

import pytest
from flask.testing import FlaskClient
from rdflib import Graph
from SPARQLWrapper import CSV, JSON, POST, RDFXML, TURTLE, SPARQLWrapper
from SPARQLWrapper import XML as SPARQL_XML

from rolegraph import formats
from rolegraph.facade import Rolegraph
from rolegraph.queries import CannedQuery, QueryCatalogue

BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
COUNT = "PREFIX rg: <https://w3id.org/rolegraph/ns#> SELECT (COUNT(DISTINCT ?role) AS ?n) { ?role a rg:Role }"
QUERIES = list(QueryCatalogue())
by_name = pytest.mark.parametrize("query", QUERIES, ids=lambda query: query.name)


@pytest.mark.parametrize("method", ["GET", POST])
def test_a_client_library_gets_tables_yes_or_no_and_graphs(server: str, method: str) -> None:
    client: Any = SPARQLWrapper(f"{server}/sparql")
    client.setMethod(method)
    client.setQuery(COUNT)
    client.setReturnFormat(JSON)
    assert client.queryAndConvert()["results"]["bindings"][0]["n"]["value"] == "6"
    client.setReturnFormat(CSV)
    assert client.queryAndConvert().decode().split() == ["n", "6"]
    client.setReturnFormat(SPARQL_XML)
    assert "6" in client.queryAndConvert().toxml()
    client.setReturnFormat(JSON)
    client.setQuery("ASK { ?s ?p ?o }")
    assert client.queryAndConvert()["boolean"] is True
    client.setQuery("DESCRIBE <https://w3id.org/rolegraph/tool/pytorch>")
    for name in (SPARQL_XML, RDFXML, TURTLE):
        client.setReturnFormat(name)
        assert len(client.queryAndConvert()) > 3


def test_three_ways_to_send_a_query(client: FlaskClient) -> None:
    answers = (
        client.get("/sparql", query_string={"query": COUNT}),
        client.post("/sparql", data={"query": COUNT}),
        client.post("/sparql", data=COUNT, content_type="application/sparql-query"),
        client.post("/sparql", data=COUNT.encode(), content_type="application/sparql-query; charset=utf-8"),
    )
    assert {answer.data for answer in answers} == {answers[0].data}
    assert answers[0].get_json()["results"]["bindings"][0]["n"]["value"] == "6"


@pytest.mark.parametrize(
    ("content_type", "body", "status"),
    [
        ("text/plain", COUNT, 415),
        ("", COUNT, 415),
        ("application/sparql-query", "", 400),
        ("application/sparql-query", b"ASK { ?s ?p '\xff' }", 400),
        ("application/sparql-query", "ASK { ?s ?p '\u00e4' }".encode("utf-16"), 400),
        ("application/x-www-form-urlencoded", "", 400),
        ("application/x-www-form-urlencoded", "query=ASK{}&query=ASK{}", 400),
        ("application/x-www-form-urlencoded", "query=ASK{}&named-graph-uri=x", 400),
        ("application/x-www-form-urlencoded", "update=DROP+ALL", 400),
        ("application/sparql-update", "DROP ALL", 415),
        ("application/sparql-query", "#" * 1100000, 413),
    ],
)
def test_what_is_no_query_is_refused(client: FlaskClient, content_type: str, body: str | bytes, status: int) -> None:
    answer = client.post("/sparql", data=body, content_type=content_type)
    assert answer.status_code == status
    assert answer.mimetype == "application/problem+json"


def test_the_query_string_is_decoded_once(client: FlaskClient) -> None:
    answer = client.get("/sparql?query=SELECT%20(%22a%252Bb%2Bc%22%20AS%20%3Fx)%20%7B%7D&format=csv")
    assert answer.text.split() == ["x", "a%2Bb+c"]


def test_a_query_that_does_not_parse_tells_where(client: FlaskClient) -> None:
    text = "SELECT ?role\nWHERE { ?role a rg:Role }"
    found = client.get("/sparql", query_string={"query": text}).get_json()
    assert found["line"] == 2
    assert found["column"] > 1
    page = client.get("/sparql", query_string={"query": text}, headers={"Accept": BROWSER})
    assert page.status_code == 400
    assert "line 2" in page.text
    assert "<mark>WHERE { ?role a rg:Role }</mark>" in page.text
    assert "SELECT ?role\nWHERE" in page.text


def test_the_page_of_an_answer_links_things_and_other_formats(client: FlaskClient) -> None:
    text = "SELECT * { <https://w3id.org/rolegraph/tool/pytorch> a ?type ; <http://www.w3.org/2004/02/skos/core#prefLabel> ?label }"
    page = client.get("/sparql", query_string={"query": text}, headers={"Accept": BROWSER}).text
    assert '<a href="/ns#Tool">rg:Tool</a>' in page
    assert 'href="http://www.w3.org/2004/02/skos/core#Concept"' in page
    assert "/sparql.csv?query=SELECT" in page
    graph = client.get("/sparql", query_string={"query": "CONSTRUCT WHERE { ?s a ?o }"}, headers={"Accept": BROWSER}).text
    assert "/sparql.ttl?query=CONSTRUCT" in graph
    assert "<pre" in graph


def test_a_large_answer_is_whole_for_machines_and_cut_with_a_word_for_people(client: FlaskClient) -> None:
    text = "SELECT * { ?s ?p ?o } LIMIT 1500"
    assert client.get("/sparql.csv", query_string={"query": text}).text.count("\r\n") == 1501
    page = client.get("/sparql", query_string={"query": text}, headers={"Accept": BROWSER}).text
    assert "1,500 rows; the first 1,000 are shown" in page


def test_the_format_may_depend_on_what_the_answer_holds(client: FlaskClient) -> None:
    both = {"Accept": "text/csv, text/turtle;q=0.5"}
    assert client.get("/sparql", query_string={"query": COUNT}, headers=both).mimetype == "text/csv"
    assert client.get("/sparql", query_string={"query": "CONSTRUCT WHERE { ?s a ?o }"}, headers=both).mimetype == "text/turtle"
    page_or_graph = {"Accept": "text/html;q=0.5, text/turtle"}
    assert client.get("/sparql", query_string={"query": COUNT}, headers=page_or_graph).mimetype == "text/html"
    assert client.get("/sparql", query_string={"query": "CONSTRUCT WHERE { ?s a ?o }"}, headers=page_or_graph).mimetype == "text/turtle"


# ---------------------------------------------------------------- canned queries


@by_name
def test_a_canned_query_answers_its_example_as_data_and_as_a_page(client: FlaskClient, graph: Rolegraph, query: CannedQuery) -> None:
    given = {parameter.name: list(parameter.example) for parameter in query.parameters}
    expected = graph.run(query.name, given, lambda holds: formats.holding(holds)[0])
    answer = client.get(f"/queries/{query.name}", query_string=given, headers={"Accept": "*/*"})
    assert (answer.data, answer.content_type) == (expected.body, expected.format.content_type)
    page = client.get(f"/queries/{query.name}", query_string=given, headers={"Accept": BROWSER}).text
    assert query.number in page
    if query.holds == "table":
        bindings = json.loads(expected.body)["results"]["bindings"]
        assert f"{len(bindings):,} row" in page
        assert page.count("<tr>") == min(len(bindings), 1000) + 1
    empty = client.get(f"/queries/{query.name}", headers={"Accept": BROWSER})
    assert empty.status_code == 200
    for parameter in query.parameters:
        assert f'name="{parameter.name}"' in empty.text


def test_several_values_may_stand_in_one_parameter(client: FlaskClient) -> None:
    one = client.get("/queries/shared-by-all.csv?role=ai-architect,ai-programmer").data
    assert one == client.get("/queries/shared-by-all.csv?role=role:ai-architect&role=https://w3id.org/rolegraph/role/ai-programmer").data
    assert one.count(b"\n") > 1


def test_a_wrong_parameter_is_named_beside_the_form(client: FlaskClient) -> None:
    page = client.get("/queries/evidence?role=ai-architect&concept=tool:pytorh", headers={"Accept": BROWSER})
    assert page.status_code == 400
    assert "tool:pytorch" in page.text
    assert 'value="tool:pytorh"' in page.text


def test_the_list_of_canned_queries_describes_their_parameters(client: FlaskClient) -> None:
    found = {query["name"]: query for query in client.get("/queries.json").get_json()["queries"]}
    assert set(found) == {query.name for query in QUERIES}
    assert found["compare"]["parameters"][0]["most"] == 8


# ---------------------------------------------------------------- comparison


def test_the_csv_of_a_comparison_has_a_row_per_claim(client: FlaskClient) -> None:
    query = "role=ai-architect&role=deep-learning-engineer"
    rows = list(csv.DictReader(io.StringIO(client.get(f"/compare.csv?{query}").text)))
    found = client.get(f"/compare.json?{query}").get_json()
    assert len(rows) == sum(len(item["claims"]) for section in found["sections"] for item in section["items"])
    assert {row["shared_by"] for row in rows} == {"all", "one"}
    graph = Graph().parse(data=client.get(f"/compare.ttl?{query}").data, format="turtle")
    assert len(graph) > 200


def test_the_page_of_a_comparison_shows_every_item_once_for_those_who_have_it(client: FlaskClient, graph: Rolegraph) -> None:
    roles = ["ai-architect", "ai-programmer", "computer-vision-engineer"]
    page = client.get("/compare", query_string={"role": roles, "near": "off"}, headers={"Accept": BROWSER}).text
    compared = graph.compare(roles, "off")
    for section in compared.sections:
        band = page.partition(f'<section class="band" id="{section.name}">')[2].partition("</section>")[0]
        for word, mark in (("all", "●"), ("some", "◐"), ("one", "○")):
            assert (mark in band) == (word != "some" or any(compared.spread(item) == "some" for item in section.items))
        assert band.count('<a class="marks"') == sum(len(item.claims) for item in section.items)


def test_what_no_source_states_is_said_plainly(client: FlaskClient) -> None:
    page = client.get("/compare?role=ai-programmer&role=machine-learning-engineer", headers={"Accept": BROWSER}).text
    industries = page.partition('id="industries">')[2].partition("</section>")[0]
    assert "No source states this." in industries


def test_figures_of_the_outlook_are_written_for_people(client: FlaskClient) -> None:
    for source, figure, period in (
        ("ai-architect-vs-deep-learning-engineer", "USD 190 billion", "by 2025"),
        ("machine-learning-engineer-vs-ai-programmer", "15 %", "2019 to 2029"),
    ):
        page = client.get(f"/source/{source}", headers={"Accept": BROWSER}).text
        outlook = page.partition('id="section-outlook">')[2].partition("</section>")[0]
        assert figure in outlook
        assert period in outlook
