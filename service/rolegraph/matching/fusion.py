"""How the scores of the members become one order and a probability, with weights that were fitted on texts with known concepts."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rolegraph import resources
from rolegraph.matching.exact import SHORT, TIERS, Equal
from rolegraph.matching.results import Decision, FittedOn
from rolegraph.matching.scoring import Scored

ACCEPTED, REVIEWED = 0.95, 0.05  # least probabilities of the first candidate
UNCERTAIN = 0.94  # most for what a text only equals without a part of it, or as a short form
CERTAIN = 0.99  # most for anything
VOTE = 8.0  # weight of a vote of confirmed rows before a refit
WEIGHTS = "matching/weights.json"  # in the folder of the data
_TIERS = (1.0, 0.9, 0.8, 0.5)
_LEFT_OFF = 0.1  # less, if something of the text was left off

Numbers = NDArray[np.float64]


def exactness(equal: Equal | None) -> float:
    """Return the score of the exact member: 1 for the label itself, less for other forms, 0 for none."""
    return 0.0 if equal is None else round(_TIERS[equal.tier] - (_LEFT_OFF if equal.is_partial else 0), 3)


def decision(confidence: float) -> Decision:
    """Return what to do with a text whose first candidate has a probability."""
    return "accept" if confidence >= ACCEPTED else "review" if confidence >= REVIEWED else "none"


@dataclass(frozen=True)
class Fitted:
    """The weights of the features of a candidate, for the order, and of the first candidate, for its probability.

    :param order: weights of :func:`candidate_features`
    :param certainty: weights of :func:`certainty_features`
    """

    members: tuple[str, ...]
    order: Numbers
    certainty: Numbers
    fitted_on: FittedOn

    def ranked(self, scored: Scored) -> tuple[NDArray[np.int64], Numbers]:
        """Return the places of the candidates, the best first, and the probability of each."""
        if not len(scored.concepts):
            return np.zeros(0, np.int64), np.zeros(0)
        logits = candidate_features(scored, self.members) @ self.order
        places = np.argsort(-logits, kind="stable")
        first = 1 / (1 + np.exp(-float(certainty_features(scored, self.members, logits, places) @ self.certainty)))
        first = min(first, _most(scored, int(scored.concepts[places[0]])))
        shares = np.exp(logits - logits[places[0]])
        rest = shares.sum() - 1
        confidences = first * shares
        if rest > 0:
            confidences *= min(1.0, (1 - first) / (first * rest)) if first > 0 else 0.0
        confidences[places[0]] = first
        return places, np.minimum(confidences, first)


def _most(scored: Scored, concept: int) -> float:
    """Return the highest probability that a candidate may have."""
    if scored.votes.get(concept, 0) > CERTAIN:
        return CERTAIN
    equal = scored.equal.get(concept)
    if equal is None:
        return CERTAIN
    most = UNCERTAIN if equal.is_partial or equal.by or equal.tier == SHORT else CERTAIN
    return most / len(scored.equal)


def candidate_features(scored: Scored, members: Sequence[str]) -> Numbers:
    """Return the features of each candidate: a row of numbers each."""
    columns = []
    for member in members:
        if member == "exact":
            columns += _exact_columns(scored)
        else:
            contexts = scored.contexts(member)
            columns += [*scored.scores[member].T, contexts - contexts.max()]
    votes = np.zeros(len(scored.concepts))
    for concept, vote in scored.votes.items():
        votes[np.searchsorted(scored.concepts, concept)] = vote
    columns.append(votes)
    return np.column_stack(columns).astype(np.float64)


def certainty_features(scored: Scored, members: Sequence[str], logits: Numbers, places: NDArray[np.int64]) -> Numbers:
    """Return the features from which the probability of the first candidate is computed."""
    first = int(places[0])
    lead = float(logits[first] - logits[places[1]]) if len(places) > 1 else 6.0
    odds = float(np.exp(logits - logits[first]).sum() - 1)
    features = [1.0, min(lead, 6.0), -np.log(min(max(odds, 1e-3), 1e3)), np.log(max(len(scored.equal), 1))]
    for member in members:
        if member == "exact":
            features += [float(column[first]) for column in _exact_columns(scored)]
        else:
            contexts = scored.contexts(member)
            features += [float(scored.scores[member][first, 0]), float(contexts[first] >= contexts.max())]
    features.append(scored.votes.get(int(scored.concepts[first]), 0.0))
    return np.array(features)


def _exact_columns(scored: Scored) -> list[Numbers]:
    columns = np.zeros((len(TIERS) + 1, len(scored.concepts)))
    for concept, equal in scored.equal.items():
        place = np.searchsorted(scored.concepts, concept)
        columns[equal.tier, place] = 1
        columns[len(TIERS), place] = equal.is_partial
    return list(columns)


@cache
def fitted(kind: str, members: tuple[str, ...]) -> Fitted:
    """Return the shipped weights for a kind and the members that are present: those of all kinds, if the kind has none of its own.

    Without weights for all of the members, the last ones are not used.
    """
    shipped = _shipped()
    while f"any {'+'.join(members)}" not in shipped:
        members = members[:-1]
    name = "+".join(members)
    entry = shipped.get(f"{kind} {name}") or shipped[f"any {name}"]
    order, certainty = (np.array([*entry[key], VOTE if key == "order" else VOTE / 2]) for key in ("order", "certainty"))
    return Fitted(members, order, certainty, FittedOn(entry["fittedOn"], entry["rows"], members))


@cache
def _shipped() -> dict[str, Any]:
    weights: dict[str, Any] = json.loads((resources.folder("data") / WEIGHTS).read_bytes())
    return weights
