"""Whose matches are believed: a pushed source joins nothing in the comparisons and analyses of others."""

import pytest

from rolegraph import equivalence
from rolegraph.analysis.incremental import IncrementalFacts
from rolegraph.facade import Rolegraph
from rolegraph.importers import publications
from rolegraph.terms import BASE, RG

SKOS, DCT = "http://www.w3.org/2004/02/skos/core#", "http://purl.org/dc/terms/"
ROLES = (BASE + "role/ai-architect", BASE + "role/deep-learning-engineer")
SAME = f"<{BASE}tool/python> <{SKOS}exactMatch> <{BASE}tool/r> ."
SOURCE = BASE + "source/our-hr"
DESCRIBED = f'<{SOURCE}> a <{RG}Source> ; <{DCT}title> "Ours"@en .'
ESCO = BASE + "source/esco-1-1-1"
CREDITED = f'<{SOURCE}> <http://www.w3.org/ns/dcat#version> "1" ; <https://schema.org/creditText> "By us"@en .'


def joined(graph: Rolegraph) -> tuple[bool, bool]:
    """Tell whether both tools are one item in comparisons, and in analyses."""
    stated = f"<{ROLES[0]}> <{RG}tool> <{BASE}tool/python> . <{ROLES[1]}> <{RG}tool> <{BASE}tool/r> ."
    graph.store(BASE + "stated", stated.encode())
    items = [set(item.same) for section in graph.compare(ROLES).sections for item in section.items]
    index = graph.analysis.index
    places = [int(index.items.item_of[index.facts.places[f"{BASE}tool/{name}"]]) for name in ("python", "r")]
    return {BASE + "tool/python", BASE + "tool/r"} in items, places[0] == places[1]


@pytest.mark.parametrize(
    ("graph_", "said", "believed"),
    [
        (SOURCE, DESCRIBED, False),
        (SOURCE, DESCRIBED + CREDITED, False),
        (ESCO, (DESCRIBED + CREDITED).replace(SOURCE, ESCO), True),
        (ESCO, DESCRIBED.replace(SOURCE, ESCO), False),
        (BASE + "source/ai-architect-vs-deep-learning-engineer", "", True),
        (BASE + "mappings", "", True),
        ("https://example.org/mappings", "", True),
    ],
    ids=["pushed", "pushed with a credit line", "imported", "only named like an import", "shipped", "our vocabulary", "another graph"],
)
def test_matches_of_pushed_sources_join_nothing(graph_: str, said: str, *, believed: bool) -> None:
    graph = Rolegraph.open()
    assert joined(graph) == (False, False)
    graph.engine.write({graph_: f"{said} {SAME}".encode()}, mode="append")
    assert joined(graph) == (believed, believed)


def test_all_matches_are_believed_where_nothing_else_is_said() -> None:
    graph = Rolegraph.open()
    graph.store(SOURCE, f"{DESCRIBED} {SAME}".encode())
    facts = [IncrementalFacts(graph.engine).facts(None, trusted) for trusted in (None, [], [SOURCE])]
    pair = [facts[0].places[f"{BASE}tool/{name}"] for name in ("python", "r")]
    assert [pair in one.exact.tolist() for one in facts] == [True, False, True]


def test_which_graphs_are_believed() -> None:
    shipped = BASE + "source/ai-architect-vs-deep-learning-engineer"
    graphs = [BASE + "skill", "https://example.org/", shipped, SOURCE, SOURCE + "-2"]
    assert equivalence.trusted([*graphs, ESCO], {SOURCE, ESCO}) == [BASE + "skill", "https://example.org/", shipped, ESCO]


def test_the_sources_that_importers_make_are_known_by_name() -> None:
    made = {publications.slug(name, "1") for name in ("esco", "onet", "crosswalk esco onet", "salaries")}
    assert all(name.startswith(equivalence.PUBLICATIONS) for name in made)
