"""Measures how long the analyses take on a store with ESCO and O*NET.

    python bench/analysis.py --store FOLDER [--times 200]
"""

import argparse
import math
import os
import random
import shutil
import statistics
import time
from collections.abc import Callable
from pathlib import Path

import machine

from rolegraph.analysis import Analysis, bounds, similarity, stored
from rolegraph.analysis.incremental import IncrementalFacts
from rolegraph.analysis.profiles import Profile
from rolegraph.facade import Rolegraph

SEED, SKILLS = 7, 50
SMALL = "https://example.org/small"  # a graph that is written and taken back


def main() -> None:
    parser = argparse.ArgumentParser(description="How long the analyses take.")
    parser.add_argument("--store", type=Path, required=True, help="a store that ESCO and O*NET were imported into")
    parser.add_argument("--times", type=int, default=200, help="how often each is asked (default: 200)")
    options = parser.parse_args()
    print("\n".join(f"{name:10}{text}" for name, text in machine.about().items()))
    shutil.rmtree(options.store / stored.FOLDER, ignore_errors=True)
    graph = Rolegraph.open(options.store)
    _once("first answer, read from the graph", lambda: graph.analysis.index)
    _once("first answer after a restart", lambda: Analysis(IncrementalFacts(graph.engine, options.store)).index)
    graph.engine.write({SMALL: b"<https://example.org/a> <https://example.org/b> <https://example.org/c> ."})
    _once("first answer after a small write", lambda: graph.analysis.index)
    graph.engine.write({SMALL: None})
    analysis, index = graph.analysis, graph.analysis.index
    _once("all pairs", lambda: similarity.pairs(index))
    _once("steps between roles", lambda: bounds.built(index))
    resident = machine.memory("VmRSS", os.getpid()) or 0
    print(f"{len(index.facts.roles)} roles, {index.vectors.shape[1]} items, {index.vectors.nnz} weights; {resident:.0f} MiB")
    chance = random.Random(SEED)
    roles = [index.role(row).iri for row in range(len(index.facts.roles)) if len(index.items_of(row)) >= 10]
    sources = {iri: place for place in index.sources if "esco" in (iri := index.facts.names[place])}
    esco = next(iter(sources), None)
    essential = [role for role in roles if esco and role.startswith("http://data.europa.eu/esco/")] or roles
    profiles = [_profile(analysis, chance, essential) for _ in range(options.times)]
    pick: Callable[[], str] = lambda: chance.choice(roles)  # noqa: E731
    _often("similar roles", options.times, lambda _: analysis.similar(pick()))
    _often("gap between two roles", options.times, lambda _: analysis.gap(pick(), pick()))
    _often(f"profile of {SKILLS} skills against all ESCO", options.times, lambda turn: analysis.fit(profiles[turn], source=esco))
    _often("agreement with matches", options.times, lambda _: analysis.agreement(pick(), matches=True))
    _often("three cheapest paths", min(options.times, 30), lambda _: analysis.paths(*_pair(chance, essential)))
    _often("openings", min(options.times, 30), lambda _: analysis.openings(pick()))
    _often("eight roles told apart", min(options.times, 30), lambda _: analysis.distinguish(chance.sample(roles, 8)))
    graph.close()


def _profile(analysis: Analysis, chance: random.Random, roles: list[str]) -> Profile:
    """Return a profile with the skills of a few roles, by IRI."""
    index, found = analysis.index, set[str]()
    while len(found) < SKILLS:
        row = index.rows[index.facts.places[chance.choice(roles)]]
        found.update(index.item(item).iri for item in index.items_of(row)[: SKILLS // 2])
    return Profile("list", (), tuple(sorted(found)[:SKILLS]))


def _pair(chance: random.Random, roles: list[str]) -> tuple[str, str]:
    one, other = chance.sample(roles, 2)
    return one, other


def _once(name: str, function: Callable[[], object]) -> None:
    start, used = time.perf_counter(), time.process_time()
    function()
    print(f"{name:40}{time.perf_counter() - start:8.2f} s   processor {time.process_time() - used:6.2f} s")


def _often(name: str, times: int, function: Callable[[int], object]) -> None:
    """Print the wall-clock time and the processor time of calls; the latter is the time on an idle machine."""
    function(0)
    clock, processor = [], []
    for turn in range(times):
        start, used = time.perf_counter(), time.thread_time()
        function(turn)
        clock.append((time.perf_counter() - start) * 1000)
        processor.append((time.thread_time() - used) * 1000)
    clocked, computed = (f"p50 {statistics.median(found):6.1f}   p95 {_high(found):6.1f}" for found in (clock, processor))
    print(f"{name:40}{clocked} ms   processor {computed} ms")


def _high(found: list[float]) -> float:
    return sorted(found)[math.ceil(0.95 * len(found)) - 1]


if __name__ == "__main__":
    main()
