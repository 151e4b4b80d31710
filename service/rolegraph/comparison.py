"""The comparison of roles: rows of a query turned into sections, items and claims."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rolegraph import terms
from rolegraph.things import Named, Row


@dataclass(frozen=True)
class Claim:
    """What sources say of one role and one item: ``facet`` is the property, by name; ``sources`` are IRIs, sorted.

    ``proficiency`` pairs the label of a proficiency with the IRI of the source that names it.
    """

    role: str
    facet: str
    sources: tuple[str, ...]
    proficiency: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Item:
    """One item of a section and the claims about it; ``broader`` are the concepts above it."""

    iri: str
    label: str
    broader: tuple[Named, ...]
    claims: tuple[Claim, ...]

    @property
    def roles(self) -> tuple[str, ...]:
        """The IRIs of the roles that have the item, in the order of the comparison."""
        return tuple(dict.fromkeys(claim.role for claim in self.claims))

    def of(self, role: str) -> tuple[Claim, ...]:
        """Return the claims about one role."""
        return tuple(claim for claim in self.claims if claim.role == role)


@dataclass(frozen=True)
class Section:
    """One section of a comparison: its items, those of the most roles first."""

    name: str
    label: str
    items: tuple[Item, ...]


@dataclass(frozen=True)
class Comparison:
    """Two to eight roles side by side; ``sources`` are those that say anything in it."""

    roles: tuple[Named, ...]
    sections: tuple[Section, ...]
    sources: tuple[Named, ...]

    def spread(self, item: Item) -> str:
        """Tell how the roles share an item: ``all`` of them, ``some``, or just ``one``."""
        if len(item.roles) == len(self.roles):
            return "all"
        return "some" if len(item.roles) > 1 else "one"

    def stated(self, section: Section, role: str) -> bool:
        """Tell whether any source says anything of a role in a section."""
        return any(claim.role == role for item in section.items for claim in item.claims)

    def as_dict(self) -> dict[str, Any]:
        """Return the comparison as JSON: roles, sources, and per section the items with their claims."""
        return {
            "roles": [role.as_dict() for role in self.roles],
            "sources": [source.as_dict() for source in self.sources],
            "sections": [
                {
                    "name": section.name,
                    "label": section.label,
                    "notStated": [role.iri for role in self.roles if not self.stated(section, role.iri)],
                    "items": [self._item(item) for item in section.items],
                }
                for section in self.sections
            ],
        }

    def table(self) -> list[list[str]]:
        """Return a header and a row per section, item, role and facet, sources separated by blanks: the CSV form."""
        header = ["section", "item", "label", "shared_by", "role", "role_label", "facet", "proficiency", "sources"]
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
            ]
            for section in self.sections
            for item in section.items
            for claim in item.claims
        ]

    def _item(self, item: Item) -> dict[str, Any]:
        return {
            "id": item.iri,
            "curie": terms.shorten(item.iri),
            "label": item.label,
            "sharedBy": self.spread(item),
            "broader": [above.as_dict() for above in item.broader],
            "claims": [
                {
                    "role": claim.role,
                    "facet": claim.facet,
                    "sources": list(claim.sources),
                    "proficiency": [{"label": label, "source": source} for label, source in claim.proficiency],
                }
                for claim in item.claims
            ],
        }


def build(roles: Sequence[Named], rows: Iterable[Row], levels: Iterable[Row], sources: Mapping[str, Named]) -> Comparison:
    """Arrange the rows of the queries ``compare`` and ``proficiency``.

    :param roles: in the order in which they are to stand
    :param rows: ``role``, ``facet``, ``item``, ``label``, ``broader``, ``broaderLabel``, ``source``
    :param levels: ``role``, ``section``, ``item``, ``proficiencyLabel``, ``source``
    :param sources: the label of each source by its IRI
    """
    order = {role.iri: place for place, role in enumerate(roles)}
    found = [row for row in rows if row["role"].value in order]
    proficiency = _proficiency(levels)
    sections = []
    for name in terms.SECTIONS:
        facets = {facet.property: facet for facet in terms.FACETS if facet.section == name}
        items = _items([row for row in found if row["facet"].value in facets], facets, order, proficiency)
        ranked = sorted(items, key=lambda item: (-len(item.roles), item.roles and order[item.roles[0]], item.label.lower(), item.iri))
        sections.append(Section(name, name.capitalize(), tuple(ranked)))
    speaking = sorted({row["source"].value for row in found})
    return Comparison(tuple(roles), tuple(sections), tuple(sources.get(iri, Named(iri, terms.slug_of(iri))) for iri in speaking))


def _proficiency(levels: Iterable[Row]) -> dict[tuple[str, str, str], set[tuple[str, str]]]:
    """Group by role, item and section the pairs of proficiency and source."""
    found: dict[tuple[str, str, str], set[tuple[str, str]]] = {}
    for row in levels:
        key = (row["role"].value, row["item"].value, terms.slug_of(row["section"].value))
        found.setdefault(key, set()).add((row["proficiencyLabel"].value, row["source"].value))
    return found


def _items(
    rows: Sequence[Row],
    facets: Mapping[str, terms.Facet],
    order: Mapping[str, int],
    proficiency: Mapping[tuple[str, str, str], set[tuple[str, str]]],
) -> list[Item]:
    by_item: dict[str, list[Row]] = {}
    for row in rows:
        by_item.setdefault(row["item"].value, []).append(row)
    places, items = list(facets), []
    for iri, own in by_item.items():
        said: dict[tuple[int, int, str, str], set[str]] = {}
        for row in own:
            role, property_ = row["role"].value, row["facet"].value
            said.setdefault((order[role], places.index(property_), role, property_), set()).add(row["source"].value)
        claims = []
        for (_, _, role, property_), sources in sorted(said.items()):
            facet = facets[property_]
            told = {pair for pair in proficiency.get((role, iri, facet.section), ()) if pair[1] in sources}
            claims.append(Claim(role, facet.name, tuple(sorted(sources)), tuple(sorted(told))))
        broader = {row["broader"].value: row["broaderLabel"].value for row in own if "broaderLabel" in row}
        above = tuple(Named(*pair) for pair in sorted(broader.items(), key=lambda pair: (pair[1], pair[0])))
        label = own[0]["label"].value if "label" in own[0] else terms.shorten(iri)
        items.append(Item(iri, label, above, tuple(claims)))
    return items
