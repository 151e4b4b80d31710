"""Gaps: which needs of a role are covered, nearly covered or missing."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from rolegraph import equivalence, nearness
from rolegraph.analysis import comparable, weights
from rolegraph.analysis.closeness import REVIEWED, Closeness
from rolegraph.analysis.facts import Numbers
from rolegraph.analysis.held import COVERED, UNKNOWN, Essentials, Held
from rolegraph.analysis.index import Index
from rolegraph.values import Named


@dataclass(frozen=True)
class Need:
    """An item that a role needs, and whether it is covered.

    ``worth`` is 1 for a covered item, 0 for a missing one, and in between for a nearly covered one. Then ``relation`` is the relation
    of the held item (``via``) to the needed one, and ``through`` the broader concept of two siblings. A degree is also covered by a
    ``higher`` one, or by another degree that the same source accepts (``alternative``). If the roles cannot be compared, ``worth`` is
    None. ``confidence`` is that of a proposed match.
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
    confidence: float | None = None

    def as_dict(self) -> dict[str, Any]:
        """Return the value as a JSON object."""
        document = {**self.item.as_dict(), "status": self.status, "essential": self.essential, "facets": list(self.facets)}
        document |= {"weight": self.weight, "worth": self.worth, "relation": self.relation or None}
        document["via"] = self.via.as_dict() if self.via else None
        document["through"] = self.through.as_dict() if self.through else None
        return document if self.confidence is None else {**document, "confidence": self.confidence}


@dataclass(frozen=True)
class Gap:
    """The needs of a role, essential ones first, then by weight. ``origin`` is the role to start from, None for a profile.

    ``share`` is the covered part of the needs by weight, from 0 to 1. ``fit``, by which roles are ranked, also accounts for how much
    of the held items the role uses. ``hindrance`` is the reason why nothing can be compared; then ``share`` and ``fit`` are None.
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
        """Return the needs that have a status."""
        return tuple(need for need in self.needs if need.status == status)

    @property
    def essentials(self) -> Essentials:
        """How many of the essential needs are covered."""
        return Essentials.of([need.status for need in self.needs if need.essential])

    def as_dict(self) -> dict[str, Any]:
        """Return the value as a JSON object."""
        document: dict[str, Any] = {"to": self.target.as_dict(), "essentials": self.essentials.as_dict(), "share": self.share}
        if self.origin:
            document = {"from": self.origin.as_dict(), **document}
        if self.fit is not None:
            document["fit"] = self.fit
        if self.hindrance:
            document["notComparable"] = self.hindrance
        return {**document, "needs": [need.as_dict() for need in self.needs]}

    def table(self) -> list[list[str]]:
        """Return the rows of the CSV: a header, and one row per need."""
        return [HEADER, *self.rows()]

    def rows(self) -> list[list[str]]:
        """Return one row per need, without the header."""
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


class HeldItems(Held):
    """A set of held items, and what they cover of the needs of a role."""

    def gap_to(self, row: int, origin: int | None = None, fit: float | None = None) -> Gap:
        """Return how the held items cover the needs of a role.

        :param row: row of the role
        :param origin: row of the role to start from; None for a profile
        :param fit: the fit of a profile, see :func:`best`
        """
        index, weight = self.index, self.index.learnable(row)
        necessary, alternatives = set(index.essential_items(row)), self.alternatives(row)
        stated, needs = index.facets(row), []
        for item in sorted(weight, key=lambda item: (item not in necessary, -weight[item], item)):
            facets = tuple(name for name in stated[item] if name in weights.LEARNT)
            status, worth, relation, via, through = self.status(item, alternatives)
            held, parent = (None if number is None else index.item(number) for number in (via, through))
            confidence = self.near[item].confidence if relation == nearness.PROPOSED else None
            needs.append(Need(index.item(item), facets, item in necessary, weight[item], status, worth, relation, held, parent, confidence))
        origin_role = None if origin is None else index.role(origin)
        total, covered = sum(weight.values()), sum(need.weight * (need.worth or 0.0) for need in needs)
        named_same = () if origin is not None else (nearness.SAME_NAME,)  # of few texts, one is enough
        bare = covered <= equivalence.FEW * total and not any(need.status == COVERED or need.relation in named_same for need in needs)
        hindrance = self._hindrance(row, origin) if bare else ""
        if hindrance:
            unknown = tuple(replace(need, status=UNKNOWN, worth=None) for need in needs)
            return Gap(index.role(row), unknown, None, origin_role, None, hindrance)
        return Gap(index.role(row), tuple(needs), covered / total, origin_role, fit)

    def _hindrance(self, row: int, origin: int | None) -> str:
        """Return why the held items cannot be compared with the needs of a role; empty if they can."""
        if origin is not None:
            return comparable.hindrance(self.index, origin, row)
        needs = self.index.stated(row, weights.LEARNT)
        if not needs:
            return comparable.NEEDLESS
        held = {int(self.index.items.places[item]) for item in self.items}
        return equivalence.APART if self.index.apart({"had": held, "needed": needs}) else ""


def best(index: Index, held: HeldItems, among: Numbers | None, count: int) -> list[tuple[int, float]]:
    """Return the rows of the roles that the held items fit best, each with its fit from 0 to 1, the best first.

    The fit is the harmonic mean of two shares by weight: of the needs that are covered (recall), and of the held items that the role
    needs (precision). Precision alone ignores what is missing; recall alone ranks roles first that need hardly anything.

    :param among: rows to choose from (int32); None is all roles
    :param count: most roles to return
    """
    items, worth = held.worths()
    worth_of = np.zeros(len(index.items))
    worth_of[items] = worth
    idf = np.zeros(len(index.items))
    numbers = np.array(sorted(held.items), dtype=np.int32)
    idf[numbers] = index.idf[numbers]
    total = idf.sum()
    for item, named in held.namesakes.items():
        idf[item] = max(idf[item], weights.SAME_NAME * index.idf[named])  # a role that needs either uses what is held
    share = np.divide(index.needs @ worth_of, index.totals, out=np.zeros_like(index.totals), where=index.totals > 0)
    for row in index.choices:  # where a source accepts one of several degrees, that depends on the role
        share[row] = held.gap_to(row).share or 0.0
    used = np.minimum((index.needed @ idf) / total, 1.0) if total else np.zeros_like(share)
    fit = np.divide(2 * share * used, share + used, out=np.zeros_like(share), where=share + used > 0)
    rows = np.arange(len(fit)) if among is None else among
    rows = rows[fit[rows] > 0]
    chosen = rows[np.lexsort((rows, -fit[rows]))][:count]
    return [(int(row), float(fit[row])) for row in chosen]


def between(index: Index, origin: int, target: int, closeness: Closeness = REVIEWED) -> Gap:
    """Return how the items of the role ``origin`` cover the needs of the role ``target``, both by row."""
    return HeldItems(index, index.items_of(origin), closeness=closeness).gap_to(target, origin)
