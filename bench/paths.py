"""Whether paths between occupations of O*NET take steps that a career adviser would accept.

    python bench/paths.py --store FOLDER --data FOLDER

The store holds O*NET; the folder of data its text files, from which 40 pairs are made by rule. A step is accepted if O*NET lists one of
the two occupations as related to the other, and the second has the same job zone as the first or the next higher one. Related occupations
are no input of paths.
"""

import argparse
import csv
import hashlib
import statistics
import time
from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path

from rolegraph import terms
from rolegraph.facade import Rolegraph

PAIRS = 40
ONET = terms.prefixes()["onet"]
Related = Mapping[str, set[str]]


def related_and_zones(folder: Path) -> tuple[Related, dict[str, int]]:
    """Return the related occupations of each, in both directions, and the job zones."""
    related: dict[str, set[str]] = {}
    for row in _rows(folder / "Related Occupations.txt"):
        one, other = row["O*NET-SOC Code"], row["Related O*NET-SOC Code"]
        related.setdefault(one, set()).add(other)
        related.setdefault(other, set()).add(one)
    return related, {row["O*NET-SOC Code"]: int(row["Job Zone"]) for row in _rows(folder / "Job Zones.txt")}


def pairs(related: Related, zones: Mapping[str, int]) -> list[tuple[str, str]]:
    """Return pairs of occupations two or three steps apart, the second of the same job zone or the next higher one."""
    chosen: list[tuple[str, str]] = []
    for code in sorted(related, key=_shuffled):
        border = set(related[code])
        for _ in range(1 + len(chosen) % 2):  # every other pair may be three steps apart
            border |= {further for other in border for further in related[other]}
        ends = [end for end in border - related[code] - {code} if _rises(zones, code, end)]
        if ends and len(chosen) < PAIRS:
            chosen.append((code, min(ends, key=_shuffled)))
    return chosen


def accepted(related: Related, zones: Mapping[str, int], one: str, other: str) -> bool:
    """Return whether a step is accepted."""
    return other in related.get(one, ()) and _rises(zones, one, other)


def _rises(zones: Mapping[str, int], one: str, other: str) -> bool:
    return one in zones and other in zones and zones[other] - zones[one] in (0, 1)


def _shuffled(code: str) -> str:
    return hashlib.sha256(code.encode()).hexdigest()


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE))


def main() -> None:
    """Print the share of accepted steps, and how long answers take."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--store", type=Path, required=True)
    parser.add_argument("--data", type=Path, required=True, help="the folder of O*NET's text files")
    options = parser.parse_args()
    related, zones = related_and_zones(options.data)
    steps, routes, lengths, times = list[bool](), 0, list[int](), list[float]()
    graph = Rolegraph.open(options.store)
    graph.analysis.paths(ONET + "15-1252.00", ONET + "15-1254.00")  # builds what all answers share
    for one, other in pairs(related, zones):
        began = time.process_time()
        cheapest = graph.analysis.paths(ONET + one, ONET + other, 1).routes
        times.append(time.process_time() - began)
        if cheapest:
            routes += 1
            codes = [one, *(step.target.iri.removeprefix(ONET) for step in cheapest[0].steps)]
            lengths.append(len(codes) - 1)
            steps += [accepted(related, zones, *step) for step in pairwise(codes)]
    graph.close()
    print(f"{PAIRS} pairs: {routes} with a route, of {statistics.mean(lengths or [0]):.1f} steps, {max(lengths, default=0)} at most")
    print(f"{sum(steps)} of {len(steps)} steps accepted: {sum(steps) / max(len(steps), 1):.0%}")
    print(f"processor time p50 {1000 * statistics.median(times):.0f} ms, highest {1000 * max(times):.0f} ms")


if __name__ == "__main__":
    main()
