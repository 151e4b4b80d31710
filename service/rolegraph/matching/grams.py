"""Character n-grams within words, and the vectors of texts that are made of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from rolegraph.search.folding import fold

SHORTEST, LONGEST = 2, 5  # characters of an n-gram; a word has a blank before and after it
_BASE = np.uint64(0x9E3779B97F4A7C15)  # odd, so that no character is lost in the product

Matrix = Any  # scipy has no types
Keys = NDArray[np.uint64]
Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Bags:
    """Texts as their words: ``counts`` says how often each text (row) has each of the ``words`` (column)."""

    words: list[str]
    counts: Matrix

    @classmethod
    def of(cls, texts: Sequence[str]) -> "Bags":
        """Fold texts, and split them into words."""
        places: dict[str, int] = {}
        columns: list[int] = []
        ends = [0]
        for text in texts:
            columns += [places.setdefault(word, len(places)) for word in fold(text).split()]
            ends.append(len(columns))
        shape = (len(texts), len(places))
        counts = sparse.csr_array((np.ones(len(columns), np.float32), np.array(columns, np.int32), np.array(ends, np.int64)), shape=shape)
        counts.sum_duplicates()
        return cls(list(places), counts)


def keys_of(words: Sequence[str]) -> tuple[NDArray[np.int64], Keys]:
    """Return the n-grams of words: for each of them the number of its word, and its key, a 64-bit hash."""
    codes = np.frombuffer("".join(f" {word} " for word in words).encode("utf-32-le", "surrogatepass"), np.uint32).astype(np.uint64)
    lengths = np.array([len(word) + 2 for word in words], np.int64)
    numbers = np.repeat(np.arange(len(words)), lengths)
    left = np.repeat(np.cumsum(lengths), lengths) - np.arange(len(codes))  # characters from here to the end of the word
    hashes, pieces = codes + np.uint64(1), []
    for length in range(SHORTEST, LONGEST + 1):
        hashes = hashes[: len(hashes) - 1] * _BASE + codes[length - 1 :] + np.uint64(1) if len(hashes) else hashes
        whole = left[: len(hashes)] >= length
        pieces.append((numbers[: len(hashes)][whole], hashes[whole]))
    return np.concatenate([number for number, _ in pieces]), np.concatenate([key for _, key in pieces])


@dataclass(frozen=True)
class Vocabulary:
    """The n-grams of an index: their keys in ascending order, and the column of each."""

    keys: Keys
    columns: NDArray[np.int32]

    @classmethod
    def of(cls, keys: Keys) -> "Vocabulary":
        """Return the vocabulary of some n-grams."""
        unique = np.unique(keys)
        return cls(unique, np.arange(len(unique), dtype=np.int32))

    def extended(self, keys: Keys) -> "Vocabulary":
        """Return a vocabulary with further n-grams, whose columns come after the others."""
        fresh = np.setdiff1d(keys, self.keys)
        if not len(fresh):
            return self
        joined = np.concatenate([self.keys, fresh])
        columns = np.concatenate([self.columns, np.arange(len(self.keys), len(joined), dtype=np.int32)])
        order = np.argsort(joined)
        return Vocabulary(joined[order], columns[order])

    def places(self, keys: Keys) -> NDArray[np.int64]:
        """Return the column of each key, -1 for those that are unknown."""
        if not len(self.keys):
            return np.full(len(keys), -1)
        at = np.minimum(np.searchsorted(self.keys, keys), len(self.keys) - 1)
        return np.where(self.keys[at] == keys, self.columns[at], -1).astype(np.int64)


def frequencies(bags: Bags, vocabulary: Vocabulary) -> tuple[Matrix, Floats]:
    """Return how often each text has each n-gram, as 1 + log(number); and the sum of squares of those outside of the vocabulary."""
    numbers, keys = keys_of(bags.words)
    columns = vocabulary.places(keys)
    known = columns >= 0
    unknown, places = np.unique(keys[~known], return_inverse=True)
    outside = _counts(bags, numbers[~known], places, len(unknown))
    squares = np.asarray(sparse.csr_array((outside.data**2, outside.indices, outside.indptr), outside.shape).sum(axis=1), np.float32)
    return _counts(bags, numbers[known], columns[known], len(vocabulary.keys)), squares


def _counts(bags: Bags, words: NDArray[np.int64], columns: NDArray[np.int64], width: int) -> Matrix:
    """Return 1 + log(number) of the n-grams of each text, of which each word has some."""
    by_word = sparse.csr_array((np.ones(len(words), np.float32), (words, columns)), shape=(len(bags.words), width))
    matrix = sparse.csr_array(bags.counts @ by_word)
    matrix.data = 1 + np.log(matrix.data)
    return matrix
