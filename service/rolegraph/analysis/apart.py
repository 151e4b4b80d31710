"""Stores the snapshot of the analyses in another process."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rolegraph.analysis.incremental import IncrementalFacts
from rolegraph.engine.read_only import Published


@contextmanager
def facts_apart(store: Path) -> Iterator[None]:
    """Store the snapshot of the analyses in another process during a ``with`` statement. If that fails, there is none."""
    command = [sys.executable, "-c", f"from {__name__} import store_facts; store_facts()", str(store)]
    quiet = subprocess.DEVNULL
    with subprocess.Popen(command, stdin=quiet, stdout=quiet, stderr=quiet) as process:  # noqa: S603 - our own program
        try:
            yield
        except BaseException:
            process.kill()
            raise


def store_facts() -> None:
    """Store the snapshot of the analyses of the newest revision of a store, whose folder is the argument of the command."""
    store = Path(sys.argv[1])
    IncrementalFacts(Published(store), store).refresh()
