"""Confirmed rows: texts whose concepts a person has confirmed. The nearest of them vote for the concepts of other texts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from rolegraph.matching.grams import Bags, Matrix, frequencies
from rolegraph.matching.index import MatchIndex
from rolegraph.search.folding import fold

VOTERS = 20  # nearest confirmed texts that vote
SHARPNESS = 8  # power of the similarity with which each votes

Votes = Mapping[int, float]
"""From 0 to 1 for each concept that confirmed texts vote for: 1 where the text itself was confirmed, and no other concept for it."""


@dataclass(frozen=True)
class Confirmed:
    """Confirmed texts, each with the number of its concept in an index."""

    index: MatchIndex
    texts: tuple[str, ...]
    concepts: tuple[int, ...]

    @classmethod
    def of(cls, index: MatchIndex, rows: Mapping[str, str]) -> "Confirmed":
        """Return the rows, text to IRI, whose concept the index has."""
        usable = sorted((text, index.places[iri]) for text, iri in rows.items() if iri in index.places and fold(text))
        return cls(index, tuple(text for text, _ in usable), tuple(place for _, place in usable))

    def __len__(self) -> int:
        return len(self.texts)

    def votes(self, texts: Sequence[str], weighted: Matrix) -> list[dict[int, float]]:
        """Return the votes for each text.

        :param weighted: the n-grams of the texts
        """
        if not len(self):
            return [{} for _ in texts]
        similar = (weighted @ self._by_gram).toarray() * self._scale
        for number, text in enumerate(texts):
            if same := self._places.get(fold(text)):
                similar[number] = 0
                similar[number, same] = 1
        return [self._vote(row) for row in similar]

    def votes_of_others(self) -> list[dict[int, float]]:
        """Return the votes for each confirmed text by the other ones."""
        similar = (self.index.grams.weighted(Bags.of(self.texts)) @ self._by_gram).toarray() * self._scale
        np.fill_diagonal(similar, 0)
        return [self._vote(row) for row in similar]

    def _vote(self, similar: Any) -> dict[int, float]:
        voters = np.argsort(-similar, kind="stable")[:VOTERS]
        weights = np.minimum(similar[voters], 1.0) ** SHARPNESS
        votes: dict[int, float] = {}
        for voter, weight in zip(voters.tolist(), weights.tolist(), strict=True):
            if weight > 1e-6:
                votes[self.concepts[voter]] = votes.get(self.concepts[voter], 0.0) + weight
        whole = sum(votes.values())
        nearest = float(similar[voters[0]]) if len(voters) else 0.0
        return {concept: min(nearest, 1.0) * vote / whole for concept, vote in votes.items()}

    @cached_property
    def _places(self) -> dict[str, list[int]]:
        """The confirmed texts by their folded form."""
        places: dict[str, list[int]] = {}
        for place, text in enumerate(self.texts):
            places.setdefault(fold(text), []).append(place)
        return places

    @cached_property
    def _frequencies(self) -> Matrix:
        return frequencies(Bags.of(self.texts), self.index.grams.vocabulary)[0]

    @cached_property
    def _by_gram(self) -> Matrix:
        return self._frequencies.T.tocsr()

    @cached_property
    def _scale(self) -> Any:
        return self.index.grams.scale(self._frequencies)
