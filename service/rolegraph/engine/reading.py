"""Reads a store of Oxigraph: answers queries and serialises graphs. One store, one thread at a time for each result."""

import re
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from itertools import chain, islice
from typing import IO, Any, TypeVar, cast

import pyoxigraph as ox

from rolegraph.engine import DEFAULT, Choose, IsCancelled, never_cancelled, syntax_errors
from rolegraph.engine.documents import RDF, RESULTS, Triple, value, writable
from rolegraph.engine.federation import FederationPolicy
from rolegraph.engine.query_limits import refuse_deep
from rolegraph.engine.watchdog import watch
from rolegraph.errors import NotAcceptable, RolegraphError, StoreUnusable, UnreadableInput
from rolegraph.formats import Format
from rolegraph.terms import BASE
from rolegraph.values import Answer, Dataset, Row

IN_MEMORY = 1024 * 1024  # bytes of an answer; a longer one goes to a file
SORTED = 20_000  # triples; longer graphs are given in the order in which the store holds them
_POSITION = re.compile(r"error at (\d+):(\d+): ")
_AHEAD = 40  # characters, more than the longest word of SPARQL has
# how RocksDB names its faults; what else goes wrong in a query is due to the query
_FAULT = re.compile(r"(?:Corruption|IO error|Invalid argument|Not found|Operation \w+|Resource busy|Shutdown in progress): ?")
_NOT_XML = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f]|\xef\xbf[\xbe\xbf]")
_UNKNOWN_FUNCTION = re.compile(r"^The custom function <(.*)> is not supported$")

Functions = dict[ox.NamedNode, Callable[..., Any]]
T = TypeVar("T")


class Reader:
    """What can be asked of a store as it is. A result is serialised before a call returns: an open iterator that another
    thread touches aborts the process.
    """

    def __init__(self, store: ox.Store, prefixes: Mapping[str, str], reach: FederationPolicy) -> None:
        self._store = store
        self._prefixes = prefixes
        self._reach = reach

    def query(self, text: str, choose: Choose, dataset: Dataset | None = None, is_cancelled: IsCancelled = never_cancelled) -> Answer:
        """Answer a query; see :class:`~rolegraph.engine.Engine`."""
        refuse_deep(text)
        self._reach.check_query(text)
        with query_errors(text):
            store, asked = self._asked(text, dataset)
            return tolerant(lambda functions: self._answer(store.query(text, base_iri=BASE, custom_functions=functions, **asked), choose))

    def rows(self, text: str) -> list[Row]:
        """Answer a SELECT query as rows; see :class:`~rolegraph.engine.Engine`."""
        self._reach.check_query(text)
        with query_errors(text), watch.over() as look:
            solutions = self._store.query(text, base_iri=BASE)
            if not isinstance(solutions, ox.QuerySolutions):
                raise UnreadableInput("rows are the answer of a SELECT query, and this is another form")
            names = [variable.value for variable in solutions.variables]
            return [
                {name: value(term) for name, term in zip(names, solution, strict=True) if term is not None}
                for solution in look.stepping(solutions)
            ]

    def graphs(self) -> list[str]:
        """Return the IRIs of the named graphs, sorted."""
        with reading_errors():
            return sorted(graph.value for graph in self._store.named_graphs())

    def dump(self, format_: Format, graph: str | None = None) -> Answer:
        """Serialise all named graphs, or one graph; see :class:`~rolegraph.engine.Engine`."""
        with reading_errors():
            return self._dump(format_, graph)

    def of(self, graph: ox.NamedNode) -> set[Triple]:
        """Return the triples of a named graph."""
        with reading_errors():
            return set(of(self._store, graph))

    def _dump(self, format_: Format, graph: str | None) -> Answer:
        if graph is not None:
            return self._graph(ox.DefaultGraph() if graph == DEFAULT else ox.NamedNode(graph), format_)
        names = sorted(self._store.named_graphs(), key=str)  # one after the other: not the union between, which is as large again
        return self._serialized(chain.from_iterable(self._store.quads_for_pattern(None, None, None, name) for name in names), format_)

    def _graph(self, graph: ox.NamedNode | ox.DefaultGraph, format_: Format) -> Answer:
        """Serialise a graph: the triples of a small one in order, those of a large one as the engine has them, which is much quicker."""
        triples = (quad.triple for quad in self._store.quads_for_pattern(None, None, None, graph))
        few = list(islice(triples, SORTED))
        if len(few) < SORTED or format_.name == "rdfxml":  # whose properties are looked at
            return self._serialized(chain(few, triples), format_)
        prefixes = dict(self._prefixes)
        return spooled(format_, lambda file: self._store.dump(file, RDF[format_.name], from_graph=graph, prefixes=prefixes))

    def _asked(self, text: str, dataset: Dataset | None) -> tuple[ox.Store, dict[str, Any]]:
        """Return the store to ask and the graphs to ask in it.

        The engine gives a triple of two default graphs twice, where SPARQL has it once: those are merged first.
        """
        asked = dataset or self._reach.dataset(text)
        if asked is None:
            return self._store, {}
        named = [ox.NamedNode(iri) for iri in asked.named]
        default = [ox.NamedNode(iri) for iri in dict.fromkeys(asked.default)]
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
        return spooled(format_, lambda file: results.serialize(file, RESULTS[format_.name]))

    def _serialized(self, statements: Iterable[ox.Triple] | Iterable[ox.Quad], format_: Format) -> Answer:
        """Serialise triples or quads: few are sorted and declare only the prefixes that they use, many are streamed."""
        rest = iter(statements)
        first = cast("list[ox.Quad]", list(islice(rest, SORTED)))
        if len(first) < SORTED:
            first.sort(key=_order)
            plain = ox.serialize(first, format=ox.RdfFormat.N_QUADS) or b""
            used = {prefix: namespace for prefix, namespace in self._prefixes.items() if f"<{namespace}".encode() in plain}
        else:
            used = dict(self._prefixes)
        everything = cast("Iterable[ox.Quad]", chain(first, rest))  # or triples: all of one kind
        return spooled(format_, lambda file: ox.serialize(writable(everything, format_), file, RDF[format_.name], prefixes=used))


def of(store: ox.Store, graph: ox.NamedNode | ox.DefaultGraph) -> Iterator[Triple]:
    """Yield the triples of a graph."""
    for quad in store.quads_for_pattern(None, None, None, graph):
        yield quad.subject, quad.predicate, quad.object


def spooled(format_: Format, write: Callable[[IO[bytes]], object]) -> Answer:
    """Return as an answer what a function writes into a file: in memory where it is short."""
    file = tempfile.SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115 - whoever reads the answer closes it
    try:
        write(guarded(file, format_))
        if file.tell() > IN_MEMORY:
            file.flush()  # the last bytes may be those that find no room
            return Answer(format_, file)
        file.seek(0)
        with file:
            return Answer(format_, file.read())
    except OSError as error:
        with suppress(OSError):  # what could not be written cannot be at the end either
            file.close()
        if error.errno is None and _FAULT.match(str(error)):  # of the engine, which reads what is written here
            raise
        if error.errno is None:  # of the serialiser, not of the system
            raise NotAcceptable(f"this answer cannot be given as {format_.media}: {error}", expected="another format") from error
        raise StoreUnusable(f"the answer could not be written to a temporary file: {error.strerror}") from error
    except BaseException:
        file.close()
        raise


def guarded(file: IO[bytes], format_: Format) -> IO[bytes]:
    """Return a file to write a format into: for XML one that makes up for what the engine leaves out."""
    return cast("IO[bytes]", _Xml(file)) if format_.name in ("rdfxml", "xml") else file


class _Xml:
    """A file of XML, into which the engine writes texts without a look at what XML has no way to write.

    It leaves carriage returns as they are, which readers then take for line feeds, and control characters, for which no reader
    takes the whole. No graph holds the latter, but a query can make them.
    """

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._end = b""  # of what was written before: the bytes of one character may come in two pieces

    def write(self, piece: bytes) -> int:
        """Write a piece, its carriage returns as references.

        :raises NotAcceptable: where it holds what XML cannot
        """
        if _NOT_XML.search(self._end + piece):
            raise NotAcceptable("this answer holds a character that XML cannot have", expected="another format")
        self._end = (self._end + piece)[-2:]
        self._file.write(piece.replace(b"\r", b"&#13;"))
        return len(piece)

    def flush(self) -> None:
        """Write out what is held back."""
        self._file.flush()


def tolerant(run: Callable[[Functions], T]) -> T:
    """Run something with functions of SPARQL that nobody knows: each call of one is an error in its expression, as SPARQL wants.

    The engine knows only functions that are given, and refuses the whole query for another: it is given each that it misses.
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


@contextmanager
def reading_errors() -> Iterator[None]:
    """Turn the engine's errors of reading into ours; what they tell of files is for the log only."""
    try:
        yield
    except (OSError, RuntimeError) as error:
        if isinstance(error, RuntimeError) and not _FAULT.match(str(error)):
            raise
        raise _unreadable(str(error)) from error


@contextmanager
def query_errors(text: str, *, what: str = "query") -> Iterator[None]:
    """Turn the engine's errors about a query or an update into ours, with line and column."""
    try:
        yield
    except RolegraphError:
        raise
    except SyntaxError as error:
        raise unparsed(text, what, str(error)) from error
    except (ValueError, RuntimeError, OSError) as error:
        if isinstance(error, OSError) or _FAULT.match(str(error)):
            raise _unreadable(str(error)) from error
        raise UnreadableInput(f"the {what} cannot be answered: {error}") from error


def _unreadable(text: str) -> StoreUnusable:
    if "Too many open files" in text:
        return StoreUnusable("the store could not be read: too many files are open", expected="the same, a little later")
    return StoreUnusable(f"the store could not be read: {text}", told="the store could not be read: it may be damaged")


def unparsed(text: str, what: str, message: str = "") -> UnreadableInput:
    """Return the error about a query or an update that does not parse, in words for people.

    The engine looks ahead for as many characters as each word has that it would take, and tells of the furthest that it came:
    behind the end there has to be something for that to lead back to where it stood.

    :param message: what the engine said of it
    """
    found = syntax_errors.find(text, what) or syntax_errors.meant(text, message) or syntax_errors.ungrouped(text)
    if found is None:
        padded = f"{text}\n{' ' * _AHEAD}"
        try:
            ox.Store().update(padded) if what == "update" else ox.Store().query(padded)
        except SyntaxError as error:
            message = str(error)
        position = _POSITION.search(message)
        line, column = (int(position[1]), int(position[2])) if position else (1, 1)
        start = sum(map(len, text.splitlines(keepends=True)[: line - 1]))
        found = syntax_errors.near(text, message, start + column - 1)
    return found.error(text, what)


def _order(statement: ox.Triple | ox.Quad) -> tuple[str, str]:
    return (str(statement.graph_name), str(statement.triple)) if isinstance(statement, ox.Quad) else ("", str(statement))
