"""What the tests of imports that could lose something share."""

from pathlib import Path

from rdflib import Graph

from esco_tables import Tables, write
from rolegraph.facade import Rolegraph
from rolegraph.importers import esco
from rolegraph.importers.downloads import Download
from rolegraph.importers.reports import ImportReport


def take(graph: Rolegraph, folder: Path, content: Tables, **wanted: object) -> ImportReport:
    """Import tables into a store, or without one into a file."""
    report = ImportReport()
    output = None if graph.engine.revision is not None and (folder.parent / "store").exists() else folder.parent / "graph.nt"
    graph.import_source(esco.read, Download([write(folder, content)]), report, output, **({"version": "1.1.1"} | wanted))
    return report


def made(bare: Rolegraph, folder: Path, content: Tables, **wanted: object) -> tuple[Graph, ImportReport]:
    report = take(bare, folder, content, **wanted)
    return Graph().parse(folder.parent / "graph.nt"), report
