"""Queries and updates that do not parse: the fault in words, where it is, and what to write instead; and byte order marks."""

import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner
from flask.testing import FlaskClient
from hypothesis import given, settings
from hypothesis import strategies as st

from rolegraph import formats
from rolegraph.cli import main
from rolegraph.engine import syntax_errors
from rolegraph.engine.federation import FederationPolicy
from rolegraph.engine.oxigraph_errors import query_errors, unparsed
from rolegraph.engine.remote import query_forms
from rolegraph.errors import UnreadableInput
from rolegraph.facade import Rolegraph
from rolegraph.web import create_app

SKOS = "PREFIX skos: <http://www.w3.org/2004/02/skos/core#>"
BOM = "\ufeff"
PARSERS_WORDS = re.compile(r"expected|Prefix not found|\[_\]|\.\.=|\\u\{|<unreported>|LANGMATCHES")

Case = tuple[str, str, int | None, int | None, str | None]
"""The text, what is said of it, the line and the column, what is told to be accepted."""

QUERIES: tuple[Case, ...] = (
    ("SELECT ?s { ?s skos:prefLabel ?l }", "the prefix skos: is not declared", 1, 16, SKOS),
    ("SELECT ?s {\n ?s foaf:name ?l }", "the prefix foaf: is not declared", 2, 5, "PREFIX foaf: <http://xmlns.com/foaf/0.1/>"),
    ("SELECT ?s { ?s zorblat:x ?l }", "the prefix zorblat: is not declared", 1, 16, "PREFIX zorblat: <its namespace IRI"),
    (f"{SKOS} SELECT ?s {{ ?s a rg:Role ; rg:tool skos:x }}", "the prefix rg: is not declared", 1, 70, "ns#>"),
    ("SELECT ?s { ?s rg:tool ?l . ?l dct:title 'a:b' # c:d\n }", "the prefixes rg: and dct: are not declared", 1, 16, "PREFIX dct: <"),
    ("SELECT ?s { ?s :tool ?l }", "the prefix : is not declared", 1, 16, "PREFIX : <its namespace IRI"),
    ("SELECT ?s { ?s\u00a0?p ?o }", "U+00A0 (no-break space)", 1, 15, "a plain space"),
    ("SELECT ?s {\n  \u200b?s ?p ?o }", "U+200B (zero width space)", 2, 3, "nothing"),
    ("SELECT ?s { ?s ?p \u201cx\u201d }", "U+201C (left double quotation mark)", 1, 19, '" in its place'),
    ("SELECT ?s { ?s ?p \u2018it\u2019 }", "U+2018 (left single quotation mark)", 1, 19, "' in its place"),
    ("SELECT (3 \u2013 2 AS ?x) {}", "U+2013 (en dash)", 1, 11, "- in its place"),
    ("SELECT (3 \u2212 2 AS ?x) {}", "U+2212 (minus sign)", 1, 11, "- in its place"),
    ("SELECT ?s { ?s ?p ?o \ufeff}", "U+FEFF (zero width no-break space)", 1, 22, "nothing"),
    ("SELECT ?s \uff5b ?s ?p ?o }", "U+FF5B (fullwidth left curly bracket)", 1, 11, "{ in its place"),
    ("ASK { ?s ?p ?o FILTER(?o \u2265 1) }", "U+2265 (greater-than or equal to)", 1, 26, ">= in its place"),
    ("SELECT ?s { ?s ?p ?o }\x0b", "U+000B (a control character)", 1, 23, "nothing"),
    ("SELECT ?r (COUNT(?s) AS ?n) { ?r ?p ?s }", "?r is selected in a grouped query", 1, 8, "GROUP BY"),
    ("SELECT ?r ?s (COUNT(?x) AS ?n) { ?r ?s ?x } GROUP BY ?r", "?s is selected in a grouped query", 1, 11, "SAMPLE(?s)"),
    ("SELECT * { { SELECT (COUNT(?s) + ?r AS ?n) { ?r ?p ?s } } }", "?r is selected in a grouped query", 1, 34, "SAMPLE(?r)"),
    ("SELECT ?s { ?s ?p ?o", "the { is not closed", 1, 11, "} after it"),
    ("SELECT ?s ?s ?p ?o }", "the } has no opening bracket", 1, 20, "an opening bracket"),
    ("ASK { ?s ?p ?o FILTER(?o > 1 }", "in place of ), which would close the bracket in line 1, column 22", 1, 30, ") before it"),
    ("SELECT ?s { ?s ?p ?o ?a ?b ?c }", "'?a' is not allowed here", 1, 22, "a full stop"),
    ("SELECT ?s\n{ ?s ?p ?o .. }", "'.' is not allowed here", 2, 12, None),
    ("SELECT ?s { ?s ?p 'abc }", "the string that begins here is not closed", 1, 19, "' after it"),
    ('SELECT ?s { ?s ?p """abc\n }', "the string that begins here is not closed", 1, 19, '""" after it'),
    ("SELECT ?s { ?s ?p ?o } LIMIT -1", "LIMIT must be a whole number, not '-1'", 1, 30, "a whole number from 0, such as LIMIT 10"),
    ("SELECT ?s { ?s ?p ?o } OFFSET 1.5", "OFFSET must be a whole number, not '1.5'", 1, 31, "a whole number"),
    ("SELECT ?s { ?s ?p ?o } LIMIT", "LIMIT has no number", 1, 29, "a whole number"),
    ("SELECT COUNT(?s) { ?s ?p ?o }", "SELECT cannot return 'COUNT'", 1, 8, "(COUNT(?x) AS ?number)"),
    ("SELECT (COUNT(?s)) { ?s ?p ?o }", "an expression of SELECT has no name", 1, 18, "(COUNT(?x) AS ?number)"),
    ("SELECT ?s, ?p { ?s ?p ?o }", "SELECT cannot return ','", 1, 10, "separated by spaces"),
    ("PREFIX skos <http://x/> ASK {}", "PREFIX is not followed by its declaration", 1, 1, "PREFIX name: <http"),
    ("SELEC ?s {}", "a query does not start with 'SELEC'", 1, 1, "SELECT, ASK"),
    ("INSERT DATA { <a> <b> 1 }", "this is an update", 1, 1, "/update"),
    (" # nothing\n", "it is empty", 1, 1, "SELECT, ASK"),
)
UPDATES: tuple[Case, ...] = (
    ("INSERT DATA { GRAPH <x:g> { <x:a> skos:notation 1 } }", "the prefix skos: is not declared", 1, 35, SKOS),
    ("INSERT DATA { GRAPH <x:g> { <x:a>\u00a0<x:b> 1 } }", "U+00A0 (no-break space)", 1, 34, "a plain space"),
    ("SELECT * { ?s ?p ?o }", "this is a query", 1, 1, "/sparql"),
    ("INSERT DATA { GRAPH <x:g> { <x:a> <x:b> 1 }", "the { is not closed", 1, 13, "} after it"),
    ("INSERT DATA { GRAPH <x:g> { <x:a> <x:b> ?x } }", "INSERT DATA has a variable", None, None, "WHERE"),
    ("INSERT DATA { GRAPH <x:\u0080> { <x:a> <x:b> 1 } }", "an IRI in < > is malformed", None, None, "RFC 3987"),
    ("WITH <x:\u0080> DELETE { ?s ?p ?o } WHERE { ?s ?p ?o }", "an IRI in < > is malformed", None, None, "RFC 3987"),
    (r"INSERT DATA { GRAPH <x:\uD800> { <x:a> <x:b> 1 } }", r"'<x:\\uD800>' is not allowed here", 1, 21, "missing"),
    ("CLEAR <x:g>", "'<x:g>' is not allowed here", 1, 7, "missing"),
)


def check(error: UnreadableInput, said: str, line: int | None, column: int | None, accepted: str | None) -> None:
    assert said in error.detail
    assert not PARSERS_WORDS.search(error.detail)
    assert (error.members.get("line"), error.members.get("column")) == (line, column)
    assert accepted is None or accepted in error.members["expected"]


@pytest.mark.parametrize("case", QUERIES, ids=lambda case: case[0])
def test_a_query_that_does_not_parse(graph: Rolegraph, case: Case) -> None:
    with pytest.raises(UnreadableInput) as caught:
        graph.query(case[0], lambda holds: formats.holding(holds)[0])
    check(caught.value, *case[1:])


@pytest.mark.parametrize("case", [case for case in QUERIES if "is not allowed here" not in case[1]], ids=lambda case: case[0])
def test_a_query_that_is_meant_for_an_endpoint(case: Case) -> None:
    with pytest.raises(UnreadableInput) as caught:
        query_forms.read(case[0])
    check(caught.value, *case[1:])


@pytest.mark.parametrize("case", UPDATES, ids=lambda case: case[0])
def test_an_update_that_does_not_parse(case: Case) -> None:
    own = Rolegraph.open(shipped=False)
    with pytest.raises(UnreadableInput) as caught:
        own.update(case[0])
    check(caught.value, *case[1:])
    own.close()


@pytest.mark.parametrize("text", ["ASK { ?s ?p ?o FILTER schema:serviceType }", "ASK { \u201cservice\u201d }"])
def test_a_text_that_only_looks_as_if_it_called_another_service(text: str) -> None:
    with pytest.raises(UnreadableInput, match=r"schema: is not declared|U\+201C"):
        FederationPolicy().check_query(text)


def test_over_http_and_on_the_command_line(client: FlaskClient, tmp_path: Path) -> None:
    text = QUERIES[0][0]
    answer = client.get("/sparql", query_string={"query": text})
    assert answer.status_code == 400
    found = answer.get_json()
    assert found["detail"].endswith("the prefix skos: is not declared")
    assert (found["line"], found["column"]) == (1, 16)
    assert SKOS in found["expected"]
    (tmp_path / "q.rq").write_text(text, "utf-8")
    run = CliRunner().invoke(main, ["query", str(tmp_path / "q.rq")])
    assert run.exit_code == 2
    assert "the prefix skos: is not declared" in run.output
    assert SKOS in run.output


@pytest.mark.parametrize(
    "text", ["ASK { ?r a ?t } # \u201cquoted\u201d", "ASK { ?s ?p '\u00a0\u2013 skos:x {' }", "ASK { ?\u00fcber ?p ?x\u200dy }"]
)
def test_what_is_right_is_not_found_fault_with(graph: Rolegraph, text: str) -> None:
    assert syntax_errors.find(text, "query") is None
    graph.query(text, lambda holds: formats.holding(holds)[0])


def test_the_canned_queries_show_no_mistake(graph: Rolegraph) -> None:
    for query in graph.queries:
        text = graph.bound(query.name, {parameter.name: parameter.example for parameter in query.parameters})
        assert syntax_errors.find(text, "query") is None
        assert syntax_errors.ungrouped(text) is None


PIECES = st.lists(
    st.sampled_from(
        ["SELECT", "?s", "*", "{", "}", "(", ")", "[", "]", "a", "rg:x", ":", "<x:y>", '"""', '"', "'x'", ".", ";", ",", "LIMIT", "-1",
         "GROUP BY",
         "AS", "COUNT(?x)", "FILTER", "\u00a0", "PREFIX", "BASE", "# c\n", "@en", "^^", "_:b", "INSERT",
         "DATA", "WHERE", "\n", "<<", ">>", "\\", "\r"]
    ),
    max_size=25,
)  # fmt: skip


@settings(deadline=None, max_examples=300)
@given(PIECES, st.sampled_from(["query", "update"]))
def test_whatever_is_wrong_is_told_within_the_text(pieces: list[str], what: str) -> None:
    text = " ".join(pieces)
    error = unparsed(text, what)
    assert not PARSERS_WORDS.search(error.detail)
    line, column = error.members.get("line"), error.members.get("column")
    assert (line is None) == (column is None)
    if line is not None and column is not None:
        assert 1 <= line <= text.count("\n") + 1
        assert 1 <= column <= len(text.split("\n")[line - 1]) + 1


@pytest.mark.parametrize("piece", ["a-", "<", '"', '"""', "{", ":", "a:", "?a ", "\\", "a.", "_:", "SELECT "])
def test_a_long_text_is_looked_at_once(piece: str) -> None:
    with pytest.raises(UnreadableInput), query_errors(text := piece * 20_000):
        raise unparsed(text, "query", "error at 1:1: expected x")


def test_a_byte_order_mark_before_a_query_or_an_update_is_passed_over(graph: Rolegraph, client: FlaskClient, tmp_path: Path) -> None:
    text = f"{BOM}SELECT (1 AS ?x) {{}}"
    answers = (
        client.get("/sparql", query_string={"query": text}),
        client.post("/sparql", data={"query": text}),
        client.post("/sparql", data=text.encode(), content_type="application/sparql-query"),
    )
    assert [answer.status_code for answer in answers] == [200, 200, 200]
    (tmp_path / "q.rq").write_text(text, "utf-8")
    for arguments, given_ in (([str(tmp_path / "q.rq")], None), (["-"], text.encode())):
        run = CliRunner().invoke(main, ["query", *arguments, "--format", "json"], input=given_)
        assert json.loads(run.output)["results"]["bindings"][0]["x"]["value"] == "1"
    own = Rolegraph.open(shipped=False)
    own.update(f"{BOM}INSERT DATA {{ GRAPH <x:g> {{ <x:a> <x:b> 1 }} }}")
    assert list(own.engine.graphs()) == ["x:g"]
    own.close()


@pytest.mark.parametrize("name", ["turtle", "ntriples", "jsonld", "rdfxml"])
def test_a_byte_order_mark_before_a_graph_is_passed_over(graph: Rolegraph, name: str) -> None:
    format_ = formats.named(name, formats.holding("graph"))
    body = BOM.encode() + graph.graph("https://w3id.org/rolegraph/tool/pytorch", format_).body
    own = Rolegraph.open(shipped=False)
    own.store("http://example.org/g", body, format_)
    assert list(own.engine.graphs()) == ["http://example.org/g"]
    assert graph.validate(body, format_)
    own.close()


def test_a_byte_order_mark_before_a_profile_is_passed_over(client: FlaskClient) -> None:
    for profile, kind in ((f"{BOM}python\nsql\n", "list"), (BOM + '{"basics": {}, "skills": [{"name": "Python"}]}', "resume")):
        answer = client.post("/gap", data={"profile": profile}, headers={"Accept": "application/json"})
        assert answer.status_code == 200
        found = answer.get_json()["profile"]
        assert found["found"][0]["label"] == "Python"
        assert found["kind"] == kind


def test_text_that_is_not_utf_8_is_told_on_the_command_line(tmp_path: Path) -> None:
    (tmp_path / "q.rq").write_bytes("SELECT * { ?s ?p 'é' }".encode("latin-1"))
    run = CliRunner().invoke(main, ["query", str(tmp_path / "q.rq")])
    assert run.exit_code == 2
    assert "not UTF-8" in run.output


def test_the_page_of_the_editor_names_the_fault(client: FlaskClient) -> None:
    page = client.get("/sparql", query_string={"query": QUERIES[0][0]}, headers={"Accept": "text/html"})
    assert page.status_code == 400
    assert "the prefix skos: is not declared" in page.text


def test_the_service_reads_an_update_with_a_byte_order_mark(tmp_path: Path) -> None:
    own = Rolegraph.open(tmp_path / "store", shipped=False)
    client = create_app(own).test_client()
    assert own.tokens
    client.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {own.tokens.create('admin').text}"
    text = f"{BOM}INSERT DATA {{ GRAPH <x:g> {{ <x:a> <x:b> 1 }} }}"
    assert client.post("/update", data=text.encode(), content_type="application/sparql-update").status_code == 204
    assert client.post("/update", data={"update": text}).status_code == 204
    assert list(own.engine.graphs()) == ["x:g"]
    own.close()
