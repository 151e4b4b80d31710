"""What a role needs that somebody has, nearly has, or has to learn."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from rolegraph import equivalence
from rolegraph.analysis import comparable, weights
from rolegraph.analysis.facts import Numbers
from rolegraph.analysis.index import Index
from rolegraph.values import Named

COVERED, NEARLY, MISSING, UNKNOWN = "covered", "nearly covered", "missing", "not comparable"
STATUSES = (COVERED, NEARLY, MISSING, UNKNOWN)


@dataclass(frozen=True)
class Need:
    """One item that a role needs, and whether it is there.

    ``worth`` is 1 for what is covered, 0 for what is missing, and between for what is nearly covered: then ``relation`` says what
    the item that is there (``via``) is to the one that is needed, and ``through`` which concept two siblings share. A degree is also
    covered by a ``higher`` one, or by another one that is asked for instead (``alternative``). Where nothing can be compared, whether
    it is there is not known, and ``worth`` is None.
    """

    item: Named
    facets: tuple[str, ...]
    essential: bool
    weight: float
    status: str
    worth: float | None
    relation: str = ""
    via: Named | None = None
    through: Named | None = None

    def as_dict(self) -> dict[str, Any]:
        """Return it as JSON."""
        found = {**self.item.as_dict(), "status": self.status, "essential": self.essential, "facets": list(self.facets)}
        found |= {"weight": self.weight, "worth": self.worth, "relation": self.relation or None}
        found["via"] = self.via.as_dict() if self.via else None
        found["through"] = self.through.as_dict() if self.through else None
        return found


@dataclass(frozen=True)
class Gap:
    """The needs of a role: essential ones first, then by weight. ``origin`` is the role that somebody comes from; None for a profile.

    ``share`` is what is there of all that is needed, by weight; ``fit`` also minds how much of what is there the role makes use of,
    and is what roles are ranked by. ``hindrance`` says why nothing can be compared, if so: then there is neither a share nor a fit.
    """

    target: Named
    needs: tuple[Need, ...]
    share: float | None
    origin: Named | None = None
    fit: float | None = None
    hindrance: str = ""

    @property
    def roles(self) -> tuple[Named, ...]:
        """The roles that it is about."""
        return (self.origin, self.target) if self.origin else (self.target,)

    def of(self, status: str) -> tuple[Need, ...]:
        """Return the needs of a status."""
        return tuple(need for need in self.needs if need.status == status)

    @property
    def essential(self) -> tuple[int, int]:
        """How many of the essential needs are covered, and how many there are."""
        essential = [need for need in self.needs if need.essential]
        return sum(need.status == COVERED for need in essential), len(essential)

    def as_dict(self) -> dict[str, Any]:
        """Return it as JSON."""
        covered, count = self.essential
        found: dict[str, Any] = {"to": self.target.as_dict(), "share": self.share}
        if self.origin:
            found = {"from": self.origin.as_dict(), **found}
        if self.fit is not None:
            found["fit"] = self.fit
        if self.hindrance:
            found["notComparable"] = self.hindrance
        essential = {"covered": None if self.hindrance else covered, "of": count}
        return {**found, "essential": essential, "needs": [need.as_dict() for need in self.needs]}

    def table(self) -> list[list[str]]:
        """Return a header and a row for each need: the CSV form."""
        return [HEADER, *self.rows()]

    def rows(self) -> list[list[str]]:
        """Return a row for each need."""
        figures = ["" if figure is None else f"{figure:.6f}" for figure in (self.share, self.fit)]
        start = [self.target.iri, self.target.label, *figures]
        return [
            [
                *start,
                need.status,
                "essential" if need.essential else "optional",
                need.item.iri,
                need.item.label,
                " ".join(need.facets),
                f"{need.weight:.6f}",
                "" if need.worth is None else f"{need.worth:g}",
                need.relation,
                need.via.iri if need.via else "",
                need.through.iri if need.through else "",
            ]
            for need in self.needs
        ]


HEADER = ["to", "to_label", "share", "fit", "status", "necessity", "item", "label", "facets", "weight", "worth"]
HEADER += ["relation", "via", "through"]


class HeldItems:
    """What somebody has: items by number, and what these come near to."""

    def __init__(self, index: Index, had: Iterable[int]) -> None:
        self.index = index
        self.had = frozenset(had)
        self.near = index.items.near(sorted(self.had))
        self._level = max((index.items.levels[item] for item in self.had if item in index.items.levels), default=0)

    def judge(self, row: int, origin: int | None = None, fit: float | None = None) -> Gap:
        """Return what of a role's needs is there.

        :param origin: the row of the role that somebody comes from; None for a profile
        """
        index, weight = self.index, self.index.learnable(row)
        necessary, alternatives = set(index.essential_items(row)), self._alternatives(row)
        stated, needs = index.facets(row), []
        for item in sorted(weight, key=lambda one: (one not in necessary, -weight[one], one)):
            facets = tuple(name for name in stated[item] if name in weights.LEARNT)
            status, worth, relation, via, through = self._found(item, alternatives)
            named = [None if one is None else index.item(one) for one in (via, through)]
            needs.append(Need(index.item(item), facets, item in necessary, weight[item], status, worth, relation, *named))
        come_from = None if origin is None else index.role(origin)
        total, there = sum(weight.values()), sum(need.weight * (need.worth or 0.0) for need in needs)
        bare = there <= equivalence.FEW * total and not any(need.status == COVERED for need in needs)
        hindrance = self._hindrance(row, origin) if bare else ""
        if hindrance:
            unknown = tuple(replace(need, status=UNKNOWN, worth=None) for need in needs)
            return Gap(index.role(row), unknown, None, come_from, None, hindrance)
        return Gap(index.role(row), tuple(needs), there / total, come_from, fit)

    def _hindrance(self, row: int, origin: int | None) -> str:
        """Return why what is there cannot be compared with what a role needs."""
        if origin is not None:
            return comparable.hindrance(self.index, origin, row)
        needs = self.index.stated(row, weights.LEARNT)
        if not needs:
            return comparable.NEEDLESS
        own = {self.index.items.places[item] for item in self.had}
        return equivalence.APART if self.index.apart({"had": own, "needed": needs}) else ""

    def worths(self) -> tuple[Numbers, np.ndarray[Any, np.dtype[np.float64]]]:
        """Return the items that are there or nearly there, by number, and what they are worth; degrees by their levels too."""
        found = {item: near.worth for item, near in self.near.items()} | dict.fromkeys(self.had, 1.0)
        found |= {degree: 1.0 for degree, level in self.index.items.levels.items() if level <= self._level}
        return np.array(list(found), dtype=np.int32), np.array(list(found.values()))

    def _found(self, item: int, alternatives: Mapping[int, int]) -> tuple[str, float, str, int | None, int | None]:
        if item in self.had:
            return COVERED, 1.0, "same", item, None
        levels = self.index.items.levels
        if item in levels and levels[item] <= self._level:
            higher = min(one for one in self.had if levels.get(one) == self._level)
            return COVERED, 1.0, "higher", higher, None
        if item in alternatives:
            return COVERED, 1.0, "alternative", alternatives[item], None
        near = self.near.get(item)
        if near:
            return NEARLY, near.worth, near.relation, near.via, near.through
        return MISSING, 0.0, "", None, None

    def _alternatives(self, row: int) -> dict[int, int]:
        """Return the degrees of a role instead of which another one is asked for that is there; of several, any is enough."""
        levels, found = self.index.items.levels, dict[int, int]()
        for degrees in self.index.degrees(row).values():
            there = [one for one in degrees if one in self.had or levels.get(one, self._level + 1) <= self._level]
            if there:
                found.update((one, min(there)) for one in degrees if one not in there)
        return found


def best(index: Index, possession: HeldItems, among: Numbers | None, count: int) -> list[tuple[int, float]]:
    """Return the rows of the roles that somebody fits best, with how well, from 0 to 1.

    The fit is the harmonic mean of two shares: of what the role needs that is there, and of what is there that the role needs; both by
    weight. The second alone ignores what is missing, and the first alone puts roles first that need hardly anything.
    """
    items, worth = possession.worths()
    there = np.zeros(len(index.items))
    there[items] = worth
    given = np.zeros(len(index.items))
    own = np.array(sorted(possession.had), dtype=np.int32)
    given[own] = index.idf[own]
    total = given.sum()
    share = np.divide(index.needs @ there, index.totals, out=np.zeros_like(index.totals), where=index.totals > 0)
    for row in index.choices:  # a degree that is as good as another one counts for one role, not for all
        share[row] = possession.judge(row).share or 0.0
    used = (index.needed @ given) / total if total else np.zeros_like(share)
    fit = np.divide(2 * share * used, share + used, out=np.zeros_like(share), where=share + used > 0)
    rows = np.arange(len(fit)) if among is None else among
    rows = rows[fit[rows] > 0]
    chosen = rows[np.lexsort((rows, -fit[rows]))][:count]
    return [(int(row), float(fit[row])) for row in chosen]


def between(index: Index, origin: int, target: int) -> Gap:
    """Return what of a role's needs somebody brings along who comes from another role."""
    return HeldItems(index, index.items_of(origin)).judge(target, origin)
