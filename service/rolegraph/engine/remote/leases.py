"""Who may write to an endpoint: one at a time, by a lease in the bookkeeping that is renewed while a write lasts, and that runs out.

Only the endpoint's clock counts, so those of the writers may differ. A lease is taken by one update that does nothing where another has
it. Where a server does not isolate updates, two may take it at once: each reads afterwards who has it, and gives way where it is not alone.
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

LASTS = 30.0  # seconds for which a writer that was seen by the endpoint goes on
GONE = (
    60.0  # seconds, by the endpoint's clock, after which one that was not seen again is taken for gone; the rest is for what is under way
)
PATIENCE = 10.0  # seconds for which a write waits for another one
PAUSE = 0.2


class Holder(NamedTuple):
    """A writer as the bookkeeping has it; ``idle`` is for how many seconds it was not seen."""

    iri: str
    seen: str
    place: str
    idle: float


class Lease:
    """The lease of one write; it is taken at the start of a block, and given back at its end.

    :param patience: the seconds to wait for another writer
    :raises StoreUnusable: where another one writes all the while
    """

    def __init__(self, wire: Connection, patience: float = PATIENCE) -> None:
        self._wire = wire
        self._lookups = Lookups(wire)
        self._patience = patience
        self._own = ox.NamedNode(f"urn:uuid:{uuid.uuid4()}")
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
            with suppress(RolegraphError):  # it runs out by itself
                self._give_back()
                break

    @property
    def condition(self) -> str:
        """The pattern that only matches while the lease is ours."""
        return f"GRAPH <{BOOK}> {{ <{BOOK}> {WRITER} {self._own} }}"

    @property
    def lost(self) -> bool:
        """Whether another one may have the lease, or take it at any moment."""
        return time.monotonic() > self._until

    def check(self) -> None:
        """Make sure, without asking, that the lease is still ours.

        :raises StoreUnusable: where it may not be
        """
        if self.lost:
            raise StoreUnusable(f"this write paused for longer than {LASTS:g} seconds, so that another one may have begun")

    def confirm(self) -> None:
        """Make sure that the lease was ours all the time until now.

        :raises StoreUnusable: where it was not
        """
        if self._own.value not in [holder.iri for holder in holders(self._lookups)]:
            self._until = 0.0
        self.check()

    def _take(self) -> None:
        until = time.monotonic() + self._patience
        while True:
            began = time.monotonic()
            self._wire.update(self._taking())
            found = holders(self._lookups)
            others = [holder for holder in found if holder.iri != self._own.value]
            if found and not others:
                self._until = began + LASTS
                return
            if len(found) > len(others):
                self._give_back()
            gone = [holder for holder in others if holder.idle > GONE]
            for holder in gone:
                self._wire.update(_taking_away(holder))
            if not gone and time.monotonic() > until:
                raise _busy(others)
            time.sleep(0 if gone else random.uniform(PAUSE / 2, PAUSE))  # noqa: S311 - so that two do not keep step

    def _taking(self) -> str:
        place = ox.Literal(f"{socket.gethostname()}, process {os.getpid()}")
        # a count, since a FILTER NOT EXISTS beside nothing but BIND holds always on Virtuoso
        taken = f"{{ SELECT (COUNT(*) AS ?n) {{ GRAPH <{BOOK}> {{ <{BOOK}> {WRITER} ?any }} }} }}"
        made = f"<{BOOK}> {WRITER} {self._own} . {self._own} {SEEN} ?now ; {PLACE} {place}"
        return f"INSERT {{ GRAPH <{BOOK}> {{ {made} }} }} WHERE {{ {taken} FILTER(?n = 0) BIND(STR(NOW()) AS ?now) }}"

    def _renew(self) -> None:
        """Say from time to time that the write goes on. What fails is tried again; where the lease went, nothing matches."""
        seen = f"DELETE {{ GRAPH <{BOOK}> {{ {self._own} {SEEN} ?old }} }} INSERT {{ GRAPH <{BOOK}> {{ {self._own} {SEEN} ?now }} }}"
        old = f"GRAPH <{BOOK}> {{ <{BOOK}> {WRITER} {self._own} . {self._own} {SEEN} ?old }}"
        while not self._ended.wait(LASTS / 3):
            began = time.monotonic()
            with suppress(RolegraphError):
                self._wire.update(f"{seen} WHERE {{ {old} BIND(STR(NOW()) AS ?now) }}")
                if self._own.value not in [holder.iri for holder in holders(self._lookups)]:
                    self._until = 0.0
                    return
                self._until = began + LASTS

    def _give_back(self) -> None:
        self._wire.update(_removing(self._own.value, ""))


def holders(lookups: Lookups) -> list[Holder]:
    """Return who may write now: none or one, or several where some will give way."""
    writer = f"<{BOOK}> {WRITER} ?writer . OPTIONAL {{ ?writer {SEEN} ?seen }} OPTIONAL {{ ?writer {PLACE} ?place }}"
    rows = lookups.texts(f"SELECT ?writer ?seen ?place (STR(NOW()) AS ?now) {{ GRAPH <{BOOK}> {{ {writer} }} }}", 4)
    return [Holder(iri, seen, place, _idle(seen, now)) for iri, seen, place, now in rows]


def _idle(seen: str, now: str) -> float:
    """Return the seconds between two times of the same clock; one that was set back counts as one that went on."""
    try:
        return abs((datetime.fromisoformat(_plain(now)) - datetime.fromisoformat(_plain(seen))).total_seconds())
    except ValueError:
        return GONE + 1  # written by nobody who would renew it


def _plain(time_: str) -> str:
    """Return a time without its zone, which is the same for both, and with no more digits than are read here."""
    found = re.match(r"[\d-]+T[\d:]+(\.\d{1,6})?", time_)
    return found[0] if found else ""


def _taking_away(holder: Holder) -> str:
    """Return the update that ends a lease which has run out, and does nothing where it was renewed meanwhile."""
    return _removing(holder.iri, f"{ox.NamedNode(holder.iri)} {SEEN} {ox.Literal(holder.seen)} ." if holder.seen else "")


def _removing(iri: str, condition: str) -> str:
    own = ox.NamedNode(iri)
    told = f"<{BOOK}> {WRITER} {own} . {own} ?property ?value"
    return f"DELETE {{ GRAPH <{BOOK}> {{ {told} }} }} WHERE {{ GRAPH <{BOOK}> {{ {condition} {told} }} }}"


def _busy(others: list[Holder]) -> StoreUnusable:
    places = "; ".join(f"{holder.place}, last seen {holder.idle:.0f} seconds ago" for holder in others)
    detail = f"another Rolegraph is writing to the endpoint ({places}), and only one may at a time: nothing was changed"
    return StoreUnusable(detail, expected=f"the same again later; a writer that is gone is taken for gone after {GONE:g} seconds")
