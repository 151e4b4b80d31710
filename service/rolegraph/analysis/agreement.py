"""What sources say of a role: which claims several of them share, which one makes alone, and where they contradict each other."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rolegraph import terms
from rolegraph.analysis.index import Index
from rolegraph.analysis.items import matches
from rolegraph.equivalence import APART
from rolegraph.values import Named

NECESSITY, LOWEST = "necessity", "lowest degree"
_OPPOSITE = {"essentialSkill": "optionalSkill", "optionalSkill": "essentialSkill"}


@dataclass(frozen=True)
class Claim:
    """That a source says of a role that it has an item, by a facet."""

    role: Named
    facet: str
    source: Named

    def as_dict(self) -> dict[str, Any]:
        """Return it as JSON: IRIs and the name of the facet."""
        return {"role": self.role.iri, "facet": self.facet, "source": self.source.iri}


@dataclass(frozen=True)
class SupportedItem:
    """An item of a section, with all claims that make it one."""

    section: str
    item: Named
    claims: tuple[Claim, ...]

    @property
    def sources(self) -> tuple[Named, ...]:
        """The sources that name the item, each once, by IRI."""
        found = {claim.source.iri: claim.source for claim in self.claims}
        return tuple(found[iri] for iri in sorted(found))

    @property
    def grouped(self) -> list[tuple[tuple[Named, str], list[Claim]]]:
        """The claims by role and facet."""
        found: dict[tuple[Named, str], list[Claim]] = {}
        for claim in self.claims:
            found.setdefault((claim.role, claim.facet), []).append(claim)
        return list(found.items())

    def as_dict(self) -> dict[str, Any]:
        """Return it as JSON."""
        return {"section": self.section, **self.item.as_dict(), "claims": [claim.as_dict() for claim in self.claims]}


@dataclass(frozen=True)
class Contradiction:
    """Claims of several sources that cannot all hold: ``kind`` is ``necessity`` (essential or optional) or ``lowest degree``."""

    kind: str
    said: tuple[SupportedItem, ...]

    def as_dict(self) -> dict[str, Any]:
        """Return it as JSON."""
        return {"kind": self.kind, "items": [one.as_dict() for one in self.said]}


@dataclass(frozen=True)
class Agreement:
    """``shared`` are the items that at least two sources name in a section, those of most sources first; ``alone`` those of one.

    ``matches`` are the roles that were taken for the same as ``role``, with the kind of match. ``apart`` are the pairs of sources that
    cannot be compared: see :func:`rolegraph.equivalence.apart`.
    """

    role: Named
    matches: tuple[tuple[Named, str], ...]
    sources: tuple[Named, ...]
    shared: tuple[SupportedItem, ...]
    alone: tuple[SupportedItem, ...]
    contradictions: tuple[Contradiction, ...]
    apart: tuple[tuple[Named, Named], ...] = ()

    @property
    def comparable(self) -> bool:
        """Whether any two of the sources can be compared: if not, that they share nothing tells nothing."""
        return len(self.apart) < len(self.sources) * (len(self.sources) - 1) // 2

    def contradicting(self, kind: str) -> list[SupportedItem]:
        """Return the items of the contradictions of a kind."""
        return [said for one in self.contradictions if one.kind == kind for said in one.said]

    def as_dict(self) -> dict[str, Any]:
        """Return it as JSON."""
        return {
            "role": self.role.as_dict(),
            "matches": [{**role.as_dict(), "match": kind} for role, kind in self.matches],
            "sources": [source.as_dict() for source in self.sources],
            "notComparable": [{"sources": [one.iri, other.iri], "reason": APART} for one, other in self.apart],
            "shared": [one.as_dict() for one in self.shared],
            "alone": [one.as_dict() for one in self.alone],
            "contradictions": [one.as_dict() for one in self.contradictions],
        }

    def table(self) -> list[list[str]]:
        """Return a header and a row for each claim of each finding: the CSV form."""
        rows = [["finding", "section", "item", "label", "role", "facet", "source"]]
        findings = [("shared", self.shared), ("alone", self.alone), *((one.kind, one.said) for one in self.contradictions)]
        for finding, said in findings:
            for one in said:
                start = [finding, one.section, one.item.iri, one.item.label]
                rows += [[*start, claim.role.iri, claim.facet, claim.source.iri] for claim in one.claims]
        return rows


def of(index: Index, row: int, *, with_matches: bool) -> Agreement:
    """Weigh what the sources say of a role.

    :param with_matches: take the roles that match it exactly or closely for the same role
    """
    facts, found = index.facts, dict[int, str]()
    if with_matches:
        found = matches(facts, int(facts.roles[row]), {"exact": facts.exact, "close": facts.close})
    others = sorted((index.rows[place], kind) for place, kind in found.items())
    section_of = {facet.name: facet.section for facet in terms.facets()}
    section_of["toolInDemand"] = section_of["tool"]  # of which it is a special case
    claims: dict[tuple[str, int], list[Claim]] = {}
    for one in (row, *(other for other, _ in others)):
        role = index.role(one)
        for facet, item, source in index.claims(one):
            claims.setdefault((section_of[facet], item), []).append(Claim(role, facet, index.named(source)))
    said = [SupportedItem(section, index.item(item), tuple(own)) for (section, item), own in claims.items()]
    sections = list(terms.sections())
    said.sort(key=lambda one: (-len(one.sources), sections.index(one.section), one.item.label.lower(), one.item.iri))
    sources = {source.iri: source for one in said for source in one.sources}
    named = _named(index, (row, *(other for other, _ in others)))
    apart = tuple((sources[one], sources[other]) for one, other in index.apart({iri: named[iri] for iri in sorted(sources)}))
    return Agreement(
        index.role(row),
        tuple((index.role(other), kind) for other, kind in others),
        tuple(sources[iri] for iri in sorted(sources)),
        tuple(one for one in said if len(one.sources) > 1),
        tuple(one for one in said if len(one.sources) == 1),
        (*_necessity(said), *_lowest(said, _levels(index))),
        apart,
    )


def _named(index: Index, rows: Iterable[int]) -> dict[str, set[int]]:
    """Return the places of what each source states of some roles, as it names it."""
    found: dict[str, set[int]] = {}
    for row in rows:
        for place, source in index.claimed(row):
            found.setdefault(index.facts.names[source], set()).add(place)
    return found


def _necessity(said: Sequence[SupportedItem]) -> list[Contradiction]:
    """Find the items that one source calls essential and another one optional."""
    found = []
    for one in said:
        essential, optional = ({claim.source.iri for claim in one.claims if claim.facet == facet} for facet in _OPPOSITE)
        if essential and optional and len(essential | optional) > 1:
            claims = tuple(claim for claim in one.claims if claim.facet in _OPPOSITE)
            found.append(Contradiction(NECESSITY, (SupportedItem(one.section, one.item, claims),)))
    return found


def _lowest(said: Sequence[SupportedItem], levels: Mapping[str, int]) -> list[Contradiction]:
    """Find out whether the sources differ in the lowest degree that they require."""
    required: dict[str, list[tuple[int, SupportedItem, Claim]]] = {}
    for one in said:
        for claim in one.claims:
            if claim.facet == "requiredDegree" and one.item.iri in levels:
                required.setdefault(claim.source.iri, []).append((levels[one.item.iri], one, claim))
    lowest = [entry for entries in required.values() for entry in entries if entry[0] == min(level for level, _, _ in entries)]
    if len({level for level, _, _ in lowest}) < 2:
        return []
    by_item: dict[str, list[Claim]] = {}
    items = {one.item.iri: one for _, one, _ in lowest}
    for _, one, claim in sorted(lowest, key=lambda entry: entry[0]):
        by_item.setdefault(one.item.iri, []).append(claim)
    return [Contradiction(LOWEST, tuple(SupportedItem("education", items[iri].item, tuple(claims)) for iri, claims in by_item.items()))]


def _levels(index: Index) -> dict[str, int]:
    return {index.item(item).iri: level for item, level in index.items.levels.items()}
