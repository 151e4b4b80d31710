"""Measures how often a product is found by its name without its maker, on all tools of a store; see docs/search.md.

python bench/products.py --store FOLDER        # a store with O*NET in it, that nobody has open
"""

import argparse
from collections import Counter
from pathlib import Path

from rolegraph.facade import Rolegraph
from rolegraph.search import folding, products
from rolegraph.search.filters import Only
from rolegraph.search.matching import Typed

NAMES = "SELECT text, folded, iri FROM entry JOIN thing ON thing.id = thing WHERE entry.kind = 'tool' AND property = 0 AND form = 0"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--store", type=Path, required=True)
    parser.add_argument("--list", action="store_true", help="print the names that several products share")
    options = parser.parse_args()
    graph = Rolegraph.open(options.store)
    index = graph.search.refresh()
    rows = index.connection.execute(NAMES).fetchall()
    names = sorted({folded for _, folded, _ in rows})
    starts: dict[str, list[str]] = {}
    for name in names:
        words = name.split()
        starts.setdefault(" ".join(words[: 1 + (words[0] == "the")]), []).append(name)
    makers = {start: products.maker(start, group) for start, group in starts.items()}
    counts: Counter[str] = Counter()
    for text, folded, iri in rows:
        words = folded.split()
        maker = makers[" ".join(words[: 1 + (words[0] == "the")])]
        rest = words[len(maker) :]
        if not maker or tuple(words[: len(maker)]) != maker or not rest:
            counts["begins with no maker"] += 1
            continue
        ends = (" ".join(text.split()[place:]) for place in range(len(text.split())))
        written = next((end for end in ends if folding.fold(end) == " ".join(rest)), "")
        if not written or written.split()[0].islower():
            counts["goes on with a noun, not a name"] += 1
            continue
        matched = {entry.iri for entry in products.without_maker(index, Typed.from_text(written), Only())}
        label = [hit for hit in graph.search.labelled(written, ("tool", "skill"), 5) if hit.iri != iri]
        outcome = "exactly this product" if matched == {iri} else "several products" if iri in matched else "not found"
        outcome = "a label of its own" if label else outcome
        counts[outcome] += 1
        if options.list and outcome in ("several products", "not found"):
            print(f"{written}: {len(matched)}, {text}")
    for outcome, count in counts.most_common():
        print(f"{count:6,}  {outcome}")
    print(f"{sum(map(bool, makers.values())):6,}  makers")
    graph.close()


if __name__ == "__main__":
    main()
