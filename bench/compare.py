"""Compares two roles on Rolegraph and on its peers, on the same data, and reports how long each takes.

    python bench/compare.py [--size shipped|large|both] [--seconds 3] [--json FILE]
"""

import argparse
import itertools
import json
import math
import os
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import graphs
import machine
import peers
import pyoxigraph
from peers import Answer, Material, Missing, Pair

from rolegraph.engine.embedded import EmbeddedEngine
from rolegraph.facade import Rolegraph
from rolegraph.shipped import loading
from rolegraph.terms import KINDS

TITLES = {
    "embedded": "embedded engine, on disk",
    "facade": "Rolegraph.compare, whole call",
    "rdflib": "rdflib's own SPARQL engine",
    "oxigraph": "oxigraph serve, over HTTP",
    "served": "Rolegraph over HTTP, first time",
}
CHECKED, PAIRS, AGAIN, FEWEST_FOR_P95 = 5, 2_000, 20, 20


@dataclass(frozen=True)
class Measured:
    """The figures of one engine: milliseconds per answer, seconds to load and to open, and MiB resident after the last answer.

    ``warm`` is false if checking the answers used all the time, so that these answers were measured.
    """

    engine: str
    times: tuple[float, ...]
    warm: bool
    loading: float | None
    opening: float | None
    resident: float | None

    @property
    def middle(self) -> float:
        return statistics.median(self.times)

    @property
    def high(self) -> float | None:
        """The 95th percentile, None if there are too few answers."""
        if len(self.times) < FEWEST_FOR_P95:
            return None
        return sorted(self.times)[math.ceil(0.95 * len(self.times)) - 1]


@dataclass(frozen=True)
class Built:
    """The figures of building the store: seconds, peak memory in MiB, and the numbers of quads and of roles."""

    seconds: float
    peak: float | None
    named: int
    union: int
    roles: int


def main() -> None:
    parser = argparse.ArgumentParser(description="Compare two roles on Rolegraph and on its peers, on the same data.")
    parser.add_argument("--size", choices=("shipped", "large", "both"), default="both", help="the data (default: both)")
    parser.add_argument("--seconds", type=float, default=3.0, help="time for each engine, after its warm-up (default: 3)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures to a file too")
    options = parser.parse_args()
    about = machine.about()
    print("\n".join(f"{name:10}{text}" for name, text in about.items()))
    sizes = ("shipped", "large") if options.size == "both" else (options.size,)
    found, complete = {}, True
    for size in sizes:
        with tempfile.TemporaryDirectory(prefix="rolegraph-bench-") as folder:
            built, measured, whole = _run(size, Path(folder), options.seconds)
        _show(size, built, measured)
        found[size] = {"store": asdict(built), "engines": [_figures(one, measured[0]) for one in measured]}
        complete &= whole
    if options.json:
        options.json.write_text(json.dumps({"about": about, "sizes": found}, indent=1) + "\n", encoding="utf-8")
    sys.exit(0 if complete else 1)


def _run(size: str, folder: Path, seconds: float) -> tuple[Built, list[Measured], bool]:
    """Generate the data, then measure each engine in a separate process; the last value is whether all engines were available."""
    material = write(size, folder)
    built = machine.apart(build, material)
    checked, timed = _pairs(size)
    measured: list[Measured] = []
    right: list[Answer] = []
    whole = True
    for name in peers.NAMES:
        try:
            results, answers, claims = machine.apart(_measure, name, material, checked, timed, seconds)
        except Missing as error:
            print(f"{TITLES[name]}: {error}", file=sys.stderr)
            whole = False
            continue
        right = right or answers
        agree(TITLES[name], answers, [peers.claims_of(answer) for answer in right] if claims else right)
        measured += results
    return built, measured, whole


def write(size: str, folder: Path) -> Material:
    contents = [(shipped.graph, shipped.read()) for shipped in loading.shipped()]
    if size == "large":
        contents += [(document.graph, document.turtle) for document in graphs.documents(graphs.Size())]
    documents = []
    for number, (graph, turtle) in enumerate(contents):
        path = folder / f"{number}.ttl"
        path.write_bytes(turtle)
        documents.append((graph, path))
    return Material(folder / "store", folder / "all.nq", tuple(documents))


def build(material: Material) -> Built:
    """Load Rolegraph's store like the service, graph by graph, and write its whole content as N-Quads."""
    start = time.perf_counter()
    graph = Rolegraph.open(material.store)
    shipped = set(graph.engine.graphs())
    for iri, path in material.documents:
        if iri not in shipped:
            graph.engine.write({iri: path.read_bytes()})
    seconds, peak = time.perf_counter() - start, machine.memory("VmHWM", os.getpid())
    roles = graph.engine.rows(f"SELECT ?role {{ ?role a <{KINDS['role'].types[0]}> }}")
    graph.close()
    store = pyoxigraph.Store.read_only(str(material.store / "graph"))
    store.dump(str(material.quads), pyoxigraph.RdfFormat.N_QUADS)
    union = sum(1 for _ in store.quads_for_pattern(None, None, None, pyoxigraph.DefaultGraph()))
    return Built(seconds, peak, len(store) - union, union, len(roles))


def _pairs(size: str) -> tuple[list[Pair], list[Pair]]:
    """Return pairs of roles for the check and warm-up, and other pairs to measure; always the same."""
    rng = random.Random(7)
    if size == "large":
        roles = graphs.roles(graphs.Size())
        pairs = [(first, second) for first, second in (rng.sample(roles, 2) for _ in range(PAIRS))]
    else:
        engine = EmbeddedEngine()
        loading.load(engine, None)
        rows = engine.rows(f"SELECT ?role {{ ?role a <{KINDS['role'].types[0]}> }}")
        pairs = list(itertools.permutations(sorted(row["role"].value for row in rows), 2))
        rng.shuffle(pairs)
    return pairs[:CHECKED], pairs[CHECKED:]


def _measure(
    name: str, material: Material, checked: list[Pair], timed: list[Pair], seconds: float
) -> tuple[list[Measured], list[Answer], bool]:
    """Return the figures of an engine, its answers for the pairs to check, and whether they are arranged by item.

    The check is the warm-up. If it uses all the time, it is ended, and its times are the figures.
    """
    with peers.opened(name, material) as peer:
        answers: list[Answer] = []
        cold: list[float] = []
        for pair in checked:
            took, answer = _time(peer, pair)
            cold.append(took)
            answers.append(peer.plain(answer))
            if sum(cold) > 1_000 * seconds:
                break
        warm = sum(cold) <= 1_000 * seconds
        first = _repeat(peer, timed if peer.remembers else itertools.cycle(timed), seconds) if warm else cold
        again = _repeat(peer, itertools.cycle(timed[: min(AGAIN, len(first))]), seconds) if peer.remembers else []
        resident = sum(filter(None, (machine.memory("VmRSS", pid) for pid in machine.family(peer.pids or (os.getpid(),))))) or None
        result = Measured(TITLES[name], tuple(first), warm, peer.loading, peer.opening, resident)
        results = [result]
        if again:
            results.append(replace(result, engine=TITLES[name].replace("first time", "repeated"), times=tuple(again), opening=None))
        return results, answers, peer.claims


def _repeat(peer: peers.Peer, pairs: Any, seconds: float) -> list[float]:
    """Compare pairs of roles one after the other until the pairs or the seconds are used up; return milliseconds."""
    times: list[float] = []
    end = time.perf_counter() + seconds
    for pair in pairs:
        times.append(_time(peer, pair)[0])
        if time.perf_counter() > end:
            break
    return times


def _time(peer: peers.Peer, pair: Pair) -> tuple[float, Any]:
    start = time.perf_counter()
    answer = peer.ask(pair)
    return 1_000 * (time.perf_counter() - start), answer


def agree(engine: str, answers: Sequence[Answer], right: Sequence[Answer]) -> None:
    """End the run if an engine's rows differ from those of the first engine, or if there are none."""
    for answer, expected in zip(answers, right, strict=False):
        if not expected:
            sys.exit("the comparison query found nothing, so there is nothing to measure")
        if answer != expected:
            surplus, lacking = [row for row in answer if row not in expected], [row for row in expected if row not in answer]
            sys.exit(
                f"{engine} gives {len(answer)} rows where {len(expected)} are right; "
                f"it alone has {surplus[:1]}, and it lacks {lacking[:1]} (one of each shown)"
            )


def _figures(one: Measured, base: Measured) -> dict[str, Any]:
    return {
        "engine": one.engine,
        "runs": len(one.times),
        "p50_ms": round(one.middle, 3),
        "p95_ms": one.high and round(one.high, 3),
        "ratio": round(one.middle / base.middle, 3),
        "warm": one.warm,
        "load_s": one.loading and round(one.loading, 3),
        "open_s": one.opening and round(one.opening, 3),
        "resident_mib": one.resident and round(one.resident, 1),
    }


def _show(name: str, built: Built, measured: Sequence[Measured]) -> None:
    peak = f", at most {built.peak:.0f} MiB" if built.peak else ""
    print(f"\n{name}: {built.roles:,} roles, {built.named:,} quads in named graphs, {built.union:,} in the default graph")
    print(f"Rolegraph's store was loaded in {built.seconds:.1f} s{peak}; all engines below gave the same answers\n")
    print(f"{'engine':33}{'runs':>6}{'p50 ms':>10}{'p95 ms':>10}{'ratio':>9}{'load s':>8}{'open s':>8}{'MiB':>7}")
    for one in measured:
        ratio = one.middle / measured[0].middle
        speed = f"{one.middle:>10.2f}{_number(one.high, 2):>10}{ratio:>9.2f}"
        size = f"{_number(one.loading, 2):>8}{_number(one.opening, 2):>8}{_number(one.resident, 0):>7}"
        print(f"{one.engine:33}{len(one.times):>5}{' ' if one.warm else '*'}{speed}{size}")
    if not all(one.warm for one in measured):
        print("* without a warm-up: the first answers took all the time")


def _number(value: float | None, digits: int) -> str:
    return "-" if value is None else f"{value:.{digits}f}"


if __name__ == "__main__":
    main()
