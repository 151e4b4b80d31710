"""The store of a folder that another process writes, for the processes that read it beside that one."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from rolegraph.dependencies import Digests
from rolegraph.engine import TURTLE, Changes, Guard, Receipt, WriteMode, opening, unguarded
from rolegraph.engine.embedded import Settings, Snapshot
from rolegraph.engine.stored_revisions import StoredRevisions
from rolegraph.engine.validators import State
from rolegraph.engine.write_log import ChangedGraphs, WriteLog
from rolegraph.errors import NotFound, Refused, StoreUnusable
from rolegraph.formats import Format
from rolegraph.values import Dataset


@dataclass(frozen=True)
class _Newest:
    snapshot: Snapshot
    validators: State
    written: WriteLog


class SharedStore(StoredRevisions):
    """Reads the newest revision that the writing process has announced, from the moment when it has: before it acknowledges a write.

    :param announced: returns the number of the newest revision
    :raises StoreUnusable: if the store cannot be read
    """

    def __init__(self, folder: Path, settings: Settings, announced: Callable[[], int]) -> None:
        super().__init__(folder, settings, read_only=True)
        self._announced = announced
        self._opening = threading.Lock()
        self._newest: _Newest | None = None
        number = announced()
        if wrong := self._revisions.wrong(number, content=False):  # the writing process has compared the content
            raise StoreUnusable(opening.damaged(folder, self._revisions, number, wrong), public_detail="the store is damaged")
        self.history = self._current().validators.history  # the same in all revisions

    @property
    def newest(self) -> Snapshot:
        """See :attr:`StoredRevisions.newest`."""
        return self._current().snapshot

    @property
    def revision(self) -> int:
        """The number of the newest revision, which is not opened for this: it is asked for in the event loop."""
        return self._announced()

    def written(self, since: int) -> ChangedGraphs:
        """See :meth:`Engine.written <rolegraph.engine.Engine.written>`."""
        return self._current().written.since(since)

    def unchanged_since(self, digests: Digests, revision: int) -> int:
        """See :meth:`Engine.unchanged_since <rolegraph.engine.Engine.unchanged_since>`."""
        return self._current().written.unchanged_since(digests, revision)

    def validator(self, graph: str) -> str:
        """See :meth:`Engine.validator <rolegraph.engine.Engine.validator>`."""
        return self._current().validators.validator(graph)

    def write(self, changes: Changes, format_: Format = TURTLE, *, mode: WriteMode = "replace", guard: Guard = unguarded) -> Receipt:
        """Refuse the write: only one process writes."""
        raise _elsewhere()

    def update(self, text: str, dataset: Dataset | None = None, guard: Guard = unguarded) -> Receipt:
        """Refuse the update: only one process writes."""
        raise _elsewhere()

    def close(self) -> None:
        """Release the revisions."""
        with self._opening:
            self._past.keep(())
            self._newest = None

    def _current(self) -> _Newest:
        newest = self._newest
        if newest is not None and newest.snapshot.revision >= self._announced():
            return newest
        with self._opening:
            newest = self._newest
            if newest is None or newest.snapshot.revision < self._announced():
                newest = self._newest = self._open_newest()
        self._past.keep(self._revisions.kept())
        return newest

    def _open_newest(self) -> _Newest:
        """Open the announced revision; while it is opened, it may be replaced by another one, and even removed."""
        while True:
            number = self._announced()
            try:
                snapshot = self._snapshot(number)
                written = WriteLog.read(self._revisions.path(number), number)
                validators = State.read(self._folder, number)
                if validators is not None:
                    return _Newest(snapshot, validators, written)
                problem = _damaged(f"there are no validators of revision {number} in {self._folder}")
            except NotFound:
                problem = _damaged(f"revision {number} in {self._folder} is missing")
            except (OSError, RuntimeError) as error:
                detail = f"revision {number} cannot be opened"
                problem = StoreUnusable(f"{detail}: {error}", public_detail=detail)
            if self._announced() == number:
                raise problem


def _damaged(detail: str) -> StoreUnusable:
    return StoreUnusable(detail, public_detail="the store is damaged")


def _elsewhere() -> Refused:
    return Refused("this process only reads the store", expected="a write through the process that writes it")
