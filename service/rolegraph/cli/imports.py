"""The import commands: ESCO, O*NET, crosswalks and salaries."""

import shutil
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Task, TextColumn
from rich.progress import Progress as Bars
from rich.text import Text

from rolegraph import terms
from rolegraph.cli import tables
from rolegraph.cli.files import try_out, write
from rolegraph.cli.options import Function, Group, served_store_option
from rolegraph.errors import BadParameter
from rolegraph.facade import Rolegraph
from rolegraph.facade.alignment import Kinds
from rolegraph.importers import Imported, Importer, crosswalk, esco, onet, salaries
from rolegraph.importers.downloads import Download
from rolegraph.importers.reports import HEADER, ImportReport, Progress
from rolegraph.output import to_csv

COMMON = (
    click.argument("paths", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path)),
    click.option("--version", help="The publisher's version. Needed only if neither the files nor their folder names contain it."),
    click.option(
        "--report",
        "remarks",
        type=click.Path(dir_okay=False, path_type=Path),
        help="Write every row that was left out, repaired or noted to this CSV file, with file, line and reason.",
    ),
    click.option(
        "-o",
        "--output",
        type=click.Path(dir_okay=False, path_type=Path),
        callback=lambda _context, _parameter, output: _file(output),
        help="Write the graph to this file as N-Triples; store nothing.",
    ),
    click.option(
        "--replace",
        is_flag=True,
        help="Also remove what the stored graph of this version has and this download lacks, such as a language.",
    ),
    served_store_option("Folder of the store. Stop a service that uses it first."),
)


def _file(output: Path | None) -> Path | None:
    """Return the file for the graph, after a check that it can be written."""
    if str(output) == "-":
        detail = "standard output holds the summary of the import, not the graph"
        raise BadParameter("output", detail, expected="a file for the graph")
    try_out(output)
    return output


def common(function: Function) -> Function:
    """Add the arguments and options that every import takes."""
    for option in reversed(COMMON):
        function = option(function)
    return function


@click.group("import", cls=Group)
def import_() -> None:
    """Import a taxonomy or a table in the form its publisher offers: a folder, or the zip files as downloaded.

    Each import becomes the graph of its own source. Importing a version again replaces that version and nothing else. An
    import that would remove a language, or more than 1% of the stored graph, is refused without --replace.

    \b
    rolegraph import esco esco-1.1.1-en.zip --report skipped.csv
    """


align_option = click.option(
    "--align",
    "others",
    multiple=True,
    metavar="SOURCE",
    help="Then propose matches with this source, as the command align does; rolegraph is our own vocabulary. May be repeated.",
)


@import_.command("esco")
@common
@align_option
@click.option("--language", "languages", multiple=True, help="Only this language, such as en; may be repeated. Default: all.")
def import_esco(**options: Any) -> None:
    """Import ESCO, the European classification of occupations and skills, from its CSV tables.

    \b
    rolegraph import esco "ESCO dataset - v1.1.1 - classification - en - csv.zip"
    rolegraph import esco esco-en.zip esco-fr.zip --version 1.1.1 --language en --language fr
    """
    import_source(esco.read, **options)


@import_.command("onet")
@common
@align_option
def import_onet(**options: Any) -> None:
    """Import O*NET, the occupation database of the United States Department of Labor, from its text files (folder or zip).

    \b
    rolegraph import onet db_29_2_text.zip --report left-out.csv
    rolegraph import onet db_29_2_text.zip --align rolegraph --align esco-1-1-1
    """
    import_source(onet.read, **options)


@import_.command("crosswalk")
@common
def import_crosswalk(**options: Any) -> None:
    """Import a crosswalk between ESCO and O*NET, with the table of O*NET-SOC codes 2010 to 2019.

    Import ESCO and O*NET first. Give both files together: the table maps the older codes of the crosswalk to the current ones.

    \b
    rolegraph import crosswalk esco_onet_crosswalk_Nov2020.csv 2010_to_2019_Crosswalk.csv
    """
    import_source(crosswalk.read, looking_up=True, **options)


@import_.command("salaries")
@common
def import_salaries(**options: Any) -> None:
    """Import a table of salaries, as distributions by role and level.

    \b
    rolegraph import salaries salaries.csv --version 2025-01-19
    """
    import_source(salaries.read, **options)


def import_source(
    importer: Importer,
    paths: tuple[Path, ...],
    store: Path,
    remarks: Path | None,
    output: Path | None,
    *,
    looking_up: bool = False,
    others: Sequence[str] = (),
    **options: Any,
) -> None:
    """Run an importer and print what it did. The remarks are written even if the import fails.

    :param paths: folders or files of the publisher
    :param store: folder of the store
    :param remarks: CSV file for the rows that were left out, repaired or noted
    :param output: N-Triples file to write in place of the store
    :param looking_up: whether the importer reads the store even if it writes to ``output``
    :param others: sources to propose matches with
    :param options: see :class:`~rolegraph.importers.Task`
    """
    if output and others:
        raise BadParameter("align", "--output stores nothing that could be matched", expected="--align without --output")
    try_out(output)
    try_out(remarks, "report")
    download = Download(paths)
    folder = store if looking_up or not output else None
    made = folder is not None and not folder.exists()
    graph = Rolegraph.open(folder)
    with _removed_unless_kept(folder if made else None) as keep, closing(graph), _interrupted_late(graph, store), _progress() as progress:
        report = ImportReport(progress)
        for other in others:
            graph.end_of(other)
        try:
            imported = graph.import_source(importer, download, report, output, **options)
            keep()
        finally:
            if remarks:
                write(to_csv([HEADER, *(remark.row() for remark in report.remarks)]).encode(), remarks)
        if not output:
            progress("updating the search index and the analysis cache", 0, 0)
            graph.refresh(apart=True)
        aligned = [_align(graph, imported, other, progress) for other in others]
        where = f"in {output}" if output else f"in the store in {store}, as revision {graph.engine.revision}"
    tables.show_import(imported, where, remarks)
    for line in aligned:
        click.echo(line)


def _align(graph: Rolegraph, imported: Imported, other: str, progress: Progress) -> str:
    """Propose matches between an imported source and another one, and return a line that says how many."""

    def show(kinds: Kinds, _: int) -> None:
        progress(f"matching {kinds.text} of {other}", 0, 0)

    aligned = graph.align(imported.publication.iri, other, progress=show)
    graph.refresh()
    return f"{aligned.count:,} proposed matches with {other}: {terms.shorten(aligned.source)}"


@contextmanager
def _interrupted_late(graph: Rolegraph, store: Path) -> Iterator[None]:
    """Report an interrupt that comes after the graph was published: it is in the store."""
    before = graph.engine.revision
    try:
        yield
    except KeyboardInterrupt:
        if graph.engine.revision == before:
            raise
        click.echo(f"interrupted, but the graph is already in the store in {store}, as revision {graph.engine.revision}", err=True)
        sys.exit(130)


@contextmanager
def _removed_unless_kept(made: Path | None) -> Iterator[Callable[[], None]]:
    """Yield a function that keeps the new store in ``made``; without a call of it the store is removed."""
    kept: list[bool] = []
    try:
        yield lambda: kept.append(True)
    finally:
        if made and not kept:
            shutil.rmtree(made, ignore_errors=True)


class _Size(DownloadColumn):
    """Bytes read of a file; empty for a step, which has no size."""

    def render(self, task: Task) -> Text:
        """Return the column as text."""
        return Text() if task.total is None else super().render(task)


@contextmanager
def _progress() -> Iterator[Progress]:
    """Show on a terminal how much of each file is read, and the current step."""
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), _Size())
    with Bars(*columns, console=console, transient=True, disable=not console.is_terminal) as shown:
        tasks: dict[str, Any] = {}

        def progress(name: str, read: int, size: int) -> None:
            if name not in tasks:
                for step in shown.tasks:
                    if step.total is None:
                        shown.update(step.id, visible=False)
                tasks[name] = shown.add_task(name, total=size or None)
            shown.update(tasks[name], completed=read)

        yield progress
