"""Proposes matches between the concepts of two sources: the labels of each concept are matched with those of the other source."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice

from rolegraph.matching.concepts import Concept
from rolegraph.matching.results import Candidate, TextMatch

TEXTS = 3  # labels of a concept that are looked up: the preferred one, and two more
FURTHER = 0.5  # what the probability of a label other than the preferred one counts
ONE_WAY = 0.8  # what the probability of a match counts that is found from one of its ends only
CERTAIN = 0.99  # most for anything
LEAST = 0.05  # probabilities of candidates that are looked at
BLOCK = 250  # texts that are matched at a time

Match = Callable[[Sequence[str]], Sequence[TextMatch]]
"""Returns the matches of up to :data:`BLOCK` texts among the concepts of one source."""


@dataclass(frozen=True)
class Proposal:
    """A proposed match between two concepts.

    :param confidence: the probability that they match, from 0 to 1
    :param reason: why, in words
    :param is_mutual: whether each is the best match of the other
    :param candidate: what was found for the best label of one of them
    """

    subject: str
    subject_label: str
    object: str
    object_label: str
    confidence: float
    reason: str
    is_mutual: bool
    candidate: Candidate


@dataclass
class _Evidence:
    """What the labels of a concept say for a candidate: the probability that all of them are wrong, and the best one."""

    doubt: float = 1.0
    best: Candidate | None = None
    worth: float = field(default=0.0)  # of the best one

    def add(self, candidate: Candidate, worth: float) -> None:
        self.doubt *= 1 - worth
        if self.best is None or worth > self.worth:
            self.best, self.worth = candidate, worth

    @property
    def probability(self) -> float:
        return 1 - self.doubt


_Found = dict[str, dict[str, _Evidence]]  # by concept and candidate


def propose(
    concepts: Sequence[Concept], others: Sequence[Concept], match: Match, match_back: Match, *, threshold: float, least: float = LEAST
) -> list[Proposal]:
    """Return the proposed matches between two lists of concepts, in the order of the first, the likeliest first.

    The probability of a match is that of not all labels being wrong, from both ends; found from one end only, it counts less.

    :param match: matches texts with the second list
    :param match_back: matches texts with the first list
    :param threshold: the least confidence
    :param least: the least probability of a candidate that is looked at
    """
    there = _found(concepts, match, least)
    reached = {iri for candidates in there.values() for iri in candidates}
    back = _found([other for other in others if other.iri in reached], match_back, least)
    best_there, best_back = _best(there), _best(back)
    labels = {other.iri: other.labels[0] for other in others}
    proposals: list[Proposal] = []
    for concept in concepts:
        mine = []
        for iri, evidence in there.get(concept.iri, {}).items():
            returned = back.get(iri, {}).get(concept.iri)
            is_mutual = best_there[concept.iri] == iri and best_back.get(iri) == concept.iri
            confidence = round(_confidence(evidence, returned), 3)
            if confidence >= threshold and iri != concept.iri and evidence.best and iri in labels:
                reason = _reason(evidence.best, is_mutual=is_mutual, is_returned=returned is not None)
                ends = concept.iri, concept.labels[0], iri, labels[iri]
                mine.append(Proposal(*ends, confidence, reason, is_mutual, evidence.best))
        proposals += sorted(mine, key=lambda proposal: (-proposal.confidence, proposal.object))
    return proposals


def _found(concepts: Sequence[Concept], match: Match, least: float) -> _Found:
    """Return the candidates of each concept."""
    found: _Found = {}
    texts = ((place, label, concept.iri) for concept in concepts for place, label in enumerate(concept.labels[:TEXTS]))
    for block in _blocks(texts):
        for (place, _, iri), matched in zip(block, match([label for _, label, _ in block]), strict=True):
            for candidate in matched.candidates:
                if candidate.confidence >= least:
                    worth = candidate.confidence * (FURTHER if place else 1)
                    found.setdefault(iri, {}).setdefault(candidate.iri, _Evidence()).add(candidate, worth)
    return found


def _blocks(texts: Iterator[tuple[int, str, str]]) -> Iterator[list[tuple[int, str, str]]]:
    while block := list(islice(texts, BLOCK)):
        yield block


def _best(found: _Found) -> dict[str, str]:
    """Return the best candidate of each concept; of equal ones the first by IRI."""
    return {iri: min(evidences, key=lambda other: (evidences[other].doubt, other)) for iri, evidences in found.items()}


def _confidence(there: _Evidence, back: _Evidence | None) -> float:
    return min(CERTAIN, ONE_WAY * there.probability if back is None else 1 - there.doubt * back.doubt)


def _reason(candidate: Candidate, *, is_mutual: bool, is_returned: bool) -> str:
    ends = "each is the best match of the other" if is_mutual else "found from both ends" if is_returned else "found from one end"
    return f"{candidate.reason}; {ends}"
