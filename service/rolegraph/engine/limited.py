"""The embedded engine with its queries in processes of their own, each limited in time and memory."""

import os
import pickle
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing import Pipe, reduction
from typing import IO

from rolegraph import errors
from rolegraph.engine import TURTLE, Changes, Choose, Gone, Keep, waiting, worker
from rolegraph.engine.embedded import Snapshot
from rolegraph.engine.revisions import Revision
from rolegraph.engine.stored import StoredEngine
from rolegraph.engine.worker import Reply, Request
from rolegraph.engine.written import Wrote
from rolegraph.errors import ClientGone, MemoryLimitReached, RolegraphError, StoreUnusable, TimeLimitReached
from rolegraph.formats import Format
from rolegraph.things import Answer, Dataset, Row

STARTING = 30.0  # seconds that a new worker has to start
LOOK = 0.25  # seconds between two looks at whether the client is still there
MIB = 1024 * 1024
OUT_OF_MEMORY = {-signal.SIGABRT, -signal.SIGSEGV, 127, worker.OUT_OF_MEMORY}  # of Rust and C++, a thread, libc, Python
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

    def __init__(self, engine: StoredEngine, pool: "Pool", past: Snapshot | None = None) -> None:
        self._engine = engine
        self._pool = pool
        self._past = past

    @property
    def union(self) -> bool:
        return self._engine.union

    @property
    def revision(self) -> int:
        return self._read.revision

    def written(self, since: int) -> Wrote:
        return self._read.written(since)

    def revisions(self) -> Sequence[Revision]:
        return self._engine.revisions()

    def at(self, revision: int) -> "LimitedEngine":
        return self if self._past and revision == self.revision else LimitedEngine(self._engine, self._pool, self._engine.at(revision))

    def query(self, text: str, choose: Choose, dataset: Dataset | None = None, gone: Gone = waiting) -> Answer:
        offered, refused = _offered(choose)
        names = {holds: format_.name for holds, format_ in offered.items()}
        read = self._past or self._engine.newest  # held until it is leased, whatever is written meanwhile
        with self._engine.lease(read.revision) as path:
            reply, file = self._pool.ask(Request(path, self._engine.settings, text, names, dataset), gone)
        if reply.error == worker.FAULT:
            raise RuntimeError(f"a worker failed: {reply.detail}")
        if reply.error:
            kind: type[RolegraphError] = getattr(errors, reply.error)
            raise kind(reply.detail, **reply.members)
        content = file or reply.body
        if content is None:
            raise refused[reply.holds]
        return Answer(offered[reply.holds], content)

    def rows(self, text: str) -> list[Row]:
        return self._read.rows(text)

    def write(self, changes: Changes, format_: Format = TURTLE, *, keep: Keep = "none") -> None:
        (self._past or self._engine).write(changes, format_, keep=keep)

    def update(self, text: str, dataset: Dataset | None = None) -> None:
        (self._past or self._engine).update(text, dataset)

    def graphs(self) -> Iterable[str]:
        return self._read.graphs()

    def dump(self, format_: Format, graph: str | None = None) -> Answer:
        return self._read.dump(format_, graph)

    @property
    def _read(self) -> Snapshot | StoredEngine:
        return self._past or self._engine

    def close(self) -> None:
        self._pool.close()
        self._engine.close()


class Pool:
    """Some worker processes, each of which answers one query at a time; without a ``network`` where the platform allows that."""

    def __init__(self, limits: Limits, *, network: bool = False) -> None:
        self._limits = limits
        self._idle: queue.LifoQueue[_Worker] = queue.LifoQueue()
        self._network = network
        self._changing = threading.Lock()
        self._closed = False
        self._workers = {_Worker(limits.memory, network=network) for _ in range(limits.workers)}
        for found in self._workers:
            self._idle.put(found)

    def ask(self, request: Request, gone: Gone) -> tuple[Reply, IO[bytes] | None]:
        """Have a worker answer a request, and return what it replies, with the file of a long answer.

        :raises TimeLimitReached: also where no worker was free in time
        :raises MemoryLimitReached: where the worker was denied memory
        :raises ClientGone: where ``gone`` says so meanwhile
        """
        found = self._take(gone)
        try:
            answered = found.ask(request, self._limits, gone)
        except BaseException:  # whatever ended the call, what this worker does now is not known
            found.stop()
            # its end and its successor's start take time, for which the client need not wait
            threading.Thread(target=self._replace, args=(found,)).start()
            raise
        self._idle.put(found)
        return answered

    def close(self) -> None:
        """End all workers."""
        with self._changing:
            self._closed = True
            for found in self._workers:
                found.kill()

    def _take(self, gone: Gone) -> "_Worker":
        until = time.monotonic() + self._limits.seconds
        while (left := until - time.monotonic()) > 0:
            if gone():
                raise _gone()
            with suppress(queue.Empty):
                found = self._idle.get(timeout=min(left, LOOK))
                if found.alive:
                    return found
                self._replace(found)
        detail = f"all {self._limits.workers} workers were busy for {self._limits.seconds:g} s"
        raise TimeLimitReached(detail, limit=f"{self._limits.seconds:g} s", expected="the same, a little later")

    def _replace(self, found: "_Worker") -> None:
        found.kill()
        with self._changing:
            self._workers.discard(found)
            if self._closed:
                return
            fresh = _Worker(self._limits.memory, network=self._network)
            self._workers.add(fresh)
        self._idle.put(fresh)


class _Worker:
    """One worker process and the pipe to it; used by one thread at a time."""

    def __init__(self, memory: int, *, network: bool) -> None:
        self._pipe, theirs = Pipe()
        # not with -m: the module would be another one there, and its requests and replies of other classes
        program = f"from {worker.__name__} import main; main()"
        command = [sys.executable, "-c", program, str(theirs.fileno()), str(memory), str(int(network))]
        self._process = subprocess.Popen(command, pass_fds=[theirs.fileno()], stdin=subprocess.DEVNULL, env={**os.environ, **ONE_HEAP})  # noqa: S603
        theirs.close()
        self._ready = False

    @property
    def alive(self) -> bool:
        """Whether the process still runs."""
        return self._process.poll() is None

    def ask(self, request: Request, limits: Limits, gone: Gone) -> tuple[Reply, IO[bytes] | None]:
        """Send a request and return the reply, with the file of a long answer.

        :raises TimeLimitReached: where none comes in time
        :raises MemoryLimitReached: where the process ends because it is denied memory
        :raises ClientGone: where ``gone`` says so meanwhile
        """
        try:
            self._await_start()
            self._pipe.send_bytes(pickle.dumps(request))
            self._await_reply(limits, gone)
            reply: Reply = pickle.loads(self._pipe.recv_bytes())  # noqa: S301 - our own worker wrote it
            return reply, os.fdopen(reduction.recv_handle(self._pipe), "rb") if reply.filed else None
        except (EOFError, OSError) as error:
            self._process.wait(timeout=STARTING)
            if self._process.returncode in OUT_OF_MEMORY:
                limit = f"{limits.memory // MIB} MiB"
                detail = f"the query needed more than {limit} of memory and was stopped"
                raise MemoryLimitReached(detail, limit=limit, expected="a narrower question, or LIMIT without ORDER BY") from error
            raise StoreUnusable("the process that answered the query was ended; ask again") from error

    def stop(self) -> None:
        """Have the process end at once."""
        with suppress(OSError):
            self._process.kill()

    def kill(self) -> None:
        """End the process at once and wait for its end."""
        self.stop()
        self._process.wait()
        self._pipe.close()

    def _await_reply(self, limits: Limits, gone: Gone) -> None:
        until = time.monotonic() + limits.seconds
        while not self._pipe.poll(max(0.0, min(until - time.monotonic(), LOOK))):
            if time.monotonic() >= until:
                detail = f"the query took longer than {limits.seconds:g} s and was stopped"
                raise TimeLimitReached(detail, limit=f"{limits.seconds:g} s", expected="a narrower question, or LIMIT")
            if gone():
                raise _gone()

    def _await_start(self) -> None:
        started = time.monotonic()
        while not self._ready:
            if not self._pipe.poll(max(0.0, started + STARTING - time.monotonic())):
                raise StoreUnusable(f"a worker did not start within {STARTING:g} s")
            self._ready = self._pipe.recv_bytes() == worker.READY


def _gone() -> ClientGone:
    return ClientGone("the client went away before there was an answer")


def _offered(choose: Choose) -> tuple[dict[str, Format], dict[str, RolegraphError]]:
    """Return the format for each kind of answer, and the error for each kind that the client takes in none."""
    offered, refused = {}, {}
    for holds in ("table", "graph"):
        try:
            offered[holds] = choose(holds)
        except RolegraphError as error:
            refused[holds] = error
    return offered, refused
