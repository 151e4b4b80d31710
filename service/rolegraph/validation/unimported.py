"""Things of ESCO, ISCO and O*NET that an entry names by IRI though the store does not have them."""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from rdflib import RDF, SKOS, Graph, URIRef

from rolegraph import terms
from rolegraph.validation.findings import ENTRY, Finding

COMPONENT = "ImportedTermConstraintComponent"
_UUID = "[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"


@dataclass(frozen=True)
class Vocabulary:
    """A vocabulary whose IRIs tell what a thing is: ``prefix`` of the IRIs, ``importer`` the command that imports it."""

    prefix: str
    code: str
    class_: str
    noun: str
    name: str
    importer: str


VOCABULARIES = (
    Vocabulary("esco-skill", _UUID, "rg:Skill", "skill", "ESCO", "esco"),
    Vocabulary("esco-occupation", _UUID, "rg:Role", "role", "ESCO", "esco"),
    Vocabulary("isco", r"C[0-9]{1,4}", "rg:Group", "group of roles", "ISCO", "esco"),
    Vocabulary("onet", r"[0-9]{2}-[0-9]{4}\.[0-9]{2}", "rg:Role", "role", "O*NET", "onet"),
    Vocabulary("onet-element", r"[0-9](\.[0-9A-Za-z]+)+", "rg:Skill", "skill", "O*NET", "onet"),
)


def findings(entry: Graph, context: Graph, graphs: Callable[[], Iterable[str]]) -> Iterator[Finding]:
    """Yield a finding for each thing of a vocabulary that is not imported, and add the type that its IRI tells to the context.

    Where the vocabulary is imported, an IRI that it does not have is an error, so its type stays unknown. Matches need no type.

    :param graphs: returns the names of the graphs of the store; asked only where an entry names such a thing
    """
    things = {value for _, predicate, value in entry if isinstance(value, URIRef) and _needs_type(predicate)}
    for thing in sorted(things):
        vocabulary = _vocabulary(thing)
        if vocabulary is None or (thing, None, None) in entry or (thing, RDF.type, None) in context or _imported(vocabulary, graphs()):
            continue
        context.add((thing, RDF.type, URIRef(terms.expand(vocabulary.class_) or "")))
        yield Finding("Warning", _message(thing, vocabulary), thing, None, None, COMPONENT, ENTRY)


def _needs_type(predicate: object) -> bool:
    return str(predicate).startswith(terms.RG) or predicate in (SKOS.broader, URIRef(terms.prefixes()["schema"] + "relevantOccupation"))


def _vocabulary(iri: str) -> Vocabulary | None:
    for vocabulary in VOCABULARIES:
        namespace = terms.prefixes()[vocabulary.prefix]
        if iri.startswith(namespace) and re.fullmatch(vocabulary.code, iri.removeprefix(namespace)):
            return vocabulary
    return None


def _imported(vocabulary: Vocabulary, graphs: Iterable[str]) -> bool:
    return any(graph.startswith(f"{terms.KINDS['source'].namespace}{vocabulary.importer}-") for graph in graphs)


def _message(thing: str, vocabulary: Vocabulary) -> str:
    return (
        f"{terms.shorten(thing)} is the identifier of a {vocabulary.noun} of {vocabulary.name}, which is not imported here, so only its "
        f"form was checked, and it has no name: import {vocabulary.name} with rolegraph import {vocabulary.importer}, "
        f"or describe a {vocabulary.noun} of your own in this entry and link the two by skos:exactMatch."
    )
