"""SPARQL servers for the tests, each in a process and a folder of its own: real ones, and one that says what it is told to."""

import shutil
import subprocess
import sysconfig
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import pytest

from ports import free_port
from rolegraph.engine.remote.endpoint import Endpoint

INI = """
[Database]
DatabaseFile = virtuoso.db
ErrorLogFile = virtuoso.log
LockFile = virtuoso.lck
TransactionFile = virtuoso.trx
xa_persistent_file = virtuoso.pxa
FileExtend = 200

[TempDatabase]
DatabaseFile = temporary.db
TransactionFile = temporary.trx

[Parameters]
ServerPort = 127.0.0.1:{sql}
DisableUnixSocket = 1
CheckpointInterval = 0
NumberOfBuffers = 4000
MaxDirtyBuffers = 3000

[HTTPServer]
ServerPort = 127.0.0.1:{http}
ServerRoot = .
ServerThreads = 8

[SPARQL]
ResultSetMaxRows = {rows}
"""


@contextmanager
def running(command: list[str], folder: Path, address: str) -> Iterator[None]:
    """Run a server until the block ends, and wait for its first answer."""
    with (folder / "output").open("wb") as output:
        process = subprocess.Popen(command, cwd=folder, stdout=output, stderr=output)
    try:
        for _ in range(600):
            assert process.poll() is None, (folder / "output").read_text("utf-8", "replace")
            try:
                httpx.get(address)
                break
            except httpx.TransportError:
                time.sleep(0.1)
        else:
            raise AssertionError(f"{command[0]} did not answer in 60 seconds")
        yield
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@contextmanager
def oxigraph(folder: Path) -> Iterator[Endpoint]:
    """``oxigraph serve`` of the ``oxigraph`` wheel: its default graph is apart from the named ones."""
    command = shutil.which("oxigraph", path=sysconfig.get_path("scripts")) or shutil.which("oxigraph")
    if command is None:
        pytest.skip("the command oxigraph is missing: pip install oxigraph")
    bind = f"127.0.0.1:{free_port()}"
    with running([command, "serve", "--bind", bind], folder, f"http://{bind}/"):
        yield Endpoint(f"http://{bind}/query", f"http://{bind}/update", f"http://{bind}/store")


@contextmanager
def virtuoso(folder: Path, rows: int = 10_000) -> Iterator[Endpoint]:
    """Virtuoso 7: no default graph, Digest for writes, rewritten literals, answers that are cut after so many rows."""
    command = shutil.which("virtuoso-t")
    if command is None:
        pytest.skip("virtuoso-t is missing: apt-get install virtuoso-opensource-7-bin")
    port = free_port()
    (folder / "virtuoso.ini").write_text(INI.format(sql=free_port(), http=port, rows=rows), "utf-8")
    address = f"http://127.0.0.1:{port}"
    with running([command, "-f", "-c", str(folder / "virtuoso.ini")], folder, f"{address}/sparql"):
        # a fresh database knows its owner by this password; it listens on this machine alone
        yield Endpoint(f"{address}/sparql", f"{address}/sparql-auth", f"{address}/sparql-graph-crud-auth", "digest", "dba", "dba")


SERVERS: dict[str, Callable[[Path], AbstractContextManager[Endpoint]]] = {"oxigraph": oxigraph, "virtuoso": virtuoso}


@dataclass
class Said:
    """What the server that says what it is told to says next, and what it was asked."""

    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b'{"head": {"vars": []}, "results": {"bindings": []}}'
    length: int | None = None
    delay: float = 0
    asked: list[tuple[str, dict[str, str], str]] = field(default_factory=list)


@contextmanager
def told() -> Iterator[tuple[Endpoint, Said]]:
    """A server that answers all requests alike, as the test says."""
    said = Said()

    class Handler(BaseHTTPRequestHandler):
        def answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
            said.asked.append((f"{self.command} {self.path}", dict(self.headers), body))
            time.sleep(said.delay)
            headers = {"Content-Type": "application/sparql-results+json", "Content-Length": str(said.length or len(said.body))}
            self.send_response_only(said.status)
            for name, value in (headers | said.headers).items():
                self.send_header(name, value)
            self.end_headers()
            try:
                self.wfile.write(said.body)
            except OSError:
                self.close_connection = True

        do_GET = do_POST = do_PUT = answer  # noqa: N815 - their names

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))  # looks so often whether it is to end
    thread.start()
    address = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield Endpoint(f"{address}/query", f"{address}/update", f"{address}/store", "basic", "somebody", "secret", seconds=0.5), said
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
