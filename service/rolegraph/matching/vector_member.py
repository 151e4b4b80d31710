"""A member that compares texts by the vectors of an encoder (cosine)."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from rolegraph.matching.encoders import Encoder, normalised
from rolegraph.matching.grams import Floats
from rolegraph.matching.proposals import Integers, Proposals, highest, with_owners

CHUNK = 4096  # vectors that are multiplied or encoded at a time
SAMPLE = 4000  # labels from which the numbers of the first look are chosen
ENOUGH = 0.8  # part of the squares that these numbers have


@dataclass(frozen=True)
class Vectors:
    """Vectors in 8 bits: ``numbers`` times ``scale``, a row for each text."""

    numbers: NDArray[np.int8]
    scale: Floats

    @classmethod
    def of(cls, vectors: Floats) -> "Vectors":
        """Round vectors."""
        scale = np.maximum(np.abs(vectors).max(axis=1), 1e-9).astype(np.float32) / 127 if len(vectors) else np.zeros(0, np.float32)
        return cls(np.round(vectors / scale[:, None]).astype(np.int8), scale)

    @classmethod
    def encoded(cls, encoder: Encoder, texts: Sequence[str]) -> "Vectors":
        """Return the vectors of texts."""
        parts = [cls.of(encoder.encode(texts[start : start + CHUNK])) for start in range(0, max(len(texts), 1), CHUNK)]
        return cls(np.concatenate([part.numbers for part in parts]), np.concatenate([part.scale for part in parts]))

    def __len__(self) -> int:
        return len(self.scale)

    def some(self, rows: Integers) -> Floats:
        """Return some of the vectors."""
        vectors: Floats = self.numbers[rows].astype(np.float32) * self.scale[rows, None]
        return vectors

    def joined(self, other: "Vectors", rows: Integers) -> "Vectors":
        """Return some of these vectors and of other ones, which are numbered after these."""
        numbers, scale = np.concatenate([self.numbers, other.numbers]), np.concatenate([self.scale, other.scale])
        return Vectors(numbers[rows], scale[rows])


@dataclass(frozen=True)
class VectorMember:
    """The vectors of labels, and of the centroid of the labels and the description of each concept."""

    name: str
    labels: Vectors
    centroids: Vectors
    descriptions: Vectors

    @classmethod
    def of(cls, encoder: Encoder, labels: Sequence[str], descriptions: Sequence[str], starts: Integers) -> "VectorMember":
        """Compute the vectors of texts."""
        vectors = Vectors.encoded(encoder, labels)
        return cls(encoder.name, vectors, _centroids(vectors, starts), Vectors.encoded(encoder, descriptions))

    def joined(self, other: "VectorMember", labels: Integers, concepts: Integers) -> "VectorMember":
        """Return the vectors of some labels and concepts of this member and of another one; see :meth:`Vectors.joined`."""
        centroids, descriptions = self.centroids.joined(other.centroids, concepts), self.descriptions.joined(other.descriptions, concepts)
        return VectorMember(self.name, self.labels.joined(other.labels, labels), centroids, descriptions)

    def proposed(self, queries: Floats, number: int) -> Proposals:
        """Return the labels that are most similar to each query by the numbers that differ most among labels."""
        columns, numbers = self._first_look
        scores = np.empty((len(queries), len(self.labels)), np.float32)
        for start in range(0, len(self.labels), CHUNK):
            scores[:, start : start + CHUNK] = queries[:, columns] @ numbers[start : start + CHUNK].astype(np.float32).T
        scores *= self.labels.scale
        return with_owners([highest(row, number) for row in scores])

    def label_scores(self, queries: Floats, owners: Integers, labels: Integers) -> Floats:
        """Return the similarity of queries to labels, one of each at a time."""
        return _products(self.labels, labels, queries, owners)

    def context_scores(self, queries: Floats, owners: Integers, concepts: Integers) -> tuple[Floats, Floats]:
        """Return the similarity of queries to the centroids of the labels of concepts, and to their descriptions, one of each at a time."""
        return _products(self.centroids, concepts, queries, owners), _products(self.descriptions, concepts, queries, owners)

    @cached_property
    def _first_look(self) -> tuple[Integers, NDArray[np.int8]]:
        """The columns with the largest part of the squares of some labels, and these columns of all labels."""
        sample = self.labels.some(np.arange(0, len(self.labels), len(self.labels) // SAMPLE + 1))
        squares = (sample * sample).sum(axis=0)
        order = np.argsort(-squares, kind="stable")
        parts = np.cumsum(squares[order])
        columns = np.sort(order[: int(np.searchsorted(parts, ENOUGH * parts[-1])) + 1])
        return columns, np.ascontiguousarray(self.labels.numbers[:, columns])


def _products(texts: Vectors, rows: Integers, queries: Floats, owners: Integers) -> Floats:
    """Return the products of texts and queries, one of each at a time."""
    bounds = np.searchsorted(owners, np.arange(len(queries) + 1)).tolist()
    return np.concatenate([texts.some(rows[start:end]) @ query for query, (start, end) in zip(queries, pairwise(bounds), strict=True)])


def _centroids(labels: Vectors, starts: Integers) -> Vectors:
    parts = []
    for first in range(0, max(len(starts) - 1, 1), CHUNK):
        bounds = starts[first : first + CHUNK + 1]
        vectors = labels.some(np.arange(bounds[0], bounds[-1]))
        sums = np.add.reduceat(vectors, bounds[:-1] - bounds[0], axis=0) if len(vectors) else vectors
        parts.append(Vectors.of(normalised(sums)))
    return Vectors(np.concatenate([part.numbers for part in parts]), np.concatenate([part.scale for part in parts]))
