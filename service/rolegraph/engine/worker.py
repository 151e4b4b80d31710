"""A process that answers queries on a revision of the store and may be killed at any moment.

A running query cannot be cancelled in Oxigraph: only ending its process stops it. So this one holds nothing that anybody
would miss: it reads requests from a pipe, answers each, and ends when the pipe closes or its parent is gone.
"""

import ctypes
import os
import pickle
import sys
import threading
import time
import traceback
from contextlib import suppress
from dataclasses import dataclass, field
from multiprocessing import reduction
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from rolegraph import formats
from rolegraph.engine.embedded import Settings, Snapshot
from rolegraph.errors import RolegraphError, StoreUnusable
from rolegraph.formats import Format
from rolegraph.things import Dataset

READY = b"ready"
FAULT = "fault"  # in place of an error's class: the fault is ours
OUT_OF_MEMORY = 77  # how the process ends that is denied memory, where it can tell
STATUS = Path("/proc/self/statm")
WATCH = 1.0  # seconds between two looks at whether the parent is still there
_NEW_USER, _NEW_NETWORK = 0x10000000, 0x40000000  # of unshare(2)


@dataclass(frozen=True)
class Request:
    """A query on the revision in a folder, and the name of the format for each kind of answer that the client takes."""

    revision: Path
    settings: Settings
    text: str
    offered: dict[str, str]
    dataset: Dataset | None = None


@dataclass(frozen=True)
class Reply:
    """What becomes of a request: an answer that ``holds`` a table or a graph; none, for want of a format; or an ``error``, by class.

    A ``filed`` answer lies in a file, whose descriptor follows.
    """

    holds: str = ""
    body: bytes | None = None
    filed: bool = False
    error: str = ""
    detail: str = ""
    members: dict[str, Any] = field(default_factory=dict)


class _NotOffered(Exception):
    """The answer is of a kind that the client takes in no format."""

    def __init__(self, holds: str) -> None:
        self.holds = holds


def main() -> None:
    """Answer requests from the pipe whose descriptor is the first argument; the second is the memory allowed, in bytes.

    The third is ``1`` where queries may call other endpoints, so that a network is needed.
    """
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
    snapshot, opened = None, None
    while True:
        request: Request = pickle.loads(pipe.recv_bytes())  # noqa: S301 - the parent wrote it
        try:
            if snapshot is None or request.revision != opened:
                _allow(None)
                snapshot, opened = Snapshot(request.revision, request.settings), request.revision
                _allow(memory)
        except OSError as error:
            _send(pipe, _failed(StoreUnusable(f"the revision could not be opened: {error}")))
            snapshot = None
            continue
        _answer(pipe, snapshot, request)


def _answer(pipe: Connection, snapshot: Snapshot, request: Request) -> None:
    def choose(holds: str) -> Format:
        if holds not in request.offered:
            raise _NotOffered(holds)
        return formats.named(request.offered[holds], formats.holding(holds))

    try:
        found = snapshot.query(request.text, choose, request.dataset)
    except _NotOffered as error:
        _send(pipe, Reply(holds=error.holds))
    except RolegraphError as error:
        _send(pipe, _failed(error))
    except MemoryError:
        os._exit(OUT_OF_MEMORY)
    except Exception as error:  # noqa: BLE001 - whatever it is, the service is told, and answers 500
        if "can't start new thread" in str(error):  # a thread takes memory, too
            os._exit(OUT_OF_MEMORY)
        traceback.print_exc()
        _send(pipe, Reply(error=FAULT, detail=repr(error)))
    else:
        if isinstance(found.content, bytes):
            _send(pipe, Reply(holds=found.format.holds, body=found.content))
            return
        found.content.flush()
        _send(pipe, Reply(holds=found.format.holds, filed=True))
        reduction.send_handle(pipe, found.content.fileno(), os.getppid())
        found.content.close()


def _failed(error: RolegraphError) -> Reply:
    return Reply(error=type(error).__name__, detail=error.detail, members=error.members)


def _send(pipe: Connection, reply: Reply) -> None:
    pipe.send_bytes(pickle.dumps(reply))


def _allow(memory: int | None) -> None:
    """Limit the address space to what is taken now and the bytes that a query may take, or lift the limit.

    It counts from what is taken once the store is open: RocksDB's threads alone reserve hundreds of MiB that they never use.
    """
    if not STATUS.exists():
        return  # without /proc there is no telling what is taken, and a limit would hit at random
    import resource

    taken = int(STATUS.read_text(encoding="ascii").split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (resource.RLIM_INFINITY if memory is None else taken + memory, resource.RLIM_INFINITY))


def end_with_parent() -> None:
    """Have this process end when the one that started it is gone, however that ended."""
    parent = os.getppid()

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(WATCH)
        os._exit(0)

    threading.Thread(target=watch, daemon=True).start()
