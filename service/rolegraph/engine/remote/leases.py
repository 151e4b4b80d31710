"""A lease in the bookkeeping, so that one process at a time writes to an endpoint. It is renewed during a write, and expires.

Only the clock of the endpoint is used, so those of the writers may differ. A lease is taken by one update that does nothing if another
process has it. If a server does not isolate updates, two may take it at once: each reads the holders afterwards, and gives its lease back
unless it is alone.
"""

import os
import random
import re
import socket
import threading
import time
import uuid
from contextlib import suppress
from datetime import datetime
from typing import NamedTuple, Self

import pyoxigraph as ox

from rolegraph.engine.remote.http import Connection
from rolegraph.engine.remote.lookups import Lookups
from rolegraph.engine.remote.names import BOOK, PLACE, SEEN, WRITER
from rolegraph.errors import RolegraphError, StoreUnusable

LASTS = 30.0  # seconds for which a lease is valid after it was taken or renewed
GONE = 60.0  # seconds, by the endpoint's clock, after which a silent writer counts as gone; more than LASTS, for requests still running
PATIENCE = 10.0  # seconds for which a write waits for another one
PAUSE = 0.2  # seconds between two attempts


class Holder(NamedTuple):
    """A writer in the bookkeeping; ``idle`` is the number of seconds since it was last seen."""

    iri: str
    seen: str
    place: str
    idle: float


class Lease:
    """The lease of one write: a context manager that takes it and gives it back.

    :param patience: the seconds to wait for another writer
    :raises StoreUnusable: if another process keeps writing
    """

    def __init__(self, wire: Connection, patience: float = PATIENCE) -> None:
        self._wire = wire
        self._lookups = Lookups(wire)
        self._patience = patience
        self._iri = ox.NamedNode(f"urn:uuid:{uuid.uuid4()}")
        self._until = 0.0
        self._ended = threading.Event()
        self._renewing: threading.Thread | None = None

    def __enter__(self) -> Self:
        try:
            self._take()
        except RolegraphError:
            self.__exit__()
            raise
        self._renewing = threading.Thread(target=self._renew, name="lease", daemon=True)
        self._renewing.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        if self._renewing:
            self._renewing.join()
        for _try in range(2):
            with suppress(RolegraphError):  # it expires anyway
                self._give_back()
                break

    @property
    def condition(self) -> str:
        """The pattern that only matches while this process has the lease."""
        return f"GRAPH <{BOOK}> {{ <{BOOK}> {WRITER} {self._iri} }}"

    @property
    def lost(self) -> bool:
        """Whether the lease has expired, so that another process may have it or take it at any moment."""
        return time.monotonic() > self._until

    def check(self) -> None:
        """Check the lease by the local clock, without a request.

        :raises StoreUnusable: if it has expired
        """
        if self.lost:
            raise StoreUnusable(f"this write paused for more than {LASTS:g} seconds, and another one may have begun")

    def confirm(self) -> None:
        """Check at the endpoint that this process has had the lease without interruption.

        :raises StoreUnusable: if it has not
        """
        if self._iri.value not in [holder.iri for holder in holders(self._lookups)]:
            self._until = 0.0
        self.check()

    def _take(self) -> None:
        until = time.monotonic() + self._patience
        while True:
            began = time.monotonic()
            self._wire.update(self._taking())
            present = holders(self._lookups)
            others = [holder for holder in present if holder.iri != self._iri.value]
            if present and not others:
                self._until = began + LASTS
                return
            if len(present) > len(others):
                self._give_back()
            expired = [holder for holder in others if holder.idle > GONE]
            for holder in expired:
                self._wire.update(_taking_away(holder))
            if not expired and time.monotonic() > until:
                raise _busy(others)
            time.sleep(0 if expired else random.uniform(PAUSE / 2, PAUSE))  # noqa: S311 - random, so that two writers do not collide again

    def _taking(self) -> str:
        place = ox.Literal(f"{socket.gethostname()}, process {os.getpid()}")
        # a count, since on Virtuoso a FILTER NOT EXISTS with only a BIND beside it is always true
        taken = f"{{ SELECT (COUNT(*) AS ?n) {{ GRAPH <{BOOK}> {{ <{BOOK}> {WRITER} ?any }} }} }}"
        made = f"<{BOOK}> {WRITER} {self._iri} . {self._iri} {SEEN} ?now ; {PLACE} {place}"
        return f"INSERT {{ GRAPH <{BOOK}> {{ {made} }} }} WHERE {{ {taken} FILTER(?n = 0) BIND(STR(NOW()) AS ?now) }}"

    def _renew(self) -> None:
        """Renew the lease during the write. A failed request is repeated; if the lease is lost, the update matches nothing."""
        seen = f"DELETE {{ GRAPH <{BOOK}> {{ {self._iri} {SEEN} ?old }} }} INSERT {{ GRAPH <{BOOK}> {{ {self._iri} {SEEN} ?now }} }}"
        old = f"GRAPH <{BOOK}> {{ <{BOOK}> {WRITER} {self._iri} . {self._iri} {SEEN} ?old }}"
        while not self._ended.wait(LASTS / 3):
            began = time.monotonic()
            with suppress(RolegraphError):
                self._wire.update(f"{seen} WHERE {{ {old} BIND(STR(NOW()) AS ?now) }}")
                if self._iri.value not in [holder.iri for holder in holders(self._lookups)]:
                    self._until = 0.0
                    return
                self._until = began + LASTS

    def _give_back(self) -> None:
        self._wire.update(_removing(self._iri.value, ""))


def holders(lookups: Lookups) -> list[Holder]:
    """Return the present writers: none or one, or several for a moment, until all but one give way."""
    writer = f"<{BOOK}> {WRITER} ?writer . OPTIONAL {{ ?writer {SEEN} ?seen }} OPTIONAL {{ ?writer {PLACE} ?place }}"
    rows = lookups.texts(f"SELECT ?writer ?seen ?place (STR(NOW()) AS ?now) {{ GRAPH <{BOOK}> {{ {writer} }} }}", 4)
    return [Holder(iri, seen, place, _idle(seen, now)) for iri, seen, place, now in rows]


def _idle(seen: str, now: str) -> float:
    """Return the seconds between two times of the same clock, which may have been set back meanwhile."""
    try:
        return abs((datetime.fromisoformat(_plain(now)) - datetime.fromisoformat(_plain(seen))).total_seconds())
    except ValueError:
        return GONE + 1  # not a time that a writer of Rolegraph has written


def _plain(time_: str) -> str:
    """Return a time without its zone, which is the same for both, and with at most six decimals, as ``fromisoformat`` accepts."""
    match = re.match(r"[\d-]+T[\d:]+(\.\d{1,6})?", time_)
    return match[0] if match else ""


def _taking_away(holder: Holder) -> str:
    """Return the update that removes an expired lease, unless it was renewed meanwhile."""
    return _removing(holder.iri, f"{ox.NamedNode(holder.iri)} {SEEN} {ox.Literal(holder.seen)} ." if holder.seen else "")


def _removing(iri: str, condition: str) -> str:
    writer = ox.NamedNode(iri)
    pattern = f"<{BOOK}> {WRITER} {writer} . {writer} ?property ?value"
    return f"DELETE {{ GRAPH <{BOOK}> {{ {pattern} }} }} WHERE {{ GRAPH <{BOOK}> {{ {condition} {pattern} }} }}"


def _busy(others: list[Holder]) -> StoreUnusable:
    places = "; ".join(f"{holder.place}, last seen {holder.idle:.0f} seconds ago" for holder in others)
    detail = f"another Rolegraph is writing to the endpoint ({places}), and only one may write at a time: nothing was changed"
    return StoreUnusable(detail, expected=f"the same request, later; a writer that has stopped loses its lease after {GONE:g} seconds")
