"""The response cache, in front of the application.

A cached response is sent until a write touches what it depends on, and a client that has it gets a 304 before anything is looked up.
"""

import hashlib
import re
import sys
import threading
from collections.abc import Iterable
from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import TYPE_CHECKING
from urllib.parse import unquote_plus

from cachetools import LRUCache
from werkzeug.http import parse_etags, quote_etag
from werkzeug.wrappers import Response

from rolegraph import __version__, dependencies
from rolegraph.facade import Rolegraph
from rolegraph.web.http import conditions
from rolegraph.web.http.tags import ResponseTag, Validity, stands_for
from rolegraph.web.http.wsgi import FAILURE, LARGEST, TAG, ask, whole
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
    tag: str = ""
    validity: Validity | None = None

    @property
    def size(self) -> int:
        """The size in memory, in bytes."""
        texts = sum(_HEADER + sys.getsizeof(name) + sys.getsizeof(value) for name, value in self.headers)
        digests = self.validity.digests if self.validity else None
        return _ENTRY + texts + sys.getsizeof(self.body) + (0 if digests is None else sys.getsizeof(digests))


class LruByBytes:
    """Cached responses by what they are responses to; the least recently used are evicted first. Thread-safe.

    :param room: most bytes of memory
    """

    def __init__(self, room: int = KEPT) -> None:
        self._copies: LRUCache[str, CachedResponse] = LRUCache(room, getsizeof=lambda copy: copy.size)
        self._changing = threading.Lock()

    @property
    def size(self) -> int:
        """The size of all copies in memory, in bytes."""
        return int(self._copies.currsize)

    def recall(self, form: str) -> CachedResponse | None:
        """Return the response to requests of a form, or None."""
        with self._changing:
            return self._copies.get(form)

    def keep(self, form: str, copy: CachedResponse) -> None:
        """Cache a response, unless its body is over :data:`LARGEST`."""
        if len(copy.body) <= LARGEST:
            with self._changing:
                self._copies[form] = copy


class ResponseCache:
    """WSGI middleware that answers repeated requests from the cache."""

    def __init__(self, app: "WSGIApplication", graph: Rolegraph) -> None:
        self._app = app
        self._graph = graph
        self._memory = LruByBytes()

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        """Respond from the cache, with a 304, or through the application."""
        tag = self._tag(environ)
        if tag is None:
            return self._app(environ, start_response)
        copy = self._recall(environ, tag, following=True)
        if copy is None:
            environ[TAG] = tag
            with dependencies.recorded() as tag.recording:
                status, headers, pieces = ask(self._app, environ)
            length = headers.get("Content-Length", type=int)
            small = length is not None and length <= LARGEST and environ["REQUEST_METHOD"] == "GET"
            if not small or status != "200 OK" or TAG not in environ or headers.get("ETag") != quote_etag(str(tag)):
                start_response(status, headers.to_wsgi_list())
                return pieces
            validity = None if tag.validator else tag.validity
            copy = CachedResponse(tuple(headers.to_wsgi_list()), whole(pieces), tag=str(tag), validity=validity)
            self._memory.keep(tag.form, copy)
        start_response(copy.status, list(copy.headers))
        return [] if environ["REQUEST_METHOD"] == "HEAD" else [copy.body]

    def recall(self, environ: "WSGIEnvironment") -> CachedResponse | None:
        """Return the cached response to a request, a 304 if the client has it, or None. Fast for every request."""
        tag = self._tag(environ)
        return None if tag is None else self._recall(environ, tag, following=False)

    def _recall(self, environ: "WSGIEnvironment", tag: ResponseTag, *, following: bool) -> CachedResponse | None:
        """Return the cached response.

        :param following: look up whether one of an older revision is still valid, which may have to open the newest one first
        """
        if "HTTP_IF_MATCH" in environ:
            return None  # the application checks it
        copy = self._memory.recall(tag.form)
        if tag.validator is not None:
            present, validity = f"{tag.validator}-{tag.form}", None
            copy = copy if copy and copy.tag == present else None
        else:
            if copy and copy.validity and following:
                copy = self._followed(tag, copy, copy.validity)
            if copy and not (copy.validity and copy.validity.until == tag.revision):
                copy = None
            # the revision itself is in the tag of a response that it has changed, which is the same as long as nothing is written
            present = copy.tag if copy else f"{tag.revision}-{tag.form}"
            validity = copy.validity if copy and copy.validity else Validity(tag.revision, tag.revision, None)
        had = parse_etags(environ.get("HTTP_IF_NONE_MATCH"))
        # not "*": the cache does not know whether the page exists
        if any(name == present or (validity and stands_for(name, tag.form, validity)) for name in had.as_set(include_weak=True)):
            return _unchanged(present)
        return copy

    def _followed(self, tag: ResponseTag, copy: CachedResponse, validity: Validity) -> CachedResponse | None:
        """Return a cached response with its validity up to the newest revision; None, and forget it, if it may be another one there."""
        if validity.until == tag.revision:
            return copy
        followed = validity.followed(self._graph.engine, tag.revision)
        if followed is None:
            return None
        copy = replace(copy, validity=followed)
        self._memory.keep(tag.form, copy)
        return copy

    def _tag(self, environ: "WSGIEnvironment") -> ResponseTag | None:
        """Return the tag of the response to a request, or None if the same request may get different responses."""
        if environ["REQUEST_METHOD"] not in ("GET", "HEAD") or environ["PATH_INFO"].startswith(_NEVER) or FAILURE in environ:
            return None
        if _VOLATILE.search(unquote_plus(environ.get("QUERY_STRING", ""))):
            return None
        revision = self._graph.engine.revision
        if revision is None:
            return None
        coding = choose(environ.get("HTTP_ACCEPT_ENCODING", ""))
        depends = repr([__version__, self._graph.engine.history, coding, *(environ.get(name, "") for name in _DEPENDS)])
        form = hashlib.sha256(depends.encode()).hexdigest()[:24]
        return ResponseTag(form, self._graph.engine, revision, conditions.validator(environ, self._graph.engine))


def _unchanged(tag: str) -> CachedResponse:
    response = Response(status=HTTPStatus.NOT_MODIFIED)
    response.set_etag(tag)
    response.cache_control.no_cache = True
    response.vary.update(VARY)
    response.headers.update(ALWAYS)
    del response.headers["Content-Length"], response.headers["Content-Type"]
    return CachedResponse(tuple(response.headers.to_wsgi_list()), b"", response.status)
