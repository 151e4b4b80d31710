"""The analyses against brute force on random small graphs."""

import itertools
import math
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from analysis_cases import CONCEPTS, ROLES, SOURCES, Plain, graphs, plain_items
from rolegraph.analysis import comparable, distinguish, gap, held, openings, paths, similarity, weights
from rolegraph.analysis.facts import Facts, table
from rolegraph.analysis.index import Index


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
        siblings = siblings if {there, needed} <= plain.tools else []
        tests = {
            "narrower": needed in plain.above.get(there, ()),
            "broader": there in plain.above.get(needed, ()),
            "sibling": bool(siblings),
            "same name": plain.alike(there, needed),
            **{kind: frozenset((there, needed)) in own for kind, own in links.items()},
        }
        return {kind for kind, holds in tests.items() if holds}

    for origin, target in itertools.permutations(range(ROLES), 2):
        one = gap.between(index, origin, target)
        by_status = {status: {plain.item[found.places[need.item.iri]] for need in one.of(status)} for status in held.STATUSES}
        assert sum(map(len, by_status.values())) == len(one.needs)
        assert set().union(*by_status.values()) == set(plain.learnt[target])
        had = set(plain.had[origin])
        met = plain.met(target, had)
        if one.hindrance:
            told = comparable.UNSTATED if plain.learnt[target] else comparable.NEEDLESS
            assert (one.hindrance, one.share, by_status[held.UNKNOWN]) == (told, None, set(plain.learnt[target]))
            assert not (plain.learnt[target] and plain.learnt[origin])
            continue
        assert one.share is not None
        assert by_status[held.COVERED] == met
        total = sum(plain.needs(target).values())
        worth = 0.0
        for need in one.needs:
            item = plain.item[found.places[need.item.iri]]
            best = max((weights.NEAR[kind] for other in had for kind in relations(other, item)), default=0.0)
            expected = 1.0 if item in met else best
            assert need.worth == expected
            worth += expected * plain.needs(target)[item]
            if need.status == held.NEARLY:
                assert need.via is not None
                assert need.relation in relations(plain.item[found.places[need.via.iri]], item)
        assert math.isclose(one.share, worth / total, abs_tol=1e-9)
        numbers = (sum(need.essential for need in one.of(status)) for status in (held.COVERED, held.NEARLY))
        assert one.essentials == (*numbers, sum(need.essential for need in one.needs))
        assert similarity.likeness(index, origin, target).essentials == one.essentials
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
    costs: dict[tuple[int, int], float] = {}
    for one, other in itertools.permutations(range(ROLES), 2):
        needs = plain.needs(other)
        total, missing = sum(needs.values()), sum(weight for item, weight in needs.items() if item not in plain.had[one])
        if total and missing < total and total - missing >= weights.STEP * total * weights.EXACT:
            costs[one, other] = missing * missing / total
    for origin, target in itertools.islice(itertools.permutations(range(ROLES), 2), 8):
        needs = plain.needs(target)
        missing = sum(weight for item, weight in needs.items() if item not in plain.had[origin])
        known = {pair: cost for pair, cost in costs.items() if plain.sources[pair[0]] & plain.sources[pair[1]]}
        others = [role for role in range(ROLES) if role not in (origin, target)]
        ways = [(origin, *middle, target) for size in range(weights.MOST_STEPS) for middle in itertools.permutations(others, size)]
        steps = [list(itertools.pairwise(way)) for way in ways]
        every = sorted(sum(known[step] for step in way) for way in steps if all(step in known for step in way))
        result = paths.between(index, origin, target, count)
        routes = result.routes
        assert (result.direct is None) == bool(result.hindrance)
        if result.direct:
            assert result.direct.cost == pytest.approx(missing * missing / sum(needs.values()))
            assert result.direct.essentials == gap.between(index, origin, target).essentials
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
