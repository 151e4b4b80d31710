"""Changes of the tables of an index: what graphs say now, and the entries of the things of which they say something else."""

import json
import sqlite3
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain

from rolegraph.search import records
from rolegraph.search.records import Record

# what full text knows of an entry: stems, and what filters ask for, in words that no label has
_TERMS = (
    "entry.stems || ' _k' || thing.kind || thing.sources || '_l' || "
    "SUBSTR(entry.language, 1, IIF(INSTR(entry.language, '-'), INSTR(entry.language, '-') - 1, 99))"
)
_TOUCHED = "touched CROSS JOIN entry ON entry.id = touched.id CROSS JOIN thing ON thing.id = entry.thing"
_RANKED, _NUMBERED = 40, 12  # bits of the place of an entry: its rank, then the number of its thing, then its own
MANY = 1000  # things from which reading all of a table is quicker than looking each of them up


def replace(connection: sqlite3.Connection, graph: int, new: Mapping[str, str]) -> set[str]:
    """Note what a graph says now, and return the IRIs of the things of which it says something else than before."""
    old = dict(connection.execute("SELECT thing, said FROM part WHERE graph = ?", [graph]))
    changed = {iri for iri in old.keys() | new.keys() if old.get(iri) != new.get(iri)}
    connection.executemany("DELETE FROM part WHERE graph = ? AND thing = ?", ((graph, iri) for iri in changed & old.keys()))
    connection.executemany("INSERT INTO part VALUES (?, ?, ?)", ((graph, iri, new[iri]) for iri in sorted(changed & new.keys())))
    return changed


def reindex(connection: sqlite3.Connection, changed: Sequence[str], graphs: Mapping[int, str]) -> Counter[str]:
    """Index some things anew; return by how much the number of entries with each stem grew."""
    counted: Counter[str] = Counter()
    connection.execute("CREATE TEMP TABLE IF NOT EXISTS touched (id INTEGER PRIMARY KEY)")
    connection.execute("DELETE FROM touched")
    if connection.execute("SELECT EXISTS (SELECT 1 FROM thing)").fetchone()[0]:
        counted.subtract(_forget(connection, changed))
    numbers = {graph: number for number, graph in graphs.items()}
    stems: list[str] = []
    said: dict[str, dict[str, str]] = {iri: {} for iri in changed}
    for iri, graph, text in _parts(connection, changed):
        said[iri][graphs[graph]] = text
    for iri in changed:
        record = records.merge(iri, said.pop(iri))
        if record:
            stems += _enter(connection, record, numbers)
    counted.update(chain.from_iterable(set(one.split()) for one in stems))
    # in order, without which full text writes what it gathered after each
    connection.execute(f"INSERT INTO words (rowid, terms) SELECT entry.id, {_TERMS} FROM {_TOUCHED} ORDER BY entry.id")
    return Counter({word: number for word, number in counted.items() if number})


def _parts(connection: sqlite3.Connection, changed: Sequence[str]) -> Iterable[tuple[str, int, str]]:
    """Return what the graphs say of some things: one after the other, or all where many changed."""
    if len(changed) < MANY:
        return (row for iri in changed for row in connection.execute("SELECT thing, graph, said FROM part WHERE thing = ?", [iri]))
    wanted = set(changed)
    return (row for row in connection.execute("SELECT thing, graph, said FROM part") if row[0] in wanted)


def _enter(connection: sqlite3.Connection, record: Record, numbers: Mapping[str, int]) -> list[str]:
    """Index a thing but for the full text, and return the stems of each of its entries."""
    sources = "".join(f" _s{numbers[graph]}" for graph in record.sources)
    names = json.dumps(record.names, ensure_ascii=False)
    row = [record.iri, record.kind, record.uses, names, f"{sources} "]
    thing = connection.execute("INSERT INTO thing (iri, kind, uses, names, sources) VALUES (?, ?, ?, ?, ?)", row).lastrowid
    rows = [
        (record.rank(entry) << _RANKED | (thing or 0) << _NUMBERED | number, thing, *entry, entry.stems, entry.initials, record.kind)
        for number, entry in enumerate(record.entries())
    ]
    connection.executemany("INSERT INTO entry VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", rows)
    connection.executemany("INSERT INTO touched VALUES (?)", [row[:1] for row in rows])
    return [row[-3] for row in rows]


def _forget(connection: sqlite3.Connection, iris: Sequence[str]) -> Iterator[str]:
    """Take things out of the index, and yield the stems of their entries."""
    for iri in iris:
        connection.execute("INSERT INTO touched SELECT entry.id FROM entry JOIN thing ON thing.id = entry.thing WHERE iri = ?", [iri])
    for (stems,) in connection.execute(f"SELECT stems FROM {_TOUCHED}"):
        yield from set(stems.split())
    connection.execute(f"INSERT INTO words (words, rowid, terms) SELECT 'delete', entry.id, {_TERMS} FROM {_TOUCHED} ORDER BY entry.id")
    connection.execute("DELETE FROM entry WHERE id IN (SELECT id FROM touched)")
    connection.executemany("DELETE FROM thing WHERE iri = ?", ([iri] for iri in iris))
    connection.execute("DELETE FROM touched")
