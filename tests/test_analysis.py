"""The analyses against brute force: on random small graphs, and on the whole of ESCO where it is at hand."""

import csv
import itertools
import json
import math
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import fields
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from rolegraph import formats
from rolegraph.analysis import Analysis, comparable, distinguish, gap, openings, paths, profiles, similarity, snapshot, weights
from rolegraph.analysis.facts import Facts, table
from rolegraph.analysis.incremental import IncrementalFacts
from rolegraph.analysis.index import Index
from rolegraph.analysis.union import combine
from rolegraph.engine.embedded import Settings
from rolegraph.engine.revision_store import RevisionStore
from rolegraph.errors import BadParameter, RolegraphError
from rolegraph.facade import Rolegraph
from rolegraph.terms import BASE, RG

ROLES, CONCEPTS, SOURCES = 6, 9, 2  # at most, in random graphs; concepts stand after roles, sources after concepts
SKOS = "http://www.w3.org/2004/02/skos/core#"
TEXT = formats.named("text", formats.FORMATS)
JSON = formats.named("json", formats.holding("document"))
TURTLE = formats.named("turtle", formats.FORMATS)


@st.composite
def graphs(draw: st.DrawFn) -> Facts:
    """Random facts: a few roles, concepts with links in any direction, cycles among them."""
    concepts = st.integers(ROLES, ROLES + CONCEPTS - 1)
    pair = st.tuples(concepts, concepts)
    claim = st.tuples(
        st.integers(0, ROLES - 1),
        st.integers(0, len(weights.NAMES) - 1),
        concepts,
        st.integers(ROLES + CONCEPTS, ROLES + CONCEPTS + SOURCES - 1),
    )
    rated = draw(st.dictionaries(st.tuples(st.integers(0, ROLES - 1), concepts), st.sampled_from([1.0, 2.5, 5.0]), max_size=5))
    names = tuple(f"https://example.org/{place}" for place in range(ROLES + CONCEPTS + SOURCES))
    sizes = {"broader": 12, "exact": 2, "close": 3, "related": 3}
    links = {name: table(draw(st.lists(pair, max_size=most)), 2) for name, most in sizes.items()}
    return Facts(
        names=names,
        labels=tuple(f"thing {place}" for place in range(len(names))),
        roles=np.arange(ROLES, dtype=np.int32),
        headings=table([[one] for one in draw(st.sets(concepts, max_size=2))], 1)[:, 0],
        claims=table(draw(st.lists(claim, max_size=40)), 4),
        rated=table(rated, 2),
        importance=np.array([rated[key] for key in sorted(rated)], dtype=np.float64),
        levels=table([], 2),
        places={name: place for place, name in enumerate(names)},
        **links,
    )


class Plain:
    """The same as the index, in dictionaries and sets, the obvious way."""

    def __init__(self, found: Facts) -> None:
        self.roles = found.roles.tolist()
        kinds = {place: {place} for place in range(len(found.names))}
        for one, other in found.exact.tolist():
            if one not in self.roles and other not in self.roles:
                merged = kinds[one] | kinds[other]
                kinds.update((place, merged) for place in merged)
        self.item = {place: min(kind) for place, kind in kinds.items()}
        self.above: dict[int, set[int]] = {}
        for one, other in found.broader.tolist():
            if self.item[one] != self.item[other]:
                self.above.setdefault(self.item[one], set()).add(self.item[other])
        rated: dict[tuple[int, int], float] = {}
        for (role, concept), importance in zip(found.rated.tolist(), found.importance.tolist(), strict=True):
            rated.setdefault((role, self.item[concept]), importance)
        self.had: dict[int, dict[int, float]] = {role: {} for role in self.roles}
        self.learnt: dict[int, dict[int, float]] = {role: {} for role in self.roles}
        self.essential_skills: dict[int, set[int]] = {role: set() for role in self.roles}
        self.degrees: dict[tuple[int, int], set[int]] = {}
        for role, facet, concept, source in found.claims.tolist():
            name, item = weights.NAMES[facet], self.item[concept]
            weight = weights.FACETS[name] * rated.get((role, item), weights.RATED) / weights.RATED
            self.had[role][item] = max(self.had[role].get(item, 0.0), weight)
            if name in weights.LEARNT:
                self.learnt[role][item] = max(self.learnt[role].get(item, 0.0), weight)
            if name == "essentialSkill":
                self.essential_skills[role].add(item)
            if name == "requiredDegree":
                self.degrees.setdefault((role, source), set()).add(item)
        self.expanded = {role: self._raised(own) for role, own in self.had.items()}
        having = {item: sum(item in own for own in self.expanded.values()) for item in self.item.values()}
        self.idf = {item: math.log(1 + len(self.roles) / count) if count else 0.0 for item, count in having.items()}

    def ancestors(self, item: int) -> dict[int, int]:
        found: dict[int, int] = {}
        border = {item}
        for step in range(1, weights.STEPS + 1):
            border = {above for one in border for above in self.above.get(one, ())} - {item}
            for one in border:
                found.setdefault(one, step)
        return found

    def _raised(self, own: Mapping[int, float]) -> dict[int, float]:
        found = dict(own)
        for item, weight in own.items():
            for above, step in self.ancestors(item).items():
                found[above] = max(found.get(above, 0.0), weight * weights.DECAY**step)
        return found

    def cosine(self, one: int, other: int) -> float:
        vectors = [{item: weight * self.idf[item] for item, weight in self.expanded[role].items()} for role in (one, other)]
        lengths = [math.sqrt(sum(value * value for value in vector.values())) for vector in vectors]
        if not all(lengths):
            return 0.0
        return sum(value * vectors[1].get(item, 0.0) for item, value in vectors[0].items()) / lengths[0] / lengths[1]

    def met(self, role: int, had: Collection[int]) -> set[int]:
        """What of a role's needs is there: of the degrees that one source requires, one is as good as all."""
        chosen = [own for (one, _), own in self.degrees.items() if one == role and own & set(had)]
        return set(self.learnt[role]) & set().union(had, *chosen)

    def needs(self, role: int) -> dict[int, float]:
        return {item: weight * self.idf[item] for item, weight in self.learnt[role].items()}


def plain_items(index: Index, plain: Plain, items: Sequence[int]) -> set[int]:
    """Name items of the index as the plain ones are named."""
    return {plain.item[index.items.places[item]] for item in items}


@settings(deadline=None, max_examples=60)
@given(graphs())
def test_similarity_is_the_cosine_by_brute_force_and_its_contributions_sum_to_it(found: Facts) -> None:
    index, plain = Index(found), Plain(found)
    every = similarity.pairs(index)
    assert np.allclose(every, every.T)
    for one, other in itertools.product(range(ROLES), repeat=2):
        expected = plain.cosine(one, other)
        assert math.isclose(every[one, other], expected, abs_tol=1e-9)
        assert math.isclose(similarity.scores(index, one)[other], expected, abs_tol=1e-9)
        whole = similarity.likeness(index, one, other)
        assert math.isclose(sum(part.value for part in whole.contributions), expected, abs_tol=1e-9)
        assert all(holding.facets or holding.via for part in whole.contributions for holding in part.holdings)
        short = similarity.likeness(index, one, other, 2)
        assert math.isclose(sum(part.value for part in short.contributions) + short.rest, expected, abs_tol=1e-9)
        assert len(short.contributions) + short.unlisted == len(whole.contributions)
    for one in range(ROLES):
        if plain.had[one]:
            assert math.isclose(every[one, one], 1.0)
        ranked = similarity.similar(index, one, None, ROLES, 1)
        scored = [other.score for other in ranked]  # each is summed anew, so that equal ones may differ in their last digits
        assert scored == pytest.approx(sorted(scored, reverse=True), rel=1e-12)


def some_degrees() -> Facts:
    """One source requires one of two degrees of a role, and another role has one of them."""
    return facts([(0, 0, 6, 15), (1, 6, 6, 15), (1, 6, 7, 15)])


def a_step_at_the_limit() -> Facts:
    """A role with just as much of what another one needs as makes a step."""
    return facts([(0, 0, 7, 15), (1, 0, 6, 15), (2, 0, 6, 15), (2, 1, 7, 15)], {(2, 7): 2.5})


def facts(claims: Sequence[tuple[int, int, int, int]], rated: Mapping[tuple[int, int], float] = MappingProxyType({})) -> Facts:
    names = tuple(f"https://example.org/{place}" for place in range(ROLES + CONCEPTS + SOURCES))
    links = {name: table([], 2) for name in ("broader", "exact", "close", "related", "levels")}
    return Facts(
        names=names,
        labels=tuple(f"thing {place}" for place in range(len(names))),
        roles=np.arange(ROLES, dtype=np.int32),
        headings=table([], 1)[:, 0],
        claims=table(claims, 4),
        rated=table(rated, 2),
        importance=np.array(list(rated.values()), dtype=np.float64),
        places={name: place for place, name in enumerate(names)},
        **links,
    )


@settings(deadline=None, max_examples=60)
@example(some_degrees())
@given(graphs())
def test_a_gap_parts_the_needs_and_says_truly_what_is_near(found: Facts) -> None:
    index, plain = Index(found), Plain(found)
    headings = {plain.item[place] for place in found.headings.tolist()}
    links = {kind: {frozenset(plain.item[one] for one in pair) for pair in getattr(found, kind).tolist()} for kind in ("close", "related")}

    def relations(there: int, needed: int) -> set[str]:
        shared = plain.above.get(there, set()) & plain.above.get(needed, set())
        siblings = [one for one in shared - headings if sum(one in above for above in plain.above.values()) <= weights.SIBLINGS]
        tests = {
            "narrower": needed in plain.above.get(there, ()),
            "broader": there in plain.above.get(needed, ()),
            "sibling": bool(siblings),
            **{kind: frozenset((there, needed)) in own for kind, own in links.items()},
        }
        return {kind for kind, holds in tests.items() if holds}

    for origin, target in itertools.permutations(range(ROLES), 2):
        one = gap.between(index, origin, target)
        by_status = {status: {plain.item[found.places[need.item.iri]] for need in one.of(status)} for status in gap.STATUSES}
        assert sum(map(len, by_status.values())) == len(one.needs)
        assert set().union(*by_status.values()) == set(plain.learnt[target])
        had = set(plain.had[origin])
        met = plain.met(target, had)
        if one.hindrance:
            told = comparable.UNSTATED if plain.learnt[target] else comparable.NEEDLESS
            assert (one.hindrance, one.share, by_status[gap.UNKNOWN]) == (told, None, set(plain.learnt[target]))
            assert not (plain.learnt[target] and plain.learnt[origin])
            continue
        assert one.share is not None
        assert by_status[gap.COVERED] == met
        total = sum(plain.needs(target).values())
        worth = 0.0
        for need in one.needs:
            item = plain.item[found.places[need.item.iri]]
            best = max((weights.NEAR[kind] for other in had for kind in relations(other, item)), default=0.0)
            expected = 1.0 if item in met else best
            assert need.worth == expected
            worth += expected * plain.needs(target)[item]
            if need.status == gap.NEARLY:
                assert need.via is not None
                assert need.relation in relations(plain.item[found.places[need.via.iri]], item)
        assert math.isclose(one.share, worth / total, abs_tol=1e-9)
        assert [need.essential for need in one.needs] == sorted((need.essential for need in one.needs), reverse=True)


@settings(deadline=None, max_examples=100)
@example(some_degrees(), {6})
@given(graphs(), st.sets(st.integers(ROLES, ROLES + CONCEPTS - 1), min_size=1))
def test_the_fit_of_a_profile_is_that_of_brute_force_for_every_role(found: Facts, concepts: set[int]) -> None:
    index, plain = Index(found), Plain(found)
    possession = gap.HeldItems(index, [int(index.items.item_of[place]) for place in concepts])
    own = plain_items(index, plain, sorted(possession.items))
    expected = {}
    for role in range(ROLES):
        judged = possession.gap_to(role)
        told = sum(plain.idf[item] for item in own)
        used = sum(plain.idf[item] for item in own & set(plain.needs(role))) / told if told else 0.0
        if judged.share and used:
            expected[role] = 2 * judged.share * used / (judged.share + used)
    best = dict(gap.best(index, possession, None, ROLES))
    assert best == pytest.approx({role: fit for role, fit in expected.items() if fit > 0})


@settings(deadline=None, max_examples=60)
@example(a_step_at_the_limit(), 1)
@given(graphs(), st.integers(1, 5))
def test_the_cheapest_paths_are_those_of_all_there_are(found: Facts, count: int) -> None:
    index, plain = Index(found), Plain(found)
    edges = paths.edges(index)
    costs: dict[tuple[int, int], float] = {}
    for one, other in itertools.permutations(range(ROLES), 2):
        needs = plain.needs(other)
        total, missing = sum(needs.values()), sum(weight for item, weight in needs.items() if item not in plain.had[one])
        if total and missing < total and total - missing >= weights.STEP * total * weights.EXACT:
            costs[one, other] = missing * missing / total
    for origin, target in itertools.islice(itertools.permutations(range(ROLES), 2), 8):
        needs = plain.needs(target)
        missing = sum(weight for item, weight in needs.items() if item not in plain.had[origin])
        known = dict(costs)
        if needs and (plain.learnt[origin] or missing < sum(needs.values())):
            known[origin, target] = missing * missing / sum(needs.values())
        others = [role for role in range(ROLES) if role not in (origin, target)]
        ways = [(origin, *middle, target) for size in range(len(others) + 1) for middle in itertools.permutations(others, size)]
        steps = [list(itertools.pairwise(way)) for way in ways]
        every = sorted(sum(known[step] for step in way) for way in steps if all(step in known for step in way))
        routes = paths.between(index, edges, origin, target, count).routes
        assert [route.cost for route in routes] == pytest.approx(every[:count])
        assert len({tuple(step.target.iri for step in route.steps) for route in routes}) == len(routes)
        for route in routes:
            assert route.cost == pytest.approx(sum(cost for step in route.steps for _, cost, _ in step.learnt))


@settings(deadline=None, max_examples=60)
@given(graphs(), st.integers(1, 4))
def test_openings_open_what_they_say_and_each_takes_the_best_there_is(found: Facts, count: int) -> None:
    index, plain = Index(found), Plain(found)
    for origin in range(ROLES):
        had = set(plain.had[origin])
        is_open: Callable[[int, set[int]], bool] = lambda role, items: (  # noqa: E731
            bool(needed := plain.essential_skills[role]) and len(needed & items) >= weights.OPEN * len(needed) - 1e-9
        )
        start, chosen = openings.choose(index.essential_skills, index.items_of(origin), count)
        assert start == [role for role in range(ROLES) if is_open(role, had)]
        for item, opened in chosen:
            new = plain_items(index, plain, [item])
            assert opened == [role for role in range(ROLES) if is_open(role, had | new) and not is_open(role, had)]
            best = max(sum(is_open(role, {*had, one}) and not is_open(role, had) for role in range(ROLES)) for one in plain.item.values())
            assert len(opened) == best
            had |= new


@settings(deadline=None, max_examples=120)
@given(st.lists(st.integers(1, 2**10 - 1), max_size=9, unique=True))
def test_the_smallest_cover_is_a_cover_and_none_is_smaller(covers: list[int]) -> None:
    whole = 0
    for cover in covers:
        whole |= cover
    chosen, smallest = distinguish.smallest_cover(covers, exact=True)
    assert smallest
    least = next(size for size in range(len(covers) + 1) if any(_union(some) == whole for some in itertools.combinations(covers, size)))
    assert (_union(chosen), len(chosen)) == (whole, least)
    greedy, _ = distinguish.smallest_cover(covers, exact=False)
    assert _union(greedy) == whole


def _union(covers: Sequence[int]) -> int:
    whole = 0
    for cover in covers:
        whole |= cover
    return whole


@settings(deadline=None, max_examples=60)
@given(graphs())
def test_roles_are_told_apart_or_said_to_be_the_same(found: Facts) -> None:
    index, plain = Index(found), Plain(found)
    told = distinguish.between(index, range(ROLES))
    same = {frozenset((one.iri, other.iri)) for one, other in told.same}
    for one, other in itertools.combinations(range(ROLES), 2):
        names = frozenset((found.names[one], found.names[other]))
        tests = [{role.iri for role in test.roles} for test in told.tests]
        differs = any((found.names[one] in test) != (found.names[other] in test) for test in tests)
        assert differs != (names in same)
        assert (names in same) == (set(plain.had[one]) == set(plain.had[other]))


# on a graph of our own

SMALL = """
PREFIX : <https://example.org/> PREFIX rg: <https://w3id.org/rolegraph/ns#> PREFIX skos: <http://www.w3.org/2004/02/skos/core#>
PREFIX esco: <http://data.europa.eu/esco/model#>
:a a rg:Role ; skos:prefLabel "A"@en ; rg:tool :tensorflow ; rg:essentialSkill :python, :statistics ; rg:requiredDegree :master .
:b a rg:Role ; skos:prefLabel "B"@en ; rg:tool :pytorch ; rg:optionalSkill :snake ; rg:requiredDegree :bachelor ; skos:closeMatch :c .
:c a rg:Role ; skos:prefLabel "C"@en ; rg:essentialSkill :snake ; rg:requiredDegree :bachelor, :doctorate ; rg:relatedRole :a .
:r a rg:Rating ; rg:role :c ; rg:item :snake ; rg:importance 2.5 .
:tensorflow skos:broader :framework ; skos:prefLabel "TensorFlow"@en . :pytorch skos:broader :framework ; skos:prefLabel "PyTorch"@en .
:framework a rg:Tool ; skos:prefLabel "deep learning framework"@en . :python skos:prefLabel "Python"@en ;
  skos:altLabel "py"@en . :statistics skos:prefLabel "statistics"@en ; skos:altLabel "stats"@en .
:other skos:prefLabel "Other"@en ; skos:altLabel "py"@en .
:d a rg:Role ; skos:prefLabel "D"@en ; rg:tool :other .
:bachelor a rg:Degree ; esco:hasEQFLevel <http://data.europa.eu/snb/eqf/6> .
:master a rg:Degree ; esco:hasEQFLevel <http://data.europa.eu/snb/eqf/7> .
:doctorate a rg:Degree ; esco:hasEQFLevel <http://data.europa.eu/snb/eqf/8> .
:tensorflow a rg:Tool . :pytorch a rg:Tool . :other a rg:Tool . :python a rg:Skill . :statistics a rg:Skill .
"""
X = "https://example.org/"
ONE, TWO = BASE + "source/one", BASE + "source/two"


@pytest.fixture
def small(tmp_path: Path) -> Rolegraph:
    """A graph of two sources, on disk."""
    graph = Rolegraph(RevisionStore(tmp_path / "store"), folder=tmp_path / "store")
    graph.store(ONE, SMALL.encode())
    graph.store(BASE + "mappings", f"<{X}python> <{SKOS}exactMatch> <{X}snake> .".encode())
    graph.store(TWO, f"<{X}a> <{RG}optionalSkill> <{X}snake> ; <{RG}requiredDegree> <{X}doctorate> .".encode())
    return graph


def test_tensorflow_is_near_pytorch_through_what_stands_above_both(small: Rolegraph) -> None:
    found = small.analysis.likeness(X + "a", X + "b").similar[0]
    part = next(part for part in found.contributions if part.item.iri == X + "framework")
    assert [[item.label for item in holding.via] for holding in part.holdings] == [["TensorFlow"], ["PyTorch"]]
    assert [part.item.iri for part in found.contributions if part.holdings[0].facets and part.holdings[1].facets] == [X + "python"]
    need = next(need for need in small.analysis.gap(X + "a", X + "b").needs if need.item.label == "PyTorch")
    assert (need.status, need.relation, need.via and need.via.label) == ("nearly covered", "sibling", "TensorFlow")
    assert need.through
    assert need.through.label == "deep learning framework"


def test_degrees_count_by_their_level_and_alternatives_are_enough(small: Rolegraph) -> None:
    needs = {need.item.iri: need for need in small.analysis.gap(X + "a", X + "c").needs}
    assert needs[X + "bachelor"].relation == "higher"
    needs = {need.item.iri: need for need in small.analysis.gap(X + "b", X + "c").needs}
    assert [needs[X + name].relation for name in ("bachelor", "doctorate")] == ["same", "alternative"]
    index = small.analysis.index
    assert needs[X + "python"].weight == pytest.approx(index.idf[index.items.item_of[index.facts.places[X + "python"]]] / 2)


def test_agreement_folds_what_is_the_same_and_finds_contradictions(small: Rolegraph) -> None:
    alone = small.analysis.agreement(X + "a")
    assert [one.item.iri for one in alone.shared] == [X + "python"]
    assert {one.kind: [said.item.iri for said in one.said] for one in alone.contradictions} == {
        "necessity": [X + "python"],
        "lowest degree": [X + "master", X + "doctorate"],
    }
    both = small.analysis.agreement(X + "b", matches=True)
    assert [(role.label, kind) for role, kind in both.matches] == [("C", "close")]
    assert {claim.role.label for said in both.alone for claim in said.claims} == {"B", "C"}


def test_related_roles_are_no_feature(small: Rolegraph) -> None:
    before = small.analysis.similar(X + "c")
    small.store(BASE + "source/three", f"<{X}c> <{RG}relatedRole> <{X}d> . <{X}d> <{RG}relatedRole> <{X}c> .".encode())
    assert small.analysis.similar(X + "c") == before


def same(one: Facts, other: Facts) -> bool:
    return all(np.array_equal(getattr(one, field.name), getattr(other, field.name)) for field in fields(Facts) if field.name != "places")


def test_what_was_read_is_kept_for_the_next_start_and_follows_the_writes(small: Rolegraph, tmp_path: Path) -> None:
    folder = tmp_path / "store"
    first = small.analysis.index.facts
    assert (folder / snapshot.FILE).is_file()
    revision, known = snapshot.load(folder, small.engine)
    assert revision == small.engine.revision
    assert same(combine(known), first)
    small.store(TWO, f"<{X}a> <{RG}optionalSkill> <{X}other> .".encode())
    before, kept = snapshot.load(folder, small.engine)
    assert before == revision
    assert kept
    assert X + "other" in {need.item.iri for need in small.analysis.gap(X + "b", X + "a").needs}
    (folder / snapshot.FILE).write_bytes(b"damaged")
    assert snapshot.load(folder, small.engine) == (None, {})
    again = Analysis(IncrementalFacts(small.engine, folder))
    assert again.similar(X + "a") == small.analysis.similar(X + "a")


def test_what_another_process_wrote_is_read(small: Rolegraph, tmp_path: Path) -> None:
    assert X + "other" not in {need.item.iri for need in small.analysis.gap(X + "b", X + "a").needs}
    small.store(TWO, f"<{X}a> <{RG}optionalSkill> <{X}other> .".encode())
    small.close()
    again = Rolegraph.open(tmp_path / "store", shipped=False)
    assert snapshot.load(tmp_path / "store", again.engine)[0] != again.engine.revision
    assert X + "other" in {need.item.iri for need in again.analysis.gap(X + "b", X + "a").needs}
    again.close()


def assert_same_index(followed: Index, fresh: Index) -> None:
    """Check that two indexes hold the same numbers, to the last digit."""
    assert len(followed.items) == len(fresh.items)
    for name in ("item_of", "places", "levels", "headings"):
        assert np.array_equal(getattr(followed.items, name), getattr(fresh.items, name)), name
    for name in ("direct", "expanded", "vectors", "needs", "needed", "essential", "essential_skills"):
        for array in ("indptr", "indices", "data"):
            assert np.array_equal(getattr(getattr(followed, name), array), getattr(getattr(fresh, name), array)), (name, array)
    for name in ("idf", "document_frequency", "totals", "skills", "rows"):
        assert np.array_equal(getattr(followed, name), getattr(fresh, name)), name


SOME = [f"<https://example.org/{letter}>" for letter in "abcdef"]
LINKED = ("broader", "narrower", "broadMatch", "narrowMatch", "exactMatch", "closeMatch", "related")
STATED = ("essentialSkill", "optionalSkill", "requiredDegree", "level")


@st.composite
def triples(draw: st.DrawFn) -> str:
    """A triple of all that the analyses read, and some that they have to leave out."""
    one, other, third = (draw(st.sampled_from(SOME)) for _ in range(3))
    number = draw(st.integers(1, 9))
    rating = f"<https://example.org/rating-{number}>"
    return draw(
        st.sampled_from(
            [
                f"{one} a <{RG}{draw(st.sampled_from(['Role', 'Group', 'Degree']))}> .",
                f"{one} <{RG}{draw(st.sampled_from(STATED))}> {other} .",
                f'{one} <{RG}essentialSkill> "text: no thing", [] .',
                f"{one} <{SKOS}{draw(st.sampled_from(LINKED))}> {other} .",
                f'{one} <{SKOS}prefLabel> "label {number}"@en, "étiquette"@fr .',
                f'{one} a <{RG}Source> ; <http://purl.org/dc/terms/title> "title {number}" .',
                f"{one} <http://data.europa.eu/esco/model#hasEQFLevel> <http://data.europa.eu/snb/eqf/{number}> .",
                f'{rating} <{RG}role> {one} ; <{RG}item> {third} ; <{RG}importance> {number / 2}, "much" .',
            ],
        ),
    )


WRITES = st.lists(st.tuples(st.sampled_from(["one", "two", "three"]), st.none() | st.lists(triples(), max_size=8)), min_size=1, max_size=6)


@pytest.mark.parametrize("union", [True, False], ids=["union", "own default graph"])
@settings(deadline=None, max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(writes=WRITES)
def test_facts_that_followed_writes_are_those_that_are_read_of_the_result(
    tmp_path_factory: pytest.TempPathFactory, *, union: bool, writes: list[tuple[str, list[str] | None]]
) -> None:
    folder = tmp_path_factory.mktemp("followed")
    engine = RevisionStore(folder, Settings(union=union))
    followed = IncrementalFacts(engine, folder)
    for name, written in writes:
        graph = None if name == "three" and not union else BASE + "source/" + name
        engine.write({graph: None if written is None else "\n".join(written).encode()})
        found, fresh = followed.facts(), IncrementalFacts(engine).facts()
        assert same(found, fresh)
        assert same(IncrementalFacts(engine, folder).facts(), fresh)
        assert_same_index(followed.index(), Index(fresh))
    followed.refresh()
    assert same(combine(snapshot.load(folder, engine)[1]), fresh)
    engine.close()


POSTING = b"""{"@context": "https://schema.org/", "@type": "JobPosting",
  "skills": [{"@type": "DefinedTerm", "name": "Snake", "url": "https://example.org/snake"}, "stats"],
  "relevantOccupation": {"@type": "Occupation", "skills": "TensorFlow"}}"""


@pytest.mark.parametrize(
    ("body", "form", "kind", "found", "unknown"),
    [
        (b"Python; STATS\n- tensor-flow, TensorFlow, py", TEXT, "list", {"Python", "statistics", "TensorFlow"}, set()),
        (b'["python", "https://example.org/pytorch", "nonsense"]', JSON, "list", {"Python", "PyTorch"}, {"nonsense"}),
        (b'{"skills": [{"name": "Data", "keywords": ["Python"]}], "work": [{"position": "A"}]}', JSON, "resume", {"Python"}, {"Data"}),
        (b'{"@context": "https://schema.org/", "@type": "Occupation", "skills": "cake, PyTorch"}', JSON, "posting", {"PyTorch"}, {"cake"}),
        (POSTING, JSON, "posting", {"Python", "statistics", "TensorFlow"}, set()),
        (SMALL.encode(), TURTLE, "entry", {"Python", "statistics", "TensorFlow", "PyTorch", "Other"}, set()),
    ],
    ids=["text", "json", "resume", "posting", "posting with terms", "entry"],
)
def test_profiles_are_read_and_what_is_not_found_is_told(
    small: Rolegraph, *, body: bytes, form: formats.Format, kind: str, found: set[str], unknown: set[str]
) -> None:
    matches = small.analysis.fit(profiles.read(body, form))
    assert matches.kind == kind
    assert {item.label for _, item in matches.resolved.found if item.label[0] != "h" and ":" not in item.label} == found
    assert set(matches.resolved.unknown) == unknown
    assert {text for text, _ in matches.resolved.ambiguous} == ({"py"} if b"py\n" in body + b"\n" else set())


def test_what_is_nearly_a_label_is_taken_for_it_and_told(small: Rolegraph) -> None:
    resolved = small.analysis.fit(profiles.read(b"pytroch\ntensor-flow\nPython\npo\nstatic caravan", TEXT)).resolved
    assert dict(resolved.found).keys() == {"pytroch", "tensor-flow", "Python"}
    assert {text: item.label for text, item in resolved.found if text in resolved.guessed} == {"pytroch": "PyTorch"}
    assert set(resolved.unknown) == {"po", "static caravan"}
    assert [one["text"] for one in resolved.as_dict()["found"] if one["guessed"]] == ["pytroch"]


def test_roles_are_named_by_their_labels(small: Rolegraph) -> None:
    assert [small.role(text) for text in ("A", "a", X + "a")] == [X + "a"] * 3
    small.store(TWO, f'<{X}e> a <{RG}Role> ; <{SKOS}prefLabel> "a"@en ; <{SKOS}altLabel> "B"@en .'.encode())
    with pytest.raises(BadParameter) as caught:
        small.role("a")
    assert set(caught.value.members["suggestions"]) == {X + "a", X + "e"}
    assert small.role("B") == X + "b"


@pytest.mark.parametrize(
    ("body", "form"),
    [
        (b"", TEXT),
        (b" ,;\n", TEXT),
        (b"{", JSON),
        (b"\xff", TEXT),
        (b'{"@context": "https://schema.org", "@type": "JobPosting"}', JSON),
        (b"x" * 600, TEXT),
    ],
)
def test_a_profile_that_says_nothing_is_refused(body: bytes, form: formats.Format) -> None:
    with pytest.raises(RolegraphError):
        profiles.read(body, form)


def _objects(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    keys = ("skills", "work", "name", "keywords", "qualifications", "relevantOccupation", "@id", "url", "languages")
    fixed = {"@context": st.just("https://schema.org/"), "@type": st.sampled_from(["JobPosting", "Occupation"])}
    return st.fixed_dictionaries({}, optional={**fixed, **dict.fromkeys(keys, inner)})


@settings(deadline=None, max_examples=100)
@given(st.recursive(st.none() | st.text(max_size=5), lambda inner: st.lists(inner, max_size=3) | _objects(inner), max_leaves=12))
def test_any_json_is_read_or_refused_plainly(value: Any) -> None:
    with suppress(RolegraphError):
        profiles.read(json.dumps(value).encode(), JSON)


def test_unknown_roles_and_sources_are_named(small: Rolegraph) -> None:
    for call in (
        lambda: small.analysis.similar(X + "nothing"),
        lambda: small.analysis.similar(X + "a", source=X + "nothing"),
        lambda: small.analysis.paths(X + "a", X + "a"),
        lambda: small.analysis.distinguish([X + "a", X + "a"]),
    ):
        with pytest.raises(BadParameter):
            call()


# on the whole of ESCO


@pytest.fixture(scope="module")
def esco(demand: Callable[[str, str], Path], tmp_path_factory: pytest.TempPathFactory) -> Index:
    """The occupations and skills of ESCO with their relations and hierarchy, read straight from the files."""
    folder = demand("ROLEGRAPH_TEST_DATA", "ESCO in esco-1.1.1/en") / "esco-1.1.1" / "en"
    csv.field_size_limit(10**9)

    def rows(name: str) -> list[dict[str, str]]:
        with (folder / name).open(newline="", encoding="utf-8") as file:
            return list(csv.DictReader(file))

    names: dict[str, int] = {}
    number: Callable[[str], int] = lambda iri: names.setdefault(iri, len(names))  # noqa: E731
    roles = [number(row["conceptUri"]) for row in rows("occupations_en.csv")]
    facets = {"essential": weights.NAMES.index("essentialSkill"), "optional": weights.NAMES.index("optionalSkill")}
    source = number("esco")
    relations = rows("occupationSkillRelations.csv")
    stated = [(number(row["occupationUri"]), facets[row["relationType"]], number(row["skillUri"]), source) for row in relations]
    claims = [claim for claim in stated if claim[0] < len(roles)]
    broader = [(number(row["conceptUri"]), number(row["broaderUri"])) for row in rows("broaderRelationsSkillPillar.csv")]
    none = table([], 2)
    return Index(
        Facts(
            names=tuple(names),
            labels=tuple("" for _ in names),
            roles=np.array(roles, dtype=np.int32),
            headings=table([], 1)[:, 0],
            claims=table(claims, 4),
            broader=table(broader, 2),
            exact=none,
            close=none,
            related=none,
            rated=none,
            importance=np.array([]),
            levels=none,
            places=names,
        )
    )


def test_the_whole_of_esco_against_brute_force(esco: Index) -> None:
    plain = Plain(esco.facts)
    count = len(plain.roles)
    assert count > 2900
    for row in range(7, count, count // 6):
        scores = similarity.scores(esco, row)
        for other in range(0, count, 5):
            assert math.isclose(scores[other], plain.cosine(plain.roles[row], plain.roles[other]), abs_tol=1e-9)
        target = (row * 31) % count
        found = gap.between(esco, row, target)
        needs, had = plain.needs(plain.roles[target]), set(plain.had[plain.roles[row]])
        assert {esco.facts.places[need.item.iri]: pytest.approx(need.weight) for need in found.needs} == needs
        assert {esco.facts.places[need.item.iri] for need in found.of(gap.COVERED)} == set(needs) & had
        start, _ = openings.choose(esco.essential_skills, esco.items_of(row), 3)
        essential = {role: plain.essential_skills[plain.roles[role]] for role in range(count)}
        assert start == [role for role, own in essential.items() if own and len(own & had) >= math.ceil(weights.OPEN * len(own) - 1e-9)]


def test_a_profile_against_the_whole_of_esco(esco: Index) -> None:
    plain = Plain(esco.facts)
    for row in range(11, len(plain.roles), 700):
        possession = gap.HeldItems(esco, esco.items_of(row)[:50])
        own = set(plain_items(esco, plain, sorted(possession.items)))
        best = gap.best(esco, possession, None, 5)
        expected = []
        for role in range(len(plain.roles)):
            needs = plain.needs(plain.roles[role])
            there = sum(weight * (1.0 if item in own else _worth(esco, possession, item)) for item, weight in needs.items())
            share = there / (sum(needs.values()) or 1)
            used = sum(plain.idf[item] for item in own & set(needs)) / sum(plain.idf[item] for item in own)
            expected.append(2 * share * used / (share + used) if share + used else 0.0)
        ranked = sorted(range(len(expected)), key=lambda role: (-round(expected[role], 12), role))[:5]
        assert [fit for _, fit in best] == pytest.approx([expected[role] for role in ranked])


def _worth(index: Index, possession: gap.HeldItems, concept: int) -> float:
    near = possession.near.get(int(index.items.item_of[concept]))
    return near.worth if near else 0.0
