"""Answers that travel compressed, in the coding that the client likes best: zstd, br or gzip.

An answer that is compressed is another representation with a tag of its own (RFC 9110, 8.8.3.3): the tag of the plain one
and the name of the coding. What lies behind this middleware only knows plain answers and their tags. Nothing in an answer
is a secret beside what the client itself sent, so its length gives nothing away.
"""

import re
import sys
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from http import HTTPStatus
from typing import TYPE_CHECKING

import brotli
from werkzeug.datastructures import Headers
from werkzeug.http import parse_accept_header, parse_cache_control_header, parse_options_header
from werkzeug.wsgi import ClosingIterator

from rolegraph.formats import FORMATS
from rolegraph.web.http.wsgi import LARGEST, ask, close, whole
from rolegraph.web.middleware.cache import CachedResponse, LruByBytes, ResponseCache

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

Coder = tuple[Callable[[bytes], bytes], Callable[[], bytes]]
"""Takes a piece of a body and returns what there is to send so far; returns the rest."""

CODINGS = ("zstd", "br", "gzip")  # the cheaper ones first
LEAST = 1024  # bytes of a body: below, the headers outweigh what is saved
_MEDIA = {format_.media for format_ in FORMATS}
_ENDINGS = ("/json", "+json", "/xml", "+xml", "/javascript")
_TAG = re.compile(r'"([^"]*)"')
_AS_IT_IS = (HTTPStatus.NO_CONTENT, HTTPStatus.PARTIAL_CONTENT, HTTPStatus.NOT_MODIFIED)


class Compression:
    """WSGI middleware that compresses answers, and remembers the small ones as they were sent."""

    def __init__(self, app: "WSGIApplication") -> None:
        self._app = app
        self._memory = LruByBytes()

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        """Answer a request."""
        reads = environ["REQUEST_METHOD"] in ("GET", "HEAD")
        coding, plain = choose(environ.get("HTTP_ACCEPT_ENCODING", ""))
        had = environ.get("HTTP_IF_NONE_MATCH", "")
        for name in ("HTTP_IF_MATCH", "HTTP_IF_NONE_MATCH"):
            if name in environ and not (reads and name == "HTTP_IF_NONE_MATCH"):
                environ[name] = _bare(environ[name], *CODINGS)  # a write depends on what is stored, not on how it travelled
        if coding is None:
            return self._app(environ, start_response)
        if had and reads:
            environ["HTTP_IF_NONE_MATCH"] = _bare(had, coding)
        status, headers, pieces = ask(self._app, environ)
        if status.startswith("304"):
            _retag(headers, coding, had)
        length = headers.get("Content-Length", type=int)
        if not _compressible(status, headers) or (plain and length is not None and length < LEAST):
            start_response(status, headers.to_wsgi_list())
            return pieces
        pieces = self._compressed(pieces, status, headers, coding, environ["REQUEST_METHOD"])
        start_response(status, headers.to_wsgi_list())
        return pieces

    def recall(self, environ: "WSGIEnvironment") -> CachedResponse | None:
        """Return the answer to a request as it is sent, if it is at hand. Takes little time, whatever the request."""
        tag = self._app.tag(environ) if isinstance(self._app, ResponseCache) else None
        if tag is None or not isinstance(self._app, ResponseCache):
            return None
        coding, plain = choose(environ.get("HTTP_ACCEPT_ENCODING", ""))
        if coding is None:
            return self._app.recall(environ, tag)
        had = environ.get("HTTP_IF_NONE_MATCH", "")
        copy = self._app.recall({**environ, "HTTP_IF_NONE_MATCH": _bare(had, coding)}, tag)
        return copy and self._sent(copy, coding, had, plain=plain)

    def _sent(self, copy: CachedResponse, coding: str, had: str, *, plain: bool) -> CachedResponse | None:
        """Return a plain answer as it is sent in a coding, if that is at hand."""
        headers = Headers(copy.headers)
        if copy.status.startswith("304"):
            _retag(headers, coding, had)
            return replace(copy, headers=tuple(headers.to_wsgi_list()))
        if not _compressible(copy.status, headers) or (plain and len(copy.body) < LEAST):
            return copy
        return self._memory.recall(_tagged(headers, coding))

    def _compressed(self, pieces: Iterable[bytes], status: str, headers: Headers, coding: str, method: str) -> Iterable[bytes]:
        """Return the body of an answer compressed, if it is sent at all, and make the headers those of it."""
        length = headers.pop("Content-Length", None)
        headers.pop("Accept-Ranges", None)
        headers["Content-Encoding"] = coding
        tag = _tagged(headers, coding) if method in ("GET", "HEAD") else ""  # that of a write is the one of what is stored
        if tag:
            headers["ETag"] = tag
        if method == "HEAD":
            close(pieces)
            return []
        if length is None or int(length) > LARGEST:
            return ClosingIterator(stream(pieces, coding), lambda: close(pieces))
        copy = self._memory.recall(tag) if tag else None
        if copy is None:
            body = b"".join(stream([whole(pieces)], coding))
            headers["Content-Length"] = str(len(body))
            copy = CachedResponse(tuple(headers.to_wsgi_list()), body, status)
            if tag:
                self._memory.keep(tag, copy)
        else:
            close(pieces)
        headers["Content-Length"] = str(len(copy.body))
        return [copy.body]


def choose(accepted: str) -> tuple[str | None, bool]:
    """Return the coding that an Accept-Encoding header likes best, or None, and whether a plain answer will do as well.

    Where nothing that it allows can be given, the header is disregarded, as RFC 9110 (12.5.3) would have it.
    """
    weights = {name.lower().removeprefix("x-"): weight for name, weight in parse_accept_header(accepted)}
    rest = weights.get("*", 0)
    known = [coding for coding in CODINGS if coding in weights]
    others = [coding for coding in reversed(CODINGS) if coding not in weights]  # who says "any" may know the oldest only
    best = max([*known, *others], key=lambda coding: weights.get(coding, rest))
    weight = weights.get(best, rest)
    plain = weights.get("identity", 1 if "*" not in weights else rest) > 0
    return (best if weight > 0 and weight >= weights.get("identity", 0) else None), plain


def stream(pieces: Iterable[bytes], coding: str) -> Iterator[bytes]:
    """Yield a body compressed, as it comes."""
    add, end = _coder(coding)
    for piece in pieces:
        if packed := add(piece):
            yield packed
    yield end()


def _coder(coding: str) -> Coder:
    if coding == "gzip":
        gzip = zlib.compressobj(5, wbits=16 + zlib.MAX_WBITS)
        return gzip.compress, gzip.flush
    if coding == "br":
        br = brotli.Compressor(quality=4, lgwin=19)  # a wider window holds megabytes back before it sends any
        return br.process, br.finish
    zst = zstd.ZstdCompressor(level=3)
    return zst.compress, zst.flush


def _compressible(status: str, headers: Headers) -> bool:
    """Tell whether an answer is text that nothing forbids to compress."""
    if int(status[:3]) in _AS_IT_IS or "Content-Encoding" in headers:
        return False
    if parse_cache_control_header(headers.get("Cache-Control")).no_transform:
        return False
    media = parse_options_header(headers.get("Content-Type"))[0]
    return media.startswith("text/") or media in _MEDIA or media.endswith(_ENDINGS)


def _tagged(headers: Headers, coding: str) -> str:
    """Return the tag of an answer in a coding, or nothing: a weak tag is that of all codings."""
    tag = headers.get("ETag", "")
    return f'{tag[:-1]}-{coding}"' if tag.startswith('"') else ""


def _retag(headers: Headers, coding: str, had: str) -> None:
    """Have an answer of 304 carry the tag of the coding that the client has."""
    if (tag := _tagged(headers, coding)) and tag in had:
        headers["ETag"] = tag


def _bare(tags: str, *codings: str) -> str:
    """Return entity tags as they are without our codings; nothing else in them is touched."""
    return _TAG.sub(lambda found: f'"{_unsuffixed(found[1], codings)}"', tags)


def _unsuffixed(opaque: str, codings: Iterable[str]) -> str:
    ending = next((f"-{coding}" for coding in codings if opaque.endswith(f"-{coding}")), "")
    return opaque.removesuffix(ending)
