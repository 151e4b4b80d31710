"""The commands of the analyses: likeness, gaps, ways, openings, what tells roles apart, who agrees."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

import click

from rolegraph import formats
from rolegraph.cli import analysis_tables, stores
from rolegraph.cli.files import write
from rolegraph.cli.options import Command, FormatName, format_option, output_option, store_option
from rolegraph.errors import BadParameter
from rolegraph.facade import Rolegraph
from rolegraph.formats import Format
from rolegraph.output import to_csv, to_json
from rolegraph.queries import Parameter

OFFERED = (*formats.holding("document"), formats.named("csv", formats.holding("table")))
READ = (formats.named("text", formats.holding("page")), *formats.holding("document", "graph"))
SOURCE = Parameter("source", "the source", ("source",), ("ai-programmer-vs-deep-learning-engineer",))

profile_file = click.Path(exists=True, dir_okay=False, allow_dash=True, path_type=Path)
form = format_option(OFFERED, "table")
among = click.option("--source", help="Only roles that this source speaks of: a slug, a CURIE or an IRI.")


class Found(Protocol):
    """What an analysis returns."""

    def as_dict(self) -> dict[str, Any]:
        """Return it as JSON."""

    def table(self) -> list[list[str]]:
        """Return it as a table."""


@click.command(cls=Command)
@click.argument("role")
@click.option("--with", "other", help="Only this other role, with all that adds to the likeness.")
@among
@click.option("-n", "--count", default=10, show_default=True, type=click.IntRange(1, 100), help="How many roles.")
@form
@output_option
@store_option
def similar(*, role: str, other: str | None, source: str | None, count: int, name: str, output: Path | None, store: Path | None) -> None:
    """Show the roles most like a role, and what makes them alike.

    \b
    rolegraph similar computer-vision-engineer
    rolegraph similar ai-architect --with ai-programmer --format csv
    """
    graph = stores.read(store)
    if other:
        found = graph.analysis.likeness(graph.role(role), graph.role(other, "with"))
    else:
        found = graph.analysis.similar(graph.role(role), _source(graph, source), count)
    _show(found, name, output, lambda: analysis_tables.similarity(found))


@click.command(cls=Command)
@click.argument("origin", required=False)
@click.argument("target", required=False)
@click.option("--profile", type=profile_file, help="A file of skills in place of ORIGIN; - is standard input.")
@click.option("--input-format", type=FormatName(READ), help="Format of the profile; else by its file name.")
@among
@click.option("-n", "--count", default=10, show_default=True, type=click.IntRange(1, 100), help="How many roles fit a profile.")
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
    count: int,
    name: str,
    output: Path | None,
    store: Path | None,
) -> None:
    """Show what of a role's needs another role has, or a profile: a list of skills, a JSON Resume, a JobPosting or an entry.

    With a profile, the one role that may be named is the target; without it, the roles that fit best are shown.

    \b
    rolegraph gap ai-programmer computer-vision-engineer
    rolegraph gap --profile skills.txt
    rolegraph gap --profile resume.json ai-architect --format json
    """
    graph = stores.read(store)
    if profile is None:
        if origin is None or target is None:
            raise BadParameter("target", "two roles are needed, or a profile", expected="rolegraph gap FROM TO, or --profile FILE")
        between = graph.analysis.gap(graph.role(origin, "from"), graph.role(target, "to"))
        _show(between, name, output, lambda: analysis_tables.gap(between))
        return
    from rolegraph.analysis import profiles

    if target is not None:
        raise BadParameter("target", "with a profile, one role at most is named", expected="the role that the profile is held against")
    body = sys.stdin.buffer.read() if str(profile) == "-" else profile.read_bytes()
    wanted = graph.role(origin, "to") if origin else None
    matches = graph.analysis.fit(profiles.read(body, _format(profile, input_format)), wanted, _source(graph, source), count)
    _show(matches, name, output, lambda: analysis_tables.fit(matches))


@click.command(cls=Command)
@click.argument("origin")
@click.argument("target")
@click.option("-k", "count", default=3, show_default=True, type=click.IntRange(1, 10), help="How many routes.")
@form
@output_option
@store_option
def paths(*, origin: str, target: str, count: int, name: str, output: Path | None, store: Path | None) -> None:
    """Show the cheapest routes from a role to another one, and what is learnt at each step.

    \b
    rolegraph paths ai-programmer computer-vision-engineer
    rolegraph paths ai-programmer computer-vision-engineer -k 5 --format json
    """
    graph = stores.read(store)
    found = graph.analysis.paths(graph.role(origin, "from"), graph.role(target, "to"), count)
    _show(found, name, output, lambda: analysis_tables.paths(found))


@click.command(cls=Command)
@click.argument("origin")
@among
@click.option("-n", "--count", default=5, show_default=True, type=click.IntRange(1, 20), help="How many items to learn.")
@form
@output_option
@store_option
def openings(*, origin: str, source: str | None, count: int, name: str, output: Path | None, store: Path | None) -> None:
    """Show which few items open most further roles to somebody who comes from a role.

    \b
    rolegraph openings ai-programmer
    """
    graph = stores.read(store)
    found = graph.analysis.openings(graph.role(origin, "from"), _source(graph, source), count)
    _show(found, name, output, lambda: analysis_tables.openings(found))


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
    found = graph.analysis.distinguish(graph.roles(roles))
    _show(found, name, output, lambda: analysis_tables.distinction(found))


@click.command(cls=Command)
@click.argument("role")
@click.option("--matches", is_flag=True, help="Take the roles that match it exactly or closely for the same role.")
@form
@output_option
@store_option
def agreement(role: str, name: str, output: Path | None, store: Path | None, *, matches: bool) -> None:
    """Show which claims about a role several sources share, which one makes alone, and which contradict each other.

    \b
    rolegraph agreement deep-learning-engineer
    rolegraph agreement computer-vision-engineer --matches --format csv
    """
    graph = stores.read(store)
    found = graph.analysis.agreement(graph.role(role), matches=matches)
    _show(found, name, output, lambda: analysis_tables.agreement(found))


def _show(found: Found, name: str, output: Path | None, show: Callable[[], None]) -> None:
    if name == "json":
        write(to_json(found.as_dict()).encode(), output)
    elif name == "csv":
        write(to_csv(found.table()).encode(), output)
    else:
        show()


def _source(graph: Rolegraph, text: str | None) -> str | None:
    return graph.resolve(text, SOURCE) if text else None


def _format(path: Path, name: str | None) -> Format:
    found = formats.named(name, READ) if name else formats.of_extension(path.name, READ)
    if found is None:
        known = ", ".join(f".{format_.extension}" for format_ in READ)
        named = "standard input" if str(path) == "-" else path
        detail = f"the format of {named} is not known by its name"
        raise BadParameter("profile", detail, expected=f"--input-format, or a name that ends in {known}")
    return found
