"""What the canned queries answer on the shipped data, computed again from the triples in plain Python."""

from collections import defaultdict
from itertools import chain

import pytest

from query_cases import DEGREES, MATCHES, SECTIONS, WANTED, Triples, Tuples, answers, of_kind, sources
from rolegraph import terms
from rolegraph.facade import Rolegraph


@pytest.fixture(scope="module")
def triples(graph: Rolegraph) -> Triples:
    return Triples(graph)


@pytest.mark.parametrize(
    ("name", "property_", "class_"),
    [
        ("application", "application", "rg:Application"),
        ("certification", "certification", "rg:Certification"),
        ("field", "fieldOfStudy", "rg:FieldOfStudy"),
        ("responsibility", "responsibility", "rg:Responsibility"),
        ("tool", "tool", "rg:Tool"),
        ("tool", "tool", "rg:ToolCategory"),
    ],
)
def test_roles_that_have_a_thing_or_something_narrower(graph: Rolegraph, triples: Triples, name: str, property_: str, class_: str) -> None:
    for thing in of_kind(triples, class_):
        below = triples.below(thing)
        found = [(source, role, item) for source, role, facet, item in triples.facts() if facet == property_ and item in below]
        assert answers(graph, f"roles-by-{name}", "role item sources", **{name: thing}) == sources(found), thing


def test_roles_in_an_industry_and_those_whose_applications_are_used_there(graph: Rolegraph, triples: Triples) -> None:
    applied = [(source, thing, branch) for source, thing, property_, branch in triples.stated if property_ == "rg:appliedIn"]
    for industry in of_kind(triples, "rg:Industry"):
        below = triples.below(industry)
        found = []
        for source, role, facet, item in triples.facts():
            if facet == "industry" and item in below:
                found.append((source, role, "rg:industry", item))
            if facet == "application" and any(stated[:2] == (source, item) and stated[2] in below for stated in applied):
                found.append((source, role, "rg:application", item))
        assert answers(graph, "roles-by-industry", "role facet item sources", industry=industry) == sources(found), industry


def test_roles_that_ask_for_a_skill(graph: Rolegraph, triples: Triples) -> None:
    for skill in of_kind(triples, "rg:Skill"):
        below = triples.below(skill)
        stated = [fact for fact in triples.facts() if fact[2] in WANTED[:2] and fact[3] in below]
        found = [(source, role, f"rg:{facet}", item) for source, role, facet, item in stated]
        assert answers(graph, "roles-by-skill", "role facet item sources", skill=skill) == sources(found), skill


def test_roles_at_a_level(graph: Rolegraph, triples: Triples) -> None:
    for level in of_kind(triples, "rg:Level"):
        stated = [(source, thing) for source, thing, property_, value in triples.stated if (property_, value) == ("rg:level", level)]
        found = [(source, role, "rg:level") for source, role in stated if "rg:Role" in triples.values(role, "rdf:type")]
        for source, role, property_, salary in triples.stated:
            if property_ == "rg:salary" and (source, salary, "rg:level", level) in triples.stated:
                found.append((source, role, "rg:salary"))
        assert answers(graph, "roles-by-level", "role facet sources", level=level) == sources(found), level


def test_pay_at_a_level_and_steps_of_a_career(graph: Rolegraph, triples: Triples) -> None:
    figures = ("schema:median", "schema:currency", "rg:observations")
    paid = [(role, salary, source) for source, role, property_, salary in triples.stated if property_ == "rg:salary"]
    for level in of_kind(triples, "rg:Level"):
        for least in (1, 20):
            found = [
                (role, *(triples.value(salary, name) for name in figures), source)
                for role, salary, source in paid
                if level in triples.values(salary, "rg:level") and int(triples.value(salary, "rg:observations")) >= least
            ]
            columns = "role median currency observations source"
            assert answers(graph, "pay-by-level", columns, level=level, least=str(least)) == sorted(found), level
    for role in of_kind(triples, "rg:Role"):
        stated: set[tuple[str, ...]] = {(level, source, "", "", "") for source, _, facet, level in triples.facts(role) if facet == "level"}
        for payee, salary, source in paid:
            if payee == role:
                amounts = [triples.value(salary, name) for name in figures]
                stated |= {(level, source, *amounts) for level in triples.values(salary, "rg:level")}
        steps = {level: int(step) for level, *_ in stated if (step := triples.value(level, "rg:step"))}
        following = {level: min((other for other in steps.values() if other > step), default="") for level, step in steps.items()}
        found = [(level, str(steps.get(level, "")), str(following.get(level, "")), *rest) for level, *rest in stated]
        assert answers(graph, "career-steps", "level step nextStep source median currency observations", role=role) == sorted(found), role


def test_codes_in_other_systems(graph: Rolegraph, triples: Triples) -> None:
    found: Tuples = []
    for role in of_kind(triples, "rg:Role"):
        matched = [
            (role, f"skos:{name}Match", match)
            for name, inverse in MATCHES.items()
            for match in triples.values(role, f"skos:{name}Match") | triples.subjects(f"skos:{inverse}Match", role)
        ]
        found += matched or [(role, "", "")]
    assert answers(graph, "roles-with-codes", "role mapping match") == sorted(found)


def test_what_one_source_alone_says_and_how_old_each_fact_is(graph: Rolegraph, triples: Triples) -> None:
    for role in of_kind(triples, "rg:Role"):
        stating: dict[tuple[str, str], set[str]] = defaultdict(set)
        speaking: dict[str, set[str]] = defaultdict(set)
        for source, _, facet, item in triples.facts(role):
            stating[f"section:{SECTIONS[facet]}", item].add(source)
            speaking[f"section:{SECTIONS[facet]}"].add(source)
        alone = [(*pair, *found) for pair, found in stating.items() if len(found) == 1 and len(speaking[pair[0]]) > 1]
        assert answers(graph, "said-by-one", "section item source", role=role) == sorted(alone)
        aged = []
        for pair, found in stating.items():
            dates = sorted(date for source in found for date in triples.values(source, "dct:issued"))
            dated = all(triples.values(source, "dct:issued") for source in found)
            aged.append((*pair, dates[0] if dated else "", dates[-1] if dated else "", str(len(found))))
        assert answers(graph, "facts-by-age", "section item oldest newest sources", role=role) == sorted(aged)


def test_the_evidence_of_each_fact(graph: Rolegraph, triples: Triples) -> None:
    role = "role:deep-learning-engineer"
    kinds = {kind for query in graph.queries if query.name == "evidence" for kind in query.parameters[1].kinds}
    concepts = sorted({item for *_, item in triples.facts(role) if item.partition(":")[0] in kinds})
    assert len(concepts) > 90
    for concept in concepts:
        claims = triples.subjects("rdf:subject", role) & triples.subjects("rdf:object", concept)
        found = [
            (*(triples.value(claim, name) for name in ("rdf:predicate", "rg:proficiency")), statement, section)
            for claim in claims
            for statement in triples.subjects("rg:supports", claim)
            for section in triples.values(statement, "rg:section")
        ]
        assert answers(graph, "evidence", "facet proficiency statement section", role=role, concept=concept) == sorted(found), concept


def test_alternatives_are_the_groups_of_the_sources(graph: Rolegraph, triples: Triples) -> None:
    found = [
        (
            *(triples.value(group, name) for name in ("rg:role", "rdf:predicate")),
            group,
            *(triples.value(group, name) for name in ("rg:atLeast", "rg:open", "rg:exampleOf")),
            member,
        )
        for group in triples.subjects("rdf:type", "rg:RequirementGroup")
        for member in triples.values(group, "rg:member")
    ]
    assert answers(graph, "alternatives", "role facet group atLeast open exampleOf member") == sorted(found)


def needs(triples: Triples) -> dict[tuple[str, str, str], str]:
    """Return the EQF level that each source needs for a role by a property: the least of a group, the highest outside of groups."""
    asked: dict[tuple[str, str, str], set[str]] = defaultdict(set)
    grouped: set[tuple[str, str, str, str]] = set()
    for source, group, property_, value in triples.stated:
        if (property_, value) == ("rdf:type", "rg:RequirementGroup"):
            role, facet, members = (triples.values(group, name) for name in ("rg:role", "rdf:predicate", "rg:member"))
            levels = [triples.level(member) for member in members if triples.level(member)]
            if levels:
                asked[min(role), min(facet), source].add(min(levels))
            grouped |= {(min(role), min(facet), source, member) for member in members}
    for source, role_, facet_, degree in triples.facts():
        if facet_ in DEGREES and (role_, f"rg:{facet_}", source, degree) not in grouped:
            asked[role_, f"rg:{facet_}", source].add(triples.level(degree))
    return {key: max(levels) for key, levels in asked.items()}


def test_degrees_are_enough_from_the_least_of_a_group(graph: Rolegraph, triples: Triples) -> None:
    degrees, wanted = of_kind(triples, "rg:Degree"), needs(triples)
    degrees = [degree for degree in degrees if triples.level(degree)]
    for role in of_kind(triples, "rg:Role"):
        found = [
            (facet, source, degree, str(triples.level(degree) >= need).lower())
            for (asking, facet, source), need in wanted.items()
            for degree in degrees
            if asking == role
        ]
        assert answers(graph, "degrees-enough", "facet source degree enough", role=role, degree=degrees) == sorted(found), role
    for degree in degrees:
        held = triples.level(degree)
        opened = {
            (role, facet, "over" if held > need else "just" if held == need else "under", source)
            for (role, facet, source), need in wanted.items()
        }
        assert set(answers(graph, "roles-by-degree", "role facet qualified source", degree=degree)) == opened, degree


def test_things_without_a_label_and_without_a_match(graph: Rolegraph, triples: Triples) -> None:
    for kind in ("skill", "tool", "role", "measure", "degree"):
        scheme = terms.shorten(terms.KINDS[kind].scheme)
        things = {thing for thing in triples.subjects("skos:inScheme", scheme) if "true" not in triples.values(thing, "owl:deprecated")}
        for language in ("de", "es"):
            found = [(thing,) for thing in things if language not in triples.languages[thing, "skos:prefLabel"]]
            assert answers(graph, "unlabelled", "concept", scheme=kind, missing=language) == sorted(found), kind
        vain = triples.subjects("rdf:object", "sssom:NoTermFound")
        searched = {concept for mapping in vain for concept in triples.values(mapping, "rdf:subject")}
        unmatched = {thing for thing in things if not any(triples.values(thing, f"skos:{name}Match") for name in MATCHES)}
        alone = {(thing, str(thing in searched).lower()) for thing in unmatched}
        assert set(answers(graph, "unmatched", "concept searched", scheme=kind)) == alone, kind


def test_what_is_wanted_most_and_together(graph: Rolegraph, triples: Triples) -> None:
    asking: dict[str, set[tuple[str, str, str]]] = defaultdict(set)
    for source, role, facet, item in triples.facts():
        if facet in WANTED:
            asking[item].add((source, role, facet))
    most = [
        (
            item,
            str(len({role for _, role, _ in found})),
            str(len({role for _, role, facet in found if facet == "essentialSkill"})),
            str(len({source for source, *_ in found})),
        )
        for item, found in asking.items()
    ]
    assert answers(graph, "most-wanted", "item roles essentialFor sources", most="1000") == sorted(most)
    for item in ("tool:pytorch", "skill:neural-networks", "tool:python"):
        pairs = {(source, role) for source, role, _ in asking[item]}
        roles = str(len({role for _, role in pairs}))
        together = [(other, {(source, role) for source, role, _ in found} & pairs) for other, found in asking.items() if other != item]
        found = [
            (other, roles, str(len({role for _, role in shared})), str(len({source for source, _ in shared})))
            for other, shared in together
            if shared
        ]
        assert answers(graph, "wanted-together", "other roles together sources", item=item, most="1000") == sorted(found), item


def test_vocabularies_by_use_and_matches(graph: Rolegraph, triples: Triples) -> None:
    schemes = triples.subjects("rdf:type", "skos:ConceptScheme")
    using: dict[str, set[str]] = defaultdict(set)
    for source, _, property_, value in triples.stated:
        if "rg:Source" in triples.values(source, "rdf:type") and source not in schemes and not property_.startswith("skos:"):
            using[value].add(source)
    found = []
    for scheme in triples.subjects("rdf:type", "rg:Source"):
        if concepts := triples.subjects("skos:inScheme", scheme):
            matched = [concept for concept in concepts if any(triples.values(concept, f"skos:{name}Match") for name in MATCHES)]
            uses = [len(using[concept]) for concept in concepts]
            found.append((scheme, *map(str, (len(concepts), sum(n > 0 for n in uses), sum(n > 1 for n in uses), len(matched)))))
    columns = "scheme concepts usedConcepts sharedConcepts mappedConcepts"
    assert answers(graph, "vocabulary-statistics", columns) == sorted(found)
    assert found


def test_advertisements_of_a_role_are_linked_with_it_or_have_its_name(graph: Rolegraph, triples: Triples) -> None:
    postings = triples.subjects("rdf:type", "schema:JobPosting")
    linked = answers(graph, "job-postings", "posting")
    assert {posting for (posting,) in linked} == postings
    for role in of_kind(triples, "rg:Role"):
        names = {name.lower() for label in ("skos:prefLabel", "skos:altLabel") for name in triples.values(role, label)}
        by_role = triples.subjects("schema:relevantOccupation", role)
        titles = {posting: triples.value(posting, "schema:title").lower() for posting in postings}
        by_name = {posting for posting, title in titles.items() if any(f" {name}" in f" {title} " for name in names)}
        found = {(posting, "occupation") for posting in by_role} | {(posting, "title") for posting in by_name - by_role}
        assert set(answers(graph, "postings-of-role", "posting linkedBy", role=role)) == found, role


def test_what_is_deprecated_names_what_replaces_it(graph: Rolegraph, triples: Triples) -> None:
    things = triples.subjects("owl:deprecated", "true")
    found = chain.from_iterable([(thing, new) for new in triples.values(thing, "dct:isReplacedBy") or {""}] for thing in things)
    columns = next(query.body for query in graph.queries if query.name == "deprecated")
    assert "?replacement" in columns
    assert set(answers(graph, "deprecated", "thing replacement")) == set(found)
