"""Parses the answers of an endpoint, normalises known differences between servers, and serialises them in our formats."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import IO

import pyoxigraph as ox

from rolegraph.engine.documents import RDF, RESULTS, Term, Triple, value
from rolegraph.engine.reading import guarded
from rolegraph.engine.remote import literals
from rolegraph.engine.remote.http import IN_MEMORY, Reply, Spool
from rolegraph.engine.remote.query_forms import QueryForm
from rolegraph.errors import StoreUnusable, UnsupportedFormat
from rolegraph.formats import Format, holding, of_media
from rolegraph.values import PIECE, Answer, Row


def table(reply: Reply, form: QueryForm, format_: Format) -> Answer:
    """Return the answer of a SELECT or ASK query in a format for tables."""
    with _reading(reply):
        results = _results(reply)
        if form.name == "ASK" and isinstance(results, ox.QuerySolutions):  # Virtuoso answers with a table of one row
            truth = any(isinstance(term := solution[0], ox.Literal) and term.value in ("1", "true") for solution in results)
            results = ox.parse_query_results(f'{{"head":{{}},"boolean":{str(truth).lower()}}}', ox.QueryResultsFormat.JSON)
        output = Spool()
        results.serialize(guarded(output, format_), RESULTS[format_.name])
    return _answer(format_, output)


def graph(reply: Reply, format_: Format, prefixes: Mapping[str, str]) -> tuple[Answer, int]:
    """Return the answer of a CONSTRUCT or DESCRIBE query in a graph format, and the number of its triples."""
    count = 0

    def counted() -> Iterator[ox.Triple]:
        nonlocal count
        for quad in ox.parse(reply.body, RDF[of_media(reply.media, holding("graph")).name]):
            count += 1
            yield quad.triple

    with _reading(reply):
        used = _used(reply.body, prefixes)
        output = Spool()
        ox.serialize(counted(), guarded(output, format_), RDF[format_.name], prefixes=used)
    return _answer(format_, output), count


def laid_out(triples: Iterable[tuple[str, Triple]], format_: Format, prefixes: Mapping[str, str]) -> Answer:
    """Serialise (graph, triple) pairs as a stream, declaring only the prefixes that they use."""
    plain, output = Spool(), Spool()
    ox.serialize((ox.Quad(*triple, ox.NamedNode(graph)) for graph, triple in triples), plain, ox.RdfFormat.N_QUADS)
    used = _used(plain, prefixes)
    quads = ox.parse(plain, ox.RdfFormat.N_QUADS)
    statements = quads if format_.holds == "dataset" else (quad.triple for quad in quads)
    ox.serialize(statements, guarded(output, format_), RDF[format_.name], prefixes=used)
    return _answer(format_, output)


def solutions(reply: Reply) -> Iterator[tuple[Term | None, ...]]:
    """Yield the rows of a table as terms, with normalised booleans and durations."""
    with _reading(reply):
        results = _results(reply)
        if isinstance(results, ox.QuerySolutions):
            for solution in results:
                yield tuple(literals.normalised(term) for term in solution)


def rows(reply: Reply) -> list[Row]:
    """Return the rows of a table; an unbound variable is absent from its row."""
    with _reading(reply):
        results = _results(reply)
        names = [variable.value for variable in results.variables] if isinstance(results, ox.QuerySolutions) else []
    reply.body.seek(0)
    return [{name: value(term) for name, term in zip(names, row, strict=True) if term is not None} for row in solutions(reply)]


def _results(reply: Reply) -> ox.QuerySolutions | ox.QueryBoolean:
    return ox.parse_query_results(reply.body, RESULTS[of_media(reply.media, holding("table")).name])


def _used(plain: IO[bytes], prefixes: Mapping[str, str]) -> dict[str, str]:
    """Return the prefixes whose namespaces occur in a file, and rewind the file."""
    plain.seek(0)
    missing = {prefix: f"<{namespace}".encode() for prefix, namespace in prefixes.items()}
    longest = max(map(len, missing.values()), default=1)
    before = b""
    while missing and (piece := plain.read(PIECE)):
        text = before + piece
        missing = {prefix: namespace for prefix, namespace in missing.items() if namespace not in text}
        before = text[-longest:]
    plain.seek(0)
    return {prefix: namespace for prefix, namespace in prefixes.items() if prefix not in missing}


def _answer(format_: Format, output: IO[bytes]) -> Answer:
    size = output.tell()
    output.seek(0)
    return Answer(format_, output if size > IN_MEMORY else output.read())


@contextmanager
def _reading(reply: Reply) -> Iterator[None]:
    try:
        yield
    except (SyntaxError, ValueError, UnsupportedFormat) as error:
        raise StoreUnusable(f"the endpoint's answer, of type {reply.media}, cannot be read: {error}") from error
