"""Findings of a check, and the report of them as JSON, as text and as a SHACL validation report."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from rdflib import RDF, SH, BNode, Graph, Literal, Namespace, URIRef
from rdflib.collection import Collection
from rdflib.term import Node

from rolegraph import terms

RGSH = Namespace(terms.BASE + "shapes#")
SEVERITIES = ("Violation", "Warning", "Info")

# The shape of the rules about an entry as a whole, which SHACL cannot express: it checks only the nodes that a target selects.
ENTRY = str(RGSH.EntryShape)


@dataclass(frozen=True)
class Finding:
    """One result of a check.

    ``severity`` is Violation, Warning or Info; ``focus`` an IRI or the label of a blank node (``_:b``); ``path`` an IRI,
    or a property path in CURIEs where it is more than one property; ``component`` the local name of the SHACL
    constraint component; ``shape`` the IRI of the shape.
    """

    severity: str
    message: str
    focus: str
    path: str | None
    value: str | None
    component: str
    shape: str

    def sort_key(self) -> tuple[int, str, str, str, str, str, str]:
        """Order by severity, focus, path and message, then by the other fields, so that the order is always the same."""
        rank = SEVERITIES.index(self.severity)
        return rank, self.focus, self.path or "", self.message, self.value or "", self.component, self.shape

    def as_dict(self) -> dict[str, Any]:
        """Return the finding for JSON; ``short`` holds the CURIEs of fields that have one."""
        iris = {"focus": self.focus, "path": self.path, "value": self.value, "shape": self.shape}
        short = {name: terms.shorten(text) for name, text in iris.items() if text and terms.shorten(text) != text}
        return {"severity": self.severity, "message": self.message, **iris, "component": self.component, "short": short}


@dataclass(frozen=True)
class ValidationReport:
    """The result of a check; ``checked`` is the number of things that a shape checked.

    ``conforms`` means that there is no Violation; warnings and notes do not block. (W3C's ``sh:conforms`` is
    false for results of any severity; here and in ``turtle()`` it has this narrower meaning.)
    """

    conforms: bool
    findings: tuple[Finding, ...]
    checked: int

    @classmethod
    def from_findings(cls, findings: Iterable[Finding], checked: int) -> "ValidationReport":
        """Create a report of findings: sorted, without duplicates."""
        ordered = tuple(sorted(set(findings), key=Finding.sort_key))
        return cls(not any(finding.severity == "Violation" for finding in ordered), ordered, checked)

    @property
    def counts(self) -> dict[str, int]:
        """The number of findings of each severity."""
        counted = Counter(finding.severity for finding in self.findings)
        return {severity: counted[severity] for severity in SEVERITIES}

    def as_dict(self) -> dict[str, Any]:
        """Return the report for JSON."""
        findings = [finding.as_dict() for finding in self.findings]
        return {"conforms": self.conforms, "checked": self.checked, "counts": self.counts, "findings": findings}

    def text(self) -> str:
        """Return the report as text: a summary line, then a paragraph for each finding."""
        counted = ", ".join(f"{number} {severity.lower()}{'s' * (number > 1)}" for severity, number in self.counts.items() if number)
        verdict = "conforms" if self.conforms else "does not conform"
        lines = [f"The entry {verdict}: {counted or 'nothing to remark'} ({self.checked} checked)."]
        for finding in self.findings:
            place = [terms.shorten(text) for text in (finding.focus, finding.path) if text]
            value = [f"    found: {terms.shorten(finding.value)}"] if finding.value is not None else []
            lines += ["", f"{finding.severity}: {'  '.join(place)}", f"    {finding.message}", *value]
        return "\n".join(lines) + "\n"

    def turtle(self) -> str:
        """Return the report as a SHACL validation report in Turtle."""
        graph = Graph()
        for prefix, namespace in terms.prefixes().items():
            graph.bind(prefix, namespace)
        report = BNode()
        graph.add((report, RDF.type, SH.ValidationReport))
        graph.add((report, SH.conforms, Literal(self.conforms)))
        for finding in self.findings:
            result = BNode()
            graph.add((report, SH.result, result))
            for predicate, value in _result(graph, finding):
                graph.add((result, predicate, value))
        return graph.serialize(format="turtle")


def name_of(term: Node) -> str:
    """Return a term as findings name it: an IRI, the text of a literal, or the label of a blank node (``_:b``)."""
    return f"_:{term}" if isinstance(term, BNode) else str(term)


def _result(graph: Graph, finding: Finding) -> Iterator[tuple[URIRef, Node]]:
    of_entry = finding.shape == ENTRY
    yield RDF.type, SH.ValidationResult
    yield SH.resultSeverity, SH[finding.severity]
    yield SH.resultMessage, Literal(finding.message, lang="en")
    yield SH.focusNode, _term(finding.focus)
    yield SH.sourceShape, URIRef(finding.shape)
    yield SH.sourceConstraintComponent, RGSH[finding.component] if of_entry else SH[finding.component]
    if finding.path:
        yield SH.resultPath, _path_node(graph, finding.path)
    if finding.value is not None:
        yield SH.value, _term(finding.value)


def _term(text: str) -> Node:
    if text.startswith("_:"):
        return BNode(text[2:])
    return URIRef(text) if terms.is_iri(text) else Literal(text)


def _path_node(graph: Graph, text: str) -> Node:
    """Return the node of a property path: an IRI, alternatives joined by ``|``, or an inverse path (``^``)."""
    node = BNode()
    if "|" in text:
        members = Collection(graph, BNode(), [_path_node(graph, part) for part in text.split("|")])
        graph.add((node, SH.alternativePath, members.uri))
    elif text.startswith("^"):
        graph.add((node, SH.inversePath, _path_node(graph, text[1:])))
    else:
        return URIRef(terms.expand(text) or text)
    return node
