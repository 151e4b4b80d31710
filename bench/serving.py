"""Measures Rolegraph and its peers over HTTP: comparisons by many clients, writes, endless queries, memory.

    python bench/serving.py [--size shipped|large|both] [--seconds 4] [--json FILE]
"""

import argparse
import contextlib
import itertools
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import compare
import graphs
import httpx
import machine
import peers
import servers
from peers import Answer, Material, Missing, Pair
from servers import Target

from rolegraph.tokens import Tokens

CLIENTS = (1, 8, 64)
AGAIN, CHECKED, MOST, FEWEST_FOR_P95 = 20, 3, 5_000, 20
PATIENT = 10.0  # seconds; of a peer that needs more for one answer no other figures are taken
SCRIPT = """
local paths, asked = {}, 0
for line in io.lines(os.getenv("ASKED")) do paths[#paths + 1] = line end
request = function() asked = asked + 1; return wrk.format("GET", paths[(asked - 1) % #paths + 1]) end
done = function(summary, latency)
  local e = summary.errors
  print(string.format("FIGURES %d %d %f %f %d", summary.requests, summary.duration, latency:percentile(50), latency:percentile(95),
    e.status + e.connect + e.read + e.write + e.timeout))
end
"""
ENDLESS = {
    "cross join": "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }",
    "ORDER BY": "SELECT * { ?a ?b ?c . ?d ?e ?f } ORDER BY ?c ?f ?a",
    "property path": "SELECT * { ?a (<x:p>|!<x:p>)* ?b . ?c (<x:p>|!<x:p>)* ?d FILTER(?a = ?none) }",
    "aggregate": "SELECT (MAX(CONCAT(STR(?a), STR(?f))) AS ?m) { ?a ?b ?c . ?d ?e ?f }",
}


@dataclass(frozen=True)
class Load:
    """The results of some clients: milliseconds, answers per second, and the number of failed requests."""

    server: str
    asked: str
    clients: int
    answers: int
    p50: float
    p95: float | None
    rate: float
    failed: int = 0


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure Rolegraph and its peers over HTTP.")
    parser.add_argument("--size", choices=("shipped", "large", "both"), default="both", help="the data (default: both)")
    parser.add_argument("--seconds", type=float, default=4.0, help="time for each figure of many clients (default: 4)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures to a file too")
    options = parser.parse_args()
    about = machine.about()
    print("\n".join(f"{name:10}{text}" for name, text in about.items()), flush=True)
    found: dict[str, Any] = {"about": about}
    complete = True
    for size in ("shipped", "large") if options.size == "both" else (options.size,):
        with tempfile.TemporaryDirectory(prefix="rolegraph-bench-") as folder:
            material = compare.write(size, Path(folder))
            built = machine.apart(compare.build, material)
            print(f"\n{size}: {built.roles:,} roles, {built.named:,} quads in named graphs", flush=True)
            loads, whole = _peers(size, material, options.seconds)
            found[size] = {"comparisons": [asdict(load) for load in loads]}
            complete &= whole
            if size == "large":
                found[size] |= {"service": _service(material, options.seconds)}
    if options.json:
        options.json.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    sys.exit(0 if complete else 1)


# ---------------------------------------------------------------- comparisons, by Rolegraph and by its peers


def _peers(size: str, material: Material, seconds: float) -> tuple[list[Load], bool]:
    pairs = _pairs(size)
    checked = [next(pairs) for _ in range(CHECKED)]
    right: list[Answer] = []
    loads: list[Load] = []
    whole = True
    print(f"\n{'server':30}{'pairs':>10}{'clients':>9}{'answers':>9}{'p50 ms':>10}{'p95 ms':>10}{'a second':>10}{'failed':>8}")
    for name, server in servers.SERVERS.items():
        try:
            with server(material) as targets:
                for target in targets:
                    right = _checked(target, checked, right)
                    for load in _loads(target, size, pairs, seconds):
                        loads.append(load)
                        _show(load)
        except Missing as error:
            print(f"{name}: {error}", file=sys.stderr)
            whole = False
    return loads, whole


def _pairs(size: str) -> Iterator[Pair]:
    """Yield pairs of roles, without repetition on the large graph."""
    rng = random.Random(11)
    if size == "shipped":
        slugs = ("ai-architect", "ai-programmer", "computer-vision-engineer", "deep-learning-engineer", "machine-learning-engineer")
        yield from itertools.cycle(itertools.permutations([f"https://w3id.org/rolegraph/role/{slug}" for slug in slugs], 2))
    roles = graphs.roles(graphs.Size())
    pairs = list(itertools.permutations(roles, 2))
    rng.shuffle(pairs)
    yield from pairs


def _checked(target: Target, pairs: Sequence[Pair], right: list[Answer]) -> list[Answer]:
    """End the run if a server's answer differs from that of the first one; return the expected answer."""
    answers = []
    started = time.perf_counter()
    for pair in pairs:
        answers.append(target.plain(target.get(pair)))
        if time.perf_counter() - started > PATIENT:
            break
    right = right or answers
    compare.agree(target.title, answers, [peers.claims_of(answer) for answer in right] if target.claims else right)
    return right


def _loads(target: Target, size: str, pairs: Iterator[Pair], seconds: float) -> Iterator[Load]:
    if target.slow:
        yield _patiently(target, pairs)
        return
    few = [next(pairs) for _ in range(AGAIN)]
    for pair in few:
        target.get(pair)  # so that they are remembered, where anything is
    for clients in CLIENTS:
        if size == "large":
            yield _wrk(target, "new", itertools.islice(pairs, MOST), clients, seconds)
        yield _wrk(target, "repeated", few, clients, seconds)


def _patiently(target: Target, pairs: Iterator[Pair]) -> Load:
    """Measure a slow peer with one client that counts every answer, until enough time has passed."""
    times: list[float] = []
    while sum(times) < 2 * PATIENT and len(times) < AGAIN:
        start = time.perf_counter()
        target.get(next(pairs))
        times.append(time.perf_counter() - start)
    return Load(target.title, "new", 1, len(times), 1_000 * statistics.median(times), None, len(times) / sum(times))


def _wrk(target: Target, asked: str, pairs: Any, clients: int, seconds: float) -> Load:
    """Run ``wrk`` in one thread to request pairs over all its connections."""
    with tempfile.TemporaryDirectory(prefix="rolegraph-bench-") as folder:
        script, paths = Path(folder) / "asked.lua", Path(folder) / "paths"
        script.write_text(SCRIPT, encoding="utf-8")
        number = 0
        with paths.open("w", encoding="ascii") as file:
            for number, pair in enumerate(pairs, 1):  # noqa: B007 - counted
                file.write(target.path(pair) + "\n")
        options = ["-t1", f"-c{clients}", f"-d{max(1, round(seconds))}s", "--timeout", "60s", "-H", f"Accept: {target.accept}"]
        command = [peers.program("wrk", "apt-get install wrk"), *options, "-s", str(script), target.base]
        ended = subprocess.run(command, capture_output=True, text=True, check=True, env={**os.environ, "ASKED": str(paths)})
    figures = next((line for line in ended.stdout.splitlines() if line.startswith("FIGURES")), "")
    if not figures:
        raise Missing(f"wrk said {ended.stdout.strip()} {ended.stderr.strip()}")
    answers, duration, middle, high, failed = map(float, figures.split()[1:])
    if asked == "new" and answers + clients > number:
        raise Missing(f"{target.title} answered all {number} new pairs within {seconds} s: MOST is too small")
    p95 = high / 1e3 if answers >= FEWEST_FOR_P95 else None
    return Load(target.title, asked, clients, int(answers), middle / 1e3, p95, 1e6 * answers / duration, int(failed))


def _show(load: Load) -> None:
    high = "-" if load.p95 is None else f"{load.p95:.2f}"
    speed = f"{load.p50:>10.2f}{high:>10}{load.rate:>10.1f}"
    print(f"{load.server:30}{load.asked:>10}{load.clients:>9}{load.answers:>9}{speed}{load.failed:>8}", flush=True)


# ---------------------------------------------------------------- the service alone


def _service(material: Material, seconds: float) -> dict[str, Any]:
    found: dict[str, Any] = {}
    token = Tokens(material.store / "tokens.sqlite").create("admin").text
    with servers.rolegraph(material) as (_, target):
        found["memory after start"] = _memory(target)
        found["writes"] = _writes(target, token)
        pairs = _pairs("large")
        found["56 clients"] = asdict(_wrk(target, "new", itertools.islice(pairs, MOST), 56, 2 * seconds))
        with _endless(target, 8):
            found["56 clients, 8 more without end"] = asdict(_wrk(target, "new", itertools.islice(pairs, MOST), 56, 2 * seconds))
        found["memory after load"] = _memory(target)
    with servers.rolegraph(material, "--query-timeout", "2", "--query-memory", "4096") as (_, target):
        found["seconds until stopped, of 2"] = {name: _stopped(target, query) for name, query in ENDLESS.items()}
    print()
    for name, figures in found.items():
        print(f"{name}: {json.dumps(figures)}", flush=True)
    return found


def _memory(target: Target) -> dict[str, float]:
    """Return the memory of all processes of a server in MiB: resident (RSS), proportional (PSS) and private."""
    time.sleep(1)
    totals = {"Rss": 0, "Pss": 0, "Private_Clean": 0, "Private_Dirty": 0}
    for pid in machine.family(target.pids):
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text("ascii").splitlines():
            name, _, rest = line.partition(":")
            if name in totals:
                totals[name] += int(rest.split()[0])
    private = totals["Private_Clean"] + totals["Private_Dirty"]
    sizes = {"rss": totals["Rss"], "pss": totals["Pss"], "private": private}
    return {name: round(size / 1024, 1) for name, size in sizes.items()} | {"processes": len(machine.family(target.pids))}


def _writes(target: Target, token: str) -> dict[str, float]:
    """Return the milliseconds of 100 writes of a small graph, each with different content."""
    times = []
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "text/turtle"}
    with httpx.Client(base_url=target.base, timeout=60, headers=headers) as client:
        for number in range(105):
            body = "".join(f'<urn:x:{each}> <urn:x:p> "{number}" .\n' for each in range(20))
            start = time.perf_counter()
            client.put("/graphs", params={"graph": "urn:x:bench"}, content=body).raise_for_status()
            times.append(1_000 * (time.perf_counter() - start))
    kept = sorted(times[5:])
    return {"p50 ms": round(kept[49], 1), "p95 ms": round(kept[94], 1), "longest ms": round(kept[-1], 1)}


def _stopped(target: Target, query: str) -> dict[str, Any]:
    """Return the longest of three times until an endless query is answered with an error, and the error."""
    times, kinds = [], set()
    with httpx.Client(base_url=target.base, timeout=60) as client:
        for _ in range(3):
            start = time.perf_counter()
            answer = client.post("/sparql", data={"query": query})
            times.append(time.perf_counter() - start)
            kinds.add(f"{answer.status_code} {answer.json().get('type', '').rpartition('/')[2]}")
    return {"longest": round(max(times), 2), "answers": sorted(kinds)}


@contextlib.contextmanager
def _endless(target: Target, clients: int) -> Iterator[None]:
    """Run endless queries repeatedly with several clients."""
    done = threading.Event()

    def ask() -> None:
        while not done.is_set():
            with contextlib.suppress(httpx.TransportError):
                httpx.post(f"{target.base}/sparql", data={"query": ENDLESS["cross join"]}, timeout=60)

    calls: list[Callable[[], None]] = [ask] * clients
    threads = [threading.Thread(target=call) for call in calls]
    for thread in threads:
        thread.start()
    time.sleep(1)
    yield
    done.set()
    for thread in threads:
        thread.join()


if __name__ == "__main__":
    main()
