"""What one source states, and how sure it is. Every IRI in a query here is that of a thing that was looked up before."""

from dataclasses import dataclass

from rolegraph import terms
from rolegraph.catalogue import Catalogue
from rolegraph.engine import Engine
from rolegraph.queries.internal import query
from rolegraph.values import Named, Row


@dataclass(frozen=True)
class Statement:
    """One item of a source: ``fragment`` is the last part of its IRI, ``items`` is what it asserts."""

    iri: str
    fragment: str
    section: str
    position: int
    roles: tuple[Named, ...]
    items: tuple[Named, ...]
    proficiency: tuple[str, ...]
    fingerprint: str


def statements(engine: Engine, catalogue: Catalogue, source: str) -> list[Statement]:
    """Return the statements of a source, by section, role and position."""
    rows = engine.rows(query("statements-of-source").bind({"source": source}))
    names = ("role", "item", "proficiency")
    labels = catalogue.labels(sorted({row[name].value for row in rows for name in names if name in row}))
    by_statement: dict[str, list[Row]] = {}
    for row in rows:
        by_statement.setdefault(row["statement"].value, []).append(row)
    found = [_statement(iri, own, labels) for iri, own in by_statement.items()]
    return sorted(found, key=lambda one: (one.section, tuple(role.label for role in one.roles), one.position))


def _statement(iri: str, rows: list[Row], labels: dict[str, Named]) -> Statement:
    def named(name: str) -> tuple[Named, ...]:
        iris = {row[name].value for row in rows if name in row}
        return tuple(sorted((labels[iri] for iri in iris), key=lambda one: (one.label.lower(), one.iri)))

    first = rows[0]
    return Statement(
        iri=iri,
        fragment=iri.rpartition("#")[2],
        section=terms.slug_of(first["section"].value),
        position=int(first["position"].value),
        roles=named("role"),
        items=named("item"),
        proficiency=tuple(one.label for one in named("proficiency")),
        fingerprint=first["fingerprint"].value,
    )


def postings(engine: Engine, source: str) -> set[str]:
    """Return the IRIs of the advertisements that a source carries."""
    return {row["posting"].value for row in engine.rows(query("postings-of-source").bind({"source": source}))}


def roles_with_outlook(engine: Engine, source: str) -> list[str]:
    """Return the IRIs of the roles whose future a source says something about."""
    return [row["role"].value for row in engine.rows(query("roles-with-outlook").bind({"source": source}))]


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
