"""The commands compare and export."""

from pathlib import Path

import click

from rolegraph import formats, terms
from rolegraph.cli import stores, tables
from rolegraph.cli.files import write
from rolegraph.cli.options import Command, format_option, near_option, output_option, store_option
from rolegraph.errors import BadParameter
from rolegraph.output import to_csv, to_json

TABLES = formats.holding("table")
GRAPHS = formats.holding("graph")


@click.command(cls=Command)
@click.argument("roles", nargs=-1, required=True)
@format_option((*formats.holding("document"), formats.named("csv", TABLES), *GRAPHS), "table")
@near_option
@output_option
@store_option
def compare(roles: tuple[str, ...], name: str, near: str, output: Path | None, store: Path | None) -> None:
    """Compare two to eight roles in every section, and show which source states what.

    \b
    rolegraph compare ai-architect deep-learning-engineer
    rolegraph compare role:ai-programmer role:machine-learning-engineer --format csv -o roles.csv
    """
    graph = stores.read(store)
    if name == "table":
        tables.show_comparison(graph.compare(roles, near))
    elif name == "json":
        write(to_json(graph.compare(roles, near).as_dict(), indent=True).encode(), output)
    elif name == "csv":
        write(to_csv(graph.compare(roles, near).table()).encode(), output)
    else:
        write(graph.comparison_graph(roles, formats.named(name, GRAPHS)).body, output)


@click.command(cls=Command)
@click.option("--graph", help="Export only this named graph, by CURIE or IRI, such as source:ai-programmer-vs-deep-learning-engineer.")
@format_option((*formats.holding("dataset"), *GRAPHS))
@output_option
@store_option
def export(graph: str | None, name: str, output: Path | None, store: Path | None) -> None:
    """Write the whole graph, with each fact in the named graph of its source, or one named graph.

    \b
    rolegraph export --format nquads -o rolegraph.nq
    rolegraph export --graph https://w3id.org/rolegraph/skill --format turtle
    """
    format_ = formats.named(name, formats.holding("dataset", "graph"))
    if graph is None and format_.holds == "graph":
        detail = f"{name} holds a single graph, and the export has several"
        raise BadParameter("format", detail, expected="trig or nquads, or --graph for a single graph")
    iri = graph and (terms.expand(graph) or graph)
    write(stores.read(store).export(format_, iri).body, output)
