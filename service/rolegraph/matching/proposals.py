"""The first look: which labels are near enough to a text to be compared with it."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Integers = NDArray[np.int64]
Floats = NDArray[np.float32]
Proposals = tuple[Integers, Integers]
"""The numbers of texts in ascending order, and for each the number of a label."""

SAMPLED = 16  # of so many scores, one is looked at for a bound
LEAST = 1e-6  # score


def highest(scores: Floats, number: int) -> Integers:
    """Return the places of the highest scores, without those that are zero; a few more where the last ones are equal."""
    likely = np.flatnonzero(scores >= max(_bound(scores[::SAMPLED], 2 * number // SAMPLED), LEAST))
    if len(likely) < number:  # the sample was not like the rest
        likely = np.flatnonzero(scores >= LEAST)
    return likely[scores[likely] >= _bound(scores[likely], number)][: 4 * number]


def _bound(scores: Floats, number: int) -> float:
    """Return the lowest of the highest scores."""
    return float(np.partition(scores, len(scores) - number)[len(scores) - number]) if len(scores) > number else LEAST


def with_owners(labels: Sequence[Integers]) -> Proposals:
    """Return the labels of each text with the number of the text."""
    owners = np.repeat(np.arange(len(labels)), [len(those) for those in labels])
    return owners, np.concatenate([np.zeros(0, np.int64), *labels])
