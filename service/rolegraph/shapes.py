"""Checks role entries against the SHACL shapes and reports in plain words. The one module that knows pySHACL."""

import threading
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from itertools import chain
from pathlib import Path
from typing import Any

from pyshacl.errors import ReportableRuntimeError
from pyshacl.helper.path_helper import shacl_path_to_sparql_path
from pyshacl.monkey import apply_patches, rdflib_bool_patch, rdflib_bool_unpatch
from pyshacl.pytypes import SHACLExecutor
from pyshacl.rdfutil.load import load_from_source
from pyshacl.shape import Shape
from pyshacl.shapes_graph import ShapesGraph
from rdflib import OWL, RDF, SH, BNode, Graph, Literal, Namespace, URIRef
from rdflib.collection import Collection
from rdflib.term import IdentifiedNode, Node

from rolegraph import resources, terms

RGSH = Namespace(terms.BASE + "shapes#")
SEVERITIES = ("Violation", "Warning", "Info")

# The two rules about an entry as a whole, which SHACL cannot say: it only looks at what a target finds.
ENTRY = str(RGSH.EntryShape)
NOTHING_KNOWN = "KnownClassConstraintComponent"
UNKNOWN_TERM = "DeclaredTermConstraintComponent"

# pySHACL compares every predicate of a shape with each of its parameters: a third of its time went into these three.
_FOR_FORMS = (SH.name, SH.description, SH.order)
_TARGETS = (SH.targetClass, SH.targetNode, SH.targetSubjectsOf, SH.targetObjectsOf)

# W3C wants a result for values that cannot be compared, such as text with a number; pySHACL raises these for some of them.
INCOMPARABLE = "LessThanOrEqualsConstraintComponent"
_INCOMPARABLE = (TypeError, ReportableRuntimeError)

# pySHACL patches rdflib's globals while it loads, and promises nothing about threads.
_PYSHACL = threading.Lock()


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


class Shapes:
    """The shapes of ``ontology/shapes``, loaded once and then only read; safe to share between threads."""

    def __init__(self) -> None:
        with _PYSHACL:
            graph = _load(resources.files("ontology", "shapes/*.ttl"))
            parts = _detach(graph)
            self._graph = ShapesGraph(graph)
            by_node = {shape.node: shape for shape in self._graph.shapes}
            self._shapes = [(by_node[node], [by_node[part] for part in of_node]) for node, of_node in parts.items()]
        self._declared = _declared()

    def check(self, entry: Graph, context: Graph | None = None) -> Report:
        """Check an entry.

        :param context: what the graph knows of the things that the entry points to: their types, and of the entry's own
            subjects also labels and definitions. It is never reported on, and holds nothing of the source that the entry replaces.
        """
        subjects = {subject for subject in entry.subjects() if isinstance(subject, IdentifiedNode)}
        data = _merge(entry, context)
        findings = list(self._unknown_terms(entry))
        checked: set[Node] = set()
        with _PYSHACL:
            for shape, parts in self._shapes:
                focus = sorted(subjects.intersection(shape.focus_nodes(data)), key=str)
                for part in (shape, *parts) if focus else ():
                    findings += self._findings(part, data, focus)
                checked.update(focus)
        if not checked:
            findings.append(_nothing_known(subjects))
        return Report.of(findings, len(checked))

    def _findings(self, shape: Shape, data: Graph, focus: Sequence[IdentifiedNode]) -> list[Finding]:
        try:
            _, results = shape.validate(SHACLExecutor(), data, focus=focus)
        except _INCOMPARABLE:
            if len(focus) == 1:
                return [self._incomparable(shape, focus[0])]
            return [finding for node in focus for finding in self._findings(shape, data, [node])]
        return [self._finding(node, triples) for _, node, triples in results]

    def _incomparable(self, shape: Shape, focus: Node) -> Finding:
        paths = self._graph.graph.objects(shape.node, SH.path)
        path = next(map(self._path, paths), None)
        return Finding(_local(shape.severity), _english(shape.message), _name(focus), path, None, INCOMPARABLE, str(shape.node))

    def _finding(self, result: Node, triples: Iterable[tuple[Node, Node, Any]]) -> Finding:
        # pySHACL pairs a term with the graph that it comes from
        own = [(predicate, value[1] if isinstance(value, tuple) else value) for subject, predicate, value in triples if subject == result]
        values = dict(own)
        path = values.get(SH.resultPath)
        return Finding(
            severity=_local(values[SH.resultSeverity]),
            message=_english(value for predicate, value in own if predicate == SH.resultMessage),
            focus=_name(values[SH.focusNode]),
            path=None if path is None else self._path(path),
            value=_name(values[SH.value]) if SH.value in values else None,
            component=_local(values[SH.sourceConstraintComponent]),
            shape=_name(values[SH.sourceShape]),
        )

    def _path(self, path: Node) -> str:
        if isinstance(path, URIRef):
            return str(path)
        text: str = shacl_path_to_sparql_path(self._graph, path, prefixes=terms.prefixes())
        return text.replace(" ", "")

    def _unknown_terms(self, entry: Graph) -> Iterator[Finding]:
        """Warn of words in this project's space that the ontology does not have: a slip would otherwise pass in silence."""
        for subject, predicate, value in entry:
            used = value if predicate == RDF.type else predicate
            if str(used).startswith(terms.BASE) and str(used) not in self._declared.values():
                yield Finding("Warning", self._unknown(str(used)), _name(subject), str(predicate), _name(value), UNKNOWN_TERM, ENTRY)

    def _unknown(self, used: str) -> str:
        near = get_close_matches(used.rstrip("/").rpartition("/")[2].removeprefix("ns#"), self._declared, 1)
        hint = f"did you mean {terms.shorten(self._declared[near[0]])}?" if near else "the ontology lists them, e.g. rg:tool."
        return f"{terms.shorten(used)} is no word of the ontology, so what it says is not understood and was not checked: {hint}"


def _load(paths: Iterable[Path]) -> Graph:
    """Load shapes through pySHACL's own loader: with a graph parsed elsewhere it decides some constraints differently."""
    graph = Graph(store="SimpleMemory", bind_namespaces="none")
    apply_patches()  # type: ignore[no-untyped-call]
    rdflib_bool_patch()  # type: ignore[no-untyped-call]
    try:
        for path in paths:
            load_from_source(str(path), g=graph, rdf_format="turtle")
    finally:
        rdflib_bool_unpatch()  # type: ignore[no-untyped-call]
    for predicate in _FOR_FORMS:
        graph.remove((None, predicate, None))
    return graph


def _detach(graph: Graph) -> dict[Node, list[Node]]:
    """Take the property shapes off the shapes with targets and return them by shape.

    Each is then asked about all things at once, where pySHACL would ask it about one after the other: four times as slow.
    """
    targeting = {node for target in _TARGETS for node in graph.subjects(target)}
    parts = {node: sorted(graph.objects(node, SH.property), key=str) for node in sorted(targeting, key=str)}
    for node in parts:
        graph.remove((node, SH.property, None))
    return parts


def _declared() -> Mapping[str, str]:
    graph = Graph().parse(resources.folder("ontology") / "rolegraph.ttl")
    kinds = (OWL.Class, OWL.ObjectProperty, OWL.DatatypeProperty)
    return {_local(term): str(term) for kind in kinds for term in graph.subjects(RDF.type, kind)}


def _merge(entry: Graph, context: Graph | None) -> Graph:
    merged = Graph(bind_namespaces="none")
    merged.addN((*triple, merged) for triple in chain(entry, context or ()))
    return merged


def _nothing_known(subjects: Iterable[Node]) -> Finding:
    message = (
        "Nothing in this entry is of a class that the shapes know, so nothing of it was checked: say what the thing is, "
        'e.g. role:data-engineer a rg:Role ; skos:prefLabel "Data engineer"@en.'
    )
    focus = min((_name(subject) for subject in subjects), default="_:entry")
    return Finding("Violation", message, focus, str(RDF.type), None, NOTHING_KNOWN, ENTRY)


def _english(messages: Iterable[Literal]) -> str:
    return str(min(messages, key=lambda message: (message.language != "en", str(message))))


def _local(term: Node) -> str:
    return str(term).rpartition("#")[2]


def _name(term: Node) -> str:
    return f"_:{term}" if isinstance(term, BNode) else str(term)


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
