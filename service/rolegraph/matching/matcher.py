"""Matches texts with the concepts of one revision."""

import threading
from collections.abc import Callable, Iterable, Sequence

from rolegraph import terms
from rolegraph.errors import BadParameter
from rolegraph.matching import fusion
from rolegraph.matching.concepts import Ask, read
from rolegraph.matching.exact import TIERS, Equal
from rolegraph.matching.index import MatchIndex
from rolegraph.matching.results import Candidate, MatchResult, TextMatch
from rolegraph.matching.scoring import Scored, score
from rolegraph.per_revision import LruCache
from rolegraph.search import folding, source_graph

MOST_TEXTS = 1000  # of one request
MOST_CANDIDATES = 20  # of one text
LONGEST = 400  # characters of a text that are used
BLOCK = 64  # texts that are compared at a time
INDEXES = 6  # that are kept in memory


class Matcher:
    """Matches texts with the concepts of one revision. Thread-safe.

    :param ask: answers a query on the revision
    :param graphs: returns the IRIs of the graphs of the revision
    """

    def __init__(self, ask: Ask, graphs: Callable[[], Iterable[str]]) -> None:
        self._ask = ask
        self._graphs = graphs
        self._indexes = LruCache[tuple[str, str | None, str], MatchIndex](INDEXES)
        self._building = threading.Lock()

    def match(
        self, texts: Sequence[str], kind: str, source: str | None = None, language: str | None = None, limit: int = 5
    ) -> MatchResult:
        """Return the concepts of a kind that texts mean, the likeliest first.

        :param texts: up to 1,000 texts; of a longer one the first 400 characters are used, and a remark says so
        :param kind: the name of a kind, such as ``role`` or ``skill``
        :param source: only concepts that this source describes: its slug, CURIE or IRI
        :param language: of the labels, such as ``en``, which is the default
        :param limit: most candidates of a text, 1 to 20
        :raises BadParameter: for too many texts, an unknown kind or source, or a limit out of range
        """
        _check(texts, kind, limit)
        graph = None if source is None else source_graph(source, set(self._graphs()))
        index = self._index(kind, graph, (language or "en").lower().split("-")[0])
        fitted = fusion.fitted(kind, index.members)
        found: list[TextMatch] = []
        for start in range(0, len(texts), BLOCK):
            block = texts[start : start + BLOCK]
            for text, scored in zip(block, score(index, [text[:LONGEST] for text in block]), strict=True):
                found.append(_text_match(index, text, scored, fitted, limit))
        return MatchResult(tuple(found), fitted.fitted_on)

    def _index(self, kind: str, graph: str | None, language: str) -> MatchIndex:
        def build() -> MatchIndex:
            with self._building:  # one at a time: each takes memory while it is built
                return MatchIndex.of(read(self._ask, kind, graph, language), language)

        return self._indexes.get((kind, graph, language), build)


def _check(texts: Sequence[str], kind: str, limit: int) -> None:
    if not 0 < len(texts) <= MOST_TEXTS:
        raise BadParameter("texts", f"there are {len(texts):,} texts", expected=f"1 to {MOST_TEXTS:,} texts")
    if kind not in terms.KINDS:
        raise BadParameter("kind", f"there is no kind {kind[:100]!r}", expected=f"one of {', '.join(terms.KINDS)}")
    if not 1 <= limit <= MOST_CANDIDATES:
        accepted = f"a whole number from 1 to {MOST_CANDIDATES}"
        raise BadParameter("limit", f"limit must be {accepted}, not {limit}", expected=accepted)


def _text_match(index: MatchIndex, text: str, scored: Scored, fitted: fusion.Fitted, limit: int) -> TextMatch:
    remark = f"only the first {LONGEST} of {len(text):,} characters were used" if len(text) > LONGEST else ""
    if not folding.fold(text[:LONGEST]):
        return TextMatch(text, "none", (), "the text has no letters or digits")
    order, confidences = fitted.ranked(scored)
    candidates = tuple(_candidate(index, scored, int(place), float(confidences[place])) for place in order[:limit])
    first = candidates[0].confidence if candidates else 0.0
    decision = fusion.decision(first)
    return TextMatch(text, decision, candidates, remark or ("" if candidates else "no label is like the text"))


def _candidate(index: MatchIndex, scored: Scored, place: int, confidence: float) -> Candidate:
    concept = int(scored.concepts[place])
    equal = scored.equal.get(concept)
    label = index.labels[equal.label if equal else int(scored.labels[place])]
    members = {name: round(float(context[place]), 3) for name, (_, context) in scored.scores.items()}
    members["exact"] = fusion.exactness(equal)
    return Candidate(
        iri=index.iris[concept],
        label=index.name(concept),
        confidence=round(confidence, 3),
        matched_label=label,
        reason=_reason(label, equal, scored),
        members=members,
    )


def _reason(label: str, equal: Equal | None, scored: Scored) -> str:
    if equal is None:
        return f"like the label “{label}”"
    reasons = {
        "label": f"the label “{label}”",
        "spelling": f"the label “{label}” in another spelling",
        "form": f"a form of the label “{label}”",
        "short form": f"may be short for “{label}”",
    }
    reason = reasons[TIERS[equal.tier]]
    if equal.left_off:
        reason += ", without " + ", ".join(f"“{piece}”" for piece in equal.left_off)
    others = len(scored.equal) - 1
    if others:
        reason += f"; {others} other {'concepts have' if others > 1 else 'concept has'} it too"
    return reason
