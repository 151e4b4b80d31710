"""Typing errors: the words of the labels that are nearly a word that was typed."""

import threading
from collections import Counter, defaultdict
from collections.abc import Iterable

from rapidfuzz import process
from rapidfuzz.distance import OSA

MOST = 8  # words that one word may have been meant for
_ONE_ERROR, _TWO_ERRORS = 3, 6  # letters from which a word may hold as many errors


class Vocabulary:
    """The stems of all labels, each with the number of entries that hold it, by their length."""

    def __init__(self, words: Iterable[tuple[str, int]]) -> None:
        self._numbers: Counter[str] = Counter()
        self._sized: dict[int, list[str]] = defaultdict(list)
        self._changing = threading.Lock()
        self.add(dict(words))

    def add(self, counted: dict[str, int] | Counter[str]) -> None:
        """Count entries in, or out where the number is negative. Words that no entry holds any more stay, and count nothing."""
        with self._changing:
            for word, number in counted.items():
                if word not in self._numbers:
                    self._sized[len(word)].append(word)
                self._numbers[word] += number

    def number(self, word: str) -> int:
        """Return how many entries hold a stem."""
        return self._numbers.get(word, 0)

    def near(self, word: str, written: int) -> list[str]:
        """Return the stems that a word was likely meant for, likeliest first: itself, then by errors, then by number of entries.

        An error is a letter too many, one too few, another one, or two that changed places.

        :param written: the number of letters that were typed, which decides how many errors are believed
        """
        if not word.isalpha():
            return [word] if self.number(word) else []
        most = (written >= _ONE_ERROR) + (written >= _TWO_ERRORS)
        found = {word: 0} if self.number(word) else {}
        for length in range(len(word) - most, len(word) + most + 1):
            words = self._sized.get(length)
            if words and most:
                close = process.extract(word, words, scorer=OSA.distance, score_cutoff=most, limit=None)
                found |= {other: int(errors) for other, errors, _ in close if self.number(other)}
        return sorted(found, key=lambda other: (found[other], -self.number(other), other))[:MOST]
