"""The candidates of a block of texts with the scores of all members."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from rolegraph.matching.confirmed import Confirmed, Votes
from rolegraph.matching.exact import Equal
from rolegraph.matching.gram_member import Integers
from rolegraph.matching.grams import Bags, Floats
from rolegraph.matching.index import MatchIndex

NEAREST = 100  # labels that each member proposes
SAMPLED = 16  # of so many scores, one is looked at for a bound
LEAST = 1e-6  # score
CENTROID, DESCRIPTION = 0.3, 0.2  # what these add to the score of the best label


@dataclass
class Scored:
    """The candidates of one text.

    :param concepts: their numbers, in ascending order
    :param labels: the label of each that is most like the text
    :param scores: for each member, a row for each candidate: the similarity of its best label, of the centroid of its labels, and of its
        description
    :param equal: the labels that the text equals, by concept
    :param votes: what confirmed rows say
    """

    concepts: Integers
    labels: Integers
    scores: dict[str, Floats]
    equal: dict[int, Equal]
    votes: Votes

    def contexts(self, member: str) -> Floats:
        """Return one score of a member for each candidate: best label, and something of centroid and description."""
        scores: Floats = self.scores[member] @ np.array([1, CENTROID, DESCRIPTION], np.float32)
        return scores


def score(
    index: MatchIndex, texts: Sequence[str], confirmed: Confirmed | None = None, votes: Sequence[Votes] | None = None
) -> list[Scored]:
    """Return the candidates of each text.

    :param confirmed: rows that vote
    :param votes: the votes for each text, instead
    """
    if not len(index):
        nothing = np.zeros(0, np.int64)
        return [Scored(nothing, nothing, {}, {}, {}) for _ in texts]
    weighted = index.grams.weighted(Bags.of(texts))
    rough = index.grams.rough(weighted)
    if votes is None:
        votes = confirmed.votes(texts, weighted) if confirmed else [{} for _ in texts]
    encoded = [encoder.encode(texts) for encoder in index.encoders]
    products = [member.labels.products(queries) for member, queries in zip(index.vectors, encoded, strict=True)]
    found = []
    for number, text in enumerate(texts):
        row = slice(weighted.indptr[number], weighted.indptr[number + 1])
        query = np.zeros(weighted.shape[1], np.float32)
        query[weighted.indices[row]] = weighted.data[row]
        equal = index.exact.find(text)
        own = [scores[number] for scores in products]
        voted = [int(index.starts[concept]) for concept in votes[number]]
        proposed = [_nearest(scores) for scores in (rough[number], *own)]
        labels = np.unique(np.concatenate([*proposed, np.array([*voted, *(each.label for each in equal)], np.int64)]))
        vectors = [(scores, queries[number]) for scores, queries in zip(own, encoded, strict=True)]
        found.append(_scored(index, _Query(query, vectors, equal, votes[number]), labels))
    return found


def _nearest(scores: Floats) -> Integers:
    """Return the labels with the highest scores, without those that have none."""
    likely = np.flatnonzero(scores >= max(_bound(scores[::SAMPLED], 2 * NEAREST // SAMPLED), LEAST))
    if len(likely) < NEAREST:  # the sample was not like the rest
        likely = np.flatnonzero(scores >= LEAST)
    return likely[scores[likely] >= _bound(scores[likely], NEAREST)][: 4 * NEAREST]


def _bound(scores: Floats, number: int) -> float:
    """Return the lowest of the highest scores."""
    return float(np.partition(scores, len(scores) - number)[len(scores) - number]) if len(scores) > number else LEAST


@dataclass(frozen=True)
class _Query:
    """What is known of a text: its n-grams, for each encoder the products with all labels and its vector, and the labels it equals."""

    grams: Floats
    vectors: Sequence[tuple[Floats, Floats]]
    equal: Sequence[Equal]
    votes: Votes


def _scored(index: MatchIndex, query: _Query, labels: Integers) -> Scored:
    if not len(labels):
        return Scored(labels, labels, {}, {}, {})
    concepts, first = np.unique(index.concepts_of(labels), return_index=True)
    similarity = index.grams.label_scores(query.grams, labels)
    total = similarity.copy()
    scores = {"grams": np.column_stack([np.maximum.reduceat(similarity, first), *index.grams.context_scores(query.grams, concepts)])}
    for member, (products, encoded) in zip(index.vectors, query.vectors, strict=True):
        similarity = products[labels]
        total += similarity
        scores[member.name] = np.column_stack([np.maximum.reduceat(similarity, first), *member.context_scores(encoded, concepts)])
    by_concept: dict[int, Equal] = {}
    for each in sorted(query.equal, key=lambda each: (each.tier, each.label)):
        by_concept.setdefault(int(index.concepts_of(np.array([each.label]))[0]), each)
    return Scored(concepts, _matched(labels, total, first), scores, by_concept, query.votes)


def _matched(labels: Integers, similarity: Floats, first: Integers) -> Integers:
    """Return the most similar label of each concept; of several the first, which is the preferred one if it is among them."""
    ends = [*first[1:].tolist(), len(labels)]
    places = [start + int(np.argmax(similarity[start:end])) for start, end in zip(first.tolist(), ends, strict=True)]
    return labels[places]
