"""The commands add and withdraw."""

import sys
from pathlib import Path

import click

from rolegraph import formats, terms
from rolegraph.cli.options import Command, FormatName, served_store_option
from rolegraph.engine import read_only
from rolegraph.errors import BadParameter
from rolegraph.facade import Rolegraph
from rolegraph.formats import Format

GRAPHS = formats.holding("graph")
entry_argument = click.Path(exists=True, dir_okay=False, allow_dash=True, path_type=Path)
input_option = click.option("--input-format", type=FormatName(GRAPHS), help="Format of the file. Default: by the extension of its name.")
store_option = served_store_option("Folder of the store. Stop a service that uses it first.")


@click.command(cls=Command)
@click.argument("source")
@click.argument("file", type=entry_argument)
@click.option("--replace", is_flag=True, help="Replace everything that the source states, not only the things in the entry.")
@input_option
@store_option
def add(source: str, file: Path, input_format: str | None, store: Path, *, replace: bool) -> None:
    """Check an entry against the shapes and store it under a source; things that the source already describes are replaced.

    An entry that does not conform is not stored, and the exit code is 1.

    \b
    rolegraph add our-hr entry.ttl
    rolegraph add our-hr everything.ttl --replace
    """
    iri, format_ = iri_of(source), written_in(file, input_format)  # errors come before a store is created
    body = sys.stdin.buffer.read() if str(file) == "-" else file.read_bytes()
    graph = Rolegraph.open(store)
    report = graph.write_entry(iri, body, format_, "replace" if replace else "merge").report
    graph.refresh()
    click.echo(report.text())
    click.echo(f"{terms.shorten(iri)} is in the store in {store}, as revision {graph.engine.revision}")
    graph.close()


@click.command(cls=Command)
@click.argument("source")
@store_option
def withdraw(source: str, store: Path) -> None:
    """Remove a source and everything it states from the store: an article, an import, or your own entries.

    \b
    rolegraph withdraw esco-1-1-1
    rolegraph withdraw https://w3id.org/rolegraph/source/our-hr
    """
    iri = iri_of(source)
    read_only.demand(store)
    graph = Rolegraph.open(store)
    graph.withdraw(iri)
    graph.refresh()
    click.echo(f"{terms.shorten(iri)} is removed from the store in {store}, as of revision {graph.engine.revision}")
    graph.close()


def iri_of(source: str) -> str:
    """Return the IRI of a source that is named by slug, CURIE or IRI.

    :raises BadParameter: for any other text
    """
    if terms.SLUG.fullmatch(source):
        return terms.KINDS["source"].namespace + source
    iri = terms.expand(source) or source
    if not terms.is_iri(iri):
        raise BadParameter("source", f"{source!r} is not the name of a source", expected="a slug, CURIE or IRI, such as our-hr")
    return iri


def written_in(file: Path, name: str | None) -> Format:
    """Return the graph format of an entry.

    :param file: path of the entry; its extension is used if ``name`` is None
    :param name: name of the format
    :raises BadParameter: if the extension is not that of a graph format
    """
    format_ = formats.named(name, GRAPHS) if name else formats.of_extension(file.name, GRAPHS)
    if format_ is None:
        if str(file) == "-":
            raise BadParameter("files", "standard input has no file name that shows its format", expected="--input-format FORMAT")
        detail = f"the extension of {file} is not that of a known format"
        raise BadParameter("files", detail, expected="--input-format FORMAT, or a file name that ends in .ttl, .nt, .jsonld or .rdf")
    return format_
