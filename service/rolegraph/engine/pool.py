"""Worker processes that run jobs, each limited in time and memory, and shared fairly between clients."""

import os
import pickle
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from contextlib import suppress
from contextvars import ContextVar
from dataclasses import dataclass, replace
from multiprocessing import Pipe, reduction
from typing import Any

from rolegraph import errors, slots
from rolegraph.engine import IsCancelled, worker
from rolegraph.engine.worker import Reply, Request
from rolegraph.errors import ClientGone, MemoryLimitReached, RolegraphError, StoreUnusable, TimeLimitReached, TooManyRequests

CLIENT: ContextVar[str] = ContextVar("client", default="")
"""The client that the current work is for; an empty one is the service itself, which no share limits."""

STARTING = 30.0  # seconds that a new worker has to start
ENDING = 5.0  # seconds in which a process whose pipe broke is known to have ended
LOOK = 0.25  # seconds between two looks at whether the client is still there
WAITING = 16  # jobs of one client that wait for a worker at a time: each takes a thread of the service
MIB = 1024 * 1024
OUT_OF_MEMORY = {-signal.SIGABRT, -signal.SIGSEGV, 127, worker.OUT_OF_MEMORY}  # of Rust and C++, a thread, libc, Python
ONE_HEAP = {"MALLOC_ARENA_MAX": "2"}  # glibc reserves 64 MiB a heap, which would count as taken


@dataclass(frozen=True)
class Limits:
    """What one job may take: ``seconds``, and ``memory`` in bytes; how many may run at a time, and how many of one client.

    A ``share`` of 0 is half of the workers.
    """

    seconds: float = 10.0
    memory: int = 1024 * MIB
    workers: int = 4
    share: int = 0

    @property
    def fair(self) -> int:
        """How many jobs of one client run at a time."""
        return min(self.share, self.workers) if self.share else max(1, self.workers // 2)


class Pool:
    """Some worker processes, each of which runs one job at a time; without a ``network`` where the platform allows that.

    :param eager: start all workers now; otherwise each when it is first needed
    """

    def __init__(self, limits: Limits, *, network: bool = False, eager: bool = True) -> None:
        self._limits = limits
        self._network = network
        self._changed = threading.Condition()
        self._closed = False
        self._running: Counter[str] = Counter()
        self._waiting: Counter[str] = Counter()
        self._workers = {_Worker(limits.memory, network=network) for _ in range(limits.workers if eager else 0)}
        self._idle = list(self._workers)

    def ask(self, request: Request, is_cancelled: IsCancelled) -> Any:
        """Have a worker run a job, and return its result.

        :raises TimeLimitReached: also where no worker was free in time
        :raises MemoryLimitReached: where the worker was denied memory
        :raises TooManyRequests: where the client has its share of the workers, and more is waiting than may
        :raises ClientGone: where ``is_cancelled`` says so meanwhile
        """
        client = CLIENT.get()
        slots.free()
        found = self._take(client, is_cancelled)
        try:
            reply = found.ask(request, replace(self._limits, seconds=self._limits.seconds * request.patience), is_cancelled)
        except BaseException:  # whatever ended the call, what this worker does now is not known
            self._discard(found, client)
            raise
        self._put_back(found, client)
        return _result(reply)

    def close(self) -> None:
        """End all workers."""
        with self._changed:
            self._closed = True
            workers = list(self._workers)
            self._changed.notify_all()
        for found in workers:
            found.kill()

    def _take(self, client: str, is_cancelled: IsCancelled) -> "_Worker":
        until = time.monotonic() + self._limits.seconds
        with self._changed:
            if client and self._waiting[client] >= WAITING:
                raise _too_many(f"{WAITING} requests of this client are waiting already")
            self._waiting[client] += 1
            try:
                while True:
                    shared = not client or self._running[client] < self._limits.fair
                    found = self._free() if shared else None
                    if found:
                        self._running[client] += 1
                        return found
                    left = until - time.monotonic()
                    if left <= 0:
                        raise self._busy(shared=shared)
                    self._changed.wait(min(left, LOOK))
                    if is_cancelled():
                        raise _gone()
            finally:
                self._done(self._waiting, client)

    def _free(self) -> "_Worker | None":
        """Return a worker that runs and has nothing to do, or one that is new where there are fewer than there may be."""
        for found in [found for found in self._idle if not found.alive]:
            self._idle.remove(found)
            self._workers.discard(found)
            found.kill()
        if self._idle:
            return self._idle.pop()
        if len(self._workers) >= self._limits.workers or self._closed:
            return None
        fresh = _Worker(self._limits.memory, network=self._network)
        self._workers.add(fresh)
        return fresh

    def _busy(self, *, shared: bool) -> RolegraphError:
        if not shared:
            return _too_many(f"{self._limits.fair} requests of this client have been running for {self._limits.seconds:g} s")
        detail = f"all {self._limits.workers} workers were busy for {self._limits.seconds:g} s"
        return TimeLimitReached(detail, limit=f"{self._limits.seconds:g} s", expected="the same, a little later")

    def _put_back(self, found: "_Worker", client: str) -> None:
        with self._changed:
            self._done(self._running, client)
            self._idle.append(found)
            self._changed.notify_all()

    def _discard(self, found: "_Worker", client: str) -> None:
        """End a worker of which is not known what it does now. Its end takes time, for which the client need not wait."""
        found.stop()
        threading.Thread(target=self._replace, args=(found, client)).start()

    def _replace(self, found: "_Worker", client: str) -> None:
        found.kill()
        with self._changed:
            self._done(self._running, client)
            self._workers.discard(found)
            if not self._closed:
                fresh = _Worker(self._limits.memory, network=self._network)
                self._workers.add(fresh)
                self._idle.append(fresh)
            self._changed.notify_all()

    @staticmethod
    def _done(counted: Counter[str], client: str) -> None:
        counted[client] -= 1
        if not counted[client]:
            del counted[client]  # or each address that ever asked would stay


class _Worker:
    """One worker process and the pipe to it; used by one thread at a time."""

    def __init__(self, memory: int, *, network: bool) -> None:
        self._pipe, theirs = Pipe()
        # not with -m: the module would be another one there, and its requests and replies of other classes
        program = f"from {worker.__name__} import main; main()"
        command = [sys.executable, "-c", program, str(theirs.fileno()), str(memory), str(int(network))]
        environment = {**os.environ, **ONE_HEAP}
        self._process = subprocess.Popen(  # noqa: S603 - our own program
            command,
            pass_fds=[theirs.fileno()],
            stdin=subprocess.DEVNULL,
            env=environment,
            process_group=0,  # what a terminal sends to all of its foreground is for the parent only, which ends this one
        )
        theirs.close()
        self._ready = False

    @property
    def alive(self) -> bool:
        """Whether the process still runs."""
        return self._process.poll() is None

    def ask(self, request: Request, limits: Limits, is_cancelled: IsCancelled) -> Reply:
        """Send a request and return the reply, with the file of a long answer.

        :raises TimeLimitReached: where none comes in time
        :raises MemoryLimitReached: where the process ends because it is denied memory
        :raises ClientGone: where ``is_cancelled`` says so meanwhile
        """
        try:
            self._await_start()
            self._pipe.send_bytes(pickle.dumps(request))
            self._await_reply(request.job.name, limits, is_cancelled)
            reply: Reply = pickle.loads(self._pipe.recv_bytes())  # noqa: S301 - our own worker wrote it
            if not reply.filed:
                return reply
            return replace(reply, result=replace(reply.result, content=os.fdopen(reduction.recv_handle(self._pipe), "rb")))
        except (EOFError, OSError) as error:
            raise self._broken(error, request.job.name, limits) from error

    def stop(self) -> None:
        """Have the process end at once."""
        with suppress(OSError):
            self._process.kill()

    def kill(self) -> None:
        """End the process at once and wait for its end."""
        self.stop()
        self._process.wait()
        self._pipe.close()

    def _broken(self, error: Exception, name: str, limits: Limits) -> RolegraphError:
        """Return what a broken pipe means: the process has ended, or, where it still runs, this one could not receive."""
        try:
            self._process.wait(timeout=ENDING if isinstance(error, EOFError | ConnectionError) else 0)
        except subprocess.TimeoutExpired:
            return StoreUnusable(f"the answer could not be received ({getattr(error, 'strerror', None) or 'the pipe broke'}); ask again")
        if self._process.returncode in OUT_OF_MEMORY:
            limit = f"{limits.memory // MIB} MiB"
            detail = f"{name} needed more than {limit} of memory and was stopped"
            return MemoryLimitReached(detail, limit=limit, expected="a narrower question, or LIMIT without ORDER BY")
        return StoreUnusable(f"the process that worked on {name} was ended; ask again")

    def _await_reply(self, name: str, limits: Limits, is_cancelled: IsCancelled) -> None:
        until = time.monotonic() + limits.seconds
        while not self._pipe.poll(max(0.0, min(until - time.monotonic(), LOOK))):
            if time.monotonic() >= until:
                detail = f"{name} took longer than {limits.seconds:g} s and was stopped"
                raise TimeLimitReached(detail, limit=f"{limits.seconds:g} s", expected="a narrower question, LIMIT, or less in one request")
            if is_cancelled():
                raise _gone()

    def _await_start(self) -> None:
        started = time.monotonic()
        while not self._ready:
            if not self._pipe.poll(max(0.0, started + STARTING - time.monotonic())):
                raise StoreUnusable(f"a worker did not start within {STARTING:g} s")
            self._ready = self._pipe.recv_bytes() == worker.READY


def _result(reply: Reply) -> Any:
    """Return what came of a job, or raise the error that it raised."""
    if reply.error == worker.FAULT:
        raise RuntimeError(f"a worker failed: {reply.detail}")
    if reply.error:
        kind: type[RolegraphError] = getattr(errors, reply.error)
        error = kind.__new__(kind)  # each class makes its members in its own way, and here they are made already
        RolegraphError.__init__(error, reply.detail, told=reply.told, **reply.members)
        raise error
    return reply.result


def _gone() -> ClientGone:
    return ClientGone("the client went away before there was an answer")


def _too_many(detail: str) -> TooManyRequests:
    return TooManyRequests(detail, expected="the same, once an earlier request of this client has its answer")
