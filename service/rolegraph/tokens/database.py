"""The SQLite file that stores tokens."""

import json
import logging
import os
import sqlite3
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from pathlib import Path

from rolegraph import locks
from rolegraph.errors import StoreUnusable
from rolegraph.tokens import model
from rolegraph.tokens.model import Token

FORMAT = 1
OLD_FILE = "tokens.json"  # the file of older versions
OLD_FORMAT = 1
INSERT = "INSERT INTO token VALUES (:id, :name, :scope, :hash, :created, :expires, :revoked)"
_PATIENCE = 10.0  # seconds for which a change waits for another one
_UNREAD = "the tokens of this store cannot be read, so no token counts"
_SCHEMA = f"""
CREATE TABLE token (
    id TEXT PRIMARY KEY, name TEXT NOT NULL, scope TEXT NOT NULL, hash TEXT NOT NULL, created TEXT NOT NULL, expires TEXT, revoked TEXT
) WITHOUT ROWID;
PRAGMA user_version = {FORMAT};
"""

_log = logging.getLogger(__name__)


class Database:
    """The tokens in a file. Each use opens the file, so changes by other processes are seen, also if the file was replaced.

    Only its owner can read the file. There is a second file (a journal) only during a change.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._old = path.with_name(OLD_FILE)

    def read(self, query: str, *values: str) -> Sequence[Token]:
        """Return the tokens that a query selects from the current file."""
        if not self._path.exists() and not self._old.exists():
            return []
        with self._open() as connection:
            return self.select(connection, query, *values)

    def select(self, connection: sqlite3.Connection, query: str, *values: str) -> Sequence[Token]:
        """Return the tokens that a query selects on a connection."""
        try:
            return [model.read(dict(row)) for row in connection.execute(query, values)]
        except model.UNFIT as error:
            raise _damaged(self._path, error) from error

    @contextmanager
    def changing(self) -> Iterator[sqlite3.Connection]:
        """Yield a connection in an exclusive transaction; it is committed at the end, and rolled back after an error."""
        with self._open() as connection:
            connection.execute("BEGIN IMMEDIATE")
            yield connection
            connection.execute("COMMIT")  # if an error comes first, closing the connection rolls back

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        """Yield a connection to the file, which is created if it is missing.

        :raises StoreUnusable: if the file cannot be used
        """
        try:
            if not self._path.exists() or self._old.exists():
                self._make()
            address = f"{self._path.absolute().as_uri()}?mode=rw"
            with closing(sqlite3.connect(address, uri=True, timeout=_PATIENCE, isolation_level=None)) as connection:
                connection.row_factory = sqlite3.Row
                connection.execute("PRAGMA synchronous = EXTRA")
                (format_,) = connection.execute("PRAGMA user_version").fetchone()
                if format_ != FORMAT:
                    raise _damaged(self._path, ValueError(f"its format is {format_!r}, and {FORMAT} is read here"))
                yield connection
        except (OSError, sqlite3.Error) as error:
            passing = isinstance(error, OSError) or (
                isinstance(error, sqlite3.OperationalError) and error.sqlite_errorcode != sqlite3.SQLITE_ERROR  # wrong schema
            )
            if not passing:
                raise _damaged(self._path, error) from error
            raise StoreUnusable(f"the tokens in {self._path} cannot be used: {error}", public_detail=_UNREAD) from error

    def _make(self) -> None:
        """Create the file atomically, with the tokens of an older version."""
        folder = self._path.parent
        folder.mkdir(parents=True, exist_ok=True)
        with locks.holding(folder):
            if not self._path.exists():
                handle, fresh = tempfile.mkstemp(prefix=f"{self._path.name}.", dir=folder)  # for its owner only: mode 0600
                os.close(handle)
                try:
                    _write(fresh, _parse(self._old))
                    Path(fresh).replace(self._path)
                    _sync(folder)
                finally:
                    with suppress(OSError):
                        Path(fresh).unlink()
            with suppress(FileNotFoundError):
                kept = self._old.replace(self._old.with_name(f"{OLD_FILE}.old"))
                _log.warning("the tokens are in %s now; %s is read no longer and may be removed", self._path, kept)


def _sync(folder: Path) -> None:
    """Sync the names in a folder to the disk."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _write(path: str, tokens: Iterable[Token]) -> None:
    """Write the schema and tokens to an empty file."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA synchronous = EXTRA")
        connection.executescript(f"BEGIN; {_SCHEMA}")
        connection.executemany(INSERT, map(model.record, tokens))
        connection.execute("COMMIT")


def _parse(path: Path) -> Sequence[Token]:
    """Return the tokens in the file of an older version."""
    try:
        content = json.loads(path.read_bytes())
        if content["format"] != OLD_FORMAT:
            raise ValueError(f"its format is {content['format']!r}, and {OLD_FORMAT} is read here")
        return [model.read(record) for record in content["tokens"]]
    except FileNotFoundError:
        return []
    except model.UNFIT as error:
        raise _damaged(path, error) from error


def _damaged(path: Path, error: Exception) -> StoreUnusable:
    detail = f"{path} is damaged, so no token counts ({type(error).__name__}: {error})"
    repair = "put it back from a backup, or remove it, which revokes all tokens, and create new ones"
    return StoreUnusable(detail, public_detail=_UNREAD, expected=repair)
