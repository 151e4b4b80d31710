"""Finds the store that a command works on. A command that reads never creates, changes or locks a store."""

from pathlib import Path

import click
from platformdirs import user_data_path

from rolegraph import tokens
from rolegraph.engine.read_only import holds_store
from rolegraph.facade import Rolegraph, opening

# files that the folder of a store without a revision may hold: tokens, lost+found, remains of an interrupted first start
_INITIAL = {tokens.FILE, "lost+found", "default-graph", "graph", "revisions"}


def default() -> Path:
    """Return the default folder of the store, in the user's data folder."""
    return user_data_path("rolegraph") / "store"


def read(store: Path | None) -> Rolegraph:
    """Open a store for reading.

    :param store: its folder; None is the default store if there is one, else the shipped data in memory
    :raises StoreUnusable: if the folder holds no store
    """
    if store is None and not holds_store(default()):
        return Rolegraph.open()
    opened = opening.published(store or default())
    if store is None:
        click.echo(f"reading revision {opened.engine.revision} of the store in {default()}", err=True)
    return Rolegraph(opened.engine, search=opened.search, folder=opened.folder)


def refuse_others(context: click.Context, parameter: click.Parameter, store: Path) -> Path:
    """Refuse a folder that holds other files than a store's: a new store would be mixed with them."""
    del context, parameter
    check(store)
    return store


def check(store: Path) -> None:
    """Check that a folder is that of a store, or can become one.

    :raises click.BadParameter: if it holds other files
    """
    if store.is_dir() and not holds_store(store):
        others = sorted(path.name for path in store.iterdir() if path.name not in _INITIAL)
        if others:
            some = ", ".join(others[:3]) + (", …" if len(others) > 3 else "")
            accepted = "name the folder of a store, or a folder that is missing or empty"
            raise click.BadParameter(f"{store} holds no store, but other files ({some}); {accepted}")
