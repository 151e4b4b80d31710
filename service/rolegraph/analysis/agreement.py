"""Agreement of sources on a role: claims that several share, that only one makes, and that contradict each other."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rolegraph import nearness, terms
from rolegraph.analysis.closeness import REVIEWED, Closeness
from rolegraph.analysis.index import Index
from rolegraph.analysis.items import matches
from rolegraph.equivalence import APART
from rolegraph.values import Named

NEAR = (nearness.SAME_NAME, "close", "narrower", nearness.PROPOSED, "broader")
NECESSITY, LOWEST = "necessity", "lowest degree"
_OPPOSITE = {"essentialSkill": "optionalSkill", "optionalSkill": "essentialSkill"}


@dataclass(frozen=True)
class Claim:
    """A statement of a source that a role has an item, by the facet (property)."""

    role: Named
    facet: str
    source: Named

    def as_dict(self) -> dict[str, Any]:
        """Return a JSON object: IRIs and the name of the facet."""
        return {"role": self.role.iri, "facet": self.facet, "source": self.source.iri}


@dataclass(frozen=True)
class SupportedItem:
    """An item of a section, with all claims that support it."""

    section: str
    item: Named
    claims: tuple[Claim, ...]

    @property
    def sources(self) -> tuple[Named, ...]:
        """The sources of the claims, each once, sorted by IRI."""
        sources = {claim.source.iri: claim.source for claim in self.claims}
        return tuple(sources[iri] for iri in sorted(sources))

    @property
    def grouped(self) -> list[tuple[tuple[Named, str], list[Claim]]]:
        """The claims by role and facet."""
        groups: dict[tuple[Named, str], list[Claim]] = {}
        for claim in self.claims:
            groups.setdefault((claim.role, claim.facet), []).append(claim)
        return list(groups.items())

    def as_dict(self) -> dict[str, Any]:
        """Return the value as a JSON object."""
        return {"section": self.section, **self.item.as_dict(), "claims": [claim.as_dict() for claim in self.claims]}


@dataclass(frozen=True)
class Contradiction:
    """Claims of several sources that cannot all hold: ``kind`` is ``necessity`` (essential or optional) or ``lowest degree``."""

    kind: str
    said: tuple[SupportedItem, ...]

    def as_dict(self) -> dict[str, Any]:
        """Return the value as a JSON object."""
        return {"kind": self.kind, "items": [item.as_dict() for item in self.said]}


@dataclass(frozen=True)
class NearPair:
    """Two items of different sources, ``near`` being near to ``item``: ``relation`` is a key of :data:`nearness.REASONS`.

    ``confidence`` is that of a proposed match, else None.
    """

    item: SupportedItem
    near: SupportedItem
    relation: str
    confidence: float | None = None

    def as_dict(self) -> dict[str, Any]:
        """Return the value as a JSON object."""
        reason = {"relation": self.relation, "reason": nearness.REASONS[self.relation]}
        figure = {} if self.confidence is None else {"confidence": self.confidence}
        return {"item": self.item.as_dict(), "near": self.near.as_dict(), **reason, **figure}


@dataclass(frozen=True)
class Agreement:
    """The items that sources state about a role.

    ``shared`` are the items that at least two sources name in a section, those of most sources first; ``alone`` are those of one
    source, and ``near`` pairs of these that are near to each other. ``matches`` are the roles treated as the same role, with the kind
    of match. ``apart`` are the pairs of sources that cannot be compared: see :func:`rolegraph.equivalence.apart`.
    """

    role: Named
    matches: tuple[tuple[Named, str], ...]
    sources: tuple[Named, ...]
    shared: tuple[SupportedItem, ...]
    alone: tuple[SupportedItem, ...]
    near: tuple[NearPair, ...]
    contradictions: tuple[Contradiction, ...]
    apart: tuple[tuple[Named, Named], ...] = ()

    @property
    def comparable(self) -> bool:
        """Whether any two of the sources can be compared. If not, an empty ``shared`` means nothing."""
        return len(self.apart) < len(self.sources) * (len(self.sources) - 1) // 2

    def contradicting(self, kind: str) -> list[SupportedItem]:
        """Return the items of the contradictions of a kind."""
        return [item for contradiction in self.contradictions if contradiction.kind == kind for item in contradiction.said]

    def as_dict(self) -> dict[str, Any]:
        """Return the value as a JSON object."""
        return {
            "role": self.role.as_dict(),
            "matches": [{**role.as_dict(), "match": kind} for role, kind in self.matches],
            "sources": [source.as_dict() for source in self.sources],
            "notComparable": [{"sources": [source.iri, other.iri], "reason": APART} for source, other in self.apart],
            "shared": [item.as_dict() for item in self.shared],
            "alone": [item.as_dict() for item in self.alone],
            "near": [pair.as_dict() for pair in self.near],
            "contradictions": [contradiction.as_dict() for contradiction in self.contradictions],
        }

    def table(self) -> list[list[str]]:
        """Return the rows of the CSV: a header, and one row per claim and finding."""
        rows = [["finding", "section", "item", "label", "role", "facet", "source"]]
        near = tuple(item for pair in self.near for item in (pair.item, pair.near))
        findings = [("shared", self.shared), ("alone", self.alone), ("near", near)]
        findings += [(conflict.kind, conflict.said) for conflict in self.contradictions]
        for finding, items in findings:
            for supported in items:
                start = [finding, supported.section, supported.item.iri, supported.item.label]
                rows += [[*start, claim.role.iri, claim.facet, claim.source.iri] for claim in supported.claims]
        return rows


def agreement_on(index: Index, row: int, *, with_matches: bool, closeness: Closeness = REVIEWED) -> Agreement:
    """Return the agreement of the sources on a role.

    :param row: the row of the role in the index
    :param with_matches: treat roles that are exact or close matches as the same role
    """
    facts, kinds = index.facts, dict[int, str]()
    if with_matches:
        kinds = matches(facts, int(facts.roles[row]), {"exact": facts.exact, "close": facts.close})
    others = sorted((index.rows[place], kind) for place, kind in kinds.items())
    section_of = {facet.name: facet.section for facet in terms.facets()}
    section_of["toolInDemand"] = section_of["tool"]  # a special case of it
    claims: dict[tuple[str, int], list[Claim]] = {}
    rows = (row, *(other for other, _ in others))
    for role_row in rows:
        role = index.role(role_row)
        for facet, item, source in index.claims(role_row):
            claims.setdefault((section_of[facet], item), []).append(Claim(role, facet, index.named(source)))
    supported = [SupportedItem(section, index.item(item), tuple(item_claims)) for (section, item), item_claims in claims.items()]
    sections = list(terms.sections())
    supported.sort(key=lambda entry: (-len(entry.sources), sections.index(entry.section), entry.item.label.lower(), entry.item.iri))
    sources = {source.iri: source for entry in supported for source in entry.sources}
    places = _places_by_source(index, rows)
    apart = tuple((sources[iri], sources[other]) for iri, other in index.apart({iri: places[iri] for iri in sorted(sources)}))
    return Agreement(
        index.role(row),
        tuple((index.role(other), kind) for other, kind in others),
        tuple(sources[iri] for iri in sorted(sources)),
        tuple(entry for entry in supported if len(entry.sources) > 1),
        tuple(entry for entry in supported if len(entry.sources) == 1),
        tuple(_near(index, supported, closeness)),
        (*_necessity(supported), *_lowest(supported, _levels(index))),
        apart,
    )


def _near(index: Index, supported: Sequence[SupportedItem], closeness: Closeness) -> Iterator[NearPair]:
    """Yield the pairs of items of two sources that are near to each other, each once."""
    alone: dict[int, list[SupportedItem]] = {}
    for entry in supported:
        if len(entry.sources) == 1:
            place = index.facts.places[entry.item.iri]
            alone.setdefault(int(index.items.item_of[place]), []).append(entry)
    if len({entry.sources for entries in alone.values() for entry in entries}) < 2:
        return
    paired = set[frozenset[int]]()
    for item, entries in alone.items():
        for other, near in sorted(closeness.near(index, [item]).items()):
            pairs = [(one, its) for one in alone.get(other, ()) for its in entries if one.sources != its.sources]
            if near.relation in NEAR and pairs and frozenset((item, other)) not in paired:
                paired.add(frozenset((item, other)))
                yield from (NearPair(one, its, near.relation, near.confidence) for one, its in pairs)


def _places_by_source(index: Index, rows: Iterable[int]) -> dict[str, set[int]]:
    """Return the places of the concepts that each source states of some roles, by IRI of the source."""
    places: dict[str, set[int]] = {}
    for row in rows:
        for place, source in index.claimed(row):
            places.setdefault(index.facts.names[source], set()).add(place)
    return places


def _necessity(items: Sequence[SupportedItem]) -> list[Contradiction]:
    """Find the items that one source calls essential and another optional."""
    contradictions = []
    for supported in items:
        essential, optional = ({claim.source.iri for claim in supported.claims if claim.facet == facet} for facet in _OPPOSITE)
        if essential and optional and len(essential | optional) > 1:
            claims = tuple(claim for claim in supported.claims if claim.facet in _OPPOSITE)
            contradictions.append(Contradiction(NECESSITY, (SupportedItem(supported.section, supported.item, claims),)))
    return contradictions


def _lowest(items: Sequence[SupportedItem], levels: Mapping[str, int]) -> list[Contradiction]:
    """Find the lowest required degrees of the sources, if they differ."""
    required: dict[str, list[tuple[int, SupportedItem, Claim]]] = {}
    for supported in items:
        for claim in supported.claims:
            if claim.facet == "requiredDegree" and supported.item.iri in levels:
                required.setdefault(claim.source.iri, []).append((levels[supported.item.iri], supported, claim))
    lowest = [entry for entries in required.values() for entry in entries if entry[0] == min(level for level, _, _ in entries)]
    if len({level for level, _, _ in lowest}) < 2:
        return []
    by_item: dict[str, list[Claim]] = {}
    degrees = {supported.item.iri: supported.item for _, supported, _ in lowest}
    for _, supported, claim in sorted(lowest, key=lambda entry: entry[0]):
        by_item.setdefault(supported.item.iri, []).append(claim)
    return [Contradiction(LOWEST, tuple(SupportedItem("education", degrees[iri], tuple(claims)) for iri, claims in by_item.items()))]


def _levels(index: Index) -> dict[str, int]:
    return {index.item(item).iri: level for item, level in index.items.levels.items()}
