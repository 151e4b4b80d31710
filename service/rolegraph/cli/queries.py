"""The command query: canned queries, and SPARQL from a file or standard input."""

import json
import sys
from collections.abc import Sequence
from pathlib import Path

import click

from rolegraph import formats
from rolegraph.cli import stores, tables
from rolegraph.cli.files import write
from rolegraph.cli.options import Command, format_option, output_option, store_option
from rolegraph.errors import BadParameter, UnreadableInput
from rolegraph.facade import Rolegraph
from rolegraph.output import to_json
from rolegraph.queries import QueryCatalogue

TABLES = formats.holding("table")
GRAPHS = formats.holding("graph")
_CANNED = "the name of a canned query (rolegraph query lists them)"
PLAIN = {"table": "json", "graph": "turtle"}


@click.command("query", cls=Command)
@click.argument("query", required=False)
@click.option("-p", "--param", "parameters", multiple=True, metavar="NAME=VALUE", help="A parameter of a canned query; may be repeated.")
@format_option((*TABLES, *GRAPHS), "table")
@output_option
@store_option
def ask(query: str | None, parameters: tuple[str, ...], name: str, output: Path | None, store: Path | None) -> None:
    """Run a canned query, a SPARQL file, or SPARQL from standard input (-). Without an argument, list the canned queries.

    \b
    rolegraph query
    rolegraph query coverage
    rolegraph query items-missing -p from=ai-programmer -p to=computer-vision-engineer --format csv
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
        document = json.loads(answer.body) if answer.format.name == "json" else {}
        if "results" in document:
            tables.show_rows(document["head"]["vars"], document["results"]["bindings"])
            return
    write(answer.body, output)


def _list(queries: QueryCatalogue, name: str, output: Path | None) -> None:
    if name == "table":
        tables.list_queries(queries)
    elif name == "json":
        write(to_json({"queries": [query.as_dict() for query in queries]}, indent=True).encode(), output)
    else:
        raise BadParameter("format", f"the list of canned queries is not offered as {name}", expected="table or json")


def _query_text(graph: Rolegraph, query: str, parameters: dict[str, list[str]]) -> str:
    path = Path(query)
    if query != "-" and not path.is_file():
        if any(character in query for character in " {?\n"):
            expected = "a SPARQL file, or - for SPARQL from standard input"
            raise BadParameter("query", "SPARQL text is not accepted as an argument", expected=expected)
        if path.suffix or len(path.parts) > 1:
            raise BadParameter("query", f"there is no file {query}", expected=f"a SPARQL file, - for standard input, or {_CANNED}")
        return graph.bound(query, parameters)
    if parameters:
        raise BadParameter("param", "only canned queries take parameters", expected=_CANNED)
    try:
        return (sys.stdin.buffer.read() if query == "-" else path.read_bytes()).decode()
    except UnicodeDecodeError as error:
        raise UnreadableInput(f"the query is not UTF-8: byte {error.start + 1} cannot be read", expected="text in UTF-8") from error
    except OSError as error:
        raise BadParameter("query", f"{query} cannot be read: {error.strerror}", expected="a readable SPARQL file") from error


def _pairs(parameters: Sequence[str]) -> dict[str, list[str]]:
    values: dict[str, list[str]] = {}
    for text in parameters:
        name, equals, value = text.partition("=")
        if not equals:
            raise BadParameter("param", f"{text!r} has no equals sign", expected="NAME=VALUE, such as role=ai-architect")
        values.setdefault(name.strip(), []).append(value)
    return values
