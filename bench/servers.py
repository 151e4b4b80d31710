"""The compared servers: each is started with the same data, and compares two roles."""

import contextlib
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import httpx
import peers
import pyoxigraph
from peers import Answer, Material, Pair

from rolegraph.queries import QueryCatalogue

RESULTS = "application/sparql-results+json"
CHUNK = 20_000  # triples that Virtuoso takes at once
VIRTUOSO = """
[Database]
DatabaseFile = virtuoso.db
ErrorLogFile = virtuoso.log
LockFile = virtuoso.lck
TransactionFile = virtuoso.trx
xa_persistent_file = virtuoso.pxa
FileExtend = 2000

[TempDatabase]
DatabaseFile = temporary.db
TransactionFile = temporary.trx

[Parameters]
ServerPort = 127.0.0.1:{sql}
DisableUnixSocket = 1
CheckpointInterval = 0
NumberOfBuffers = 80000
MaxDirtyBuffers = 60000

[HTTPServer]
ServerPort = 127.0.0.1:{http}
ServerRoot = .
ServerThreads = 100
MaxClientConnections = 100

[SPARQL]
ResultSetMaxRows = 100000
"""


@dataclass(frozen=True)
class Target:
    """An address that compares two roles: how to request it, how to parse its answer, and the processes of its server.

    ``claims`` is set if its answers are arranged by item; ``slow`` if only one client and few runs are used.
    """

    title: str
    base: str
    path: Callable[[Pair], str]
    plain: Callable[[Any], Answer]
    pids: tuple[int, ...]
    accept: str = RESULTS
    claims: bool = False
    slow: bool = False

    def get(self, pair: Pair) -> Any:
        """Return the answer for two roles as Python values."""
        return httpx.get(self.base + self.path(pair), headers={"Accept": self.accept}, timeout=None).raise_for_status().json()


@contextlib.contextmanager
def rolegraph(material: Material, *options: str) -> Iterator[tuple[Target, Target]]:
    """Rolegraph: first the query at its endpoint, as for the others, then its comparison."""
    base = f"http://127.0.0.1:{(port := peers.free_port())}"
    command = [sys.executable, "-m", "rolegraph", "serve", "--store", str(material.store), "--port", str(port), *options]
    with _folder() as folder, peers.serving(command, folder, f"{base}/health") as pid:
        yield (
            _endpoint("Rolegraph, /sparql", base, "/sparql", pid),
            Target("Rolegraph, /compare.json", base, _roles, peers.claims, (pid,), "application/json", claims=True),
        )


@contextlib.contextmanager
def one_process(material: Material) -> Iterator[Sequence[Target]]:
    """Rolegraph with one process that answers, as the base of the figures of several."""
    with rolegraph(material, "--processes", "1") as (_, target):
        yield [replace(target, title="the same, one process")]


@contextlib.contextmanager
def oxigraph(material: Material) -> Iterator[Sequence[Target]]:
    """Oxigraph's own server, its store on disk."""
    base = f"http://127.0.0.1:{(port := peers.free_port())}"
    with _folder() as folder:
        command = [peers.program("oxigraph"), "serve", "--location", str(folder / "store"), "--bind", f"127.0.0.1:{port}"]
        with peers.serving(command, folder, f"{base}/query?query=ASK%7B%7D") as pid:
            with material.quads.open("rb") as quads:
                kind = {"Content-Type": "application/n-quads"}
                httpx.post(f"{base}/store?no_transaction", content=quads, headers=kind, timeout=None).raise_for_status()
            yield [_endpoint("oxigraph serve", base, "/query", pid)]


@contextlib.contextmanager
def virtuoso(material: Material) -> Iterator[Sequence[Target]]:
    """Virtuoso 7, whose default graph is all graphs; with more memory and threads than by default."""
    base = f"http://127.0.0.1:{(port := peers.free_port())}"
    with _folder() as folder:
        (folder / "virtuoso.ini").write_text(VIRTUOSO.format(sql=peers.free_port(), http=port), "utf-8")
        command = [peers.program("virtuoso-t", "apt-get install virtuoso-opensource-7-bin"), "-f", "-c", str(folder / "virtuoso.ini")]
        with peers.serving(command, folder, f"{base}/sparql") as pid:
            # a fresh database knows its owner by this password; it listens on this machine alone
            with httpx.Client(auth=httpx.DigestAuth("dba", "dba"), timeout=None, headers={"Content-Type": "text/turtle"}) as client:
                for graph, triples in _chunks(material):
                    client.post(f"{base}/sparql-graph-crud-auth", params={"graph-uri": graph}, content=triples).raise_for_status()
            yield [_endpoint("Virtuoso 7", base, "/sparql", pid)]


@contextlib.contextmanager
def rdflib_endpoint(material: Material) -> Iterator[Sequence[Target]]:
    """rdflib-endpoint on uvicorn: rdflib's own engine over a dataset in memory, whose default graph is the union."""
    base = f"http://127.0.0.1:{(port := peers.free_port())}"
    with _folder() as folder:
        named = (quad for quad in _quads(material) if not isinstance(quad.graph_name, pyoxigraph.DefaultGraph))
        pyoxigraph.serialize(named, str(folder / "named.nq"), pyoxigraph.RdfFormat.N_QUADS)
        command = [peers.program("rdflib-endpoint"), "serve", "--host", "127.0.0.1", "--port", str(port), str(folder / "named.nq")]
        with peers.serving(command, folder, f"{base}/?query=ASK%7B%7D") as pid:
            yield [_endpoint("rdflib-endpoint", base, "/", pid, slow=True)]


SERVERS: dict[str, Callable[[Material], contextlib.AbstractContextManager[Sequence[Target]]]] = {
    "Rolegraph": rolegraph,
    "Rolegraph, one process": one_process,
    "oxigraph serve": oxigraph,
    "Virtuoso 7": virtuoso,
    "rdflib-endpoint": rdflib_endpoint,
}


def _endpoint(title: str, base: str, path: str, pid: int, *, slow: bool = False) -> Target:
    query = QueryCatalogue().get("compare")

    def ask(pair: Pair) -> str:
        return f"{path}?{urlencode({'query': query.bind({'role': pair})})}"

    return Target(title, base, ask, lambda found: peers.solutions(found["results"]["bindings"]), (pid,), slow=slow)


def _roles(pair: Pair) -> str:
    return f"/compare.json?{urlencode([('role', role) for role in pair])}"


def _quads(material: Material) -> Iterator[pyoxigraph.Quad]:
    yield from pyoxigraph.parse(path=str(material.quads), format=pyoxigraph.RdfFormat.N_QUADS)


def _chunks(material: Material) -> Iterator[tuple[str, bytes]]:
    """Yield the named graphs in pieces, as N-Triples."""
    pieces: dict[str, list[pyoxigraph.Triple]] = {}
    for quad in _quads(material):
        if isinstance(quad.graph_name, pyoxigraph.NamedNode):
            piece = pieces.setdefault(quad.graph_name.value, [])
            piece.append(quad.triple)
            if len(piece) == CHUNK:
                yield quad.graph_name.value, _ntriples(pieces.pop(quad.graph_name.value))
    for graph, piece in pieces.items():
        yield graph, _ntriples(piece)


def _ntriples(triples: Sequence[pyoxigraph.Triple]) -> bytes:
    found = pyoxigraph.serialize(triples, format=pyoxigraph.RdfFormat.N_TRIPLES)
    assert found is not None
    return found


@contextlib.contextmanager
def _folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="rolegraph-bench-") as folder:
        yield Path(folder)
