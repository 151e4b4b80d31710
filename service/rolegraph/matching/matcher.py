"""Matches texts with the concepts of one revision."""

import threading
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import chain
from pathlib import Path

from rolegraph import terms
from rolegraph.errors import BadParameter
from rolegraph.matching import fusion
from rolegraph.matching.concepts import Ask, read, types_of
from rolegraph.matching.confirmed import Confirmed
from rolegraph.matching.encoders import Encoder, word_vectors
from rolegraph.matching.exact import EXPANSION, PRODUCT, TIERS, Equal
from rolegraph.matching.fitting import Row, fit
from rolegraph.matching.fusion import Fitted
from rolegraph.matching.identity import Identified, Labelled, identified, nothing_labelled
from rolegraph.matching.index import MatchIndex
from rolegraph.matching.results import Candidate, MatchResult, TextMatch
from rolegraph.matching.scoring import Scored, score
from rolegraph.matching.stored import Key, Shelf
from rolegraph.per_revision import LruCache
from rolegraph.search import folding, source_graph

MOST_TEXTS = 1000  # of one request
MOST_CANDIDATES = 20  # of one text
LONGEST = 400  # characters of a text that are used
BLOCK = 64  # texts that are compared at a time
THREADS = 2  # that compare blocks; most of that is arithmetic outside of the interpreter's lock
INDEXES = 6  # that are kept in memory


class Matcher:
    """Matches texts with the concepts of one revision. Thread-safe.

    :param ask: answers a query on the revision
    :param graphs: returns the IRIs of the graphs of the revision
    :param folder: the folder of the store, where indexes are stored for all processes and the next start; None stores nothing
    :param encoder: makes vectors of texts, besides the word vectors that are always there; None for none
    :param labelled: finds what has a code; None for nothing
    """

    def __init__(
        self,
        ask: Ask,
        graphs: Callable[[], Iterable[str]],
        folder: Path | None = None,
        encoder: Encoder | None = None,
        labelled: Labelled | None = None,
    ) -> None:
        self._ask = ask
        self._graphs = graphs
        self._encoder = encoder
        self._labelled: Labelled = labelled or nothing_labelled
        self._folder = folder
        self._shelf = Shelf(folder)
        self._indexes = LruCache[tuple[str, str | None, str], MatchIndex](INDEXES)
        self._building = threading.Lock()

    def following(
        self, ask: Ask, graphs: Callable[[], Iterable[str]], changed: Collection[str], labelled: Labelled | None = None
    ) -> "Matcher":
        """Return a matcher of a later revision, with the indexes that no change has touched.

        :param changed: the IRIs of the things of which something else is said than before
        :param labelled: finds what has a code in the later revision
        """
        later = Matcher(ask, graphs, self._folder, self._encoder, labelled)
        types = types_of(ask, changed)
        for key, index in self._indexes.built().items():
            if types.isdisjoint(terms.KINDS[key[0]].types) and not index.holds(changed):
                later._indexes.hold(key, index)
        return later

    def match(
        self,
        texts: Sequence[str],
        kind: str,
        source: str | None = None,
        language: str | None = None,
        limit: int = 5,
        *,
        confirmed: Mapping[str, str] | None = None,
        fitted: Fitted | None = None,
    ) -> MatchResult:
        """Return the concepts of a kind that texts mean, the likeliest first.

        :param texts: up to 1,000 texts; of a longer one the first 400 characters are used, and a remark says so
        :param kind: the name of a kind, such as ``role`` or ``skill``
        :param source: only concepts that this source describes: its slug, CURIE or IRI
        :param language: of the labels, such as ``en``, which is the default
        :param limit: most candidates of a text, 1 to 20
        :param confirmed: texts with the IRIs of their concepts; the twenty nearest vote for those of the texts
        :param fitted: weights from :meth:`refit`; None for the shipped ones
        :raises BadParameter: for too many texts, an unknown kind or source, or a limit out of range
        """
        _check(texts, kind, limit)
        index = self.index(kind, source, language)
        weights = fitted or fusion.fitted(kind, index.members)
        memory = Confirmed.of(index, confirmed) if confirmed else None
        matches: list[TextMatch] = []
        blocks = [texts[start : start + BLOCK] for start in range(0, len(texts), BLOCK)]
        with ThreadPoolExecutor(min(THREADS, len(blocks))) as pool:
            answers = pool.map(lambda block: score(index, [text[:LONGEST] for text in block], memory, kind=kind), blocks)
            for text, scored in zip(texts, chain.from_iterable(answers), strict=True):
                meant = None if _is_label(scored) else identified(index, text, kind, self._labelled)
                likely = _text_match(index, text, scored, weights, limit) if meant is None else _identified_match(index, text, meant)
                matches.append(likely)
        return MatchResult(tuple(matches), weights.fitted_on)

    def refit(self, rows: Mapping[str, str], kind: str, source: str | None = None, language: str | None = None) -> Fitted:
        """Return weights fitted on confirmed rows, held near the shipped ones: a few hundred rows make probabilities fit their texts.

        :param rows: texts with the IRIs of their concepts; rows whose concept is not among the candidates count against certainty
        :raises BadParameter: for an unknown kind or source, or if none of the rows has a concept of the index
        """
        _check([""], kind, 1)
        index = self.index(kind, source, language)
        confirmed = Confirmed.of(index, rows)
        if not len(confirmed):
            raise BadParameter("rows", "no row has a concept of this kind and source", expected="texts with the IRIs of their concepts")
        fitting: list[Row] = []
        votes = confirmed.votes_of_others()
        for start in range(0, len(confirmed), BLOCK):
            texts = [text[:LONGEST] for text in confirmed.texts[start : start + BLOCK]]
            for place, scored in enumerate(score(index, texts, votes=votes[start : start + BLOCK], kind=kind)):
                fitting.append(Row(scored, {confirmed.concepts[start + place]}))
        shipped = fusion.fitted(kind, index.members)
        fitted_on = replace(shipped.fitted_on, rows=shipped.fitted_on.rows + len(fitting), confirmed=len(fitting))
        return fit(fitting, shipped, fitted_on)

    def index(self, kind: str, source: str | None = None, language: str | None = None) -> MatchIndex:
        """Return the index of the concepts of a kind; see :meth:`match`."""
        graph = None if source is None else source_graph(source, set(self._graphs()))
        base = (language or "en").lower().split("-")[0]

        def build() -> MatchIndex:
            with self._building:  # one at a time: each takes memory while it is built
                return self._followed((kind, graph, base))

        return self._indexes.get((kind, graph, base), build)

    def _followed(self, key: Key) -> MatchIndex:
        """Return the index of the revision, made from the stored one if there is one."""
        kind, graph, language = key
        encoders = self._encoders(language)
        concepts = read(self._ask, kind, graph, language)
        last = self._shelf.load(key, encoders)
        index = last.following(concepts) if last else MatchIndex.of(concepts, language, encoders)
        if index is not last and self._shelf.save(key, index):
            index = self._shelf.load(key, encoders) or index
        return index

    def _encoders(self, language: str) -> list[Encoder]:
        return [encoder for encoder in (word_vectors(language), self._encoder) if encoder]


def _check(texts: Sequence[str], kind: str, limit: int) -> None:
    if not 0 < len(texts) <= MOST_TEXTS:
        raise BadParameter("texts", f"there are {len(texts):,} texts", expected=f"1 to {MOST_TEXTS:,} texts")
    if kind not in terms.KINDS:
        raise BadParameter("kind", f"there is no kind {kind[:100]!r}", expected=f"one of {', '.join(terms.KINDS)}")
    if not 1 <= limit <= MOST_CANDIDATES:
        accepted = f"a whole number from 1 to {MOST_CANDIDATES}"
        raise BadParameter("limit", f"limit must be {accepted}, not {limit}", expected=accepted)


def _is_label(scored: Scored) -> bool:
    """Return whether a text is a label, or was confirmed for a concept."""
    same = any(not equal.tier and not equal.is_partial for equal in scored.equal.values())
    return same or any(vote > fusion.CERTAIN for vote in scored.votes.values())


def _identified_match(index: MatchIndex, text: str, meant: Sequence[Identified]) -> TextMatch:
    candidates = []
    for each in meant:
        confidence = (fusion.UNCERTAIN if each.is_former else fusion.CERTAIN) / len(meant)
        label = index.name(each.concept)
        candidates.append(Candidate(index.iris[each.concept], label, round(confidence, 3), label, each.reason, {"exact": 1.0}))
    remark = "" if meant else "no concept of this kind and source has this address or code"
    return TextMatch(text, fusion.decision(candidates[0].confidence if meant else 0.0), tuple(candidates), remark)


def _text_match(index: MatchIndex, text: str, scored: Scored, fitted: Fitted, limit: int) -> TextMatch:
    remark = f"only the first {LONGEST} of {len(text):,} characters were used" if len(text) > LONGEST else ""
    if not folding.fold(text[:LONGEST]):
        return TextMatch(text, "none", (), "the text has no letters or digits")
    order, confidences = fitted.ranked(scored)
    candidates = tuple(_candidate(index, scored, int(place), float(confidences[place])) for place in order[:limit])
    first = candidates[0].confidence if candidates else 0.0
    return TextMatch(text, fusion.decision(first), candidates, remark or ("" if candidates else "no label is like the text"))


def _candidate(index: MatchIndex, scored: Scored, place: int, confidence: float) -> Candidate:
    concept = int(scored.concepts[place])
    equal = scored.equal.get(concept)
    label = index.labels[equal.label if equal else int(scored.labels[place])]
    members = {"exact": fusion.exactness(equal)}
    members |= {name: round(float(scored.contexts(name)[place]), 3) for name in scored.scores}
    if vote := scored.votes.get(concept):
        members["confirmed"] = round(vote, 3)
    return Candidate(
        iri=index.iris[concept],
        label=index.name(concept),
        confidence=round(confidence, 3),
        matched_label=label,
        reason=_reason(label, equal, scored, concept),
        members=members,
    )


def _reason(label: str, equal: Equal | None, scored: Scored, concept: int) -> str:
    vote = scored.votes.get(concept, 0)
    if equal is None:
        return "confirmed for this text" if vote > fusion.CERTAIN else "confirmed for like texts" if vote else f"like the label “{label}”"
    reasons = {
        "label": f"the label “{label}”",
        "spelling": f"the label “{label}” in another spelling",
        "form": f"a form of the label “{label}”",
        "short form": f"may be short for “{label}”",
        EXPANSION: f"may be short for “{label}”",
        PRODUCT: f"the product “{label}” without its maker",
    }
    reason = reasons[equal.by or TIERS[equal.tier]]
    if equal.left_off:
        reason += ", without " + ", ".join(f"“{piece}”" for piece in equal.left_off)
    if equal.name:
        reason += f"; “{equal.name}” is one of several names in the text"
    others = sum(other.name == equal.name for other in scored.equal.values()) - 1
    if others:
        reason += f"; {others} other concepts have it too" if others > 1 else "; another concept has it too"
    return reason
