"""Requirement groups in the analyses: some of several items are enough, and an example stands for what it is an example of."""

from hypothesis import given, settings
from hypothesis import strategies as st

from rolegraph import terms
from rolegraph.analysis.gap import Gap
from rolegraph.analysis.held import COVERED
from rolegraph.engine.embedded import EmbeddedEngine
from rolegraph.facade import Rolegraph

PREFIXES = "".join(f"@prefix {prefix}: <{namespace}> .\n" for prefix, namespace in terms.prefixes().items())
TOOLS = "pqrst"


def gap(held: set[str], members: set[str], least: int, *, example: bool) -> Gap:
    """The gap of somebody in role a, who has some tools, to role b, which wants so many members of a group, and tool s besides."""
    engine = EmbeddedEngine()
    described = "".join(f'tool:{tool} a rg:Tool ; skos:prefLabel "{tool}"@en .\n' for tool in (*TOOLS, "category"))
    described += 'role:a a rg:Role ; skos:prefLabel "a"@en . role:b a rg:Role ; skos:prefLabel "b"@en .\n'
    facts = "".join(f"role:a rg:optionalSkill tool:{tool} .\n" for tool in held | {"t"})
    facts += "role:b rg:essentialSkill tool:category, tool:s, tool:t .\n"
    facts += "".join(f"role:b rg:optionalSkill tool:{tool} .\n" for tool in members)
    parts = ", ".join(f"tool:{tool}" for tool in members)
    group = "source:x-group a rg:RequirementGroup ; rdf:predicate rg:optionalSkill ; rg:role role:b"
    group += f" ; rg:member {parts} ; rg:atLeast {least}"
    group += " ; rg:exampleOf tool:category .\n" if example else " .\n"
    documents = {terms.BASE + "tool": described, f"{terms.BASE}source/x": facts + group}
    engine.write({name: (PREFIXES + document).encode() for name, document in documents.items()})
    graph = Rolegraph(engine)
    return graph.analysis.gap(graph.role("a"), graph.role("b"))


@settings(max_examples=60, deadline=None)
@given(
    held=st.sets(st.sampled_from("pqr")),
    members=st.sets(st.sampled_from("pqr"), min_size=1),
    least=st.integers(1, 3),
    example=st.booleans(),
)
def test_as_many_members_as_asked_for_cover_the_others_and_what_they_are_examples_of(
    held: set[str], members: set[str], least: int, *, example: bool
) -> None:
    needs = {terms.slug_of(need.item.iri): need for need in gap(held, members, least, example=example).needs}
    is_met = least <= len(members) and len(held & members) >= least
    for tool in members:
        assert (needs[tool].status == COVERED) == (is_met or tool in held)
    assert (needs["category"].status == COVERED) == (is_met and example)
    assert needs["s"].status != COVERED


def test_an_ai_programmer_has_a_framework_where_examples_of_frameworks_are_asked_for(graph: Rolegraph) -> None:
    gap_between = graph.analysis.gap(graph.role("ai-programmer"), graph.role("deep-learning-engineer"))
    needs = {terms.slug_of(need.item.iri): need for need in gap_between.needs}
    need = needs["deep-learning-framework"]
    assert (need.status, need.relation, need.essential) == (COVERED, "alternative", True)
