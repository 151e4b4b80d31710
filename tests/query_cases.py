"""The triples of a graph in plain Python, to compute again what the canned queries answer."""

from collections import defaultdict
from collections.abc import Iterable

import pyoxigraph as ox

from rolegraph import formats, terms
from rolegraph.facade import Rolegraph

SECTIONS = {facet.name: facet.section for facet in terms.facets() if facet.name != "outlook"}
WANTED = ("essentialSkill", "optionalSkill", "tool")
DEGREES = ("requiredDegree", "degree", "preferredDegree")
MATCHES = {"exact": "exact", "close": "close", "related": "related", "broad": "narrow", "narrow": "broad"}
Tuples = list[tuple[str, ...]]


class Triples:
    """The triples of a graph by graph, subject and property; all names are CURIEs."""

    def __init__(self, graph: Rolegraph) -> None:
        self.stated: set[tuple[str, str, str, str]] = set()  # graph, subject, property, object
        self.languages: dict[tuple[str, str], set[str]] = defaultdict(set)
        for quad in ox.parse(graph.export(formats.named("nquads", formats.FORMATS)).body, format=ox.RdfFormat.N_QUADS):
            nodes = (quad.graph_name, quad.subject, quad.predicate, quad.object)
            name, subject, property_, value = (terms.shorten(node.value) for node in nodes)
            self.stated.add((name, subject, property_, value))
            if isinstance(quad.object, ox.Literal):
                self.languages[subject, property_].add(quad.object.language or "")
        self._values: dict[tuple[str, str], set[str]] = defaultdict(set)
        self._subjects: dict[tuple[str, str], set[str]] = defaultdict(set)
        for _, subject, property_, value in self.stated:
            self._values[subject, property_].add(value)
            self._subjects[property_, value].add(subject)

    def values(self, subject: str, property_: str) -> set[str]:
        return self._values.get((subject, property_), set())

    def value(self, subject: str, property_: str) -> str:
        return next(iter(self.values(subject, property_)), "")

    def subjects(self, property_: str, value: str) -> set[str]:
        return self._subjects.get((property_, value), set())

    def facts(self, role: str = "") -> Iterable[tuple[str, str, str, str]]:
        """Yield source, role, name of the facet and item of the facts that roles are compared by."""
        for source, subject, property_, value in self.stated:
            if property_.removeprefix("rg:") in SECTIONS and property_.startswith("rg:") and role in ("", subject):
                yield source, subject, property_.removeprefix("rg:"), value

    def below(self, concept: str) -> set[str]:
        """Return a concept and all that are narrower."""
        reached, last = {concept}, {concept}
        while last:
            last = {narrower for broader in last for narrower in self.subjects("skos:broader", broader)} - reached
            reached |= last
        return {thing for thing in reached if self.values(thing, "rdf:type")}

    def level(self, degree: str) -> str:
        return self.value(degree, "esco:hasEQFLevel")


def answers(graph: Rolegraph, name: str, columns: str, **parameters: str | list[str]) -> Tuples:
    """Return the answer of a query, sorted, by some of its columns, things as CURIEs."""
    values = {key: [value] if isinstance(value, str) else value for key, value in parameters.items()}
    rows = graph.rows(name, values)
    return sorted(tuple(terms.shorten(row[column].value) if column in row else "" for column in columns.split()) for row in rows)


def of_kind(triples: Triples, *classes: str) -> list[str]:
    return sorted({thing for class_ in classes for thing in triples.subjects("rdf:type", class_) if ":" in thing and "#" not in thing})


def sources(found: Iterable[tuple[str, ...]]) -> Tuples:
    """Return distinct (source, what it says …) as (what …, number of sources)."""
    counted: dict[tuple[str, ...], set[str]] = defaultdict(set)
    for source, *said in found:
        counted[tuple(said)].add(source)
    return sorted((*said, str(len(stating))) for said, stating in counted.items())
