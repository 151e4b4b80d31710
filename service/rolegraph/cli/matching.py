"""The command match: which concepts the texts of a file mean."""

import sys
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import IO

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from rolegraph import terms
from rolegraph.cli import stores, workbooks
from rolegraph.cli.files import stream
from rolegraph.cli.options import Command, output_option
from rolegraph.errors import BadParameter
from rolegraph.facade import Rolegraph, confirmed_rows, match_tables
from rolegraph.facade.match_tables import Matches, Wanted
from rolegraph.importers import sheets
from rolegraph.importers.sheets import Sheet
from rolegraph.output import unescape_formula

FORMATS = {"csv": ".csv", "json": ".json", "xlsx": ".xlsx", "sssom": ".tsv"}
TABLES = (".csv", ".tsv", ".tab")
TEXTS = ("text", "title", "job title", "name", "label", "skill")
IDS = ("id", "iri", "uri", "concept")
REFUSED = 20  # refused rows that are listed

candidates = click.IntRange(1, match_tables.MOST_CANDIDATES)
confirmed_file = click.Path(exists=True, dir_okay=False, path_type=Path)
texts_file = click.Path(exists=True, dir_okay=False, allow_dash=True, path_type=Path)


@click.command(cls=Command)
@click.argument("file", required=False, type=texts_file)
@click.option("--column", help="The column with the texts. Default: the only one, or one with the name text, title, name or label.")
@click.option("--kind", required=True, type=click.Choice(list(terms.KINDS)), metavar="KIND", help="What the texts mean: role, skill, …")
@click.option("--source", help="Only with what this source describes: its slug, CURIE or IRI.")
@click.option("--language", default="en", show_default=True, help="Language of the labels.")
@click.option("--top", default=match_tables.SHOWN, show_default=True, type=candidates, help="Candidates of each text.")
@click.option("-f", "--format", "name", type=click.Choice(list(FORMATS)), help="Format of the output. Default: by its name, else csv.")
@click.option("--learn", type=confirmed_file, help="First keep the confirmed rows (text, id) of this file in the store.")
@output_option
@click.option(
    "--store",
    type=click.Path(file_okay=False, path_type=Path),
    envvar="ROLEGRAPH_STORE",
    show_envvar=True,
    help="Folder of the store, to which --learn writes. Default: the store in the user's data folder, else the shipped data.",
)
def match(
    *,
    file: Path | None,
    column: str | None,
    kind: str,
    source: str | None,
    language: str,
    top: int,
    name: str | None,
    learn: Path | None,
    output: Path | None,
    store: Path | None,
) -> None:
    """Find which role, skill or other thing each text of a file means, with a probability and a reason.

    FILE is a table with a header (.csv, .tsv, .xlsx), or else lines of text; - is standard input. Separator and encoding are found in the
    file. The output has a row for each row of the file.

    \b
    rolegraph match titles.csv --column title --kind role --output matched.csv
    rolegraph match skills.txt --kind skill --source esco-1-1-1 --format sssom
    rolegraph match --learn confirmed.csv --kind role
    """
    if file is None and learn is None:
        raise BadParameter("file", "there is nothing to match", expected="rolegraph match FILE --kind KIND, or --learn FILE")
    form = _format(name, output)
    with _graph(store, learn, Wanted(kind, source, language)) as graph:
        if file is not None:
            with _opened(file) as (content, size):
                sheet = _sheet(content, file, table=column is not None)
                place = sheet.column(column, TEXTS)
                with _progress(content, size) as shown:
                    texts = shown(cells[place] for _, cells in sheet.rows)
                    _write(Matches(graph, texts, Wanted(kind, source, language, top)), form, output, sheet.place)
            if sheet.remark:
                click.echo(sheet.remark, err=True)


@contextmanager
def _graph(store: Path | None, learn: Path | None, wanted: Wanted) -> Iterator[Rolegraph]:
    """Yield the graph of a store, which first learns what a file confirms."""
    if learn is None:
        yield stores.read(store)
        return
    folder = store or stores.default()
    stores.check(folder)
    rows = _confirmed(learn)
    with closing(Rolegraph.open(folder)) as graph:
        _learn(graph, folder, learn, rows, wanted)
        yield graph


def _write(matches: Matches, form: str, output: Path | None, place: str) -> None:
    wanted = matches.wanted
    with stream(output) as out:
        if form == "xlsx":
            workbooks.write(out, match_tables.table(matches, wanted.limit))
            return
        pieces = {
            "csv": lambda: match_tables.csv_pieces(matches, wanted.limit),
            "json": lambda: match_tables.json_pieces(matches),
            "sssom": lambda: match_tables.sssom_pieces(matches, wanted, place),
        }[form]()
        for piece in pieces:
            out.write(piece.encode("utf-8", "replace"))


def _learn(graph: Rolegraph, folder: Path, file: Path, rows: list[tuple[int, str, str]], wanted: Wanted) -> None:
    """Keep confirmed rows, and say what was kept."""
    learnt = confirmed_rows.learn(graph, rows, wanted.kind, wanted.source, wanted.language, file=file.name)
    graph.refresh()
    for line, reason in learnt.refused[:REFUSED]:
        click.echo(f"{file}:{line}: {reason}", err=True)
    if len(learnt.refused) > REFUSED:
        click.echo(f"… and {len(learnt.refused) - REFUSED:,} more rows", err=True)
    left = f", {len(learnt.refused):,} refused" if learnt.refused else ""
    left += f", {learnt.unconfirmed:,} not confirmed" if learnt.unconfirmed else ""
    where = f"{terms.shorten(confirmed_rows.SOURCE)} in the store in {folder}, as revision {graph.engine.revision}"
    click.echo(f"{len(learnt.kept):,} rows are kept{left}: {where}", err=True)


def _confirmed(file: Path) -> list[tuple[int, str, str]]:
    """Return the line, the text and the concept of each row; in what ``rolegraph match`` wrote, those to review name no concept yet."""
    with _opened(file) as (content, _):
        sheet = _sheet(content, file, table=True)
        if len(sheet.names) < 2:
            raise BadParameter("learn", f"{file} has one column", expected="a table with a text and an id in each row")
        text, iri = sheet.column(None, TEXTS), sheet.column(None, IDS)
        names = [name.casefold() for name in sheet.names]
        decision = names.index("decision") if "decision" in names else None
        rows = []
        for line, cells in sheet.rows:
            open_ = decision is not None and cells[decision].strip().casefold() in ("review", "none")
            rows.append((line, unescape_formula(cells[text]), "" if open_ else cells[iri]))
        return rows


def _format(name: str | None, output: Path | None) -> str:
    if name is None and output is not None:
        name = next((form for form, extension in FORMATS.items() if output.suffix.lower() == extension), None)
    if name == "xlsx":
        workbooks.demand()
        if output is None:
            raise BadParameter("output", "a workbook is not for a terminal", expected="--output FILE.xlsx")
    return name or "csv"


def _sheet(content: IO[bytes], path: Path, *, table: bool = False) -> Sheet:
    suffix, place = path.suffix.lower(), "standard input" if str(path) == "-" else path.name
    if suffix == FORMATS["xlsx"]:
        return workbooks.read(content, place)
    separators = sheets.SEPARATORS if suffix != ".tsv" else ("\t",)
    return sheets.read(content, place, lines=not table and suffix not in TABLES, separators=separators)


@contextmanager
def _opened(path: Path) -> Iterator[tuple[IO[bytes], int]]:
    """Open a file, or a copy of standard input, and yield it with its size."""
    if str(path) != "-":
        with path.open("rb") as file:
            yield file, path.stat().st_size
        return
    with tempfile.TemporaryFile() as file:
        while piece := sys.stdin.buffer.read(1 << 16):
            file.write(piece)
        size = file.tell()
        file.seek(0)
        yield file, size


class _Shown:
    """Shows on a terminal how much of a file has been matched."""

    def __init__(self, bar: Progress, file: IO[bytes], size: int) -> None:
        self._bar, self._file = bar, file
        self._task = bar.add_task("matching", total=size)

    def __call__(self, texts: Iterable[str]) -> Iterator[str]:
        for number, text in enumerate(texts, 1):
            if number % match_tables.BLOCK == 0:
                self._bar.update(self._task, completed=self._file.tell(), description=f"matching, {number:,} rows")
            yield text


@contextmanager
def _progress(file: IO[bytes], size: int) -> Iterator[_Shown]:
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        yield _Shown(bar, file, size)
