"""What a check finds: findings with their places, and the report of them as JSON, as text and as a SHACL report."""

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

# The shape of the rules about an entry as a whole, which SHACL cannot say: it only looks at what a target finds.
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
        """Order by severity, focus, path and message; the rest makes the order the same every time."""
        rank = SEVERITIES.index(self.severity)
        return rank, self.focus, self.path or "", self.message, self.value or "", self.component, self.shape

    def as_dict(self) -> dict[str, Any]:
        """Return the finding for JSON; ``short`` holds what has a CURIE."""
        named = {"focus": self.focus, "path": self.path, "value": self.value, "shape": self.shape}
        short = {name: terms.shorten(text) for name, text in named.items() if text and terms.shorten(text) != text}
        return {"severity": self.severity, "message": self.message, **named, "component": self.component, "short": short}


@dataclass(frozen=True)
class Report:
    """What a check found; ``checked`` counts the things that a shape looked at.

    ``conforms`` means that nothing blocks: there is no Violation. Warnings and notes advise. (W3C's ``sh:conforms`` is
    false for results of any severity; here, in ``turtle()`` too, it follows this narrower meaning.)
    """

    conforms: bool
    findings: tuple[Finding, ...]
    checked: int

    @classmethod
    def of(cls, findings: Iterable[Finding], checked: int) -> "Report":
        """Make the report of some findings, in order and each once."""
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
        """Return the report for people: one line that sums it up, then a paragraph for each finding."""
        counted = ", ".join(f"{number} {severity.lower()}{'s' * (number > 1)}" for severity, number in self.counts.items() if number)
        verdict = "conforms" if self.conforms else "does not conform"
        lines = [f"The entry {verdict}: {counted or 'nothing to remark'} ({self.checked} checked)."]
        for finding in self.findings:
            place = [terms.shorten(text) for text in (finding.focus, finding.path) if text]
            found = [f"    found: {terms.shorten(finding.value)}"] if finding.value is not None else []
            lines += ["", f"{finding.severity}: {'  '.join(place)}", f"    {finding.message}", *found]
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


def _result(graph: Graph, finding: Finding) -> Iterator[tuple[URIRef, Node]]:
    own = finding.shape == ENTRY
    yield RDF.type, SH.ValidationResult
    yield SH.resultSeverity, SH[finding.severity]
    yield SH.resultMessage, Literal(finding.message, lang="en")
    yield SH.focusNode, _term(finding.focus)
    yield SH.sourceShape, URIRef(finding.shape)
    yield SH.sourceConstraintComponent, RGSH[finding.component] if own else SH[finding.component]
    if finding.path:
        yield SH.resultPath, _path_node(graph, finding.path)
    if finding.value is not None:
        yield SH.value, _term(finding.value)


def _term(text: str) -> Node:
    if text.startswith("_:"):
        return BNode(text[2:])
    return URIRef(text) if terms.is_iri(text) else Literal(text)


def _path_node(graph: Graph, text: str) -> Node:
    """Return the node of a property path: an IRI, or CURIEs joined by ``|``, or one that is inverse (``^``)."""
    node = BNode()
    if "|" in text:
        members = Collection(graph, BNode(), [_path_node(graph, part) for part in text.split("|")])
        graph.add((node, SH.alternativePath, members.uri))
    elif text.startswith("^"):
        graph.add((node, SH.inversePath, _path_node(graph, text[1:])))
    else:
        return URIRef(terms.expand(text) or text)
    return node
