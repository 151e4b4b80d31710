"""Where sources disagree, as the canned query answers it, computed again from the triples in plain Python."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from query_cases import DEGREES, Triples, answers, of_kind
from rolegraph import terms
from rolegraph.engine.embedded import EmbeddedEngine
from rolegraph.facade import Rolegraph

PREFIXES = "".join(f"@prefix {prefix}: <{namespace}> .\n" for prefix, namespace in terms.prefixes().items())


@pytest.fixture(scope="module")
def triples(graph: Rolegraph) -> Triples:
    return Triples(graph)


OPPOSED = [{"essentialSkill", "optionalSkill"}, *({one, other} for one in DEGREES for other in DEGREES if one < other)]
GENERAL = {"essentialSkill": "skill", "optionalSkill": "skill"}
Facts = set[tuple[str, str, str, str]]


def opposed(facts: Facts) -> set[tuple[str, ...]]:
    return {
        ("necessity", item, f"rg:{facet}", source)
        for source, _, facet, item in facts
        for other, _, other_facet, other_item in facts
        if other != source and item == other_item and {facet, other_facet} in OPPOSED
    }


def levels(facts: Facts) -> set[tuple[str, ...]]:
    stated = {(source, item) for source, _, facet, item in facts if facet == "level"}
    return {
        ("level", item, "rg:level", source)
        for source, item in stated
        if any(other != source and (other, item) not in stated for other, _ in stated)
    }


def lowest(facts: Facts, triples: Triples) -> set[tuple[str, ...]]:
    asked = [(source, item, triples.level(item)) for source, _, facet, item in facts if facet == "requiredDegree"]
    least = {source: min(level for asking, _, level in asked if asking == source) for source, *_ in asked}
    return {
        ("lowest degree", item, "rg:requiredDegree", source)
        for source, item, level in asked
        if level == least[source] and any(other != level for other in least.values())
    }


def alternatives(facts: Facts, role: str, triples: Triples) -> set[tuple[str, ...]]:
    members = [(source, group, item) for source, group, name, item in triples.stated if name == "rg:member"]
    grouped = [(source, group, item) for source, group, item in members if role in triples.values(group, "rg:role")]
    found: set[tuple[str, ...]] = set()
    for source, group, item in grouped:
        facet = triples.value(group, "rdf:predicate").removeprefix("rg:")
        for asking, _, other_facet, other_item in facts:
            outright = other_item == item and asking != source and not any((asking, item) == (one, thing) for one, _, thing in grouped)
            if outright and GENERAL.get(other_facet, other_facet) == GENERAL.get(facet, facet):
                found |= {("alternatives", item, group, source), ("alternatives", item, f"rg:{other_facet}", asking)}
    return found


def proficiencies(role: str, triples: Triples) -> set[tuple[str, ...]]:
    graded = {
        (source, triples.value(claim, "rdf:object"), level)
        for source, claim, name, level in triples.stated
        if name == "rg:proficiency" and role in triples.values(claim, "rdf:subject")
    }
    return {
        ("proficiency", item, level, source)
        for source, item, level in graded
        if any(other != source and thing == item and (other, item, level) not in graded for other, thing, _ in graded)
    }


def disagreements(role: str, triples: Triples) -> set[tuple[str, ...]]:
    facts = set(triples.facts(role))
    return opposed(facts) | levels(facts) | lowest(facts, triples) | alternatives(facts, role, triples) | proficiencies(role, triples)


def test_sources_disagree_where_they_say_of_one_thing_what_cannot_both_be_meant(graph: Rolegraph, triples: Triples) -> None:
    kinds = set()
    for role in of_kind(triples, "rg:Role"):
        found = disagreements(role, triples)
        assert answers(graph, "disagreements", "difference item says source", role=role) == sorted(found), role
        kinds |= {difference for difference, *_ in found}
    assert kinds >= {"alternatives", "necessity", "proficiency"}


ITEM = {**dict.fromkeys(("essentialSkill", "optionalSkill", "tool"), "skill:p skill:q"), "level": "level:m level:n"}
ITEM |= dict.fromkeys(DEGREES, "degree:d6 degree:d7 degree:d8")
FACT = st.sampled_from([(name, item) for name, things in ITEM.items() for item in things.split()])
GROUP = st.tuples(st.sampled_from("xyz"), FACT)
GRADED = st.tuples(st.sampled_from("xyz"), st.sampled_from(["skill:p", "skill:q"]), st.sampled_from(["proficiency:k", "proficiency:l"]))


@settings(max_examples=80, deadline=None)
@given(st.sets(st.tuples(st.sampled_from("xyz"), FACT), max_size=12), st.sets(GROUP, max_size=3), st.sets(GRADED, max_size=5))
def test_sources_of_any_graph_disagree_in_the_same_way(
    facts: set[tuple[str, tuple[str, str]]], groups: set[tuple[str, tuple[str, str]]], graded: set[tuple[str, str, str]]
) -> None:
    graph = Rolegraph(EmbeddedEngine())
    levels_ = "".join(f"degree:d{level} a rg:Degree ; esco:hasEQFLevel eqf:{level} .\n" for level in "678")
    graph.store(terms.BASE + "degree", (PREFIXES + "role:a a rg:Role .\n" + levels_).encode())
    for source in "xyz":
        lines = "".join(f"role:a rg:{name} {item} .\n" for origin, (name, item) in sorted({*facts, *groups}) if origin == source)
        for number, (origin, (name, item)) in enumerate(sorted(groups)):
            if origin == source:
                lines += f"source:{source}-g{number} rg:role role:a ; rdf:predicate rg:{name} ; rg:member {item} .\n"
        for number, (origin, item, proficiency) in enumerate(sorted(graded)):
            if origin == source:
                lines += f"source:{source}-c{number} rdf:subject role:a ; rdf:object {item} ; rg:proficiency {proficiency} .\n"
        graph.store(f"{terms.BASE}source/{source}", (PREFIXES + lines).encode())
    triples = Triples(graph)
    assert answers(graph, "disagreements", "difference item says source", role="role:a") == sorted(disagreements("role:a", triples))
