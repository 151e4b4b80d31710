"""What a graph holds can be written in every format: what cannot is refused by every way in, and says which triple."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from xml.dom import minidom

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rdflib import Graph
from rdflib.compare import isomorphic

from rolegraph import wellformed
from rolegraph.engine.embedded import EmbeddedEngine, Settings
from rolegraph.engine.revision_store import RevisionStore
from rolegraph.errors import NotAcceptable, UnreadableInput
from rolegraph.facade import Rolegraph
from rolegraph.formats import holding, named

GRAPHS, TABLES = holding("graph"), holding("table")
NTRIPLES = named("ntriples", GRAPHS)
NAME = "http://e.example/graph"
NAMES = {"turtle": "turtle", "ntriples": "nt", "jsonld": "json-ld", "rdfxml": "xml"}
BAD = {
    "control character": '<urn:s> <urn:p> "a\\u0001b"',
    "NUL": '<urn:s> <urn:p> "a\\u0000b"',
    "no character": '<urn:s> <urn:p> "a\\uFFFFb"',
    "within a triple term": '<urn:s> <urn:p> <<( <urn:s> <urn:p> "a\\u0001b" )>>',
    "number of any size": '<urn:s> <urn:p> "1e100000000"^^<http://www.w3.org/2001/XMLSchema#decimal>',
}
UPDATES = {
    "data": f'INSERT DATA {{ GRAPH <{NAME}> {{ <urn:s> <urn:p> "a\\u0001b" }} }}',
    "built text": f'INSERT {{ GRAPH <{NAME}> {{ <urn:s> <urn:p> ?o }} }} WHERE {{ BIND(CONCAT("a", "\\u0001") AS ?o) }}',
    "any graph": 'INSERT { GRAPH ?g { <urn:s> <urn:p> "a\\u0001b" } } WHERE { GRAPH ?g { ?s ?p ?o } }',
}
Engine = EmbeddedEngine | RevisionStore


@pytest.fixture(params=["memory", "memory, own default graph", "stored", "stored, own default graph"])
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    chosen = Settings(union="own" not in request.param)
    found: Engine = EmbeddedEngine(chosen) if request.param.startswith("memory") else RevisionStore(tmp_path / "store", chosen)
    found.write({NAME: b"<urn:s> <urn:p> 'before' ."})
    yield found
    found.close()


def held(engine: Engine) -> bytes:
    return engine.dump(named("nquads", holding("dataset"))).body


@pytest.mark.parametrize("triple", BAD.values(), ids=BAD.keys())
def test_a_document_is_refused_and_says_where(engine: Engine, triple: str) -> None:
    before = held(engine)
    with pytest.raises(UnreadableInput) as caught:
        engine.write({NAME: f"<urn:s> <urn:q> <urn:o> .\n{triple} .".encode()}, NTRIPLES)
    assert caught.value.members["expected"]
    with pytest.raises(UnreadableInput):
        engine.write({NAME: f"{triple} .".encode()}, NTRIPLES, mode="append")
    assert held(engine) == before


@pytest.mark.parametrize("text", UPDATES.values(), ids=UPDATES.keys())
def test_an_update_that_would_store_it_is_taken_back_whole(engine: Engine, text: str) -> None:
    before, revision = held(engine), engine.revision
    with pytest.raises(UnreadableInput) as caught:
        engine.update(f"INSERT DATA {{ GRAPH <{NAME}> {{ <urn:s> <urn:fine> 1 }} }} ; {text}")
    assert "triple" in caught.value.members
    assert (held(engine), engine.revision) == (before, revision)
    engine.update(f"INSERT DATA {{ GRAPH <{NAME}> {{ <urn:s> <urn:fine> 1 }} }}")
    assert b"urn:fine" in held(engine)


@pytest.mark.parametrize("triple", [triple for name, triple in BAD.items() if "number" not in name])
@pytest.mark.parametrize("rest", ["", "_:b <urn:p> 'a blank node' .\n"], ids=["by lines", "one by one"])
def test_an_import_is_refused(tmp_path: Path, triple: str, rest: str) -> None:
    engine = RevisionStore(tmp_path / "store")
    file = tmp_path / "bad.nt"
    file.write_text(f"<urn:s> <urn:q> <urn:o> .\n{triple} .\n{rest.replace(chr(39), chr(34))}", encoding="utf-8")
    with pytest.raises(UnreadableInput):
        engine.load({NAME: [file]}, NTRIPLES)
    assert engine.graphs() == []
    engine.close()


@pytest.mark.parametrize("name", ["http://e.example/1", "http://e.example/", "http://www.w3.org/1999/02/22-rdf-syntax-ns#li"])
def test_a_property_that_is_no_name_of_xml_is_kept_and_rdf_xml_says_that_it_cannot_have_it(name: str) -> None:
    engine = EmbeddedEngine()
    engine.update(f"INSERT DATA {{ GRAPH <{NAME}> {{ <urn:s> <{name}> 1 }} }}")
    assert name.encode() in engine.dump(NTRIPLES, NAME).body
    with pytest.raises(NotAcceptable) as caught:
        engine.query("CONSTRUCT WHERE { ?s ?p ?o }", lambda _: named("rdfxml", GRAPHS))
    assert "Turtle" in caught.value.members["expected"]


texts = st.text(st.characters(codec="utf-8"), max_size=8)
ends = st.text(st.sampled_from("a1-._é\u0300\u00b7:/#?~!x\U00010400\u3001"), max_size=5)
languages = st.sampled_from(["", "en", "de-CH-1996", "x-private", "zh-Hant"])


def escaped(text: str) -> str:
    return "".join(f"\\U{ord(character):08X}" for character in text)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(ends, ends, texts, languages), min_size=1, max_size=3))
def test_what_was_taken_in_comes_back_in_every_format(found: list[tuple[str, str, str, str]]) -> None:
    lines = [
        f'<http://e.example/{escaped(one)}> <http://e.example/{escaped(two)}> "{escaped(text)}"{"@" if language else ""}{language} .'
        for one, two, text, language in found
    ]
    engine = EmbeddedEngine()
    try:
        engine.write({NAME: "\n".join(lines).encode()}, NTRIPLES)
    except UnreadableInput:
        return
    graph = Graph().parse(data=engine.dump(NTRIPLES, NAME).body, format="nt")
    named_in_xml = all(wellformed.fault_of_property(str(predicate)) is None for predicate in graph.predicates())
    for format_ in GRAPHS:
        if format_.name == "rdfxml" and not named_in_xml:
            with pytest.raises(NotAcceptable, match="does not end in a name"):
                engine.dump(format_, NAME)
            continue
        assert isomorphic(Graph().parse(data=engine.dump(format_, NAME).body, format=NAMES[format_.name]), graph), format_.name
    readers: dict[str, Callable[[bytes], object]] = {"xml": minidom.parseString, "json": json.loads}
    for format_ in TABLES:
        answer = engine.query("SELECT * { ?s ?p ?o }", lambda _, chosen=format_: chosen)  # type: ignore[misc]
        readers.get(format_.name, bytes.decode)(answer.body)


def test_what_rdf_1_2_adds_is_kept_and_json_ld_says_that_it_cannot_have_it() -> None:
    graph = Rolegraph(EmbeddedEngine())
    graph.store(NAME, b'<urn:s> <urn:p> <<( <urn:s> <urn:p> "x"@en--ltr )>> .')
    assert b"ltr" in graph.export(NTRIPLES, NAME).body
    with pytest.raises(NotAcceptable):
        graph.export(named("jsonld", GRAPHS), NAME)
