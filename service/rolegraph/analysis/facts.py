"""What the analyses know of a graph, as numbers and texts."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from rolegraph import terms

Numbers = NDArray[np.int32]
Figures = NDArray[np.float64]

_SKOS = "http://www.w3.org/2004/02/skos/core#"
_ESCO = "http://data.europa.eu/esco/model#"

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
    """What a graph says of its roles; concepts, roles and sources are named by their place in ``names``.

    ``headings`` are the groups of classifications. ``claims`` has a row (role, place in weights.NAMES, item, source) for each fact of
    each source; ``broader`` a row (concept, the one above); ``exact``, ``close`` and ``related`` a row for each link between concepts;
    ``rated`` a row (role, item), with its ``importance`` beside it; ``levels`` a row (degree, EQF level). ``labels`` go with ``names``.
    """

    names: tuple[str, ...]
    labels: tuple[str, ...]
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
        """Return the label of what stands at a place, or its CURIE."""
        return self.labels[place] or terms.shorten(self.names[place])


def table(rows: Iterable[Sequence[int]] | Numbers, width: int) -> Numbers:
    """Return rows of numbers in order, each once."""
    found = (rows if isinstance(rows, np.ndarray) else np.array(list(rows), dtype=np.int32)).reshape(-1, width)
    found = found[np.lexsort(found.T[::-1])]
    new = np.ones(len(found), dtype=bool)
    new[1:] = (found[1:] != found[:-1]).any(axis=1)
    return found[new]
