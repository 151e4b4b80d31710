"""Claims and requirement groups: what they say has to be a fact of the same entry.

SHACL's Core constraints cannot compare with a property that the data name, and SPARQL constraints take milliseconds for each claim.
"""

from collections.abc import Iterator

from rdflib import RDF, Graph, Literal, Namespace, URIRef
from rdflib.term import Node

from rolegraph import terms
from rolegraph.validation.findings import ENTRY, Finding, name_of

FACT = "StatedFactConstraintComponent"
ENOUGH = "EnoughMembersConstraintComponent"

RG = Namespace(terms.RG)


def findings(entry: Graph) -> Iterator[Finding]:
    """Yield a finding for each claim, member of a group and asserted thing that is no fact of the entry."""
    for claim in entry.subjects(RDF.type, RG.Claim):
        yield from _of_claim(entry, claim)
    for group in entry.subjects(RDF.type, RG.RequirementGroup):
        yield from _of_group(entry, group)
    for statement in entry.subjects(RDF.type, RG.Statement):
        yield from _of_statement(entry, statement)


def _of_claim(entry: Graph, claim: Node) -> Iterator[Finding]:
    for subject in entry.objects(claim, RDF.subject):
        for predicate in entry.objects(claim, RDF.predicate):
            for object_ in entry.objects(claim, RDF.object):
                if (subject, predicate, object_) not in entry:
                    fact = " ".join(map(_short, (subject, predicate, object_)))
                    message = f"The claim says what is no fact of this entry: write the fact too, {fact}, or leave the claim out."
                    yield _finding("Violation", message, claim, RDF.object, object_)


def _of_group(entry: Graph, group: Node) -> Iterator[Finding]:
    members = list(entry.objects(group, RG.member))
    for role in entry.objects(group, RG.role):
        for predicate in entry.objects(group, RDF.predicate):
            for member in members:
                if (role, predicate, member) not in entry:
                    fact = " ".join(map(_short, (role, predicate, member)))
                    message = f"A member of the requirement group is no fact of this entry: write the fact too, {fact}, or leave it out."
                    yield _finding("Violation", message, group, RG.member, member)
    for number in entry.objects(group, RG.atLeast):
        if isinstance(number, Literal) and isinstance(number.value, int) and number.value > len(members) > 0:
            message = (
                f"The requirement group asks for at least {number} (rg:atLeast) of only {len(members)} members (rg:member): "
                "lower the number, e.g. rg:atLeast 1, or add the members that are missing."
            )
            yield _finding("Violation", message, group, RG.atLeast, number)


def _of_statement(entry: Graph, statement: Node) -> Iterator[Finding]:
    roles = set(entry.objects(statement, RG.role))
    for thing in entry.objects(statement, RG.asserts):
        if isinstance(thing, URIRef) and thing not in roles and not any(roles.intersection(entry.subjects(None, thing))):
            message = (
                f"The statement asserts {_short(thing)} (rg:asserts), which is no fact of its role in this entry: "
                f"write the fact too, e.g. {_short(min(roles, key=str, default=RG.Role))} rg:tool {_short(thing)}."
            )
            yield _finding("Warning", message, statement, RG.asserts, thing)


def _finding(severity: str, message: str, focus: Node, path: URIRef, value: Node) -> Finding:
    component = ENOUGH if path == RG.atLeast else FACT
    return Finding(severity, message, name_of(focus), str(path), name_of(value), component, ENTRY)


def _short(term: Node) -> str:
    return terms.shorten(name_of(term))
