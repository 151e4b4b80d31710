"""The index of labels: a file of SQLite with the labels of one revision, and full text over the stems of their words."""

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

FORM = 1  # of the tables, and of what folding makes of a label: counted up with each change of either
NAME = "labels.sqlite"
MAPPED = 1 << 30  # bytes of the file
STATES = 2  # of the index whose stems are kept: readers may still be at the one before
_PARTED = "phrase queries are not supported"  # full text takes some letters of newer scripts for blanks
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
    terms, content = '', detail = none, columnsize = 0, prefix = '1 2 3', tokenize = "unicode61 remove_diacritics 0 tokenchars '+#_'"
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
"""Returns what a graph says of each thing; see :func:`rolegraph.search.labels.read`."""


class Found(NamedTuple):
    """An entry as the index holds it, with its thing."""

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
    """Which state of which graph an index holds. ``published`` tells a revision from one of the same number in another store."""

    form: str
    revision: int | None
    published: str = ""

    @classmethod
    def read(cls, text: str) -> "Stamp":
        """Return the stamp that a text holds."""
        form_, revision, published = (*text.split(" "), "", "")[:3]
        return cls(form_, int(revision) if revision.isdecimal() else None, published)

    def __str__(self) -> str:
        return f"{self.form} {self.revision} {self.published}".strip()


class _Own:
    """The connection of one thread, which is closed with this object: by itself it would last until the garbage collector comes."""

    def __init__(self, path: Path) -> None:
        self.connection = sqlite3.connect(path, check_same_thread=False, isolation_level=None)  # the last who holds this closes it
        self.connection.execute("PRAGMA busy_timeout = 10000")
        self.connection.execute(f"PRAGMA mmap_size = {MAPPED}")  # pages are read where the system has them, not copied

    def __del__(self) -> None:
        if hasattr(self, "connection"):
            self.connection.close()


class Index:
    """The file of an index, opened. Any thread may read while one writes: it sees the labels before, or those after."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._own = threading.local()
        self._writing = threading.Lock()
        self._changing = threading.Lock()
        self._words: OrderedDict[Stamp, Vocabulary] = OrderedDict()
        self._languages: tuple[Stamp, list[str]] | None = None

    @classmethod
    def make(cls, folder: Path) -> "Index":
        """Make an empty index in place of one that is there: nothing of it is seen before :meth:`finish`."""
        folder.mkdir(parents=True, exist_ok=True)
        fresh = folder / f"{NAME}.new"
        for suffix in ("", "-wal", "-shm", "-journal"):
            fresh.with_name(fresh.name + suffix).unlink(missing_ok=True)
        made = cls(fresh)
        made.connection.executescript(_FAST + _SCHEMA)
        return made

    def finish(self) -> "Index":
        """Put the index in the place that it is read from, and return it as it lies there."""
        self.connection.executescript(_INDEXES)
        self.connection.execute("INSERT INTO words (words) VALUES ('optimize')")
        self.close()
        path = self.path.with_name(NAME)
        for suffix in ("-wal", "-shm"):
            path.with_name(path.name + suffix).unlink(missing_ok=True)
        self.path.replace(path)
        found = Index(path)
        found.connection.executescript(_SAFE)
        return found

    @property
    def connection(self) -> sqlite3.Connection:
        """The connection of this thread. It is closed when the thread ends, or when nobody holds the index any more: who reads holds it."""
        own: _Own | None = getattr(self._own, "own", None)
        if own is None:
            own = self._own.own = _Own(self.path)
        return own.connection

    def close(self) -> None:
        """Close the connection of this thread."""
        self._own.own = None

    @contextmanager
    def reading(self) -> Iterator["Reading"]:
        """Read the index as it is now, whatever is written meanwhile."""
        with self._transaction("DEFERRED"):
            yield Reading(self, self.stamp)

    @property
    def stamp(self) -> Stamp:
        """What state the index holds, as it was given to :meth:`refresh`."""
        found = self.connection.execute("SELECT value FROM meta WHERE name = 'stamp'").fetchone()
        return Stamp.read(str(found[0]) if found else "")

    def graphs(self) -> dict[str, int]:
        """Return the numbers of the graphs by IRI."""
        return dict(self.connection.execute("SELECT iri, id FROM graph"))

    def languages(self, stamp: Stamp) -> list[str]:
        """Return the languages of the entries, sorted."""
        known = self._languages
        if known is None or known[0] != stamp:
            rows = self.connection.execute("SELECT DISTINCT language FROM entry WHERE language <> '' ORDER BY language")
            known = self._languages = (stamp, [str(language) for (language,) in rows])
        return known[1]

    def words(self) -> list[tuple[str, int]]:
        """Return each stem with the number of entries that hold it."""
        return self.connection.execute("SELECT text, number FROM word").fetchall()

    def vocabulary(self, stamp: Stamp) -> Vocabulary:
        """Return the stems of the state that this thread reads."""
        with self._changing:
            if stamp not in self._words:
                self._words[stamp] = Vocabulary(self.words())
                self._forget()
            return self._words[stamp]

    def refresh(self, graphs: Iterable[str], gone: Iterable[str], read: Read, stamp: Stamp) -> None:
        """Read some graphs anew, forget those that are gone, and index what changed, in one write."""
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
                    self._forget()

    def _forget(self) -> None:
        while len(self._words) > STATES:
            self._words.popitem(last=False)

    def entries(self, where: str, values: Sequence[str | int], only: Only, most: int) -> list[Found]:
        """Return the likeliest entries for which a condition of SQL holds."""
        condition, more = only.condition
        tables = "entry CROSS JOIN thing ON thing.id = entry.thing" if only.source is not None else "entry"
        return self._found(f"SELECT entry.id FROM {tables} WHERE {where}{condition} ORDER BY entry.id LIMIT ?", [*values, *more, most])

    def of(self, iri: str, only: Only) -> list[Found]:
        """Return the likeliest entry of a thing."""
        return self.entries("entry.thing = (SELECT id FROM thing WHERE iri = ?)", [iri], only, 1)

    def holding(self, terms: str, only: Only, most: int) -> list[Found]:
        """Return the likeliest entries that match an expression of full text; none for words that it cannot hold in one piece."""
        condition, values = only.spoken if len(only.languages) > 1 else ("", [])
        tables = "words JOIN entry ON entry.id = words.rowid" if condition else "words"
        match = [f"({terms}){only.terms}", *values, most]
        try:
            return self._found(f"SELECT words.rowid FROM {tables} WHERE words MATCH ?{condition} ORDER BY words.rowid LIMIT ?", match)
        except sqlite3.OperationalError as error:
            if _PARTED in str(error):
                return []
            raise

    def things(self, numbers: Iterable[int]) -> dict[int, tuple[dict[str, str], tuple[str, ...]]]:
        """Return the preferred labels by language, and the sources, of things by their numbers in the index."""
        wanted = list(numbers)
        marks = ", ".join("?" * len(wanted))
        names = {number: graph for graph, number in self.graphs().items()}
        rows = self.connection.execute(f"SELECT id, names, sources FROM thing WHERE id IN ({marks})", wanted)
        return {number: (json.loads(labels), tuple(names[int(one[2:])] for one in sources.split())) for number, labels, sources in rows}

    def _found(self, places: str, values: Sequence[str | int]) -> list[Found]:
        rows = self.connection.execute(
            "SELECT entry.id, entry.thing, property, form, language, text, folded, iri, entry.kind, uses "
            f"FROM entry JOIN thing ON thing.id = entry.thing WHERE entry.id IN ({places})",
            values,
        )
        return [Found(*row) for row in rows]

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
    """An index as it is at one moment, while its transaction lasts."""

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
    """Tell whether an error means that the file is damaged: a locked one, a full disk or a failed read means nothing of it."""
    if isinstance(error, sqlite3.OperationalError):
        return str(error).startswith(("no such table", "no such column", "Could not decode"))
    # SQLITE_CORRUPT and SQLITE_NOTADB are of the class itself; a part that contradicts another one breaks a constraint
    return type(error) is sqlite3.DatabaseError or isinstance(error, sqlite3.IntegrityError | json.JSONDecodeError)


def form() -> str:
    """Return what an index is only good for: this form of the tables, these spellings."""
    return hashlib.sha256(f"{FORM} {__version__} {shortforms.digest()}".encode()).hexdigest()[:16]
