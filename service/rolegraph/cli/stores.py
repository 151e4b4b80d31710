"""Which store a command works on. One that reads never makes a store, nor changes one, nor needs it for itself."""

from pathlib import Path

import click
from platformdirs import user_data_path

from rolegraph import tokens
from rolegraph.engine.read_only import holds_store
from rolegraph.facade import Rolegraph, opening

# what lies in the folder of a store that holds no revision yet: tokens, the mark of a file system, what a first start left unfinished
_BEGUN = {tokens.FILE, "lost+found", "default-graph", "graph", "revisions"}


def default() -> Path:
    """Return the folder of the store that is meant where none is named."""
    return user_data_path("rolegraph") / "store"


def read(store: Path | None) -> Rolegraph:
    """Open a store for reading: the one in a folder, else the default one, else what is shipped, in memory.

    :raises StoreUnusable: for a folder that holds no store
    """
    if store is None and not holds_store(default()):
        return Rolegraph.open()
    opened = opening.published(store or default())
    if store is None:
        click.echo(f"reading revision {opened.engine.revision} of the store in {default()}", err=True)
    return Rolegraph(opened.engine, search=opened.search, folder=opened.folder)


def refuse_others(context: click.Context, parameter: click.Parameter, store: Path) -> Path:
    """Refuse a folder that holds other things than a store: to be made there, it would lie among them."""
    del context, parameter
    if store.is_dir() and not holds_store(store):
        others = sorted(path.name for path in store.iterdir() if path.name not in _BEGUN)
        if others:
            some = ", ".join(others[:3]) + (", …" if len(others) > 3 else "")
            accepted = "name the folder of a store, or one that is missing or empty"
            raise click.BadParameter(f"{store} holds other things than a store ({some}); {accepted}")
    return store
