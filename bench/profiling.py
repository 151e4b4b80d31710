"""Prints where the processor time of first answers goes, by route, for a store with ESCO and O*NET. Nothing is written to the store.

    python bench/profiling.py FOLDER [--answers 100]

It is not named profile.py: that would stand in the place of the standard library's module for every script of this folder.
"""

import argparse
import gc
import random
import statistics
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from rolegraph.catalogue.labels import LabelCache
from rolegraph.comparison import model
from rolegraph.engine.reading import Reader
from rolegraph.facade import Rolegraph
from rolegraph.web import create_app
from rolegraph.web.resources import comparison, things

Query = list[tuple[str, str | int]]
ROUTES: dict[str, Callable[[random.Random, Sequence[str]], Query]] = {
    "/compare.json": lambda rng, roles: [("role", role) for role in rng.sample(roles, 2)],
    "/compare": lambda rng, roles: [("role", role) for role in rng.sample(roles, 2)],
    "/thing": lambda rng, roles: [("iri", rng.choice(roles))],
    "/thing.json": lambda rng, roles: [("iri", rng.choice(roles))],
    "/skill": lambda rng, _: [("page", rng.randint(1, 60)), ("limit", rng.randint(190, 210))],
    "/gap.json": lambda rng, roles: list(zip(("from", "to"), rng.sample(roles, 2), strict=True)),
    "/similar.json": lambda rng, roles: [("role", rng.choice(roles))],
    "/search.json": lambda rng, _: [("q", "".join(rng.choices("abcdefghiklmnoprstu", k=4)))],
}
SHARES = ("queries", "labels", "arrangement", "JSON", "template", "the rest")
spent: dict[str, float] = defaultdict(float)
inside = [0.0]


def main() -> None:
    parser = argparse.ArgumentParser(description="Print where the time of first answers goes.")
    parser.add_argument("store", type=Path, help="the folder of a store that no service has open")
    parser.add_argument("--answers", type=int, default=100, help="of each route (default: 100)")
    options = parser.parse_args()
    _measure()
    graph = Rolegraph.open(options.store)
    client, roles, rng = create_app(graph).test_client(), graph.catalogue.lists.things("role"), random.Random(1)
    if hasattr(graph.catalogue.cards, "prefetch"):  # for figures of earlier versions
        graph.catalogue.cards.prefetch()
    gc.collect()
    gc.freeze()  # as the service does
    gc.set_threshold(10_000, 20, 20)
    print(f"| route | p50, p95 ms | {', '.join(SHARES)}, % |\n|---|---:|---|")
    for path, query in ROUTES.items():
        times: list[float] = []
        for number in range(options.answers + 5):
            if number == 5:
                spent.clear()
                times.clear()
            address = f"{path}?{urlencode(query(rng, roles))}"
            began = time.thread_time()
            client.get(address, headers={"Accept": "text/html,*/*;q=0.1"})
            times.append(time.thread_time() - began)
        spent["the rest"] = sum(times) - sum(spent.values())
        shares = ", ".join(f"{spent[name] / sum(times):.0%}"[:-1] for name in SHARES)
        p95 = sorted(times)[int(0.95 * len(times))]
        print(f"| `{path}` | {statistics.median(times) * 1000:.1f}, {p95 * 1000:.1f} | {shares} |")


def _measure() -> None:
    for place, name, share in (
        (Reader, "rows", "queries"),
        (LabelCache, "labels", "labels"),
        (LabelCache, "definitions", "labels"),
        (LabelCache, "kinds", "labels"),
        (model, "build", "arrangement"),
        (model.Comparison, "as_dict", "arrangement"),
        (comparison, "to_json", "JSON"),
        (things, "to_json", "JSON"),
        (comparison, "render_template", "template"),
        (things, "render_template", "template"),
    ):
        setattr(place, name, _timed(getattr(place, name), share))


def _timed(function: Callable[..., Any], share: str) -> Callable[..., Any]:
    """Return a function whose time counts for a share, without that of the other shares inside it."""

    def run(*values: Any, **named: Any) -> Any:
        outer, inside[0] = inside[0], 0.0
        began = time.thread_time()
        try:
            return function(*values, **named)
        finally:
            took = time.thread_time() - began
            spent[share] += took - inside[0]
            inside[0] = outer + took

    return run


if __name__ == "__main__":
    main()
