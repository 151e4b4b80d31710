"""The facts that the analyses use, as integer arrays and texts."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from rolegraph import terms

Numbers = NDArray[np.int32]
Figures = NDArray[np.float64]

_SKOS = "http://www.w3.org/2004/02/skos/core#"
_ESCO = "http://data.europa.eu/esco/model#"

_WHOLE = 2**63

EXACT = "exactMatch"
LINKS = {
    _SKOS + "exactMatch": EXACT,
    _SKOS + "closeMatch": "close",
    _SKOS + "related": "related",
    _SKOS + "relatedMatch": "related",
    _ESCO + "relatedEssentialSkill": "related",
    _ESCO + "relatedOptionalSkill": "related",
}
UP = (_SKOS + "broader", _SKOS + "broadMatch")
DOWN = (_SKOS + "narrower", _SKOS + "narrowMatch")


@dataclass(frozen=True)
class Facts:
    """The facts about roles. A concept, role or source is a place: its position in ``names``.

    ``Numbers`` are int32 arrays, sorted, without repeated rows; ``importance`` is float64.

    - ``names``, ``labels``: the IRI and the label of each place (an empty label if there is none)
    - ``roles`` (n): places of the roles
    - ``headings`` (n): places of the groups of classifications
    - ``claims`` (n × 4): role, facet (position in :data:`weights.NAMES`), item, source
    - ``broader`` (n × 2): concept, its broader concept
    - ``exact``, ``close``, ``related`` (n × 2): linked concepts
    - ``rated`` (n × 2): role, item; ``importance`` (n) is the importance of each row, from 1 to 5
    - ``levels`` (n × 2): degree, EQF level
    - ``places``: the place of each IRI
    """

    names: Sequence[str]
    labels: Sequence[str]
    roles: Numbers
    headings: Numbers
    claims: Numbers
    broader: Numbers
    exact: Numbers
    close: Numbers
    related: Numbers
    rated: Numbers
    importance: Figures
    levels: Numbers
    places: Mapping[str, int] = field(repr=False, compare=False)

    def label(self, place: int) -> str:
        """Return the label of a place, or the CURIE of its IRI if it has none."""
        return self.labels[place] or terms.shorten(self.names[place])


def numbers(flags: NDArray[np.bool_]) -> Numbers:
    """Return the places at which a flag is set (int32)."""
    return np.flatnonzero(flags).astype(np.int32)


def table(rows: Iterable[Sequence[int]] | Numbers, width: int) -> Numbers:
    """Return rows of integers sorted and without repetitions, as an int32 array (n × ``width``)."""
    array = (rows if isinstance(rows, np.ndarray) else np.array(list(rows), dtype=np.int32)).reshape(-1, width)
    ends = [int(column.max(initial=0)) + 1 for column in array.T]
    if math.prod(ends) < _WHOLE:  # each row fits into one integer: sorting those is several times as fast
        keys = np.sort(np.ravel_multi_index(tuple(array.T), ends))
        keys = keys[np.diff(keys, prepend=-1) > 0]
        return np.stack(np.unravel_index(keys, ends), axis=1, dtype=np.int32, casting="unsafe")
    array = array[np.lexsort(array.T[::-1])]
    new = np.ones(len(array), dtype=bool)
    new[1:] = (array[1:] != array[:-1]).any(axis=1)
    return array[new]
