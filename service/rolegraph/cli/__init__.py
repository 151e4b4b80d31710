"""The command line: arguments in, tables and files out. Exit code 0 fine, 1 not conforming, 2 unusable input."""

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from rolegraph import __version__, fingerprints, formats, terms
from rolegraph.cli import analysing, importing, operations, searching, serving, sources, stores, tables
from rolegraph.cli.endpoints import endpoint, endpoint_options
from rolegraph.cli.files import as_csv, write
from rolegraph.cli.options import Group, format_option, output_option, store_option
from rolegraph.engine.remote import RemoteEngine
from rolegraph.errors import BadParameter, UnreadableInput
from rolegraph.facade import Rolegraph
from rolegraph.queries import QueryCatalogue

TABLES = formats.holding("table")
GRAPHS = formats.holding("graph")
PLAIN = {"table": "json", "graph": "turtle"}


@click.group(cls=Group, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(__version__, prog_name="rolegraph")
def main() -> None:
    """Rolegraph: an open knowledge graph of job roles.

    \b
    rolegraph serve                                      # http://127.0.0.1:8080
    rolegraph compare ai-architect deep-learning-engineer
    rolegraph query roles-by-tool -p tool=pytorch
    rolegraph validate entry.ttl
    """


@main.command("query")
@click.argument("query", required=False)
@click.option("-p", "--param", "parameters", multiple=True, metavar="NAME=VALUE", help="A parameter of a canned query; may be repeated.")
@format_option((*TABLES, *GRAPHS), "table")
@output_option
@store_option
def ask(query: str | None, parameters: tuple[str, ...], name: str, output: Path | None, store: Path | None) -> None:
    """Run a canned query by name, a file of SPARQL, or SPARQL from standard input (-). Without a name, list the canned queries.

    \b
    rolegraph query
    rolegraph query coverage
    rolegraph query gap -p from=ai-programmer -p to=computer-vision-engineer --format csv
    rolegraph query shared-by-all -p role=ai-architect,deep-learning-engineer
    rolegraph query my-question.rq --format json
    echo 'SELECT * { ?role a <https://w3id.org/rolegraph/ns#Role> }' | rolegraph query -
    """
    graph = stores.read(store)
    if query is None:
        _list(graph.queries, name, output)
        return
    text = _query_text(graph, query, _pairs(parameters))
    if name != "table":
        answer = graph.query(text, lambda kind: formats.named(name, formats.holding(kind)))
    else:
        answer = graph.query(text, lambda kind: formats.named(PLAIN[kind], formats.holding(kind)))
        found = json.loads(answer.body) if answer.format.name == "json" else {}
        if "results" in found:
            tables.show_rows(found["head"]["vars"], found["results"]["bindings"])
            return
    write(answer.body, output)


@main.command()
@click.argument("roles", nargs=-1, required=True)
@format_option((*formats.holding("document"), formats.named("csv", TABLES), *GRAPHS), "table")
@output_option
@store_option
def compare(roles: tuple[str, ...], name: str, output: Path | None, store: Path | None) -> None:
    """Compare two to eight roles over every facet, and say who says so.

    \b
    rolegraph compare ai-architect deep-learning-engineer
    rolegraph compare role:ai-programmer role:machine-learning-engineer --format csv -o roles.csv
    """
    graph = stores.read(store)
    if name == "table":
        tables.show_comparison(graph.compare(roles))
    elif name == "json":
        write(json.dumps(graph.compare(roles).as_dict(), indent=1, ensure_ascii=False).encode() + b"\n", output)
    elif name == "csv":
        write(as_csv(graph.compare(roles).table()), output)
    else:
        write(graph.comparison_graph(roles, formats.named(name, GRAPHS)).body, output)


@main.command()
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
        click.echo(json.dumps(told[0] if len(told) == 1 else {"conforms": conforms, "files": told}, indent=1, ensure_ascii=False))
    sys.exit(0 if conforms else 1)


@main.command()
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


@main.command()
@click.option("--graph", help="Only this named graph: a CURIE or an IRI, such as source:ai-programmer-vs-deep-learning-engineer.")
@format_option((*formats.holding("dataset"), *GRAPHS))
@output_option
@store_option
def export(graph: str | None, name: str, output: Path | None, store: Path | None) -> None:
    """Write the whole graph, each fact in the named graph of its source, or one of the named graphs.

    \b
    rolegraph export --format nquads -o rolegraph.nq
    rolegraph export --graph https://w3id.org/rolegraph/skill --format turtle
    """
    format_ = formats.named(name, formats.holding("dataset", "graph"))
    if graph is None and format_.holds == "graph":
        raise BadParameter("format", f"{name} holds one graph, and the whole is many", expected="trig or nquads, or one graph with --graph")
    iri = graph and (terms.expand(graph) or graph)
    write(stores.read(store).export(format_, iri).body, output)


@main.command()
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


for command in (
    *(searching.search, *analysing.COMMANDS, serving.serve, sources.add, sources.withdraw),
    *(importing.import_, operations.token, operations.backup, operations.restore, operations.revert),
):
    main.add_command(command)


def _list(queries: QueryCatalogue, name: str, output: Path | None) -> None:
    if name == "table":
        tables.list_queries(queries)
    elif name == "json":
        found = {"queries": [query.as_dict() for query in queries]}
        write(json.dumps(found, indent=1, ensure_ascii=False).encode() + b"\n", output)
    else:
        raise BadParameter("format", f"the canned queries are not listed as {name}", expected="table or json")


def _query_text(graph: Rolegraph, query: str, parameters: dict[str, list[str]]) -> str:
    path = Path(query)
    if query != "-" and not path.is_file():
        if any(letter in query for letter in " {?\n"):
            raise BadParameter("query", "SPARQL is no argument", expected="a file of SPARQL, or - for SPARQL from standard input")
        if path.suffix or len(path.parts) > 1:
            raise BadParameter("query", f"there is no file {query}", expected="a file of SPARQL, -, or a name of: rolegraph query")
        return graph.bound(query, parameters)
    if parameters:
        raise BadParameter("param", "only canned queries take parameters", expected="the name of a canned query: see rolegraph query")
    try:
        return (sys.stdin.buffer.read() if query == "-" else path.read_bytes()).decode()
    except UnicodeDecodeError as error:
        raise UnreadableInput(f"the query is not UTF-8: byte {error.start + 1} cannot be read", expected="text in UTF-8") from error
    except OSError as error:
        raise BadParameter("query", f"{query} cannot be read: {error.strerror}", expected="a file of SPARQL") from error


def _pairs(parameters: Sequence[str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for text in parameters:
        name, equals, value = text.partition("=")
        if not equals:
            raise BadParameter("param", f"{text!r} is no parameter", expected="NAME=VALUE, such as role=ai-architect")
        found.setdefault(name.strip(), []).append(value)
    return found
