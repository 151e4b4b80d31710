"""Ownership of things: a source may state facts about any thing, but describe only things that no other graph describes."""

from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from functools import cache

from rdflib import Graph, Literal, URIRef
from rdflib.term import Node

from rolegraph import equivalence, terms
from rolegraph.validation.findings import ENTRY, Finding
from rolegraph.values import Value

COMPONENT = "DescribedElsewhereConstraintComponent"

_NAMES = "skos:prefLabel skos:altLabel skos:hiddenLabel skos:notation rdfs:label dct:title schema:name schema:title schema:alternateName"
_MEANINGS = "skos:definition skos:scopeNote rdfs:comment dct:description schema:description"
_HIERARCHY = "skos:broader skos:narrower skos:broaderTransitive skos:narrowerTransitive skos:inScheme skos:topConceptOf skos:hasTopConcept"
_CREDITS = "dct:license dct:rights dct:publisher dct:creator dct:issued dcat:version schema:creditText schema:license"
_KINDS = {
    "its type": "rdf:type rdfs:subClassOf rdfs:subPropertyOf owl:sameAs owl:equivalentClass owl:equivalentProperty",
    "its name": _NAMES,
    "its definition": _MEANINGS,
    "its place in the hierarchy": _HIERARCHY,
    "its status": "rg:status owl:deprecated dct:isReplacedBy dct:replaces",
    "its licence or credit": _CREDITS,
}
_DOWN = "skos:narrower skos:narrowerTransitive skos:hasTopConcept"  # these place their object in a hierarchy

_VERSION = terms.prefixes()["dcat"] + "version"
_NO_VERSION = (
    "The name of this source starts like that of an import, such as ESCO, so a version (dcat:version) would make its matches count in "
    "every comparison: leave the version out, or give the source another name."
)

Said = Mapping[str, AbstractSet[tuple[str, Value]]]
"""Pairs of a property and a value from the graphs that describe a thing, by the IRI of the thing."""


@dataclass(frozen=True)
class DescribingProperties:
    """The properties that describe a thing: ``meaning`` is their name in messages; those in ``down`` place their object in a hierarchy."""

    meaning: Mapping[str, str]
    down: frozenset[str]


@cache
def words() -> DescribingProperties:
    """Return the properties that describe a thing."""
    meaning = {_iri(name): kind for kind, names in _KINDS.items() for name in names.split()}
    return DescribingProperties(meaning, frozenset(map(_iri, _DOWN.split())))


def owner(iri: str) -> str | None:
    """Return the IRI of the source that a thing, such as a statement, is part of; None for other things."""
    space = terms.KINDS["source"].namespace
    if not iri.startswith(space):
        return None
    return space + iri.removeprefix(space).partition("#")[0].partition("/")[0]


def findings(entry: Graph, described: Said, source: str | None) -> Iterator[Finding]:
    """Yield a finding for each triple of an entry that describes a thing of another graph, unless that graph has the same triple.

    A source named like an import may not have a version: both together mark an imported source, whose matches are trusted.

    :param described: the things that other graphs describe, with their descriptions
    """
    properties = words()
    for version in entry.objects(URIRef(source), URIRef(_VERSION)) if source and equivalence.named_like_import(source) else ():
        yield Finding("Violation", _NO_VERSION, str(source), _VERSION, str(version), COMPONENT, ENTRY)
    for subject, predicate, object_ in entry:
        kind = properties.meaning.get(str(predicate))
        if kind is None:
            continue
        thing = str(subject)
        if thing in described and (str(predicate), value_of(object_)) not in described[thing]:
            yield _finding(thing, str(predicate), str(object_), thing, kind)
        elif str(predicate) in properties.down and str(object_) in described and thing not in described:
            yield _finding(thing, str(predicate), str(object_), str(object_), kind)


def value_of(node: Node) -> Value | None:
    """Return a term as a :class:`Value`, None for a blank node."""
    if isinstance(node, URIRef):
        return Value(str(node))
    if isinstance(node, Literal):
        return comparable(Value(str(node), "literal", node.language, str(node.datatype) if node.datatype else None))
    return None


def comparable(value: Value) -> Value:
    """Normalise a value so that equivalent values are equal."""
    datatype = value.datatype if value.datatype != _iri("xsd:string") else None
    return Value(value.value, value.kind, value.language.lower() if value.language else None, None if value.language else datatype)


def _finding(focus: str, path: str, value: str, thing: str, kind: str) -> Finding:
    message = (
        f"{terms.shorten(thing)} is described by others, so this source cannot set {kind}: a source may state any fact about it, "
        "such as which tools a role uses, but not its name, type, definition, place in the hierarchy, status, licence or credit. "
        f"Leave this {terms.shorten(path)} out, or describe a thing of your own and link the two by skos:closeMatch."
    )
    return Finding("Violation", message, focus, path, value, COMPONENT, ENTRY)


def _iri(curie: str) -> str:
    iri = terms.expand(curie)
    assert iri, curie
    return iri
