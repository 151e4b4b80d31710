"""The member that compares texts by their character n-grams (TF-IDF, cosine)."""

from collections.abc import Mapping
from dataclasses import InitVar, dataclass, field
from itertools import pairwise

import numpy as np
from scipy import sparse

from rolegraph.matching.grams import Bags, Floats, Matrix, Vocabulary, frequencies, keys_of
from rolegraph.matching.proposals import Integers, Proposals, highest, with_owners

DERIVED = ("means", "by_gram")  # matrices that are computed from the others, and stored with them
FREQUENT = 0.02  # share of the labels from which an n-gram is left out of the first look
FEW = 50  # labels up to which an n-gram is never left out of it


@dataclass
class GramMember:
    """The n-grams of the labels and descriptions of concepts.

    Frequencies are stored without their idf weights: these change with each label that is added, the frequencies do not.

    :param labels: the frequencies, a row for each label
    :param descriptions: the same of the description of each concept
    :param starts: the first label of each concept, and the number of labels
    :param derived: the matrices of :data:`DERIVED`, if they were computed before
    """

    vocabulary: Vocabulary
    labels: Matrix
    descriptions: Matrix
    starts: Integers
    derived: InitVar[Mapping[str, Matrix] | None] = None
    idf: Floats = field(init=False)

    def __post_init__(self, derived: Mapping[str, Matrix] | None) -> None:
        number, grams = self.labels.shape
        numbers = np.bincount(self.labels.indices, minlength=grams)
        self.idf = (np.log((1 + number) / (1 + numbers)) + 1).astype(np.float32)
        self._unknown = (np.float32(np.log(1 + number)) + 1) ** 2
        self._label_scale = self.scale(self.labels)
        self._description_scale = self.scale(self.descriptions)
        self.means = derived["means"] if derived else self._sums()
        self._mean_scale = self.scale(self.means)
        self.by_gram = derived["by_gram"] if derived else self._rare(numbers)

    @classmethod
    def of(cls, labels: Bags, descriptions: Bags, starts: Integers) -> "GramMember":
        """Compute the n-grams of texts."""
        vocabulary = Vocabulary.of(np.concatenate([keys_of(labels.words)[1], keys_of(descriptions.words)[1]]))
        return cls(vocabulary, frequencies(labels, vocabulary)[0], frequencies(descriptions, vocabulary)[0], starts)

    def joined(self, other: "GramMember", labels: Integers, concepts: Integers, starts: Integers) -> "GramMember":
        """Return the n-grams of some labels and concepts of this member and of another one, which are numbered after those of this one."""
        vocabulary = self.vocabulary.extended(other.vocabulary.keys)
        columns = np.empty(len(other.vocabulary.keys), np.int32)
        columns[other.vocabulary.columns] = vocabulary.places(other.vocabulary.keys)
        chosen: list[Matrix] = []
        for mine, others, rows in ((self.labels, other.labels, labels), (self.descriptions, other.descriptions, concepts)):
            width = len(vocabulary.keys)
            moved = sparse.csr_array((others.data, columns[others.indices], others.indptr), shape=(others.shape[0], width))
            widened = sparse.csr_array((mine.data, mine.indices, mine.indptr), shape=(mine.shape[0], width))
            chosen.append(sparse.csr_array(sparse.vstack([widened, moved], format="csr")[rows]))
        return GramMember(vocabulary, chosen[0], chosen[1], starts)

    def weighted(self, queries: Bags) -> Matrix:
        """Return the n-grams of queries, weighted so that the product with frequencies, over the length of a text, is a cosine."""
        weights, outside = frequencies(queries, self.vocabulary)
        idf = self.idf[weights.indices]
        rows = np.repeat(np.arange(weights.shape[0]), np.diff(weights.indptr))
        squares = np.bincount(rows, (weights.data * idf) ** 2, minlength=weights.shape[0]) + outside * self._unknown
        weights.data = (weights.data * idf**2 / np.sqrt(np.maximum(squares, 1e-12))[rows]).astype(np.float32)
        return weights

    def proposed(self, weighted: Matrix, number: int) -> Proposals:
        """Return the labels that are most similar to each query by rare n-grams alone, which are a few in a hundred."""
        products = weighted @ self.by_gram
        products.data *= self._label_scale[products.indices]
        rows = [slice(start, end) for start, end in pairwise(products.indptr.tolist())]
        return with_owners([products.indices[row][highest(products.data[row], number)].astype(np.int64) for row in rows])

    def label_scores(self, weighted: Matrix, owners: Integers, labels: Integers) -> Floats:
        """Return the similarity of queries to labels, one of each at a time."""
        scores: Floats = _products(self.labels, labels, weighted, owners) * self._label_scale[labels]
        return scores

    def context_scores(self, weighted: Matrix, owners: Integers, concepts: Integers) -> tuple[Floats, Floats]:
        """Return the similarity of queries to the centroids of the labels of concepts, and to their descriptions, one of each at a time."""
        descriptions: Floats = _products(self.descriptions, concepts, weighted, owners) * self._description_scale[concepts]
        centroids: Floats = _products(self.means, concepts, weighted, owners) * self._mean_scale[concepts]
        return centroids, descriptions

    def scale(self, texts: Matrix) -> Floats:
        """Return one over the length of the weighted vector of each row."""
        values = texts.data * self.idf[texts.indices]
        rows = np.repeat(np.arange(texts.shape[0]), np.diff(texts.indptr))
        squares = np.bincount(rows, values**2, minlength=texts.shape[0])
        scale: Floats = (1 / np.sqrt(np.maximum(squares, 1e-12))).astype(np.float32)
        return scale

    def _rare(self, numbers: Integers) -> Matrix:
        """Return the labels that have each of the rare n-grams, a row for each n-gram."""
        rare = (numbers <= max(FREQUENT * self.labels.shape[0], FEW))[self.labels.indices]
        ends = np.concatenate([[0], np.cumsum(rare)])[self.labels.indptr].astype(np.int32)
        entries = (self.labels.data[rare], self.labels.indices[rare], ends)
        return sparse.csr_array(sparse.csr_array(entries, shape=self.labels.shape).T)

    def _sums(self) -> Matrix:
        """Return the sum of the vectors of the labels of each concept, without idf, which the query has."""
        counts = np.diff(self.starts)
        scale = np.repeat(self._label_scale, np.diff(self.labels.indptr))
        joined = (self.labels.data * scale, self.labels.indices.copy(), self.labels.indptr[self.starts])
        sums = sparse.csr_array(joined, shape=(len(counts), self.labels.shape[1]))
        sums.sum_duplicates()
        return sums


def _products(texts: Matrix, rows: Integers, queries: Matrix, owners: Integers) -> Floats:
    """Return the products of rows of texts and rows of queries, one of each at a time.

    Each row that is needed is multiplied with all queries, since that is faster than to multiply pairs.
    """
    needed, places = np.unique(rows, return_inverse=True)
    used = np.unique(queries.indices)
    narrow, dense = texts[needed][:, used], np.ascontiguousarray(queries[:, used].toarray().T)
    products: Floats = (narrow @ dense)[places, owners]
    return products
