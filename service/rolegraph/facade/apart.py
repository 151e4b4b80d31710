"""Stores the arrays of the analyses in another process."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rolegraph.engine.read_only import Published


@contextmanager
def analyses_apart(store: Path) -> Iterator[None]:
    """Store the arrays of the analyses in another process during a ``with`` statement. If that fails, nothing is stored."""
    command = [sys.executable, "-c", f"from {__name__} import store_analyses; store_analyses()", str(store)]
    quiet = subprocess.DEVNULL
    with subprocess.Popen(command, stdin=quiet, stdout=quiet, stderr=quiet) as process:  # noqa: S603 - our own program
        try:
            yield
        except BaseException:
            process.kill()
            raise


def store_analyses() -> None:
    """Store the arrays of the newest revision of a store, whose folder is the argument of the command."""
    from rolegraph.facade import Rolegraph

    store = Path(sys.argv[1])
    Rolegraph(Published(store), folder=store).analysis.refresh()
