"""Search beside a process that owns the index: in a copy, which is updated to the revision that is read."""

import os
import sqlite3
from contextlib import closing, suppress
from pathlib import Path

from rolegraph.search.following import Graph, Search
from rolegraph.search.index import NAME, Index


class Copied(Search):
    """A search whose index is in a temporary folder and starts as a copy of an index in another folder.

    :param source: the other folder; it is not changed
    """

    def __init__(self, graph: Graph, source: Path) -> None:
        super().__init__(graph)
        self._source: Path | None = source

    def _saved(self) -> Index | None:
        source, self._source = self._source, None  # copied once: a damaged copy is rebuilt
        path = self._own_folder() / NAME
        return Index(path) if source and copy(source / NAME, path) else super()._saved()


def copy(source: Path, target: Path) -> bool:
    """Copy a consistent state of an index, even while another process writes it, and return whether that was possible."""
    log = source.with_name(source.name + "-wal")
    with suppress(OSError, sqlite3.Error):
        before = source.stat()
        if not log.exists():  # no process has it open; a normal connection would create this file
            _copy(source, target, "immutable=1")
            if not log.exists() and _same(before, source.stat()):
                return True
        _copy(source, target, "mode=ro")
        return True
    with suppress(OSError):
        target.unlink(missing_ok=True)
    return False


def _copy(source: Path, target: Path, options: str) -> None:
    target.unlink(missing_ok=True)
    address = f"{source.absolute().as_uri()}?{options}"
    with closing(sqlite3.connect(address, uri=True)) as original, closing(sqlite3.connect(target)) as duplicate:
        original.backup(duplicate)


def _same(before: os.stat_result, after: os.stat_result) -> bool:
    return all(getattr(before, name) == getattr(after, name) for name in ("st_ino", "st_size", "st_mtime_ns"))
