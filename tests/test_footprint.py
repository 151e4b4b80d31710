"""What the answer of a query depends on: the patterns of its header cover all that it reads."""

from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from rdflib import URIRef, Variable
from rdflib.plugins.sparql.algebra import translateQuery
from rdflib.plugins.sparql.parser import parseQuery
from rdflib.plugins.sparql.parserutils import CompValue

from rolegraph import dependencies, resources, terms
from rolegraph.queries import QueryCatalogue, footprint, internal
from rolegraph.queries.footprint import Pattern

INTERNAL = [internal.query(path.stem) for path in resources.files("queries", "internal/*.rq")]
WITH_READS = [query for query in (*QueryCatalogue(), *INTERNAL) if query.reads is not None]
Triple = tuple[Any, Any, Any, Any]


def triples(node: Any, graph: Any = None) -> Iterator[Triple]:
    """Yield the triple patterns of an algebra, each with its graph."""
    if isinstance(node, CompValue):
        if node.name in ("Graph", "GraphGraphPattern"):
            graph = node.term
        for triple in dict.get(node, "triples") or ():
            assert len(triple) == 3
            yield (*triple, graph)
        for key, child in node.items():
            if key != "triples":
                yield from triples(child, graph)
    elif isinstance(node, list | tuple):
        for child in node:
            yield from triples(child, graph)


def text(term: Any, parameters: tuple[str, ...]) -> str:
    """A term as patterns have it."""
    if isinstance(term, Variable):
        return f"?{term}" if str(term) in parameters else footprint.ANY
    return str(term) if isinstance(term, URIRef) else footprint.ANY


def covers(pattern: Pattern, triple: Triple, others: list[Triple], parameters: tuple[str, ...]) -> bool:
    """Return whether every match of a triple pattern, where the query has a solution, is one of a pattern of the header."""
    if pattern[0] == "[":
        _, property_, thing = pattern
        anchors = [(text(other[1], parameters), text(other[2], parameters)) for other in others if other[0] == triple[0]]
        return any(anchor[0] == property_ and thing in (footprint.ANY, anchor[1]) for anchor in anchors)
    return all(part in (footprint.ANY, text(term, parameters)) for part, term in zip(pattern, triple, strict=False))


@pytest.mark.parametrize("query", WITH_READS, ids=lambda query: query.name)
def test_the_patterns_of_a_header_cover_all_that_its_query_reads(query: Any) -> None:
    parameters = tuple(parameter if isinstance(parameter, str) else parameter.name for parameter in query.parameters)
    assert query.reads, "a query that reads nothing is none"
    algebra = translateQuery(parseQuery(query.text.replace("#? ", ""))).algebra
    read = list(triples(algebra))
    assert read
    for triple in read:
        assert any(covers(pattern, triple, read, parameters) for pattern in query.reads), triple


def test_a_query_without_patterns_depends_on_everything() -> None:
    def depends(text: str) -> dependencies.Dependencies:
        with dependencies.recorded() as recording:
            footprint.note(text)
        return recording.dependencies

    bound = internal.query("links-of-thing").bind({"thing": "http://example.org/a"})
    assert depends(bound) == frozenset({"http://example.org/a"})
    unknown = internal.query("texts").bind({"thing": "http://a", "property": "http://b"})
    for other in (bound + " ", bound.strip(), str(bound), bound.replace("a", "b"), unknown):
        assert depends(other) is dependencies.EVERYTHING


@pytest.mark.parametrize(
    ("line", "values", "keys"),
    [
        ("?a * *", {"a": ["http://a", "http://b"]}, {"http://a", "http://b"}),
        ("?a skos:broader ?b", {"a": "http://a", "b": "http://b"}, {"http://a"}),
        ("* skos:broader *", {}, {"using http://www.w3.org/2004/02/skos/core#broader"}),
        ("* ?a ?b", {"a": ["http://p", "http://q"], "b": "http://b"}, {"linking http://p http://b", "linking http://q http://b"}),
        ("* * ?a", {"a": "http://a"}, {"naming http://a"}),
        ("* * * ?a", {"a": "http://a"}, {"inside http://a"}),
        ("[skos:broader ?a] * *", {"a": "http://a"}, {"linked http://www.w3.org/2004/02/skos/core#broader http://a"}),
        ("[skos:broader *] * *", {}, {"having http://www.w3.org/2004/02/skos/core#broader"}),
        ("?a * *", {"a": []}, set()),
    ],
)
def test_a_pattern_stands_for_keys(line: str, values: Mapping[str, Any], keys: set[str]) -> None:
    assert footprint.BoundQuery("", footprint.patterns([line]), values).dependencies == frozenset(keys)


@pytest.mark.parametrize("line", ["", "*", "* *", "* * *", "* * * *", "?a * * * *", "rg:role nonsense *", "[rg:role] * *", "[* *] * *"])
def test_what_is_no_pattern_is_refused(line: str) -> None:
    with pytest.raises(ValueError, match=r"pattern|CURIE|unpack"):
        footprint.patterns([line])


def test_an_iri_that_is_another_one_in_a_query_stands_for_everything() -> None:
    assert dependencies.digests(frozenset({terms.PREF_LABEL})) is not None
    for wrong in ("http://a/./b", "http://a/../b", "linked http://p http://a/.", "linking http://a/.. http://b"):
        assert dependencies.digests(frozenset({wrong})) is None


def test_what_is_read_within_a_known_limit_is_not_noted_twice() -> None:
    with dependencies.recorded() as outer:
        with dependencies.recorded() as inner:
            dependencies.note(["a"])
            with dependencies.noted(["b"]):
                dependencies.note(["c"])
                dependencies.note(None)
        assert inner.dependencies == outer.dependencies == frozenset({"a", "b"})
        dependencies.note(map(str, range(dependencies.MOST)))
    assert outer.dependencies is dependencies.EVERYTHING
    assert not dependencies.is_recorded()
