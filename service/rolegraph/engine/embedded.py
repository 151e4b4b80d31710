"""The embedded engine: Oxigraph in this process, on disk or in memory. The only module that touches pyoxigraph."""

import hashlib
import re
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

import pyoxigraph as ox

from rolegraph.engine import Choose
from rolegraph.engine.federation import refuse_remote
from rolegraph.engine.nesting import refuse_deep
from rolegraph.errors import StoreUnusable, UnreadableInput
from rolegraph.formats import Format
from rolegraph.terms import BASE
from rolegraph.things import Answer, Row, Value

RESULTS = {
    "json": ox.QueryResultsFormat.JSON,
    "xml": ox.QueryResultsFormat.XML,
    "csv": ox.QueryResultsFormat.CSV,
    "tsv": ox.QueryResultsFormat.TSV,
}
RDF = {
    "turtle": ox.RdfFormat.TURTLE,
    "ntriples": ox.RdfFormat.N_TRIPLES,
    "jsonld": ox.RdfFormat.JSON_LD,
    "rdfxml": ox.RdfFormat.RDF_XML,
    "trig": ox.RdfFormat.TRIG,
    "nquads": ox.RdfFormat.N_QUADS,
}
_POSITION = re.compile(r"error at (\d+):(\d+): ")
_PROLOGUE = re.compile(r"(?:\s+|#[^\n]*(?:\n|$)|BASE\s*<[^>]*>|PREFIX\s+[^\s:]*:\s*<[^>]*>)*", re.IGNORECASE)
_UPDATE = re.compile(r"(INSERT|DELETE|LOAD|CLEAR|DROP|CREATE|ADD|MOVE|COPY|WITH)\b", re.IGNORECASE)
_MANY_EXPECTED = 12

Term = ox.NamedNode | ox.BlankNode | ox.Literal | ox.Triple
Triple = tuple[ox.NamedNode | ox.BlankNode | ox.Triple, ox.NamedNode, Term]
T = TypeVar("T", bound=Term)


class EmbeddedEngine:
    """Oxigraph behind the :class:`~rolegraph.engine.Engine` protocol; safe to share between threads.

    Writes take one lock, since concurrent updates of an on-disk store are lost without an error. A result is
    serialised before the call returns, since an open iterator that another thread touches aborts the process.
    """

    def __init__(self, path: Path | None, prefixes: dict[str, str] | None = None, *, read_only: bool = False) -> None:
        self._prefixes = prefixes or {}
        self._writing = threading.Lock()
        self._store = ox.Store.read_only(str(path)) if read_only else _open(path)
        self._revision = 0

    @property
    def revision(self) -> int:
        return self._revision

    def query(self, text: str, choose: Choose) -> Answer:
        refuse_deep(text)
        refuse_remote(text)
        with _query_errors(text):
            results = self._store.query(text, base_iri=BASE)
            format_ = choose("graph" if isinstance(results, ox.QueryTriples) else "table")
            if isinstance(results, ox.QueryTriples):
                body = self._serialize(list(results), format_)
            else:
                body = results.serialize(format=RESULTS[format_.name]) or b""
        return Answer(format_, body)

    def rows(self, text: str) -> list[Row]:
        refuse_remote(text)
        with _query_errors(text):
            solutions = self._store.query(text, base_iri=BASE)
            if not isinstance(solutions, ox.QuerySolutions):
                raise UnreadableInput("rows are the answer of a SELECT query, and this is another form")
            names = [variable.value for variable in solutions.variables]
            return [
                {name: _value(term) for name, term in zip(names, solution, strict=True) if term is not None}
                for solution in solutions
            ]

    def replace(self, graph: str, turtle: bytes) -> None:
        new = set(_triples(graph, turtle))
        with self._writing:
            self._write(ox.NamedNode(graph), new)

    def withdraw(self, graph: str) -> None:
        with self._writing:
            self._write(ox.NamedNode(graph), set())

    def graphs(self) -> Iterable[str]:
        return sorted(graph.value for graph in self._store.named_graphs())

    def dump(self, format_: Format, graph: str | None = None) -> bytes:
        if graph is not None:
            quads = self._store.quads_for_pattern(None, None, None, ox.NamedNode(graph))
            return self._serialize(sorted((quad.triple for quad in quads), key=str), format_)
        named = (quad for quad in self._store if not isinstance(quad.graph_name, ox.DefaultGraph))
        return self._serialize(sorted(named, key=lambda quad: (quad.graph_name.value, str(quad.triple))), format_)

    def checkpoint(self, folder: Path) -> Path:
        """Return a copy of the store as it is now, below a folder: the one that is there already where nothing was written since.

        It takes milliseconds, since files are linked and not copied, and any process may open it for reading.
        """
        with self._writing:
            path = folder / str(self._revision)
            if not path.exists():
                folder.mkdir(parents=True, exist_ok=True)
                fresh = folder / f"{self._revision}.new"
                self._store.backup(str(fresh))
                fresh.rename(path)
            return path

    def close(self) -> None:
        with self._writing:
            self._store.flush()
            del self._store

    def _serialize(self, statements: list[ox.Triple] | list[ox.Quad], format_: Format) -> bytes:
        """Serialise triples or quads, declaring only the prefixes that they use."""
        plain = ox.serialize(statements, format=ox.RdfFormat.N_QUADS) or b""
        used = {prefix: namespace for prefix, namespace in self._prefixes.items() if f"<{namespace}".encode() in plain}
        return ox.serialize(statements, format=RDF[format_.name], prefixes=used) or b""

    def _write(self, graph: ox.NamedNode, new: set[Triple]) -> None:
        """Bring a named graph, and the union in the default graph, to the new triples in one update request.

        A triple leaves the default graph with the last named graph that states it.
        """
        old = {(quad.subject, quad.predicate, quad.object) for quad in self._store.quads_for_pattern(None, None, None, graph)}
        gone = [triple for triple in old - new if not self._stated_elsewhere(triple, graph)]
        request = "".join(
            (
                _data("DELETE DATA", graph, old - new),
                _data("DELETE DATA", None, gone),
                _data("INSERT DATA", graph, new - old),
                _data("INSERT DATA", None, new - old),
                "" if new else f"DROP SILENT GRAPH {graph}",
            ),
        )
        if request:
            self._store.update(request)
            self._store.flush()
            self._revision += 1

    def _stated_elsewhere(self, triple: Triple, graph: ox.NamedNode) -> bool:
        subject, predicate, object_ = triple
        quads = self._store.quads_for_pattern(subject, predicate, object_, None)
        return any(quad.graph_name != graph and not isinstance(quad.graph_name, ox.DefaultGraph) for quad in quads)


def _open(path: Path | None) -> ox.Store:
    if path is None:
        return ox.Store()
    try:
        path.mkdir(parents=True, exist_ok=True)
        return ox.Store(path)
    except OSError as error:
        if "lock hold by" in str(error) or "Resource temporarily unavailable" in str(error):
            raise StoreUnusable(
                f"the store in {path} is in use by another process; stop that one, or name another folder with --store",
            ) from error
        raise StoreUnusable(f"the store in {path} cannot be opened: {error}") from error


def _data(operation: str, graph: ox.NamedNode | None, triples: Iterable[Triple]) -> str:
    lines = "\n".join(f"{subject} {predicate} {object_} ." for subject, predicate, object_ in triples)
    if not lines:
        return ""
    block = f"GRAPH {graph} {{\n{lines}\n}}" if graph else lines
    return f"{operation} {{ {block} }} ;\n"


def _triples(graph: str, turtle: bytes) -> Iterator[Triple]:
    """Parse Turtle; a blank node becomes an IRI that depends on the graph and on the node's canonical label only."""
    try:
        dataset = ox.Dataset(ox.Quad(t.subject, t.predicate, t.object) for t in ox.parse(turtle, ox.RdfFormat.TURTLE, base_iri=graph))
    except (SyntaxError, ValueError) as error:
        raise UnreadableInput(f"the Turtle of {graph} does not parse: {error}") from error
    dataset.canonicalize(ox.CanonicalizationAlgorithm.RDFC_1_0)
    space = f"{BASE}.well-known/genid/{hashlib.sha256(graph.encode()).hexdigest()[:16]}-"

    def skolem(term: T) -> T | ox.NamedNode:
        return ox.NamedNode(space + term.value) if isinstance(term, ox.BlankNode) else term

    for quad in dataset:
        yield skolem(quad.subject), quad.predicate, skolem(quad.object)


def _value(term: Term) -> Value:
    if isinstance(term, ox.NamedNode):
        return Value(term.value)
    if isinstance(term, ox.Literal):
        return Value(term.value, "literal", term.language, None if term.language else term.datatype.value)
    if isinstance(term, ox.BlankNode):
        return Value(term.value, "blank")
    return Value(str(term), "literal")


@contextmanager
def _query_errors(text: str) -> Iterator[None]:
    """Turn the engine's errors about a query into ours: with line and column, and in words for people."""
    try:
        yield
    except SyntaxError as error:
        message = str(error)
        position = _POSITION.search(message)
        line, column = (int(position[1]), int(position[2])) if position else (None, None)
        message = _explain(_POSITION.sub("", message), text)
        raise UnreadableInput(f"the query does not parse: {message}", line=line, column=column) from error
    except (ValueError, RuntimeError) as error:
        raise UnreadableInput(f"the query cannot be answered: {error}") from error


def _explain(message: str, text: str) -> str:
    """Say what a syntax error means: an update is named as one, and a long list of expected characters is left out."""
    prologue = _PROLOGUE.match(text)
    if prologue and _UPDATE.match(text, prologue.end()):
        return "this is an update; a query starts with SELECT, ASK, CONSTRUCT or DESCRIBE"
    if message.count(",") > _MANY_EXPECTED:
        return "what stands here, or is missing here, fits nowhere in a query"
    return message
