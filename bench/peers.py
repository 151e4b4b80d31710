"""The compared engines: each loads or opens the same data and runs the comparison query for two roles."""

import contextlib
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import httpx
from rdflib import Dataset, Literal, URIRef

from rolegraph.comparison.model import Comparison
from rolegraph.engine.revision_store import RevisionStore
from rolegraph.facade import Rolegraph
from rolegraph.queries import QueryCatalogue
from rolegraph.terms import RG
from rolegraph.values import Row

Pair = tuple[str, str]
Term = tuple[str, str, str] | None
"""A term of an answer: its kind, its value, its language or datatype."""
Answer = list[tuple[Term, ...]]

COLUMNS = ("role", "section", "facet", "item", "label", "broader", "broaderLabel", "source")
CLAIM = tuple(COLUMNS.index(name) for name in ("role", "facet", "item", "source"))
STRING = "http://www.w3.org/2001/XMLSchema#string"
PATIENCE = 60.0


class Missing(Exception):
    """An engine cannot be started on this machine."""


@dataclass(frozen=True)
class Material:
    """The same data in the formats of the engines: Rolegraph's store, N-Quads, and Turtle by named graph.

    The store and the N-Quads have the union of the named graphs in the default graph.
    """

    store: Path
    quads: Path
    documents: tuple[tuple[str, Path], ...]


class Peer(Protocol):
    """A running engine. ``pids`` are its processes; ``loading`` and ``opening`` are seconds.

    ``claims`` is set if an answer is arranged by item: its rows are then role, facet, item and source.
    ``remembers`` is set if the engine may cache answers, so that first and repeated requests are measured separately.
    """

    pids: tuple[int, ...]
    loading: float | None
    opening: float | None
    claims: bool
    remembers: bool

    def ask(self, pair: Pair) -> Any:
        """Return the answer for two roles as Python values; this call is timed."""

    def plain(self, answer: Any) -> Answer:
        """Return an answer in the form for comparing the answers of all engines."""


class Embedded:
    """Rolegraph's own engine, in this process, with the store on disk."""

    loading: float | None = None
    claims = remembers = False
    pids: tuple[int, ...] = ()

    def __init__(self, material: Material) -> None:
        start = time.perf_counter()
        self._engine = RevisionStore(material.store)
        self.opening: float | None = time.perf_counter() - start
        self._query = QueryCatalogue().get("compare")

    def ask(self, pair: Pair) -> list[Row]:
        return self._engine.rows(self._query.bind({"role": pair}))

    def plain(self, answer: list[Row]) -> Answer:
        return rows_of([{name: _term(*value) for name, value in row.items()} for row in answer])


class Facade:
    """The whole call: look-up of the roles, the query, the proficiencies, the labels, and the arrangement by section."""

    loading: float | None = None
    claims = True
    remembers = False
    pids: tuple[int, ...] = ()

    def __init__(self, material: Material) -> None:
        start = time.perf_counter()
        self._graph = Rolegraph.open(material.store)
        self.opening: float | None = time.perf_counter() - start

    def ask(self, pair: Pair) -> Comparison:
        # a façade of its own each time, since one remembers its comparisons
        return Rolegraph(self._graph.engine, self._graph.queries).compare(pair)

    def plain(self, answer: Comparison) -> Answer:
        return claims(answer.as_dict())


class Rdflib:
    """rdflib's own SPARQL engine over a dataset in memory whose default graph is the union (``default_union=True``)."""

    opening: float | None = None
    claims = remembers = False
    pids: tuple[int, ...] = ()

    def __init__(self, material: Material) -> None:
        start = time.perf_counter()
        self._dataset = Dataset(default_union=True)
        for graph, path in material.documents:
            self._dataset.graph(URIRef(graph)).parse(path, format="turtle", publicID=graph)
        self.loading: float | None = time.perf_counter() - start
        self._query = QueryCatalogue().get("compare")

    def ask(self, pair: Pair) -> list[Mapping[str, Any]]:
        found = self._dataset.query(self._query.bind({"role": pair}))
        return [{str(name): value for name, value in row.items()} for row in found.bindings]

    def plain(self, answer: list[Mapping[str, Any]]) -> Answer:
        return rows_of([{name: self._plain(value) for name, value in row.items()} for row in answer])

    @staticmethod
    def _plain(value: Any) -> Term:
        if isinstance(value, Literal):
            return _term(str(value), "literal", value.language, str(value.datatype) if value.datatype else None)
        return _term(str(value))


class Oxigraph:
    """``oxigraph serve`` in another process, over a persistent HTTP connection."""

    opening: float | None = None
    claims = remembers = False

    def __init__(self, material: Material, folder: Path, stack: contextlib.ExitStack) -> None:
        port = free_port()
        url = f"http://127.0.0.1:{port}"
        command = [program("oxigraph"), "serve", "--location", str(folder / "oxigraph"), "--bind", f"127.0.0.1:{port}"]
        self.pids: tuple[int, ...] = (stack.enter_context(serving(command, folder, f"{url}/query?query=ASK%7B%7D")),)
        self._client = stack.enter_context(httpx.Client(base_url=url, timeout=None))
        start = time.perf_counter()
        with material.quads.open("rb") as quads:
            kind = {"Content-Type": "application/n-quads"}
            self._client.post("/store", params={"no_transaction": ""}, content=quads, headers=kind).raise_for_status()
        self.loading: float | None = time.perf_counter() - start
        self._query = QueryCatalogue().get("compare")

    def ask(self, pair: Pair) -> list[dict[str, dict[str, str]]]:
        kinds = {"Content-Type": "application/sparql-query", "Accept": "application/sparql-results+json"}
        response = self._client.post("/query", content=self._query.bind({"role": pair}), headers=kinds)
        found: list[dict[str, dict[str, str]]] = response.raise_for_status().json()["results"]["bindings"]
        return found

    def plain(self, answer: list[dict[str, dict[str, str]]]) -> Answer:
        return solutions(answer)


class Served:
    """Rolegraph in another process, over a persistent HTTP connection, with the comparison as JSON."""

    loading: float | None = None
    claims = remembers = True

    def __init__(self, material: Material, folder: Path, stack: contextlib.ExitStack) -> None:
        port = free_port()
        url = f"http://127.0.0.1:{port}"
        command = [sys.executable, "-m", "rolegraph", "serve", "--store", str(material.store), "--port", str(port)]
        start = time.perf_counter()
        self.pids: tuple[int, ...] = (stack.enter_context(serving(command, folder, f"{url}/health")),)
        self.opening: float | None = time.perf_counter() - start
        self._client = stack.enter_context(httpx.Client(base_url=url, timeout=None, headers={"Accept": "application/json"}))

    def ask(self, pair: Pair) -> dict[str, Any]:
        found: dict[str, Any] = self._client.get("/compare", params=[("role", role) for role in pair]).raise_for_status().json()
        return found

    def plain(self, answer: dict[str, Any]) -> Answer:
        return claims(answer)


@contextlib.contextmanager
def opened(name: str, material: Material) -> Iterator[Peer]:
    """Load or open an engine by its name in ``NAMES``, and end its process afterwards.

    :raises Missing: if it cannot be started
    """
    with contextlib.ExitStack() as stack:
        yield _open(name, material, stack)


NAMES = ("embedded", "facade", "rdflib", "oxigraph", "served")


def claims_of(answer: Answer) -> Answer:
    """Reduce an answer of the query to the claims of a comparison: role, facet, item, source."""
    return sorted({tuple(row[place] for place in CLAIM) for row in answer}, key=repr)


def _open(name: str, material: Material, stack: contextlib.ExitStack) -> Peer:
    if name == "embedded":
        return Embedded(material)
    if name == "facade":
        return Facade(material)
    if name == "rdflib":
        return Rdflib(material)
    folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="rolegraph-bench-")))
    return Oxigraph(material, folder, stack) if name == "oxigraph" else Served(material, folder, stack)


def _term(value: str, kind: str = "iri", language: str | None = None, datatype: str | None = None) -> Term:
    return kind, value, "" if kind == "iri" else language or datatype or STRING


def rows_of(rows: Sequence[Mapping[str, Term]]) -> Answer:
    return sorted((tuple(row.get(name) for name in COLUMNS) for row in rows), key=repr)


def solutions(bindings: Sequence[Mapping[str, Mapping[str, str]]]) -> Answer:
    """Return an answer in SPARQL JSON in the form for comparing answers."""
    kinds = {"uri": "iri", "typed-literal": "literal"}  # the latter is an older word, which Virtuoso still uses
    return rows_of([{name: _spoken(kinds.get(term["type"], term["type"]), term) for name, term in row.items()} for row in bindings])


def _spoken(kind: str, term: Mapping[str, str]) -> Term:
    return _term(term["value"], kind, term.get("xml:lang"), term.get("datatype"))


def claims(comparison: Mapping[str, Any]) -> Answer:
    """Return the claims of a comparison in JSON: role, facet, item and source."""
    found = {
        (_term(claim["role"]), _term(RG + claim["facet"]), _term(item["id"]), _term(source))
        for section in comparison["sections"]
        for item in section["items"]
        for claim in item["claims"]
        for source in claim["sources"]
    }
    return sorted(found, key=repr)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def program(name: str, way: str = "pip install --group bench") -> str:
    """Return the path of a program, preferably beside the running Python."""
    found = shutil.which(name, path=str(Path(sys.executable).parent)) or shutil.which(name)
    if found is None:
        raise Missing(f"there is no program {name!r}: {way}")
    return found


@contextlib.contextmanager
def serving(command: Sequence[str], folder: Path, url: str) -> Iterator[int]:
    """Start a server, wait until it answers at a URL, yield its process id, and end it.

    :raises Missing: if it does not answer, with its last line of output
    """
    log = folder / "server.log"
    with log.open("wb") as output:
        process = subprocess.Popen(command, stdout=output, stderr=output, cwd=folder)
    try:
        deadline = time.monotonic() + PATIENCE
        while not _answers(url):
            if process.poll() is not None or time.monotonic() > deadline:
                last = log.read_text(errors="replace").strip().splitlines()[-1:] or ["it did not answer in time"]
                raise Missing(f"{' '.join(map(str, command))} did not start: {last[0]}")
            time.sleep(0.01)
        yield process.pid
    finally:
        process.terminate()
        process.wait(PATIENCE)


def _answers(url: str) -> bool:
    with contextlib.suppress(httpx.TransportError):
        return httpx.get(url).is_success
    return False
