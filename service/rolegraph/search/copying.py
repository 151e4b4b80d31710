"""Search beside another process that keeps the index: in a copy of it, which is then brought in line with what is read here."""

import os
import sqlite3
from contextlib import closing, suppress
from pathlib import Path

from rolegraph.search.following import Graph, Search
from rolegraph.search.index import NAME, Index


class Copied(Search):
    """A search whose index lies in a temporary folder and begins as a copy of the one in another folder, which is left as it is."""

    def __init__(self, graph: Graph, source: Path) -> None:
        super().__init__(graph)
        self._source: Path | None = source

    def _left(self) -> Index | None:
        source, self._source = self._source, None  # copied once: a copy that turns out to be damaged is built anew
        place = self._place() / NAME
        return Index(place) if source and copy(source / NAME, place) else super()._left()


def copy(source: Path, target: Path) -> bool:
    """Copy an index as it is at one moment, whoever writes it meanwhile, and return whether that was possible."""
    log = source.with_name(source.name + "-wal")
    with suppress(OSError, sqlite3.Error):
        before = source.stat()
        if not log.exists():  # nobody has it open; and to open it as usual would make that file
            _copy(source, target, "immutable=1")
            if not log.exists() and _same(before, source.stat()):
                return True
        _copy(source, target, "mode=ro")
        return True
    with suppress(OSError):
        target.unlink(missing_ok=True)
    return False


def _copy(source: Path, target: Path, how: str) -> None:
    target.unlink(missing_ok=True)
    with closing(sqlite3.connect(f"{source.absolute().as_uri()}?{how}", uri=True)) as there, closing(sqlite3.connect(target)) as here:
        there.backup(here)


def _same(one: os.stat_result, other: os.stat_result) -> bool:
    return (one.st_ino, one.st_size, one.st_mtime_ns) == (other.st_ino, other.st_size, other.st_mtime_ns)
