"""The commands that check: role entries, the shipped data, an endpoint, the text of a statement."""

import sys
from pathlib import Path
from typing import Any

import click

from rolegraph import fingerprints, formats, terms
from rolegraph.cli import sources, stores
from rolegraph.cli.endpoints import endpoint, endpoint_options
from rolegraph.cli.options import Command, format_option, store_option
from rolegraph.engine.remote import RemoteEngine
from rolegraph.errors import BadParameter
from rolegraph.facade import Rolegraph
from rolegraph.output import to_json

GRAPHS = formats.holding("graph")


@click.command(cls=Command)
@click.argument("files", nargs=-1, required=True, type=sources.entry_argument)
@sources.input_option
@format_option((*formats.holding("document"), formats.named("turtle", GRAPHS)), "text")
@store_option
def validate(files: tuple[Path, ...], input_format: str | None, name: str, store: Path | None) -> None:
    """Check role entries against the shapes; store nothing. Exit code 1 where one does not conform.

    \b
    rolegraph validate entry.ttl
    rolegraph validate entry.jsonld --format json
    cat entry.rdf | rolegraph validate - --input-format rdfxml
    """
    formats_ = [sources.written_in(path, input_format) for path in files]
    graph = stores.read(store)
    reports = []
    for path, format_ in zip(files, formats_, strict=True):
        report = graph.validate(sys.stdin.buffer.read() if str(path) == "-" else path.read_bytes(), format_)
        reports.append(report)
        if name == "text":
            click.echo(f"{path}: {report.text()}")
        elif name == "turtle":
            click.echo(report.turtle())
    conforms = all(report.conforms for report in reports)
    if name == "json":
        told = [{"file": str(path), **report.as_dict()} for path, report in zip(files, reports, strict=True)]
        click.echo(to_json(told[0] if len(told) == 1 else {"conforms": conforms, "files": told}), nl=False)
    sys.exit(0 if conforms else 1)


@click.command(cls=Command)
@click.option(
    "--fix", is_flag=True, help="Rewrite files that are not laid out canonically; make the union of an endpoint agree with its graphs."
)
@endpoint_options
def check(engine: str | None, *, fix: bool, **named: Any) -> None:
    """Audit the shipped ontology and data: layout, shapes, rules of hygiene. Exit code 1 where something is found.

    With --engine, check an endpoint instead: that its union holds what its graphs state, and that no write broke off there.

    \b
    rolegraph check
    rolegraph check --fix
    rolegraph check --engine http://127.0.0.1:7878/query
    rolegraph check --engine http://127.0.0.1:7878/query --update-url http://127.0.0.1:7878/update --fix
    """
    if engine:
        found = [tuple(fault) for fault in RemoteEngine(endpoint(engine, **named)).check(fix=fix)]
    else:
        found = [(problem.rule, terms.shorten(problem.where), problem.message) for problem in Rolegraph.open().check(fix=fix)]
    for rule, where, message in found:
        click.echo(f"{rule}: {where}: {message}")
    fine = "the union agrees with the graphs" if engine else "layout, shapes and rules of hygiene all hold"
    click.echo(f"{len(found)} problems" if found else f"no problems: {fine}")
    if any(rule == "union" for rule, _, _ in found) and not fix:
        click.echo("Make the union agree with the graphs with: rolegraph check --engine URL --update-url URL --fix")
    sys.exit(1 if found else 0)


@click.command(cls=Command)
@click.argument("text", required=False)
def fingerprint(text: str | None) -> None:
    """Print the fingerprint of an item's text (an argument, or standard input), to check a statement against its source.

    \b
    rolegraph fingerprint "Deploying models"
    """
    found = sys.stdin.read() if text is None else text
    if not found.strip():
        raise BadParameter("text", "there is no text", expected="the text of an item, as argument or on standard input")
    click.echo(fingerprints.of(found))
