"""Hostile bodies: each is small enough to be accepted, and expensive to parse."""

import itertools

PREFIXES = (
    "PREFIX rg: <https://w3id.org/rolegraph/ns#> PREFIX role: <https://w3id.org/rolegraph/role/> PREFIX tool: <https://w3id.org/rolegraph/tool/>\n"
    "PREFIX skos: <http://www.w3.org/2004/02/skos/core#> PREFIX schema: <https://schema.org/> PREFIX xsd: <http://www.w3.org/2001/XMLSchema#>\n"
)
SOURCE = (
    "<https://w3id.org/rolegraph/source/hostile> a <https://w3id.org/rolegraph/ns#Source> ; "
    '<http://purl.org/dc/terms/title> "A source of the benchmark"@en .\n'
)
INTEGER = f'{{"@id": "http://x/", "http://x/p": {"9" * 5000}}}'
MIB = 1024 * 1024


def entry() -> str:
    """Return an entry of just under one MiB, with roles that each have a hundred values against the shapes."""
    values = ",".join(map(str, range(100)))
    role = "role:r{} rg:skill {}.\n"
    return PREFIXES + "".join(role.format(number, values) for number in range((MIB - len(PREFIXES)) // (len(role.format(9999, values)))))


def decimal() -> str:
    """Return a role whose salary is a decimal number with a thousand million digits in plain notation."""
    return PREFIXES + (
        'role:rich a rg:Role , skos:Concept ; skos:inScheme <https://w3id.org/rolegraph/role> ; skos:prefLabel "Rich"@en ;\n'
        ' skos:definition "Somebody who is paid well."@en ;\n'
        ' rg:salary [ a schema:MonetaryAmountDistribution ; schema:currency "USD" ; schema:duration "P1Y"^^xsd:duration ;\n'
        '  schema:median "1E+999999999"^^xsd:decimal ] .\n'
    )


def entities() -> bytes:
    """Return RDF/XML in UTF-16 without a byte order mark, whose entities expand to 10^9 words."""
    levels = "".join(f'<!ENTITY e{level} "{f"&e{level - 1};" * 10}">' for level in range(1, 10))
    text = (
        f'<!DOCTYPE r [<!ENTITY e0 "word">{levels}]><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:e="http://x/">'
        '<rdf:Description rdf:about="http://x/"><e:p>&e9;</e:p></rdf:Description></rdf:RDF>'
    )
    return text.encode("utf-16-le")


def complete(nodes: int) -> str:
    """Return a complete graph of blank nodes."""
    return "".join(f"_:a{one} <urn:p> _:a{other} .\n" for one, other in itertools.permutations(range(nodes), 2))


def nested(depth: int) -> str:
    """Return JSON-LD with objects nested to a depth."""
    return '{"@context":{"b":"http://x/b"},"@id":"http://x/","b":' + '{"b":' * depth + "1" + "}" * depth + "}"


def attributes(number: int) -> str:
    """Return RDF/XML with many attributes on one element."""
    written = " ".join(f'e:a{each}="x"' for each in range(number))
    start = '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:e="http://x/">'
    return f'{start}<rdf:Description rdf:about="http://x/" {written}/></rdf:RDF>'


def tags() -> str:
    """Return RDF/XML with 420 kB of elements that are not closed."""
    return '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:e="http://x/">' + "<e:a>" * 84_000
