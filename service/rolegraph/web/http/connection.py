"""The clients of requests: who they are, for their share of threads and workers, and whether they still wait for the answer."""

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

CLIENT = "rolegraph.client"  # where the environment of a request holds its client


class Connection(Protocol):
    """What the server knows of a connection."""

    async def client_disconnect(self) -> None:
        """Return once it is closed."""


class Slots:
    """The request slots of each network, so that a crowd from one of them delays nobody else. Used in the event loop.

    :param each: how many requests of one network are worked on at a time; others wait their turn
    """

    def __init__(self, each: int) -> None:
        self._each = each
        self._free: WeakValueDictionary[str, asyncio.Semaphore] = WeakValueDictionary()  # those that some request holds

    @asynccontextmanager
    async def one(self, name: str) -> AsyncIterator[Callable[[], object]]:
        """Take a slot of a network for a block, and give a function that frees it before; any thread may call that, and more than once."""
        loop = asyncio.get_running_loop()
        free = self._free.setdefault(name, asyncio.Semaphore(self._each))
        await free.acquire()
        with ExitStack() as held:
            held.callback(free.release)
            yield lambda: loop.call_soon_threadsafe(held.close)


class Client:
    """The client of one request: nothing is watched until somebody asks, since most answers are there at once."""

    def __init__(self, connection: Connection, loop: asyncio.AbstractEventLoop) -> None:
        self._connection = connection
        self._loop = loop
        self._watch: Future[None] | None = None

    def is_cancelled(self) -> bool:
        """Tell whether the client has closed its connection; costs a look at a flag. Called from the thread of the request."""
        if self._watch is None:
            self._watch = asyncio.run_coroutine_threadsafe(self._left(), self._loop)
        return self._watch.done() and not self._watch.cancelled()

    def forget(self) -> None:
        """Watch no longer."""
        if self._watch is not None:
            self._watch.cancel()

    async def _left(self) -> None:
        await self._connection.client_disconnect()


def is_cancelled() -> IsCancelled:
    """Return a function that tells whether the client of the current request has gone away; "no" where the server cannot know."""
    client = request.environ.get(CLIENT)
    return client.is_cancelled if isinstance(client, Client) else never_cancelled


def install(app: Flask) -> None:
    """Have the work of each request count as that of its client."""
    app.before_request(lambda: pool.CLIENT.set(_name()) and None)
    app.teardown_request(lambda _: pool.CLIENT.set("") and None)


def _name() -> str:
    """Return what tells a client from others: its token, else its address, of IPv6 the network that one subscriber has."""
    if "Authorization" in request.headers:
        try:
            return f"token {authorization.presented().id}"
        except RolegraphError:
            pass  # what is no token that counts is told where one is needed
    return network(request.remote_addr or "")


def network(text: str) -> str:
    """Return what tells the clients of an address from others: itself, of IPv6 the network that one subscriber has."""
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return text
    return str(ipaddress.ip_network((address, 64), strict=False)) if address.version == 6 else str(address)
