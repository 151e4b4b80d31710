"""Answers that travel compressed, in the coding that the client likes best: zstd, br or gzip.

An answer that is compressed is another representation (RFC 9110, 8.8.3.3). A strong tag is made with the coding in mind, by
ResponseCache and for a graph of a store that others write; all other tags are weak, and stand for all codings. So no tag
is touched here. Nothing in an answer is a secret beside what the client itself sent, so its length gives nothing away.
"""

import sys
import zlib
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from http import HTTPStatus
from typing import TYPE_CHECKING

import brotli
from werkzeug.datastructures import Headers
from werkzeug.http import parse_accept_header, parse_cache_control_header, parse_options_header
from werkzeug.wsgi import ClosingIterator

from rolegraph.formats import FORMATS
from rolegraph.web.http.wsgi import CODING, LARGEST, ask, close, whole

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

Coder = tuple[Callable[[bytes], bytes], Callable[[], bytes]]
"""Takes a piece of a body and returns what there is to send so far; returns the rest."""

CODINGS = ("zstd", "br", "gzip")  # the cheaper ones first
USUAL = 128  # characters of a header, up to which the choice is kept: each browser sends the same one
LEAST = 1024  # bytes of a body: below, the headers outweigh what is saved
_MEDIA = {format_.media for format_ in FORMATS}
_ENDINGS = ("/json", "+json", "/xml", "+xml", "/javascript")
_AS_IT_IS = (HTTPStatus.NO_CONTENT, HTTPStatus.PARTIAL_CONTENT, HTTPStatus.NOT_MODIFIED)


class Compression:
    """WSGI middleware that compresses answers."""

    def __init__(self, app: "WSGIApplication") -> None:
        self._app = app

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        """Answer a request."""
        coding, plain = choose(environ.get("HTTP_ACCEPT_ENCODING", ""))
        if coding is None:
            return self._app(environ, start_response)
        environ[CODING] = coding
        status, headers, pieces = ask(self._app, environ)
        length = headers.get("Content-Length", type=int)
        if _compressible(status, headers) and not (plain and length is not None and length < LEAST):
            pieces = _compressed(pieces, headers, coding, sent=environ["REQUEST_METHOD"] != "HEAD")
        start_response(status, headers.to_wsgi_list())
        return pieces


def choose(accepted: str) -> tuple[str | None, bool]:
    """Return the coding that an Accept-Encoding header likes best, or None, and whether a plain answer will do as well.

    Where nothing that it allows can be given, the header is disregarded, as RFC 9110 (12.5.3) would have it.
    """
    return _usual_choice(accepted) if len(accepted) <= USUAL else _choice(accepted)


def _choice(accepted: str) -> tuple[str | None, bool]:
    weights = {name.lower().removeprefix("x-"): weight for name, weight in parse_accept_header(accepted)}
    rest = weights.get("*", 0)
    known = [coding for coding in CODINGS if coding in weights]
    others = [coding for coding in reversed(CODINGS) if coding not in weights]  # who says "any" may know the oldest only
    best = max([*known, *others], key=lambda coding: weights.get(coding, rest))
    weight = weights.get(best, rest)
    plain = weights.get("identity", 1 if "*" not in weights else rest) > 0
    return (best if weight > 0 and weight >= weights.get("identity", 0) else None), plain


_usual_choice = lru_cache(maxsize=256)(_choice)


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
    """Return whether a response is text that may be compressed."""
    if int(status[:3]) in _AS_IT_IS or "Content-Encoding" in headers:
        return False
    if parse_cache_control_header(headers.get("Cache-Control")).no_transform:
        return False
    media = parse_options_header(headers.get("Content-Type"))[0]
    return media.startswith("text/") or media in _MEDIA or media.endswith(_ENDINGS)


def _compressed(pieces: Iterable[bytes], headers: Headers, coding: str, *, sent: bool) -> Iterable[bytes]:
    """Return the body of an answer compressed, if it is sent at all, and make the headers those of it."""
    length = headers.pop("Content-Length", None)
    headers.pop("Accept-Ranges", None)
    headers["Content-Encoding"] = coding
    if not sent:
        close(pieces)
        return []
    if length is None or int(length) > LARGEST:
        return ClosingIterator(stream(pieces, coding), lambda: close(pieces))
    body = b"".join(stream([whole(pieces)], coding))
    headers["Content-Length"] = str(len(body))
    return [body]
