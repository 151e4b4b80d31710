"""Scoring: how well a label matches a search text, as a kind of match and a score of 0 to 100."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from rapidfuzz.distance import OSA, JaroWinkler

from rolegraph.search import folding
from rolegraph.search.index import IndexedEntry

MATCHES = {
    "exact": "the label itself",
    "spelling": "the label in another number or spelling",
    "abbreviation": "a short form, or its expansion",
    "prefix": "the start of the label",
    "words": "all words, in any order",
    "typo": "all words, with typing errors",
    "part": "a part of the text: without a bracket, a level, a version or the like, or one of several names in it",
    "some": "some of the words",
}
"""The kinds of match with their meaning, the best first."""

_BY_PROPERTY = (0, 3, 5, 1, 10)  # points that are subtracted by property: preferred, alternative, hidden, code, former code
_SHORT_FORM = re.compile(r"(?<!\w)[A-Z][A-Z0-9]{1,5}(?!\w)")
_SHORT_FORMS = re.compile(r"(?<!\w)[A-Z]{2,6}['’]?s(?!\w)")
_CODE = 3  # the number of the first property of codes
_WITHIN_WORD = 10  # points that are subtracted for a label that goes on within a word that others have whole
_OF_A_FORM = 2  # points that are subtracted for a variant of a label


@dataclass(frozen=True)
class Typed:
    """A search text, folded as labels are.

    ``is_whole`` is whether it is one word that labels have, and not only the start of one; ``weights`` tell how rare each of the
    ``content_stems`` is; empty is equally rare.
    """

    text: str
    folded: str
    words: tuple[str, ...]
    stems: tuple[str, ...]
    content_stems: tuple[str, ...] = field(default=())
    is_whole: bool = False
    weights: tuple[float, ...] = ()

    @classmethod
    def from_text(cls, text: str) -> "Typed":
        """Fold a text."""
        folded = folding.fold(text)
        words = folded.split()
        return cls(text, folded, tuple(words), tuple(map(folding.stem, words)), tuple(map(folding.stem, folding.content_words(words))))

    @property
    def stemmed(self) -> str:
        """The stems, separated by blanks."""
        return " ".join(self.stems)

    @property
    def joined_stems(self) -> str:
        """The stems without blanks."""
        return "".join(self.stems)


@dataclass(frozen=True)
class Match:
    """A match of a label: its kind, and its score from 0 to 100."""

    kind: str
    score: float


def match_entry(typed: Typed, entry: IndexedEntry) -> Match | None:
    """Return the match of an entry with a search text, or None."""
    match = _match(typed, entry)
    if match is None:
        return None
    penalty = _BY_PROPERTY[entry.property] + _OF_A_FORM * entry.form
    return Match(match.kind, max(match.score - penalty, 1.0))


def shortened(typed: Typed, entry: IndexedEntry) -> Match | None:
    """Return the match of a label whose words were typed, some of them as a run of initials; None if they were not."""
    words = [word for word in entry.folded.split() if word not in folding.STOP_WORDS]
    if not _spelt(typed.words, words):
        return None
    return Match("abbreviation", 80.0 - _BY_PROPERTY[entry.property])


def as_abbreviation(match: Match) -> Match:
    """Return the match of a text, lowered because a short form in it was expanded."""
    return Match("abbreviation", match.score * 0.85)


def as_part(match: Match) -> Match:
    """Return the match of a part of a text, lowered because the rest was left out."""
    return Match("part", match.score * 0.8)


def code(entry: IndexedEntry, text: str) -> Match | None:
    """Return the match of a label with a code: the code itself, what the code begins, or a label that mentions it; None for any other."""
    folded = folding.fold(text)
    if entry.folded == folded:
        return Match("exact", 100.0 - _BY_PROPERTY[entry.property])
    if entry.property >= _CODE and entry.folded.startswith(folded):
        return Match("prefix", 70.0 - _BY_PROPERTY[entry.property])
    if entry.property < _CODE and f" {folded} " in f" {entry.folded} ":
        return Match("words", 50.0 - _BY_PROPERTY[entry.property])
    return None


def _match(typed: Typed, entry: IndexedEntry) -> Match | None:
    if entry.folded == typed.folded:
        return Match("exact", 100.0)
    stemmed = folding.stemmed(entry.folded)
    if stemmed.replace(" ", "") == typed.joined_stems:
        return _other_short_form(typed, entry) or Match("spelling", 90.0 + (stemmed == typed.stemmed))
    return _partly(typed, entry.folded, stemmed)


def _partly(typed: Typed, folded: str, stemmed: str) -> Match | None:
    """Return the match of a label that has more than the search text, or not all of it; None if they have nothing in common."""
    words = folding.content_words(stemmed.split())
    covered = min(1.0, sum(map(len, typed.content_stems)) / max(1, sum(map(len, words))))
    if _begins(typed, folded, stemmed):
        whole = folded.startswith(typed.folded + " ") or stemmed.startswith(typed.stemmed + " ")
        if len(words) == len(typed.content_stems) and not typed.is_whole:
            return Match("prefix", 70.0)  # all that is missing is the end of the last word
        return Match("prefix", 64.0 + 1.6 * covered + 3 * whole - _WITHIN_WORD * (typed.is_whole and not whole))
    begun = _begun(typed.content_stems, words)
    if begun is not None:
        same = len(words) == len(typed.content_stems) and sorted(words) == sorted(typed.content_stems)
        return Match("words", 78.0 if same else 48.0 + 14 * covered - 4 * begun)
    if stemmed.replace(" ", "").startswith(typed.joined_stems):
        return Match("prefix", 50.0 + 6 * covered)
    return _nearly(typed, words)


def _other_short_form(typed: Typed, entry: IndexedEntry) -> Match | None:
    """Return the match of a label of equal stems that differs in a short form: IFR is no singular of IFRS; but KPI is that of KPIs."""
    different = set(entry.folded.split()) ^ set(typed.words)
    if not different or different.isdisjoint(map(str.casefold, _SHORT_FORM.findall(entry.text))) or _SHORT_FORMS.search(typed.text):
        return None
    in_capitals = not different.isdisjoint(map(str.casefold, _SHORT_FORM.findall(typed.text)))
    return Match("typo", 40.0) if in_capitals else Match("abbreviation", 79.0)


def _begins(typed: Typed, folded: str, stemmed: str) -> bool:
    return folded.startswith(typed.folded) or stemmed.startswith(typed.stemmed)


def _begun(stems: Sequence[str], words: Sequence[str]) -> int | None:
    """Return how many stems are only the start of a word of the label; None if the label lacks one of them."""
    begun = 0
    for stem in stems:
        if stem not in words:
            if len(stem) < 2 or not any(word.startswith(stem) for word in words):
                return None
            begun += 1
    return begun


def _nearly(typed: Typed, words: Sequence[str]) -> Match | None:
    """Return the match of a label that has some of the words, or similar words."""
    closest = [max((_closeness(stem, word) for word in words), default=0.0) for stem in typed.content_stems]
    near = sum(best > 0 for best in closest)
    if not near:
        return None
    total = sum(map(len, words))
    covered = min(1.0, sum(map(len, typed.content_stems)) / max(1, total))
    if near == len(closest):
        return Match("typo", 10.0 + 34 * sum(closest) / near + 10 * covered)
    weights = typed.weights or (1.0,) * len(closest)
    mean = sum(weight * best for weight, best in zip(weights, closest, strict=True)) / sum(weights)
    return Match("some", 24.0 * mean * (0.5 + covered / 2))


def _closeness(stem: str, word: str) -> float:
    """Return the similarity of a stem and a word: 1 if they are equal, 0 if they differ by too many errors."""
    if stem == word:
        return 1.0
    most = 2 if max(len(stem), len(word)) >= 6 else 1
    if abs(len(stem) - len(word)) > most or min(len(stem), len(word)) < 3:
        return 0.0
    errors = OSA.distance(stem, word, score_cutoff=most)
    if errors > most:
        return 0.0
    return 1.0 - errors / max(len(stem), len(word)) - 0.05 * (1 - JaroWinkler.similarity(stem, word))


def _spelt(typed: Sequence[str], words: Sequence[str]) -> bool:
    """Return whether all words were typed, each whole or as an initial in a run of initials."""
    if not typed:
        return not words
    first = typed[0]
    if words and folding.stem(words[0]) == folding.stem(first) and _spelt(typed[1:], words[1:]):
        return True
    run = len(first)
    if not 2 <= run <= min(6, len(words)) or "".join(word[0] for word in words[:run]) != first:
        return False
    return _spelt(typed[1:], words[run:])
