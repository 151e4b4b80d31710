"""Validators of graphs for conditional writes (RFC 9110, 8.8): each identifies one state of the content of a graph."""

import hashlib
import json
import secrets
import threading
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

from rolegraph.engine import Receipt
from rolegraph.engine.write_log import ChangedGraphs

FILE = "validators.json"
MOST = 10_000  # graphs with a stored validator; beyond that, all graphs get new ones
_BYTES = 8  # the length of a validator


class Validators:
    """A random text for each graph, replaced by every write that changes the graph. It is never reused, even after a restore.

    They are stored beside the store, so that a restart keeps them. Each write stores them before it is published, together with those
    of the revision before, which other processes read until then. A file that is older than the newest revision, or that does not
    parse, is ignored: all graphs get new validators, and clients have to read again.

    :param folder: the folder of the store; None for a store in memory
    """

    def __init__(self, folder: Path | None = None, revision: int = 0) -> None:
        self._file = folder / FILE if folder else None
        self._changing = threading.Lock()
        state = stored = self._load(revision) or State(secrets.token_hex(_BYTES), {})
        if not stored.history:
            state = stored._replace(history=secrets.token_hex(_BYTES))
        self._state = self._next = state
        if state is not stored:
            self._store(revision)

    @property
    def history(self) -> str:
        """A random text that is another one after a restore, when the numbers of revisions may be those of others."""
        return self._state.history

    def of(self, graph: str) -> str:
        """Return the validator of a graph by its IRI; an empty text is the default graph."""
        with self._changing:
            return self._state.validator(graph)

    def note(self, revision: int, graphs: ChangedGraphs) -> None:
        """Create and store new validators for the graphs that a write changes, None for all, before its revision is published.

        They take effect with :meth:`settle`: a client that got a new validator with the old content would miss the write.

        :raises OSError: if they cannot be stored
        """
        if graphs is None or len(self._state.by_graph) + len(graphs) > MOST:
            self._next = State(secrets.token_hex(_BYTES), {}, self.history)
        else:
            fresh = {graph: secrets.token_hex(_BYTES) for graph in graphs}
            self._next = self._state._replace(by_graph={**self._state.by_graph, **fresh})
        self._store(revision)

    def settle(self) -> None:
        """Use the new validators, once the revision is published."""
        with self._changing:
            self._state = self._next

    def receipt(self, revision: int, graphs: Iterable[str | None]) -> Receipt:
        """Return the receipt of a write to these graphs; None is the default graph."""
        return Receipt(revision, {graph or "": self.of(graph or "") for graph in graphs})

    def _store(self, revision: int) -> None:
        if self._file:
            fresh = self._file.with_suffix(".new")
            states = {revision - 1: self._state, revision: self._next}
            document = [
                {"revision": number, "others": state.others, "own": state.by_graph, "history": state.history}
                for number, state in states.items()
            ]
            fresh.write_text(json.dumps(document), encoding="utf-8")
            fresh.replace(self._file)

    def _load(self, revision: int) -> "State | None":
        states = _stored(self._file) if self._file else {}
        return next((state for number, state in sorted(states.items()) if number >= revision), None)


class State(NamedTuple):
    """The validators of one revision: of the graphs that were written, and the text that those of all others are made of.

    ``history`` is that of :class:`Validators`; a file of an older version has none.
    """

    others: str
    by_graph: Mapping[str, str]
    history: str = ""

    @classmethod
    def read(cls, folder: Path, revision: int) -> "State | None":
        """Return those that the process that writes has stored for a revision, None if these are of another one."""
        return _stored(folder / FILE).get(revision)

    def validator(self, graph: str) -> str:
        """Return the validator of a graph by its IRI; an empty text is the default graph."""
        return self.by_graph.get(graph) or hashlib.blake2b(f"{self.others} {graph}".encode(), digest_size=_BYTES).hexdigest()


def _stored(file: Path) -> dict[int, State]:
    """Return the stored validators by revision, none if the file cannot be read."""
    try:
        states = json.loads(file.read_text(encoding="utf-8"))
        return {int(state["revision"]): State(str(state["others"]), dict(state["own"]), str(state.get("history", ""))) for state in states}
    except (OSError, ValueError, OverflowError, KeyError, TypeError):
        return {}
