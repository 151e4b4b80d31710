"""Runs importers, checks their graphs against the rules for imports, and writes them to the store."""

import shutil
import tempfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from rolegraph import importers
from rolegraph.catalogue import Catalogue
from rolegraph.engine import Engine
from rolegraph.engine.revision_store import RevisionStore
from rolegraph.errors import BadParameter, NotConforming, Refused
from rolegraph.facade.import_losses import losses, refuse
from rolegraph.formats import holding, named
from rolegraph.importers import Imported, Importer, Task
from rolegraph.importers.downloads import Download
from rolegraph.importers.reports import ImportReport
from rolegraph.importers.triples import Triples
from rolegraph.queries import bind
from rolegraph.shipped import audit
from rolegraph.values import Row

SHOWN = 20  # problems that an error lists
CHECKS = 2  # rules that are checked at a time


def import_source(
    engine: Engine,
    importer: Importer,
    download: Download,
    report: ImportReport,
    output: Path | None,
    *,
    replace: bool = False,
    **wanted: Any,
) -> Imported:
    """Import a download into a store, or into a file; see :meth:`Rolegraph.import_source <rolegraph.facade.Rolegraph.import_source>`."""
    with tempfile.TemporaryDirectory(prefix="rolegraph-") as folder:
        catalogue, triples = Catalogue(engine), Triples(Path(folder) / "graph.nt")
        try:
            task = Task(download, triples, report, catalogue.labelled, preferred_labels=catalogue.preferred, **wanted)
            imported = importers.run(importer, task)
        finally:
            triples.close()
        if output is None:
            _load(engine, imported, replace=replace)
        else:
            _put(imported.path, output)
    return imported


def _put(path: Path, output: Path) -> None:
    """Copy the graph to a file, atomically."""
    special = output.exists() and not output.is_file()  # a pipe or a device cannot be replaced
    fresh = output if special else output.with_name(output.name + ".part")
    try:
        shutil.copyfile(path, fresh)
        if not special:
            fresh.replace(output)
    except OSError as error:
        if not special:
            fresh.unlink(missing_ok=True)
        raise BadParameter("output", f"{output} cannot be written: {error.strerror}", expected="a file in a folder that exists") from error


def _load(engine: Engine, imported: Imported, *, replace: bool) -> None:
    if not isinstance(engine, RevisionStore):
        expected = "--store; or --output, and then load the file with the store's own tools"
        raise Refused("only a store in a folder takes imports", expected=expected)
    iri, progress = imported.publication.iri, imported.report.progress

    def check(rows: Callable[[str], list[Row]]) -> None:
        progress("checking the rules for imports", 0, 0)
        # runs under the write lock: the engine still reads the revision before
        lost = losses(engine, iri, imported.path)
        if not replace:
            refuse(lost, imported.publication.title)
        imported.report.removed.update({loss.name: (loss.lost, loss.held) for loss in lost})
        rules = audit.rules("checks/imports")
        with ThreadPoolExecutor(CHECKS) as pool:  # the engine works outside of Python's lock
            violations = list(pool.map(lambda rule: rows(bind(rule.text, "source", iri)), rules))
        problems = [problem for rule, rows_ in zip(rules, violations, strict=True) for problem in audit.problems(rule, rows_)]
        if problems:
            shown = [f"{problem.rule}: {problem.where} {problem.message}" for problem in problems[:SHOWN]]
            raise NotConforming(f"nothing was imported: the graph violates rules for imports {len(problems)} times", problems=shown)
        progress("publishing", 0, 0)

    progress("loading the graph into the store", 0, 0)
    engine.load({iri: [imported.path]}, named("ntriples", holding("graph")), check)
