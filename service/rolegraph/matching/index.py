"""The index of the concepts of one kind, in which texts are looked up."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from rolegraph.matching.concepts import Concept
from rolegraph.matching.encoders import Encoder
from rolegraph.matching.exact import ExactMember
from rolegraph.matching.gram_member import GramMember
from rolegraph.matching.grams import Bags
from rolegraph.matching.products import ByName, by_name
from rolegraph.matching.proposals import Integers
from rolegraph.matching.vector_member import VectorMember
from rolegraph.texts import Texts


@dataclass(frozen=True)
class MatchIndex:
    """Concepts, their labels, and the members that compare texts with them.

    :param starts: the first label of each concept, and the number of labels
    :param digests: change with what each concept says
    """

    language: str
    iris: Texts
    labels: Texts
    starts: Integers
    digests: NDArray[np.uint64]
    exact: ExactMember
    grams: GramMember
    encoders: tuple[Encoder, ...] = ()
    vectors: tuple[VectorMember, ...] = ()

    @classmethod
    def of(cls, concepts: Sequence[Concept], language: str, encoders: Sequence[Encoder] = ()) -> "MatchIndex":
        """Build the index of some concepts.

        :param encoders: a member for each of them compares texts by their vectors
        """
        concepts = sorted(concepts, key=lambda concept: concept.iri)
        labels = [label for concept in concepts for label in concept.labels]
        starts = np.cumsum([0, *(len(concept.labels) for concept in concepts)]).astype(np.int64)
        descriptions = [concept.description for concept in concepts]
        grams = GramMember.of(Bags.of(labels), Bags.of(descriptions), starts)
        vectors = tuple(VectorMember.of(encoder, labels, descriptions, starts) for encoder in encoders)
        iris = Texts.of(concept.iri for concept in concepts)
        digests = np.array([concept.digest for concept in concepts], np.uint64)
        exact = ExactMember.of(labels, language)
        return cls(language, iris, Texts.of(labels), starts, digests, exact, grams, tuple(encoders), vectors)

    def following(self, concepts: Sequence[Concept]) -> "MatchIndex":
        """Return the index of the concepts of another revision: only what is said otherwise is computed, the rest is copied.

        It is this index if nothing is.
        """
        concepts = sorted(concepts, key=lambda concept: concept.iri)
        digests = np.array([concept.digest for concept in concepts], np.uint64)
        iris = [concept.iri for concept in concepts]
        if np.array_equal(digests, self.digests) and iris == list(self.iris):
            return self
        before = np.array([self.places.get(iri, -1) for iri in iris], np.int64)
        same = (before >= 0) & (self.digests[before] == digests)
        fresh = MatchIndex.of([concepts[place] for place in np.flatnonzero(~same)], self.language, self.encoders)
        return self._joined(fresh, iris, digests, np.where(same, before, np.cumsum(~same) - 1 + len(self)))

    def _joined(self, fresh: "MatchIndex", iris: Sequence[str], digests: NDArray[np.uint64], chosen: Integers) -> "MatchIndex":
        """Return an index of concepts of this index and of another one, which ``chosen`` numbers after those of this one."""
        firsts = np.concatenate([self.starts[:-1], fresh.starts[:-1] + len(self.labels)])
        counts = np.concatenate([np.diff(self.starts), np.diff(fresh.starts)])[chosen]
        starts = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
        labels = np.arange(int(starts[-1])) + np.repeat(firsts[chosen] - starts[:-1], counts)
        texts = [self.labels[place] if place < len(self.labels) else fresh.labels[place - len(self.labels)] for place in labels.tolist()]
        grams = self.grams.joined(fresh.grams, labels, chosen, starts)
        pairs = zip(self.vectors, fresh.vectors, strict=True)
        vectors = tuple(mine.joined(other, labels, chosen) for mine, other in pairs)
        exact = self.exact.joined(fresh.exact, labels, len(self.labels) + len(fresh.labels), len(self.labels))
        return MatchIndex(self.language, Texts.of(iris), Texts.of(texts), starts, digests, exact, grams, self.encoders, vectors)

    def __len__(self) -> int:
        return len(self.iris)

    @cached_property
    def places(self) -> dict[str, int]:
        """The number of each concept by its IRI."""
        return {iri: place for place, iri in enumerate(self.iris)}

    @cached_property
    def products(self) -> ByName:
        """The labels of tools by the name of the product without its maker."""
        return by_name(self.labels)

    def holds(self, iris: Collection[str]) -> bool:
        """Return whether any of some things is among the concepts."""
        wanted = set(iris)
        return any(iri in wanted for iri in self.iris) if wanted else False

    def concepts_of(self, labels: Integers) -> Integers:
        """Return the concept of each label."""
        return np.searchsorted(self.starts, labels, side="right") - 1

    def concept_of(self, label: int) -> int:
        """Return the concept of a label."""
        return int(np.searchsorted(self.starts, label, side="right")) - 1

    def name(self, concept: int) -> str:
        """Return the preferred label of a concept."""
        return self.labels[int(self.starts[concept])]

    @cached_property
    def members(self) -> tuple[str, ...]:
        """The names of the members."""
        return ("exact", "grams", *(member.name for member in self.vectors))
