"""The index of the concepts of one kind, in which texts are looked up."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from rolegraph.matching.concepts import Concept
from rolegraph.matching.exact import ExactMember
from rolegraph.matching.gram_member import GramMember, Integers
from rolegraph.matching.grams import Bags
from rolegraph.texts import Texts


@dataclass(frozen=True)
class MatchIndex:
    """Concepts, their labels, and the members that compare texts with them.

    :param starts: the first label of each concept, and the number of labels
    """

    language: str
    iris: Texts
    labels: Texts
    starts: Integers
    exact: ExactMember
    grams: GramMember

    @classmethod
    def of(cls, concepts: Sequence[Concept], language: str) -> "MatchIndex":
        """Build the index of some concepts."""
        concepts = sorted(concepts, key=lambda concept: concept.iri)
        labels = [label for concept in concepts for label in concept.labels]
        starts = np.cumsum([0, *(len(concept.labels) for concept in concepts)]).astype(np.int64)
        descriptions = Bags.of([concept.description for concept in concepts])
        grams = GramMember.of(Bags.of(labels), descriptions, starts)
        iris = Texts.of(concept.iri for concept in concepts)
        return cls(language, iris, Texts.of(labels), starts, ExactMember.of(labels, language), grams)

    def __len__(self) -> int:
        return len(self.iris)

    def concepts_of(self, labels: Integers) -> Integers:
        """Return the concept of each label."""
        return np.searchsorted(self.starts, labels, side="right") - 1

    def name(self, concept: int) -> str:
        """Return the preferred label of a concept."""
        return self.labels[int(self.starts[concept])]

    @cached_property
    def members(self) -> tuple[str, ...]:
        """The names of the members."""
        return ("exact", "grams")
