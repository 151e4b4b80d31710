"""The command search."""

from pathlib import Path

import click

from rolegraph import formats, terms
from rolegraph.cli import stores, tables
from rolegraph.cli.files import write
from rolegraph.cli.options import Command, format_option, output_option, store_option
from rolegraph.output import to_csv, to_json
from rolegraph.search import HEADER, MOST

OFFERED = (*formats.holding("document"), formats.named("csv", formats.holding("table")))


@click.command(cls=Command)
@click.argument("text", nargs=-1, required=True)
@click.option("--kind", "kinds", multiple=True, type=click.Choice(list(terms.KINDS)), help="Only things of this kind; may be repeated.")
@click.option("--source", help="Only things in the graph of this source: its slug, CURIE or IRI.")
@click.option("--language", help="Only labels in this language, such as fr, and labels without a language.")
@click.option("--limit", default=10, show_default=True, type=click.IntRange(1, MOST), help="Most hits to show.")
@format_option([format_ for format_ in OFFERED if format_.name != "text"], "table")
@output_option
@store_option
def search(  # noqa: PLR0917 - click passes keyword arguments
    text: tuple[str, ...],
    kinds: tuple[str, ...],
    source: str | None,
    language: str | None,
    limit: int,
    name: str,
    output: Path | None,
    store: Path | None,
) -> None:
    """Find things by label: the whole label, its first letters, its words in any order, a short form, or a misspelling.

    \b
    rolegraph search DL engineer
    rolegraph search pytroch --kind tool --format json
    rolegraph search infirmier --language fr --store esco-store
    """
    graph = stores.read(store)
    try:
        hits = graph.search.find(" ".join(text), kinds, source=source, language=language, limit=limit)
    finally:
        graph.close()
    if name == "table":
        tables.show_hits(hits)
    elif name == "json":
        write(to_json({"q": " ".join(text), "hits": [hit.as_dict() for hit in hits]}, indent=True).encode(), output)
    else:
        write(to_csv([HEADER, *(hit.row() for hit in hits)]).encode(), output)
