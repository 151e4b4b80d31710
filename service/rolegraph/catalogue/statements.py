"""What one source states, and how sure it is. Every IRI in a query here is that of a thing that was looked up before."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from rolegraph import terms
from rolegraph.catalogue import Catalogue
from rolegraph.engine import Engine
from rolegraph.queries import CannedQuery
from rolegraph.queries.internal import query
from rolegraph.values import Named, RequirementGroup, Row


@dataclass(frozen=True)
class Claims:
    """The claims of a statement by one property and one proficiency: ``role`` is empty where they are about all roles of the statement.

    ``heading`` is that of the property in a comparison; the old model names no property, then it is empty.
    """

    role: str
    heading: str
    items: tuple[Named, ...]
    proficiency: str


@dataclass(frozen=True)
class Statement:
    """One item of a source: ``fragment`` is the last part of its IRI; ``claims``, ``groups`` and ``notes`` are what was taken from it."""

    iri: str
    fragment: str
    section: str
    position: int
    roles: tuple[Named, ...]
    claims: tuple[Claims, ...]
    groups: tuple[RequirementGroup, ...]
    notes: tuple[str, ...]
    fingerprint: str


def statements(engine: Engine, catalogue: Catalogue, source: str) -> list[Statement]:
    """Return the statements of a source, by section, role and position."""
    rows = engine.rows(query("statements-of-source").bind({"source": source}))
    names = ("role", "subject", "item", "proficiency", "example")
    labels = catalogue.labels(sorted({row[name].value for row in rows for name in names if name in row}))
    by_statement: dict[str, list[Row]] = {}
    for row in rows:
        by_statement.setdefault(row["statement"].value, []).append(row)
    read = [_statement(iri, source, of_statement, labels) for iri, of_statement in by_statement.items()]
    return sorted(read, key=lambda statement: (statement.section, tuple(role.label for role in statement.roles), statement.position))


def _statement(iri: str, source: str, rows: list[Row], labels: dict[str, Named]) -> Statement:
    first, roles = rows[0], _named(rows, "role", labels)
    return Statement(
        iri=iri,
        fragment=iri.rpartition("#")[2],
        section=terms.slug_of(first["section"].value),
        position=int(first["position"].value),
        roles=roles,
        claims=_claims(rows, {role.iri for role in roles}, labels),
        groups=_groups(rows, source, labels),
        notes=tuple(sorted({row["note"].value for row in rows if "note" in row})),
        fingerprint=first["fingerprint"].value,
    )


def _claims(rows: list[Row], roles: set[str], labels: dict[str, Named]) -> tuple[Claims, ...]:
    subjects: dict[tuple[str, str, str], set[str]] = {}
    for row in rows:
        if "item" in row and "group" not in row:
            claim = (_text(row, "property"), row["item"].value, _text(row, "proficiency"))
            subjects.setdefault(claim, set()).update([row["subject"].value] if "subject" in row else roles)
    grouped: dict[tuple[str, str, str], list[str]] = {}
    for (property_, item, proficiency), of_claim in subjects.items():
        for subject in [""] if of_claim == roles else of_claim:
            grouped.setdefault((subject, property_, proficiency), []).append(item)
    return tuple(
        Claims(
            role=labels[subject].label if subject else "",
            heading=_heading(property_),
            items=_sorted(labels[item] for item in items),
            proficiency=labels[proficiency].label if proficiency else "",
        )
        for (subject, property_, proficiency), items in sorted(grouped.items(), key=lambda pair: (pair[0][0], _place(pair[0][1]), pair[0]))
    )


def _groups(rows: list[Row], source: str, labels: dict[str, Named]) -> tuple[RequirementGroup, ...]:
    by_group: dict[str, list[Row]] = {}
    for row in rows:
        if "group" in row:
            by_group.setdefault(row["group"].value, []).append(row)
    return tuple(
        RequirementGroup(
            iri=iri,
            role=of_group[0]["role"].value,
            facet=of_group[0]["property"].value.removeprefix(terms.RG),
            source=source,
            members=_named(of_group, "item", labels),
            at_least=int(of_group[0]["least"].value),
            open=of_group[0]["open"].value == "true",
            example_of=next(iter(_named(of_group, "example", labels)), None),
        )
        for iri, of_group in sorted(by_group.items())
    )


def _text(row: Row, name: str) -> str:
    return row[name].value if name in row else ""


def _named(rows: list[Row], name: str, labels: dict[str, Named]) -> tuple[Named, ...]:
    return _sorted(labels[iri] for iri in {row[name].value for row in rows if name in row})


def _sorted(things: Iterable[Named]) -> tuple[Named, ...]:
    return tuple(sorted(things, key=lambda thing: (thing.label.lower(), thing.iri)))


def _place(property_: str) -> int:
    return next((place for place, facet in enumerate(terms.facets()) if facet.property == property_), len(terms.facets()))


def _heading(property_: str) -> str:
    return next((facet.label for facet in terms.facets() if facet.property == property_), terms.shorten(property_))


def postings(engine: Engine, source: str) -> set[str]:
    """Return the IRIs of the advertisements that a source carries."""
    return {row["posting"].value for row in engine.rows(query("postings-of-source").bind({"source": source}))}


def roles_with_outlook(engine: Engine, source: str) -> list[str]:
    """Return the IRIs of the roles whose future a source says something about."""
    return [row["role"].value for row in engine.rows(query("roles-with-outlook").bind({"source": source}))]


def outlooks(engine: Engine, canned: CannedQuery, subjects: Sequence[str]) -> list[Row]:
    """Return the rows of the canned query ``outlook`` for roles and other populations, given by IRI."""
    return engine.rows(canned.bind({"role": subjects}))


def roles_with_salary(engine: Engine, source: str) -> list[str]:
    """Return the IRIs of the roles whose pay a source says something about, in order."""
    return [row["role"].value for row in engine.rows(query("roles-with-salary").bind({"source": source}))]


def things_by_kind(engine: Engine, source: str) -> dict[str, int]:
    """Return how many things of each kind a source describes, by the name of the kind."""
    names = {type_: kind.name for kind in terms.KINDS.values() if kind.name != "source" for type_ in kind.types}
    rows = engine.rows(query("counts-of-classes").bind({"source": source, "type": list(names)}))
    by_type = {row["type"].value: int(row["things"].value) for row in rows if "type" in row}
    counts = dict.fromkeys(names.values(), 0)
    for type_, number in by_type.items():
        counts[names[type_]] += number
    return {name: number for name, number in counts.items() if number}


def confidences(engine: Engine, iri: str) -> dict[str, str]:
    """Return how sure a source is of each match of a thing, in either direction, by the IRI of its other end; the highest of several."""
    found: dict[str, str] = {}
    for row in engine.rows(query("confidences").bind({"thing": iri})):
        other, confidence = row["other"].value, row["confidence"].value
        found[other] = max(found.get(other, confidence), confidence, key=float)
    return found
