"""Measures Rolegraph with growing stores: loading, disk, memory, commits, comparisons, queries, backup, export.

    python bench/scaling.py 0.3 3 [--folder FOLDER] [--json FILE] [--keep FOLDER]     # millions of triples in named graphs
"""

import argparse
import json
import math
import os
import random
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import graphs
import machine
import peers
import pyoxigraph as ox
from peers import Material

from rolegraph import formats
from rolegraph.engine import backups
from rolegraph.engine.pool import Limits
from rolegraph.errors import RolegraphError
from rolegraph.facade import Rolegraph
from rolegraph.terms import BASE

LANGUAGES = ("en", "cs", "de", "es", "fr", "pl")
PER_ROLE = 326  # triples in named graphs for each role, with its share of the skills
COUNT = "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }"
COUNT_NAMED = "SELECT (COUNT(*) AS ?n) { GRAPH ?g { ?s ?p ?o } }"
COMMITS, PAIRS, GAPS = 20, 200, 50
TURTLE, NTRIPLES = (formats.named(name, formats.holding("graph")) for name in ("turtle", "ntriples"))
MIB = 1024 * 1024
SECONDS, MEMORY = 3_600.0, 16 * 1024 * MIB  # for the queries that are timed to their end

Figures = dict[str, Any]
Result = TypeVar("Result")
ROWS = {
    "triples": "triples in named graphs",
    "union": "triples in the default graph",
    "load_s": "load, s",
    "triples_per_s": "triples loaded per second",
    "load_peak_mib": "memory while loading, at most, MiB",
    "graph_mib": "graph/ on disk after loading, MiB",
    "settled_mib": "graph/ on disk after 21 small commits, MiB",
    "revision_mib": "files that one more revision adds, p50, MiB",
    "held_mib": "old files that 16 revisions hold, at most, MiB",
    "open_s": "open the store, s",
    "commit_p50_ms": "commit of a small graph, p50, ms",
    "commit_p95_ms": "commit of a small graph, p95, ms",
    "check_p50_ms": "validation of such a graph, p50, ms",
    "check_p95_ms": "validation of such a graph, p95, ms",
    "compare_p50_ms": "comparison of two roles, first time, p50, ms",
    "compare_p95_ms": "comparison of two roles, first time, p95, ms",
    "again_p50_ms": "the same pairs again, p50, ms",
    "again_p95_ms": "the same pairs again, p95, ms",
    "gap_p50_ms": "canned query gap in a worker, p50, ms",
    "gap_p95_ms": "canned query gap in a worker, p95, ms",
    "count_s": "COUNT over the default graph in a worker, s",
    "count_named_s": "COUNT over all named graphs in a worker, s",
    "count_limited": "COUNT over the default graph with default limits",
    "start_s": "start of the service to its first answer, s",
    "rest_mib": "memory of the service at rest, all processes, MiB",
    "private_mib": "of that, not shared between processes or files, MiB",
    "export_s": "export as N-Quads, s",
    "export_mib": "size of the export, MiB",
    "exported_per_s": "triples exported per second",
    "backup_s": "backup, s",
    "backup_mib": "size of the backup, MiB",
}


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure what Rolegraph takes as its store grows.")
    parser.add_argument("sizes", nargs="+", type=float, metavar="SIZE", help="millions of triples in named graphs")
    parser.add_argument("--folder", type=Path, help="where the stores are made, and removed (default: the system's folder)")
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="only make the stores, in this folder, and keep them: for growth.py")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures to a file too")
    options = parser.parse_args()
    for millions in options.sizes if options.keep else ():
        machine.apart(_load, options.keep / f"{millions:g}", size_of(millions))
    if options.keep:
        return
    about = machine.about()
    print("\n".join(f"{name:10}{text}" for name, text in about.items()), flush=True)
    found: dict[str, Figures] = {}
    for millions in options.sizes:
        print(f"\n{millions:g} million", file=sys.stderr)
        with tempfile.TemporaryDirectory(prefix="rolegraph-scaling-", dir=options.folder) as folder:
            found[f"{millions:g} M"] = figures = {}
            for step in (_load, _read, _query, _write, _serve, _export, _back_up):
                # a process each, so that the memory of one step is not that of another
                new = machine.apart(step, Path(folder), size_of(millions))
                figures.update(new)
                print("  ".join(f"{name}={_plain(value)}" for name, value in new.items()), file=sys.stderr, flush=True)
                if options.json:  # after each step: the large ones take long
                    options.json.write_text(json.dumps({"about": about, "sizes": found}, indent=1) + "\n", encoding="utf-8")
    _show(found)


def size_of(millions: float) -> graphs.Size:
    """Return the numbers of roles and skills for a number of triples: 40 skills per role and source, as in ESCO, out of a pool of 60."""
    roles = max(60, round(millions * 1e6 / PER_ROLE))
    return graphs.Size(roles, 2 * roles, max(1, roles // 10), 3, 25, 15, 60, languages=LANGUAGES)


def _load(folder: Path, size: graphs.Size) -> Figures:
    """Write the documents as N-Triples, load them in one write, and delete them."""
    files = {}
    for iri, path in graphs.write(size, folder / "documents"):
        files[iri] = [path.with_suffix(".nt")]
        quads = ox.parse(path=path, format=ox.RdfFormat.TURTLE)
        ox.serialize((quad.triple for quad in quads), str(files[iri][0]), format=ox.RdfFormat.N_TRIPLES)
        path.unlink()
    graph = Rolegraph.open(folder / "store")
    loaded, _ = _timed(lambda: graph.engine.load(files, NTRIPLES))  # type: ignore[attr-defined]
    graph.close()
    shutil.rmtree(folder / "documents")
    return {
        "load_s": loaded,
        "load_peak_mib": machine.memory("VmHWM", os.getpid()),
        "graph_mib": machine.room([folder / "store" / "graph"]) / MIB,
    }


def _read(folder: Path, size: graphs.Size) -> Figures:
    """Open the store and compare roles in this process, like the service: each pair once, then each again."""
    opened, graph = _timed(lambda: Rolegraph.open(folder / "store"))
    drawn = pairs(size)
    graph.compare(drawn.pop())  # warms up what is the same for all
    first = [_timed(partial(graph.compare, pair))[0] for pair in drawn]
    again = [_timed(partial(graph.compare, pair))[0] for pair in drawn]
    graph.close()
    return {"open_s": opened, **_spread("compare", first), **_spread("again", again)}


def _query(folder: Path, size: graphs.Size) -> Figures:
    """Run queries in workers: small ones, and queries over all triples, with limits that they do not reach."""
    found: Figures = {}
    graph = Rolegraph.open(folder / "store", Limits(SECONDS, MEMORY, 1))
    drawn = pairs(size)[: GAPS + 1]
    taken = [_timed(partial(graph.run, "gap", {"from": pair[:1], "to": pair[1:]}, _choose))[0] for pair in drawn]
    found |= _spread("gap", taken[1:])  # the first one waits for the worker to start
    found["count_s"], found["union"] = _count(graph, COUNT)
    found["count_named_s"], found["triples"] = _count(graph, COUNT_NAMED)
    graph.close()
    graph = Rolegraph.open(folder / "store", Limits())
    try:
        graph.query("ASK {}", _choose)
        graph.query(COUNT, _choose)
        found["count_limited"] = "answered"
    except RolegraphError as error:
        found["count_limited"] = error.slug()
    graph.close()
    return found


def _write(folder: Path, size: graphs.Size) -> Figures:  # noqa: ARG001 - all steps take the same
    """Validate and commit small graphs, one role with four skills each, and measure the disk space of a revision.

    After a load the engine still rewrites files, and older revisions keep the replaced ones.
    """
    store = folder / "store"
    graph = Rolegraph.open(store)
    checked, stored, added, held = [], [], [], []
    for number in range(COMMITS + 1):
        iri = f"{BASE}source/small-{graph.engine.revision}"
        document = graphs.small(iri, number)
        checked.append(_timed(partial(graph.validate, document, TURTLE))[0])
        before = machine.files([store])
        stored.append(_timed(partial(graph.store, iri, document))[0])
        after = machine.files([store])
        added.append(sum(length for file, length in after.items() if file not in before))
        held.append(sum(after.values()) - machine.room([store / "graph"]))
    graph.close()
    revision = {"revision_mib": statistics.median(added[1:]) / MIB, "held_mib": max(held) / MIB}
    # the first one loads the shapes
    return {"settled_mib": machine.room([store / "graph"]) / MIB} | revision | _spread("check", checked[1:]) | _spread("commit", stored[1:])


def _serve(folder: Path, size: graphs.Size) -> Figures:  # noqa: ARG001 - all steps take the same
    """Start the service with its defaults, and measure the time to its first page and its memory after that."""
    material = Material(folder / "store", folder / "none", ())
    with peers.opened("served", material) as peer:
        time.sleep(2.0)  # until the workers have started too
        pids = machine.family(peer.pids)
        rest = sum(filter(None, (machine.memory("VmRSS", pid) for pid in pids)))
        private = sum(filter(None, (machine.memory("RssAnon", pid) for pid in pids)))
        return {"start_s": peer.opening, "rest_mib": rest, "private_mib": private}


def _export(folder: Path, size: graphs.Size) -> Figures:  # noqa: ARG001 - all steps take the same
    graph = Rolegraph.open(folder / "store")
    taken, answer = _timed(lambda: graph.export(formats.named("nquads", formats.FORMATS)))
    graph.close()
    return {"export_s": taken, "export_mib": answer.size / MIB}


def _back_up(folder: Path, size: graphs.Size) -> Figures:  # noqa: ARG001 - all steps take the same
    file = folder / "backup.tar.gz"
    taken, _ = _timed(lambda: backups.back_up(folder / "store", file))
    return {"backup_s": taken, "backup_mib": file.stat().st_size / MIB}


def pairs(size: graphs.Size) -> list[tuple[str, str]]:
    """Return distinct pairs of roles, always the same."""
    rng, roles = random.Random(7), graphs.roles(size)
    drawn: dict[tuple[str, str], None] = {}
    while len(drawn) < PAIRS + 1:
        first, second = rng.sample(roles, 2)
        drawn[first, second] = None
    return list(drawn)


def _count(graph: Rolegraph, query: str) -> tuple[float, int]:
    taken, answer = _timed(lambda: graph.query(query, _choose))
    return taken, int(json.loads(answer.body)["results"]["bindings"][0]["n"]["value"])


def _choose(holds: str) -> formats.Format:
    return formats.named("json", formats.holding(holds))


def _timed(function: Callable[[], Result]) -> tuple[float, Result]:
    start = time.perf_counter()
    result = function()
    return time.perf_counter() - start, result


def _spread(name: str, seconds: Sequence[float]) -> Figures:
    """Return median and 95th percentile in milliseconds."""
    high = sorted(seconds)[math.ceil(0.95 * len(seconds)) - 1]
    return {f"{name}_p50_ms": 1_000 * statistics.median(seconds), f"{name}_p95_ms": 1_000 * high}


def _show(found: dict[str, Figures]) -> None:
    """Print the figures as a table in Markdown, a column for each size."""
    for figures in found.values():
        figures["triples_per_s"] = figures["triples"] / figures["load_s"]
        figures["exported_per_s"] = figures["triples"] / figures["export_s"]
    print(f"\n| | {' | '.join(found)} |\n|---|{'---:|' * len(found)}")
    for name, title in ROWS.items():
        print(f"| {title} | {' | '.join(_plain(figures.get(name)) for figures in found.values())} |")


def _plain(value: object) -> str:
    """Return a figure with at least three significant digits and commas between thousands."""
    if not isinstance(value, float):
        return f"{value:,}" if isinstance(value, int) else str(value or "-")
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


if __name__ == "__main__":
    main()
