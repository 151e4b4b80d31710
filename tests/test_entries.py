"""Reading entries: the same graph from every format, mistakes with their place, nothing fetched."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rdflib import Graph, Literal, URIRef
from rdflib.compare import isomorphic

from rolegraph import entries, formats, terms
from rolegraph.errors import UnreadableInput

NAMES = {"turtle": "turtle", "ntriples": "nt", "jsonld": "json-ld", "rdfxml": "xml"}
words = st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc")), max_size=20)
triples = st.tuples(
    st.sampled_from([terms.BASE + "role/a", terms.BASE + "role/b"]),
    st.sampled_from([terms.PREF_LABEL, terms.RG + "tool"]),
    st.one_of(words.map(lambda text: Literal(text, lang="en")), words.map(Literal), st.just(URIRef(terms.BASE + "tool/x"))),
)


@settings(max_examples=40, deadline=None)
@given(st.lists(triples, max_size=8), st.sampled_from(entries.FORMATS))
def test_every_format_gives_the_same_graph(found: list[tuple[str, str, Literal]], format_: formats.Format) -> None:
    graph = Graph()
    for subject, predicate, object_ in found:
        graph.add((URIRef(subject), URIRef(predicate), object_))
    body = graph.serialize(format=NAMES[format_.name], encoding="utf-8")
    assert isomorphic(entries.read(body, format_), graph)


@pytest.mark.parametrize(
    ("name", "body", "line"),
    [
        ("turtle", b"@prefix rg: <https://w3id.org/rolegraph/ns#> .\n\nrg:a rg:b nonsense ;", 3),
        ("jsonld", b'{"@id": "x",\n nonsense}', 2),
        ("rdfxml", b'<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">\n<nonsense\n', 2),
        ("ntriples", b"<a:b> nonsense .\n", None),
        ("turtle", b"\xff\xfe\x00", None),
        ("jsonld", b"[" * 100_000, None),
        ("jsonld", b'"just a text"', None),
    ],
)
def test_a_mistake_is_told_with_its_place(name: str, body: bytes, line: int | None) -> None:
    format_ = formats.named(name, entries.FORMATS)
    with pytest.raises(UnreadableInput) as caught:
        entries.read(body, format_)
    assert line is None or caught.value.members["line"] == line


@pytest.mark.parametrize(
    "context",
    ['"https://example.org/context"', '["https://example.org/context"]', '{"@import": "https://example.org/context"}', '"../context"'],
)
def test_no_context_is_fetched(context: str) -> None:
    body = f'{{"@context": {context}, "@id": "https://w3id.org/rolegraph/role/x"}}'.encode()
    with pytest.raises(UnreadableInput, match="nothing is fetched"):
        entries.read(body, formats.named("jsonld", entries.FORMATS))


def test_the_projects_own_context_is_at_hand() -> None:
    body = b'{"@context": "https://w3id.org/rolegraph/context.jsonld", "id": "role:x", "type": "Role", "prefLabel": {"en": "X"}}'
    graph = entries.read(body, formats.named("jsonld", entries.FORMATS))
    assert (URIRef(terms.BASE + "role/x"), URIRef(terms.PREF_LABEL), Literal("X", lang="en")) in graph


def test_entities_of_xml_are_refused() -> None:
    body = b"""<?xml version="1.0"?><!DOCTYPE r [<!ENTITY e SYSTEM "file:///etc/hostname">]>
<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:r="https://w3id.org/rolegraph/ns#">
<rdf:Description rdf:about="https://w3id.org/rolegraph/role/x"><r:unit>&e;</r:unit></rdf:Description></rdf:RDF>"""
    with pytest.raises(UnreadableInput, match="declares entities"):
        entries.read(body, formats.named("rdfxml", entries.FORMATS))
