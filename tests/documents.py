"""Documents in every format that is read: whole ones, and awkward ones that a parser may stumble over."""

import json

import pyoxigraph

from rolegraph.web.resources.validation import VALID

XSD = "http://www.w3.org/2001/XMLSchema#"
TURTLE, TRIPLES, JSONLD, RDFXML = "text/turtle", "application/n-triples", "application/ld+json", "application/rdf+xml"
FORM, PARTS = "application/x-www-form-urlencoded", "multipart/form-data; boundary=b"
QUERY, UPDATE = "application/sparql-query", "application/sparql-update"
SOURCE = '<https://w3id.org/rolegraph/source/x> a <https://w3id.org/rolegraph/ns#Source> ; <http://purl.org/dc/terms/title> "X"@en .\n'
GRAPHS = (TURTLE, TRIPLES, JSONLD, RDFXML)
RDF_START = '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:e="http://x/">'


def written(entry: str) -> dict[str, bytes]:
    """An entry in each of the graph formats."""
    known = {TURTLE: "TURTLE", TRIPLES: "N_TRIPLES", JSONLD: "JSON_LD", RDFXML: "RDF_XML"}
    triples = [quad.triple for quad in pyoxigraph.parse(entry.encode(), pyoxigraph.RdfFormat.TURTLE, base_iri="http://x/")]
    return {media: pyoxigraph.serialize(triples, format=getattr(pyoxigraph.RdfFormat, name)) or b"" for media, name in known.items()}


def parts(content: bytes, name: str = "entry.ttl", media: str = TURTLE) -> bytes:
    return b'--b\r\nContent-Disposition: form-data; name="file"; filename="%b"\r\nContent-Type: %b\r\n\r\n%b\r\n--b--\r\n' % (
        name.encode(),
        media.encode(),
        content,
    )


RESUME = {"basics": {"name": "A"}, "skills": [{"name": "Python", "keywords": ["SQL"]}], "languages": [{"language": "English"}]}
POSTING = {"@context": "https://schema.org/", "@type": "JobPosting", "title": "x", "skills": ["Python", "SQL"]}
WHOLE: dict[str, list[bytes]] = {
    **{media: [content] for media, content in written(VALID + SOURCE).items()},
    "application/json": [json.dumps(one).encode() for one in (RESUME, POSTING, ["Python"], {"skills": [{"name": "x"}]}, {"skills": "x"})],
    "text/plain": [b"Python\nSQL; Spark, Hadoop"],
    FORM: [b"entry=%3Chttp://x/s%3E+a+%3Chttp://x/C%3E+.", b"profile=Python%0ASQL", b"query=ASK%7B%7D", b"update=CLEAR+GRAPH+%3Curn:x%3E"],
    PARTS: [parts(VALID.encode()), parts(b"Python", "x.txt", "text/plain"), parts(b"x", "x.json", "application/json")],
    QUERY: [b"SELECT * { ?s ?p ?o FILTER(?o > 1) } ORDER BY ?s LIMIT 3", b"CONSTRUCT { ?s ?p ?o } WHERE { ?s ?p ?o } LIMIT 3"],
    UPDATE: [
        b"INSERT DATA { GRAPH <urn:x> { <urn:a> <urn:b> 1.5 } }",
        b"DELETE WHERE { GRAPH <urn:x> { ?s ?p ?o } } ; CLEAR GRAPH <urn:x>",
    ],
}
LEXICAL = (
    *(
        "",
        " ",
        "x",
        "-1",
        "NaN",
        "INF",
        "1E+9999",
        "1e-9999",
        "9" * 5000,
        "0" * 5000,
        "0000-00-00",
        "99999999-12-31",
        "-0001-01-01T24:00:00Z",
    ),
    *("P", "P1Y", "-P9999999999Y", "PT1E9S", "25:61:61", "true", "\\u0000", "\\uFFFF", "\\uD800", "\\U0010FFFF", "2020-02-30", "%%%"),
)
TYPES = (
    *("integer", "decimal", "double", "float", "boolean", "string", "date", "dateTime", "time", "duration", "dayTimeDuration", "gYear"),
    *("yearMonthDuration", "gYearMonth", "gMonth", "gMonthDay", "gDay", "hexBinary", "base64Binary", "anyURI", "QName", "language", "byte"),
    *("unsignedLong", "nonNegativeInteger", "NCName", "token", "normalizedString", "dateTimeStamp", "NOTATION", "nothing"),
)
ROLE = f"{VALID}\n<https://w3id.org/rolegraph/role/prompt-engineer> <http://x/p> "
PAY = (
    "PREFIX schema: <https://schema.org/>\n" + VALID + "\n<https://w3id.org/rolegraph/role/prompt-engineer> rg:salary [\n"
    'a schema:MonetaryAmountDistribution ; schema:currency "USD" ;\n'
    ' schema:duration "P1Y"^^<http://www.w3.org/2001/XMLSchema#duration> ; schema:median %s ] .'
)


def typed(name: str) -> str:
    """Return every text as a literal of a type."""
    return ", ".join(f'"{text}"^^<{XSD}{name}>' for text in LEXICAL)


AWKWARD: dict[str, list[bytes]] = {
    TURTLE: [
        *(f"{ROLE}{typed(type_)} .".encode() for type_ in TYPES),
        *((PAY % f'"{text}"^^<{XSD}{type_}>').encode() for text in LEXICAL for type_ in ("decimal", "integer", "double")),
        *(
            f"<http://x/{bad}> a <http://x/C> .".encode()
            for bad in ("a b", 'a"b', "a\\u003Eb", "a{b}|c^d`e", "\\uD800", "\\u0000", "%", "é", "[")
        ),
        *(
            f"{ROLE} {text} .".encode()
            for text in ('"\\u0000"', '"a\\uD800b"', '"x"@en-' + "a" * 300, '"x"@x', "9" * 5000, "1e99999", "_:a", "()", "[]")
        ),
        b"<s> <p> " + b"(" * 2000,
        b"<s> <p> " + b"[ <p> " * 2000,
        b"@prefix : <> . : : : .",
        b"@base <x:> .",
        b"\xff\xfe<\x00",
        b"\x00",
        b"\xef\xbb\xbf",
        b"{}",
        b"_:x <http://x/p> _:x . <<( <a> <b> <c> )>> <p> <o> .",
        ("<http://x/s> <http://x/p> " + ",".join(f"_:b{n}" for n in range(500)) + " .").encode(),
    ],
    TRIPLES: [
        b'<http://x/s> <http://x/p> "x"@a-b-c-d-e .',
        b"<s> <p> <o> .",
        b'<http://x/s> <http://x/p> "\\uD800" .',
        b"\x00",
        b"<http://x/a b> <x:p> <x:o> .",
    ],
    JSONLD: [
        *(
            b'{"@id":"http://x/","http://x/p":' + value + b"}"
            for value in (b"9" * 5000, b"1e400", b"NaN", b"-Infinity", b'"\\ud800"', b'"\\u0000"', b"1E+99999")
        ),
        *(
            b'{"@id":' + value + b"}"
            for value in (b'"urn:x\\ud800"', b"null", b"1", b"[]", b'""', b'"_:"', b'"a b"', b'"http://x/a b"', b'{"@id":"x"}')
        ),
        *(b'{"http://x/b":' * depth + b"1" + b"}" * depth for depth in (300, 600, 900, 3000)),
        *(b'{"@id":"http://x/","http://x/p":' + b"[" * depth + b"]" * depth + b"}" for depth in (300, 900, 3000)),
        *(
            b'{"@context":' + value + b',"a":1}'
            for value in (b"1", b'{"a":{"@id":"a"}}', b'{"@vocab":1}', b"[[]]", b'{"a":"b","b":"a"}', b'{"@base":1}', b'"x"')
        ),
        b"1",
        b"[]",
        b"{}",
        b"[1,null,[]]",
        b'{"@graph":1}',
        b'{"@graph":[{"@id":"urn:g","@graph":[{"@id":"urn:s","urn:p":1}]}]}',
        b'{"@type":1}',
        b'{"@list":[]}',
        b'{"@id":"urn:x","urn:p":{"@value":1,"@type":"@json"}}',
        b'{"@id":"urn:x","urn:p":{"@value":"a","@language":1}}',
        b'{"@reverse":{"urn:p":1}}',
        b'{"@included":1}',
    ],
    RDFXML: [
        *(
            RDF_START.encode() + text + b"</rdf:RDF>"
            for text in (
                b"<e:a" + b"/>" * 2,
                b"\x01",
                b"<rdf:li/>",
                b'<rdf:Description rdf:ID="1 2"/>',
                b"<!--",
                b"<e:a rdf:parseType='x'/>",
            )
        ),
        *(
            f"<!DOCTYPE r [<!ENTITY a 'b'>]>{RDF_START}<e:a>&a;</e:a></rdf:RDF>".encode(code)
            for code in ("utf-8", "utf-16", "utf-16-le", "utf-16-be", "utf-7", "utf-32")
        ),
        RDF_START.encode() + b"<e:a>" * 3000,
        b"<x/>",
        b"<?xml version='1.0' encoding='x'?><x/>",
        b"<?xml version='9'?>",
        b"<!DOCTYPE x SYSTEM 'file:///etc/passwd'><x/>",
        b"",
    ],
    QUERY: [
        b"SELECT * { ?s ?p " + b"(" * 3000,
        b"ASK { FILTER(" + b"!" * 5000 + b"true) }",
        b"SELECT (" + b"9" * 5000 + b" AS ?x) {}",
        b"\xff",
        b"\x00",
        b"ASK {} # " + b"x" * 5000,
        b"SELECT ('\\uD800' AS ?x) {}",
        b"SELECT (STRLEN('x') / 0 AS ?x) {}",
        b"ASK { { " * 2000,
        b"DESCRIBE <a b>",
        b"ASK { SERVICE <http://127.0.0.1:1/> {} }",
        b"PREFIX : <> ASK {}",
    ],
    UPDATE: [
        b"LOAD <file:///etc/passwd>",
        b"LOAD <http://127.0.0.1:1/>",
        b"INSERT DATA { <a> <b> '\\uD800' }",
        b"CREATE GRAPH <urn:x>",
        b"DROP GRAPH <urn:none>",
        b"COPY <urn:x> TO <urn:y>",
        b";",
        b"\x00",
    ],
    "application/json": [
        b"1",
        b"[]",
        b"{}",
        b'["\\ud800"]',
        b"[1]",
        b'{"skills":' * 900,
        b'{"skills":{"skills":1}}',
        b'{"skills":[9' + b"9" * 5000 + b"]}",
        b'["' + b"x" * 9000 + b'"]',
        b"NaN",
        b"\xff",
        b'{"skills":[{"name":1,"keywords":1}],"work":1,"languages":[1],"education":{}}',
        b'{"@type":"JobPosting","skills":{"name":{"a":1}}}',
        b"[null]",
        b"[[]]",
        b"[" * 3000,
    ],
    "text/plain": [
        b"\x00",
        b"\xff",
        b"",
        b",;\n" * 999,
        b"x" * 9000,
        "\u202e\U0010ffff\ufeff".encode(),
        b"http://x/ y",
        b"a\nb\n" * 1500,
        b'NEAR(a b) AND "',
        b"tool:python\nhttps://w3id.org/rolegraph/tool/python",
    ],
    FORM: [
        b"",
        b"entry",
        b"entry=%ff",
        b"entry=%ED%A0%80",
        b"&" * 3000,
        b"=" * 900,
        b"entry=x&format=%00",
        b"profile=%00",
        b"query=%ff",
        b"update=%ff",
        b"entry=a&entry=b",
        b"x=" + b"y" * 9000,
        b"query=" + b"(" * 5000,
    ],
    PARTS: [
        b"",
        b"--b",
        b"--b--",
        b"--b\r\n\r\n\r\n--b--",
        parts(b"x", "", ""),
        parts(b"x", "x" * 9000),
        parts(b"x", "\xff.ttl"),
        parts(b"x", "../x.ttl", "x"),
        parts(b"x", '".ttl'),
        parts(b"\xff" * 99),
        parts(b"x") * 1500,
    ],
}
