"""What parts that are written by hand take, beside the library that could do their work; see docs/architecture.md.

pip install networkx
python bench/libraries.py shapes paths triples [--store FOLDER]        # paths needs a store with ESCO and O*NET in it; a copy is used
"""

import argparse
import itertools
import random
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import machine
import networkx as nx
import pyoxigraph
import pyshacl
from rdflib import Graph

from rolegraph import resources, terms
from rolegraph.analysis import paths
from rolegraph.facade import Rolegraph
from rolegraph.importers.triples import Triples
from rolegraph.validation.shapes import Shapes

ENTRIES = Path(__file__).parent.parent / "data" / "sources"
PAIRS, ROUTES = 3, 5
SEED = 7
LINES = 200_000


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("parts", nargs="+", choices=("shapes", "paths", "triples"))
    options.add_argument("--store", type=Path)
    asked = options.parse_args()
    for name, text in machine.about().items():
        print(f"{name:10}{text}")
    for part in asked.parts:
        {"shapes": shapes, "paths": lambda: routes(asked.store), "triples": triples}[part]()


def shapes() -> None:
    """Validate all shipped sources as one entry: our use of pySHACL's shapes, and its own function."""
    entry, rules = Graph(), Graph()
    for path in ENTRIES.glob("*.ttl"):
        entry.parse(path)
    for path in resources.files("ontology", "shapes/*.ttl"):
        rules.parse(path)
    loaded = Shapes()
    print_times(
        "shapes",
        f"{len(entry):,} triples",
        {"own": lambda: loaded.check(entry), "pyshacl.validate": lambda: pyshacl.validate(entry, shacl_graph=rules)},
    )


def routes(store: Path) -> None:
    """Find the cheapest routes between roles taken at random."""
    with tempfile.TemporaryDirectory() as folder:
        shutil.copytree(store, Path(folder) / "store")
        graph = Rolegraph.open(Path(folder) / "store")
        index = graph.analysis.index
        edges = index.least_costs.T
        steps = nx.from_scipy_sparse_array(edges, create_using=nx.DiGraph)
        chance = random.Random(SEED)
        pairs = [chance.sample(range(edges.shape[0]), 2) for _ in range(PAIRS)]

        def hand_written() -> None:
            for origin, target in pairs:
                paths.between(index, origin, target, ROUTES)

        def library() -> None:
            for origin, target in pairs:
                if nx.has_path(steps, origin, target):
                    list(itertools.islice(nx.shortest_simple_paths(steps, origin, target, weight="weight"), ROUTES))

        what = f"{len(pairs)} pairs among {edges.shape[0]:,} roles, {edges.nnz:,} steps"
        print_times("paths", what, {"own": hand_written, "networkx": library})
        graph.close()


def triples() -> None:
    """Write triples as N-Triples."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "triples.nt"

        def hand_written() -> None:
            out = Triples(file)
            for number in range(LINES // 2):
                subject = f"{terms.BASE}role/r{number}"
                out.link(subject, "rg:tool", f"{terms.BASE}tool/t{number % 999}")
                out.text(subject, "skos:prefLabel", f"Role {number}", "en")
            out.close()

        def library() -> None:
            pyoxigraph.serialize(made(), file, format=pyoxigraph.RdfFormat.N_TRIPLES)

        print_times("triples", f"{LINES:,} triples", {"own": hand_written, "pyoxigraph.serialize": library})


def made() -> Iterator[pyoxigraph.Triple]:
    tool, label = pyoxigraph.NamedNode(f"{terms.RG}tool"), pyoxigraph.NamedNode(terms.PREF_LABEL)
    for number in range(LINES // 2):
        subject = pyoxigraph.NamedNode(f"{terms.BASE}role/r{number}")
        yield pyoxigraph.Triple(subject, tool, pyoxigraph.NamedNode(f"{terms.BASE}tool/t{number % 999}"))
        yield pyoxigraph.Triple(subject, label, pyoxigraph.Literal(f"Role {number}", language="en"))


def print_times(part: str, what: str, ways: dict[str, Callable[[], object]]) -> None:
    """Report the time of a processor that each way takes: the least of three runs."""
    print(f"{part}: {what}")
    for name, run in ways.items():
        times = []
        for _ in range(3):
            began = time.process_time()
            run()
            times.append(time.process_time() - began)
        print(f"  {name:22}{min(times):8.2f} s", flush=True)


if __name__ == "__main__":
    main()
