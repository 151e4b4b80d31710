"""Fits the weights of fusion and certainty on texts with known concepts."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize

from rolegraph.matching.fusion import Fitted, Numbers, candidate_features, certainty_features
from rolegraph.matching.results import FittedOn
from rolegraph.matching.scoring import Scored

TIGHT = 3.0  # how tightly weights are held to those they start from


@dataclass(frozen=True)
class Row:
    """The candidates of a text, and the numbers of the concepts that it means."""

    scored: Scored
    right: Collection[int]


def fit(rows: Sequence[Row], start: Fitted, fitted_on: FittedOn, tight: float = TIGHT) -> Fitted:
    """Return weights fitted on rows, held near those of ``start``: the fewer the rows, the nearer.

    Certainty is fitted on the order that the other half of the rows gives, so that it does not believe what the order learnt by heart.
    """
    usable = [row for row in rows if len(row.scored.concepts)]
    halves = usable[::2], usable[1::2]
    order = _order(usable, start, tight)
    features, right = [], []
    for half, other in (halves, halves[::-1]):
        weights = _order(other, start, tight)
        for row in half:
            logits = candidate_features(row.scored, start.members) @ weights
            places = np.argsort(-logits, kind="stable")
            features.append(certainty_features(row.scored, start.members, logits, places))
            right.append(int(row.scored.concepts[places[0]]) in row.right)
    certainty = _logistic(np.array(features), np.array(right, float), start.certainty, tight) if features else start.certainty
    return Fitted(start.members, order, certainty, fitted_on)


def _order(rows: Sequence[Row], start: Fitted, tight: float) -> Numbers:
    """Fit the weights under which right candidates get the largest share (softmax) of their lists."""
    blocks: list[Numbers] = []
    owners, marks = [], []
    for row in rows:
        right = np.isin(row.scored.concepts, list(row.right))
        if right.any():
            owners.append(np.full(len(right), len(blocks)))
            blocks.append(candidate_features(row.scored, start.members))
            marks.append(right)
    if not blocks:
        return start.order
    features, right, owner = np.concatenate(blocks), np.concatenate(marks), np.concatenate(owners)
    starts = np.flatnonzero(np.diff(owner, prepend=-1))

    def loss(weights: Numbers) -> tuple[float, Numbers]:
        logits = features @ weights
        odds = np.exp(logits - np.maximum.reduceat(logits, starts)[owner])
        shares = odds / np.add.reduceat(odds, starts)[owner]
        right_shares = np.add.reduceat(shares * right, starts)
        pull = weights - start.order
        gradient = features.T @ (shares - shares * right / np.maximum(right_shares, 1e-12)[owner])
        return float(-np.log(np.maximum(right_shares, 1e-12)).sum() + tight / 2 * pull @ pull), gradient + tight * pull

    weights: Numbers = minimize(loss, start.order, jac=True, method="L-BFGS-B", options={"maxiter": 300}).x
    return weights


def _logistic(features: Numbers, right: Numbers, start: Numbers, tight: float) -> Numbers:
    def loss(weights: Numbers) -> tuple[float, Numbers]:
        logits = features @ weights
        pull = weights - start
        value = np.logaddexp(0, logits).sum() - right @ logits + tight / 2 * pull @ pull
        return float(value), features.T @ (1 / (1 + np.exp(-logits)) - right) + tight * pull

    weights: Numbers = minimize(loss, start, jac=True, method="L-BFGS-B", options={"maxiter": 300}).x
    return weights
