"""Similarity of roles: the cosine of their weighted items, with the part of each item."""

from dataclasses import dataclass
from itertools import islice
from typing import Any

import numpy as np

from rolegraph import equivalence
from rolegraph.analysis import weights
from rolegraph.analysis.facts import Figures, Numbers
from rolegraph.analysis.held import Essentials, Held
from rolegraph.analysis.index import Index
from rolegraph.values import Named

CHUNK = 512  # roles per block
DIGITS = 12  # decimal places that are compared: the last digits of a sum depend on the order of its terms


@dataclass(frozen=True)
class Holding:
    """How a role has an item: directly, by ``facets``, or else through narrower items (``via``)."""

    facets: tuple[str, ...]
    via: tuple[Named, ...]

    def as_dict(self) -> dict[str, Any]:
        """Return a JSON object with ``facets`` and ``via``."""
        return {"facets": list(self.facets), "via": [item.as_dict() for item in self.via]}


@dataclass(frozen=True)
class Contribution:
    """The part of an item in the similarity of two roles, and how each role has it."""

    item: Named
    value: float
    holdings: tuple[Holding, Holding]

    def as_dict(self) -> dict[str, Any]:
        """Return a JSON object: the item with ``contribution``, ``role`` and ``other``."""
        role, other = (holding.as_dict() for holding in self.holdings)
        return {**self.item.as_dict(), "contribution": self.value, "role": role, "other": other}


@dataclass(frozen=True)
class Similar:
    """A similar role. ``score`` is from 0 to 1, the sum of the listed contributions and ``rest``.

    ``essentials`` is how many of its essential needs the role that it is similar to covers. ``rest`` is the sum of the contributions that
    are not listed, ``unlisted`` their number. If ``apart``, the two roles cannot be compared item by item, and the score means nothing:
    see :func:`rolegraph.equivalence.apart`.
    """

    role: Named
    score: float
    contributions: tuple[Contribution, ...]
    rest: float
    unlisted: int
    essentials: Essentials
    apart: bool = False

    def as_dict(self) -> dict[str, Any]:
        """Return a JSON object: the role with ``score``, ``contributions``, ``rest`` and ``unlisted``."""
        listed = [contribution.as_dict() for contribution in self.contributions]
        document = {**self.role.as_dict(), "essentials": self.essentials.as_dict()}
        document |= {"score": None if self.apart else self.score, "contributions": listed}
        document |= {"rest": self.rest, "unlisted": self.unlisted}
        return {**document, "notComparable": equivalence.APART} if self.apart else document


@dataclass(frozen=True)
class Similarity:
    """The roles most similar to a role, the most similar first. ``scope`` is the source whose roles were considered, None for all.

    ``hindrance`` is the reason why there are none, if the role cannot be compared with any of them.
    """

    role: Named
    similar: tuple[Similar, ...]
    scope: Named | None = None
    hindrance: str = ""

    @property
    def roles(self) -> tuple[Named, ...]:
        """The role and those like it."""
        return (self.role, *(one.role for one in self.similar))

    def as_dict(self) -> dict[str, Any]:
        """Return a JSON object with ``role``, ``source`` and ``similar``."""
        scope = self.scope.as_dict() if self.scope else None
        document = {"role": self.role.as_dict(), "source": scope, "similar": [match.as_dict() for match in self.similar]}
        return {**document, "notComparable": self.hindrance} if self.hindrance else document

    def table(self) -> list[list[str]]:
        """Return the rows of the CSV: a header, one row per contribution, and one for the unlisted items of a role."""
        header = ["role", "other", "other_label", "score", "item", "label", "contribution"]
        rows = [[*header, "role_facets", "other_facets", "role_via", "other_via"]]
        for match in self.similar:
            start = [self.role.iri, match.role.iri, match.role.label, f"{match.score:.6f}"]
            for part in match.contributions:
                facets = [" ".join(holding.facets) for holding in part.holdings]
                via = [" ".join(item.iri for item in holding.via) for holding in part.holdings]
                rows.append([*start, part.item.iri, part.item.label, f"{part.value:.6f}", *facets, *via])
            if match.unlisted:
                rows.append([*start, "", f"{match.unlisted} further items", f"{match.rest:.6f}", "", "", "", ""])
        return rows


def scores(index: Index, row: int) -> Figures:
    """Return the similarity of every role to one role, from 0 to 1, by row (float64)."""
    vector = np.zeros(index.vectors.shape[1])
    start, end = index.vectors.indptr[row : row + 2]
    vector[index.vectors.indices[start:end]] = index.vectors.data[start:end]
    similarities: Figures = index.vectors @ vector
    return similarities


def pairs(index: Index) -> Figures:
    """Return the similarity of all pairs of roles: a symmetric dense matrix (roles × roles, float64)."""
    count = index.vectors.shape[0]
    similarities, other = np.zeros((count, count)), index.vectors.T.tocsr()
    for start in range(0, count, CHUNK):
        similarities[start : start + CHUNK] = (index.vectors[start : start + CHUNK] @ other).toarray()
    return similarities


def similar(index: Index, row: int, among: Numbers | None, count: int, listed: int) -> tuple[Similar, ...]:
    """Return the roles most similar to a role, each with the items that add most. Roles that cannot be compared with it are left out.

    :param row: row of the role
    :param among: rows to choose from (int32); None is all roles
    :param count: most roles to return
    :param listed: most items to list for each role
    """
    similarities = scores(index, row)
    rows = np.arange(len(similarities)) if among is None else among
    rows = rows[(rows != row) & (similarities[rows] > 0)]
    nearest = rows[np.lexsort((rows, -np.round(similarities[rows], DIGITS)))]
    matches = (likeness(index, row, other, listed) for other in nearest.tolist())
    return tuple(islice((match for match in matches if not match.apart), count))


def likeness(index: Index, row: int, other: int, listed: int | None = None) -> Similar:
    """Return the similarity of two roles, with the items that add most.

    :param listed: most items to list; None lists all
    """
    if index.roles_apart([row, other]):
        return Similar(index.role(other), 0.0, (), 0.0, 0, Essentials(None, None, len(index.essential_items(other))), apart=True)
    items, values = _products(index, row, other)
    order = np.lexsort((items, -values))
    shown = order if listed is None else order[:listed]
    both = [Possession(index, role) for role in (row, other)]
    parts = []
    for place in shown.tolist():
        item = int(items[place])
        first, second = (possession.holding(item) for possession in both)
        parts.append(Contribution(index.item(item), float(values[place]), (first, second)))
    rest = float(values[order[len(shown) :]].sum())
    score = sum(part.value for part in parts) + rest
    essentials = Held(index, index.items_of(row)).essentials_of(other)
    return Similar(index.role(other), score, tuple(parts), rest, len(order) - len(shown), essentials)


def _products(index: Index, row: int, other: int) -> tuple[Numbers, Figures]:
    """Return the items that two roles share, directly or through narrower items (int32), and what each adds (float64)."""
    vectors = index.vectors
    first, second = (slice(vectors.indptr[place], vectors.indptr[place + 1]) for place in (row, other))
    items, left, right = np.intersect1d(vectors.indices[first], vectors.indices[second], assume_unique=True, return_indices=True)
    return items, vectors.data[first][left] * vectors.data[second][right]


class Possession:
    """The items that a role has directly, and those above them."""

    def __init__(self, index: Index, row: int) -> None:
        self._index = index
        self._facets = index.facets(row)
        self._above, _ = index.items.above.of(np.array(index.items_of(row), dtype=np.int32))

    def holding(self, item: int) -> Holding:
        """Return how the role has an item."""
        if item in self._facets:
            return Holding(self._facets[item], ())
        narrower = self._above[self._above[:, 1] == item]
        nearest = narrower[narrower[:, 2] == narrower[:, 2].min(initial=weights.STEPS), 0]  # all at the same number of steps
        return Holding((), tuple(map(self._index.item, nearest.tolist())))
