"""The embedded engine with its queries in processes of their own, each limited in time and memory."""

import os
import pickle
import queue
import signal
import subprocess
import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing import Pipe
from pathlib import Path

from rolegraph import errors
from rolegraph.engine import Choose, worker
from rolegraph.engine.embedded import EmbeddedEngine, StoredEngine
from rolegraph.engine.revisions import Revision
from rolegraph.engine.worker import Reply, Request
from rolegraph.errors import MemoryLimitReached, Refused, RolegraphError, StoreUnusable, TimeLimitReached
from rolegraph.formats import Format
from rolegraph.things import Answer, Row

STARTING = 30.0  # seconds that a new worker has to start
MIB = 1024 * 1024
OUT_OF_MEMORY = {-signal.SIGABRT, -signal.SIGSEGV, 1, 127}  # how a worker ends that is denied memory: Rust and C++, a thread, Python, libc
ONE_HEAP = {"MALLOC_ARENA_MAX": "2"}  # glibc reserves 64 MiB a heap, which would count as taken


@dataclass(frozen=True)
class Limits:
    """What one query may take: ``seconds``, and ``memory`` in bytes; and how many may run at a time."""

    seconds: float = 10.0
    memory: int = 1024 * MIB
    workers: int = 4


class LimitedEngine:
    """A stored engine whose clients' queries run in workers, on a revision; the rest runs in this process.

    A worker that passes a limit is killed and replaced: its client gets the error, no other client notices.
    """

    def __init__(self, engine: StoredEngine, pool: "Pool", past: EmbeddedEngine | None = None) -> None:
        self._engine = engine
        self._pool = pool
        self._read = past or engine

    @property
    def revision(self) -> int:
        return self._read.revision

    def revisions(self) -> Sequence[Revision]:
        return self._engine.revisions()

    def at(self, revision: int) -> "LimitedEngine":
        return self if revision == self.revision else LimitedEngine(self._engine, self._pool, self._engine.at(revision))

    def query(self, text: str, choose: Choose) -> Answer:
        with self._engine.reading(self.revision) as path:
            return self._pool.query(path, text, choose)

    def rows(self, text: str) -> list[Row]:
        return self._read.rows(text)

    def write(self, changes: Mapping[str, bytes | None]) -> None:
        if self._read is not self._engine:
            raise Refused("a past revision is never written", expected="a write to the newest one")
        self._engine.write(changes)

    def graphs(self) -> Iterable[str]:
        return self._read.graphs()

    def dump(self, format_: Format, graph: str | None = None) -> bytes:
        return self._read.dump(format_, graph)

    def close(self) -> None:
        self._pool.close()
        self._engine.close()


class Pool:
    """Some worker processes, each of which answers one query at a time."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._idle: queue.LifoQueue[_Worker] = queue.LifoQueue()
        self._workers = {_Worker(limits.memory) for _ in range(limits.workers)}
        for found in self._workers:
            self._idle.put(found)

    def query(self, revision: Path, text: str, choose: Choose) -> Answer:
        """Answer a query on the revision in a folder.

        :raises TimeLimitReached: also where no worker was free in time
        :raises MemoryLimitReached: where the worker was denied memory
        """
        offered, refused = _offered(choose)
        found = self._take()
        try:
            reply = found.ask(Request(revision, text, {holds: format_.name for holds, format_ in offered.items()}), self._limits)
        except BaseException:  # whatever ended the call, what this worker does now is not known
            self._replace(found)
            raise
        self._idle.put(found)
        if reply.error:
            kind: type[RolegraphError] = getattr(errors, reply.error)
            raise kind(reply.detail, **reply.members)
        if reply.body is None:
            raise refused[reply.holds]
        return Answer(offered[reply.holds], reply.body)

    def close(self) -> None:
        """End all workers."""
        for found in self._workers:
            found.kill()

    def _take(self) -> "_Worker":
        try:
            found = self._idle.get(timeout=self._limits.seconds)
        except queue.Empty:
            detail = f"all {self._limits.workers} workers were busy for {self._limits.seconds:g} s"
            raise TimeLimitReached(detail, limit=f"{self._limits.seconds:g} s", expected="the same, a little later") from None
        if found.alive:
            return found
        self._replace(found)
        return self._take()

    def _replace(self, found: "_Worker") -> None:
        found.kill()
        self._workers.discard(found)
        fresh = _Worker(self._limits.memory)
        self._workers.add(fresh)
        self._idle.put(fresh)


class _Worker:
    """One worker process and the pipe to it; used by one thread at a time."""

    def __init__(self, memory: int) -> None:
        self._pipe, theirs = Pipe()
        # not with -m: the module would be another one there, and its requests and replies of other classes
        program = f"from {worker.__name__} import main; main()"
        command = [sys.executable, "-c", program, str(theirs.fileno()), str(memory)]
        self._process = subprocess.Popen(command, pass_fds=[theirs.fileno()], stdin=subprocess.DEVNULL, env={**os.environ, **ONE_HEAP})  # noqa: S603
        theirs.close()
        self._ready = False

    @property
    def alive(self) -> bool:
        """Whether the process still runs."""
        return self._process.poll() is None

    def ask(self, request: Request, limits: Limits) -> Reply:
        """Send a request and return the reply.

        :raises TimeLimitReached: where none comes in time
        :raises MemoryLimitReached: where the process ends because it is denied memory
        """
        try:
            self._await_start()
            self._pipe.send_bytes(pickle.dumps(request))
            if not self._pipe.poll(limits.seconds):
                detail = f"the query took longer than {limits.seconds:g} s and was stopped"
                raise TimeLimitReached(detail, limit=f"{limits.seconds:g} s", expected="a narrower question, or LIMIT")
            reply: Reply = pickle.loads(self._pipe.recv_bytes())  # noqa: S301 - our own worker wrote it
        except (EOFError, OSError) as error:
            self._process.wait(timeout=STARTING)
            if self._process.returncode in OUT_OF_MEMORY:
                limit = f"{limits.memory // MIB} MiB"
                detail = f"the query needed more than {limit} of memory and was stopped"
                raise MemoryLimitReached(detail, limit=limit, expected="a narrower question, or LIMIT without ORDER BY") from error
            raise StoreUnusable("the process that answered the query was ended; ask again") from error
        return reply

    def kill(self) -> None:
        """End the process at once and wait for its end."""
        with suppress(OSError):
            self._process.kill()
        self._process.wait()
        self._pipe.close()

    def _await_start(self) -> None:
        started = time.monotonic()
        while not self._ready:
            if not self._pipe.poll(max(0.0, started + STARTING - time.monotonic())):
                raise StoreUnusable(f"a worker did not start within {STARTING:g} s")
            self._ready = self._pipe.recv_bytes() == worker.READY


def _offered(choose: Choose) -> tuple[dict[str, Format], dict[str, RolegraphError]]:
    """Return the format for each kind of answer, and the error for each kind that the client takes in none."""
    offered, refused = {}, {}
    for holds in ("table", "graph"):
        try:
            offered[holds] = choose(holds)
        except RolegraphError as error:
            refused[holds] = error
    return offered, refused
