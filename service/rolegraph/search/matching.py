"""How well a label answers what was typed: the kind of match, and a score of 0 to 100."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from rapidfuzz.distance import OSA, JaroWinkler

from rolegraph.search import folding
from rolegraph.search.index import Found

MATCHES = {
    "exact": "the label itself",
    "spelling": "the label in another number or spelling",
    "abbreviation": "a short form, or what one stands for",
    "prefix": "the label begins so",
    "words": "all words, in any order",
    "typo": "nearly all words, with errors of typing",
    "some": "some of the words",
}
"""The kinds of match, the best first."""

_BY_PROPERTY = (0, 3, 5, 1)  # points that a label loses by its property: preferred, alternative, hidden, code
_OF_A_FORM = 2  # points that a form of a label loses against the label as it stands


@dataclass(frozen=True)
class Typed:
    """What was typed, folded in the ways in which labels are."""

    text: str
    folded: str
    words: tuple[str, ...]
    stems: tuple[str, ...]
    content_stems: tuple[str, ...] = field(default=())

    @classmethod
    def of(cls, text: str) -> "Typed":
        """Fold a text."""
        folded = folding.fold(text)
        words = folded.split()
        return cls(text, folded, tuple(words), tuple(map(folding.stem, words)), tuple(map(folding.stem, folding.telling(words))))

    @property
    def stemmed(self) -> str:
        """The stems, parted by blanks."""
        return " ".join(self.stems)

    @property
    def joined_stems(self) -> str:
        """The stems in one piece."""
        return "".join(self.stems)


@dataclass(frozen=True)
class Match:
    """That a label answers, how, and how well."""

    kind: str
    score: float


def judge(typed: Typed, entry: Found) -> Match | None:
    """Return how an entry answers what was typed, or None where it does not."""
    found = _judged(typed, entry.folded)
    if found is None:
        return None
    lost = _BY_PROPERTY[entry.property] + _OF_A_FORM * entry.form
    return Match(found.kind, max(found.score - lost, 1.0))


def shortened(typed: Typed, entry: Found) -> Match | None:
    """Return the match of a label whose words are those that were typed, where letters of some stand for several words."""
    words = [word for word in entry.folded.split() if word not in folding.LITTLE]
    if not _spelt(typed.words, words):
        return None
    return Match("abbreviation", 80.0 - _BY_PROPERTY[entry.property])


def by_way_of(match: Match) -> Match:
    """Return the match of a text in which a short form was written out, given that of the text."""
    return Match("abbreviation", match.score * 0.85)


def _judged(typed: Typed, folded: str) -> Match | None:
    if folded == typed.folded:
        return Match("exact", 100.0)
    loose = folding.stemmed(folded)
    joined_stems = loose.replace(" ", "")
    if joined_stems == typed.joined_stems:
        return Match("spelling", 90.0 + (loose == typed.stemmed))
    words = folding.telling(loose.split())
    covered = min(1.0, sum(map(len, typed.content_stems)) / max(1, sum(map(len, words))))
    if _begins(typed, folded, loose):
        whole = folded.startswith(typed.folded + " ") or loose.startswith(typed.stemmed + " ")
        return Match("prefix", 64.0 + 6 * covered + 3 * whole)
    begun = _begun(typed.content_stems, words)
    if begun is not None:
        same = len(words) == len(typed.content_stems) and sorted(words) == sorted(typed.content_stems)
        return Match("words", 78.0 if same else 48.0 + 14 * covered - 4 * begun)
    if joined_stems.startswith(typed.joined_stems):
        return Match("prefix", 50.0 + 6 * covered)
    return _nearly(typed, words)


def _begins(typed: Typed, folded: str, loose: str) -> bool:
    return folded.startswith(typed.folded) or loose.startswith(typed.stemmed)


def _begun(core: Sequence[str], words: Sequence[str]) -> int | None:
    """Return how many stems are only the beginning of a word of a label that has all of them; None where it has not."""
    begun = 0
    for stem in core:
        if stem not in words:
            if len(stem) < 2 or not any(word.startswith(stem) for word in words):
                return None
            begun += 1
    return begun


def _nearly(typed: Typed, words: Sequence[str]) -> Match | None:
    """Return the match of a label that has some of the words, or words that are nearly those."""
    closeness, near = 0.0, 0
    for stem in typed.content_stems:
        best = max((_closeness(stem, word) for word in words), default=0.0)
        closeness += best
        near += best > 0
    if not near:
        return None
    total = sum(map(len, words))
    covered = min(1.0, sum(map(len, typed.content_stems)) / max(1, total))
    alike = closeness / len(typed.content_stems)
    if near == len(typed.content_stems):
        return Match("typo", 10.0 + 34 * alike + 10 * covered)
    return Match("some", 24.0 * alike * (0.5 + covered / 2))


def _closeness(stem: str, word: str) -> float:
    """Return how nearly a stem is a word, 0 where it cannot have been meant, 1 where it is the word."""
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
    """Tell whether words are those that were typed, each whole or by its initial in a run of initials."""
    if not typed:
        return not words
    first = typed[0]
    if words and folding.stem(words[0]) == folding.stem(first) and _spelt(typed[1:], words[1:]):
        return True
    run = len(first)
    if not 2 <= run <= min(6, len(words)) or "".join(word[0] for word in words[:run]) != first:
        return False
    return _spelt(typed[1:], words[run:])
