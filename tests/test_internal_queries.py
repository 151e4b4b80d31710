"""The queries that the service asks for itself: files that any engine runs, bound to terms, and not offered to clients."""

import json
import re
from pathlib import Path

import pyoxigraph as ox
import pytest
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st

from rolegraph import formats, resources, terms
from rolegraph.facade import Rolegraph, model
from rolegraph.linked_data import concise_description
from rolegraph.queries import QueryCatalogue, internal
from rolegraph.queries.internal import Binding, InternalQuery
from rolegraph.values import Value

HOUSE = Path(__file__).parent.parent / "service" / "rolegraph"
QUERIES = [internal.query(path.stem) for path in resources.files("queries", "internal/*.rq")]
EMPTY = {
    *("nothing", "confidences", "confirmed-matches", "graph-ratings", "index-former-codes", "preparation-of-roles", "ratings-of-role"),
    *("proposed-matches", "shape-rules"),
}
"""Queries for what the shipped graph does not hold, and the one that asks nothing."""

each = pytest.mark.parametrize("query", QUERIES, ids=lambda query: query.name)


def answer(graph: Rolegraph, text: str) -> bytes:
    return graph.engine.query(text, lambda holds: formats.named("json" if holds == "table" else "ntriples", formats.holding(holds))).body


@each
def test_each_runs_as_it_is_with_blank_nodes_and_without(graph: Rolegraph, query: InternalQuery) -> None:
    answer(graph, query.text)
    answer(graph, query.text.replace("#? ", ""))


@each
def test_each_says_what_it_is_and_is_used(query: InternalQuery) -> None:
    assert re.fullmatch(r"[A-Z].*\.", query.summary)
    uses = [path for path in HOUSE.rglob("*.py") if f'"{query.name}"' in path.read_text("utf-8")]
    assert uses, "nothing asks this"


@each
def test_each_declares_the_prefixes_of_the_project_and_no_other(query: InternalQuery) -> None:
    declared = dict(re.findall(r"^PREFIX (\S+): <(\S+)>$", query.text, re.MULTILINE))
    assert declared == {prefix: terms.prefixes()[prefix] for prefix in sorted(declared)}
    assert list(declared) == sorted(declared)


def example(query: InternalQuery, name: str) -> list[str]:
    """Return the IRIs of the example of a parameter, as the engine reads them."""
    prologue = "\n".join(line for line in query.text.splitlines() if line.startswith("PREFIX"))
    match = re.search(rf"VALUES \?{name} \{{([^}}]*)\}}|\?{name} IN \(([^)]*)\)", query.text)
    assert match, f"{name} has no block"
    values = (match[1] or match[2]).replace(",", " ")
    rows = ox.Store().query(f"{prologue}\nSELECT ?x {{ VALUES ?x {{ {values} }} }}")
    assert isinstance(rows, ox.QuerySolutions)
    return [term.value for row in rows if isinstance(term := row["x"], ox.NamedNode | ox.Literal)]


def bindings(query: InternalQuery) -> dict[str, Binding]:
    """Return the example of each parameter, as the service would bind it: what the query gives, or several of, stays a variable."""
    head = query.text.partition("{")[0] if "SELECT" in query.text else ""
    found: dict[str, Binding] = {}
    for name in query.parameters:
        values = example(query, name)
        given = re.search(rf"\?{name}\b", head.partition("SELECT")[2])
        listed = len(values) > 1 or given or (name == "thing" and query.name == "description")
        found[name] = Value(values[0], "literal") if name == "language" else values if listed else values[0]
    return found


def lines(body: bytes) -> list[bytes]:
    """Return the parts of an answer in order; the words of a row may come in any."""
    return sorted(re.split(rb'[\s,"{}\[\]]+|\\u001F', body, flags=re.IGNORECASE))


@each
@pytest.mark.parametrize("without_blank_nodes", [False, True])
def test_each_answers_the_same_when_it_is_bound_to_its_examples(graph: Rolegraph, query: InternalQuery, without_blank_nodes: bool) -> None:
    plain, bound = answer(graph, query.text), answer(graph, query.bind(bindings(query), without_blank_nodes=without_blank_nodes))
    assert lines(bound) == lines(plain)


@pytest.mark.parametrize("query", [query for query in QUERIES if query.name not in EMPTY], ids=lambda query: query.name)
def test_each_example_answers_something(graph: Rolegraph, query: InternalQuery) -> None:
    first, *others = answer(graph, query.text).splitlines()
    rows = [] if others else json.loads(first)["results"]["bindings"]
    assert others or any(value["value"] not in ("", "0") for row in rows for value in row.values())


@each
def test_terms_that_are_none_are_refused(query: InternalQuery) -> None:
    for name in query.parameters:
        for wrong in ("http://a/> } DROP ALL #", ["http://a/b", "http://a/b c"], Value('" }', "literal"), Value("a:b")):
            with pytest.raises(ValueError, match=name):
                query.bind({**bindings(query), name: wrong})
    with pytest.raises(ValueError, match=query.name):
        query.bind({"nonsense": "http://example.org/"})


@given(st.text(max_size=40))
def test_whatever_is_bound_stays_one_term(text: str) -> None:
    """Nothing breaks out of the brackets of an IRI: what could is refused."""
    query = internal.query("linked")
    for value in ("http://example.org/" + text, ["http://example.org/" + text]):
        values: dict[str, Binding] = {"property": terms.PREF_LABEL, "thing": value}
        try:
            bound = query.bind(values)
        except ValueError:
            continue
        assert f"<http://example.org/{text}>" in bound
        assert not set(text) & {*'<>"{}|^`\\', *map(chr, range(0x21))}


def test_a_graph_can_be_the_default_one(graph: Rolegraph) -> None:
    text = internal.query("graph-degree-levels").bind({"graph": None})
    assert "GRAPH" not in text
    assert len(graph.engine.rows(text)) >= len(graph.engine.rows(internal.query("graph-degree-levels").text)) > 0


def test_they_are_not_offered(client: FlaskClient) -> None:
    assert not {query.name for query in QUERIES} & {query.name for query in QueryCatalogue()}
    for name in ("links-of-thing", "internal", "internal/links-of-thing"):
        assert client.get(f"/queries/{name}").status_code == 404
    assert "links-of-thing" not in client.get("/queries").text


def test_the_parts_of_a_source_are_asked_for_up_to_their_number_and_one_more() -> None:
    assert f"LIMIT {concise_description.PARTS + 1}\n" in internal.query("parts-of-source").text


def test_the_rules_of_the_shapes_are_read() -> None:
    assert len(model.rules()) > 15


def test_the_canned_query_compare_gives_the_claims_of_a_comparison(graph: Rolegraph) -> None:
    """It is what a client asks for what ``Rolegraph.compare`` gathers by other queries."""
    roles = [terms.slug_of(member.iri) for member in graph.catalogue.members("role")]
    for pair in zip(roles, [*roles[1:], roles[0]], strict=True):
        claimed = {
            (claim.role, section.name, claim.facet, name, source)
            for section in graph.compare(pair).sections
            for item in section.items
            for claim in item.claims
            for name in claim.names
            for source in claim.sources
        }
        rows = {
            (role, terms.slug_of(section), facet.removeprefix(terms.RG), item, source)
            for row in graph.rows("compare", {"role": pair})
            for role, section, facet, item, source in [[row[name].value for name in ("role", "section", "facet", "item", "source")]]
        }
        assert rows == claimed
