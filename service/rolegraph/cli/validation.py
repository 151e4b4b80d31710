"""The commands validate, check and fingerprint."""

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
    """Check role entries against the shapes; store nothing. The exit code is 1 if an entry does not conform.

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
        documents = [{"file": str(path), **report.as_dict()} for path, report in zip(files, reports, strict=True)]
        click.echo(to_json(documents[0] if len(documents) == 1 else {"conforms": conforms, "files": documents}, indent=True), nl=False)
    sys.exit(0 if conforms else 1)


@click.command(cls=Command)
@click.option(
    "--fix", is_flag=True, help="Rewrite files in the canonical layout; with --engine, repair the union graph of the endpoint."
)
@endpoint_options
def check(engine: str | None, *, fix: bool, **named: Any) -> None:
    """Audit the shipped ontology and data: layout, shapes and hygiene rules. The exit code is 1 if there are problems.

    With --engine, check an endpoint instead: that its union graph equals the union of its named graphs, and that no write was left
    unfinished.

    \b
    rolegraph check
    rolegraph check --fix
    rolegraph check --engine http://127.0.0.1:7878/query
    rolegraph check --engine http://127.0.0.1:7878/query --update-url http://127.0.0.1:7878/update --fix
    """
    if engine:
        problems = [tuple(fault) for fault in RemoteEngine(endpoint(engine, **named)).check(fix=fix)]
    else:
        problems = [(problem.rule, terms.shorten(problem.where), problem.message) for problem in Rolegraph.open().check(fix=fix)]
    for rule, where, message in problems:
        click.echo(f"{rule}: {where}: {message}")
    fine = "the union graph agrees with the named graphs" if engine else "layout, shapes and hygiene rules all hold"
    click.echo(f"{len(problems)} problems" if problems else f"no problems: {fine}")
    if any(rule == "union" for rule, _, _ in problems) and not fix:
        click.echo("Repair the union graph with: rolegraph check --engine URL --update-url URL --fix")
    sys.exit(1 if problems else 0)


@click.command(cls=Command)
@click.argument("text", required=False)
def fingerprint(text: str | None) -> None:
    """Print the fingerprint of a text (an argument, or standard input), to check a statement against its source.

    \b
    rolegraph fingerprint "Deploying models"
    """
    content = sys.stdin.read() if text is None else text
    if not content.strip():
        raise BadParameter("text", "no text was given", expected="the text of an item, as an argument or on standard input")
    click.echo(fingerprints.of(content))
