"""The commands that take in what publishers offer for download."""

import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Task, TextColumn
from rich.progress import Progress as Bars
from rich.text import Text

from rolegraph.cli import tables
from rolegraph.cli.files import try_out, write
from rolegraph.cli.options import Function, Group, served_store_option
from rolegraph.errors import BadParameter
from rolegraph.facade import Rolegraph
from rolegraph.importers import Importer, crosswalk, esco, onet, salaries
from rolegraph.importers.downloads import Download
from rolegraph.importers.reports import HEADER, Progress, Report
from rolegraph.output import to_csv

COMMON = (
    click.argument("paths", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path)),
    click.option("--version", help="The publisher's version, where neither the files nor the names of their folders tell it."),
    click.option(
        "--report",
        "remarks",
        type=click.Path(dir_okay=False, path_type=Path),
        help="Write every row that was left out, mended or noted to this CSV file, with file, line and reason.",
    ),
    click.option(
        "-o",
        "--output",
        type=click.Path(dir_okay=False, path_type=Path),
        callback=lambda _context, _parameter, output: _file(output),
        help="Write the graph to this file as N-Triples, and store nothing.",
    ),
    click.option(
        "--replace",
        is_flag=True,
        help="Take away what the same version in the store has and this download has not, such as a language.",
    ),
    served_store_option("Folder of the store; no service may have it open."),
)


def _file(output: Path | None) -> Path | None:
    """Return the file for a graph, once it is sure that it can be written."""
    if str(output) == "-":
        raise BadParameter("output", "what was imported is told on standard output", expected="a file for the graph")
    try_out(output)
    return output


def common(function: Function) -> Function:
    """Give a command what every import takes."""
    for option in reversed(COMMON):
        function = option(function)
    return function


@click.group("import", cls=Group)
def import_() -> None:
    """Take in a taxonomy or a table as its publisher offers it for download: a folder, or zip files as they are.

    Each becomes the graph of a source of its own. Importing again replaces that version and changes nothing else; where
    that would take away a language, or more than a hundredth of what was there, it is refused without --replace.

    \b
    rolegraph import esco esco-1.1.1-en.zip --report skipped.csv
    """


@import_.command("esco")
@common
@click.option("--language", "languages", multiple=True, help="Import this language, such as en; may be repeated. Without it, all.")
def import_esco(**given: Any) -> None:
    """Take in ESCO, the European classification of occupations and skills, from its tables in CSV.

    \b
    rolegraph import esco "ESCO dataset - v1.1.1 - classification - en - csv.zip"
    rolegraph import esco esco-en.zip esco-fr.zip --version 1.1.1 --language en --language fr
    """
    import_source(esco.read, **given)


@import_.command("onet")
@common
def import_onet(**given: Any) -> None:
    """Take in the O*NET database of the U.S. Department of Labor: its text files, in a folder or the zip.

    \b
    rolegraph import onet db_29_2_text.zip --report left-out.csv
    """
    import_source(onet.read, **given)


@import_.command("crosswalk")
@common
def import_crosswalk(**given: Any) -> None:
    """Take in a crosswalk between ESCO and O*NET, or the table of O*NET-SOC 2010 to 2019.

    Both are taken in first: the crosswalk leads from the one to the other. The table beside it says what became of its codes.

    \b
    rolegraph import crosswalk esco_onet_crosswalk_Nov2020.csv 2010_to_2019_Crosswalk.csv
    """
    import_source(crosswalk.read, looking_up=True, **given)


@import_.command("salaries")
@common
def import_salaries(**given: Any) -> None:
    """Take in a table of salaries, as distributions by role and level.

    \b
    rolegraph import salaries salaries.csv --version 2025-01-19
    """
    import_source(salaries.read, **given)


def import_source(
    importer: Importer,
    paths: tuple[Path, ...],
    store: Path,
    remarks: Path | None,
    output: Path | None,
    *,
    looking_up: bool = False,
    **wanted: Any,
) -> None:
    """Run an importer on some paths, and tell on the terminal what it did; the remarks also where it fails.

    :param looking_up: whether the importer looks into the store also where it stores nothing
    :param wanted: see :class:`~rolegraph.importers.Task`
    """
    try_out(output)
    try_out(remarks, "report")
    download = Download(paths)
    folder = store if looking_up or not output else None
    made = folder is not None and not folder.exists()
    graph = Rolegraph.open(folder)
    with _gone_unless_kept(folder if made else None) as keep, closing(graph), _telling(graph, store), _progress() as progress:
        report = Report(progress)
        try:
            imported = graph.import_source(importer, download, report, output, **wanted)
            keep()
        finally:
            if remarks:
                write(to_csv([HEADER, *(remark.row() for remark in report.remarks)]).encode(), remarks)
        if not output:
            progress("indexing labels, and what the analyses read", 0, 0)
            graph.refresh()
        where = f"in {output}" if output else f"in the store in {store}, as revision {graph.engine.revision}"
    tables.show_import(imported, where, remarks)


@contextmanager
def _telling(graph: Rolegraph, store: Path) -> Iterator[None]:
    """Tell whoever stops an import late that the graph is in the store."""
    before = graph.engine.revision
    try:
        yield
    except KeyboardInterrupt:
        if graph.engine.revision == before:
            raise
        click.echo(f"stopped; the graph is in the store in {store} already, as revision {graph.engine.revision}", err=True)
        sys.exit(130)


@contextmanager
def _gone_unless_kept(made: Path | None) -> Iterator[Callable[[], None]]:
    """Give a function that says that a store is to be kept that was made just now; it is removed where nobody has called it."""
    kept: list[bool] = []
    try:
        yield lambda: kept.append(True)
    finally:
        if made and not kept:
            shutil.rmtree(made, ignore_errors=True)


class _Size(DownloadColumn):
    """How much of a file is read; nothing for a step, which has no size."""

    def render(self, task: Task) -> Text:
        """Return it as text."""
        return Text() if task.total is None else super().render(task)


@contextmanager
def _progress() -> Iterator[Progress]:
    """Show on a terminal how far the reading of each file is, and which step follows."""
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), _Size())
    with Bars(*columns, console=console, transient=True, disable=not console.is_terminal) as shown:
        known: dict[str, Any] = {}

        def progress(name: str, read: int, size: int) -> None:
            if name not in known:
                for step in shown.tasks:
                    if step.total is None:
                        shown.update(step.id, visible=False)
                known[name] = shown.add_task(name, total=size or None)
            shown.update(known[name], completed=read)

        yield progress
