"""How the scores of the members become one order and a probability, with weights that were fitted on texts with known concepts."""

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from rolegraph.matching.exact import Equal
from rolegraph.matching.results import Decision, FittedOn
from rolegraph.matching.scoring import Scored

ACCEPTED, REVIEWED = 0.95, 0.02  # least probabilities of the first candidate
_TIERS = (1.0, 0.9, 0.8, 0.5)
_LEFT_OFF = 0.1  # less, if something of the text was left off


def exactness(equal: Equal | None) -> float:
    """Return the score of the exact member: 1 for the label itself, less for other forms, 0 for none."""
    return 0.0 if equal is None else round(_TIERS[equal.tier] - (_LEFT_OFF if equal.left_off else 0), 3)


def decision(confidence: float) -> Decision:
    """Return what to do with a text whose first candidate has a probability."""
    return "accept" if confidence >= ACCEPTED else "review" if confidence >= REVIEWED else "none"


@dataclass(frozen=True)
class Fitted:
    """The weights of the features of a candidate."""

    fitted_on: FittedOn

    def ranked(self, scored: Scored) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """Return the places of the candidates, the best first, and the probability of each."""
        number = len(scored.concepts)
        if not number:
            return np.zeros(0, np.int64), np.zeros(0)
        exact = np.array([exactness(scored.equal.get(int(concept))) for concept in scored.concepts])
        best, context = scored.scores["grams"]
        logits = 12 * context + 4 * exact
        odds = np.exp(logits - logits.max())
        shares = odds / odds.sum() * (0.3 + 0.7 * np.maximum(best, exact))
        shared = np.array([len(scored.equal) if int(concept) in scored.equal else 1 for concept in scored.concepts])
        return np.argsort(-logits, kind="stable"), np.minimum(shares, 0.99 / shared)


@cache
def fitted(kind: str, members: tuple[str, ...]) -> Fitted:
    """Return the shipped weights for a kind and the members that are present."""
    return Fitted(FittedOn(f"provisional weights for the kind {kind}", 0, members))
