"""Which items count as near to others in an analysis: none, those that trusted sources and hierarchies make so, or also proposed ones."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from rolegraph import nearness
from rolegraph.analysis import weights
from rolegraph.analysis.index import Index
from rolegraph.analysis.items import Near

Proposed = Mapping[str, Sequence[tuple[str, float]]]
"""The concepts that each concept has a proposed match with, with its confidence, by IRI."""


@dataclass(frozen=True)
class Closeness:
    """A mode of :data:`nearness.MODES`, and the proposed matches that it counts."""

    mode: str = nearness.REVIEWED
    proposed: Proposed = field(default_factory=dict)

    def near(self, index: Index, held: Sequence[int]) -> dict[int, Near]:
        """Return the items near to the held ones, without these, each with its nearest held item."""
        if self.mode == "off":
            return {}
        near = index.items.near(held, index.alike)
        item_of, names, places = index.items.item_of, index.facts.names, index.facts.places
        for place in np.flatnonzero(np.isin(item_of, held)).tolist() if self.proposed else ():
            for iri, confidence in self.proposed.get(names[place], ()):
                other = int(item_of[places[iri]]) if iri in places else None
                if other is not None and other not in held:
                    match = Near(weights.NEAR[nearness.PROPOSED], nearness.PROPOSED, int(item_of[place]), confidence=confidence)
                    near[other] = max(near.get(other, match), match, key=_strength)
        return near


REVIEWED = Closeness()
"""Items that hierarchies, equal names and the matches of trusted sources make near."""


def _strength(near: Near) -> tuple[float, float]:
    return near.worth, near.confidence or 0.0
