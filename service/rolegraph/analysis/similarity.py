"""Which roles are alike: the cosine of their weighted items, item by item."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any

import numpy as np

from rolegraph import equivalence
from rolegraph.analysis.facts import Figures, Numbers
from rolegraph.analysis.index import Index
from rolegraph.analysis.items import Items
from rolegraph.values import Named

CHUNK = 512  # roles at a time
DIGITS = 12  # after the point: what differs by less is equal, since sums differ by as much with the order of what they add


@dataclass(frozen=True)
class Holding:
    """How a role has an item: by ``facets`` of its own, or, where there are none, through items below it (``via``)."""

    facets: tuple[str, ...]
    via: tuple[Named, ...]

    def as_dict(self) -> dict[str, Any]:
        """Return it as JSON: ``facets`` and ``via``."""
        return {"facets": list(self.facets), "via": [item.as_dict() for item in self.via]}


@dataclass(frozen=True)
class Contribution:
    """What one item adds to the likeness of two roles, and how each of them has it."""

    item: Named
    value: float
    holdings: tuple[Holding, Holding]

    def as_dict(self) -> dict[str, Any]:
        """Return it as JSON: the item with ``contribution``, ``role`` and ``other``."""
        role, other = (holding.as_dict() for holding in self.holdings)
        return {**self.item.as_dict(), "contribution": self.value, "role": role, "other": other}


@dataclass(frozen=True)
class Similar:
    """A role that is like another one: ``score`` is from 0 to 1 and the sum of its contributions and ``rest``.

    ``rest`` is what the items add that are not listed, ``unlisted`` their number. ``apart`` tells that there is none of it, since the
    two cannot be compared item by item: see :func:`rolegraph.equivalence.apart`.
    """

    role: Named
    score: float
    contributions: tuple[Contribution, ...]
    rest: float
    unlisted: int
    apart: bool = False

    def as_dict(self) -> dict[str, Any]:
        """Return it as JSON: the role with ``score``, ``contributions``, ``rest`` and ``unlisted``."""
        listed = [one.as_dict() for one in self.contributions]
        found = {**self.role.as_dict(), "score": None if self.apart else self.score, "contributions": listed}
        found |= {"rest": self.rest, "unlisted": self.unlisted}
        return {**found, "notComparable": equivalence.APART} if self.apart else found


@dataclass(frozen=True)
class Similarity:
    """The roles most like a role, the most alike first; ``scope`` is the source that the others were chosen from, or None.

    ``hindrance`` says why there are none, where the role cannot be compared with any of them.
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
        """Return it as JSON: ``role``, ``source`` and ``similar``."""
        scope = self.scope.as_dict() if self.scope else None
        found = {"role": self.role.as_dict(), "source": scope, "similar": [one.as_dict() for one in self.similar]}
        return {**found, "notComparable": self.hindrance} if self.hindrance else found

    def table(self) -> list[list[str]]:
        """Return a header and a row for each contribution, and one for the rest: the CSV form."""
        header = ["role", "other", "other_label", "score", "item", "label", "contribution"]
        rows = [[*header, "role_facets", "other_facets", "role_via", "other_via"]]
        for one in self.similar:
            start = [self.role.iri, one.role.iri, one.role.label, f"{one.score:.6f}"]
            for part in one.contributions:
                facets = [" ".join(holding.facets) for holding in part.holdings]
                via = [" ".join(item.iri for item in holding.via) for holding in part.holdings]
                rows.append([*start, part.item.iri, part.item.label, f"{part.value:.6f}", *facets, *via])
            if one.unlisted:
                rows.append([*start, "", f"{one.unlisted} further items", f"{one.rest:.6f}", "", "", "", ""])
        return rows


def scores(index: Index, row: int) -> Figures:
    """Return how like a role each role is, from 0 to 1, by row."""
    vector = np.zeros(index.vectors.shape[1])
    start, end = index.vectors.indptr[row : row + 2]
    vector[index.vectors.indices[start:end]] = index.vectors.data[start:end]
    found: Figures = index.vectors @ vector
    return found


def pairs(index: Index) -> Figures:
    """Return how like each other all roles are, as a symmetric matrix."""
    count = index.vectors.shape[0]
    found, other = np.zeros((count, count)), index.vectors.T.tocsr()
    for start in range(0, count, CHUNK):
        found[start : start + CHUNK] = (index.vectors[start : start + CHUNK] @ other).toarray()
    return found


def similar(index: Index, row: int, among: Numbers | None, count: int, listed: int) -> tuple[Similar, ...]:
    """Return the roles most like a role, each with the items that add most; those that it cannot be compared with are left out.

    :param among: the rows to choose from; None is all
    :param listed: how many items are listed for each
    """
    found = scores(index, row)
    rows = np.arange(len(found)) if among is None else among
    rows = rows[(rows != row) & (found[rows] > 0)]
    nearest = rows[np.lexsort((rows, -np.round(found[rows], DIGITS)))]
    likely = (likeness(index, row, other, listed) for other in nearest.tolist())
    return tuple(islice((one for one in likely if not one.apart), count))


def likeness(index: Index, row: int, other: int, listed: int | None = None) -> Similar:
    """Return how like a role another one is, with the items that add most, or all of them."""
    if index.roles_apart([row, other]):
        return Similar(index.role(other), 0.0, (), 0.0, 0, apart=True)
    items, values = _products(index, row, other)
    order = np.lexsort((items, -values))
    shown = order if listed is None else order[:listed]
    own = [index.facets(one) for one in (row, other)]
    parts = []
    for place in shown.tolist():
        item = int(items[place])
        first, second = (_holding(index, facets, item) for facets in own)
        parts.append(Contribution(index.item(item), float(values[place]), (first, second)))
    rest = float(values[order[len(shown) :]].sum())
    score = sum(part.value for part in parts) + rest
    return Similar(index.role(other), score, tuple(parts), rest, len(order) - len(shown))


def _products(index: Index, row: int, other: int) -> tuple[Numbers, Figures]:
    """Return the items that two roles share in any way, and what each adds."""
    vectors = index.vectors
    one, two = (slice(vectors.indptr[place], vectors.indptr[place + 1]) for place in (row, other))
    items, left, right = np.intersect1d(vectors.indices[one], vectors.indices[two], assume_unique=True, return_indices=True)
    return items, vectors.data[one][left] * vectors.data[two][right]


def _holding(index: Index, facets: Mapping[int, tuple[str, ...]], item: int) -> Holding:
    if item in facets:
        return Holding(facets[item], ())
    return Holding((), tuple(index.item(one) for one in _below(index.items, facets, item)))


def _below(items: Items, had: Iterable[int], item: int) -> list[int]:
    """Return which of some items stand nearest below an item, all at the same number of steps: through these it is had."""
    steps = {one: found[item] for one in had if item in (found := items.ancestors(one))}
    nearest = min(steps.values(), default=0)
    return sorted(one for one, step in steps.items() if step == nearest)
