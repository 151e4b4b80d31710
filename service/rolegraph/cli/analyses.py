"""The analysis commands: similar, gap, paths, openings, distinguish and agreement."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

import click

from rolegraph import formats
from rolegraph.cli import analysis_tables, stores
from rolegraph.cli.files import write
from rolegraph.cli.options import Command, FormatName, format_option, near_option, output_option, store_option
from rolegraph.errors import BadParameter
from rolegraph.facade import Rolegraph
from rolegraph.formats import Format
from rolegraph.output import to_csv, to_json
from rolegraph.queries.parameters import Parameter

OFFERED = (*formats.holding("document"), formats.named("csv", formats.holding("table")))
READ = (formats.named("text", formats.holding("page")), *formats.holding("document", "graph"))
SOURCE = Parameter("source", "the source", ("source",), ("ai-programmer-vs-deep-learning-engineer",))

profile_file = click.Path(exists=True, dir_okay=False, allow_dash=True, path_type=Path)
form = format_option(OFFERED, "table")
among = click.option("--source", help="Only roles that this source describes: its slug, CURIE or IRI.")


class Result(Protocol):
    """The result of an analysis."""

    def as_dict(self) -> dict[str, Any]:
        """Return the result as a JSON object."""

    def table(self) -> list[list[str]]:
        """Return the result as rows of cells, the header first."""


@click.command(cls=Command)
@click.argument("role")
@click.option("--with", "other", help="Compare with this role only, and list every item that adds to the similarity.")
@among
@click.option("-n", "--count", default=10, show_default=True, type=click.IntRange(1, 100), help="Number of roles.")
@form
@output_option
@store_option
def similar(*, role: str, other: str | None, source: str | None, count: int, name: str, output: Path | None, store: Path | None) -> None:
    """Show the roles most similar to a role, and the items that make them similar.

    \b
    rolegraph similar computer-vision-engineer
    rolegraph similar ai-architect --with ai-programmer --format csv
    """
    graph = stores.read(store)
    if other:
        result = graph.analysis.likeness(graph.role(role), graph.role(other, "with"))
    else:
        result = graph.analysis.similar(graph.role(role), _source(graph, source), count)
    _show(result, name, output, lambda: analysis_tables.similarity(result))


@click.command(cls=Command)
@click.argument("origin", required=False)
@click.argument("target", required=False)
@click.option("--profile", type=profile_file, help="A file of skills to use in place of ORIGIN; - is standard input.")
@click.option("--input-format", type=FormatName(READ), help="Format of the profile. Default: by the extension of the file name.")
@among
@near_option
@click.option("-n", "--count", default=10, show_default=True, type=click.IntRange(1, 100), help="Number of roles to match with a profile.")
@form
@output_option
@store_option
def gap(
    *,
    origin: str | None,
    target: str | None,
    profile: Path | None,
    input_format: str | None,
    source: str | None,
    near: str,
    count: int,
    name: str,
    output: Path | None,
    store: Path | None,
) -> None:
    """Show which requirements of a role another role or a profile covers, and which are missing.

    A profile is a list of skills, a JSON Resume, a schema.org JobPosting or a role entry. With a profile, name at most one role,
    the target. Without a target, the roles that fit the profile best are shown.

    \b
    rolegraph gap ai-programmer computer-vision-engineer
    rolegraph gap --profile skills.txt
    rolegraph gap --profile resume.json ai-architect --format json
    """
    graph = stores.read(store)
    if profile is None:
        if origin is None or target is None:
            usage = "rolegraph gap FROM TO, or rolegraph gap --profile FILE [TO]"
            raise BadParameter("target", "name two roles, or one profile", expected=usage)
        comparison = graph.gap(graph.role(origin, "from"), graph.role(target, "to"), near)
        _show(comparison, name, output, lambda: analysis_tables.gap(comparison))
        return
    from rolegraph.analysis import profiles

    if target is not None:
        raise BadParameter("target", "with a profile, at most one role can be named", expected="rolegraph gap --profile FILE [TO]")
    body = sys.stdin.buffer.read() if str(profile) == "-" else profile.read_bytes()
    target_iri = graph.role(origin, "to") if origin else None
    matches = graph.analysis.fit(profiles.read(body, _format(profile, input_format)), target_iri, _source(graph, source), count)
    _show(matches, name, output, lambda: analysis_tables.fit(matches))


@click.command(cls=Command)
@click.argument("origin")
@click.argument("target")
@click.option("-k", "count", default=3, show_default=True, type=click.IntRange(1, 10), help="Number of routes.")
@form
@output_option
@store_option
def paths(*, origin: str, target: str, count: int, name: str, output: Path | None, store: Path | None) -> None:
    """Show the cheapest routes from one role to another, and what to learn at each step.

    \b
    rolegraph paths ai-programmer computer-vision-engineer
    rolegraph paths ai-programmer computer-vision-engineer -k 5 --format json
    """
    graph = stores.read(store)
    result = graph.analysis.paths(graph.role(origin, "from"), graph.role(target, "to"), count)
    _show(result, name, output, lambda: analysis_tables.paths(result))


@click.command(cls=Command)
@click.argument("origin")
@among
@click.option("-n", "--count", default=5, show_default=True, type=click.IntRange(1, 20), help="Number of items to learn.")
@form
@output_option
@store_option
def openings(*, origin: str, source: str | None, count: int, name: str, output: Path | None, store: Path | None) -> None:
    """Show which few items, once learnt, open the most further roles from a role.

    \b
    rolegraph openings ai-programmer
    """
    graph = stores.read(store)
    result = graph.analysis.openings(graph.role(origin, "from"), _source(graph, source), count)
    _show(result, name, output, lambda: analysis_tables.openings(result))


@click.command(cls=Command)
@click.argument("roles", nargs=-1, required=True)
@form
@output_option
@store_option
def distinguish(roles: tuple[str, ...], name: str, output: Path | None, store: Path | None) -> None:
    """Show the fewest items that tell roles apart.

    \b
    rolegraph distinguish ai-architect ai-programmer deep-learning-engineer
    """
    graph = stores.read(store)
    result = graph.analysis.distinguish(graph.roles(roles))
    _show(result, name, output, lambda: analysis_tables.distinction(result))


@click.command(cls=Command)
@click.argument("role")
@click.option("--matches", is_flag=True, help="Treat roles that are its exact or close matches as the same role.")
@near_option
@form
@output_option
@store_option
def agreement(role: str, near: str, name: str, output: Path | None, store: Path | None, *, matches: bool) -> None:
    """Show which claims about a role several sources share, which only one source makes, and which contradict each other.

    \b
    rolegraph agreement deep-learning-engineer
    rolegraph agreement computer-vision-engineer --matches --format csv
    """
    graph = stores.read(store)
    result = graph.agreement(graph.role(role), near, matches=matches)
    _show(result, name, output, lambda: analysis_tables.agreement(result))


def _show(result: Result, name: str, output: Path | None, show: Callable[[], None]) -> None:
    if name == "json":
        write(to_json(result.as_dict(), indent=True).encode(), output)
    elif name == "csv":
        write(to_csv(result.table()).encode(), output)
    else:
        show()


def _source(graph: Rolegraph, text: str | None) -> str | None:
    return graph.resolve(text, SOURCE) if text else None


def _format(path: Path, name: str | None) -> Format:
    format_ = formats.named(name, READ) if name else formats.of_extension(path.name, READ)
    if format_ is None:
        extensions = ", ".join(f".{readable.extension}" for readable in READ)
        if str(path) == "-":
            raise BadParameter("profile", "standard input has no file name that shows its format", expected="--input-format FORMAT")
        detail = f"the extension of {path} is not that of a known format"
        raise BadParameter("profile", detail, expected=f"--input-format FORMAT, or a file name that ends in {extensions}")
    return format_
