"""The index of labels: a file of SQLite with the labels of one revision, and full text over the stems of their words."""

import hashlib
import json
import sqlite3
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from rolegraph import __version__
from rolegraph.search import changes, shortforms

FORM = 1  # of the tables, and of what folding makes of a label: counted up with each change of either
NAME = "labels.sqlite"
MAPPED = 1 << 30  # bytes of the file
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
"""Returns what a graph says of each thing; see :func:`rolegraph.search.facts.read`."""


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


@dataclass(frozen=True)
class Only:
    """What entries have to be of, empty where that does not matter; a source is the number of a graph."""

    kinds: tuple[str, ...] = ()
    source: int | None = None
    language: str = ""

    @property
    def terms(self) -> str:
        """The condition as one of full text, with a blank before."""
        parts = [" OR ".join(f'"_k{kind}"' for kind in self.kinds), f'"_s{self.source}"' if self.source is not None else ""]
        parts.append(f'"_l{self.language}" OR "_l"' if self.language else "")
        return "".join(f" AND ({part})" for part in parts if part)

    @property
    def condition(self) -> tuple[str, list[str | int]]:
        """The condition as one of SQL, with its values."""
        text, values = "", list[str | int](self.kinds)
        if self.kinds:
            text += f" AND entry.kind IN ({', '.join('?' * len(self.kinds))})"
        if self.source is not None:
            text += " AND thing.sources LIKE ?"
            values.append(f"% _s{self.source} %")
        if self.language:
            text += " AND (entry.language = '' OR entry.language = ? OR entry.language LIKE ?)"
            values += [self.language, f"{self.language}-%"]
        return text, values


class Index:
    """The file of an index, opened. Any thread may read while one writes: it sees the labels before, or those after."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._own = threading.local()
        self._all: list[sqlite3.Connection] = []
        self._writing = threading.Lock()
        self._languages: list[str] | None = None

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
        """The connection of this thread."""
        if not hasattr(self._own, "connection"):
            connection = sqlite3.connect(self.path, check_same_thread=False, isolation_level=None)
            connection.execute("PRAGMA busy_timeout = 10000")
            connection.execute(f"PRAGMA mmap_size = {MAPPED}")  # pages are read where the system has them, not copied
            self._own.connection = connection
            self._all.append(connection)
        found: sqlite3.Connection = self._own.connection
        return found

    def close(self) -> None:
        """Close the connections of all threads."""
        while self._all:
            with suppress(sqlite3.Error):
                self._all.pop().close()
        self._own = threading.local()

    @property
    def stamp(self) -> str:
        """What tells which state of which graph the index holds, as it was given to :meth:`refresh`."""
        found = self.connection.execute("SELECT value FROM meta WHERE name = 'stamp'").fetchone()
        return str(found[0]) if found else ""

    def graphs(self) -> dict[str, int]:
        """Return the numbers of the graphs by IRI."""
        return dict(self.connection.execute("SELECT iri, id FROM graph"))

    def languages(self) -> list[str]:
        """Return the languages of the entries, sorted."""
        if self._languages is None:
            rows = self.connection.execute("SELECT DISTINCT language FROM entry WHERE language <> '' ORDER BY language")
            self._languages = [str(language) for (language,) in rows]
        return self._languages

    def refresh(self, graphs: Iterable[str], gone: Iterable[str], read: Read, stamp: str) -> Counter[str]:
        """Read some graphs anew, forget those that are gone, and index what changed, in one write.

        Returns how many more, or fewer, entries hold each stem than before.
        """
        with self._writing, self._transaction() as connection:
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
            connection.execute("INSERT OR REPLACE INTO meta VALUES ('stamp', ?)", [stamp])
        self._languages = None
        return counted

    def words(self) -> list[tuple[str, int]]:
        """Return each stem with the number of entries that hold it."""
        return self.connection.execute("SELECT text, number FROM word").fetchall()

    def entries(self, where: str, values: Sequence[str | int], only: Only, most: int) -> list[Found]:
        """Return the likeliest entries for which a condition of SQL holds."""
        condition, more = only.condition
        tables = "entry CROSS JOIN thing ON thing.id = entry.thing" if only.source is not None else "entry"
        return self._found(f"SELECT entry.id FROM {tables} WHERE {where}{condition} ORDER BY entry.id LIMIT ?", [*values, *more, most])

    def of(self, iri: str, only: Only) -> list[Found]:
        """Return the likeliest entry of a thing."""
        return self.entries("entry.thing = (SELECT id FROM thing WHERE iri = ?)", [iri], only, 1)

    def holding(self, terms: str, only: Only, most: int) -> list[Found]:
        """Return the likeliest entries that match an expression of full text."""
        return self._found("SELECT rowid FROM words WHERE words MATCH ? ORDER BY rowid LIMIT ?", [f"({terms}){only.terms}", most])

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
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        connection = self.connection
        connection.execute("BEGIN IMMEDIATE")
        try:
            yield connection
        except BaseException:
            with suppress(sqlite3.Error):
                connection.execute("ROLLBACK")
            raise
        connection.execute("COMMIT")


def form() -> str:
    """Return what an index is only good for: this form of the tables, these spellings."""
    return hashlib.sha256(f"{FORM} {__version__} {shortforms.digest()}".encode()).hexdigest()[:16]
