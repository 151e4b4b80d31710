"""Updates the tables of an index: what each graph states, and the entries of the things that changed."""

import json
import sqlite3
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain, islice

from rolegraph.search import records
from rolegraph.search.records import Record

# the full text of an entry: its stems, and the values of filters as words that no label contains
_TERMS = (
    "entry.stems || ' _k' || thing.kind || thing.sources || '_l' || "
    "SUBSTR(entry.language, 1, IIF(INSTR(entry.language, '-'), INSTR(entry.language, '-') - 1, 99))"
)
_TOUCHED = "touched CROSS JOIN entry ON entry.id = touched.id CROSS JOIN thing ON thing.id = entry.thing"
_RANKED, _NUMBERED = 40, 12  # bits of the id of an entry: its rank, then the number of its thing, then its own number
BATCH = 4000  # things that are inserted at a time
MANY = 1000  # changed things from which a scan of the table is faster than look-ups


def replace(connection: sqlite3.Connection, graph: int, new: Mapping[str, str]) -> set[str]:
    """Store what a graph states now, and return the IRIs of the things whose statements changed.

    :param graph: number of the graph
    :param new: the statements of the graph by IRI of the thing, as JSON texts
    """
    old = dict(connection.execute("SELECT thing, said FROM part WHERE graph = ?", [graph]))
    changed = {iri for iri in old.keys() | new.keys() if old.get(iri) != new.get(iri)}
    connection.executemany("DELETE FROM part WHERE graph = ? AND thing = ?", ((graph, iri) for iri in changed & old.keys()))
    connection.executemany("INSERT INTO part VALUES (?, ?, ?)", ((graph, iri, new[iri]) for iri in sorted(changed & new.keys())))
    return changed


def reindex(connection: sqlite3.Connection, changed: Sequence[str], graphs: Mapping[int, str]) -> Counter[str]:
    """Rebuild the entries of some things; return by how much the number of entries with each stem changed.

    :param changed: IRIs of the things
    :param graphs: IRIs of the graphs by number
    """
    counted: Counter[str] = Counter()
    connection.execute("CREATE TEMP TABLE IF NOT EXISTS touched (id INTEGER PRIMARY KEY)")
    connection.execute("DELETE FROM touched")
    if connection.execute("SELECT EXISTS (SELECT 1 FROM thing)").fetchone()[0]:
        counted.subtract(_remove(connection, changed))
    statements: dict[str, dict[str, str]] = {iri: {} for iri in changed}
    for iri, graph, text in _parts(connection, changed):
        statements[iri][graphs[graph]] = text
    merged = filter(None, (records.merge(iri, statements.pop(iri)) for iri in changed))
    numbers = {graph: number for number, graph in graphs.items()}
    while batch := list(islice(merged, BATCH)):
        counted.update(chain.from_iterable(set(stems.split()) for stems in _insert(connection, batch, numbers)))
    # sorted by id: otherwise FTS5 flushes after each row
    connection.execute(f"INSERT INTO words (rowid, terms) SELECT entry.id, {_TERMS} FROM {_TOUCHED} ORDER BY entry.id")
    return Counter({word: number for word, number in counted.items() if number})


def _parts(connection: sqlite3.Connection, changed: Sequence[str]) -> Iterable[tuple[str, int, str]]:
    """Return the statements of the graphs about some things, by look-ups, or by a scan if many things changed."""
    if len(changed) < MANY:
        return (row for iri in changed for row in connection.execute("SELECT thing, graph, said FROM part WHERE thing = ?", [iri]))
    wanted = set(changed)
    return (row for row in connection.execute("SELECT thing, graph, said FROM part") if row[0] in wanted)


def _insert(connection: sqlite3.Connection, batch: Sequence[Record], numbers: Mapping[str, int]) -> list[str]:
    """Insert things and their entries, except the full text, and return the stems of each entry."""
    [(last,)] = connection.execute("SELECT COALESCE(MAX(id), 0) FROM thing")
    things, rows = [], []
    for thing, record in enumerate(batch, last + 1):
        sources = "".join(f" _s{numbers[graph]}" for graph in record.sources)
        things.append((thing, record.iri, record.kind, record.uses, json.dumps(record.names, ensure_ascii=False), f"{sources} "))
        rows += [
            (record.rank(entry) << _RANKED | thing << _NUMBERED | number, thing, *entry, entry.stems, entry.initials, record.kind)
            for number, entry in enumerate(record.entries())
        ]
    rows.sort()  # SQLite appends rows that are in order
    connection.executemany("INSERT INTO thing VALUES (?, ?, ?, ?, ?, ?)", things)
    connection.executemany("INSERT INTO entry VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", rows)
    connection.executemany("INSERT INTO touched VALUES (?)", (row[:1] for row in rows))
    return [row[-3] for row in rows]


def _remove(connection: sqlite3.Connection, iris: Sequence[str]) -> Iterator[str]:
    """Remove things from the index, and yield the stems of their entries."""
    for iri in iris:
        connection.execute("INSERT INTO touched SELECT entry.id FROM entry JOIN thing ON thing.id = entry.thing WHERE iri = ?", [iri])
    for (stems,) in connection.execute(f"SELECT stems FROM {_TOUCHED}"):
        yield from set(stems.split())
    connection.execute(f"INSERT INTO words (words, rowid, terms) SELECT 'delete', entry.id, {_TERMS} FROM {_TOUCHED} ORDER BY entry.id")
    connection.execute("DELETE FROM entry WHERE id IN (SELECT id FROM touched)")
    connection.executemany("DELETE FROM thing WHERE iri = ?", ([iri] for iri in iris))
    connection.execute("DELETE FROM touched")
