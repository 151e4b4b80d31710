"""Measures imports: time, triples per second and memory, into a new store, and again into the same store.

    python bench/importing.py [esco onet …] [--folder FOLDER] [--json FILE]     # of the files under ROLEGRAPH_TEST_DATA
"""

import argparse
import json
import os
import sys
import tempfile
import time
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

import machine

from rolegraph.facade import Rolegraph
from rolegraph.importers.downloads import Download
from rolegraph.importers.reports import ImportReport

VARIABLE = "ROLEGRAPH_TEST_DATA"
ROWS = {
    "triples": "triples",
    "import_s": "imported, checked and published, s",
    "cpu_s": "of that, time of the processors, s",
    "triples_per_s": "triples per second",
    "peak_mib": "memory at most, MiB",
    "again_s": "the same again in place, s",
    "again_peak_mib": "memory at most, of both, MiB",
    "store_mib": "the store on disk after the first, MiB",
}
SOURCES: dict[str, tuple[str, list[str], dict[str, Any]]] = {
    "esco": ("esco", ["esco-1.1.1/en"], {}),
    "esco in two languages": ("esco", ["esco-1.1.1"], {}),
    "onet": ("onet", ["onet-29.2"], {}),
    "salaries": ("salaries", ["salaries"], {"version": "2025-01-19"}),
}
"""For each row of the figures: the importer, the files under the folder, and what the caller has to say."""


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure what imports take.")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"what to import: {', '.join(SOURCES)} (default: all that are there)")
    parser.add_argument("--folder", type=Path, help="where the stores are made, and removed (default: the system's folder)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures to a file too")
    options = parser.parse_args()
    if VARIABLE not in os.environ:
        sys.exit(f"{VARIABLE} is not set: it names the folder with the files of the publishers")
    about = machine.about()
    print("\n".join(f"{name:10}{text}" for name, text in about.items()), flush=True)
    found = {}
    for name in options.names or SOURCES:
        importer, places, wanted = SOURCES[name]
        paths = [Path(os.environ[VARIABLE]) / place for place in places]
        if missing := [path for path in paths if not path.exists()]:
            print(f"{name}: there is no {', '.join(map(str, missing))}", file=sys.stderr)
            continue
        with tempfile.TemporaryDirectory(prefix="rolegraph-importing-", dir=options.folder) as folder:
            # a process for each, so that the memory of one is not that of another
            found[name] = machine.apart(_measure, importer, paths, wanted, Path(folder) / "store")
            print(f"{name}: " + "  ".join(f"{row}={value:,.1f}" for row, value in found[name].items()), file=sys.stderr, flush=True)
    if options.json:
        options.json.write_text(json.dumps({"about": about, "imports": found}, indent=1) + "\n", encoding="utf-8")
    print(f"\n| | {' | '.join(found)} |\n|---|{'---:|' * len(found)}")
    for row, title in ROWS.items():
        print(f"| {title} | {' | '.join(f'{figures[row]:,.1f}'.removesuffix('.0') for figures in found.values())} |")


def _measure(name: str, paths: list[Path], wanted: Mapping[str, Any], store: Path) -> dict[str, float]:
    """Import into a store with the shipped data, like the command, then import the same again."""
    graph = Rolegraph.open(store)
    before = time.process_time()
    first, iri = _timed(graph, name, paths, wanted)
    busy = time.process_time() - before
    peak = machine.memory("VmHWM", os.getpid()) or 0.0
    size = machine.room([store]) / 2**20
    rows = graph.engine.rows(f"SELECT (COUNT(*) AS ?n) {{ GRAPH <{iri}> {{ ?s ?p ?o }} }}")
    triples = int(rows[0]["n"].value)
    again, _ = _timed(graph, name, paths, wanted)
    graph.close()
    return {
        "triples": triples,
        "import_s": first,
        "cpu_s": busy,
        "triples_per_s": triples / first,
        "peak_mib": peak,
        "again_s": again,
        "again_peak_mib": machine.memory("VmHWM", os.getpid()) or 0.0,
        "store_mib": size,
    }


def _timed(graph: Rolegraph, name: str, paths: list[Path], wanted: Mapping[str, Any]) -> tuple[float, str]:
    importer = import_module(f"rolegraph.importers.{name}").read
    start = time.perf_counter()
    imported = graph.import_source(importer, Download(paths), ImportReport(), None, **wanted)
    return time.perf_counter() - start, imported.publication.iri


if __name__ == "__main__":
    main()
