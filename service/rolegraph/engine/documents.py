"""Parses RDF documents for the engines, whole or as a stream, and replaces blank nodes by IRIs (skolemisation)."""

import hashlib
import json
import mmap
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TypeVar

import pyoxigraph as ox

from rolegraph import jsonld_context, wellformed
from rolegraph.engine import BOM, Document, WriteMode, skolems
from rolegraph.engine.skolems import GENERATED, skolemised, space
from rolegraph.errors import NotAcceptable, UnreadableInput
from rolegraph.formats import Format
from rolegraph.terms import BASE
from rolegraph.values import Value

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

Term = skolems.Term
Triple = skolems.Triple
T = TypeVar("T", bound=Term)
S = TypeVar("S", ox.Triple, ox.Quad)

_CONTROL = bytes(0 if code < 0x20 and code not in b"\t\n\r" else 1 for code in range(256))
_SUSPECT = (b"\\u", b"\\U", b"\xef\xb7", b"\xbf\xbe", b"\xbf\xbf")  # escapes, and the last bytes of noncharacters


def read(document: Document, format_: Format, graph: str | None, *, skolemise: bool, alone: bool = True) -> set[Triple]:
    """Return the triples of one or several documents in a graph format; the base of relative IRIs is the IRI of the graph.

    :param skolemise: replace each blank node by an IRI that only depends on the graph and on the node's canonical label, so that
        the same document always gives the same triples; otherwise blank nodes are new
    :param alone: the document is the whole graph; otherwise its blank nodes are distinct from those of other documents of the graph
    :raises UnreadableInput: for a document that does not parse, with line and column
    """
    parts = document if isinstance(document, tuple) else (document or b"",)
    distinct = not alone or len(parts) > 1
    return set().union(*(_part(part, format_, graph, skolemise=skolemise, distinct=distinct) for part in parts))


def kept(old: set[Triple], new: set[Triple], mode: WriteMode) -> set[Triple]:
    """Return the triples of the old graph that survive the write. A skolemised blank node is removed with the last subject that
    referred to it.
    """
    if mode != "merge":
        return old if mode == "append" else set()
    removed = {subject for subject, _, _ in new}
    step = removed
    while step:
        parts = {object_ for subject, _, object_ in old if subject in step and isinstance(object_, ox.NamedNode)}
        step = {part for part in parts - removed if part.value.startswith(GENERATED)}
        removed = removed | step
    return {triple for triple in old if triple[0] not in removed}


class Stream:
    """A stream of the triples of a file in a graph format, for graphs that do not fit into memory. It can be read once.

    Blank nodes are replaced by IRIs that depend on the graph, the number of the file and the label.

    :ivar blank: whether there were blank nodes, known after reading
    :raises UnreadableInput: while reading, if the file does not parse, with line and column
    """

    def __init__(self, path: Path, format_: Format, graph: str, number: int) -> None:
        self.blank = False
        self._path = path
        self._format = format_
        self._graph = graph
        # a separate namespace: canonical labels name other nodes of the same graph
        self._space = f"{space(f'{graph}#{number}'.encode())}file-"

    def __iter__(self) -> Iterator[Triple]:
        with syntax_errors(f"the {self._format.name} in {self._path}"):
            quads = ox.parse(
                path=self._path,
                format=RDF[self._format.name],
                base_iri=self._graph,
                without_named_graphs=True,
                rename_blank_nodes=False,
            )
            for quad in quads:
                [triple] = checked([(quad.subject, quad.predicate, quad.object)])
                yield self._skolem(triple[0]), triple[1], self._skolem(triple[2])

    def _skolem(self, term: T) -> T | ox.NamedNode:
        if isinstance(term, ox.BlankNode):
            self.blank = True
            return ox.NamedNode(self._space + term.value)
        return term


def plain(path: Path) -> Iterator[Triple]:
    """Yield the triples of an N-Triples file."""
    for quad in ox.parse(path=path, format=ox.RdfFormat.N_TRIPLES):
        yield quad.subject, quad.predicate, quad.object


def surely_without_blank_nodes(path: Path, format_: Format) -> bool:
    """Return whether a file is certain to have no blank nodes, without parsing it."""
    if format_.name != "ntriples" or not path.stat().st_size:
        return False
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        return content.find(b"_:") < 0


def pieces(path: Path, size: int) -> Iterator[tuple[int, bytes]]:
    """Yield (lines before, piece) for a file, in pieces of whole lines of about ``size`` bytes."""
    before = 0
    with path.open("rb") as file:
        while piece := file.read(size):
            piece += file.readline()
            yield before, piece
            before += piece.count(b"\n")


def difference(old: Path, new: Sequence[Path], removed: Path, added: Path) -> None:
    """Compare N-Triples files without blank nodes line by line.

    A triple that is spelt in two ways is in both differences. Only a digest of each new line is in memory.

    :param removed: the file to write the lines to that only ``old`` has
    :param added: the file to write the lines to that only ``new`` has
    """
    fresh: set[bytes] = set()
    for path in new:
        with path.open("rb") as lines:
            fresh.update(_digest(line) for line in lines)
    with old.open("rb") as lines, removed.open("wb") as output:
        for line in lines:
            digest = _digest(line)
            if digest in fresh:
                fresh.discard(digest)
            else:
                output.write(line)
    with added.open("wb") as output:
        for path in new:
            with path.open("rb") as lines:
                output.writelines(line.rstrip(b"\r\n") + b"\n" for line in lines if _digest(line) in fresh)


def _digest(line: bytes) -> bytes:
    return hashlib.blake2b(line.strip(), digest_size=16).digest()


@contextmanager
def syntax_errors(what: str, before: int = 0) -> Iterator[None]:
    """Convert the errors of a parser.

    :param what: the name of the document in the message
    :param before: the number of lines before the parsed part
    :raises UnreadableInput: with line and column
    """
    try:
        yield
    except SyntaxError as error:
        line = before + error.lineno if error.lineno else error.lineno
        raise UnreadableInput(f"{what} does not parse: {error.msg}", line=line, column=error.offset) from error
    except ValueError as error:
        raise UnreadableInput(f"{what} does not parse: {error}") from error


def lines(triples: Iterable[Triple]) -> str:
    """Return triples as N-Triples, which are also valid as Turtle and in the DATA blocks of SPARQL updates."""
    return "".join(f"{subject} {predicate} {object_} .\n" for subject, predicate, object_ in triples)


def value(term: Term) -> Value:
    """Return a term as a :class:`~rolegraph.values.Value`."""
    if isinstance(term, ox.NamedNode):
        return Value(term.value, "iri", None, None)  # defaults take longer
    if isinstance(term, ox.Literal):
        language = term.language
        return Value(term.value, "literal", language, None if language else term.datatype.value)
    if isinstance(term, ox.BlankNode):
        return Value(term.value, "blank", None, None)
    return Value(str(term), "literal")


def checked(triples: Iterable[Triple]) -> Iterator[Triple]:
    """Yield triples and check that every format can express their literals.

    :raises UnreadableInput: for a triple that some format cannot express
    """
    for triple in triples:
        _check(triple)
        yield triple


def _check(triple: Triple | ox.Triple) -> None:
    subject, predicate, object_ = triple
    if isinstance(object_, ox.Literal):
        wellformed.refuse_literal(str(subject), predicate.value, object_.value, object_.datatype.value)
    elif isinstance(object_, ox.Triple):
        _check(object_)


def check_lines(content: bytes) -> None:
    """Check N-Triples for literals that some format cannot express; parses them only if they contain suspect bytes.

    :raises UnreadableInput: for a triple that some format cannot express
    """
    if _suspect(content):
        with suppress(SyntaxError, ValueError):  # syntax errors are reported when the lines are loaded
            deque(checked((quad.subject, quad.predicate, quad.object) for quad in ox.parse(content, ox.RdfFormat.N_TRIPLES)), maxlen=0)


def writable(statements: Iterable[S], format_: Format) -> Iterator[S]:
    """Yield triples or quads and check that the format can express their properties.

    :raises NotAcceptable: for RDF/XML, if a property does not end in an XML name
    """
    for statement in statements:
        if format_.name == "rdfxml" and (fault := wellformed.fault_of_property(statement.predicate.value)):
            raise NotAcceptable(f"this answer cannot be given as RDF/XML: {fault[0]}", expected="Turtle, N-Triples or JSON-LD")
        yield statement


def suspect(text: str) -> bool:
    """Return whether a text may contain a character, plain or escaped, that some format cannot express."""
    return _suspect(text.encode("utf-8", "replace"))


def _suspect(content: bytes) -> bool:
    return b"\0" in content.translate(_CONTROL) or any(mark in content for mark in _SUSPECT)


def _with_context(document: bytes) -> bytes:
    """Return a JSON-LD document with the context of the project in place of its address, since Oxigraph fetches nothing."""
    try:
        return json.dumps(jsonld_context.included(json.loads(document)), ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        return document  # the parser says where the fault is


def _part(document: bytes, format_: Format, graph: str | None, *, skolemise: bool, distinct: bool) -> set[Triple]:
    base = graph or BASE
    document = document.removeprefix(BOM.encode())
    if format_.name == "jsonld" and b"context.jsonld" in document:
        document = _with_context(document)
    with syntax_errors(f"the {format_.name} of {graph or 'the default graph'}"):
        parsed = ox.parse(document, RDF[format_.name], base_iri=base, without_named_graphs=True, rename_blank_nodes=not skolemise)
        triples = list(checked((quad.subject, quad.predicate, quad.object) for quad in parsed))
    if skolemise and any(isinstance(node, ox.BlankNode) for subject, _, object_ in triples for node in (subject, object_)):
        return set(skolemised(triples, base.encode() + (document if distinct else b""), document))
    return set(triples)
