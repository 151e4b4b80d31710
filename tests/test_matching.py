"""Matching: the laws of the index and of its members, on small graphs and the shipped data."""

from collections.abc import Iterable, Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from rolegraph.errors import BadParameter
from rolegraph.facade import Rolegraph
from rolegraph.matching import LONGEST, Matcher, MatchResult, fusion, matcher, scoring
from rolegraph.matching.concepts import Concept
from rolegraph.matching.confirmed import Confirmed
from rolegraph.matching.encoders import word_vectors
from rolegraph.matching.grams import Bags
from rolegraph.matching.index import MatchIndex
from rolegraph.matching.proposals import highest
from rolegraph.matching.results import TextMatch
from rolegraph.matching.scoring import score
from rolegraph.matching.stored import Shelf
from rolegraph.search.folding import fold
from rolegraph.terms import BASE

NURSE = Concept("ex:nurse", ("registered nurse", "nurse", "staff nurse"), "cares for patients in a hospital")
WELDER = Concept("ex:welder", ("welder", "metal welder"), "joins metal parts")
BAKER = Concept("ex:baker", ("baker", "bread baker", "nurse"), "makes bread; once called a nurse by mistake")
SMALL = (NURSE, WELDER, BAKER)

words = st.sampled_from(["nurse", "metal", "welder", "c++", "r&d", "senior", "infirmière", "データ", "bread", "ward", "a"])
phrases = st.lists(words, min_size=1, max_size=4).map(" ".join)
concepts = st.builds(
    lambda number, labels, description: Concept(f"ex:{number}", tuple(dict.fromkeys(labels)), description),
    st.integers(0, 8), st.lists(phrases, min_size=1, max_size=4), st.one_of(st.just(""), phrases),
)  # fmt: skip
collections = st.lists(concepts, min_size=1, max_size=6, unique_by=lambda concept: concept.iri)
quick = settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def index_of(these: Iterable[Concept]) -> MatchIndex:
    vectors = word_vectors("en")
    return MatchIndex.of(list(these), "en", [vectors] if vectors else [])


def matched(these: Sequence[Concept], texts: Sequence[str], monkeypatch: pytest.MonkeyPatch, **wanted: object) -> MatchResult:
    monkeypatch.setattr(matcher, "read", lambda *_: list(these))
    return Matcher(lambda _: [], list).match(texts, "role", **wanted)  # type: ignore[arg-type]


def grams(text: str) -> dict[str, float]:
    """Return the n-grams of a text with 1 + log(number), in the plainest way."""
    numbers: dict[str, int] = {}
    for word in fold(text).split():
        padded = f" {word} "
        for length in range(2, 6):
            for start in range(len(padded) - length + 1):
                gram = padded[start : start + length]
                numbers[gram] = numbers.get(gram, 0) + 1
    return {gram: 1 + np.log(number) for gram, number in numbers.items()}


@quick
@given(collections, phrases)
def test_n_gram_scores_are_cosines_of_tf_idf(these: list[Concept], text: str) -> None:
    index = index_of(these)
    labels = [grams(label) for label in index.labels]
    number = {gram: sum(gram in label for label in labels) for label in [*labels, grams(text)] for gram in label}
    idf = {gram: np.log((1 + len(labels)) / (1 + count)) + 1 for gram, count in number.items()}
    weighted = index.grams.weighted(Bags.of([text]))
    scores = index.grams.label_scores(weighted, np.zeros(len(labels), np.int64), np.arange(len(labels)))
    typed = {gram: value * idf[gram] for gram, value in grams(text).items()}
    for label, got in zip(labels, scores.tolist(), strict=True):
        vector = {gram: value * idf[gram] for gram, value in label.items()}
        product = sum(value * vector.get(gram, 0) for gram, value in typed.items())
        lengths = np.sqrt(sum(value**2 for value in typed.values())) * np.sqrt(sum(value**2 for value in vector.values()))
        assert got == pytest.approx(product / lengths, abs=1e-4)


@quick
@given(collections, st.lists(phrases, min_size=1, max_size=4))
def test_pairs_of_texts_and_labels_are_compared_as_whole_matrices_are(these: list[Concept], texts: list[str]) -> None:
    index = index_of(these)
    weighted, queries = index.grams.weighted(Bags.of(texts)), index.encoders[0].encode(texts)
    owners, labels = (places.ravel() for places in np.indices((len(texts), len(index.labels))))
    every_gram = (weighted @ index.grams.labels.T).toarray() * index.grams.scale(index.grams.labels)
    assert index.grams.label_scores(weighted, owners, labels) == pytest.approx(every_gram.ravel(), abs=1e-5)
    member = index.vectors[0]
    every_vector = queries @ member.labels.some(np.arange(len(index.labels))).T
    assert member.label_scores(queries, owners, labels) == pytest.approx(every_vector.ravel(), abs=1e-5)


def ranked(index: MatchIndex, texts: Sequence[str]) -> list[list[tuple[str, float]]]:
    weights = fusion.fitted("role", index.members)
    found = []
    for scored in score(index, texts):
        places, confidences = weights.ranked(scored)
        found.append([(index.iris[int(scored.concepts[place])], float(confidences[place])) for place in places])
    return found


def same(one: list[list[tuple[str, float]]], other: list[list[tuple[str, float]]]) -> None:
    for mine, others in zip(one, other, strict=True):
        assert dict(mine).keys() == dict(others).keys()
        assert [confidence for _, confidence in mine] == pytest.approx([confidence for _, confidence in others], abs=2e-3)


@quick
@given(collections, collections, st.lists(phrases, min_size=1, max_size=5))
def test_an_index_that_followed_is_the_one_that_is_built(before: list[Concept], now: list[Concept], texts: list[str]) -> None:
    followed = index_of(before).following(now)
    built = index_of(now)
    assert list(followed.iris) == list(built.iris)
    assert list(followed.labels) == list(built.labels)
    same(ranked(followed, texts), ranked(built, texts))
    assert followed.following(now) is followed


@quick
@given(collections, st.lists(phrases, min_size=1, max_size=8))
def test_neither_blocks_nor_the_order_of_concepts_change_an_answer(these: list[Concept], texts: list[str]) -> None:
    index = index_of(these)
    whole = ranked(index, texts)
    same(whole, [answer for text in texts for answer in ranked(index, [text])])
    same(whole, ranked(index_of(reversed(these)), texts))
    assert all(first[1] >= second[1] for answer in whole for first, second in pairwise(answer))
    assert all(0 <= confidence <= 1 for answer in whole for _, confidence in answer)


def test_an_index_that_is_stored_answers_as_before(tmp_path: Path) -> None:
    index = index_of(SMALL)
    shelf, key = Shelf(tmp_path), ("role", None, "en")
    assert shelf.load(key, index.encoders) is None
    assert shelf.save(key, index)
    stored = shelf.load(key, index.encoders)
    assert stored is not None
    assert stored.following(SMALL) is stored
    same(ranked(stored, ["nurses", "metal"]), ranked(index, ["nurses", "metal"]))
    assert shelf.load(("skill", None, "en"), index.encoders) is None
    assert Shelf(tmp_path).load(key, ()) is None, "of other members"
    same(ranked(stored.following([NURSE]), ["nurses"]), ranked(index_of([NURSE]), ["nurses"]))


def test_a_damaged_index_is_built_again(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    index = index_of(SMALL)
    Shelf(tmp_path).save(("role", None, "en"), index)
    for file in (tmp_path / "matching").rglob("starts.npy"):
        file.write_bytes(b"nothing")
    assert Shelf(tmp_path).load(("role", None, "en"), index.encoders) is None
    assert "is not as it was stored" in caplog.text


def test_a_label_of_several_concepts_is_never_accepted(monkeypatch: pytest.MonkeyPatch) -> None:
    match = matched(SMALL, ["nurse"], monkeypatch).results[0]
    assert {candidate.iri for candidate in match.candidates[:2]} == {"ex:nurse", "ex:baker"}
    assert match.decision == "review"
    assert all(candidate.confidence <= 0.5 for candidate in match.candidates)
    assert "another concept has it too" in match.candidates[0].reason


@pytest.mark.parametrize(
    ("text", "left_off"),
    [
        ("Senior Welder (m/f/d)", ["“(m/f/d)”", "“Senior”"]),
        ("Welder - Kuala Lumpur", ["“Kuala Lumpur”"]),
        ("1. Welder", ["“1.”"]),
        ("Welder [remote]", ["“[remote]”"]),
        ("Welder, 5+ years of experience", ["“5+ years of experience”"]),
        ("Welder III", ["“III”"]),
    ],
)
def test_what_is_left_off_is_named_and_never_accepted(text: str, left_off: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    match = matched(SMALL, [text], monkeypatch).results[0]
    assert match.candidates[0].iri == "ex:welder"
    for piece in left_off:
        assert piece in match.candidates[0].reason
    assert match.decision == "review"


def test_short_forms_are_never_certain(monkeypatch: pytest.MonkeyPatch) -> None:
    match = matched(SMALL, ["RN"], monkeypatch).results[0]
    assert match.candidates[0].iri == "ex:nurse"
    assert match.candidates[0].reason.startswith("may be short for")
    assert match.decision == "review"


@pytest.mark.parametrize("text", ["", "   ", "()!?", "\ud800", "\x00"])
def test_a_text_without_words_has_no_candidate(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    match = matched(SMALL, [text, "welder"], monkeypatch)
    assert match.results[0] == TextMatch(text, "none", (), "the text has no letters or digits")
    assert match.results[1].candidates[0].iri == "ex:welder"


def test_long_texts_and_other_scripts(monkeypatch: pytest.MonkeyPatch) -> None:
    results = matched(SMALL, ["welder " * 2000, "データ入力", "Сварщик"], monkeypatch).results
    assert results[0].remark == f"only the first {LONGEST} of 14,000 characters were used"
    assert results[0].candidates[0].iri == "ex:welder"
    assert [result.decision for result in results[1:]] == ["none", "none"]


def test_no_concepts(monkeypatch: pytest.MonkeyPatch) -> None:
    assert matched([], ["welder"], monkeypatch).as_dict()["results"][0]["decision"] == "none"


@pytest.mark.parametrize(
    ("wanted", "parameter"),
    [
        ({"limit": 0}, "limit"),
        ({"limit": 21}, "limit"),
        ({"kind": "person"}, "kind"),
        ({"source": "nowhere"}, "source"),
        ({"texts": ["x"] * 1001}, "texts"),
        ({"texts": []}, "texts"),
    ],
)
def test_refused(graph: Rolegraph, wanted: dict[str, object], parameter: str) -> None:
    with pytest.raises(BadParameter) as refused:
        graph.match(**{"texts": ["x"], "kind": "role", **wanted})  # type: ignore[arg-type]
    assert refused.value.members["parameter"] == parameter


def test_confirmed_rows_vote(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = {"angle grinder person": "ex:welder", "dough person": "ex:baker", "unknown thing": "ex:gone"}
    texts = ["angle grinder persons", "angle grinder person"]
    near, same_text = matched(SMALL, texts, monkeypatch, confirmed=rows).results
    assert near.candidates[0].iri == same_text.candidates[0].iri == "ex:welder"
    assert near.candidates[0].reason == "confirmed for like texts"
    assert same_text.candidates[0].reason == "confirmed for this text"
    assert len(Confirmed.of(index_of(SMALL), rows)) == 2


def test_a_refit_learns_what_rows_show(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(matcher, "read", lambda *_: list(SMALL))
    small = Matcher(lambda _: [], list)
    wrong = {f"nurse of ward {number}": "ex:welder" for number in range(40)}
    fitted = small.refit(wrong, "role")
    assert fitted.fitted_on.confirmed == 40
    before, after = (small.match(["nurse of ward 77"], "role", fitted=weights).results[0].candidates[0] for weights in (None, fitted))
    assert after.confidence < before.confidence, "these rows say that labels mislead"
    with pytest.raises(BadParameter):
        small.refit({"x": "ex:gone"}, "role")


class Initials:
    """An encoder of another kind: texts are alike if they start with the same letter."""

    name, digest = "initials", "1"

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        return np.array([np.eye(26)[ord(fold(text)[:1] or "a") % 26] for text in texts], np.float32).reshape(len(texts), 26)


def test_an_encoder_without_weights_proposes_and_does_not_count(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(matcher, "read", lambda *_: list(SMALL))
    with_initials = Matcher(lambda _: [], list, encoder=Initials())
    answer = with_initials.match(["weld metal"], "role")
    assert answer.fitted_on.members == ("exact", "grams", "words")
    assert answer.results[0].candidates[0].iri == "ex:welder"
    assert "initials" in answer.results[0].candidates[0].members
    assert with_initials.refit({"weld": "ex:welder"}, "role").members == ("exact", "grams", "words")


def test_the_shipped_roles(graph: Rolegraph) -> None:
    answer = graph.pinned().match(["Deep Learning Engineers", "ai architect"], "role", limit=2).as_dict()
    first, second = answer["results"]
    assert first["decision"] == "accept"
    assert first["candidates"][0]["curie"] == "role:deep-learning-engineer"
    assert second["candidates"][0]["label"] == "AI Architect"
    assert len(second["candidates"]) == 2
    assert set(second["candidates"][0]) == {"id", "curie", "label", "confidence", "matchedLabel", "reason", "members"}
    assert answer["fittedOn"]["members"] == ["exact", "grams", "words"]
    assert answer["fittedOn"]["rows"] > 1000


def test_the_first_look_finds_what_a_whole_look_finds(monkeypatch: pytest.MonkeyPatch) -> None:
    """With more labels than each member proposes, the bound from a sample leaves none of the nearest out."""
    scores = np.random.default_rng(1).random(5000).astype(np.float32)
    assert set(np.argsort(-scores)[: scoring.NEAREST]) == set(highest(scores, scoring.NEAREST))
    scores[:] = 0
    scores[:40] = 1
    assert set(highest(scores, scoring.NEAREST)) == set(range(40))


def test_after_a_write_only_touched_indexes_are_made_again(tmp_path: Path) -> None:
    graph = Rolegraph.open(tmp_path / "store")
    try:
        before = {kind: graph.pinned()._view.matching().matcher.index(kind) for kind in ("role", "tool")}
        assert graph.match(["wizard of tensors"], "role").results[0].candidates[0].confidence < 0.9
        label = '<http://www.w3.org/2004/02/skos/core#altLabel> "wizard of tensors"@en'
        graph.update(f"INSERT DATA {{ GRAPH <{BASE}role> {{ <{BASE}role/ai-architect> {label} }} }}")
        now = {kind: graph.pinned()._view.matching().matcher.index(kind) for kind in ("role", "tool")}
        assert now["tool"] is before["tool"]
        assert now["role"] is not before["role"]
        best = graph.match(["wizard of tensors"], "role").results[0].candidates[0]
        assert (best.iri, best.matched_label) == (f"{BASE}role/ai-architect", "wizard of tensors")
    finally:
        graph.close()
    again = Rolegraph.open(tmp_path / "store")
    try:
        assert again.match(["wizard of tensors"], "role").results[0].candidates[0].iri == f"{BASE}role/ai-architect"
    finally:
        again.close()
