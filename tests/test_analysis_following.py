"""Facts and indexes that followed writes are those that are read of the result."""

from itertools import permutations
from pathlib import Path
from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from analysis_cases import SKOS, assert_same_index, same
from rolegraph.analysis import bounds, matrices, paths
from rolegraph.analysis.incremental import IncrementalFacts
from rolegraph.analysis.index import Index
from rolegraph.analysis.stored import Shelf
from rolegraph.analysis.union import combine
from rolegraph.engine.embedded import Settings
from rolegraph.engine.revision_store import RevisionStore
from rolegraph.terms import BASE, RG


def assert_same_paths(followed: Index, fresh: Index) -> None:
    """Check that all paths are the same, and that no step costs less than its lower bound."""
    least = followed.least_costs
    exact = bounds.built(fresh)[0].toarray()
    lower = np.full(exact.shape, np.inf)
    for role in range(len(lower)):
        own = slice(least.indptr[role], least.indptr[role + 1])
        lower[role, least.indices[own]] = least.data[own]
    for origin, target in permutations(range(len(fresh.facts.roles)), 2):
        if exact[target, origin] > 0:
            assert lower[target, origin] <= exact[target, origin] * (2 - bounds.ROUNDING)
        assert paths.between(followed, origin, target, 3) == paths.between(fresh, origin, target, 3)


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
    with patch.object(matrices, "SHARE", 1.0), patch.object(bounds, "SHARE", 1.0):  # few roles: else all would be built again
        check_following(tmp_path_factory.mktemp("followed"), union=union, writes=writes)


def check_following(folder: Path, *, union: bool, writes: list[tuple[str, list[str] | None]]) -> None:
    engine = RevisionStore(folder, Settings(union=union))
    followed = IncrementalFacts(engine, folder)
    for name, written in writes:
        graph = None if name == "three" and not union else BASE + "source/" + name
        engine.write({graph: None if written is None else "\n".join(written).encode()})
        found, fresh = followed.facts(), IncrementalFacts(engine).facts()
        assert same(found, fresh)
        assert same(IncrementalFacts(engine, folder).facts(), fresh)  # of what was stored before
        assert_same_index(followed.index(), Index(fresh))
        assert_same_paths(followed.index(), Index(fresh))
    followed.refresh()
    state = Shelf(folder, engine).newest()
    assert state
    assert same(combine(state.names.parts), fresh)
    assert_same_index(state.index, Index(fresh))
    engine.close()
