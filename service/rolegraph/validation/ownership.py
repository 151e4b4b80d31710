"""Who may say what: a source states facts about any thing, but describes only things that no other graph describes."""

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
_DOWN = "skos:narrower skos:narrowerTransitive skos:hasTopConcept"  # they place their object in a hierarchy

_VERSION = terms.prefixes()["dcat"] + "version"
_NO_VERSION = (
    "The name of this source begins like that of an import, such as ESCO, and a version (dcat:version) would make its matches count for "
    "everybody: leave the version out, or give the source another name."
)

Said = Mapping[str, AbstractSet[tuple[str, Value]]]
"""What the graphs that describe a thing say of it, by its IRI: pairs of a property and a value."""


@dataclass(frozen=True)
class Words:
    """The properties that describe a thing: what each is, in words; and those that say where their object stands."""

    meaning: Mapping[str, str]
    down: frozenset[str]


@cache
def words() -> Words:
    """Return the properties that describe a thing."""
    meaning = {_iri(name): kind for kind, names in _KINDS.items() for name in names.split()}
    return Words(meaning, frozenset(map(_iri, _DOWN.split())))


def owner(iri: str) -> str | None:
    """Return the source that a thing is part of, such as one of its statements, by the IRI of the thing; None for other things."""
    space = terms.KINDS["source"].namespace
    if not iri.startswith(space):
        return None
    return space + iri.removeprefix(space).partition("#")[0].partition("/")[0]


def findings(entry: Graph, described: Said, source: str | None) -> Iterator[Finding]:
    """Yield a finding for each triple of an entry that describes a thing which others describe; to repeat what they say is no harm.

    A source whose name begins like that of an import has no version: together they mark one that an import made, whose matches are trusted.

    :param described: the things that others describe, with all that they say of them
    """
    known = words()
    for version in entry.objects(URIRef(source), URIRef(_VERSION)) if source and equivalence.named_like_import(source) else ():
        yield Finding("Violation", _NO_VERSION, str(source), _VERSION, str(version), COMPONENT, ENTRY)
    for subject, predicate, object_ in entry:
        kind = known.meaning.get(str(predicate))
        if kind is None:
            continue
        thing = str(subject)
        if thing in described and (str(predicate), value_of(object_)) not in described[thing]:
            yield _finding(thing, str(predicate), str(object_), thing, kind)
        elif str(predicate) in known.down and str(object_) in described and thing not in described:
            yield _finding(thing, str(predicate), str(object_), str(object_), kind)


def value_of(node: Node) -> Value | None:
    """Return a term as a value of a row, None for a blank node."""
    if isinstance(node, URIRef):
        return Value(str(node))
    if isinstance(node, Literal):
        return comparable(Value(str(node), "literal", node.language, str(node.datatype) if node.datatype else None))
    return None


def comparable(value: Value) -> Value:
    """Return a value in a form in which two that mean the same are equal."""
    plain = value.datatype if value.datatype != _iri("xsd:string") else None
    return Value(value.value, value.kind, value.language.lower() if value.language else None, None if value.language else plain)


def _finding(focus: str, path: str, value: str, thing: str, kind: str) -> Finding:
    message = (
        f"{terms.shorten(thing)} is described by others, and {kind} is theirs to say: a source may state any fact about it, such as which "
        "tools a role uses, but not its name, type, definition, place in the hierarchy, status, licence or credit. "
        f"Leave this {terms.shorten(path)} out, or describe a thing of your own and link the two by skos:closeMatch."
    )
    return Finding("Violation", message, focus, path, value, COMPONENT, ENTRY)


def _iri(curie: str) -> str:
    iri = terms.expand(curie)
    assert iri, curie
    return iri
