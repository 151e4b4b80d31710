"""Kills a service repeatedly during writes, and checks each time that no acknowledged write is lost.

    python bench/durability.py [--kills 50] [--seed 4] [--json FILE]

Each writer replaces its own graph with triples that all contain the number of the write. After a kill each graph must have all triples
of one write: the last acknowledged one, or the one that was running; and the union must match the graphs.
"""

import argparse
import contextlib
import http.client
import itertools
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote, urlencode

import machine
import peers

from rolegraph.tokens import Tokens

HOST, EX = "127.0.0.1", "http://example.org/"
TRIPLES = 200  # of each write
WRITERS = ("a", "b", "c", "source")
SOURCE = "https://w3id.org/rolegraph/source/durable"
LATEST = 0.9  # seconds from the first acknowledged write of a round to the kill, at most
NOT_UNION = """SELECT (COUNT(*) AS ?n) {
    { ?s ?p ?o FILTER NOT EXISTS { GRAPH ?g { ?s ?p ?o } } } UNION { GRAPH ?g { ?s ?p ?o } FILTER NOT EXISTS { ?s ?p ?o } }
}"""
WHO = ("all processes", "a reading process", "the first process", "the writing process")


def graph_of(writer: str) -> str:
    return SOURCE if writer == "source" else EX + writer


def document(writer: str, number: int) -> bytes:
    """Return the content of a write: its number is in every triple."""
    own = "".join(f'<{EX}{writer}{each}> <{EX}number> "{number}" .\n' for each in range(TRIPLES))
    if writer != "source":
        return own.encode()
    named = f'<{SOURCE}> a <https://w3id.org/rolegraph/ns#Source> ; <http://purl.org/dc/terms/title> "Durable"@en .\n'
    return (named + own).encode()


@dataclass
class Tally:
    """The results: ``faults`` describe lost or partial writes."""

    kills: Counter[str] = field(default_factory=Counter)
    acknowledged: int = 0
    under_way: int = 0
    published: int = 0
    slowest: float = 0.0
    faults: list[str] = field(default_factory=list)


class Service:
    """A service on a store, which is killed and restarts."""

    def __init__(self, store: Path) -> None:
        self.port = peers.free_port()
        self._store = store
        self._log = (store.parent / "log").open("ab")
        self.start()
        self._headers = {"Authorization": f"Bearer {Tokens(store / 'tokens.sqlite').create('admin').text}", "Content-Type": "text/turtle"}

    def start(self) -> None:
        command = [sys.executable, "-m", "rolegraph", "serve", "--store", str(self._store), "--port", str(self.port)]
        more = ["--empty", "--query-workers", "2", "--processes", "2"]
        self.process = subprocess.Popen([*command, *more], stdout=self._log, stderr=self._log)
        self.wait()

    def wait(self) -> None:
        """Wait until the service answers a read of the graph."""
        until = time.monotonic() + peers.PATIENCE
        while self.ask("GET", "/revisions.json")[0] != 200:
            if self.process.poll() is not None or time.monotonic() > until:
                raise peers.Missing(f"the service does not answer: {Path(self._log.name).read_text('utf-8', 'replace')[-2000:]}")
            time.sleep(0.05)

    def ask(self, method: str, path: str, body: bytes | None = None) -> tuple[int, bytes]:
        """Return the status and the body of an answer, 0 if there was none."""
        headers = self._headers if body is not None else {}
        try:
            with contextlib.closing(http.client.HTTPConnection(HOST, self.port, timeout=peers.PATIENCE)) as connection:
                connection.request(method, path, body, headers)
                answer = connection.getresponse()
                return answer.status, answer.read()
        except (OSError, http.client.HTTPException):
            return 0, b""

    def write(self, writer: str, number: int) -> bool:
        path = "/sources/durable" if writer == "source" else f"/graphs?graph={quote(graph_of(writer), safe='')}"
        return self.ask("PUT", path, document(writer, number))[0] in (200, 201, 204)

    def rows(self, query: str) -> list[list[str]]:
        status, text = self.ask("GET", f"/sparql.csv?{urlencode({'query': query})}")
        if status != 200:
            raise peers.Missing(f"a query is answered {status}: {text!r}")
        return [line.split(",") for line in text.decode().split()[1:]]

    def kill(self, who: str) -> None:
        """Kill processes (SIGKILL), and wait until the service answers again."""
        every = machine.family([self.process.pid])
        victims = self._victims(every, who)
        for pid in victims:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        if len(victims) == 1 and victims != every[:1]:
            while Path(f"/proc/{victims[0]}").exists() and "Z" not in _state(victims[0]):
                time.sleep(0.01)
        else:
            self.process.wait()
            while any(Path(f"/proc/{pid}").exists() for pid in every):
                time.sleep(0.01)
            self.start()
            return
        self.wait()

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait()
        self._log.close()

    @staticmethod
    def _victims(every: Sequence[int], who: str) -> Sequence[int]:
        if who == "all processes":
            return every
        if who == "the first process":
            return every[:1]
        if who == "the writing process":  # it has the working copy of the store open
            return [next(pid for pid in every if any("/graph/LOCK" in name for name in _open_files(pid)))]
        # its children are the workers
        return [next(pid for pid in every[1:] if any(b"rolegraph.engine.worker" in _command(child) for child in machine.family([pid])[1:]))]


def _open_files(pid: int) -> list[str]:
    with contextlib.suppress(OSError):
        return [str(link.readlink()) for link in Path(f"/proc/{pid}/fd").iterdir() if link.is_symlink()]
    return []


def _command(pid: int) -> bytes:
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    return b""


def _state(pid: int) -> str:
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    return "Z"


def round_(service: Service, last: dict[str, int], who: str, chance: random.Random, tally: Tally) -> None:
    """Write with all writers, kill, and check the acknowledged writes; ``last`` has the last valid write of each writer."""
    stopped, first = threading.Event(), threading.Event()
    sending: dict[str, int] = {}

    def write(writer: str) -> None:
        for number in itertools.count(last[writer] + 1):
            if stopped.is_set():
                return
            sending[writer] = number
            if not service.write(writer, number):
                return
            last[writer] = number
            tally.acknowledged += 1
            first.set()

    threads = [threading.Thread(target=write, args=(writer,)) for writer in WRITERS]
    for thread in threads:
        thread.start()
    first.wait(peers.PATIENCE)
    time.sleep(chance.uniform(0, LATEST))
    stopped.set()
    began = time.monotonic()
    service.kill(who)
    tally.slowest = max(tally.slowest, time.monotonic() - began)
    for thread in threads:
        thread.join()
    tally.kills[who] += 1
    _compare(service, last, sending, f"kill {tally.kills.total()}, of {who}", tally)


def _compare(service: Service, last: dict[str, int], sending: dict[str, int], when: str, tally: Tally) -> None:
    for writer in WRITERS:
        query = f"SELECT ?number (COUNT(*) AS ?n) {{ GRAPH <{graph_of(writer)}> {{ ?s <{EX}number> ?number }} }} GROUP BY ?number"
        found = service.rows(query)
        tried = sending.get(writer, last[writer])
        tally.under_way += tried != last[writer]
        allowed = [[str(number), str(TRIPLES)] for number in {last[writer], tried} if number]
        if found == [] and last[writer] == 0:
            continue
        if len(found) != 1 or found[0] not in allowed:
            tally.faults.append(f"{when}: {writer} holds {found}, acknowledged was {last[writer]}, under way {tried}")
        elif int(found[0][0]) != last[writer]:
            tally.published += 1
        if found:
            last[writer] = max(int(number) for number, _ in found)
    if service.rows(NOT_UNION) != [["0"]]:
        tally.faults.append(f"{when}: the union and the graphs do not agree")


@contextlib.contextmanager
def _service() -> Iterator[Service]:
    with tempfile.TemporaryDirectory(prefix="rolegraph-bench-") as folder:
        service = Service(Path(folder) / "store")
        try:
            yield service
        finally:
            service.stop()


def main() -> None:
    parser = argparse.ArgumentParser(
        description="Kill a service again and again while it is written to, and look for what was acknowledged."
    )
    parser.add_argument("--kills", type=int, default=50, help="how often (default: 50)")
    parser.add_argument("--seed", type=int, default=4, help="of the moments of the kills (default: 4)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures to a file too")
    options = parser.parse_args()
    chance, tally, last = random.Random(options.seed), Tally(), dict.fromkeys(WRITERS, 0)
    with _service() as service:
        for who in itertools.islice(itertools.cycle(WHO), options.kills):
            round_(service, last, who, chance, tally)
    kills = ", ".join(f"{number} of {who}" for who, number in tally.kills.items())
    print(f"kill -9: {tally.kills.total()} ({kills}); until it answered again at most {tally.slowest:.1f} s")
    print(f"acknowledged writes of {TRIPLES} triples: {tally.acknowledged}; lost or halved: {len(tally.faults)}")
    print(f"under way at a kill: {tally.under_way}, of which {tally.published} were published whole, the others not at all")
    print("".join(f"  {fault}\n" for fault in tally.faults), end="")
    if options.json:
        options.json.write_text(json.dumps(vars(tally), indent=1) + "\n")
    sys.exit(bool(tally.faults))


if __name__ == "__main__":
    main()
