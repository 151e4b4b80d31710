"""Checks entries, writes them to the graph of their source, and withdraws sources.

Each write is checked against the revision that it changes.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from itertools import chain

from rdflib import RDF, BNode, Graph, URIRef

from rolegraph import terms
from rolegraph.catalogue import missing
from rolegraph.engine import Engine, IsCancelled, Receipt, WriteMode, never_cancelled
from rolegraph.errors import NotConforming
from rolegraph.formats import Format, holding, named
from rolegraph.validation import context, entries, ownership, text_names, unimported
from rolegraph.validation.findings import ValidationReport
from rolegraph.validation.shapes import Shapes

TRIES = 3  # checks that run beside other writes; the next check blocks them

NTRIPLES = named("ntriples", holding("graph"))

Condition = Callable[[str | None], None]
"""Receives the validator of a graph, or None if there is no such graph, and raises to refuse the write."""


def always(validator: str | None) -> None:
    """Accept every write: the default :data:`Condition`."""


@dataclass(frozen=True)
class Checked:
    """The result of a check: the report, the triples of the entry, and whether it describes its source."""

    report: ValidationReport
    ntriples: bytes
    describes_source: bool


@dataclass(frozen=True)
class Check:
    """The job of checking an entry against the shapes. ``source`` is the IRI of its source, if it has one."""

    body: bytes
    format: Format
    source: str | None = None
    mode: WriteMode = "replace"
    name: str = "the validation"
    private: bool = False

    def run(self, engine: Engine) -> Checked:
        """Check the entry on one revision.

        :raises UnreadableInput: if the entry does not parse
        """
        parsed = entries.parse(self.body, self.format, base=self.source or terms.BASE)
        entry = parsed.graph
        around = context.context_of(engine.rows, entry, self.source, self.mode)
        nameless = tuple(unimported.findings(entry, around.context, engine.graphs))
        names = text_names.findings(engine.rows, parsed.names)
        further = chain(ownership.findings(entry, around.described, self.source), parsed.remarks, names, nameless)
        report = shapes().check(entry, around.context, further)
        described = (URIRef(self.source or ""), RDF.type, URIRef(terms.KINDS["source"].types[0])) in entry
        return Checked(report, _ntriples(entry), described)


@dataclass(frozen=True)
class Entered:
    """A written entry: the report, which may hold warnings and notes; whether its source is new; and the receipt of the write."""

    report: ValidationReport
    new: bool
    receipt: Receipt


class _Changed(Exception):
    """The store has changed since the entry was checked."""


@cache
def shapes() -> Shapes:
    """Return the shapes, loaded once per process."""
    return Shapes()


def write(engine: Engine, check: Check, condition: Condition = always, is_cancelled: IsCancelled = never_cancelled) -> Entered:
    """Write an entry to the graph of its source if it conforms to the shapes on the revision that it changes.

    The check is slow, so it runs beside other writes, and is repeated if another write came first.

    :raises UnreadableInput: if the entry does not parse
    :raises NotConforming: if the entry violates the shapes; then nothing is written
    """
    assert check.source
    for _ in range(TRIES):
        revision = engine.revision
        if revision is None:
            break  # without revisions, other writes cannot be detected
        _check_condition(engine, check.source, condition)
        checked = _conforming(engine, check, engine.work(check, is_cancelled))
        try:
            return _write(engine, check, checked, condition, lambda seen=revision: _check_unchanged(engine, seen))  # type: ignore[misc]
        except _Changed:
            continue
    parsed = engine.work(check, is_cancelled)
    return _write(engine, check, parsed, condition, lambda: _conforming(engine, check, engine.work(check, is_cancelled)))


def withdraw(engine: Engine, source: str, condition: Condition = always) -> Receipt:
    """Remove the graph of a source.

    :raises NotFound: if there is no such graph
    """

    def guard() -> None:
        _check_condition(engine, source, condition)
        if source not in engine.graphs():
            raise missing.graph(source, engine.graphs())

    return engine.write({source: None}, guard=guard)


def _write(engine: Engine, check: Check, checked: Checked, condition: Condition, recheck: Callable[[], Checked | None]) -> Entered:
    """Write a checked entry if ``condition`` and ``recheck``, which run under the write lock, do not raise."""
    source, new, report = check.source or "", False, checked.report

    def guard() -> None:
        nonlocal new, report
        _check_condition(engine, source, condition)
        rechecked = recheck()
        new, report = source not in engine.graphs(), rechecked.report if rechecked else report

    receipt = engine.write({source: checked.ntriples}, NTRIPLES, mode=check.mode, guard=guard)
    return Entered(report, new, receipt)


def _check_unchanged(engine: Engine, revision: int) -> None:
    if engine.revision != revision:
        raise _Changed


def _conforming(engine: Engine, check: Check, checked: Checked) -> Checked:
    """Return a checked entry if it may be written.

    :raises NotConforming: with the report, or with a description of the source as an example
    """
    report = checked.report
    if not report.conforms:
        raise NotConforming(f"nothing was stored: {report.counts['Violation']} violations", report=report.as_dict())
    if not checked.describes_source and (check.mode == "replace" or (check.source or "") not in engine.graphs()):
        expected = f'<{check.source}> a rg:Source ; dct:title "…"@en .'
        raise NotConforming("nothing was stored: the entry does not describe its source", expected=expected)
    return checked


def _check_condition(engine: Engine, source: str, condition: Condition) -> None:
    if condition is not always:  # some stores have to read the whole graph for the validator
        condition(engine.validator(source) if source in engine.graphs() else None)


def _ntriples(entry: Graph) -> bytes:
    """Return an entry as N-Triples. Blank nodes are numbered in order of occurrence, so the same entry gives the same text."""
    numbers: dict[BNode, BNode] = {}
    renamed = Graph()
    for triple in entry:
        subject, predicate, object_ = (
            numbers.setdefault(term, BNode(f"b{len(numbers)}")) if isinstance(term, BNode) else term for term in triple
        )
        renamed.add((subject, predicate, object_))
    return renamed.serialize(format="nt", encoding="utf-8")
