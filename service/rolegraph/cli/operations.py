"""Commands for operators: tokens, backup, restore and revert."""

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

from rolegraph import formats, tokens
from rolegraph.cli import tables
from rolegraph.cli.options import Command, Group, format_option, served_store_option
from rolegraph.engine import backups, opening
from rolegraph.output import to_json
from rolegraph.tokens import Tokens

store_option = served_store_option("Folder of the store. A running service may use it.")


@click.group(cls=Group)
def token() -> None:
    """Create, list and revoke the tokens that allow writing over HTTP. Changes take effect at once, also in a running service.

    \b
    rolegraph token create --scope admin
    rolegraph token list
    rolegraph token revoke 1x2y3z4w
    """


@token.command()
@click.option("--scope", required=True, help="What the token allows: admin (everything), or write:SOURCE (writing to one source).")
@click.option("--name", default="", help="A note on its owner or purpose.")
@click.option("--expires", metavar="TIME", help="90d or 12h from now, or a date such as 2027-01-01. Default: never.")
@store_option
def create(scope: str, name: str, expires: str | None, store: Path) -> None:
    """Create a token and print it. It cannot be shown again: only a digest is stored.

    \b
    rolegraph token create --scope admin --name "nightly import" --expires 90d
    rolegraph token create --scope write:ai-architect-vs-deep-learning-engineer --expires 2027-01-01
    """
    made = Tokens(store / tokens.FILE).create(scope, name, None if expires is None else tokens.lifetime(expires))
    until = f"until {made.token.expires:%Y-%m-%d %H:%M} UTC" if made.token.expires else "until it is revoked"
    click.echo(f"Token {made.token.id} for {made.token.scope} in {store} is valid {until}. Save it: it cannot be shown again.", err=True)
    click.echo(made.text)


@token.command("list")
@format_option(formats.holding("document"), "table")
@store_option
def list_(name: str, store: Path) -> None:
    """List the tokens, without their secrets.

    \b
    rolegraph token list
    rolegraph token list --format json
    """
    listed = Tokens(store / tokens.FILE).list()
    if name == "table":
        tables.show_tokens(listed)
    else:
        click.echo(to_json([token.as_dict() for token in listed], indent=True), nl=False)


@token.command()
@click.argument("id_", metavar="ID")
@store_option
def revoke(id_: str, store: Path) -> None:
    """Revoke the token with this id.

    \b
    rolegraph token revoke 1x2y3z4w
    """
    revoked = Tokens(store / tokens.FILE).revoke(id_)
    click.echo(f"Token {revoked.id} for {revoked.scope} is revoked.")


@click.command(cls=Command)
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--force", is_flag=True, help="Replace the file if it exists.")
@store_option
def backup(file: Path, store: Path, *, force: bool) -> None:
    """Write the newest revision of the store, and the digests of its tokens, into one file. A running service need not stop.

    \b
    rolegraph backup rolegraph.tar.gz
    rolegraph backup --store /var/lib/rolegraph --force /backup/rolegraph.tar.gz
    """
    with _progress("Backing up") as progress:
        made = backups.back_up(store, file, force=force, progress=progress)
    click.echo(f"Revision {made.revision} is in {file}: {len(made.files)} files, {made.size:,} bytes, packed {file.stat().st_size:,}.")


@click.command(cls=Command)
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--store",
    type=click.Path(path_type=Path),
    envvar="ROLEGRAPH_STORE",
    show_envvar=True,
    required=True,
    help="Folder of the new store; it must be missing or empty.",
)
def restore(file: Path, store: Path) -> None:
    """Create a new store from a backup. A damaged or incomplete backup is refused, and no store is left behind.

    \b
    rolegraph restore rolegraph.tar.gz --store /var/lib/rolegraph-restored
    """
    with _progress("Restoring") as progress:
        made = backups.restore(file, store, progress)
    published = f"{made.published:%Y-%m-%d %H:%M} UTC"
    click.echo(f"Revision {made.revision} of {published} is in {store}. Start it with: rolegraph serve --store {store}")


@click.command(cls=Command)
@click.argument("revision", type=click.IntRange(0))
@served_store_option("Folder of the store. Stop a service that uses it first.")
def revert(revision: int, store: Path) -> None:
    """Publish the content of an older revision again, as the newest one: after damage or a mistaken write. Nothing is removed.

    \b
    rolegraph revert 16
    rolegraph revert 16 --store /var/lib/rolegraph
    """
    made = opening.revert(store, revision)
    click.echo(f"Revision {made} of the store in {store} now has the content of revision {revision}.")


@contextmanager
def _progress(text: str) -> Iterator[backups.Progress]:
    """Show progress on a terminal. SIGTERM ends the command after its clean-up."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as shown:
        task = shown.add_task(text, total=None)
        yield lambda step, total: shown.update(task, advance=step, total=total)
