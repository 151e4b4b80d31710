"""After writes, what is kept of the revision before is what a store that was just opened would read."""

import json
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rolegraph.catalogue import changes, lists
from rolegraph.engine.revision_store import RevisionStore
from rolegraph.facade import Rolegraph
from rolegraph.queries import internal
from rolegraph.search import Search
from rolegraph.terms import BASE, KINDS, RG
from rolegraph.web import create_app

SKOS = "http://www.w3.org/2004/02/skos/core#"
DCT = "http://purl.org/dc/terms/"
GRAPHS = [BASE + "source/one", BASE + "source/two", BASE + "skill", "https://example.org/graph"]
ROLES = [BASE + "role/weaver", BASE + "role/miller", "https://example.org/role/smith"]
SKILLS = [BASE + "skill/weaving", BASE + "skill/milling", "https://example.org/skill/forging", "https://example.org/skill/casting"]
THINGS = [*ROLES, *SKILLS]
PAGES = ("/role.json", "/skill.json", "/similar.json?role={}", "/gap.json?from={}&to={}", "/compare.json?role={}&role={}", "/role", "/")


@st.composite
def triples(draw: st.DrawFn) -> str:
    """A triple of all that views keep."""
    role, thing, other = (draw(st.sampled_from(among)) for among in (ROLES, THINGS, SKILLS))
    text = draw(st.sampled_from(["Weaver", "weaver", "Ärztin", "", "Zimmermann"]))
    language = draw(st.sampled_from(["@en", "@fr", "", "@en-gb"]))
    return draw(
        st.sampled_from(
            [
                f"<{thing}> a <{RG}{draw(st.sampled_from(['Role', 'Skill', 'Tool']))}> .",
                f'<{thing}> <{SKOS}{draw(st.sampled_from(["prefLabel", "definition", "altLabel"]))}> "{text}"{language} .',
                f"<{role}> <{RG}{draw(st.sampled_from(['essentialSkill', 'optionalSkill', 'tool']))}> <{other}> .",
                f"<{thing}> <{SKOS}{draw(st.sampled_from(['broader', 'exactMatch', 'closeMatch']))}> <{other}> .",
                f'<{thing}> <{SKOS}broader> "no concept"{language} .',
                f'<{draw(st.sampled_from(GRAPHS))}> a <{RG}Source> ; <{DCT}title> "{text}"@en .',
            ]
        )
    )


WRITES = st.lists(st.tuples(st.sampled_from(GRAPHS), st.none() | st.lists(triples(), max_size=8)), min_size=1, max_size=4)


def state(graph: Rolegraph) -> list[Any]:
    """Return all that views keep."""
    catalogue = graph.catalogue
    cards, by_kind = catalogue.cards, catalogue.lists
    found: list[Any] = [(kind, catalogue.page(kind), by_kind.shortlist(kind, 3)) for kind in KINDS]
    found += [by_kind.named(kind, text) for kind in ("role", "skill", "tool") for text in ("weaver", "Ärztin", "zimmermann")]
    found += [by_kind.of(kind, source) for kind in ("role", "skill") for source in GRAPHS]
    found += [cards.labels(THINGS), cards.definitions(THINGS), cards.above(THINGS), cards.kinds(THINGS)]
    found += [cards.chain(iri) for iri in SKILLS]
    found += [catalogue.source_iris(), catalogue.sources(GRAPHS)]
    client = create_app(graph).test_client()
    for page in PAGES:
        answer = client.get(page.format("weaver", "miller"))
        found.append((page, answer.status_code, answer.get_data()))
    return found


def opened(engine: RevisionStore, folder: Path) -> Rolegraph:
    """Return a graph over an engine that has read nothing yet."""
    return Rolegraph(engine, search=Search(engine, folder))


@pytest.mark.parametrize("few", [lists.FEW, 0, None], ids=["labels by name", "all labels at once", "prefetched"])
@settings(deadline=None, max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(writes=WRITES)
def test_what_followed_writes_is_what_is_read_again(tmp_path_factory: pytest.TempPathFactory, few: int | None, writes: list[Any]) -> None:
    with patch.object(lists, "FEW", lists.FEW if few is None else few):
        _check_following(tmp_path_factory, writes, prefetched=few is None)


def _check_following(tmp_path_factory: pytest.TempPathFactory, writes: list[Any], *, prefetched: bool) -> None:
    folder = tmp_path_factory.mktemp("followed")
    engine = RevisionStore(folder / "store")
    engine.write({GRAPHS[0]: f'<{ROLES[0]}> a <{RG}Role> ; <{SKOS}prefLabel> "Weaver"@en .'.encode()})
    followed = opened(engine, folder / "search")
    if prefetched:
        followed.catalogue.cards.prefetch()
    state(followed)
    for number, (graph, written) in enumerate(writes):
        engine.write({graph: None if written is None else "\n".join(written).encode()})
        assert state(followed) == state(opened(engine, folder / f"search-{number}"))
    engine.close()


def test_only_what_a_write_changed_is_read_again(tmp_path: Path) -> None:
    graph = Rolegraph.open(tmp_path, shipped=False)
    weaver = f'<{ROLES[0]}> a <{RG}Role> ; <{SKOS}prefLabel> "Weaver"@en .'
    graph.store(GRAPHS[0], weaver.encode())
    graph.store(GRAPHS[1], f'<{ROLES[1]}> a <{RG}Role> ; <{SKOS}prefLabel> "Miller"@en .'.encode())
    before = graph.pinned()
    assert [label for label, _ in before.catalogue.lists.of("role")] == ["Miller", "Weaver"]
    graph.store(GRAPHS[0], weaver.replace("Weaver", "A weaver").encode())
    now = graph.pinned()
    assert changes.changed_things(before.engine.rows, now.engine.rows, [GRAPHS[0]]) == frozenset(ROLES[:1])
    kept = now.catalogue.lists.of("role")
    assert [label for label, _ in kept] == ["A weaver", "Miller"]
    assert json.dumps(before.catalogue.lists.of("role")) == json.dumps([["Miller", ROLES[1]], ["Weaver", ROLES[0]]])
    graph.close()


def test_what_a_large_graph_changed_is_not_looked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert f"LIMIT {changes.MOST_TRIPLES + 1}\n" in internal.query("triples-of-graph").text
    monkeypatch.setattr(changes, "MOST_TRIPLES", 1)
    graph = Rolegraph.open(tmp_path, shipped=False)
    graph.store(GRAPHS[0], f'<{ROLES[0]}> a <{RG}Role> ; <{SKOS}prefLabel> "Weaver"@en .'.encode())
    before = graph.pinned()
    before.catalogue.lists.of("role")
    graph.store(GRAPHS[0], f'<{ROLES[0]}> a <{RG}Role> ; <{SKOS}prefLabel> "Smith"@en .'.encode())
    now = graph.pinned()
    assert changes.changed_things(before.engine.rows, now.engine.rows, [GRAPHS[0]]) is None
    assert now.catalogue.lists.of("role")[0][0] == "Smith"
    graph.close()
