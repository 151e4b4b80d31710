"""The analyses of a small graph in a store: what they say of it, of profiles, and after writes."""

import errno
import json
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis_cases import SKOS, assert_same_index
from rolegraph import formats
from rolegraph.analysis import Analysis, profiles, stored
from rolegraph.analysis.incremental import IncrementalFacts
from rolegraph.analysis.index import Index
from rolegraph.analysis.stored import Shelf
from rolegraph.arrays import ABOUT
from rolegraph.engine.revision_store import RevisionStore
from rolegraph.errors import BadParameter, RolegraphError
from rolegraph.facade import Rolegraph
from rolegraph.terms import BASE, RG

TEXT = formats.named("text", formats.FORMATS)
JSON = formats.named("json", formats.holding("document"))
TURTLE = formats.named("turtle", formats.FORMATS)

# on a graph of our own
SMALL = """
PREFIX : <https://example.org/> PREFIX rg: <https://w3id.org/rolegraph/ns#> PREFIX skos: <http://www.w3.org/2004/02/skos/core#>
PREFIX esco: <http://data.europa.eu/esco/model#>
:a a rg:Role ; skos:prefLabel "A"@en ; rg:tool :tensorflow ; rg:essentialSkill :python, :statistics ; rg:requiredDegree :master .
:b a rg:Role ; skos:prefLabel "B"@en ; rg:tool :pytorch ; rg:optionalSkill :snake ; rg:requiredDegree :bachelor .
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


@pytest.fixture(scope="module")
def small_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with two sources, closed."""
    folder = tmp_path_factory.mktemp("small") / "store"
    graph = Rolegraph(RevisionStore(folder))
    graph.store(ONE, SMALL.encode())
    graph.store(BASE + "mappings", f"<{X}python> <{SKOS}exactMatch> <{X}snake> . <{X}b> <{SKOS}closeMatch> <{X}c> .".encode())
    graph.store(TWO, f"<{X}a> <{RG}optionalSkill> <{X}snake> ; <{RG}requiredDegree> <{X}doctorate> .".encode())
    graph.close()
    return folder


def copied(store: Path, folder: Path) -> Rolegraph:
    shutil.copytree(store, folder)
    return Rolegraph(RevisionStore(folder), folder=folder)


@pytest.fixture(scope="module")
def small(small_store: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rolegraph]:
    """A graph of two sources, for reading."""
    graph = copied(small_store, tmp_path_factory.mktemp("read") / "store")
    yield graph
    graph.close()


@pytest.fixture
def writable_small(small_store: Path, tmp_path: Path) -> Rolegraph:
    """The same graph, for a test that writes to it."""
    return copied(small_store, tmp_path / "store")


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


def test_related_roles_are_no_feature(writable_small: Rolegraph) -> None:
    before = writable_small.analysis.similar(X + "c")
    writable_small.store(BASE + "source/three", f"<{X}c> <{RG}relatedRole> <{X}d> . <{X}d> <{RG}relatedRole> <{X}c> .".encode())
    assert writable_small.analysis.similar(X + "c") == before


def test_what_was_read_is_kept_for_the_next_start_and_follows_the_writes(writable_small: Rolegraph, tmp_path: Path) -> None:
    folder = tmp_path / "store"
    (folder / stored.OUTDATED).write_bytes(b"of an older version")
    first = writable_small.analysis.index
    assert not (folder / stored.OUTDATED).exists()
    shelf = Shelf(folder, writable_small.engine)
    state = shelf.newest()
    assert state
    assert state.revision == writable_small.engine.revision
    assert_same_index(state.index, first)
    writable_small.store(TWO, f"<{X}a> <{RG}optionalSkill> <{X}other> .".encode())
    before = shelf.newest()
    assert before
    assert before.revision == state.revision
    assert X + "other" in {need.item.iri for need in writable_small.analysis.gap(X + "b", X + "a").needs}
    writable_small.refresh()
    after = shelf.newest()
    assert after
    assert after.revision == writable_small.engine.revision
    assert is_mapped(writable_small.analysis.index.direct.data)
    assert [path.name for path in (folder / stored.FOLDER).iterdir() if path.is_dir()] == [is_mapped(after.index.direct.data)]


def is_mapped(array: Any) -> str:
    """Return the name of the folder of the file that an array is mapped of; empty if it is not."""
    while array is not None and not isinstance(array, np.memmap):
        array = array.base
    return Path(str(array.filename)).parent.name if array is not None else ""


def test_what_another_process_wrote_is_read(writable_small: Rolegraph, tmp_path: Path) -> None:
    assert X + "other" not in {need.item.iri for need in writable_small.analysis.gap(X + "b", X + "a").needs}
    writable_small.store(TWO, f"<{X}a> <{RG}optionalSkill> <{X}other> .".encode())
    writable_small.close()
    again = Rolegraph.open(tmp_path / "store", shipped=False)
    state = Shelf(tmp_path / "store", again.engine).newest()
    assert state
    assert state.revision != again.engine.revision
    assert X + "other" in {need.item.iri for need in again.analysis.gap(X + "b", X + "a").needs}
    again.close()


def _remove(folder: Path) -> None:
    next(folder.glob("set-*/expanded.data.npy")).unlink()


def _truncate(folder: Path) -> None:
    path = next(folder.glob("set-*/names.letters.npy"))
    os.truncate(path, path.stat().st_size // 2)


def _flip(folder: Path) -> None:
    path = next(folder.glob("set-*/facts.claims.npy"))
    path.write_bytes(path.read_bytes()[:-1] + b"\x7f")


def _remove_all(folder: Path) -> None:
    shutil.rmtree(next(folder.glob("set-*")))


def _write(text: bytes) -> Callable[[Path], Any]:
    return lambda folder: (folder / ABOUT).write_bytes(text)


@pytest.mark.parametrize(
    "damage",
    [_remove, _truncate, _flip, _remove_all, _write(b"{"), _write(b"[]"), _write(b"{}"), _write(b""), _write(b"\xff\xfe")],
    ids=["missing", "truncated", "other content", "all missing", "half an object", "a list", "nothing in it", "empty", "no text"],
)
def test_damaged_arrays_are_computed_again_and_replaced(
    writable_small: Rolegraph, tmp_path: Path, caplog: pytest.LogCaptureFixture, damage: Callable[[Path], Any]
) -> None:
    folder = tmp_path / "store"
    fresh = writable_small.analysis.index
    damage(folder / stored.FOLDER)
    again = Analysis(IncrementalFacts(writable_small.engine, folder), trusted=lambda: frozenset(writable_small.engine.graphs()))
    assert_same_index(again.index, fresh)
    assert {record.levelname for record in caplog.records} == {"WARNING"}
    assert "cannot be used and are computed again" in caplog.text
    caplog.clear()
    assert_same_index(Analysis(IncrementalFacts(writable_small.engine, folder)).index, fresh)
    assert caplog.text == ""


def test_arrays_that_cannot_be_stored_are_told_of_and_answers_go_on(
    writable_small: Rolegraph, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    folder, save = tmp_path / "store", np.save
    _ = writable_small.analysis.index
    kept = (folder / stored.FOLDER / ABOUT).read_bytes()
    writable_small.store(TWO, f"<{X}a> <{RG}optionalSkill> <{X}other> .".encode())

    def full(path: Path, array: Any, **options: Any) -> None:
        save(path, array[: len(array) // 2], **options)
        if "expanded" in path.name:
            raise OSError(errno.ENOSPC, "No space left on device")

    with patch.object(np, "save", full):
        writable_small.refresh()
    assert [record.getMessage() for record in caplog.records] == [
        "the arrays for the analyses could not be stored: No space left on device"
    ]
    assert X + "other" in {need.item.iri for need in writable_small.analysis.gap(X + "b", X + "a").needs}
    assert (folder / stored.FOLDER / ABOUT).read_bytes() == kept
    assert len(list((folder / stored.FOLDER).glob("set-*"))) == 1
    again = Analysis(IncrementalFacts(writable_small.engine, folder))
    assert_same_index(again.index, writable_small.analysis.index)


def test_a_process_that_is_killed_while_it_stores_loses_nothing(writable_small: Rolegraph, tmp_path: Path) -> None:
    folder = tmp_path / "store"
    fresh = writable_small.analysis.index
    half = folder / stored.FOLDER / "set-of-a-killed-one"
    half.mkdir()
    (half / "names.letters.npy").write_bytes(b"half")
    assert_same_index(Analysis(IncrementalFacts(writable_small.engine, folder)).index, fresh)
    writable_small.store(TWO, f"<{X}a> <{RG}optionalSkill> <{X}other> .".encode())
    writable_small.refresh()
    assert not half.exists()


def test_processes_that_follow_the_same_writes_share_what_one_stored(writable_small: Rolegraph, tmp_path: Path) -> None:
    folder = tmp_path / "store"
    one, other = (IncrementalFacts(writable_small.engine, folder) for _ in range(2))
    for number in range(3):
        writable_small.store(TWO, f"<{X}a{number}> a <{RG}Role> ; <{RG}optionalSkill> <{X}other> .".encode())
        fresh = Index(IncrementalFacts(writable_small.engine).facts())
        indexes = [facts.refresh() for facts in (one, other)]
        assert len({is_mapped(index.direct.data) for index in indexes}) == 1
        for index in indexes:
            assert is_mapped(index.vectors.data)
            assert_same_index(index, fresh)


POSTING = b"""{"@context": "https://schema.org/", "@type": "JobPosting",
  "skills": [{"@type": "DefinedTerm", "name": "Snake", "url": "https://example.org/snake"}, "stats"],
  "relevantOccupation": {"@type": "Occupation", "skills": "TensorFlow"}}"""


@pytest.mark.parametrize(
    ("body", "form", "kind", "found", "unknown"),
    [
        (b"Python; STATS\n- tensor-flow, TensorFlow, py", TEXT, "list", {"Python", "statistics", "TensorFlow"}, set()),
        (b'["python", "https://example.org/pytorch", "nonsense"]', JSON, "list", {"Python", "PyTorch"}, {"nonsense"}),
        (b'{"skills": [{"name": "Data", "keywords": ["Python"]}], "work": [{"position": "A"}]}', JSON, "resume", {"Python"}, set()),
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


def test_roles_are_named_by_their_labels(writable_small: Rolegraph) -> None:
    assert [writable_small.role(text) for text in ("A", "a", X + "a")] == [X + "a"] * 3
    writable_small.store(TWO, f'<{X}e> a <{RG}Role> ; <{SKOS}prefLabel> "a"@en ; <{SKOS}altLabel> "B"@en .'.encode())
    with pytest.raises(BadParameter) as caught:
        writable_small.role("a")
    assert set(caught.value.members["suggestions"]) == {X + "a", X + "e"}
    assert writable_small.role("B") == X + "b"


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
