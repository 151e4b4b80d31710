"""The embedded engine: Oxigraph in this process, on disk or in memory. The only module that touches pyoxigraph."""

import hashlib
import re
import shutil
import threading
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import TypeVar

import pyoxigraph as ox

from rolegraph.engine import Choose
from rolegraph.engine.federation import refuse_remote
from rolegraph.engine.nesting import refuse_deep
from rolegraph.engine.revisions import Revision, Revisions
from rolegraph.errors import NotFound, StoreUnusable, UnreadableInput
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
KEEP = 16  # revisions

Term = ox.NamedNode | ox.BlankNode | ox.Literal | ox.Triple
Triple = tuple[ox.NamedNode | ox.BlankNode | ox.Triple, ox.NamedNode, Term]
T = TypeVar("T", bound=Term)


class EmbeddedEngine:
    """Oxigraph behind the :class:`~rolegraph.engine.Engine` protocol, in memory; safe to share between threads.

    Writes take one lock, since concurrent updates of an on-disk store are lost without an error. A result is
    serialised before the call returns, since an open iterator that another thread touches aborts the process.
    """

    def __init__(self, prefixes: Mapping[str, str] | None = None, store: ox.Store | None = None, revision: int = 0) -> None:
        self._prefixes = prefixes or {}
        self._writing = threading.Lock()
        self._store = ox.Store() if store is None else store
        self._revision = revision

    @property
    def revision(self) -> int:
        return self._revision

    def revisions(self) -> Sequence[Revision]:
        return []

    def at(self, revision: int) -> "EmbeddedEngine":
        if revision != self._revision:
            raise NotFound(f"revision {revision} is not kept: this store keeps no other than the newest", expected=str(self._revision))
        return self

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

    def write(self, changes: Mapping[str, bytes | None]) -> None:
        parsed = {ox.NamedNode(graph): set(_triples(graph, turtle or b"")) for graph, turtle in changes.items()}
        with self._writing:
            request = self._request(parsed)
            if request:
                self._commit(request)

    def graphs(self) -> Iterable[str]:
        return sorted(graph.value for graph in self._store.named_graphs())

    def dump(self, format_: Format, graph: str | None = None) -> bytes:
        if graph is not None:
            quads = self._store.quads_for_pattern(None, None, None, ox.NamedNode(graph))
            return self._serialize(sorted((quad.triple for quad in quads), key=str), format_)
        named = (quad for quad in self._store if not isinstance(quad.graph_name, ox.DefaultGraph))
        return self._serialize(sorted(named, key=lambda quad: (quad.graph_name.value, str(quad.triple))), format_)

    def close(self) -> None:
        with self._writing:
            self._store.flush()
            del self._store

    def _serialize(self, statements: list[ox.Triple] | list[ox.Quad], format_: Format) -> bytes:
        """Serialise triples or quads, declaring only the prefixes that they use."""
        plain = ox.serialize(statements, format=ox.RdfFormat.N_QUADS) or b""
        used = {prefix: namespace for prefix, namespace in self._prefixes.items() if f"<{namespace}".encode() in plain}
        return ox.serialize(statements, format=RDF[format_.name], prefixes=used) or b""

    def _request(self, changes: Mapping[ox.NamedNode, set[Triple]]) -> str:
        """Return the one update request that brings named graphs, and the union in the default graph, to their new triples.

        A triple leaves the default graph with the last named graph that states it.
        """
        old = {graph: set(self._of(graph)) for graph in changes}
        added = {graph: new - old[graph] for graph, new in changes.items()}
        removed = {graph: old[graph] - new for graph, new in changes.items()}
        kept = set().union(*changes.values())
        gone = {triple for triples in removed.values() for triple in triples if triple not in kept and not self._stated(triple, changes)}
        parts = [_data("DELETE DATA", graph, triples) for graph, triples in removed.items()]
        parts += [_data("DELETE DATA", None, gone)]
        parts += [_data("INSERT DATA", graph, triples) for graph, triples in added.items()]
        parts += [_data("INSERT DATA", None, set().union(*added.values()))]
        parts += [f"DROP SILENT GRAPH {graph} ;\n" for graph, new in changes.items() if old[graph] and not new]
        return "".join(parts)

    def _commit(self, request: str) -> None:
        self._store.update(request)
        self._revision += 1

    def _of(self, graph: ox.NamedNode) -> Iterator[Triple]:
        for quad in self._store.quads_for_pattern(None, None, None, graph):
            yield quad.subject, quad.predicate, quad.object

    def _stated(self, triple: Triple, besides: Container[ox.NamedNode]) -> bool:
        """Tell whether a named graph states a triple, besides some."""
        subject, predicate, object_ = triple
        quads = self._store.quads_for_pattern(subject, predicate, object_, None)
        return any(isinstance(quad.graph_name, ox.NamedNode) and quad.graph_name not in besides for quad in quads)


class StoredEngine(EmbeddedEngine):
    """The same on disk, in a folder. A write is published as a revision before it is acknowledged.

    Publishing is the commit: a store that a crash left in the middle of a write is put back to its newest revision.
    """

    def __init__(self, folder: Path, prefixes: Mapping[str, str] | None = None, keep: int = KEEP) -> None:
        self._unfinished = folder / "unfinished"
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._revisions = Revisions(folder / "revisions", keep)
            store = self._open(folder / "graph")
            if len(store) and not self._revisions.newest:
                # written before there were revisions, or its revisions were removed: what there is is the first one
                self._revisions.publish(lambda path: store.backup(str(path)))
        except OSError as error:
            raise StoreUnusable(f"the store in {folder} cannot be opened: {error}") from error
        super().__init__(prefixes, store, self._revisions.newest)

    def revisions(self) -> Sequence[Revision]:
        return self._revisions.all()

    def at(self, revision: int) -> EmbeddedEngine:
        return self if revision == self._revision else read(self._revisions.path(revision), self._prefixes, revision)

    def reading(self, revision: int) -> AbstractContextManager[Path]:
        """Give the folder of a revision, which any process may open with :func:`read`, and keep it meanwhile.

        :raises NotFound: for one that is not kept
        """
        return self._revisions.reading(revision)

    def _open(self, path: Path) -> ox.Store:
        """Open the store; one that a crash left in the middle of a write is first put back to the newest revision."""
        store = _open(path)  # before anything is touched: a store that is in use stays as it is
        if not self._unfinished.exists():
            return store
        del store
        shutil.rmtree(path)
        if self._revisions.newest:
            shutil.copytree(self._revisions.path(self._revisions.newest), path)
        self._unfinished.unlink()
        return _open(path)

    def _commit(self, request: str) -> None:
        try:
            self._unfinished.touch()
            self._store.update(request)
            self._store.flush()
            self._revision = self._revisions.publish(lambda path: self._store.backup(str(path)))
            self._unfinished.unlink()
        except OSError as error:
            detail = f"the write could not be finished ({error}); the store is as it was before it once the service is started anew"
            raise StoreUnusable(detail) from error


def read(path: Path, prefixes: Mapping[str, str], revision: int = 0) -> EmbeddedEngine:
    """Open a revision for reading: it is never written, so any number of processes may."""
    return EmbeddedEngine(prefixes, ox.Store.read_only(str(path)), revision)


def _open(path: Path) -> ox.Store:
    try:
        return ox.Store(path)
    except OSError as error:
        if "lock hold by" in str(error) or "Resource temporarily unavailable" in str(error):
            raise StoreUnusable(
                f"the store in {path.parent} is in use by another process; stop that one, or name another folder with --store",
            ) from error
        raise


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
