"""A pool of worker processes with limits of time and memory, shared fairly between clients."""

import logging
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
"""The client of the current request; empty for the service itself, which has no share limit."""

STARTING = 30.0  # seconds that a new worker has to start
ENDING = 5.0  # seconds to wait for the end of a process whose pipe broke
LOOK = 0.25  # seconds between two checks of whether the client is still connected
WAITING = 16  # waiting jobs per client: each occupies a thread of the service
MIB = 1024 * 1024
_log = logging.getLogger(__name__)
OUT_OF_MEMORY = {-signal.SIGABRT, -signal.SIGSEGV, 127, worker.OUT_OF_MEMORY}  # exit codes: Rust and C++, a thread, libc, Python
ONE_HEAP = {"MALLOC_ARENA_MAX": "2"}  # glibc reserves 64 MiB per heap, which would count as used


@dataclass(frozen=True)
class Limits:
    """Limits of a pool.

    :param seconds: the time limit of a job
    :param memory: the memory limit of a job, in bytes
    :param workers: the number of worker processes
    :param share: the number of jobs of one client that run at a time; 0 is half of the workers
    """

    seconds: float = 10.0
    memory: int = 1024 * MIB
    workers: int = 4
    share: int = 0

    @property
    def fair(self) -> int:
        """The number of jobs of one client that run at a time."""
        return min(self.share, self.workers) if self.share else max(1, self.workers // 2)


class Pool:
    """A pool of worker processes, each of which runs one job at a time.

    :param network: whether workers may use the network; otherwise they are isolated from it, if the platform allows that
    :param eager: start all workers now; otherwise each when it is first needed
    """

    def __init__(self, limits: Limits, *, network: bool = False, eager: bool = True) -> None:
        self._limits = limits
        self._network = network
        self._changed = threading.Condition()
        self._closed = False
        self._running: Counter[str] = Counter()
        self._waiting: Counter[str] = Counter()
        self._workers: set[_Worker] = set()
        self._idle: list[_Worker] = []
        with suppress(StoreUnusable):  # those that do not start now are started when they are needed
            for _ in range(limits.workers if eager else 0):
                self._idle.append(self._started())

    def ask(self, request: Request, is_cancelled: IsCancelled) -> Any:
        """Run a job in a worker and return its result.

        :raises TimeLimitReached: if the job took too long, or no worker was free in time
        :raises MemoryLimitReached: if the worker ran out of memory
        :raises TooManyRequests: if the client already uses its share of the workers, or too many of its jobs are waiting
        :raises ClientGone: if ``is_cancelled`` returned True meanwhile
        """
        client = CLIENT.get()
        slots.free()
        process = self._take(client, is_cancelled)
        try:
            reply = process.ask(request, replace(self._limits, seconds=self._limits.seconds * request.patience), is_cancelled)
        except BaseException:  # the state of this worker is unknown now
            self._discard(process, client)
            raise
        self._put_back(process, client)
        return _result(reply)

    @property
    def idle(self) -> bool:
        """Whether a worker has started that has no job."""
        return bool(self._idle)

    def close(self) -> None:
        """End all workers. The pipe of one with a job is closed by the thread that reads from it: another file may get its descriptor."""
        with self._changed:
            self._closed = True
            idle, busy = self._idle, self._workers.difference(self._idle)
            self._idle = []
            self._changed.notify_all()
        for process in busy:
            process.end()
        for process in idle:
            process.kill()

    def _take(self, client: str, is_cancelled: IsCancelled) -> "_Worker":
        until = time.monotonic() + self._limits.seconds
        with self._changed:
            if client and self._waiting[client] >= WAITING:
                raise _too_many(f"{WAITING} requests of this client are waiting already")
            self._waiting[client] += 1
            try:
                while True:
                    shared = not client or self._running[client] < self._limits.fair
                    process = self._free() if shared else None
                    if process:
                        self._running[client] += 1
                        return process
                    left = until - time.monotonic()
                    if left <= 0:
                        raise self._busy(shared=shared)
                    self._changed.wait(min(left, LOOK))
                    if is_cancelled():
                        raise _client_gone()
            finally:
                self._done(self._waiting, client)

    def _free(self) -> "_Worker | None":
        """Return an idle worker, or a new one if the pool is not full; otherwise None."""
        for dead in [each for each in self._idle if not each.alive]:
            self._idle.remove(dead)
            self._workers.discard(dead)
            dead.kill()
        if self._idle:
            return self._idle.pop()
        if len(self._workers) >= self._limits.workers or self._closed:
            return None
        return self._started()

    def _started(self) -> "_Worker":
        """Return a new worker.

        :raises StoreUnusable: if the system has no memory for it, or no process
        """
        try:
            fresh = _Worker(self._limits.memory, network=self._network)
        except OSError as error:
            _log.error("a worker could not be started: %s", error.strerror)
            detail = f"there is no worker for this request: {error.strerror}"
            raise StoreUnusable(detail, expected="the same request, a little later") from error
        self._workers.add(fresh)
        return fresh

    def _busy(self, *, shared: bool) -> RolegraphError:
        if not shared:
            return _too_many(f"{self._limits.fair} requests of this client have been running for {self._limits.seconds:g} s")
        detail = f"all {self._limits.workers} workers were busy for {self._limits.seconds:g} s"
        return TimeLimitReached(detail, limit=f"{self._limits.seconds:g} s", expected="the same request, a little later")

    def _put_back(self, process: "_Worker", client: str) -> None:
        with self._changed:
            self._done(self._running, client)
            self._idle.append(process)
            self._changed.notify_all()

    def _discard(self, process: "_Worker", client: str) -> None:
        """Stop a worker in an unknown state. Its replacement starts in a thread, so that the client does not wait for it."""
        process.stop()
        threading.Thread(target=self._replace, args=(process, client)).start()

    def _replace(self, process: "_Worker", client: str) -> None:
        process.kill()
        with self._changed:
            self._done(self._running, client)
            self._workers.discard(process)
            with suppress(StoreUnusable):
                if not self._closed:
                    self._idle.append(self._started())
            self._changed.notify_all()

    @staticmethod
    def _done(counted: Counter[str], client: str) -> None:
        counted[client] -= 1
        if not counted[client]:
            del counted[client]  # otherwise the counter would grow with every new address


class _Worker:
    """One worker process and the pipe to it; used by one thread at a time."""

    def __init__(self, memory: int, *, network: bool) -> None:
        self._pipe, remote_end = Pipe()
        # not with -m: the module would be named __main__, and its classes of requests and replies would differ from ours
        program = f"from {worker.__name__} import main; main()"
        command = [sys.executable, "-c", program, str(remote_end.fileno()), str(memory), str(int(network))]
        environment = {**os.environ, **ONE_HEAP}
        self._process = subprocess.Popen(  # noqa: S603 - our own program
            command,
            pass_fds=[remote_end.fileno()],
            stdin=subprocess.DEVNULL,
            env=environment,
            process_group=0,  # signals of a terminal reach the parent only, which stops its workers itself
        )
        remote_end.close()
        self._ready = False

    @property
    def alive(self) -> bool:
        """Whether the process is running."""
        return self._process.poll() is None

    def ask(self, request: Request, limits: Limits, is_cancelled: IsCancelled) -> Reply:
        """Send a request and return the reply; a long answer is an open file.

        :raises TimeLimitReached: if the reply did not arrive in time
        :raises MemoryLimitReached: if the process ran out of memory
        :raises StoreUnusable: if the process did not start, or ended for another reason
        :raises ClientGone: if ``is_cancelled`` returned True meanwhile
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
        """Kill the process without waiting for its end."""
        with suppress(OSError):
            self._process.kill()

    def end(self) -> None:
        """Kill the process and wait for its end."""
        self.stop()
        self._process.wait()

    def kill(self) -> None:
        """Kill the process, wait for its end, and close the pipe, which no other thread may use."""
        self.end()
        self._pipe.close()

    def _broken(self, error: Exception, name: str, limits: Limits) -> RolegraphError:
        """Return the error for a broken pipe. If the process is still running, receiving the answer has failed."""
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
                raise _client_gone()

    def _await_start(self) -> None:
        started = time.monotonic()
        while not self._ready:
            if not self._pipe.poll(max(0.0, started + STARTING - time.monotonic())):
                raise StoreUnusable(f"a worker did not start within {STARTING:g} s")
            self._ready = self._pipe.recv_bytes() == worker.READY


def _result(reply: Reply) -> Any:
    """Return the result of a job, or raise its error."""
    if reply.error == worker.FAULT:
        raise RuntimeError(f"a worker failed: {reply.detail}")
    if reply.error:
        kind: type[RolegraphError] = getattr(errors, reply.error)
        error = kind.__new__(kind)  # bypass the constructors, which build members: the reply already has them
        RolegraphError.__init__(error, reply.detail, public_detail=reply.public_detail, **reply.members)
        raise error
    return reply.result


def _client_gone() -> ClientGone:
    return ClientGone("the client closed the connection before the answer was ready")


def _too_many(detail: str) -> TooManyRequests:
    return TooManyRequests(detail, expected="the same request, once an earlier request of this client is answered")
