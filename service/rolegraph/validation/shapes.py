"""Checks role entries against the SHACL shapes. The only module that uses pySHACL."""

import re
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
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
from rdflib import DCTERMS, OWL, RDF, SH, SKOS, Graph, Literal, URIRef
from rdflib.term import IdentifiedNode, Node

from rolegraph import resources, terms
from rolegraph.validation import claims
from rolegraph.validation.findings import ENTRY, Finding, ValidationReport, name_of

NOTHING_CHECKED = "KnownClassConstraintComponent"
UNKNOWN_TERM = "DeclaredTermConstraintComponent"
BIDIRECTIONAL_NAME = "PlainNameConstraintComponent"

_NAMES = frozenset((SKOS.prefLabel, SKOS.altLabel, SKOS.hiddenLabel, DCTERMS.title))
_BIDI_CONTROLS = re.compile("[\u202a-\u202e\u2066-\u2069]")

# Removed, since only forms use them: pySHACL compares each predicate of a shape with each parameter, a third of its time for these.
_FOR_FORMS = (SH.name, SH.description, SH.order)
_TARGETS = (SH.targetClass, SH.targetNode, SH.targetSubjectsOf, SH.targetObjectsOf)

# W3C requires a result for values that cannot be compared, such as a text and a number; pySHACL raises these errors for some of them.
INCOMPARABLE = "LessThanOrEqualsConstraintComponent"
_INCOMPARABLE = (TypeError, ArithmeticError, ReportableRuntimeError)

# pySHACL patches rdflib's globals while it loads, and is not documented as safe for threads.
_PYSHACL = threading.Lock()


class Shapes:
    """The shapes of ``ontology/shapes``, loaded once and then read-only; can be shared between threads."""

    def __init__(self) -> None:
        with _PYSHACL:
            graph = _load(resources.files("ontology", "shapes/*.ttl"))
            parts = _detach(graph)
            self._graph = ShapesGraph(graph)
            by_node = {shape.node: shape for shape in self._graph.shapes}
            self._shapes = [(by_node[node], [by_node[part] for part in of_node]) for node, of_node in parts.items()]
        self._declared = _declared()

    def check(self, entry: Graph, context: Graph | None = None, others: Iterable[Finding] = ()) -> ValidationReport:
        """Check an entry.

        :param context: triples about the things that the entry links to: their types, and for the subjects of the
            entry also labels and definitions, without the source that the entry replaces. The context itself is not checked
        :param others: findings of other checks to include in the report
        """
        subjects = {subject for subject in entry.subjects() if isinstance(subject, IdentifiedNode)}
        data = _merge(entry, context)
        findings = [*others, *self._unknown_terms(entry), *_bidirectional_names(entry), *claims.findings(entry)]
        checked: set[Node] = set()
        with _PYSHACL:
            for shape, parts in self._shapes:
                focus = sorted(subjects.intersection(shape.focus_nodes(data)), key=str)
                for part in (shape, *parts) if focus else ():
                    findings += self._findings(part, data, focus)
                checked.update(focus)
        if not checked:
            findings.append(_nothing_checked(subjects))
        return ValidationReport.from_findings(findings, len(checked))

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
        return Finding(_local(shape.severity), _english(shape.message), name_of(focus), path, None, INCOMPARABLE, str(shape.node))

    def _finding(self, result: Node, triples: Iterable[tuple[Node, Node, Any]]) -> Finding:
        # pySHACL pairs a term with its graph
        pairs = [(predicate, value[1] if isinstance(value, tuple) else value) for subject, predicate, value in triples if subject == result]
        values = dict(pairs)
        path = values.get(SH.resultPath)
        return Finding(
            severity=_local(values[SH.resultSeverity]),
            message=_english(value for predicate, value in pairs if predicate == SH.resultMessage),
            focus=name_of(values[SH.focusNode]),
            path=None if path is None else self._path(path),
            value=name_of(values[SH.value]) if SH.value in values else None,
            component=_local(values[SH.sourceConstraintComponent]),
            shape=name_of(values[SH.sourceShape]),
        )

    def _path(self, path: Node) -> str:
        if isinstance(path, URIRef):
            return str(path)
        text: str = shacl_path_to_sparql_path(self._graph, path, prefixes=terms.prefixes())
        return text.replace(" ", "")

    def _unknown_terms(self, entry: Graph) -> Iterator[Finding]:
        """Warn of undeclared terms in Rolegraph's namespace: a typing error would otherwise go unnoticed."""
        for subject, predicate, value in entry:
            used = value if predicate == RDF.type else predicate
            if str(used).startswith(terms.BASE) and str(used) not in self._declared.values():
                yield Finding("Warning", self._unknown(str(used)), name_of(subject), str(predicate), name_of(value), UNKNOWN_TERM, ENTRY)

    def _unknown(self, used: str) -> str:
        near = get_close_matches(used.rstrip("/").rpartition("/")[2].removeprefix("ns#"), self._declared, 1)
        hint = f"did you mean {terms.shorten(self._declared[near[0]])}?" if near else "the ontology lists them, e.g. rg:tool."
        return f"{terms.shorten(used)} is not a term of the ontology, so it has no meaning here and was not checked: {hint}"


def _bidirectional_names(entry: Graph) -> Iterator[Finding]:
    """Refuse names with bidirectional control characters: they can look like another name."""
    for subject, predicate, value in entry:
        if predicate in _NAMES and (match := _BIDI_CONTROLS.search(str(value))):
            message = (
                f"The name contains U+{ord(match[0]):04X}, an invisible character that changes the direction of the text around it: "
                "write the name without it; right-to-left text does not need it."
            )
            yield Finding("Violation", message, name_of(subject), str(predicate), str(value), BIDIRECTIONAL_NAME, ENTRY)


def _load(paths: Iterable[Path]) -> Graph:
    """Load shapes with pySHACL's loader: on a graph parsed otherwise it evaluates some constraints differently."""
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
    """Detach the property shapes from the shapes with targets and return them by shape.

    Each is then validated for all focus nodes at once; pySHACL would do it one node at a time, which is twice as slow for the shipped
    sources together (``bench/libraries.py shapes``).
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


def _nothing_checked(subjects: Iterable[Node]) -> Finding:
    message = (
        "Nothing in this entry has a type that the shapes check, so the entry was not checked: state the type, "
        'e.g. role:data-engineer a rg:Role ; skos:prefLabel "Data engineer"@en.'
    )
    focus = min((name_of(subject) for subject in subjects), default="_:entry")
    return Finding("Violation", message, focus, str(RDF.type), None, NOTHING_CHECKED, ENTRY)


def _english(messages: Iterable[Literal]) -> str:
    return str(min(messages, key=lambda message: (message.language != "en", str(message))))


def _local(term: Node) -> str:
    return str(term).rpartition("#")[2]
