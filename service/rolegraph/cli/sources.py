"""The commands that change what a store holds, one source at a time."""

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
input_option = click.option("--input-format", type=FormatName(GRAPHS), help="Else by the file's name.")
store_option = served_store_option("Folder of the store; no service may have it open.")


@click.command(cls=Command)
@click.argument("source")
@click.argument("file", type=entry_argument)
@click.option("--replace", is_flag=True, help="Replace all that the source states, in place of the things in the entry only.")
@input_option
@store_option
def add(source: str, file: Path, input_format: str | None, store: Path, *, replace: bool) -> None:
    """Add an entry to what a source states, or replace that of the same things, if it meets the shapes. Exit code 1 where it does not.

    \b
    rolegraph add our-hr entry.ttl
    rolegraph add our-hr everything.ttl --replace
    """
    iri, format_ = iri_of(source), written_in(file, input_format)  # before a store is made
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
    """Remove all that a source states from the store: an article, an import, entries of your own.

    \b
    rolegraph withdraw esco-1-1-1
    rolegraph withdraw https://w3id.org/rolegraph/source/our-hr
    """
    iri = iri_of(source)
    read_only.demand(store)
    graph = Rolegraph.open(store)
    graph.withdraw(iri)
    graph.refresh()
    click.echo(f"{terms.shorten(iri)} is no longer in the store in {store}: revision {graph.engine.revision}")
    graph.close()


def iri_of(source: str) -> str:
    """Return the IRI of a source that is named by slug, CURIE or IRI.

    :raises BadParameter: for what is none of these
    """
    if terms.SLUG.fullmatch(source):
        return terms.KINDS["source"].namespace + source
    iri = terms.expand(source) or source
    if not terms.is_iri(iri):
        raise BadParameter("source", f"{source!r} names no source", expected="its slug, CURIE or IRI, such as our-hr")
    return iri


def written_in(file: Path, name: str | None) -> Format:
    """Return the graph format of that name, or else that of a file's name.

    :raises BadParameter: where neither tells it
    """
    found = formats.named(name, GRAPHS) if name else formats.of_extension(file.name, GRAPHS)
    if found is None:
        named = "standard input" if str(file) == "-" else file
        detail = f"the format of {named} is not known by its name"
        raise BadParameter("files", detail, expected="--input-format, or a name that ends in .ttl, .nt, .jsonld or .rdf")
    return found
