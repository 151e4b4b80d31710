"""The command align: proposed matches between the concepts of two sources."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import click
from rich.console import Console
from rich.markup import escape
from rich.progress import Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from rolegraph import terms
from rolegraph.cli.files import write
from rolegraph.cli.options import Command, output_option, served_store_option
from rolegraph.cli.tables import show
from rolegraph.engine import read_only
from rolegraph.facade import Rolegraph, alignment, alignment_tables
from rolegraph.facade.alignment import Aligned, Kinds

SHOWN = 20  # matches that the table has of each pair of kinds
FORMATS = {"csv": alignment_tables.csv, "json": alignment_tables.json, "sssom": alignment_tables.sssom}


@click.command(cls=Command)
@click.argument("source")
@click.argument("other")
@click.option("--kind", "kinds", multiple=True, help="Such as role, skill, or skill:tool; may be repeated. Default: all that both have.")
@click.option("--threshold", default=alignment.THRESHOLD, show_default=True, help="Least confidence of a match.")
@click.option("--language", default="en", show_default=True, help="Language of the labels.")
@click.option("--dry-run", is_flag=True, help="Show the matches, and keep nothing.")
@click.option("-f", "--format", "name", type=click.Choice(["table", *FORMATS]), default="table", help="Format of the output.")
@output_option
@served_store_option("Folder of the store. Stop a service that uses it first.")
def align(
    *,
    source: str,
    other: str,
    kinds: tuple[str, ...],
    threshold: float,
    language: str,
    dry_run: bool,
    name: str,
    output: Path | None,
    store: Path,
) -> None:
    """Propose matches between the concepts of two sources, and keep them as a source of their own.

    A source is named by slug, CURIE or IRI; rolegraph is our own vocabulary. A later run replaces the matches of an earlier one, and
    withdraw removes them. Nobody has reviewed them: comparisons show them with --near proposed.

    \b
    rolegraph align esco-1-1-1 onet-29-2
    rolegraph align rolegraph esco-1-1-1 --kind skill --threshold 0.9
    rolegraph align esco-1-1-1 onet-29-2 --kind role --dry-run --format sssom --output roles.sssom.tsv
    """
    read_only.demand(store)
    with closing(Rolegraph.open(store)) as graph:
        with _progress() as progress:
            aligned = graph.align(source, other, kinds, threshold, language, keep=not dry_run, progress=progress)
        if not dry_run:
            graph.refresh()
        if name == "table":
            _show(aligned)
        else:
            write(FORMATS[name](aligned).encode(), output)
        where = f"{terms.shorten(aligned.source)} in the store in {store}, as revision {graph.engine.revision}"
        click.echo(f"{aligned.count:,} proposed matches{', nothing is kept' if dry_run else f': {where}'}", err=True)


def _show(aligned: Aligned) -> None:
    """Print the likeliest matches of each pair of kinds."""
    for kinds, proposals in aligned.proposals.items():
        table = Table(kinds.text, "match", "other", "confidence", "reason", box=None, header_style="bold")
        for each in sorted(proposals, key=lambda proposal: -proposal.confidence)[:SHOWN]:
            cells = (each.subject_label, alignment.predicate(each), each.object_label, f"{each.confidence:.2f}", each.reason)
            table.add_row(*map(escape, cells))
        console = show(table)
        left_out = f", of which {SHOWN} are shown" if len(proposals) > SHOWN else ""
        console.print(f"{len(proposals):,} matches{left_out}", style="dim")


@contextmanager
def _progress() -> Iterator[alignment.Progress]:
    """Show on a terminal how many texts have been matched."""
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        task, numbers = bar.add_task("reading labels", total=None), dict[Kinds, int]()

        def progress(kinds: Kinds, number: int) -> None:
            numbers[kinds] = numbers.get(kinds, 0) + number
            bar.update(task, description=f"matching {kinds.text}, {numbers[kinds]:,} labels")

        yield progress
