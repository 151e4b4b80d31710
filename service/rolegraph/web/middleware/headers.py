"""What every answer carries: the security policy, that any origin may read it, and the tag by which an unchanged one is not sent again."""

from http import HTTPStatus

from flask import Flask, Response, request

from rolegraph.errors import PreconditionFailed
from rolegraph.web.http import problems
from rolegraph.web.http.wsgi import TAG
from rolegraph.web.middleware.cors import OPEN

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
    """Have every answer of an application carry them."""
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
    if response.status_code == HTTPStatus.PRECONDITION_FAILED and "ETag" in response.headers:  # an answer, and no problem yet
        response.close()
        return _complete(problems.respond(_failed(response.headers["ETag"])))
    return response


def _tag(response: Response) -> None:
    """Give an answer its tag: the one that was made for it, else a weak one, which stands for all codings."""
    made = request.environ.get(TAG)
    tag, _ = response.get_etag()
    if tag and made is None:
        response.set_etag(tag, weak=True)
    if response.status_code != HTTPStatus.OK:
        return
    response.cache_control.no_cache = True
    if made is not None:
        response.set_etag(made)
    elif response.is_streamed:
        return  # its body is not read for the sake of a tag
    else:
        response.add_etag(weak=True)
    response.make_conditional(request)


def _failed(etag: str) -> PreconditionFailed:
    return PreconditionFailed("what If-Match says does not hold of this", expected="the present tag, or no If-Match", etag=etag)
