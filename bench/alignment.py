"""Measures proposed matches between the occupations of ESCO and O*NET against the official crosswalk, which is not used for them.

ROLEGRAPH_TEST_DATA=FOLDER python bench/alignment.py --store FOLDER             # a store with ESCO and O*NET in it, a copy of which is used
ROLEGRAPH_TEST_DATA=FOLDER python bench/alignment.py --store FOLDER --sample 300

An occupation of ESCO that the crosswalk has counts, whatever its type of match. Accepted is the likeliest match of an occupation, if its
confidence is high enough.
"""

import argparse
import csv
import os
import random
import shutil
import tempfile
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path

from rolegraph import terms
from rolegraph.facade import Rolegraph
from rolegraph.matching import TextMatch
from rolegraph.matching.alignment import Proposal, propose
from rolegraph.matching.concepts import read

ESCO, ONET = (f"{terms.BASE}source/{name}" for name in ("esco-1-1-1", "onet-29-2"))
CROSSWALK = "crosswalk/crosswalk_esco_onet.csv"
CANDIDATES = 10
THRESHOLDS = (0.5, 0.6, 0.7, 0.8, 0.9, 0.95)
LEAST = 1e-6  # confidence of what is ranked

Official = Mapping[str, Mapping[str, str]]  # types of match by the IRIs of ESCO and O*NET


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--store", type=Path, required=True)
    options.add_argument("--sample", type=int, help="only so many occupations of ESCO")
    arguments = options.parse_args()
    official = read_official(Path(os.environ["ROLEGRAPH_TEST_DATA"]) / CROSSWALK)
    with tempfile.TemporaryDirectory() as folder:
        graph = Rolegraph.open(shutil.copytree(arguments.store, Path(folder) / "store"))
        try:
            report(graph, official, arguments.sample)
        finally:
            graph.close()


def read_official(path: Path) -> Official:
    """Return the matches of the official crosswalk between occupations."""
    matches: dict[str, dict[str, str]] = defaultdict(dict)
    onet = terms.prefixes()["onet"]
    with path.open(encoding="utf-8-sig", newline="") as file:
        for cells in csv.reader(file):
            if len(cells) > 6 and cells[6].endswith("Match"):
                matches[cells[3]][onet + cells[0]] = cells[6]
    return matches


def report(graph: Rolegraph, official: Official, sample: int | None) -> None:
    """Print the figures."""

    def match(source: str, texts: Sequence[str]) -> Sequence[TextMatch]:
        return graph.match(texts, "role", source, limit=CANDIDATES).results

    esco, onet = (read(graph.engine.rows, "role", source, "en") for source in (ESCO, ONET))
    occupations = [concept for concept in esco if concept.iri in official]
    if sample:
        occupations = random.Random(1).sample(occupations, min(sample, len(occupations)))
    for source in (ESCO, ONET):
        match(source, ["nurse"])  # builds the index
    start = time.process_time()
    found = propose(occupations, onet, lambda texts: match(ONET, texts), lambda texts: match(ESCO, texts), threshold=LEAST, least=0)
    seconds = time.process_time() - start
    ranked: dict[str, list[Proposal]] = defaultdict(list)
    for proposal in found:
        ranked[proposal.subject].append(proposal)
    number = len(occupations)
    first = sum(proposals[0].object in official[iri] for iri, proposals in ranked.items())
    ten = sum(any(each.object in official[iri] for each in proposals[:10]) for iri, proposals in ranked.items())
    print(f"{number:,} occupations, {seconds:.0f} s of processor time: hit@1 {first / number:.3f}, hit@10 {ten / number:.3f}")
    for threshold in THRESHOLDS:
        show("first, confidence", threshold, [proposals[0] for proposals in ranked.values()], official)
        show("each, confidence", threshold, found, official)
    show("each is the best match of the other, confidence", 0.8, [proposal for proposal in found if proposal.is_mutual], official)


def show(what: str, threshold: float, proposals: Sequence[Proposal], official: Official) -> None:
    """Print how many proposals are accepted at a threshold, and how many of them are right."""
    accepted = [proposal for proposal in proposals if proposal.confidence >= threshold]
    types = [official[proposal.subject].get(proposal.object, "") for proposal in accepted]
    right, close = (sum(map(names.__contains__, types)) for names in (set(types) - {""}, {"exactMatch", "closeMatch"}))
    if accepted:
        print(f"{what} >= {threshold}: {len(accepted):,}, right {right / len(accepted):.3f}, exact or close {close / len(accepted):.3f}")


if __name__ == "__main__":
    main()
