"""Typing errors: the words of labels that are similar to a typed word."""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Mapping

from rapidfuzz import process
from rapidfuzz.distance import OSA

from rolegraph.search.folding import stem

_RARE = 2  # entries up to which a word of the data may be an error itself
MOST = 8  # most similar words of one word
_ONE_ERROR, _TWO_ERRORS = 3, 6  # letters from which a word may have one error, or two


class Vocabulary:
    """The stems of all labels with their numbers of entries, by length and by start and end. Immutable."""

    def __init__(self, words: Iterable[tuple[str, int]]) -> None:
        self._numbers: dict[str, int] = {}
        self._sized: dict[int, list[str]] = {}
        self._ended: dict[str, list[str]] = {}
        self._sorted: list[str] = []
        self._add(dict(words))

    def extended(self, counted: Mapping[str, int]) -> "Vocabulary":
        """Return a vocabulary with changed numbers of entries. Words without entries count as absent.

        :param counted: by how much the number of each word changes
        """
        vocabulary = Vocabulary(())
        vocabulary._numbers, vocabulary._sized, vocabulary._ended = dict(self._numbers), dict(self._sized), dict(self._ended)
        vocabulary._sorted = self._sorted
        vocabulary._add(counted)
        return vocabulary

    def _add(self, counted: Mapping[str, int]) -> None:
        """Add numbers of entries. Lists may be shared with another vocabulary, and are not changed in place."""
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
        """Return the number of entries with a stem."""
        return self._numbers.get(word, 0)

    def begins(self, start: str) -> bool:
        """Return whether a stem starts with a text. A single letter must be a whole stem."""
        if len(start) < 2:
            return self.number(start) > 0
        place = bisect_left(self._sorted, start)
        return place < len(self._sorted) and self._sorted[place].startswith(start)

    def near(self, word: str, written: int) -> list[str]:
        """Return the stems that are similar to a word, the most similar first: by number of errors, then by number of entries.

        An error is an inserted, missing, replaced or transposed letter. For a long word, stems that share its start or its end are
        compared first, since one error leaves one of them intact; all others only if none of these is similar.

        :param word: the stem of the typed word
        :param written: number of typed letters, which limits the number of errors
        """
        if not word.isalpha():
            return [word] if self.number(word) else []
        most = (written >= _ONE_ERROR) + (written >= _TWO_ERRORS)
        errors = {word: 0} if self.number(word) else {}
        if most == 2:
            for end in _ends(word):
                errors |= self._close(word, self._ended.get(end, ()), most)
        if most and not errors.keys() - {word}:
            for length in range(len(word) - most, len(word) + most + 1):
                errors |= self._close(word, self._sized.get(length, ()), most)
        return sorted(errors, key=lambda other: (errors[other], -self.number(other), other))[:MOST]

    def split(self, word: str) -> tuple[str, str] | None:
        """Return the two words that a word was probably joined from; None if there are none."""
        parts = [(word[:place], word[place:]) for place in range(2, len(word) - 1)]
        counts = [(min(self.number(stem(left)), self.number(stem(right))), left, right) for left, right in parts]
        number, left, right = max(counts, default=(0, "", ""))
        return (left, right) if number > _RARE else None

    def _close(self, word: str, words: Iterable[str], most: int) -> dict[str, int]:
        close = process.extract(word, words, scorer=OSA.distance, score_cutoff=most, limit=None)  # type: ignore[arg-type]  # a scorer of rapidfuzz itself
        return {other: int(errors) for other, errors, _ in close if self.number(other)}


def _ends(word: str) -> tuple[str, str]:
    """Return the start and the end of a word, as two keys."""
    return f"{word[:2]}-", f"-{word[-3:]}"
