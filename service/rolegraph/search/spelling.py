"""Typing errors: the words of the labels that are nearly a word that was typed."""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Mapping

from rapidfuzz import process
from rapidfuzz.distance import OSA

from rolegraph.search.folding import stem

_RARE = 2  # entries up to which a word may be an error itself
MOST = 8  # words that one word may have been meant for
_ONE_ERROR, _TWO_ERRORS = 3, 6  # letters from which a word may hold as many errors


class Vocabulary:
    """The stems of all labels, each with the number of entries that hold it; by length, and by how they begin and end. Never changed."""

    def __init__(self, words: Iterable[tuple[str, int]]) -> None:
        self._numbers: dict[str, int] = {}
        self._sized: dict[int, list[str]] = {}
        self._ended: dict[str, list[str]] = {}
        self._sorted: list[str] = []
        self._add(dict(words))

    def extended(self, counted: Mapping[str, int]) -> "Vocabulary":
        """Return one with more entries, or fewer where the number is negative. Words that no entry holds any more count nothing."""
        found = Vocabulary(())
        found._numbers, found._sized, found._ended = dict(self._numbers), dict(self._sized), dict(self._ended)
        found._sorted = self._sorted
        found._add(counted)
        return found

    def _add(self, counted: Mapping[str, int]) -> None:
        """Count entries in; lists may be those of another vocabulary, and are not changed."""
        fresh = [word for word in counted if word not in self._numbers]
        sized: dict[int, list[str]] = defaultdict(list)
        ended: dict[str, list[str]] = defaultdict(list)
        for word in filter(str.isalpha, fresh):
            sized[len(word)].append(word)
            for end in _ends(word):
                ended[end].append(word)
        self._sized |= {size: [*self._sized.get(size, ()), *words] for size, words in sized.items()}
        self._ended |= {end: [*self._ended.get(end, ()), *words] for end, words in ended.items()}
        for word, number in counted.items():
            self._numbers[word] = self._numbers.get(word, 0) + number
        if fresh:
            self._sorted = sorted([*self._sorted, *fresh])

    def number(self, word: str) -> int:
        """Return how many entries hold a stem."""
        return self._numbers.get(word, 0)

    def begins(self, start: str) -> bool:
        """Tell whether a stem begins so, with a letter or more after it or none; a single letter is no beginning."""
        if len(start) < 2:
            return self.number(start) > 0
        place = bisect_left(self._sorted, start)
        return place < len(self._sorted) and self._sorted[place].startswith(start)

    def near(self, word: str, written: int) -> list[str]:
        """Return the stems that a word was likely meant for, likeliest first: itself, then by errors, then by number of entries.

        An error is a letter too many, one too few, another one, or two that changed places. Words that share neither beginning
        nor end with a long word are looked at where no other is near: one error leaves one of both as it is.

        :param written: the number of letters that were typed, which decides how many errors are believed
        """
        if not word.isalpha():
            return [word] if self.number(word) else []
        most = (written >= _ONE_ERROR) + (written >= _TWO_ERRORS)
        found = {word: 0} if self.number(word) else {}
        if most == 2:
            for end in _ends(word):
                found |= self._close(word, self._ended.get(end, ()), most)
        if most and not found.keys() - {word}:
            for length in range(len(word) - most, len(word) + most + 1):
                found |= self._close(word, self._sized.get(length, ()), most)
        return sorted(found, key=lambda other: (found[other], -self.number(other), other))[:MOST]

    def parted(self, word: str) -> tuple[str, str] | None:
        """Return the two known stems that a word was likely written together of; None where there are none."""
        parts = [(word[:place], word[place:]) for place in range(2, len(word) - 1)]
        known = [(min(self.number(stem(one)), self.number(stem(other))), one, other) for one, other in parts]
        number, one, other = max(known, default=(0, "", ""))
        return (one, other) if number > _RARE else None

    def _close(self, word: str, words: Iterable[str], most: int) -> dict[str, int]:
        close = process.extract(word, words, scorer=OSA.distance, score_cutoff=most, limit=None)  # type: ignore[arg-type]  # its own scorer
        return {other: int(errors) for other, errors, _ in close if self.number(other)}


def _ends(word: str) -> tuple[str, str]:
    """Return how a word begins and ends, apart."""
    return f"{word[:2]}-", f"-{word[-3:]}"
