"""What one source states, for its page. Every IRI in a query here is that of a thing that was found before."""

from dataclasses import dataclass

from rolegraph import terms
from rolegraph.catalogue.cards import listed
from rolegraph.registry import Rolegraph
from rolegraph.things import Named, Row


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


def statements(graph: Rolegraph, source: str) -> list[Statement]:
    """Return the statements of a source, by section, role and position."""
    rows = graph.engine.rows(
        f"PREFIX rg: <{terms.RG}> SELECT ?statement ?section ?position ?role ?item ?proficiency ?fingerprint {{ GRAPH <{source}> {{ "
        "?statement rg:section ?section ; rg:position ?position ; rg:role ?role ; rg:asserts ?item ; rg:fingerprint ?fingerprint "
        "OPTIONAL { ?statement rg:proficiency ?proficiency } } }",
    )
    names = ("role", "item", "proficiency")
    labels = graph.catalogue.labels(sorted({row[name].value for row in rows for name in names if name in row}))
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


def postings(graph: Rolegraph, source: str) -> list[Row]:
    """Return the rows of the query ``job-postings`` for the advertisements that a source carries."""
    type_ = terms.KINDS["posting"].type
    own = {row["posting"].value for row in graph.engine.rows(f"SELECT ?posting {{ GRAPH <{source}> {{ ?posting a <{type_}> }} }}")}
    return [row for row in graph.rows("job-postings") if row["posting"].value in own]


def outlooks(graph: Rolegraph, source: str) -> dict[str, Row]:
    """Return the rows of the query ``outlook`` for what a source expects, by the IRI of the outlook."""
    text = f"SELECT DISTINCT ?role {{ GRAPH <{source}> {{ ?role <{terms.RG}outlook> ?outlook }} }}"
    roles = [row["role"].value for row in graph.engine.rows(text)]
    return {row["outlook"].value: row for row in graph.rows("outlook", {"role": roles})} if roles else {}


def holding(graph: Rolegraph, source: str) -> dict[str, int]:
    """Return how many things of each kind a source describes, by the name of the kind."""
    names = {kind.type: kind.name for kind in terms.KINDS.values() if kind.name != "source"}
    types = listed(names)
    text = f"SELECT ?type (COUNT(?thing) AS ?things) {{ VALUES ?type {{ {types} }} GRAPH <{source}> {{ ?thing a ?type }} }} GROUP BY ?type"
    counts = {row["type"].value: int(row["things"].value) for row in graph.engine.rows(text) if "type" in row}
    return {name: counts[type_] for type_, name in names.items() if counts.get(type_)}


def confidences(graph: Rolegraph, iri: str) -> dict[str, str]:
    """Return how sure a source is of each match of a thing, in either direction, by the IRI of its other end; the highest of several."""
    rdf, found = terms.prefixes()["rdf"], dict[str, str]()
    ends = ((f"<{iri}>", "?other"), ("?other", f"<{iri}>"))
    either = " UNION ".join(f"{{ ?mapping <{rdf}subject> {one} ; <{rdf}object> {other} }}" for one, other in ends)
    for row in graph.engine.rows(f"SELECT ?other ?confidence {{ {either} ?mapping <{terms.RG}confidence> ?confidence }}"):
        other, confidence = row["other"].value, row["confidence"].value
        found[other] = max(found.get(other, confidence), confidence, key=float)
    return found
