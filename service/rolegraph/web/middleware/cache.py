"""Answers that are remembered: what a revision answered once it answers the same again, so nothing is computed twice.

The tag of an answer is made of the revision and of all that the answer depends on in the request. So a client that
still has the answer is told so before anything is looked up, and another one gets the copy that is kept here. It stands
before the application, which a repeated question never reaches.
"""

import hashlib
import re
import sys
import threading
from collections.abc import Iterable
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING
from urllib.parse import unquote_plus

from cachetools import LRUCache
from werkzeug.http import parse_etags, quote_etag
from werkzeug.wrappers import Response

from rolegraph import __version__
from rolegraph.facade import Rolegraph
from rolegraph.web.http import conditions
from rolegraph.web.http.wsgi import FAILURE, LARGEST, TAG, TAGGED, ask, whole
from rolegraph.web.middleware.compression import choose
from rolegraph.web.middleware.headers import ALWAYS, VARY

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

KEPT = 64 * 1024 * 1024  # bytes of memory
RECALL = "rolegraph.recall"  # where an application keeps what returns the answer to a request that is at hand
_ENTRY = 420  # bytes of memory that a copy takes beside its texts: its tag as the key, and the objects and tables around them
_HEADER = 56  # the same of a header
_VOLATILE = re.compile(r"\b(?:(?:RAND|NOW|UUID|STRUUID)\s*\(|SERVICE\b)", re.IGNORECASE)
_DEPENDS = ("PATH_INFO", "QUERY_STRING", "HTTP_ACCEPT", "HTTP_HOST", "wsgi.url_scheme", "SCRIPT_NAME")
_NEVER = ("/static/", "/livez", "/readyz")


@dataclass(frozen=True)
class CachedResponse:
    """An answer as it was sent."""

    headers: tuple[tuple[str, str], ...]
    body: bytes
    status: str = "200 OK"

    @property
    def size(self) -> int:
        """The bytes of memory that it takes."""
        texts = sum(_HEADER + sys.getsizeof(name) + sys.getsizeof(value) for name, value in self.headers)
        return _ENTRY + texts + sys.getsizeof(self.body)


class LruByBytes:
    """The copies of answers by tag; those that were asked for longest ago go first. Safe between threads.

    :param room: bytes of memory that all of them may take
    """

    def __init__(self, room: int = KEPT) -> None:
        self._copies: LRUCache[str, CachedResponse] = LRUCache(room, getsizeof=lambda copy: copy.size)
        self._changing = threading.Lock()

    @property
    def size(self) -> int:
        """The bytes of memory that the copies take."""
        return int(self._copies.currsize)

    def recall(self, tag: str) -> CachedResponse | None:
        """Return the answer of a tag, or None."""
        with self._changing:
            return self._copies.get(tag)

    def keep(self, tag: str, copy: CachedResponse) -> None:
        """Keep an answer, unless it is a large one."""
        if len(copy.body) <= LARGEST:
            with self._changing:
                self._copies[tag] = copy


class ResponseCache:
    """WSGI middleware that answers what was asked before."""

    def __init__(self, app: "WSGIApplication", graph: Rolegraph) -> None:
        self._app = app
        self._graph = graph
        self._memory = LruByBytes()

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        """Answer from memory, with 304, or through the application."""
        environ[TAGGED] = self._graph.engine.revision
        tag = self.tag(environ)
        if tag is None:
            return self._app(environ, start_response)
        copy = self._recall(environ, tag)
        if copy is None:
            environ[TAG] = tag
            status, headers, pieces = ask(self._app, environ)
            length = headers.get("Content-Length", type=int)
            small = length is not None and length <= LARGEST and environ["REQUEST_METHOD"] == "GET"
            if not small or status != "200 OK" or headers.get("ETag") != quote_etag(tag):
                start_response(status, headers.to_wsgi_list())
                return pieces
            copy = CachedResponse(tuple(headers.to_wsgi_list()), whole(pieces))
            self._memory.keep(tag, copy)
        start_response(copy.status, list(copy.headers))
        return [] if environ["REQUEST_METHOD"] == "HEAD" else [copy.body]

    def recall(self, environ: "WSGIEnvironment") -> CachedResponse | None:
        """Return the cached answer to a request, if there is one: a 304 where the client has it. Quick, whatever the request."""
        tag = self.tag(environ)
        return None if tag is None else self._recall(environ, tag)

    def _recall(self, environ: "WSGIEnvironment", tag: str) -> CachedResponse | None:
        if "HTTP_IF_MATCH" in environ:
            return None  # what it says is looked at by the application
        had = parse_etags(environ.get("HTTP_IF_NONE_MATCH"))
        if had.is_strong(tag) or had.is_weak(tag):  # not "*": whether there is such a page at all is not known here
            return _unchanged(tag)
        return self._memory.recall(tag)

    def tag(self, environ: "WSGIEnvironment") -> str | None:
        """Return the tag of the answer to a request, or None where asking again may give another one."""
        if environ["REQUEST_METHOD"] not in ("GET", "HEAD") or environ["PATH_INFO"].startswith(_NEVER) or FAILURE in environ:
            return None
        if _VOLATILE.search(unquote_plus(environ.get("QUERY_STRING", ""))):
            return None
        version = conditions.version(environ, self._graph.engine)
        if version is None:
            return None
        coding = choose(environ.get("HTTP_ACCEPT_ENCODING", ""))
        depends = repr([__version__, coding, *(environ.get(name, "") for name in _DEPENDS)])
        return f"{version}-{hashlib.sha256(depends.encode()).hexdigest()[:24]}"


def _unchanged(tag: str) -> CachedResponse:
    response = Response(status=HTTPStatus.NOT_MODIFIED)
    response.set_etag(tag)
    response.cache_control.no_cache = True
    response.vary.update(VARY)
    response.headers.update(ALWAYS)
    del response.headers["Content-Length"], response.headers["Content-Type"]
    return CachedResponse(tuple(response.headers.to_wsgi_list()), b"", response.status)
