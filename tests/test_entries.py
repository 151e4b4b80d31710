"""Reading entries: the same graph from every format, mistakes with their place, nothing fetched."""

from xml.dom import minidom

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rdflib import Graph, Literal, URIRef
from rdflib.compare import isomorphic

from rolegraph import formats, terms
from rolegraph.engine.embedded import EmbeddedEngine
from rolegraph.errors import UnreadableInput
from rolegraph.linked_data import jsonld
from rolegraph.validation import entries

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


XML = '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:e="http://e.example/">{}</rdf:RDF>'
ABOUT = XML.format('<rdf:Description rdf:about="urn:x">{}</rdf:Description>')
ENTITIES = '<!DOCTYPE r [<!ENTITY a "x"><!ENTITY b "&a;&a;">]>' + ABOUT.format("<e:p>&b;</e:p>")
DEEP = XML.format("<e:D><e:p>" * 2000 + "</e:p></e:D>" * 2000)
MANY = XML.format('<rdf:Description rdf:about="urn:x" ' + " ".join(f'e:p{number}="x"' for number in range(3000)) + "/>")
VOCAB = '"@context": {"@vocab": "http://e.example/"}'
PYTHON = ("object has no", "string index", "recursion", "NoneType", "Traceback", "unhashable", "argument")


@pytest.mark.parametrize(
    ("name", "body", "line", "words"),
    [
        ("turtle", '<urn:x> <http://e.example/p> "1e1000000000"^^<http://www.w3.org/2001/XMLSchema#decimal> .', None, "exponent"),
        ("turtle", f"<urn:x> <http://e.example/p> {'9' * 5000} .", None, "5,000 characters"),
        ("turtle", "<urn:x> <http://e.example/p> 1e1000000 .", None, "exponent"),
        ("ntriples", f'<urn:x> <http://e.example/p> "{"9" * 300}"^^<http://www.w3.org/2001/XMLSchema#int> .', None, "300 characters"),
        ("jsonld", f'{{{VOCAB}, "@id": "urn:x", "p": {"9" * 5000}}}', None, "5,000 characters"),
        ("jsonld", f'{{{VOCAB}, "@id": "urn:x", "p": 1e99999999}}', None, "exponent"),
        ("jsonld", f'{{{VOCAB}, "@id": "urn:x", "p": {{"@value": "1e1000000000", "@type": "xsd:decimal"}}}}', None, "exponent"),
        ("jsonld", f'{{{VOCAB}, "@id": "urn:x", "p": NaN}}', None, "NaN"),
        ("jsonld", '{"b":' * 700 + "1" + "}" * 700, None, "levels"),
        ("jsonld", "[" * 900 + "]" * 900, None, "levels"),
        ("jsonld", f'{{{VOCAB}, "@id": "urn:x\\ud800", "p": "x"}}', None, "U+D800"),
        ("jsonld", f'{{{VOCAB}, "@id": "urn:x", "p": "a\\u0000b"}}', None, "U+0000"),
        ("jsonld", f'{{{VOCAB}, "@id": "http://e.example/a b", "p": "x"}}', None, "IRI"),
        ("jsonld", f'{{{VOCAB}, "@id": "urn:x", "p": {{"@value": "x", "@language": "en_US"}}}}', None, "JSON-LD"),
        ("jsonld", f'{{{VOCAB}, "@id": "urn:x", "@graph": [{{"@id": "urn:y", "p": "x"}}]}}', None, "named graph"),
        ("jsonld", '{"@context": {"@vocab": 7}, "p": 1}', None, "JSON-LD"),
        ("jsonld", '{"@context": 7, "@id": "urn:x", "p": {"@value": {}}}', None, "JSON-LD"),
        ("turtle", '<urn:x> <http://e.example/p>\n "a\\ud800b" .', 2, "parse"),
        ("turtle", "<urn:x> <http://e.example/p>\n <http://x/a b> .", 2, "IRI"),
        ("turtle", '<urn:x> <http://e.example/p>\n <http://x/a"b> .', 2, "IRI"),
        ("turtle", "<urn:x> <http://e.example/p>\n <http://x/a\\u003Eb> .", 2, "IRI"),
        ("turtle", "<urn:x> <http://e.example/p>\n <http://x/a{b}|c^d`e> .", 2, "IRI"),
        ("turtle", "<role/a b> <http://e.example/p> 1 .", 1, "IRI"),
        ("turtle", '<urn:x> <http://e.example/p>\n "x"@en_US .', 2, "parse"),
        ("turtle", '<urn:x> <http://e.example/p> "x"@thisislonger .', 1, "subtag"),
        ("turtle", '<urn:x> <http://e.example/p> "x"@en--ltr .', None, "RDF 1.1"),
        ("turtle", "<urn:x> <http://e.example/p> <<( <urn:x> <urn:y> <urn:z> )>> .", None, "RDF 1.1"),
        ("turtle", '<urn:x> <http://e.example/p> "a\\u0000b" .', None, "U+0000"),
        ("turtle", '<urn:x> <http://e.example/p> "a\\uFFFEb" .', None, "U+FFFE"),
        ("turtle", '<urn:x> <http://e.example/p> "\x07" .', None, "U+0007"),
        ("turtle", "<urn:x> <http://e.example/p> [ <http://e.example/1> 2 ] .", None, "does not end in a name"),
        ("turtle", "<urn:x> <http://e.example/p> <urn:y", 1, "end of file"),
        ("turtle", "<urn:x> <http://e.example/p>\n '''", 2, "end of file"),
        ("rdfxml", ENTITIES, 1, "declares entities"),
        ("rdfxml", '<?xml version="1.0"?>\n<!DOCTYPE rdf>\n' + XML.format(""), 2, "document type"),
        ("rdfxml", DEEP, 1, "64 levels"),
        ("rdfxml", MANY, 1, "3,001 attributes"),
        ("rdfxml", XML.format('<rdf:Description rdf:about="urn:x"><e:p>&#0;</e:p></rdf:Description>'), 1, "character"),
        ("rdfxml", XML.format('<rdf:Description rdf:about="urn:x"><e:p xml:lang="en_x">x</e:p></rdf:Description>'), None, "subtag"),
    ],
)
def test_what_no_store_could_give_back_is_refused_in_plain_words(name: str, body: str, line: int | None, words: str) -> None:
    with pytest.raises(UnreadableInput) as caught:
        entries.read(body.encode(), formats.named(name, entries.FORMATS))
    told = f"{caught.value.detail} {caught.value.members.get('expected', '')}"
    assert words in told
    assert not [word for word in PYTHON if word in told]
    assert line is None or caught.value.members["line"] == line


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32-le"])
def test_entities_are_refused_in_any_encoding(encoding: str) -> None:
    with pytest.raises(UnreadableInput, match=r"UTF-8|U\+0000"):
        entries.read(ENTITIES.encode(encoding), formats.named("rdfxml", entries.FORMATS))


@pytest.mark.parametrize("encoding", ["utf-16", "cp037", "iso-8859-5", "utf-7"])
def test_an_encoding_that_is_only_declared_hides_no_entities(encoding: str) -> None:
    body = f'<?xml version="1.0" encoding="{encoding}"?>{ENTITIES}'
    with pytest.raises(UnreadableInput):
        entries.read(body.encode(), formats.named("rdfxml", entries.FORMATS))


def test_a_byte_order_mark_is_passed_over() -> None:
    for name, body in (("turtle", "<urn:x> <urn:p> 1 ."), ("jsonld", f'{{{VOCAB}, "@id": "urn:x", "p": 1}}'), ("rdfxml", XML.format(""))):
        format_ = formats.named(name, entries.FORMATS)
        assert isomorphic(entries.read(b"\xef\xbb\xbf" + body.encode(), format_), entries.read(body.encode(), format_))


def test_literals_stay_as_they_were_written() -> None:
    body = b'PREFIX xsd: <http://www.w3.org/2001/XMLSchema#>\n<urn:x> <urn:p> "01"^^xsd:integer, 1.50, true, "1"^^xsd:boolean .'
    found = {str(value) for value in entries.read(body, formats.named("turtle", entries.FORMATS)).objects()}
    assert found == {"01", "1.50", "true", "1"}


SEEDS = [
    ("turtle", '@prefix e: <http://e.example/> .\ne:a e:p "x"@en, 1.5, 1e3, <urn:b>, [ e:q (1 2) ] ; a e:T .'),
    ("ntriples", '<urn:x> <urn:p> "a\\u0041\\n"@de-CH .\n_:b <urn:q> "1"^^<http://www.w3.org/2001/XMLSchema#integer> .'),
    ("jsonld", f'{{{VOCAB}, "@id": "urn:x", "p": {{"@value": "x", "@language": "de"}}, "q": [3]}}'),
    ("rdfxml", XML.format('<e:T rdf:about="urn:x"><e:p xml:lang="en">x &amp; y</e:p><e:q rdf:parseType="Resource"><e:r/></e:q></e:T>')),
]
PIECES = [
    *("<", ">", '"', "\\", "\\u0000", "\\ud800", "&#1;", " ", "\x00", "\x0b", "{", "}", "[", "@", "_:", "^^", "1e9999", "\ufffe"),
    *("\u202e", "e:1", ":", "%", "'"),
]


@settings(max_examples=400, deadline=None)
@given(st.sampled_from(SEEDS), st.lists(st.tuples(st.integers(0, 400), st.integers(0, 3), st.sampled_from(PIECES)), max_size=4), st.data())
def test_whatever_is_sent_is_an_entry_that_every_format_can_give_back_or_is_refused(
    seed: tuple[str, str], edits: list[tuple[int, int, str]], data: st.DataObject
) -> None:
    name, body = seed
    for place, cut, piece in edits:
        body = body[:place] + piece + body[place + cut :]
    content = body.encode() if data.draw(st.booleans(), "whole") else body.encode()[: data.draw(st.integers(0, len(body)), "cut")]
    try:
        found = entries.read(content, formats.named(name, entries.FORMATS))
    except UnreadableInput as error:
        told = error.detail
    else:
        told = _given_back(found)
    assert not [word for word in PYTHON if word in told], told


def _given_back(found: Graph) -> str:
    """Look at a graph in every format, and return nothing."""
    engine = EmbeddedEngine()
    engine.write({"urn:g": found.serialize(format="nt", encoding="utf-8")}, formats.named("ntriples", entries.FORMATS))
    held = engine.dump(formats.named("ntriples", entries.FORMATS), "urn:g").body
    assert len(Graph().parse(data=held, format="nt")) == len(found)
    for format_ in entries.FORMATS:
        written = engine.dump(format_, "urn:g").body
        written = jsonld.compact(written) if format_.name == "jsonld" else written
        assert isomorphic(Graph().parse(data=written, format=NAMES[format_.name]), Graph().parse(data=held, format="nt")), written
    answer = engine.query("SELECT * { ?s ?p ?o }", lambda _: formats.named("xml", formats.holding("table")))
    minidom.parseString(answer.body)
    return ""
