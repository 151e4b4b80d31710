"""Headers of every response: security policy, CORS, and the ETag of conditional requests."""

from http import HTTPStatus
from typing import TYPE_CHECKING

from flask import Flask, Response, request
from werkzeug.http import parse_etags, quote_etag

from rolegraph.errors import PreconditionFailed
from rolegraph.web.http import problems
from rolegraph.web.http.tags import ResponseTag
from rolegraph.web.http.wsgi import TAG
from rolegraph.web.middleware.cors import OPEN

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
ALWAYS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    **OPEN,
}
VARY = ("Accept", "Accept-Encoding")
RETRY_AFTER = "10"  # seconds


def install(app: Flask) -> None:
    """Add the headers to every response of an application."""
    app.after_request(_complete)


def _complete(response: Response) -> Response:
    response.headers.update(ALWAYS)
    response.vary.update(VARY)
    if response.status_code == 401:
        response.headers["WWW-Authenticate"] = 'Bearer realm="rolegraph"'
    if response.status_code in (429, 503):
        response.headers["Retry-After"] = RETRY_AFTER
    if request.method in ("GET", "HEAD") and not response.cache_control.no_store:
        _tag(response)
    if response.status_code == HTTPStatus.PRECONDITION_FAILED and "ETag" in response.headers:  # made by make_conditional, not by an error
        response.close()
        return _complete(problems.respond(_failed(response.headers["ETag"])))
    return response


def _tag(response: Response) -> None:
    """Set the ETag of a response: that of the cache, else a weak one, which is the same for all codings."""
    made = request.environ.get(TAG)
    tag, _ = response.get_etag()
    if tag and made is None:
        response.set_etag(tag, weak=True)
    if response.status_code != HTTPStatus.OK:
        return
    response.cache_control.no_cache = True
    if made is not None:
        response.set_etag(str(made))
    elif response.is_streamed:
        return  # a tag is not worth reading the whole body
    else:
        response.add_etag(weak=True)
    response.make_conditional(_with_tag(made) if isinstance(made, ResponseTag) else request)


def _with_tag(made: ResponseTag) -> "WSGIEnvironment":
    """Return the environ of the current request with the tag of its response in place of another one of the same response."""
    environ = request.environ.copy()
    for name in ("HTTP_IF_MATCH", "HTTP_IF_NONE_MATCH"):
        tags = parse_etags(environ.get(name))
        if any(made.matches(tag) for tag in (tags.as_set() if name == "HTTP_IF_MATCH" else tags.as_set(include_weak=True))):
            environ[name] = quote_etag(str(made))
    return environ


def _failed(etag: str) -> PreconditionFailed:
    return PreconditionFailed("what If-Match says does not hold of this", expected="the present tag, or no If-Match", etag=etag)
