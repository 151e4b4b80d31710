"""What the commands share: how they end, and the options that several of them take."""

import os
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar

import click

from rolegraph import formats
from rolegraph.cli import error_text, files, stores
from rolegraph.errors import BadParameter, RolegraphError
from rolegraph.formats import Format

Function = TypeVar("Function", bound=Callable[..., Any])


class Command(click.Command):
    """A command that ends with our errors' exit codes, says what is accepted, and keeps its examples as written."""

    def make_context(self, info_name: str | None, args: list[str], parent: click.Context | None = None, **extra: Any) -> click.Context:
        """Read the arguments; what is wrong with them may be an error of ours, too."""
        try:
            return super().make_context(info_name, args, parent, **extra)
        except RolegraphError as error:
            click.echo("\n".join(error_text.lines(error)), err=True)
            raise click.exceptions.Exit(error.exit_code) from error

    def invoke(self, context: click.Context) -> Any:
        """Run the command and turn an error of ours into a message and an exit code; who reads only the first lines has what he wanted."""
        try:
            try:
                return super().invoke(context)
            finally:
                if sys.stdout:  # there is none where it was closed
                    sys.stdout.flush()
        except RolegraphError as error:
            click.echo("\n".join(error_text.lines(error)), err=True)
            context.exit(error.exit_code)
        except BrokenPipeError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # or the end of the process would try once more
            context.exit(0)


class Group(click.Group):
    """A group of such commands."""

    command_class = Command


store_option = click.option(
    "--store",
    type=click.Path(file_okay=False, path_type=Path),
    envvar="ROLEGRAPH_STORE",
    show_envvar=True,
    help="Folder of the store to read, also beside a service. Without it, the one in the user's data folder, else the shipped data.",
)
output_option = click.option(
    "-o",
    "--output",
    type=click.Path(dir_okay=False, allow_dash=True, path_type=Path),
    callback=lambda _context, _parameter, output: files.tried(output),
    help="Write to this file; - is standard output.",
)


class FormatName(click.Choice[str]):
    """One of some formats, by any of the names that :func:`rolegraph.formats.named` knows.

    :param people: names of forms for people, which are no formats
    """

    name = "format"

    def __init__(self, offered: Sequence[Format], *people: str) -> None:
        super().__init__([*people, *dict.fromkeys(format_.name for format_ in offered)])
        self._offered = offered

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the name of the format."""
        with suppress(BadParameter):
            value = formats.named(value, self._offered).name
        return super().convert(value, param, ctx)


def served_store_option(text: str) -> Callable[[Function], Function]:
    """Return the option --store of the commands that work on the store that the service keeps."""
    return click.option(
        "--store",
        type=click.Path(file_okay=False, path_type=Path),
        envvar="ROLEGRAPH_STORE",
        show_envvar=True,
        default=stores.default,
        show_default="in the user's data folder",
        callback=stores.refuse_others,
        help=text,
    )


def setting(name: str, default: Any, kind: Any, text: str, **more: Any) -> Callable[[Function], Function]:
    """Return an option of ``serve`` that an environment variable of the same name sets too, where blanks part several values."""
    variable = "ROLEGRAPH_" + name.strip("-").replace("-", "_").upper()
    return click.option(name, default=default, envvar=variable, show_default=True, show_envvar=True, type=kind, help=text, **more)


def format_option(offered: Sequence[Format], *people: str) -> Callable[[Function], Function]:
    """Return the option --format for some formats, those for people first; the first is the default."""
    known = FormatName(offered, *people)
    return click.option("-f", "--format", "name", type=known, default=known.choices[0], show_default=True, help="Form of the answer.")
