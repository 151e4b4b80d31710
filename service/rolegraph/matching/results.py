"""What a match of texts answers."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from rolegraph import terms

Decision = Literal["accept", "review", "none"]


@dataclass(frozen=True)
class Candidate:
    """A concept that a text may mean.

    :param confidence: the probability that it is meant, from 0 to 1
    :param matched_label: the label that is most like the text
    :param reason: why it is a candidate, and what of the text was left off for it
    :param members: the score of each member
    """

    iri: str
    label: str
    confidence: float
    matched_label: str
    reason: str
    members: Mapping[str, float]

    def as_dict(self) -> dict[str, Any]:
        """Return the candidate as a JSON object."""
        return {
            "id": self.iri,
            "curie": terms.shorten(self.iri),
            "label": self.label,
            "confidence": self.confidence,
            "matchedLabel": self.matched_label,
            "reason": self.reason,
            "members": dict(self.members),
        }


@dataclass(frozen=True)
class TextMatch:
    """The candidates of one text, the likeliest first.

    :param decision: ``accept``: the first candidate can be taken as it is; ``review``: a person should choose; ``none``: nothing is near
    :param remark: what was not used of the text, or why there is no candidate; empty in general
    """

    text: str
    decision: Decision
    candidates: tuple[Candidate, ...]
    remark: str = ""

    def as_dict(self) -> dict[str, Any]:
        """Return the match as a JSON object."""
        candidates = [candidate.as_dict() for candidate in self.candidates]
        document: dict[str, Any] = {"text": self.text, "decision": self.decision, "candidates": candidates}
        return {**document, "remark": self.remark} if self.remark else document


@dataclass(frozen=True)
class FittedOn:
    """What the weights of the members and the probabilities were fitted on.

    :param rows: the number of texts with a known concept
    :param confirmed: how many of them are confirmed rows of the user
    """

    description: str
    rows: int
    members: tuple[str, ...]
    confirmed: int = 0

    def as_dict(self) -> dict[str, Any]:
        """Return it as a JSON object."""
        return {"description": self.description, "rows": self.rows, "members": list(self.members), "confirmed": self.confirmed}


@dataclass(frozen=True)
class MatchResult:
    """The matches of texts, in the order of the texts."""

    results: tuple[TextMatch, ...]
    fitted_on: FittedOn

    def as_dict(self) -> dict[str, Any]:
        """Return the answer as a JSON object."""
        return {"results": [each.as_dict() for each in self.results], "fittedOn": self.fitted_on.as_dict()}
