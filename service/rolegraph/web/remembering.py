"""Answers that are remembered: what a revision answered once it answers the same again, so nothing is computed twice.

The tag of an answer is made of the revision and of all that the answer depends on in the request. So a client that
still has the answer is told so before anything is looked up, and another one gets the copy that is kept here.
"""

import hashlib
import re
import threading
from collections import OrderedDict
from dataclasses import dataclass

from flask import Flask, Response, g, request
from werkzeug.datastructures import Headers

from rolegraph import __version__
from rolegraph.web import negotiation
from rolegraph.web.state import graph

KEPT = 64 * 1024 * 1024  # bytes of bodies
LARGEST = 1024 * 1024  # bytes of one body
_VOLATILE = re.compile(r"\b(RAND|NOW|UUID|STRUUID)\s*\(", re.IGNORECASE)


@dataclass(frozen=True)
class _Copy:
    body: bytes
    headers: Headers


class Memory:
    """The copies of answers by tag; those that were asked for longest ago go first. Safe between threads."""

    def __init__(self, kept: int = KEPT) -> None:
        self._copies: OrderedDict[str, _Copy] = OrderedDict()
        self._changing = threading.Lock()
        self._room = kept

    def recall(self, tag: str) -> Response | None:
        """Return the answer of a tag, or None."""
        with self._changing:
            copy = self._copies.get(tag)
            if copy is None:
                return None
            self._copies.move_to_end(tag)
        return Response(copy.body, headers=copy.headers)

    def keep(self, tag: str, response: Response) -> None:
        """Keep a copy of an answer, unless it is a large one."""
        body = response.get_data()
        if len(body) > LARGEST:
            return
        with self._changing:
            if tag not in self._copies:
                self._copies[tag] = _Copy(body, Headers(response.headers))
                self._room -= len(body)
            while self._room < 0:
                _, oldest = self._copies.popitem(last=False)
                self._room += len(oldest.body)


def install(app: Flask) -> None:
    """Have an application remember what it answers to GET."""
    memory = Memory()

    def recall() -> Response | None:
        g.tag = _tag()
        if g.tag is None:
            return None
        if request.if_none_match.contains(g.tag):
            response = Response(status=304)
            response.set_etag(g.tag)
            return response
        return memory.recall(g.tag)

    def keep(response: Response) -> Response:
        tag = g.get("tag")
        if tag and response.status_code == 200 and not response.is_streamed and "ETag" not in response.headers:
            response.set_etag(tag)
            memory.keep(tag, response)
        return response

    app.before_request(recall)
    app.after_request(keep)


def _tag() -> str | None:
    """Return the tag of the answer to the current request, or None where asking again may give another one."""
    if request.method not in ("GET", "HEAD") or request.endpoint == "static" or _VOLATILE.search(request.args.get("query", "")):
        return None
    depends = (request.path, negotiation.suffix(), request.query_string, request.headers.getlist("Accept"), request.host, __version__)
    return f"{graph().engine.revision}-{hashlib.sha256(repr(depends).encode()).hexdigest()[:24]}"
