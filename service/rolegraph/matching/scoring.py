"""The candidates of a block of texts with the scores of all members."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from rolegraph.matching.exact import Equal
from rolegraph.matching.gram_member import Integers
from rolegraph.matching.grams import Bags, Floats
from rolegraph.matching.index import MatchIndex

NEAREST = 100  # labels that each member proposes
CENTROID, DESCRIPTION = 0.3, 0.2  # what these add to the score of the best label


@dataclass
class Scored:
    """The candidates of one text.

    :param concepts: their numbers
    :param labels: the label of each that is most like the text
    :param scores: for each member, the score of each candidate: best label, and best label with context
    :param equal: the labels that the text equals, by concept
    """

    concepts: Integers
    labels: Integers
    scores: dict[str, tuple[Floats, Floats]]
    equal: dict[int, Equal]


def score(index: MatchIndex, texts: Sequence[str]) -> list[Scored]:
    """Return the candidates of each text."""
    if not len(index):
        nothing = np.zeros(0, np.int64)
        return [Scored(nothing, nothing, {}, {}) for _ in texts]
    weighted = index.grams.weighted(Bags.of(texts))
    rough = index.grams.rough(weighted)
    found = []
    for number, text in enumerate(texts):
        row = slice(weighted.indptr[number], weighted.indptr[number + 1])
        query = np.zeros(weighted.shape[1], np.float32)
        query[weighted.indices[row]] = weighted.data[row]
        equal = index.exact.find(text)
        near = _nearest(rough[number])
        labels = np.union1d(near, np.array([each.label for each in equal], np.int64))
        found.append(_scored(index, query, labels, equal))
    return found


def _nearest(scores: Floats) -> Integers:
    """Return the labels with the highest scores, without those that have none."""
    if len(scores) > NEAREST:
        bound = np.partition(scores, len(scores) - NEAREST)[len(scores) - NEAREST]
        return np.flatnonzero(scores >= max(bound, 1e-6))[: 4 * NEAREST]
    return np.flatnonzero(scores > 0)


def _scored(index: MatchIndex, query: Floats, labels: Integers, equal: list[Equal]) -> Scored:
    if not len(labels):
        return Scored(labels, labels, {}, {})
    owners = index.concepts_of(labels)
    concepts, first = np.unique(owners, return_index=True)
    similarity = index.grams.label_scores(query, labels)
    centroids, descriptions = index.grams.context_scores(query, concepts)
    best = np.maximum.reduceat(similarity, first)
    by_concept: dict[int, Equal] = {}
    for each in sorted(equal, key=lambda each: each.tier):
        by_concept.setdefault(int(index.concepts_of(np.array([each.label]))[0]), each)
    scores = {"grams": (best, best + CENTROID * centroids + DESCRIPTION * descriptions)}
    return Scored(concepts, _matched(labels, similarity, first), scores, by_concept)


def _matched(labels: Integers, similarity: Floats, first: Integers) -> Integers:
    """Return the most similar label of each concept; of several the first, which is the preferred one if it is among them."""
    ends = [*first[1:].tolist(), len(labels)]
    places = [start + int(np.argmax(similarity[start:end])) for start, end in zip(first.tolist(), ends, strict=True)]
    return labels[places]
