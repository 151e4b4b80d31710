"""Entries: checked, written to the graph of their source, and withdrawn. What is written was checked against the graph that it changes."""

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
from rolegraph.validation import context, entries, jsonld_reader, ownership
from rolegraph.validation.findings import Report
from rolegraph.validation.shapes import Shapes

TRIES = 3  # checks beside other writes; the next one keeps these never_cancelled

NTRIPLES = named("ntriples", holding("graph"))

Condition = Callable[[str | None], None]
"""Looks at the validator of a graph, None for one that is not there, and raises where a write is not wanted then."""


def always(validator: str | None) -> None:
    """Want a write in any case: the plainest :data:`Condition`."""


@dataclass(frozen=True)
class Checked:
    """What became of an entry: the report, its triples, and whether it says what its source is."""

    report: Report
    ntriples: bytes
    describes_source: bool


@dataclass(frozen=True)
class Check:
    """The job of checking an entry against the shapes, as an entry of a source or of none."""

    body: bytes
    format: Format
    source: str | None = None
    mode: WriteMode = "replace"
    name: str = "the validation"
    private: bool = False

    def run(self, engine: Engine) -> Checked:
        """Check the entry on one revision.

        :raises UnreadableInput: for an entry that does not parse
        """
        parsed = entries.parse(self.body, self.format, base=self.source or terms.BASE)
        entry = parsed.graph
        around = context.context_of(engine.rows, entry, self.source, self.mode)
        further = chain(ownership.findings(entry, around.described, self.source), jsonld_reader.findings(parsed.unknown))
        report = shapes().check(entry, around.context, further)
        described = (URIRef(self.source or ""), RDF.type, URIRef(terms.KINDS["source"].type)) in entry
        return Checked(report, _ntriples(entry), described)


@dataclass(frozen=True)
class Entered:
    """An entry that was written: the report, which may still hold advice; whether its source is new; and what the write made."""

    report: Report
    new: bool
    receipt: Receipt


class _Moved(Exception):
    """The graph has changed since the entry was checked."""


@cache
def shapes() -> Shapes:
    """Return the shapes, loaded once for each process."""
    return Shapes()


def write(engine: Engine, check: Check, condition: Condition = always, is_cancelled: IsCancelled = never_cancelled) -> Entered:
    """Write an entry to the graph of its source if it meets the shapes as the graph is when it is written.

    The check takes long, so it runs beside other writes, and again where one came between.

    :raises UnreadableInput: for an entry that does not parse
    :raises NotConforming: for one that breaks the shapes; then nothing is written
    """
    assert check.source
    for _ in range(TRIES):
        revision = engine.revision
        if revision is None:
            break  # where others write unseen nobody can tell whether one came between
        _look(engine, check.source, condition)
        checked = _conforming(engine, check, engine.work(check, is_cancelled))
        try:
            return _write(engine, check, checked, condition, lambda seen=revision: _unmoved(engine, seen))  # type: ignore[misc]
        except _Moved:
            continue
    parsed = engine.work(check, is_cancelled)
    return _write(engine, check, parsed, condition, lambda: _conforming(engine, check, engine.work(check, is_cancelled)))


def withdraw(engine: Engine, source: str, condition: Condition = always) -> Receipt:
    """Remove the graph of a source.

    :raises NotFound: for one that is not there
    """

    def guard() -> None:
        _look(engine, source, condition)
        if source not in engine.graphs():
            raise missing.graph(source, engine.graphs())

    return engine.write({source: None}, guard=guard)


def _write(engine: Engine, check: Check, checked: Checked, condition: Condition, look: Callable[[], Checked | None]) -> Entered:
    """Write what was checked, if a last look at the store, before which no other write can come, allows it."""
    source, new, report = check.source or "", False, checked.report

    def guard() -> None:
        nonlocal new, report
        _look(engine, source, condition)
        again = look()
        new, report = source not in engine.graphs(), again.report if again else report

    receipt = engine.write({source: checked.ntriples}, NTRIPLES, mode=check.mode, guard=guard)
    return Entered(report, new, receipt)


def _unmoved(engine: Engine, revision: int) -> None:
    if engine.revision != revision:
        raise _Moved


def _conforming(engine: Engine, check: Check, checked: Checked) -> Checked:
    """Return what was checked if it may be written.

    :raises NotConforming: with the report, or with how to say what the source is
    """
    report = checked.report
    if not report.conforms:
        raise NotConforming(f"nothing was stored: {report.counts['Violation']} violations", report=report.as_dict())
    if not checked.describes_source and (check.mode == "replace" or (check.source or "") not in engine.graphs()):
        expected = f'<{check.source}> a rg:Source ; dct:title "…"@en .'
        raise NotConforming("nothing was stored: the entry does not say what its source is", expected=expected)
    return checked


def _look(engine: Engine, source: str, condition: Condition) -> None:
    if condition is not always:  # a store that others write has to read the whole graph for it
        condition(engine.validator(source) if source in engine.graphs() else None)


def _ntriples(entry: Graph) -> bytes:
    """Return an entry as N-Triples, its blank nodes numbered in the order in which they stand: the same entry gives the same text."""
    numbers: dict[BNode, BNode] = {}
    renamed = Graph()
    for triple in entry:
        subject, predicate, object_ = (
            numbers.setdefault(term, BNode(f"b{len(numbers)}")) if isinstance(term, BNode) else term for term in triple
        )
        renamed.add((subject, predicate, object_))
    return renamed.serialize(format="nt", encoding="utf-8")
