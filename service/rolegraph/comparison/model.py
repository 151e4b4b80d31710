"""The comparison of roles: sections, items and claims."""

from dataclasses import dataclass
from typing import Any, NamedTuple

from rolegraph import equivalence, nearness, terms
from rolegraph.values import Named, RequirementGroup, Source


class Claim(NamedTuple):
    """The statements of sources about one role and one item: ``facet`` is the name of the property, ``sources`` are sorted IRIs.

    ``proficiency`` pairs the label of a proficiency with the IRI of its source. ``names`` are the IRIs by which the sources name the
    item. ``groups`` are the requirement groups of these sources that contain the item: a source without one asks for the item itself.
    """

    role: str
    facet: str
    sources: tuple[str, ...]
    proficiency: tuple[tuple[str, str], ...] = ()
    names: tuple[str, ...] = ()
    groups: tuple[RequirementGroup, ...] = ()


class NearItem(NamedTuple):
    """An item that is near to another one, the roles that have it and not the other, and why: a key of :data:`nearness.REASONS`.

    ``section`` is where it stands, ``sources`` are the IRIs of those that state the match, if any does. Only a proposed match has a
    ``confidence``, from 0 to 1, and says why it is one.
    """

    item: Named
    section: str
    roles: tuple[str, ...]
    relation: str
    sources: tuple[str, ...] = ()
    confidence: float | None = None
    why: str = ""

    @property
    def text(self) -> str:
        """Why it is near, with the confidence of a proposed match."""
        reason = nearness.REASONS[self.relation]
        return reason if self.confidence is None else f"{reason}: {self.confidence:.0%} likely"

    def as_dict(self) -> dict[str, Any]:
        """Return the value as a JSON object."""
        figures = {} if self.confidence is None else {"confidence": self.confidence, "justification": self.why}
        return {
            **self.item.as_dict(),
            "section": self.section,
            "roles": list(self.roles),
            "relation": self.relation,
            "reason": nearness.REASONS[self.relation],
            "worth": nearness.WORTH[self.relation],
            "sources": list(self.sources),
            **figures,
        }


class Item(NamedTuple):
    """An item of a section, the claims about it, and its broader concepts.

    ``same`` are the IRIs of the item if the sources use several that skos:exactMatch links; those of Rolegraph come first. ``near`` are
    the items near to it that roles have which lack it, the nearest first.
    """

    iri: str
    label: str
    broader: tuple[Named, ...]
    claims: tuple[Claim, ...]
    same: tuple[str, ...] = ()
    near: tuple[NearItem, ...] = ()

    @property
    def roles(self) -> tuple[str, ...]:
        """The IRIs of the roles that have the item, in the order of the comparison."""
        return tuple(dict.fromkeys(claim.role for claim in self.claims))

    def of(self, role: str) -> tuple[Claim, ...]:
        """Return the claims about one role."""
        return tuple(claim for claim in self.claims if claim.role == role)


@dataclass(frozen=True)
class Section:
    """A section of a comparison: its items, those of the most roles first."""

    name: str
    label: str
    items: tuple[Item, ...]


RELATIONS = {
    "exactMatch": "is an exact match of",
    "closeMatch": "is a close match of",
    "broadMatch": "is narrower than",
    "narrowMatch": "is broader than",
    "relatedMatch": "is related to",
}
"""The properties of SKOS between roles, in words."""


class RoleMatch(NamedTuple):
    """A match between two of the roles: ``relation`` is the name of the SKOS property from ``role`` to ``other``."""

    role: str
    other: str
    relation: str
    sources: tuple[Named, ...]

    @property
    def text(self) -> str:
        """The relation in words, between the labels of the two roles."""
        return RELATIONS[self.relation]

    def as_dict(self) -> dict[str, Any]:
        """Return the value as a JSON object."""
        sources = [source.as_dict() for source in self.sources]
        return {"from": self.role, "to": self.other, "relation": self.relation, "sources": sources}


@dataclass(frozen=True)
class Comparison:
    """Two to eight roles side by side; ``sources`` are the sources of its claims.

    ``apart`` are the pairs of roles, by IRI, that cannot be compared item by item: see :func:`rolegraph.equivalence.apart`.
    ``groups`` are the requirement groups of the roles. ``near`` is which near items it has: one of :data:`nearness.MODES`.
    ``matches`` are what trusted sources state of the roles themselves.
    """

    roles: tuple[Named, ...]
    sections: tuple[Section, ...]
    sources: tuple[Source, ...]
    apart: tuple[tuple[str, str], ...] = ()
    groups: tuple[RequirementGroup, ...] = ()
    near: str = nearness.REVIEWED
    matches: tuple[RoleMatch, ...] = ()

    def spread(self, item: Item) -> str:
        """Return how many of the roles have an item: ``all``, ``some`` or ``one``."""
        having = 1 if len(item.claims) == 1 else len(item.roles)
        if having == len(self.roles):
            return "all"
        return "some" if having > 1 else "one"

    def closeness(self, item: Item) -> str | None:
        """Return whether several roles have an item (``same``), another has a near one (``near``), or neither (``different``).

        It is None where the role of the item cannot be compared with any other.
        """
        if self.spread(item) != "one":
            return "same"
        if item.near:
            return "near"
        role = item.roles[0]
        return "different" if sum(role in pair for pair in self.apart) < len(self.roles) - 1 else None

    def stated(self, section: Section, role: str) -> bool:
        """Return whether any source states an item of a role in a section."""
        return any(claim.role == role for item in section.items for claim in item.claims)

    def as_dict(self) -> dict[str, Any]:
        """Return a JSON object: roles, sources, pairs that cannot be compared, groups, and the items of each section with their claims."""
        return {
            "roles": [role.as_dict() for role in self.roles],
            "sources": [source.as_dict() for source in self.sources],
            "near": self.near,
            "matches": [match.as_dict() for match in self.matches],
            "notComparable": [{"roles": list(pair), "reason": equivalence.APART} for pair in self.apart],
            "groups": [group.as_dict() for group in self.groups],
            "sections": [self._section(section) for section in self.sections],
        }

    def table(self) -> list[list[str]]:
        """Return the rows of the CSV: a header, and one row per section, item, role and facet.

        Sources are separated by blanks, groups by semicolons.
        """
        header = ["section", "item", "label", "shared_by", "role", "role_label", "facet", "proficiency", "sources", "groups"]
        header += ["closeness", "near"]
        labels = {role.iri: role.label for role in self.roles}
        return [header] + [
            [
                section.name,
                item.iri,
                item.label,
                self.spread(item),
                claim.role,
                labels[claim.role],
                claim.facet,
                "; ".join(dict.fromkeys(label for label, _ in claim.proficiency)),
                " ".join(claim.sources),
                "; ".join(dict.fromkeys(group.text for group in claim.groups)),
                self.closeness(item) or "not comparable",
                "; ".join(f"{near.item.iri} ({near.text})" for near in item.near),
            ]
            for section in self.sections
            for item in section.items
            for claim in item.claims
        ]

    def _section(self, section: Section) -> dict[str, Any]:
        having = {claim.role for item in section.items for claim in item.claims}
        return {
            "name": section.name,
            "label": section.label,
            "notStated": [role.iri for role in self.roles if role.iri not in having],
            "items": [self._item(item) for item in section.items],
        }

    def _item(self, item: Item) -> dict[str, Any]:
        members: dict[str, Any] = {"id": item.iri, "curie": terms.shorten(item.iri), "label": item.label}
        if item.same:
            members["same"] = list(item.same)
        members["sharedBy"] = self.spread(item)
        members["closeness"] = self.closeness(item)
        if item.near:
            members["near"] = [near.as_dict() for near in item.near]
        members["broader"] = [concept.as_dict() for concept in item.broader]
        members["claims"] = [_claim_as_dict(claim, named=bool(item.same)) for claim in item.claims]
        return members


def _claim_as_dict(claim: Claim, *, named: bool) -> dict[str, Any]:
    """Return a claim as JSON, with the names of its item if there are several."""
    members: dict[str, Any] = {"role": claim.role, "facet": claim.facet}
    if named:
        members["names"] = list(claim.names)
    members["sources"] = list(claim.sources)
    members["proficiency"] = [{"label": label, "source": source} for label, source in claim.proficiency]
    if claim.groups:
        members["groups"] = [group.iri for group in claim.groups]
    return members
