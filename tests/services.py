"""What tests do to a service that runs in processes of its own: ask it, write to it, kill it, have it start where nothing is left."""

import contextlib
import hashlib
import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from processes import family, memory_of, query_workers
from rolegraph.tokens import Tokens

EX = "http://example.org/"
ENDLESS = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l }"
THOUSAND = "SELECT ?{0} {{ ?s{0} ?p{0} ?{0} }} LIMIT 1000"
MILLION = f"SELECT ?a ?b {{ {{ {THOUSAND.format('a')} }} {{ {THOUSAND.format('b')} }} }}"
NOT_UNION = """SELECT (COUNT(*) AS ?n) {
    { ?s ?p ?o FILTER NOT EXISTS { GRAPH ?g { ?s ?p ?o } } } UNION { GRAPH ?g { ?s ?p ?o } FILTER NOT EXISTS { ?s ?p ?o } }
}"""
CSV = {"Accept": "text/csv", "Accept-Encoding": "identity"}
MIB = 1024 * 1024


def workers(service: Any) -> list[int]:
    """The processes of a service that answer queries."""
    return query_workers(service.process.pid)


def memory(service: Any, field: str) -> int:
    """The MiB of all processes of a service."""
    return memory_of(family(service.process.pid), field) // 1024


def kill(service: Any) -> None:
    """End all processes of a service as a failing machine would."""
    for pid in family(service.process.pid):
        with contextlib.suppress(ProcessLookupError):  # it has ended meanwhile
            os.kill(pid, signal.SIGKILL)
    service.process.communicate()


def writer(store: Path) -> dict[str, str]:
    return {"Authorization": f"Bearer {Tokens(store / 'tokens.sqlite').create('admin').text}", "Content-Type": "text/turtle"}


def triples(number: int) -> str:
    return "".join(f"<{EX}s> <{EX}p> <{EX}{each}> .\n" for each in range(number))


def put(service: Any, headers: dict[str, str], graph: str, number: int) -> httpx.Response:
    return httpx.put(f"{service.address}/graphs", params={"graph": EX + graph}, content=triples(number), headers=headers, timeout=60)


def ask(service: Any, query: str) -> httpx.Response:
    return httpx.post(f"{service.address}/sparql", data={"query": query}, headers=CSV, timeout=60)


def figure(service: Any, query: str) -> int:
    answer = ask(service, query)
    assert answer.status_code == 200, answer.text
    return int(answer.text.split()[1])


def together(*calls: Callable[[], object]) -> list[threading.Thread]:
    threads = [threading.Thread(target=call) for call in calls]
    for thread in threads:
        thread.start()
    return threads


def context_of(commands: str) -> tuple[str, ...]:
    """A command that runs another one after some that mount: in a name space of its own, so nothing is left of it."""
    within = ("unshare", "--user", "--map-root-user", "--mount", "sh", "-c", f'{commands} && exec "$@"', "sh")
    if shutil.which("unshare") is None or subprocess.run([*within, "true"], capture_output=True, check=False).returncode:
        pytest.skip("this system lets nobody mount a small disk for a test (unshare --user --mount)")
    return within


def refused(store: Path, free_port: Callable[[], int], within: tuple[str, ...] = ()) -> str:
    """What the service says where it cannot start."""
    command = [*within, sys.executable, "-m", "rolegraph", "serve", "--store", str(store), "--port", str(free_port())]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert ended.returncode == 2, ended
    assert ended.stdout == ""
    assert ended.stderr.startswith("Error: ")
    assert ended.stderr.count("\n") == 1
    return ended.stderr


def contents(store: Path) -> dict[str, str]:
    """The digests of all files but the diary that the engine keeps for itself."""
    files = [path for path in store.rglob("*") if path.is_file() and not path.name.startswith("LOG")]
    return {str(path.relative_to(store)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}
