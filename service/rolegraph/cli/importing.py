"""The commands that take in what publishers offer for download."""

import csv
import io
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, TextColumn
from rich.progress import Progress as Bars

from rolegraph.cli import tables
from rolegraph.cli.files import write
from rolegraph.cli.options import Group, served_store_option
from rolegraph.importers import Importer, esco
from rolegraph.importers import onet as onet_database
from rolegraph.importers.downloads import Download
from rolegraph.importers.reports import HEADER, Progress, Report
from rolegraph.registry import Rolegraph

paths_argument = click.argument("paths", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
version_option = click.option("--version", help="The publisher's version, where the names of the files and their folders do not tell it.")
report_option = click.option(
    "--report",
    "remarks",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write every row that was left out, mended or noted to this CSV file, with file, line and reason.",
)
file_option = click.option(
    "-o",
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write the graph to this file as N-Triples, and store nothing.",
)
store_option = served_store_option("Folder of the store; no service may have it open.")


@click.group("import", cls=Group)
def import_() -> None:
    """Take in a taxonomy or a table as its publisher offers it for download: a folder, or zip files as they are.

    Each becomes the graph of a source of its own. Importing again replaces that version and changes nothing else.

    \b
    rolegraph import esco esco-1.1.1-en.zip --report skipped.csv
    """


@import_.command("esco")
@paths_argument
@click.option("--language", "languages", multiple=True, help="Import this language, such as en; may be repeated. Without it, all.")
@version_option
@report_option
@file_option
@store_option
def import_esco(
    paths: tuple[Path, ...], *, languages: tuple[str, ...], version: str | None, remarks: Path | None, output: Path | None, store: Path
) -> None:
    """Take in ESCO, the European classification of occupations and skills, from its tables in CSV.

    \b
    rolegraph import esco "ESCO dataset - v1.1.1 - classification - en - csv.zip"
    rolegraph import esco esco-en.zip esco-fr.zip --version 1.1.1 --language en --language fr
    """
    take_in(esco.read, paths, store, remarks, output, version=version, languages=languages)


def take_in(importer: Importer, paths: tuple[Path, ...], store: Path, remarks: Path | None, output: Path | None, **wanted: Any) -> None:
    """Run an importer on some paths, and tell on the terminal what it did."""
    download = Download(paths)
    graph = Rolegraph.open() if output else Rolegraph.open(store)
    with _progress() as progress:
        report = Report(progress)
        imported = graph.take_in(importer, download, report, output, **wanted)
    if remarks:
        text = io.StringIO()
        csv.writer(text).writerows([HEADER, *(remark.row() for remark in report.remarks)])
        write(text.getvalue().encode(), remarks)
    where = f"in {output}" if output else f"in the store in {store}, as revision {graph.engine.revision}"
    tables.show_import(imported, where, remarks)
    graph.close()


@contextmanager
def _progress() -> Iterator[Progress]:
    """Show on a terminal how far the reading of each file is."""
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn())
    with Bars(*columns, console=console, transient=True, disable=not console.is_terminal) as shown:
        known: dict[str, Any] = {}

        def progress(name: str, read: int, size: int) -> None:
            if name not in known:
                known[name] = shown.add_task(name, total=size)
            shown.update(known[name], completed=read)

        yield progress


@import_.command()
@paths_argument
@version_option
@report_option
@file_option
@store_option
def onet(paths: tuple[Path, ...], version: str | None, remarks: Path | None, output: Path | None, store: Path) -> None:
    """Take in the O*NET database of the U.S. Department of Labor: its text files, in a folder or the zip.

    \b
    rolegraph import onet db_29_2_text.zip --report left-out.csv
    """
    take_in(onet_database.read, paths, store, remarks, output, version=version)
