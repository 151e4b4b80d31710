"""Reads an Oxigraph store: runs queries and serialises graphs."""

import re
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from functools import partial
from itertools import chain, islice
from typing import IO, Any, TypeVar, cast

import pyoxigraph as ox

from rolegraph import dependencies
from rolegraph.dependencies import EVERYTHING
from rolegraph.engine import DEFAULT, Choose, IsCancelled, never_cancelled
from rolegraph.engine.documents import RDF, RESULTS, Triple, value, writable
from rolegraph.engine.federation import FederationPolicy
from rolegraph.engine.oxigraph_errors import FAULT, query_errors, reading_errors
from rolegraph.engine.query_limits import refuse_deep
from rolegraph.engine.watchdog import watch
from rolegraph.errors import NotAcceptable, StoreUnusable, UnreadableInput
from rolegraph.formats import Format
from rolegraph.queries import footprint
from rolegraph.terms import BASE
from rolegraph.values import Answer, Dataset, Row

IN_MEMORY = 1024 * 1024  # bytes; a longer answer is written to a temporary file
SORTED = 20_000  # triples; larger graphs are serialised in the order of the store
_NOT_XML = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f]|\xef\xbf[\xbe\xbf]")
_UNKNOWN_FUNCTION = re.compile(r"^The custom function <(.*)> is not supported$")

Functions = dict[ox.NamedNode, Callable[..., Any]]
T = TypeVar("T")


class Reader:
    """Queries and dumps of a store. Results are serialised before a call returns, because an open iterator that another thread uses
    aborts the process.
    """

    def __init__(self, store: ox.Store, prefixes: Mapping[str, str], reach: FederationPolicy) -> None:
        self._store = store
        self._prefixes = prefixes
        self._reach = reach

    def query(self, text: str, choose: Choose, dataset: Dataset | None = None, is_cancelled: IsCancelled = never_cancelled) -> Answer:
        """See :meth:`Engine.query <rolegraph.engine.Engine.query>`."""
        footprint.note(text if dataset is None else "")
        refuse_deep(text)
        self._reach.check_query(text)
        with query_errors(text):
            store, graphs = self._scope(text, dataset)
            return tolerant(lambda functions: self._answer(store.query(text, base_iri=BASE, custom_functions=functions, **graphs), choose))

    def rows(self, text: str) -> list[Row]:
        """See :meth:`Engine.rows <rolegraph.engine.Engine.rows>`.

        :raises UnreadableInput: for a query that is not a SELECT query
        """
        footprint.note(text)
        self._reach.check_query(text)
        with query_errors(text):
            return self._rows(text)

    def graphs(self) -> list[str]:
        """Return the IRIs of the named graphs, sorted."""
        dependencies.note(EVERYTHING)
        with reading_errors():
            return sorted(graph.value for graph in self._store.named_graphs())

    def dump(self, format_: Format, graph: str | None = None) -> Answer:
        """See :meth:`Engine.dump <rolegraph.engine.Engine.dump>`."""
        dependencies.note(EVERYTHING)
        with reading_errors():
            return self._dump(format_, graph)

    def of(self, graph: ox.NamedNode) -> set[Triple]:
        """Return the triples of a named graph."""
        dependencies.note(EVERYTHING)
        with reading_errors():
            return set(of(self._store, graph))

    def _rows(self, text: str) -> list[Row]:
        with watch.over() as look:
            solutions = self._store.query(text, base_iri=BASE)
            if not isinstance(solutions, ox.QuerySolutions):
                raise UnreadableInput("only a SELECT query returns rows; this is another query form")
            names = [variable.value for variable in solutions.variables]
            return [
                {name: value(term) for name, term in zip(names, solution, strict=True) if term is not None}
                for solution in look.stepping(solutions)
            ]

    def _dump(self, format_: Format, graph: str | None) -> Answer:
        if graph is not None:
            return self._graph(ox.DefaultGraph() if graph == DEFAULT else ox.NamedNode(graph), format_)
        names = sorted(self._store.named_graphs(), key=str)  # one by one, to skip the union, which is as large again
        return self._serialized(chain.from_iterable(self._store.quads_for_pattern(None, None, None, name) for name in names), format_)

    def _graph(self, graph: ox.NamedNode | ox.DefaultGraph, format_: Format) -> Answer:
        """Serialise a graph: sorted if it is small; a large one in the order of the store, which is much faster."""
        triples = (quad.triple for quad in self._store.quads_for_pattern(None, None, None, graph))
        few = list(islice(triples, SORTED))
        if len(few) < SORTED or format_.name == "rdfxml":  # RDF/XML: its properties are checked
            return self._serialized(chain(few, triples), format_)
        prefixes = dict(self._prefixes)
        return spooled(format_, lambda file: self._store.dump(file, RDF[format_.name], from_graph=graph, prefixes=prefixes))

    def _scope(self, text: str, dataset: Dataset | None) -> tuple[ox.Store, dict[str, Any]]:
        """Return the store to query and the arguments that select graphs in it.

        Oxigraph returns a triple of two default graphs twice, but SPARQL requires it once: several default graphs are merged first.
        """
        scope = dataset or self._reach.dataset(text)
        if scope is None:
            return self._store, {}
        named = [ox.NamedNode(iri) for iri in scope.named]
        default = [ox.NamedNode(iri) for iri in dict.fromkeys(scope.default)]
        if len(default) < 2:
            return self._store, {"default_graph": default, "named_graphs": named} if dataset else {}
        merged = ox.Store()
        for graph in default:
            merged.bulk_extend(ox.Quad(*triple, ox.DefaultGraph()) for triple in of(self._store, graph))
        for graph in named:
            merged.bulk_extend(self._store.quads_for_pattern(None, None, None, graph))
        return merged, {"default_graph": ox.DefaultGraph(), "named_graphs": named}

    def _answer(self, results: ox.QuerySolutions | ox.QueryBoolean | ox.QueryTriples, choose: Choose) -> Answer:
        if isinstance(results, ox.QueryTriples):
            return self._serialized(results, choose("graph"))
        format_ = choose("table")
        return spooled(format_, partial(results.serialize, format=RESULTS[format_.name]))

    def _serialized(self, statements: Iterable[ox.Triple] | Iterable[ox.Quad], format_: Format) -> Answer:
        """Serialise triples or quads. If there are few, they are sorted and only used prefixes are declared; many are streamed."""
        remaining = iter(statements)
        first = cast("list[ox.Quad]", list(islice(remaining, SORTED)))
        if len(first) < SORTED:
            first.sort(key=_order)
            plain = ox.serialize(first, format=ox.RdfFormat.N_QUADS) or b""
            used = {prefix: namespace for prefix, namespace in self._prefixes.items() if f"<{namespace}".encode() in plain}
        else:
            used = dict(self._prefixes)
        everything = cast("Iterable[ox.Quad]", chain(first, remaining))  # either all quads or all triples
        return spooled(format_, partial(ox.serialize, writable(everything, format_), format=RDF[format_.name], prefixes=used))


def of(store: ox.Store, graph: ox.NamedNode | ox.DefaultGraph) -> Iterator[Triple]:
    """Yield the triples of a graph."""
    for quad in store.quads_for_pattern(None, None, None, graph):
        yield quad.subject, quad.predicate, quad.object


def spooled(format_: Format, write: Callable[[IO[bytes]], object]) -> Answer:
    """Return what ``write`` writes to a file as an answer: bytes if it is short, otherwise a temporary file.

    :raises NotAcceptable: if the format cannot express the answer
    :raises StoreUnusable: if the temporary file cannot be written
    """
    file = tempfile.SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115 - the reader of the answer closes it
    try:
        write(guarded(file, format_))
        if file.tell() > IN_MEMORY:
            file.flush()  # the disk may be too full for the last bytes
            return Answer(format_, file)
        file.seek(0)
        with file:
            return Answer(format_, file.read())
    except OSError as error:
        with suppress(OSError):  # closing tries to write the same bytes again
            file.close()
        if error.errno is None and FAULT.match(str(error)):  # an error of RocksDB while reading
            raise
        if error.errno is None:  # an error of the serialiser, not of the system
            raise NotAcceptable(f"this answer cannot be given as {format_.media}: {error}", expected="another format") from error
        raise StoreUnusable(f"the answer could not be written to a temporary file: {error.strerror}") from error
    except BaseException:
        file.close()
        raise


def guarded(file: IO[bytes], format_: Format) -> IO[bytes]:
    """Return a file to write a format to: for XML, one that escapes what Oxigraph does not escape."""
    return cast("IO[bytes]", _Xml(file)) if format_.name in ("rdfxml", "xml") else file


class _Xml:
    """An XML file that corrects the output of Oxigraph.

    Oxigraph does not escape carriage returns, which XML parsers read as line feeds, nor control characters, which make the document
    invalid. Graphs have no control characters, but a query can create them.
    """

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._end = b""  # the last bytes written: a character may be split between two pieces

    def write(self, piece: bytes) -> int:
        """Write bytes, with carriage returns as character references.

        :raises NotAcceptable: for a character that XML does not allow
        """
        if _NOT_XML.search(self._end + piece):
            raise NotAcceptable("this answer has a character that XML does not allow", expected="another format")
        self._end = (self._end + piece)[-2:]
        self._file.write(piece.replace(b"\r", b"&#13;"))
        return len(piece)

    def flush(self) -> None:
        """Flush the file."""
        self._file.flush()


def tolerant(run: Callable[[Functions], T]) -> T:
    """Run a query or an update so that a call of an unknown function is an error of its expression, as SPARQL requires.

    Oxigraph refuses a whole query with an unknown function. So the query is run again with a function of that name that always fails.

    :param run: runs the query with custom functions
    """
    functions: Functions = {}
    while True:
        try:
            return run(functions)
        except RuntimeError as error:
            unknown = _UNKNOWN_FUNCTION.match(str(error))
            if unknown is None or ox.NamedNode(unknown[1]) in functions:
                raise
            functions[ox.NamedNode(unknown[1])] = lambda *_: None


def _order(statement: ox.Triple | ox.Quad) -> tuple[str, str]:
    return (str(statement.graph_name), str(statement.triple)) if isinstance(statement, ox.Quad) else ("", str(statement))
