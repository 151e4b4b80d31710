"""Validators of graphs for conditional writes (RFC 9110, 8.8): each identifies one state of the content of a graph."""

import hashlib
import json
import secrets
import threading
from collections.abc import Iterable
from pathlib import Path

from rolegraph.engine import Receipt
from rolegraph.engine.write_log import ChangedGraphs

FILE = "validators.json"
MOST = 10_000  # graphs with a stored validator; beyond that, all graphs get new ones
_BYTES = 8  # the length of a validator


class Validators:
    """A random text for each graph, replaced by every write that changes the graph. It is never reused, even after a restore.

    They are stored beside the store, so that a restart keeps them. Each write stores them before it is published. So a file that is
    older than the newest revision, or that does not parse, is ignored: all graphs get new validators, and clients have to read again.

    :param folder: the folder of the store; None for a store in memory
    """

    def __init__(self, folder: Path | None = None, revision: int = 0) -> None:
        self._file = folder / FILE if folder else None
        self._changing = threading.Lock()
        stored = self._load(revision)
        self._others, self._by_graph = self._next = stored or (secrets.token_hex(_BYTES), {})
        if stored is None:
            self._store(revision)

    def of(self, graph: str) -> str:
        """Return the validator of a graph by its IRI; an empty text is the default graph."""
        with self._changing:
            stored = self._by_graph.get(graph)
            return stored or hashlib.blake2b(f"{self._others} {graph}".encode(), digest_size=_BYTES).hexdigest()

    def note(self, revision: int, graphs: ChangedGraphs) -> None:
        """Create and store new validators for the graphs that a write changes, None for all, before its revision is published.

        They take effect with :meth:`settle`: a client that got a new validator with the old content would miss the write.

        :raises OSError: if they cannot be stored
        """
        if graphs is None or len(self._by_graph) + len(graphs) > MOST:
            self._next = secrets.token_hex(_BYTES), {}
        else:
            self._next = self._others, self._by_graph | {graph: secrets.token_hex(_BYTES) for graph in graphs}
        self._store(revision)

    def settle(self) -> None:
        """Use the new validators, once the revision is published."""
        with self._changing:
            self._others, self._by_graph = self._next

    def receipt(self, revision: int, graphs: Iterable[str | None]) -> Receipt:
        """Return the receipt of a write to these graphs; None is the default graph."""
        return Receipt(revision, {graph or "": self.of(graph or "") for graph in graphs})

    def _store(self, revision: int) -> None:
        if self._file:
            fresh = self._file.with_suffix(".new")
            others, by_graph = self._next
            fresh.write_text(json.dumps({"revision": revision, "others": others, "own": by_graph}), encoding="utf-8")
            fresh.replace(self._file)

    def _load(self, revision: int) -> tuple[str, dict[str, str]] | None:
        try:
            document = json.loads(self._file.read_text(encoding="utf-8")) if self._file else {}
            if document["revision"] >= revision:
                return str(document["others"]), dict(document["own"])
        except (OSError, ValueError, KeyError, TypeError):
            return None
        return None
