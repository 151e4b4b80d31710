"""Compares the speed and quality of search over all labels with libraries that could replace it; see docs/search.md.

python bench/searching.py --store FOLDER        # a store with ESCO and O*NET in it
ROLEGRAPH_TEST_DATA=FOLDER python bench/searching.py        # imports both into a temporary one first
"""

import argparse
import csv
import os
import random
import resource
import shutil
import statistics
import string
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import machine

from rolegraph import terms
from rolegraph.facade import Rolegraph
from rolegraph.importers import esco, onet
from rolegraph.importers.downloads import Download
from rolegraph.importers.reports import ImportReport
from rolegraph.search import folding

QUERIES = Path(__file__).parent.parent / "tests" / "search" / "queries.csv"
Label = tuple[str, str, str]  # IRI, kind, folded label
Find = Callable[[str, str], list[str]]


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--store", type=Path, help="a store that nobody has open; a copy of it is used")
    options.add_argument("--peers", action="store_true", help="measure tantivy and rapidfuzz alone too (pip install tantivy)")
    options.add_argument("--random", type=int, default=1000, help="number of labels taken at random, as they are, begun and mistyped")
    given = options.parse_args()
    for name, text in machine.about().items():
        print(f"{name:10}{text}")
    with tempfile.TemporaryDirectory() as folder:
        store = Path(folder) / "store"
        made(store, given.store)
        labels = machine.apart(own, store, given.random)
        for peer in (tantivy, rapidfuzz) if given.peers else ():
            machine.apart(peer, labels, Path(folder) / peer.__name__)


def made(store: Path, there: Path | None) -> None:
    """Create the store to measure."""
    if there:
        shutil.copytree(there, store)
        shutil.rmtree(store / "search", ignore_errors=True)
        return
    files = Path(os.environ["ROLEGRAPH_TEST_DATA"])
    graph = Rolegraph.open(store)
    with timed("importing O*NET"):
        graph.import_source(onet.read, Download((files / "onet-29.2",)), ImportReport())
    with timed("importing ESCO"):
        graph.import_source(esco.read, Download((files / "esco-1.1.1",)), ImportReport(), languages=("en", "fr"))
    graph.close()


def own(store: Path, number: int) -> list[Label]:
    """Measure Rolegraph's search, and return the labels in its index."""
    graph = Rolegraph.open(store)
    before = peak()
    with timed("building the index"):
        index = graph.search.refresh()
    every = "SELECT iri, thing.kind, folded, text FROM entry JOIN thing ON thing.id = thing WHERE form = 0"
    found = index.connection.execute(every).fetchall()
    room = machine.room([store / "search"]) / 2**20
    things = len({row[0] for row in found})
    print(f"{len(found):,} labels of {things:,} things; {room:.0f} MiB on disk; peak {peak() - before:.0f} MiB more")
    graph.close()
    graph = Rolegraph.open(store)
    with timed("first search after a restart"):
        graph.search.find("data scientist")
    with timed("first search with an error of typing"):
        graph.search.find("data scientits")
    for sample in range(3):
        role = f'<{terms.BASE}role/bench> a <{terms.RG}Role> ; <{terms.PREF_LABEL}> "Bench warmer {sample}"@en .'
        graph.store(f"{terms.BASE}source/bench", role.encode())
        with timed("next search after a small write"):
            assert graph.search.find(f"bench warmer {sample}")[0].match == "exact"
    resident = machine.memory("VmRSS", os.getpid())
    print(f"resident {resident:.0f} MiB, libraries and store included")

    def find(text: str, kind: str) -> list[str]:
        return [hit.iri for hit in graph.search.find(text, [kind] if kind else (), limit=10)]

    quality("Rolegraph", find)
    chance = random.Random(7)
    for name, change in (("as they are", str), ("begun", begun), ("mistyped", mistyped)):
        speed(f"{number} labels {name}", [(change(row[3][:150]), "") for row in chance.sample(found, number)], find)
    graph.close()
    return [row[:3] for row in found]


def tantivy(labels: Sequence[Label], folder: Path) -> None:
    """Measure tantivy in its usual configuration: words, prefixes and fuzzy terms in one query, ranked by BM25."""
    import tantivy as library

    fields = library.SchemaBuilder().add_text_field("iri", stored=True, tokenizer_name="raw").add_text_field("kind", tokenizer_name="raw")
    schema = fields.add_text_field("whole", tokenizer_name="raw").add_text_field("words", tokenizer_name="whitespace").build()
    folder.mkdir()
    with timed("tantivy: building"):
        index = library.Index(schema, path=str(folder))
        writer = index.writer(heap_size=256 * 2**20)
        for iri, kind, folded in labels:
            writer.add_document(library.Document(iri=iri, kind=kind, whole=folding.stemmed(folded), words=folding.stemmed(folded)))
        writer.commit()
        writer.wait_merging_threads()
    index.reload()
    searcher = index.searcher()
    print(f"{machine.room([folder]) / 2**20:.0f} MiB on disk")
    query, must, should = library.Query, library.Occur.Must, library.Occur.Should

    def find(text: str, kind: str) -> list[str]:
        folded = folding.stemmed(folding.fold(text))
        parts = [(should, query.boost_query(query.term_query(schema, "whole", folded), 100.0))]
        parts.append((should, query.boost_query(query.fuzzy_term_query(schema, "whole", folded, distance=0, prefix=True), 10.0)))
        for word in folded.split():
            parts.append((should, query.boost_query(query.term_query(schema, "words", word), 2.0)))
            most = min(2, len(word) // 3)
            parts.append((should, query.fuzzy_term_query(schema, "words", word, distance=most, transposition_cost_one=True)))
        asked = query.boolean_query(parts)
        if kind:
            asked = query.boolean_query([(must, asked), (must, query.const_score_query(query.term_query(schema, "kind", kind), 0.0))])
        hits = searcher.search(asked, 40).hits
        return list(dict.fromkeys(searcher.doc(address)["iri"][0] for _, address in hits))[:10]

    quality("tantivy", find)
    print(f"resident {machine.memory('VmRSS', os.getpid()):.0f} MiB")


def rapidfuzz(labels: Sequence[Label], _: Path) -> None:
    """Measure rapidfuzz over the list of all labels."""
    from rapidfuzz import fuzz, process

    by_kind: dict[str, list[str]] = defaultdict(list)
    things: dict[str, list[str]] = defaultdict(list)
    with timed("rapidfuzz: building"):
        for iri, kind, folded in labels:
            for one in ("", kind):
                by_kind[one].append(folded)
                things[f"{one} {folded}"].append(iri)

    def find(text: str, kind: str) -> list[str]:
        close = process.extract(folding.fold(text), by_kind[kind], scorer=fuzz.WRatio, limit=20)
        return list(dict.fromkeys(iri for label, _, _ in close for iri in things[f"{kind} {label}"]))[:10]

    quality("rapidfuzz", find)
    print(f"resident {machine.memory('VmRSS', os.getpid()):.0f} MiB")


def quality(name: str, find: Find) -> None:
    """Report how often the first hit, or one of the first five, is the expected one, and the time."""
    with QUERIES.open(newline="", encoding="utf-8") as file:
        queries = list(csv.DictReader(file))
    places: dict[str, list[int]] = defaultdict(list)
    for query in queries:
        wanted = {terms.expand(one) or one for one in query["expected"].split()}
        found = find(query["query"], query["kind"])
        places[query["class"]].append(next((place for place, iri in enumerate(found) if iri in wanted), 99))
    for kind, own_places in [*places.items(), ("all", [place for one in places.values() for place in one])]:
        first, five = (sum(place < most for place in own_places) / len(own_places) for most in (1, 5))
        print(f"  {name:10} {kind:14}{len(own_places):5}  hit@1 {first:.3f}  hit@5 {five:.3f}")
    speed(f"{name}: {len(queries)} queries", [(query["query"], query["kind"]) for query in queries], find)


def speed(name: str, asked: Sequence[tuple[str, str]], find: Find) -> None:
    """Report the time of queries, after one round that is not measured."""
    wall, busy = [], []
    for measured in (False, True):
        for text, kind in asked[: None if measured else 50]:
            if folding.fold(text):
                began, used = time.perf_counter(), time.process_time()
                find(text, kind)
                if measured:
                    wall.append((time.perf_counter() - began) * 1000)
                    busy.append((time.process_time() - used) * 1000)
    figures = [f"{what} p50 {cut(times, 50):.1f} p95 {cut(times, 95):.1f}" for what, times in (("wall", wall), ("processor", busy))]
    print(f"  {name}: {', '.join(figures)} ms")


def cut(times: Sequence[float], percent: int) -> float:
    """Return a percentile."""
    return statistics.quantiles(times, n=100)[percent - 1]


def begun(text: str) -> str:
    """Return the first two thirds of a text."""
    return text[: max(2, len(text) * 2 // 3)]


def mistyped(text: str) -> str:
    """Return a text with a typing error, or two if it is longer; always the same."""
    chance = random.Random(text)
    for _ in range(1 + (len(text) > 12)):
        place = chance.randrange(max(1, len(text) - 1))
        other = chance.choice(string.ascii_lowercase)
        kinds = (text[place + 1 : place + 2] + text[place : place + 1], other, other + text[place : place + 1], "")
        number = chance.randrange(4)
        text = text[:place] + kinds[number] + text[place + (2 if number == 0 else 1) :]
    return text


def peak() -> float:
    """Return the peak memory of this process in MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


@contextmanager
def timed(what: str) -> Iterator[None]:
    """Report the wall-clock time and the processor time of a block."""
    began, used = time.perf_counter(), time.process_time()
    yield
    print(f"{what}: {time.perf_counter() - began:.2f} s, processor {time.process_time() - used:.2f} s", flush=True)


if __name__ == "__main__":
    main()
