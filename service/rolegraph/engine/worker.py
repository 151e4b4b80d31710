"""A process that runs jobs on a revision of the store and may be killed at any moment.

A running query cannot be cancelled in Oxigraph, nor can a parser or a validator in Python: only ending the process stops them. So
this one holds nothing that anybody would miss: it reads requests from a pipe, answers each, and ends when the pipe closes or its
parent is gone.
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
FAULT = "fault"  # in place of an error's class: the fault is ours
OUT_OF_MEMORY = 77  # how the process ends that is denied memory, where it can tell
STATUS = Path("/proc/self/statm")
WATCH = 1.0  # seconds between two looks at whether the parent is still there
IDLE = 10.0  # seconds without a request after which the revision is closed: its files may be those of one that was removed
_NEW_USER, _NEW_NETWORK = 0x10000000, 0x40000000  # of unshare(2)


class Opening(Protocol):
    """Says what to open for a job; it travels to the worker."""

    def open(self) -> Engine:
        """Return the engine that a job reads."""


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
    """A job, and what it is run on."""

    opening: Opening
    job: Job[Any]
    patience: int = 1  # times the limit of time


@dataclass(frozen=True)
class Reply:
    """The result of a job, or an ``error``, by class.

    A ``filed`` result is an answer whose content lies in a file: its descriptor follows.
    """

    result: Any = None
    filed: bool = False
    error: str = ""
    detail: str = ""
    told: str = ""
    members: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Unoffered:
    """In place of an answer: what it would hold, which the client takes in no format."""

    holds: str


class _NotOffered(Exception):
    """The answer is of a kind that the client takes in no format."""

    def __init__(self, holds: str) -> None:
        self.holds = holds


@dataclass(frozen=True)
class Query:
    """The job of answering a query; ``offered`` names the format for each kind of answer that the client takes."""

    text: str
    offered: dict[str, str]
    dataset: Dataset | None = None
    name: str = "the query"
    private: bool = False

    def run(self, engine: Engine) -> Answer | Unoffered:
        """Answer the query."""

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
    """The job of serialising all named graphs, or one."""

    format: Format
    graph: str | None
    name: str = "the export"
    private: bool = False

    def run(self, engine: Engine) -> Answer:
        """Serialise."""
        return engine.dump(self.format, self.graph)


def main() -> None:
    """Answer requests from the pipe whose descriptor is the first argument; the second is the memory allowed, in bytes.

    The third is ``1`` where jobs may call other endpoints, so that a network is needed.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a terminal sends it to all its processes: the parent ends this one
    descriptor, memory, network = map(int, sys.argv[1:4])
    if not network:
        isolate()
    end_with_parent()
    pipe = Connection(descriptor)
    with suppress(EOFError, BrokenPipeError, ConnectionResetError):  # the parent has gone: so does this
        pipe.send_bytes(READY)
        _serve(pipe, memory)


def isolate() -> bool:
    """Leave the network, where the platform lets a process do so, and return whether it did: a second lock behind the one on SERVICE."""
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
                _allow(None)
                engine = None
                engine, opened = request.opening.open(), request.opening
                _allow(memory)
        except OSError as error:
            _send(pipe, _failed(StoreUnusable(f"the revision could not be opened: {error}", told="the revision could not be opened")))
            engine = None
            continue
        _answer(pipe, engine, request.job)


def _answer(pipe: Connection, engine: Engine, job: Job[Any]) -> None:
    try:
        result = job.run(engine)
    except RolegraphError as error:
        _send(pipe, _failed(error))
    except MemoryError:
        os._exit(OUT_OF_MEMORY)
    except Exception as error:  # noqa: BLE001 - whatever it is, the service is told, and answers 500
        if "can't start new thread" in str(error):  # a thread takes memory, too
            os._exit(OUT_OF_MEMORY)
        told = type(error).__name__ if job.private else repr(error)
        print("".join(traceback.format_tb(error.__traceback__)), told, sep="", file=sys.stderr, flush=True)  # noqa: T201
        _send(pipe, Reply(error=FAULT, detail=told))
    else:
        if not isinstance(result, Answer) or isinstance(result.content, bytes):
            _send(pipe, Reply(result))
            return
        result.content.flush()
        _send(pipe, Reply(Answer(result.format, b""), filed=True))
        reduction.send_handle(pipe, result.content.fileno(), os.getppid())
        result.content.close()


def _failed(error: RolegraphError) -> Reply:
    kind = next(kind for kind in type(error).__mro__ if kind.__module__ == errors.__name__)  # which the service knows
    return Reply(error=kind.__name__, detail=error.detail, told=error.told, members=error.members)


def _send(pipe: Connection, reply: Reply) -> None:
    pipe.send_bytes(pickle.dumps(reply))


def _allow(memory: int | None) -> None:
    """Limit the address space to what is taken now and the bytes that a job may take, or lift the limit, as far as the system allows.

    It counts from what is taken once the store is open: RocksDB's threads alone reserve hundreds of MiB that they never use.
    """
    if not STATUS.exists():
        return  # without /proc there is no telling what is taken, and a limit would hit at random
    import resource

    _, most = resource.getrlimit(resource.RLIMIT_AS)  # one that was set from outside cannot be raised
    allowed = most
    if memory is not None:
        allowed = int(STATUS.read_text(encoding="ascii").split()[0]) * resource.getpagesize() + memory
        allowed = allowed if most == resource.RLIM_INFINITY else min(allowed, most)
    resource.setrlimit(resource.RLIMIT_AS, (allowed, most))


def end_with_parent() -> None:
    """Have this process end when the one that started it is gone, however that ended."""
    parent = os.getppid()

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(WATCH)
        os._exit(0)

    threading.Thread(target=watch, daemon=True).start()
