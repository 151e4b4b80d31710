"""One request, one revision: what is pinned stays as it is, whatever is written meanwhile, and is let go without the garbage collector."""

import gc
import re
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from flask.testing import FlaskClient

from rolegraph.analysis import bounds
from rolegraph.analysis.incremental import IncrementalFacts
from rolegraph.engine import stored_revisions
from rolegraph.engine.embedded import EmbeddedEngine, Snapshot
from rolegraph.errors import BadParameter
from rolegraph.facade import Rolegraph
from rolegraph.search import Finder, Past, Pinned, RevisionMoved, Search
from rolegraph.terms import BASE, KINDS, RG
from rolegraph.web import create_app

SKOS = "http://www.w3.org/2004/02/skos/core#"
SOURCE = BASE + "source/ours"
ARCHITECT = BASE + "role/ai-architect"


def roles(number: int) -> bytes:
    """Return a source, and a role that it names, with a number in both names and tools that differ from those of other numbers."""
    tools = " ".join(f"<{RG}tool> <{BASE}tool/made-{place}> ;" for place in range(number % 5 + 1))
    return f"""<{SOURCE}> a <{RG}Source> ; <http://purl.org/dc/terms/title> "Ours {number}"@en .
<{BASE}role/weaver> a <{RG}Role> ; {tools} <{SKOS}prefLabel> "Weaver {number}"@en .""".encode()


@pytest.fixture
def stored(store_copy: Path) -> Iterator[Rolegraph]:
    graph = Rolegraph.open(store_copy)
    graph.store(SOURCE, roles(0))
    yield graph
    graph.close()


def state(graph: Rolegraph) -> list[Any]:
    """Return what each part of a graph says of the role."""
    weaver = BASE + "role/weaver"
    return [
        graph.catalogue.labels([weaver])[weaver].label,
        [member.label for member in graph.catalogue.members("role") if member.iri == weaver],
        graph.catalogue.sources([SOURCE])[SOURCE].label,
        [item.iri for section in graph.compare([weaver, ARCHITECT]).sections for item in section.items],
        graph.compare([weaver, ARCHITECT]).roles[0].label,
        [need.item.iri for need in graph.analysis.gap(ARCHITECT, weaver).needs],
        graph.engine.rows(f"SELECT ?label {{ <{weaver}> <{SKOS}prefLabel> ?label }}"),
    ]


def test_a_pinned_graph_stays_as_it_is(stored: Rolegraph) -> None:
    pinned = stored.pinned()
    assert pinned.pinned() is pinned
    before = state(pinned)
    again = stored.pinned()  # of which nothing is read before the next write
    stored.store(SOURCE, roles(3))
    assert state(again) == before
    assert state(pinned) == before
    after = state(stored.pinned())
    assert after[0] == "Weaver 3"
    assert all(one != other for one, other in zip(before, after, strict=True))
    assert state(stored) == after


def test_analyses_of_a_revision_are_of_its_facts_whichever_was_read_before(stored: Rolegraph) -> None:
    pins = []
    for number in range(4):
        stored.store(SOURCE, roles(number))
        pins.append(stored.pinned())
    wanted = [IncrementalFacts(pinned.engine).facts() for pinned in pins]
    for order in ((0, 1, 2, 3), (3, 2, 1, 0), (2, 0, 3, 1)):
        followed = IncrementalFacts(stored.engine)
        for place in order:
            assert followed.facts(pins[place].engine).names == wanted[place].names
            assert (followed.facts(pins[place].engine).claims == wanted[place].claims).all()


def test_paths_are_of_one_revision_where_something_is_written_between_two_readings(stored: Rolegraph) -> None:
    ends = (ARCHITECT, BASE + "role/deep-learning-engineer")
    before = stored.pinned().analysis.paths(*ends)
    more = "\n".join(f"<{BASE}role/a{place}> a <{RG}Role> ; <{RG}tool> <{BASE}tool/python> ." for place in range(20)).encode()
    built = bounds.built

    def written(index: Any) -> Any:
        stored.store(BASE + "source/more", more)  # roles of other rows: before all that are there
        return built(index)

    with patch.object(bounds, "built", written):
        assert stored.pinned().analysis.paths(*ends) == before
    stored.store(BASE + "source/more", more)
    fresh = Rolegraph(stored.engine).analysis.paths(*ends)
    assert stored.pinned().analysis.paths(*ends) == fresh


def test_requests_under_writes_never_mix_revisions(stored: Rolegraph) -> None:
    client = create_app(stored).test_client()
    stop = threading.Event()

    def write() -> None:
        for number in range(1, 16):
            stored.store(SOURCE, roles(number))
        stop.set()

    def one(answer: Any) -> set[str]:
        """Return the numbers of all names of the role, or of its source, in an answer."""
        return set(re.findall(r"(?:Weaver|Ours) (\d+)", answer.get_data(as_text=True)))

    def read(client: FlaskClient, path: str) -> int:
        count, tags = 0, dict[str, bytes]()
        while not stop.is_set():
            answer = client.get(path)
            assert answer.status_code == 200, answer.text
            tag = answer.headers["ETag"]
            assert tags.setdefault(tag, answer.data) == answer.data
            assert len(one(answer)) == 1
            count += 1
        return count

    asked = ["/search.json?q=weaver&kind=role", "/role/weaver?format=html", "/search?q=weaver"]
    asked += ["/compare.json?role=weaver&role=ai-architect"]
    # applications are made one after the other: ast.parse, with which Werkzeug compiles routes, may fail in several threads (CPython 3.11)
    clients = [create_app(stored).test_client() for _ in asked]
    with ThreadPoolExecutor(5) as pool:
        reading = [pool.submit(read, *arguments) for arguments in zip(clients, asked, strict=True)]
        pool.submit(write).result()
        assert all(found.result() for found in reading)
    assert one(client.get("/role/weaver.json")) == {"15"}
    assert one(client.get("/search.json?q=weaver&kind=role")) == {"15"}


def test_a_search_of_an_older_revision_says_that_the_index_moved_on(stored: Rolegraph) -> None:
    pinned = stored.pinned()
    assert pinned.search.find("weaver 0", ["role"])[0].label == "Weaver 0"
    stored.store(SOURCE, roles(1))
    assert pinned.search.find("weaver 0", ["role"])[0].label == "Weaver 0"  # nobody has asked for the newer one
    assert stored.pinned().search.find("weaver", ["role"])[0].label == "Weaver 1"
    with pytest.raises(RevisionMoved):
        pinned.search.find("weaver", ["role"])


def test_a_request_begins_again_on_the_newest_revision(stored: Rolegraph) -> None:
    client = create_app(stored).test_client()
    find, moved = Pinned.answered, [0]

    def overtaken(self: Pinned, ask: Any) -> Any:
        if moved[0] < 3:
            moved[0] += 1
            stored.store(SOURCE, roles(moved[0]))
            assert stored.search.find("weaver", ["role"])[0].label == f"Weaver {moved[0]}"
        return find(self, ask)

    with patch.object(Pinned, "answered", overtaken):
        answer = client.get("/search.json?q=weaver&kind=role")
    assert [hit["label"] for hit in answer.json["hits"]] == ["Weaver 3"]  # type: ignore[index]
    revision = str(stored.engine.revision)
    assert not answer.headers["ETag"].strip('"').startswith(tuple(f"{number}-" for number in range(int(revision))))
    again = client.get("/search.json?q=weaver&kind=role")
    assert (again.data, again.headers["ETag"].strip('"').split("-")[0]) == (answer.data, revision)


def descriptors() -> int:
    return sum(1 for _ in Path("/proc/self/fd").iterdir())


@pytest.mark.skipif(sys.platform != "linux", reason="counts the descriptors in /proc")
def test_older_revisions_are_shared_and_let_go_without_the_garbage_collector(stored: Rolegraph) -> None:
    client = create_app(stored).test_client()
    first = stored.engine.revision or 0
    for number in range(1, 9):
        stored.store(SOURCE, roles(number))

    def ask() -> None:
        for number in range(first, first + 9):
            for path in ("/role/weaver.json", "/role.json", "/compare.json?role=weaver&role=ai-architect", "/role/weaver?format=html"):
                assert client.get(f"{path}{'&' if '?' in path else '?'}revision={number}").status_code == 200

    ask()
    gc.collect()
    gc.disable()
    try:
        before = descriptors()
        for _ in range(3):
            ask()
        assert descriptors() <= before + 5
        with patch.object(stored_revisions, "Snapshot", side_effect=Snapshot) as count:
            for _ in range(10):
                client.get(f"/role/weaver.json?revision={first}&x={_}")
            assert count.call_count <= 1
    finally:
        gc.enable()


def test_revisions_that_are_not_kept_any_more_are_let_go(stored: Rolegraph) -> None:
    first = stored.engine.revision or 0
    stored.at(first)
    for number in range(20):
        stored.store(SOURCE, roles(number))
    stored.pinned()
    assert first not in {one.number for one in stored.engine.revisions()}
    with pytest.raises(Exception, match="not stored"):
        stored.at(first)


def questions() -> list[str]:
    return sorted(name for name in vars(Finder) if not name.startswith("_"))


KIND = KINDS["role"]
ASKED: dict[str, tuple[Any, ...]] = {
    "find": ("ai architect",),
    "suggest": ("ai arch",),
    "meant": ("ai architect", ["role"]),
    "labelled": ("ai architect", ["role"]),
    "named": ("ai architect", [KIND]),
    "nearest": ("ai-architekt", [KIND]),
    "identified": ("http://w3id.org/rolegraph/role/ai-architect", [KIND]),
    "languages": (),
    "refresh": (),
}


@pytest.mark.parametrize("name", questions())
def test_every_question_is_answered_or_refused_by_every_search(graph: Rolegraph, name: str) -> None:
    pinned, past = graph.pinned().search, Past(graph.search)  # type: ignore[arg-type]  # of a graph that is not pinned
    newest = getattr(graph.search, name)(*ASKED[name])
    assert newest
    assert isinstance(pinned, Pinned)
    assert set(ASKED) == set(questions())
    assert getattr(pinned, name)(*ASKED[name]) == newest
    if name in ("find", "suggest", "refresh"):
        with pytest.raises(BadParameter):
            getattr(past, name)(*ASKED[name])
    else:
        assert getattr(past, name)(*ASKED[name]) == newest


def test_every_method_of_an_older_graph_answers_or_refuses(stored: Rolegraph) -> None:
    past = stored.at((stored.engine.revision or 1) - 1)
    assert isinstance(past.search, Past)
    past.refresh()
    with pytest.raises(BadParameter):
        past.search.refresh()
    with pytest.raises(BadParameter):
        _ = past.analysis
    past.close()
    assert stored.rows("sources")


def test_a_graph_in_memory_is_pinned_as_well() -> None:
    graph = Rolegraph(EmbeddedEngine())
    graph.store(SOURCE, roles(0))
    assert graph.pinned().catalogue.labels([SOURCE])[SOURCE].label == "Ours 0"
    assert isinstance(graph.search, Search)
    graph.store(SOURCE, roles(1))
    assert graph.pinned().catalogue.labels([SOURCE])[SOURCE].label == "Ours 1"
    assert [hit.label for hit in graph.pinned().search.find("weaver")] == ["Weaver 1"]


def test_the_client_is_told_of_a_revision_that_is_none(client: FlaskClient) -> None:
    for text in ("9" * 5000, "0" * 5000 + "1", "1e3", "٣", "-1", "\x00", "\u202e1"):
        assert client.get("/role.json", query_string={"revision": text}).status_code == 400, text[:20]
