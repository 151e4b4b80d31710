"""The index of labels: an SQLite file with the labels of one revision, and full text (FTS5) over their stems."""

import hashlib
import json
import sqlite3
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from rolegraph import __version__
from rolegraph.search import changes, shortforms
from rolegraph.search.filters import Only
from rolegraph.search.spelling import Vocabulary

FORM = 4  # version of the tables and of folding; increase it with each change of either
NAME = "labels.sqlite"
MAPPED = 1 << 30  # most bytes of the file that are memory-mapped
STATES = 2  # states of the index whose stems are cached: readers may still use the previous one
_PARTED = "phrase queries are not supported"  # FTS5 reads some letters of newer scripts as blanks
_SCHEMA = """
CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT) WITHOUT ROWID;
CREATE TABLE graph (id INTEGER PRIMARY KEY, iri TEXT UNIQUE);
CREATE TABLE part (graph INTEGER, thing TEXT, said TEXT, PRIMARY KEY (graph, thing)) WITHOUT ROWID;
CREATE TABLE thing (id INTEGER PRIMARY KEY, iri TEXT UNIQUE, kind TEXT, uses INTEGER, names TEXT, sources TEXT);
CREATE TABLE entry (
    id INTEGER PRIMARY KEY, thing INTEGER, property INTEGER, form INTEGER, language TEXT, text TEXT, folded TEXT,
    stems TEXT, initials TEXT, kind TEXT
);
CREATE TABLE word (text TEXT PRIMARY KEY, number INTEGER) WITHOUT ROWID;
CREATE VIRTUAL TABLE words USING fts5 (
    terms, content = '', detail = none, columnsize = 0, prefix = '1 2 3', tokenize = "unicode61 remove_diacritics 0 tokenchars '+#&_'"
);
"""
_INDEXES = """
CREATE INDEX part_thing ON part (thing);
CREATE INDEX entry_squeezed ON entry (REPLACE(stems, ' ', ''), kind);
CREATE INDEX entry_initials ON entry (initials, kind) WHERE initials <> '';
CREATE INDEX entry_thing ON entry (thing);
"""
_FAST = "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -65536;"
_SAFE = "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;"

Read = Callable[[str], Mapping[str, str]]
"""Returns the statements of a graph by thing; see :func:`rolegraph.search.labels.read`."""


class IndexedEntry(NamedTuple):
    """An entry of the index, with its thing. ``place`` is the id of the entry, ``thing`` the id of the thing."""

    place: int
    thing: int
    property: int
    form: int
    language: str
    text: str
    folded: str
    iri: str
    kind: str
    uses: int


class Stamp(NamedTuple):
    """The state of an index: its form and its revision.

    ``published`` distinguishes revisions of the same number in different stores.
    """

    form: str
    revision: int | None
    published: str = ""

    @classmethod
    def read(cls, text: str) -> "Stamp":
        """Parse a stamp from its text."""
        form_, revision, published = (*text.split(" "), "", "")[:3]
        return cls(form_, int(revision) if revision.isdecimal() else None, published)

    def __str__(self) -> str:
        return f"{self.form} {self.revision} {self.published}".strip()


class _ThreadConnection:
    """The connection of one thread, closed with this object and not only when the garbage collector runs."""

    def __init__(self, path: Path) -> None:
        self.connection = sqlite3.connect(path, check_same_thread=False, isolation_level=None)  # any thread may close it
        self.connection.execute("PRAGMA busy_timeout = 10000")
        self.connection.execute(f"PRAGMA mmap_size = {MAPPED}")  # pages are read from the page cache without a copy

    def __del__(self) -> None:
        if hasattr(self, "connection"):
            self.connection.close()


class Index:
    """An open index file. Threads may read while one writes; each read sees one state."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._local = threading.local()
        self._writing = threading.Lock()
        self._changing = threading.Lock()
        self._words: OrderedDict[Stamp, Vocabulary] = OrderedDict()
        self._languages: tuple[Stamp, list[str]] | None = None

    @classmethod
    def make(cls, folder: Path) -> "Index":
        """Create an empty index in a new file; it is not visible before :meth:`finish`."""
        folder.mkdir(parents=True, exist_ok=True)
        fresh = folder / f"{NAME}.new"
        for suffix in ("", "-wal", "-shm", "-journal"):
            fresh.with_name(fresh.name + suffix).unlink(missing_ok=True)
        index = cls(fresh)
        index.connection.executescript(_FAST + _SCHEMA)
        return index

    def finish(self) -> "Index":
        """Move the new index to its final path, and return it opened there."""
        self.connection.executescript(_INDEXES)
        self.connection.execute("INSERT INTO words (words) VALUES ('optimize')")
        self.close()
        path = self.path.with_name(NAME)
        for suffix in ("-wal", "-shm"):
            path.with_name(path.name + suffix).unlink(missing_ok=True)
        self.path.replace(path)
        index = Index(path)
        index.connection.executescript(_SAFE)
        return index

    @property
    def connection(self) -> sqlite3.Connection:
        """The connection of this thread. It is closed with the thread, or when the last reference to the index is gone."""
        opened: _ThreadConnection | None = getattr(self._local, "connection", None)
        if opened is None:
            opened = self._local.connection = _ThreadConnection(self.path)
        return opened.connection

    def close(self) -> None:
        """Close the connection of this thread."""
        self._local.connection = None

    @contextmanager
    def reading(self) -> Iterator["Reading"]:
        """Yield the current state of the index in a read transaction."""
        with self._transaction("DEFERRED"):
            yield Reading(self, self.stamp)

    @property
    def stamp(self) -> Stamp:
        """The stamp of the last :meth:`refresh`."""
        row = self.connection.execute("SELECT value FROM meta WHERE name = 'stamp'").fetchone()
        return Stamp.read(str(row[0]) if row else "")

    def graphs(self) -> dict[str, int]:
        """Return the numbers of the graphs by IRI."""
        return dict(self.connection.execute("SELECT iri, id FROM graph"))

    def languages(self, stamp: Stamp) -> list[str]:
        """Return the languages of the entries, sorted."""
        cached = self._languages
        if cached is None or cached[0] != stamp:
            rows = self.connection.execute("SELECT DISTINCT language FROM entry WHERE language <> '' ORDER BY language")
            cached = self._languages = (stamp, [str(language) for (language,) in rows])
        return cached[1]

    def words(self) -> list[tuple[str, int]]:
        """Return each stem with its number of entries."""
        return self.connection.execute("SELECT text, number FROM word").fetchall()

    def vocabulary(self, stamp: Stamp) -> Vocabulary:
        """Return the stems of the state that this thread reads, from a cache."""
        with self._changing:
            if stamp not in self._words:
                self._words[stamp] = Vocabulary(self.words())
                self._evict()
            return self._words[stamp]

    def refresh(self, graphs: Iterable[str], gone: Iterable[str], read: Read, stamp: Stamp) -> None:
        """Read some graphs again, remove others, and index what changed, in one transaction.

        :param graphs: IRIs of the graphs to read
        :param gone: IRIs of the graphs to remove
        :param read: reads a graph
        :param stamp: the new state of the index
        """
        with self._writing:
            before = self.stamp
            with self._transaction("IMMEDIATE") as connection:
                numbers = self.graphs()
                changed: set[str] = set()
                for graph in sorted({*graphs, *gone}):
                    if graph not in numbers:
                        numbers[graph] = connection.execute("INSERT INTO graph (iri) VALUES (?)", [graph]).lastrowid or 0
                    changed |= changes.replace(connection, numbers[graph], {} if graph in gone else read(graph))
                names = {number: graph for graph, number in numbers.items()}
                counted = changes.reindex(connection, sorted(changed), names)
                connection.executemany(
                    "INSERT INTO word VALUES (?, ?) ON CONFLICT (text) DO UPDATE SET number = number + excluded.number", counted.items()
                )
                connection.execute("DELETE FROM word WHERE number <= 0")
                connection.execute("INSERT OR REPLACE INTO meta VALUES ('stamp', ?)", [str(stamp)])
            with self._changing:
                if before in self._words:
                    self._words[stamp] = self._words[before].extended(counted)
                    self._evict()

    def _evict(self) -> None:
        while len(self._words) > STATES:
            self._words.popitem(last=False)

    def entries(self, where: str, values: Sequence[str | int], only: Only, most: int) -> list[IndexedEntry]:
        """Return the entries that match an SQL condition, the likeliest first in the limit.

        :param values: the values of the condition
        :param most: most entries to return
        """
        condition, filtered = only.condition
        tables = "entry CROSS JOIN thing ON thing.id = entry.thing" if only.source is not None else "entry"
        return self._select(f"SELECT entry.id FROM {tables} WHERE {where}{condition} ORDER BY entry.id LIMIT ?", [*values, *filtered, most])

    def entry_of(self, iri: str, only: Only) -> list[IndexedEntry]:
        """Return the best entry of a thing, as a list of at most one."""
        return self.entries("entry.thing = (SELECT id FROM thing WHERE iri = ?)", [iri], only, 1)

    def holding(self, terms: str, only: Only, most: int) -> list[IndexedEntry]:
        """Return the entries that match a full-text expression; none for words that FTS5 cannot index whole."""
        condition, values = only.language_condition if len(only.languages) > 1 else ("", [])
        tables = "words JOIN entry ON entry.id = words.rowid" if condition else "words"
        match = [f"({terms}){only.terms}", *values, most]
        try:
            return self._select(f"SELECT words.rowid FROM {tables} WHERE words MATCH ?{condition} ORDER BY words.rowid LIMIT ?", match)
        except sqlite3.OperationalError as error:
            if _PARTED in str(error):
                return []
            raise

    def things(self, numbers: Iterable[int]) -> dict[int, tuple[dict[str, str], tuple[str, ...]]]:
        """Return the preferred labels by language, and the sources, of things by number."""
        ids = list(numbers)
        marks = ", ".join("?" * len(ids))
        names = {number: graph for graph, number in self.graphs().items()}
        rows = self.connection.execute(f"SELECT id, names, sources FROM thing WHERE id IN ({marks})", ids)
        return {number: (json.loads(labels), tuple(names[int(word[2:])] for word in sources.split())) for number, labels, sources in rows}

    def _select(self, places: str, values: Sequence[str | int]) -> list[IndexedEntry]:
        rows = self.connection.execute(
            "SELECT entry.id, entry.thing, property, form, language, text, folded, iri, entry.kind, uses "
            f"FROM entry JOIN thing ON thing.id = entry.thing WHERE entry.id IN ({places})",
            values,
        )
        return [IndexedEntry(*row) for row in rows]

    @contextmanager
    def _transaction(self, kind: str) -> Iterator[sqlite3.Connection]:
        connection = self.connection
        connection.execute(f"BEGIN {kind}")
        try:
            yield connection
        except BaseException:
            with suppress(sqlite3.Error):
                connection.execute("ROLLBACK")
            raise
        connection.execute("COMMIT")


@dataclass(frozen=True)
class Reading:
    """One state of an index, within a read transaction."""

    index: Index
    stamp: Stamp

    @property
    def vocabulary(self) -> Vocabulary:
        """The stems of all labels."""
        return self.index.vocabulary(self.stamp)

    def languages(self) -> list[str]:
        """Return the languages of the labels, sorted."""
        return self.index.languages(self.stamp)


def damaged(error: Exception) -> bool:
    """Return whether an error means that the file is damaged. A lock, a full disk or a failed read does not."""
    if isinstance(error, sqlite3.OperationalError):
        return str(error).startswith(("no such table", "no such column", "Could not decode"))
    # SQLITE_CORRUPT and SQLITE_NOTADB raise DatabaseError itself; contradicting parts break a constraint
    return type(error) is sqlite3.DatabaseError or isinstance(error, sqlite3.IntegrityError | json.JSONDecodeError)


def form() -> str:
    """Return a digest of everything that an index depends on: tables, code and spellings."""
    return hashlib.sha256(f"{FORM} {__version__} {shortforms.digest()}".encode()).hexdigest()[:16]
