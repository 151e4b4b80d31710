"""The member that compares texts by their character n-grams (TF-IDF, cosine)."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from rolegraph.matching.grams import Bags, Floats, Matrix, Vocabulary, frequencies, keys_of

FREQUENT = 0.05  # share of the labels from which an n-gram is left out of the first look; see `rough`
Integers = NDArray[np.int64]


@dataclass
class GramMember:
    """The n-grams of the labels and descriptions of concepts.

    Frequencies are stored without their idf weights: these change with each label that is added, the frequencies do not.

    :param labels: the frequencies, a row for each label
    :param descriptions: the same of the description of each concept
    :param starts: the first label of each concept, and the number of labels
    """

    vocabulary: Vocabulary
    labels: Matrix
    descriptions: Matrix
    starts: Integers
    idf: Floats = field(init=False)

    def __post_init__(self) -> None:
        number, grams = self.labels.shape
        numbers = np.bincount(self.labels.indices, minlength=grams)
        self.idf = (np.log((1 + number) / (1 + numbers)) + 1).astype(np.float32)
        self._unknown = (np.float32(np.log(1 + number)) + 1) ** 2
        self._label_scale = self._scale(self.labels)
        self._description_scale = self._scale(self.descriptions)
        self._means = self._centroids()
        self._mean_scale = self._scale(self._means)
        rare = (numbers <= max(FREQUENT * number, 1))[self.labels.indices]
        ends = np.concatenate([[0], np.cumsum(rare)])[self.labels.indptr]
        entries = (self.labels.data[rare], self.labels.indices[rare], ends)
        self._by_gram = sparse.csr_array(sparse.csr_array(entries, shape=self.labels.shape).T)

    @classmethod
    def of(cls, labels: Bags, descriptions: Bags, starts: Integers) -> "GramMember":
        """Compute the n-grams of texts. Those that only descriptions have are left out."""
        vocabulary = Vocabulary.of(keys_of(labels.words)[1])
        return cls(vocabulary, frequencies(labels, vocabulary)[0], frequencies(descriptions, vocabulary)[0], starts)

    def weighted(self, queries: Bags) -> Matrix:
        """Return the n-grams of queries, weighted so that the product with frequencies, over the length of a text, is a cosine."""
        weights, outside = frequencies(queries, self.vocabulary)
        idf = self.idf[weights.indices]
        rows = np.repeat(np.arange(weights.shape[0]), np.diff(weights.indptr))
        squares = np.bincount(rows, (weights.data * idf) ** 2, minlength=weights.shape[0]) + outside * self._unknown
        weights.data = (weights.data * idf**2 / np.sqrt(np.maximum(squares, 1e-12))[rows]).astype(np.float32)
        return weights

    def rough(self, weighted: Matrix) -> Floats:
        """Return the similarity of each query to each label by rare n-grams alone, which takes a sixth of the time."""
        scores: Floats = (weighted @ self._by_gram).toarray()
        scores *= self._label_scale
        return scores

    def label_scores(self, query: Floats, labels: Integers) -> Floats:
        """Return the similarity of a query, a weight for each n-gram, to some labels."""
        scores: Floats = _products(self.labels, labels, query) * self._label_scale[labels]
        return scores

    def context_scores(self, query: Floats, concepts: Integers) -> tuple[Floats, Floats]:
        """Return the similarity of a query to the centroids of the labels of some concepts, and to their descriptions."""
        descriptions: Floats = _products(self.descriptions, concepts, query) * self._description_scale[concepts]
        centroids: Floats = _products(self._means, concepts, query) * self._mean_scale[concepts]
        return centroids, descriptions

    def _scale(self, texts: Matrix) -> Floats:
        """Return one over the length of the weighted vector of each row."""
        values = texts.data * self.idf[texts.indices]
        rows = np.repeat(np.arange(texts.shape[0]), np.diff(texts.indptr))
        squares = np.bincount(rows, values**2, minlength=texts.shape[0])
        scale: Floats = (1 / np.sqrt(np.maximum(squares, 1e-12))).astype(np.float32)
        return scale

    def _centroids(self) -> Matrix:
        """Return the sum of the vectors of the labels of each concept, without idf, which the query has."""
        counts = np.diff(self.starts)
        scale = np.repeat(self._label_scale, np.diff(self.labels.indptr))
        joined = (self.labels.data * scale, self.labels.indices.copy(), self.labels.indptr[self.starts])
        sums = sparse.csr_array(joined, shape=(len(counts), self.labels.shape[1]))
        sums.sum_duplicates()
        return sums


def _products(texts: Matrix, rows: Integers, query: Floats) -> Floats:
    """Return the product of some rows and a dense vector."""
    starts, ends = texts.indptr[rows], texts.indptr[rows + 1]
    lengths = ends - starts
    firsts = np.cumsum(lengths) - lengths
    at = np.arange(int(lengths.sum())) + np.repeat(starts - firsts, lengths)
    sums = np.concatenate([[0], np.cumsum(texts.data[at] * query[texts.indices[at]], dtype=np.float64)])
    products: Floats = (sums[firsts + lengths] - sums[firsts]).astype(np.float32)
    return products
