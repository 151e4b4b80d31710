"""Measures how well similar roles agree with O*NET's related occupations, in comparison with a plain Jaccard index and chance.

    python bench/similarity.py --store FOLDER [--try 'responsibility=0.6' --try 'decay=0.4,tool=0.3' …]

The store needs the data of `rolegraph import onet`. Related occupations (rg:relatedRole) are not an input of the similarity but the gold
standard. Recall@10 is the number of related occupations among the ten most similar ones, divided by ten, or by the number of related ones
if that is less. It is reported for two halves of the occupations, every other one by code: weights are chosen on the first half.
"""

import argparse
from pathlib import Path

import machine
import numpy as np
from numpy.typing import NDArray

from rolegraph.analysis import weights
from rolegraph.analysis.index import Index
from rolegraph.facade import Rolegraph
from rolegraph.terms import RG

RANKED, SEED = 10, 7
Matrix = NDArray[np.float64]


def main() -> None:
    parser = argparse.ArgumentParser(description="Similar roles against O*NET's related occupations.")
    parser.add_argument("--store", type=Path, required=True, help="a store that O*NET was imported into")
    parser.add_argument("--try", dest="tries", action="append", default=[], help="other weights: NAME=FIGURE, separated by commas")
    options = parser.parse_args()
    print("\n".join(f"{name:10}{text}" for name, text in machine.about().items()))
    graph = Rolegraph.open(options.store)
    related: dict[str, set[str]] = {}
    for row in graph.engine.rows(f"SELECT ?role ?other {{ ?role <{RG}relatedRole> ?other }}"):
        related.setdefault(row["role"].value, set()).add(row["other"].value)
    index = graph.analysis.index
    judge = Judge(index, related)
    print(f"{len(judge.roles)} roles to choose from, {sum(role in related for role in judge.roles)} of them with related ones")
    judge.tell("similarity", judge.cosine(index))
    judge.tell("plain Jaccard", judge.jaccard(index))
    judge.tell("chance", np.random.default_rng(SEED).random((len(judge.roles), len(judge.roles))))
    for text in options.tries:
        judge.tell(text, judge.cosine(changed(index, dict(pair.split("=") for pair in text.split(",")))))
    graph.close()


class Judge:
    """Compares rankings with the related roles; ``roles`` are the IRIs of roles in the relation."""

    def __init__(self, index: Index, related: dict[str, set[str]]) -> None:
        self.roles = sorted({*related, *(one for others in related.values() for one in others)} & index.named_roles)
        self._rows = [index.rows[index.facts.places[role]] for role in self.roles]
        self._related = related

    def cosine(self, index: Index) -> Matrix:
        own = index.vectors[self._rows]
        found: Matrix = (own @ own.T).toarray()
        return found

    def jaccard(self, index: Index) -> Matrix:
        own = index.direct[self._rows]
        own.data[:] = 1.0
        shared, sizes = (own @ own.T).toarray(), np.asarray(own.sum(axis=1))
        found: Matrix = shared / np.maximum(sizes[:, None] + sizes[None, :] - shared, 1.0)
        return found

    def tell(self, name: str, likeness: Matrix) -> None:
        np.fill_diagonal(likeness, -1.0)
        ranked = np.argsort(-likeness, axis=1, kind="stable")[:, :RANKED]
        halves: tuple[list[float], list[float]] = ([], [])
        for place, role in enumerate(self.roles):
            wanted = self._related.get(role)
            if wanted:
                hits = sum(self.roles[other] in wanted for other in ranked[place].tolist())
                halves[place % 2].append(hits / min(RANKED, len(wanted)))
        first, second = (sum(half) / len(half) for half in halves)
        print(f"{name:40} recall@{RANKED}: chosen on {first:.3f}, held out {second:.3f}")


def changed(index: Index, figures: dict[str, str]) -> Index:
    """Return an index of the same facts with different weights.
"""
    facets = {name: float(figures.get(name, weight)) for name, weight in weights.FACETS.items()}
    unknown = set(figures) - set(facets) - {"decay"}
    if unknown:
        raise SystemExit(f"there is no weight {', '.join(unknown)}; there are {', '.join(facets)} and decay")
    before, weights.DECAY = weights.DECAY, float(figures.get("decay", weights.DECAY))
    try:
        return Index(index.facts, facets)
    finally:
        weights.DECAY = before


if __name__ == "__main__":
    main()
