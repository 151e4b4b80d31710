"""Validators: what tells the content of a graph from what it held before, for those who write only what they have seen (RFC 9110, 8.8)."""

import hashlib
import json
import secrets
import threading
from collections.abc import Iterable
from pathlib import Path

from rolegraph.engine import Receipt
from rolegraph.engine.write_log import ChangedGraphs

FILE = "validators.json"
MOST = 10_000  # graphs that have one of their own; beyond that, all get new ones
_BYTES = 8  # of a validator


class Validators:
    """A random text for each graph, drawn anew with each write that changes it. No two contents share one, even after a restore.

    They lie beside the store, so that a restart keeps them. Each write notes them before it is published: a file that is older than the
    newest revision, or that does not parse, is therefore not believed, and all graphs get new ones, at which a client reads again.

    :param folder: of the store; None for one that nothing stays of
    """

    def __init__(self, folder: Path | None = None, revision: int = 0) -> None:
        self._file = folder / FILE if folder else None
        self._changing = threading.Lock()
        kept = self._kept(revision)
        self._others, self._own = self._next = kept or (secrets.token_hex(_BYTES), {})
        if kept is None:
            self._keep(revision)

    def of(self, graph: str) -> str:
        """Return the validator of a graph, by its IRI; an empty one is the default graph."""
        with self._changing:
            own = self._own.get(graph)
            return own or hashlib.blake2b(f"{self._others} {graph}".encode(), digest_size=_BYTES).hexdigest()

    def note(self, revision: int, graphs: ChangedGraphs) -> None:
        """Draw new ones for the graphs that a write changes, None for all, before its revision is published.

        They are given out once :meth:`settle` says that it is: a new one with what the graph held before would hide the write.

        :raises OSError: where they cannot be kept
        """
        if graphs is None or len(self._own) + len(graphs) > MOST:
            self._next = secrets.token_hex(_BYTES), {}
        else:
            self._next = self._others, self._own | {graph: secrets.token_hex(_BYTES) for graph in graphs}
        self._keep(revision)

    def settle(self) -> None:
        """Give out what was drawn last: the revision can be read."""
        with self._changing:
            self._others, self._own = self._next

    def receipt(self, revision: int, graphs: Iterable[str | None]) -> Receipt:
        """Return the receipt of a write that was about some graphs, None for the default graph."""
        return Receipt(revision, {graph or "": self.of(graph or "") for graph in graphs})

    def _keep(self, revision: int) -> None:
        if self._file:
            fresh = self._file.with_suffix(".new")
            others, own = self._next
            fresh.write_text(json.dumps({"revision": revision, "others": others, "own": own}), encoding="utf-8")
            fresh.replace(self._file)

    def _kept(self, revision: int) -> tuple[str, dict[str, str]] | None:
        try:
            found = json.loads(self._file.read_text(encoding="utf-8")) if self._file else {}
            if found["revision"] >= revision:
                return str(found["others"]), dict(found["own"])
        except (OSError, ValueError, KeyError, TypeError):
            return None
        return None
