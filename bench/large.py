"""Measures a store with the whole of ESCO and O*NET: comparisons, pages, start, memory.

    rolegraph import … --store FOLDER        # ESCO and O*NET, see docs/importing.md
    python bench/large.py FOLDER [--pairs 300]
"""

import argparse
import math
import random
import statistics
import time
from collections.abc import Callable, Iterable
from pathlib import Path

import machine

from rolegraph import terms
from rolegraph.facade import Rolegraph
from rolegraph.web import create_app

LISTS = ("/role", "/skill?page=3", "/responsibility?page=9", "/tool?source=onet-29-2", "/skill.json?page=2")
PAGES = ("/", *LISTS, "/source", "/thing?iri=onet:15-1252.00")


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure a store with imported taxonomies.")
    parser.add_argument("store", type=Path, help="the folder of a store that no service has open; nothing is written to it")
    parser.add_argument("--pairs", type=int, default=300, help="pairs of roles to compare, twice (default: 300)")
    options = parser.parse_args()
    print("\n".join(f"{name:10}{text}" for name, text in machine.about().items()))
    for measure in (_start, _compare, _show):
        machine.apart(measure, options.store, options.pairs)


def _start(store: Path, _: int) -> None:
    began = time.perf_counter()
    graph = Rolegraph.open(store)
    create_app(graph).test_client().get("/compare.json?role=ai-architect,deep-learning-engineer")
    print(f"open to the first answer: {time.perf_counter() - began:.2f} s, then resident {machine.memory('VmRSS', _own()):,.0f} MiB")
    for kind in ("role", "skill", "tool", "responsibility", "group"):
        print(f"  {graph.catalogue.count(kind):7,} {terms.KINDS[kind].plural}")


def _compare(store: Path, pairs: int) -> None:
    graph = Rolegraph.open(store)
    roles = graph.catalogue.lists.things("role")
    chosen = random.Random(1)
    drawn = [chosen.sample(roles, 2) for _ in range(2 * pairs)]
    began = time.perf_counter()
    graph.catalogue.lists.of("role")
    print(f"the first list of a revision: {time.perf_counter() - began:.2f} s")
    print(_line("compare, first pairs after that", _timed(graph.compare, drawn[:pairs])))
    print(_line("compare, pairs not asked before", _timed(graph.compare, drawn[pairs:])))
    print(_line("compare, the same pairs again", _timed(graph.compare, drawn[-100:])))
    print(f"resident after that: {machine.memory('VmRSS', _own()):,.0f} MiB")


def _show(store: Path, _: int) -> None:
    client = create_app(Rolegraph.open(store)).test_client()
    for number, path in enumerate(PAGES * 2):
        began = time.perf_counter()
        # another address each time, which is answered anew
        answer = client.get(f"{path}{'&' if '?' in path else '?'}again={number}", headers={"Accept": "text/html,*/*;q=0.1"})
        took = (time.perf_counter() - began) * 1000
        print(f"{'again' if number >= len(PAGES) else 'first'} {path:32} {answer.status_code} {took:8,.0f} ms {len(answer.data):9,} bytes")


def _timed(function: Callable[[list[str]], object], arguments: Iterable[list[str]]) -> list[tuple[float, float]]:
    """Return the wall-clock time and the processor time of each call, in milliseconds."""
    found = []
    for argument in arguments:
        wall, used = time.perf_counter(), time.process_time()
        function(argument)
        found.append(((time.perf_counter() - wall) * 1000, (time.process_time() - used) * 1000))
    return found


def _line(title: str, times: list[tuple[float, float]]) -> str:
    wall, used = (sorted(column) for column in zip(*times, strict=True))
    high = math.ceil(0.95 * len(wall)) - 1
    return (
        f"{title:34} p50 {statistics.median(wall):7.2f} ms  p95 {wall[high]:7.2f} ms  "
        f"(of the processor {statistics.median(used):.2f} and {used[high]:.2f})"
    )


def _own() -> int:
    return int(Path("/proc/self").resolve().name)


if __name__ == "__main__":
    main()
