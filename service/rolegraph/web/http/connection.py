"""The clients of requests: their share of threads and query workers, and whether they are still connected."""

import asyncio
import ipaddress
from collections.abc import AsyncIterator, Callable
from concurrent.futures import Future
from contextlib import ExitStack, asynccontextmanager
from typing import Protocol
from weakref import WeakValueDictionary

from flask import Flask, request

from rolegraph.engine import IsCancelled, never_cancelled, pool
from rolegraph.errors import RolegraphError
from rolegraph.web.http import authorization

CLIENT = "rolegraph.client"  # key of the client in the environ of a request


class Connection(Protocol):
    """The part of Granian's protocol object that is used here."""

    async def client_disconnect(self) -> None:
        """Return when the connection is closed."""


class Slots:
    """Request slots of each network, so that many requests from one network do not delay others. Used in the event loop.

    :param each: requests of one network that run at the same time; further ones wait
    """

    def __init__(self, each: int) -> None:
        self._each = each
        self._free: WeakValueDictionary[str, asyncio.Semaphore] = WeakValueDictionary()  # a semaphore lives while a request holds it

    @asynccontextmanager
    async def one(self, name: str) -> AsyncIterator[Callable[[], object]]:
        """Hold a slot of a network for a block, and yield a function that frees it earlier; any thread may call it, repeatedly."""
        loop = asyncio.get_running_loop()
        free = self._free.setdefault(name, asyncio.Semaphore(self._each))
        await free.acquire()
        with ExitStack() as slot:
            slot.callback(free.release)
            yield lambda: loop.call_soon_threadsafe(slot.close)


class Client(Protocol):
    """The client of one request."""

    def is_cancelled(self) -> bool:
        """Return whether the client has closed its connection; a cheap check. Called from the thread of the request."""


class ConnectedClient:
    """A client of this server. The connection is watched from the first question on, since most responses are ready at once."""

    def __init__(self, connection: Connection, loop: asyncio.AbstractEventLoop) -> None:
        self._connection = connection
        self._loop = loop
        self._watch: Future[None] | None = None

    def is_cancelled(self) -> bool:
        """See :meth:`Client.is_cancelled`."""
        if self._watch is None:
            self._watch = asyncio.run_coroutine_threadsafe(self._left(), self._loop)
        return self._watch.done() and not self._watch.cancelled()

    def forget(self) -> None:
        """Stop watching the connection."""
        if self._watch is not None:
            self._watch.cancel()

    async def _left(self) -> None:
        await self._connection.client_disconnect()


def is_cancelled() -> IsCancelled:
    """Return a function that returns whether the client of the current request has disconnected; always False under other servers."""
    client: Client | None = request.environ.get(CLIENT)
    return client.is_cancelled if client else never_cancelled


def install(app: Flask) -> None:
    """Count the queries of each request as those of its client."""
    app.before_request(lambda: pool.CLIENT.set(_name()) and None)
    app.teardown_request(lambda _: pool.CLIENT.set("") and None)


def _name() -> str:
    """Return a key for the client: its token, else its network."""
    if "Authorization" in request.headers:
        try:
            return f"token {authorization.presented().id}"
        except RolegraphError:
            pass  # an invalid token is reported where a token is needed
    return network(request.remote_addr or "")


def network(text: str) -> str:
    """Return a key for the clients of an address: the IPv4 address, or the /64 network of an IPv6 address, which one subscriber has."""
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return text
    return str(ipaddress.ip_network((address, 64), strict=False)) if address.version == 6 else str(address)
