"""Shared by the commands: exit codes and error output, and options that several take."""

import os
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar

import click

from rolegraph import formats, nearness
from rolegraph.cli import error_text, files, stores
from rolegraph.errors import BadParameter, RolegraphError
from rolegraph.formats import Format

Function = TypeVar("Function", bound=Callable[..., Any])


class Command(click.Command):
    """A command that prints a :class:`~rolegraph.errors.RolegraphError` and exits with its code."""

    def make_context(self, info_name: str | None, args: list[str], parent: click.Context | None = None, **extra: Any) -> click.Context:
        """Parse the arguments; callbacks of options may raise a RolegraphError."""
        try:
            return super().make_context(info_name, args, parent, **extra)
        except RolegraphError as error:
            click.echo("\n".join(error_text.lines(error)), err=True)
            raise click.exceptions.Exit(error.exit_code) from error

    def invoke(self, context: click.Context) -> Any:
        """Run the command and turn a RolegraphError into a message and an exit code.

        A closed pipe, as of ``head``, is no error.
        """
        try:
            try:
                return super().invoke(context)
            finally:
                if sys.stdout:  # None if standard output is closed
                    sys.stdout.flush()
        except RolegraphError as error:
            click.echo("\n".join(error_text.lines(error)), err=True)
            context.exit(error.exit_code)
        except BrokenPipeError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # else Python flushes again at exit and fails
            context.exit(0)


class Group(click.Group):
    """A group of :class:`Command`."""

    command_class = Command


store_option = click.option(
    "--store",
    type=click.Path(file_okay=False, path_type=Path),
    envvar="ROLEGRAPH_STORE",
    show_envvar=True,
    help="Folder of the store to read; a service may use it. Default: the store in the user's data folder, else the shipped data.",
)
near_option = click.option(
    "--near",
    type=click.Choice(nearness.MODES),
    default=nearness.REVIEWED,
    show_default=True,
    help="Which items count as near to others.",
)
output_option = click.option(
    "-o",
    "--output",
    type=click.Path(dir_okay=False, allow_dash=True, path_type=Path),
    callback=lambda _context, _parameter, output: files.tried(output),
    help="Write to this file; - is standard output.",
)


class FormatName(click.Choice[str]):
    """An option value that names a format, by any name that :func:`rolegraph.formats.named` accepts.

    :param offered: the formats to choose from
    :param views: names of terminal views, such as ``table``, which are no formats
    """

    name = "format"

    def __init__(self, offered: Sequence[Format], *views: str) -> None:
        super().__init__([*views, *dict.fromkeys(format_.name for format_ in offered)])
        self._offered = offered

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the name of the format."""
        with suppress(BadParameter):
            value = formats.named(value, self._offered).name
        return super().convert(value, param, ctx)


def served_store_option(text: str) -> Callable[[Function], Function]:
    """Return the option --store for commands that work on the store of a service.

    :param text: help text of the option
    """
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
    """Return an option of ``serve`` that the environment variable ROLEGRAPH_NAME sets too, several values separated by blanks.

    :param name: name of the option, such as ``--port``
    :param text: help text
    """
    variable = "ROLEGRAPH_" + name.strip("-").replace("-", "_").upper()
    return click.option(name, default=default, envvar=variable, show_default=True, show_envvar=True, type=kind, help=text, **more)


def format_option(offered: Sequence[Format], *views: str) -> Callable[[Function], Function]:
    """Return the option --format: terminal views, then formats; the first is the default."""
    choice = FormatName(offered, *views)
    return click.option("-f", "--format", "name", type=choice, default=choice.choices[0], show_default=True, help="Format of the output.")
