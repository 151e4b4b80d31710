"""Whoever sent the current request, and whether they still wait for the answer."""

import asyncio
from concurrent.futures import Future
from typing import Protocol

from flask import request

from rolegraph.engine import Gone, waiting

CLIENT = "rolegraph.client"  # where the environment of a request holds its client


class Connection(Protocol):
    """What the server knows of a connection."""

    async def client_disconnect(self) -> None:
        """Return once it is closed."""


class Client:
    """The client of one request: nothing is watched until somebody asks, since most answers are there at once."""

    def __init__(self, connection: Connection, loop: asyncio.AbstractEventLoop) -> None:
        self._connection = connection
        self._loop = loop
        self._watch: Future[None] | None = None

    def gone(self) -> bool:
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


def gone() -> Gone:
    """Return a function that tells whether the client of the current request has gone away; "no" where the server cannot know."""
    client = request.environ.get(CLIENT)
    return client.gone if isinstance(client, Client) else waiting
