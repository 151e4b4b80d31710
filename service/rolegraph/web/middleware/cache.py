"""The response cache, in front of the application.

An ETag is a digest of the revision and of everything in the request that the response depends on. So a client that has the response gets
a 304 before anything is looked up, and other clients get the cached copy.
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
RECALL = "rolegraph.recall"  # key of the extension that returns the cached response to a request
_ENTRY = 420  # bytes of memory of a copy beside its texts: its tag as the key, objects and tables
_HEADER = 56  # the same for a header
_VOLATILE = re.compile(r"\b(?:(?:RAND|NOW|UUID|STRUUID)\s*\(|SERVICE\b)", re.IGNORECASE)
_MARKS = ("rand", "now", "uuid", "service", "%4", "%5", "%6", "%7")  # without any of them, nothing volatile: the last hide letters
_DEPENDS = ("PATH_INFO", "QUERY_STRING", "HTTP_ACCEPT", "HTTP_HOST", "wsgi.url_scheme", "SCRIPT_NAME")
_NEVER = ("/static/", "/livez", "/readyz")


@dataclass(frozen=True)
class CachedResponse:
    """A response as it was sent."""

    headers: tuple[tuple[str, str], ...]
    body: bytes
    status: str = "200 OK"

    @property
    def size(self) -> int:
        """The size in memory, in bytes."""
        texts = sum(_HEADER + sys.getsizeof(name) + sys.getsizeof(value) for name, value in self.headers)
        return _ENTRY + texts + sys.getsizeof(self.body)


class LruByBytes:
    """Cached responses by tag; the least recently used are evicted first. Thread-safe.

    :param room: most bytes of memory
    """

    def __init__(self, room: int = KEPT) -> None:
        self._copies: LRUCache[str, CachedResponse] = LRUCache(room, getsizeof=lambda copy: copy.size)
        self._changing = threading.Lock()

    @property
    def size(self) -> int:
        """The size of all copies in memory, in bytes."""
        return int(self._copies.currsize)

    def recall(self, tag: str) -> CachedResponse | None:
        """Return the response with a tag, or None."""
        with self._changing:
            return self._copies.get(tag)

    def keep(self, tag: str, copy: CachedResponse) -> None:
        """Cache a response, unless its body is over :data:`LARGEST`."""
        if len(copy.body) <= LARGEST:
            with self._changing:
                self._copies[tag] = copy


class ResponseCache:
    """WSGI middleware that answers repeated requests from the cache."""

    def __init__(self, app: "WSGIApplication", graph: Rolegraph) -> None:
        self._app = app
        self._graph = graph
        self._memory = LruByBytes()

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        """Respond from the cache, with a 304, or through the application."""
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
        """Return the cached response to a request, a 304 if the client has it, or None. Fast for every request."""
        tag = self.tag(environ)
        return None if tag is None else self._recall(environ, tag)

    def _recall(self, environ: "WSGIEnvironment", tag: str) -> CachedResponse | None:
        if "HTTP_IF_MATCH" in environ:
            return None  # the application checks it
        had = parse_etags(environ.get("HTTP_IF_NONE_MATCH"))
        if had.is_strong(tag) or had.is_weak(tag):  # not "*": the cache does not know whether the page exists
            return _unchanged(tag)
        return self._memory.recall(tag)

    def tag(self, environ: "WSGIEnvironment") -> str | None:
        """Return the ETag of the response to a request, or None if the same request may get different responses."""
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
