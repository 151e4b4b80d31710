"""Measures services on stores of different sizes beside each other: start, memory, and first answers after each write.

    python bench/scaling.py 0.3 3 30 --keep FOLDER      # makes the stores, in FOLDER/0.3/store …
    python bench/growth.py FOLDER [--rounds 40] [--json FILE]

Every request goes to one size after the other, so that other work on the machine meets all of them. Every answer is a first one.
"""

import argparse
import contextlib
import json
import math
import random
import socket
import statistics
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import following
import httpx
import machine
import scaling

from rolegraph.tokens import Tokens

KINDS = ("compare", "search", "gap", "write", "compare after the write", "gap after the write")
START = 1800.0  # seconds until a service has to answer
SETTLED = 0.02  # of a processor, below which a service is at rest
Times = dict[str, list[float]]


class Service:
    """A service on a store, with its defaults."""

    def __init__(self, store: Path, millions: float, stack: contextlib.ExitStack) -> None:
        self.size = scaling.size_of(millions)
        self.token = Tokens(store / "tokens.sqlite").create("admin").text
        self.times: dict[str, list[float]] = defaultdict(list)
        self.used: dict[str, float] = defaultdict(float)
        self._pairs = iter(scaling.pairs(self.size))
        self._numbers = iter(random.Random(3).sample(range(self.size.roles), min(self.size.roles, 500)))
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        command = [sys.executable, "-m", "rolegraph", "serve", "--store", str(store), "--port", str(port)]
        began = time.perf_counter()
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        stack.callback(process.wait)
        stack.callback(process.terminate)
        self.pid = process.pid
        self.client = stack.enter_context(httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=600))
        while time.perf_counter() - began < START:
            with contextlib.suppress(httpx.TransportError):
                self.client.get("/livez").raise_for_status()
                break
            time.sleep(0.02)
        self._get(self._compare())
        self.start = time.perf_counter() - began
        while (before := self.processor()) is not None:  # until its indexes are built
            time.sleep(2.0)
            if self.processor() - before < 2 * SETTLED:
                break
        self.settled = time.perf_counter() - began

    def processor(self) -> float:
        """Return the seconds of processor time of all its processes."""
        total = 0.0
        for pid in machine.family([self.pid]):
            with contextlib.suppress(FileNotFoundError, ProcessLookupError):
                fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
                total += (int(fields[11]) + int(fields[12])) / 100
        return total

    def memory(self) -> dict[str, dict[str, int]]:
        """Return the memory of each process in MiB, by its name."""
        found: dict[str, dict[str, int]] = {}
        for pid in machine.family([self.pid]):
            with contextlib.suppress(FileNotFoundError, ProcessLookupError):
                lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:]
                sizes = {line.split(":")[0]: int(line.split()[1]) // 1024 for line in lines}
                command = Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace")
                name = f"{'worker' if 'engine' in command else 'service'} {pid}"
                found[name] = {"Rss": sizes["Rss"], "Pss": sizes["Pss"], "Anonymous": sizes["Anonymous"]}
        return found

    def ask(self, kind: str, number: int) -> None:
        """Send a request of a kind and note how long it took."""
        used, began = self.processor(), time.perf_counter()
        if kind == "write":
            headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "text/turtle"}
            entry = following.entry(number, f"Bench Engineer {number}")
            self.client.put(f"/sources/{following.SLUG}", content=entry, headers=headers).raise_for_status()
        elif kind == "search":
            self._get(f"/search.json?q=Role+{next(self._numbers):05}+of+the+synthetic+graph")
        else:
            self._get(self._compare() if kind.startswith("compare") else self._gap())
        self.times[kind].append((time.perf_counter() - began) * 1000)
        self.used[kind] += self.processor() - used

    def _compare(self) -> str:
        first, second = next(self._pairs)
        return f"/compare.json?role={quote(first, safe='')}&role={quote(second, safe='')}"

    def _gap(self) -> str:
        first, second = next(self._pairs)
        return f"/gap.json?from={quote(first, safe='')}&to={quote(second, safe='')}"

    def _get(self, path: str) -> None:
        self.client.get(path).raise_for_status()


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure services on stores of different sizes beside each other.")
    parser.add_argument("folder", type=Path, help="the folder with a folder for each size, which is its number of millions of triples")
    parser.add_argument("--rounds", type=int, default=40, help="how often each request is sent (default: 40)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures to a file too")
    options = parser.parse_args()
    print("\n".join(f"{name:10}{text}" for name, text in machine.about().items()), flush=True)
    sizes = sorted(float(path.name) for path in options.folder.iterdir() if (path / "store").is_dir())
    with contextlib.ExitStack() as stack:
        services = {f"{size:g} M": Service(options.folder / f"{size:g}" / "store", size, stack) for size in sizes}
        rest = {name: service.memory() for name, service in services.items()}
        for number in range(options.rounds + 1):
            for kind in KINDS:
                for service in services.values():
                    service.ask(kind, number)
            print(f"round {number}", file=sys.stderr, flush=True)
        figures = {name: dict(_figures(service, rest[name])) for name, service in services.items()}
    if options.json:
        options.json.write_text(json.dumps({"figures": figures, "rest": rest}, indent=1) + "\n", encoding="utf-8")
    print(f"\n| | {' | '.join(figures)} |\n|---|{'---:|' * len(figures)}")
    for row in next(iter(figures.values())):
        print(f"| {row} | {' | '.join(f'{found[row]:,.3g}' if found[row] < 100 else f'{found[row]:,.0f}' for found in figures.values())} |")


def _figures(service: Service, rest: dict[str, dict[str, int]]) -> Iterator[tuple[str, float]]:
    yield "start to the first answer, s", service.start
    yield "until all indexes are built, s", service.settled
    yield "memory at rest, all processes, PSS, MiB", sum(each["Pss"] for each in rest.values())
    yield "the largest process, RSS, MiB", max(each["Rss"] for each in rest.values())
    yield "of that, anonymous, MiB", max(each["Anonymous"] for each in rest.values())
    for kind in KINDS:
        times = sorted(service.times[kind][1:])  # the first one loads code
        yield f"{kind}, p50, ms", statistics.median(times)
        yield f"{kind}, p95, ms", times[math.ceil(0.95 * len(times)) - 1]
        yield f"{kind}, of the processors, mean, ms", service.used[kind] * 1000 / (len(times) + 1)


if __name__ == "__main__":
    main()
