"""The candidates of a block of texts with the scores of all members."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from rolegraph.matching.confirmed import Confirmed, Votes
from rolegraph.matching.exact import Equal
from rolegraph.matching.grams import Bags, Floats, Matrix
from rolegraph.matching.index import MatchIndex
from rolegraph.matching.products import KIND
from rolegraph.matching.proposals import Integers

NEAREST = 100  # labels that each member proposes
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
    index: MatchIndex, texts: Sequence[str], confirmed: Confirmed | None = None, votes: Sequence[Votes] | None = None, kind: str = ""
) -> list[Scored]:
    """Return the candidates of each text.

    :param confirmed: rows that vote
    :param votes: the votes for each text, instead
    :param kind: of the concepts: tools are also named without their maker
    """
    if not len(index):
        nothing = np.zeros(0, np.int64)
        return [Scored(nothing, nothing, {}, {}, {}) for _ in texts]
    weighted = index.grams.weighted(Bags.of(texts))
    if votes is None:
        votes = confirmed.votes(texts, weighted) if confirmed else [{} for _ in texts]
    encoded = [encoder.encode(texts) for encoder in index.encoders]
    named = index.products if kind == KIND else None
    block = _Block(weighted, encoded, [index.exact.labels_equal_to(text, named) for text in texts], votes)
    return _scored(index, block, _Pairs(*_compared(index, block)))


@dataclass(frozen=True)
class _Block:
    """Features of a block of texts: their n-grams, their vectors by each encoder, the labels that they equal, and the votes for them."""

    grams: Matrix
    vectors: Sequence[Floats]
    equal: Sequence[Sequence[Equal]]
    votes: Sequence[Votes]


def _compared(index: MatchIndex, block: _Block) -> tuple[Integers, Integers, Integers]:
    """Return the texts and the labels that are compared, in ascending order, each pair once; and the concepts of the labels."""
    proposals = [index.grams.proposed(block.grams, NEAREST)]
    proposals += [member.proposed(queries, NEAREST) for member, queries in zip(index.vectors, block.vectors, strict=True)]
    further = [(number, each.label) for number, those in enumerate(block.equal) for each in those]
    further += [(number, int(index.starts[concept])) for number, those in enumerate(block.votes) for concept in those]
    owners, labels = (np.concatenate(columns) for columns in zip(*proposals, np.array(further, np.int64).reshape(-1, 2).T, strict=True))
    pairs = np.unique(owners * len(index.labels) + labels)
    labels = pairs % len(index.labels)
    return pairs // len(index.labels), labels, index.concepts_of(labels)


@dataclass
class _Pairs:
    """Pairs of a text and a label, and the concept of the label; candidates are the concepts of a text, each once."""

    owners: Integers
    labels: Integers
    concepts: Integers

    def __post_init__(self) -> None:
        changes = (np.diff(self.owners, prepend=-1) != 0) | (np.diff(self.concepts, prepend=-1) != 0)
        self.first = np.flatnonzero(changes)
        self.candidates = self.concepts[self.first]
        self.candidate_owners = self.owners[self.first]
        self.candidate = np.cumsum(changes) - 1

    def best(self, similarity: Floats) -> Floats:
        """Return the similarity of the best label of each candidate."""
        best: Floats = np.maximum.reduceat(similarity, self.first)
        return best

    def matched(self, similarity: Floats) -> Integers:
        """Return the best label of each candidate; of several the first, which is the preferred one if it is among them."""
        equal_best = np.flatnonzero(similarity == self.best(similarity)[self.candidate])
        return self.labels[equal_best[np.searchsorted(equal_best, self.first)]]


def _scored(index: MatchIndex, block: _Block, pairs: _Pairs) -> list[Scored]:
    scores: dict[str, Floats] = {}
    matched = pairs.labels
    if len(pairs.labels):
        total = index.grams.label_scores(block.grams, pairs.owners, pairs.labels)
        contexts = index.grams.context_scores(block.grams, pairs.candidate_owners, pairs.candidates)
        scores["grams"] = np.column_stack([pairs.best(total), *contexts])
        for member, queries in zip(index.vectors, block.vectors, strict=True):
            similarity = member.label_scores(queries, pairs.owners, pairs.labels)
            contexts = member.context_scores(queries, pairs.candidate_owners, pairs.candidates)
            scores[member.name] = np.column_stack([pairs.best(similarity), *contexts])
            total = total + similarity
        matched = pairs.matched(total)
    bounds = np.searchsorted(pairs.candidate_owners, np.arange(len(block.equal) + 1)).tolist()
    scored = []
    for part, equal, votes in zip(itertools.starmap(slice, pairwise(bounds)), block.equal, block.votes, strict=True):
        scores_of_text = {name: rows[part] for name, rows in scores.items()} if part.start < part.stop else {}
        scored.append(Scored(pairs.candidates[part], matched[part], scores_of_text, _by_concept(index, equal), votes))
    return scored


def _by_concept(index: MatchIndex, equal: Sequence[Equal]) -> dict[int, Equal]:
    by_concept: dict[int, Equal] = {}
    for each in sorted(equal, key=lambda each: (each.tier, each.label)):
        by_concept.setdefault(index.concept_of(each.label), each)
    return by_concept
