"""What a value is, it is in every format of an answer: character by character, or the format is refused."""

import csv
import io
import json
from xml.etree import ElementTree as ET

import pytest
from flask.testing import FlaskClient
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from rdflib import Graph
from rdflib.util import from_n3

from rolegraph import formats
from rolegraph.engine.remote import answers
from rolegraph.engine.remote.http import Reply
from rolegraph.engine.remote.query_forms import LOOKUP
from rolegraph.errors import NotAcceptable

NOT_XML = {*map(chr, range(32)), "\ufffe", "\uffff"} - {"\t", "\n", "\r"}
TEXTS = st.text(
    st.characters(exclude_characters="\x00", exclude_categories=["Cs"]) | st.sampled_from("\r\n\t\x0b\x1f\ufffe\ufeff\u2028\x85<&>\"'\\ ,"),
    max_size=20,
)
ODD = (
    "",
    " ",
    " x ",
    "a\rb",
    "a\r\nb\n",
    "\r",
    "a\tb",
    "a\x0bb",
    "\x1b[0m",
    "\ufffe",
    "\uffff",
    "]]>",
    "&amp;<b>",
    "\u2028\x85\x7f",
    '"',
    "'",
    "\\n",
    "a,b",
)


def escaped(text: str) -> str:
    return '"' + "".join(f"\\U{ord(character):08X}" for character in text) + '"'


def read(body: bytes, name: str) -> list[str]:
    """Return the values of the first column of a table, as a reader of the format sees them."""
    if name == "json":
        return [row["x"]["value"] for row in json.loads(body)["results"]["bindings"]]
    if name == "xml":
        return [node.text or "" for node in ET.fromstring(body).iterfind(".//{*}binding[@name='x']/{*}literal")]
    if name == "csv":
        return [row[0] for row in list(csv.reader(io.StringIO(body.decode(), newline="")))[1:]]
    return [str(from_n3(line.split("\t")[0])) for line in body.decode().removesuffix("\n").split("\n")[1:]]


@pytest.mark.parametrize("name", ["json", "xml", "csv", "tsv"])
@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(TEXTS, min_size=1, max_size=3))
@example(list(ODD))
def test_a_table_says_what_the_values_are(client: FlaskClient, name: str, texts: list[str]) -> None:
    rows = " ".join(f"({escaped(text)} {number})" for number, text in enumerate(texts))
    query = f"SELECT ?x ?n {{ VALUES (?x ?n) {{ {rows} }} }} ORDER BY ?n"
    answer = client.post("/sparql", data=query.encode(), content_type="application/sparql-query", query_string={"format": name})
    if name == "xml" and NOT_XML & set("".join(texts)):
        assert answer.status_code == 406
        assert "XML" in answer.get_json()["detail"]
        return
    assert answer.status_code == 200
    assert read(answer.data, name) == texts


@pytest.mark.parametrize("name", ["turtle", "nt", "json-ld", "xml"])
@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(TEXTS)
@example("a\rb\r\nc")
@example("a\x0bb")
@example("\ufffe")
def test_a_graph_says_what_the_values_are(client: FlaskClient, name: str, text: str) -> None:
    query = f"CONSTRUCT {{ <x:a> <x:p> ?x }} {{ BIND({escaped(text)} AS ?x) }}"
    asked = {"query": query, "format": {"xml": "rdfxml"}.get(name, name)}
    answer = client.get("/sparql", query_string=asked)
    if name == "xml" and NOT_XML & set(text):
        assert answer.status_code == 406
        return
    assert answer.status_code == 200
    [found] = Graph().parse(data=answer.data, format=name).objects()
    assert str(found) == text


def test_a_character_that_comes_in_two_pieces_is_seen(client: FlaskClient) -> None:
    for length in range(60):
        query = f"SELECT ({escaped('x' * length + chr(0xFFFE))} AS ?x) {{}}"
        assert client.get("/sparql", query_string={"query": query, "format": "xml"}).status_code == 406


def reply(text: str) -> Reply:
    """Return what an endpoint may answer, whose values nobody looked at."""
    told = {"head": {"vars": ["x"]}, "results": {"bindings": [{"x": {"type": "literal", "value": text}}]}}
    body = json.dumps(told).encode()
    return Reply(io.BytesIO(body), len(body), "application/sparql-results+json")


def test_answers_of_an_endpoint_say_what_the_values_are() -> None:
    table = {format_.name: format_ for format_ in formats.holding("table")}
    for name, format_ in table.items():
        assert read(answers.table(reply("a\rb\r\n"), LOOKUP, format_).body, name) == ["a\rb\r\n"]
    with pytest.raises(NotAcceptable):
        answers.table(reply("a\x0bb"), LOOKUP, table["xml"])


def test_graphs_of_an_endpoint_say_what_the_values_are() -> None:
    body = b'<x:a> <x:p> "a\\rb" .\n'
    rdfxml = formats.named("rdfxml", formats.holding("graph"))
    answer, _ = answers.graph(Reply(io.BytesIO(body), len(body), "application/n-triples"), rdfxml, {})
    assert [str(found) for found in Graph().parse(data=answer.body, format="xml").objects()] == ["a\rb"]
