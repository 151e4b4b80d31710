"""A worker process: it runs jobs on a revision of the store and may be killed at any moment.

A running query cannot be cancelled in Oxigraph, nor can a parser or a validator in Python: only killing the process stops them.
So a worker has no state of its own. It reads requests from a pipe, answers them, and ends when the pipe closes or its parent ends.
"""

import ctypes
import os
import pickle
import signal
import sys
import threading
import time
import traceback
from contextlib import suppress
from dataclasses import dataclass, field
from multiprocessing import reduction
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, Protocol

from rolegraph import errors, formats
from rolegraph.engine import Engine, Job
from rolegraph.engine.embedded import Settings, Snapshot
from rolegraph.errors import RolegraphError, StoreUnusable
from rolegraph.formats import Format
from rolegraph.values import Answer, Dataset

READY = b"ready"
FAULT = "fault"  # in place of the class of an error: an unexpected exception
OUT_OF_MEMORY = 77  # the exit code after a MemoryError
STATUS = Path("/proc/self/statm")
WATCH = 1.0  # seconds between two checks of whether the parent is still running
IDLE = 10.0  # seconds without a request after which the revision is closed, since an open revision keeps removed files on disk
_NEW_USER, _NEW_NETWORK = 0x10000000, 0x40000000  # flags of unshare(2)


class Opening(Protocol):
    """Opens the engine for a job in the worker; must be picklable."""

    def open(self) -> Engine:
        """Return the engine that the job reads."""


@dataclass(frozen=True)
class Revision:
    """The revision in a folder."""

    folder: Path
    settings: Settings

    def open(self) -> Engine:
        """Open it for reading."""
        return Snapshot(self.folder, self.settings)


@dataclass(frozen=True)
class Request:
    """A job and the engine it runs on."""

    opening: Opening
    job: Job[Any]
    patience: int = 1  # a factor of the time limit


@dataclass(frozen=True)
class Reply:
    """The result of a job, or its ``error`` as the name of a class.

    If ``filed`` is set, the content of the answer is in a file, whose descriptor is sent next.
    """

    result: Any = None
    filed: bool = False
    error: str = ""
    detail: str = ""
    public_detail: str = ""
    members: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Unoffered:
    """Replaces an answer of a kind that the client accepts in no format."""

    holds: str


class _NotOffered(Exception):
    """The client accepts this kind of answer in no format."""

    def __init__(self, holds: str) -> None:
        self.holds = holds


@dataclass(frozen=True)
class Query:
    """The job of running a query; ``offered`` maps each kind of answer that the client accepts to the name of a format."""

    text: str
    offered: dict[str, str]
    dataset: Dataset | None = None
    name: str = "the query"
    private: bool = False

    def run(self, engine: Engine) -> Answer | Unoffered:
        """Run the query."""

        def choose(holds: str) -> Format:
            if holds not in self.offered:
                raise _NotOffered(holds)
            return formats.named(self.offered[holds], formats.holding(holds))

        try:
            return engine.query(self.text, choose, self.dataset)
        except _NotOffered as error:
            return Unoffered(error.holds)


@dataclass(frozen=True)
class Dump:
    """The job of serialising all named graphs, or one graph."""

    format: Format
    graph: str | None
    name: str = "the export"
    private: bool = False

    def run(self, engine: Engine) -> Answer:
        """Serialise."""
        return engine.dump(self.format, self.graph)


@dataclass(frozen=True)
class Preparation:
    """The job of opening a revision for the next job."""

    name: str = "the preparation"
    private: bool = False

    def run(self, engine: Engine) -> None:
        """Do nothing: the engine is open."""


def main() -> None:
    """Answer requests until the parent ends.

    Arguments of the command: the file descriptor of the pipe, the memory limit in bytes, and ``1`` if jobs may use the network.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a terminal sends it to all its processes: the parent stops this one
    descriptor, memory, network = map(int, sys.argv[1:4])
    if not network:
        isolate()
    end_with_parent()
    pipe = Connection(descriptor)
    with suppress(EOFError, BrokenPipeError, ConnectionResetError):  # the parent has ended
        pipe.send_bytes(READY)
        _serve(pipe, memory)


def isolate() -> bool:
    """Leave the network if the platform allows that, and return whether it did: a second defence behind the check of SERVICE."""
    if not sys.platform.startswith("linux"):
        return False
    unshare = ctypes.CDLL(None, use_errno=True).unshare
    return bool(unshare(_NEW_NETWORK) == 0 or unshare(_NEW_USER | _NEW_NETWORK) == 0)


def _serve(pipe: Connection, memory: int) -> None:
    engine: Engine | None = None
    opened: Opening | None = None
    while True:
        if engine is not None and not pipe.poll(IDLE):
            engine = opened = None
        request: Request = pickle.loads(pipe.recv_bytes())  # noqa: S301 - the parent wrote it
        try:
            if engine is None or request.opening != opened:
                _limit_memory(None)
                engine = None
                engine, opened = request.opening.open(), request.opening
                _limit_memory(memory)
        except OSError as error:
            detail = "the revision could not be opened"
            _send(pipe, _error_reply(StoreUnusable(f"{detail}: {error}", public_detail=detail)))
            engine = None
            continue
        _answer(pipe, engine, request.job)


def _answer(pipe: Connection, engine: Engine, job: Job[Any]) -> None:
    try:
        result = job.run(engine)
    except RolegraphError as error:
        _send(pipe, _error_reply(error))
    except MemoryError:
        os._exit(OUT_OF_MEMORY)
    except Exception as error:  # noqa: BLE001 - every error is reported to the service, which answers 500
        if "can't start new thread" in str(error):  # a thread needs memory, too
            os._exit(OUT_OF_MEMORY)
        fault = type(error).__name__ if job.private else repr(error)
        print("".join(traceback.format_tb(error.__traceback__)), fault, sep="", file=sys.stderr, flush=True)  # noqa: T201
        _send(pipe, Reply(error=FAULT, detail=fault))
    else:
        if not isinstance(result, Answer) or isinstance(result.content, bytes):
            _send(pipe, Reply(result))
            return
        result.content.flush()
        _send(pipe, Reply(Answer(result.format, b""), filed=True))
        reduction.send_handle(pipe, result.content.fileno(), os.getppid())
        result.content.close()


def _error_reply(error: RolegraphError) -> Reply:
    kind = next(kind for kind in type(error).__mro__ if kind.__module__ == errors.__name__)  # the service only imports this module
    return Reply(error=kind.__name__, detail=error.detail, public_detail=error.public_detail, members=error.members)


def _send(pipe: Connection, reply: Reply) -> None:
    pipe.send_bytes(pickle.dumps(reply))


def _limit_memory(memory: int | None) -> None:
    """Limit the address space to its current size plus ``memory`` bytes; None removes the limit, as far as the system allows.

    The current size is that with the store open: the threads of RocksDB alone reserve hundreds of MiB that they never use.
    """
    if not STATUS.exists():
        return  # without /proc the current size is unknown, and a limit would fail at random
    import resource

    _, maximum = resource.getrlimit(resource.RLIMIT_AS)  # a hard limit that was set from outside cannot be raised
    allowed = maximum
    if memory is not None:
        allowed = int(STATUS.read_text(encoding="ascii").split()[0]) * resource.getpagesize() + memory
        allowed = allowed if maximum == resource.RLIM_INFINITY else min(allowed, maximum)
    resource.setrlimit(resource.RLIMIT_AS, (allowed, maximum))


def end_with_parent() -> None:
    """Exit this process when its parent has ended, however it ended."""
    parent = os.getppid()

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(WATCH)
        os._exit(0)

    threading.Thread(target=watch, daemon=True).start()
