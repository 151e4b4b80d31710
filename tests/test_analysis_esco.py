"""The analyses against brute force on the whole of ESCO, where it is at hand."""

import csv
import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from analysis_cases import Plain, plain_items
from rolegraph.analysis import gap, held, openings, similarity, weights
from rolegraph.analysis.facts import Facts, table
from rolegraph.analysis.index import Index


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
        assert {esco.facts.places[need.item.iri] for need in found.of(held.COVERED)} == set(needs) & had
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
