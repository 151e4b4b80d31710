"""A member that compares texts by the vectors of an encoder (cosine)."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rolegraph.matching.encoders import Encoder, normalised
from rolegraph.matching.gram_member import Integers
from rolegraph.matching.grams import Floats

CHUNK = 4096  # vectors that are multiplied or encoded at a time


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

    def products(self, queries: Floats) -> Floats:
        """Return the products of queries and all vectors."""
        scores = np.empty((len(queries), len(self)), np.float32)
        for start in range(0, len(self), CHUNK):
            scores[:, start : start + CHUNK] = queries @ self.numbers[start : start + CHUNK].astype(np.float32).T
        scores *= self.scale
        return scores


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

    def context_scores(self, query: Floats, concepts: Integers) -> tuple[Floats, Floats]:
        """Return the similarity of a query to the centroids of the labels of some concepts, and to their descriptions."""
        centroids: Floats = self.centroids.some(concepts) @ query
        descriptions: Floats = self.descriptions.some(concepts) @ query
        return centroids, descriptions


def _centroids(labels: Vectors, starts: Integers) -> Vectors:
    parts = []
    for first in range(0, max(len(starts) - 1, 1), CHUNK):
        bounds = starts[first : first + CHUNK + 1]
        vectors = labels.some(np.arange(bounds[0], bounds[-1]))
        sums = np.add.reduceat(vectors, bounds[:-1] - bounds[0], axis=0) if len(vectors) else vectors
        parts.append(Vectors.of(normalised(sums)))
    return Vectors(np.concatenate([part.numbers for part in parts]), np.concatenate([part.scale for part in parts]))
