"""Sends hostile inputs to a service, one after the other, and reports its answers, its memory, and how long other clients wait.

    python bench/hostile.py [--store FOLDER] [--only WORD] [--json FILE] [--before FILE] [--strict]
"""

import argparse
import contextlib
import http.client
import json
import multiprocessing
import os
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from functools import partial
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import machine
import peers
from attacks import ATTACKS, Answers, Attack, Target, told

from rolegraph.tokens import Tokens

HOST, OTHERS = "127.0.0.1", "127.0.0.2"  # where the service listens, and from where those ask who do no harm
PAGES = {"page": "/role/ai-architect?again={}", "health": "/health"}
EVERY = 0.05  # seconds between two requests of those
SAMPLED = 0.1  # seconds between two looks at the memory
BEARABLE = 0.5  # seconds that others may wait
DESCRIPTORS = 1024  # the usual limit, which a service inherits
KINDS = ("esco-1-1-1", "onet-29-2")
WARM = ("/suggest?q=ai", "/similar.json?role=ai-architect", "/compare?role=ai-architect&role=deep-learning-engineer")


@dataclass
class Figures:
    """The effect of one input: ``killed`` is the reason why the service was ended, ``worst`` is the longest wait by page, in seconds.

    ``load`` is the load average of the machine over the last minute, including other work.
    """

    name: str
    answers: str = ""
    seconds: float = 0.0
    killed: str = ""
    before: float = 0.0
    peak: float = 0.0
    resident: float = 0.0
    descriptors: int = 0
    worst: dict[str, float] = field(default_factory=dict)
    others: dict[str, dict[str, int]] = field(default_factory=dict)
    tracebacks: int = 0
    load: float = 0.0

    def bearable(self) -> bool:
        """Return whether the input had no effect on other clients."""
        quick = all(worst <= BEARABLE for worst in self.worst.values())
        return quick and not self.killed and not self.tracebacks and all(set(seen) == {"200"} for seen in self.others.values())


# ---------------------------------------------------------------- those who do no harm


def probe(port: int, patience: float, pipe: Connection) -> None:
    """Request the pages repeatedly in a separate process until it receives a message, and send back the waits of each page."""
    stopped = threading.Event()
    waits: dict[str, list[tuple[float, float, str]]] = {name: [] for name in PAGES}

    def ask(name: str) -> None:
        number = 0
        while not stopped.is_set():
            began, number = time.monotonic(), number + 1
            try:
                with contextlib.closing(http.client.HTTPConnection(HOST, port, timeout=patience, source_address=(OTHERS, 0))) as connection:
                    connection.request("GET", PAGES[name].format(number))
                    answer = connection.getresponse()
                    answer.read()
                    came = str(answer.status)
            except (OSError, http.client.HTTPException) as error:
                came = type(error).__name__
            waits[name].append((began, time.monotonic() - began, came))
            stopped.wait(max(0.0, began + EVERY - time.monotonic()))

    threads = [threading.Thread(target=ask, args=(name,)) for name in PAGES]
    for thread in threads:
        thread.start()
    pipe.send("ready")
    pipe.recv()
    stopped.set()
    for thread in threads:
        thread.join()
    pipe.send(waits)


# ---------------------------------------------------------------- the service


@dataclass
class Service:
    """A service in separate processes."""

    process: subprocess.Popen[bytes]
    port: int
    log: Path

    def kill(self) -> None:
        for pid in machine.family([self.process.pid]):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.process.wait()

    def memory(self) -> tuple[float, float, int]:
        """Return the proportional and the resident memory of all processes in MiB, and the number of their open files."""
        shared = resident = 0.0
        opened = 0
        for pid in machine.family([self.process.pid]):
            with contextlib.suppress(OSError):
                lines = dict(line.split(":", 1) for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:])
                shared += int(lines["Pss"].split()[0]) / 1024
                resident += int(lines["Rss"].split()[0]) / 1024
                opened += len(list(Path(f"/proc/{pid}/fd").iterdir()))
        return shared, resident, opened


@contextlib.contextmanager
def serving(store: Path) -> Iterator[Service]:
    port = peers.free_port()
    log = store.parent / "log"
    with log.open("wb") as output:
        command = [sys.executable, "-m", "rolegraph", "serve", "--store", str(store), "--host", HOST, "--port", str(port)]
        service = Service(subprocess.Popen(command, stdout=output, stderr=output), port, log)
    try:
        until = time.monotonic() + peers.PATIENCE
        while Target(HOST, port, "", 5).ask("GET", "/health") != "200":
            if service.process.poll() is not None or time.monotonic() > until:
                raise peers.Missing(f"the service did not start: {log.read_text('utf-8', 'replace')}")
            time.sleep(0.1)
        yield service
    finally:
        with contextlib.suppress(subprocess.TimeoutExpired):
            service.process.terminate()
            service.process.wait(3)
        service.kill()


class Watch:
    """Measures the memory of a service until it ends, and ends the service if it passes the limit of memory or of time."""

    def __init__(self, service: Service, figures: Figures, most: float, seconds: float) -> None:
        self._service, self._figures = service, figures
        self._most, self._until = most, time.monotonic() + seconds
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._thread.join()

    def _run(self) -> None:
        ended = False
        while not ended:
            ended = self._done.wait(SAMPLED)
            shared, resident, opened = self._service.memory()
            found = self._figures
            found.peak, found.resident = max(found.peak, shared), max(found.resident, resident)
            found.descriptors = max(found.descriptors, opened)
            over = "memory" if resident > self._most else "time" if time.monotonic() > self._until else ""
            if over:
                found.killed = over
                self._service.kill()
                return


# ---------------------------------------------------------------- measuring


def measure(attack: Attack, store: Path, token: str, seconds: float, most: float) -> Figures:
    """Start a service and return the effect of one input on it."""
    found = Figures(attack.name)
    with serving(store) as service:
        target = Target(HOST, service.port, token, seconds + 5)
        for path in WARM:
            target.ask("GET", path)
        send = attack.prepare(target)
        context = multiprocessing.get_context("spawn")
        pipe, theirs = context.Pipe()
        prober = context.Process(target=probe, args=(service.port, seconds + 5, theirs))
        prober.start()
        pipe.recv()
        time.sleep(0.5)
        found.before = service.memory()[0]
        answers: Answers = []
        attacker = threading.Thread(target=lambda: answers.extend(send()), daemon=True)
        began = time.monotonic()
        with Watch(service, found, most, seconds):
            attacker.start()
            attacker.join()
        found.seconds, found.answers = time.monotonic() - began, told(answers)
        time.sleep(0.5)
        pipe.send("stop")
        for name, waits in pipe.recv().items():
            own = [(wait, came) for start, wait, came in waits if began - 0.1 <= start <= began + found.seconds or start + wait > began]
            found.worst[name] = max((wait for wait, _ in own), default=0.0)
            found.others[name] = dict(Counter(came for _, came in own))
        prober.join()
        found.load = os.getloadavg()[0]
        found.tracebacks = service.log.read_text("utf-8", "replace").count("Traceback")
    return found


def _has_taxonomies(store: Path) -> bool:
    with serving(store) as service:
        found = Target(HOST, service.port, "", 60).json("/source.json?limit=1000")
        return set(KINDS) <= {member["curie"].removeprefix("source:") for member in found["members"]}


def _wait(name: str, one: dict[str, Any]) -> str:
    return f"{one['worst'][name]:.2f}"


def line(found: Figures, before: dict[str, Any] | None = None) -> str:
    """Return the figures as a row of the table; those of an earlier run come first, before an arrow."""
    columns: list[Callable[[dict[str, Any]], str]] = [
        (lambda one: f"killed ({one['killed']}); " * bool(one["killed"]) + one["answers"]),
        (lambda one: f"{one['seconds']:.1f}"),
        (lambda one: f"{one['before']:,.0f} to {one['peak']:,.0f}"),
        *(partial(_wait, name) for name in PAGES),
    ]
    now = asdict(found)
    cells = [f"{column(before)} → {column(now)}" if before else column(now) for column in columns]
    return f"| {found.name} | " + " | ".join(cells) + " |"


def _run(options: argparse.Namespace, attacks: Sequence[Attack]) -> list[Figures]:
    earlier = {one["name"]: one for one in json.loads(options.before.read_text())["inputs"]} if options.before else {}
    found = []
    with tempfile.TemporaryDirectory(prefix="rolegraph-bench-") as folder:
        store = Path(folder) / "store"
        if options.store:
            shutil.copytree(options.store, store)
        full = _has_taxonomies(store)
        token = Tokens(store / "tokens.sqlite").create("admin").text
        print("| input | answers | s | MiB (PSS) | a page, worst s | /health, worst s |\n|---|---|---:|---:|---:|---:|", flush=True)
        for attack in attacks:
            if attack.taxonomies and not full:
                print(f"| {attack.name} | skipped: needs a store with ESCO 1.1.1 and O*NET 29.2 | | | | |", flush=True)
                continue
            found.append(measure(attack, store, token, options.seconds, options.memory * 1024))
            print(line(found[-1], earlier.get(attack.name)), flush=True)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description="Send the worst inputs to a service of this machine, and measure what they do to it.")
    parser.add_argument(
        "--store", type=Path, help="a store that no service has open; it is copied (default: a new one with what is shipped)"
    )
    parser.add_argument("--only", default="", metavar="WORD", help="only the inputs whose name holds this")
    parser.add_argument(
        "--seconds", type=float, default=60.0, help="how long one input may take before the service is killed (default: 60)"
    )
    parser.add_argument("--memory", type=float, default=6.0, metavar="GIB", help="the memory at which it is killed (default: 6)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures to a file too")
    parser.add_argument("--before", type=Path, metavar="FILE", help="the file of an earlier run, whose figures stand in front")
    parser.add_argument("--strict", action="store_true", help=f"exit with 1 where somebody waited over {BEARABLE} s or something failed")
    options = parser.parse_args()
    resource.setrlimit(resource.RLIMIT_NOFILE, (DESCRIPTORS, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))
    about = machine.about()
    print("\n".join(f"{name:10}{text}" for name, text in about.items()), flush=True)
    found = _run(options, [attack for attack in ATTACKS if options.only in attack.name])
    if options.json:
        options.json.write_text(json.dumps({"about": about, "inputs": [asdict(one) for one in found]}, indent=1) + "\n")
    sys.exit(1 if options.strict and not all(one.bearable() for one in found) else 0)


if __name__ == "__main__":
    main()
