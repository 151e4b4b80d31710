"""What the stems of search find and cost, beside those of Snowball; see docs/search.md.

pip install snowballstemmer
python bench/stemming.py --store FOLDER        # a store with ESCO and O*NET in it, that nobody has open; a copy of it is used
"""

import argparse
import tempfile
import time
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

import machine
import searching
import snowballstemmer

from rolegraph.facade import Rolegraph
from rolegraph.search import folding, shortforms

Stem = Callable[[str], str]


def snowball() -> Stem:
    """Return the English stemmer of Snowball, for words as ours are."""
    stem: Stem = snowballstemmer.stemmer("english").stemWord
    return lambda word: stem(word) if word.isalpha() else word


def snowball_spelled() -> Stem:
    """Return the same after the table of spellings that belongs to our own stemmer."""
    stem = snowball()
    return lambda word: stem(shortforms.spellings().get(word, word))


STEMMERS: dict[str, Callable[[], Stem]] = {
    "own": lambda: folding.stem.__wrapped__,
    "Snowball": snowball,
    "Snowball, spellings": snowball_spelled,
}


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--store", type=Path, required=True)
    store = options.parse_args().store
    for name, text in machine.about().items():
        print(f"{name:10}{text}")
    for name in STEMMERS:
        machine.apart(measure, name, store)


def measure(name: str, store: Path) -> None:
    """Build the index with the stems of one stemmer, and ask it the queries whose answers are known."""
    stem = STEMMERS[name]()
    folding.stem = lru_cache(maxsize=200_000)(stem)
    with tempfile.TemporaryDirectory() as folder:
        searching.made(Path(folder) / "store", store)
        graph = Rolegraph.open(Path(folder) / "store")
        with searching.timed(f"{name}: building the index"):
            index = graph.search.refresh()
        words = {word for (text,) in index.connection.execute("SELECT folded FROM entry") for word in text.split()}
        began = time.process_time()
        stems = set(map(stem, words))
        took = time.process_time() - began
        print(f"  {len(words):,} words, {len(stems):,} stems, {took / len(words) * 1e6:.1f} µs of a processor for each")
        searching.quality(name, lambda text, kind: [hit.iri for hit in graph.search.find(text, [kind] if kind else (), limit=10)])
        graph.close()


if __name__ == "__main__":
    main()
