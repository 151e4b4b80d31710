"""A process that answers queries on a revision of the store and may be killed at any moment.

A running query cannot be cancelled in Oxigraph: only ending its process stops it. So this one holds nothing that anybody
would miss: it reads requests from a pipe, answers each, and ends when the pipe closes or its parent is gone.
"""

import os
import pickle
import sys
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from rolegraph import formats, terms
from rolegraph.engine import embedded
from rolegraph.engine.embedded import EmbeddedEngine
from rolegraph.errors import RolegraphError
from rolegraph.formats import Format

READY = b"ready"
STATUS = Path("/proc/self/statm")
WATCH = 1.0  # seconds between two looks at whether the parent is still there


@dataclass(frozen=True)
class Request:
    """A query on the revision in a folder, and the name of the format for each kind of answer that the client takes."""

    revision: Path
    text: str
    offered: dict[str, str]


@dataclass(frozen=True)
class Reply:
    """What becomes of a request: an answer that ``holds`` a table or a graph; none, for want of a format; or an ``error``, by class."""

    holds: str = ""
    body: bytes | None = None
    error: str = ""
    detail: str = ""
    members: dict[str, Any] = field(default_factory=dict)


class _NotOffered(Exception):
    """The answer is of a kind that the client takes in no format."""

    def __init__(self, holds: str) -> None:
        self.holds = holds


def main() -> None:
    """Answer requests from the pipe whose descriptor is the first argument; the second is the memory allowed, in bytes."""
    descriptor, memory = map(int, sys.argv[1:3])
    threading.Thread(target=_end_with_parent, args=(os.getppid(),), daemon=True).start()
    pipe = Connection(descriptor)
    with suppress(EOFError, OSError):  # the parent has gone: so does this
        pipe.send_bytes(READY)
        _serve(pipe, memory)


def _serve(pipe: Connection, memory: int) -> None:
    engine, opened = None, None
    while True:
        request: Request = pickle.loads(pipe.recv_bytes())  # noqa: S301 - the parent wrote it
        if engine is None or request.revision != opened:
            _allow(None)
            engine, opened = embedded.read(request.revision, terms.prefixes()), request.revision
            _allow(memory)
        pipe.send_bytes(pickle.dumps(_answer(engine, request)))


def _answer(engine: EmbeddedEngine, request: Request) -> Reply:
    def choose(holds: str) -> Format:
        if holds not in request.offered:
            raise _NotOffered(holds)
        return formats.named(request.offered[holds], formats.holding(holds))

    try:
        found = engine.query(request.text, choose)
    except _NotOffered as error:
        return Reply(holds=error.holds)
    except RolegraphError as error:
        return Reply(error=type(error).__name__, detail=error.detail, members=error.members)
    return Reply(holds=found.format.holds, body=found.body)


def _allow(memory: int | None) -> None:
    """Limit the address space to what is taken now and the bytes that a query may take, or lift the limit.

    It counts from what is taken once the store is open: RocksDB's threads alone reserve hundreds of MiB that they never use.
    """
    if not STATUS.exists():
        return  # without /proc there is no telling what is taken, and a limit would hit at random
    import resource

    taken = int(STATUS.read_text(encoding="ascii").split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (resource.RLIM_INFINITY if memory is None else taken + memory, resource.RLIM_INFINITY))


def _end_with_parent(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(WATCH)
    os._exit(0)

