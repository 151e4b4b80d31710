"""CORS: any origin may read and send requests (Fetch standard, CORS protocol).

Credentials are not allowed: there are no cookies, and a page that has a token sends it in a header.
"""

from flask import Flask, Response, current_app, request

OPEN = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": (
        "ETag, Location, Link, Retry-After, Content-Disposition, Rolegraph-Revision, WWW-Authenticate, X-Request-Id"
    ),
}
_ALLOWED_HEADERS = "Accept, Authorization, Content-Type, If-Match, If-None-Match, Slug, X-Request-Id"
_MAX_AGE = "7200"  # seconds; the longest that Chromium caches it
_READING = ("GET", "HEAD", "OPTIONS")


def install(app: Flask) -> None:
    """Answer preflight requests for every path."""
    app.before_request(_preflight)


def _preflight() -> Response | None:
    """Answer a preflight request. Unknown paths are allowed too, so that the page can read the error of the actual request."""
    if request.method != "OPTIONS" or not {"Origin", "Access-Control-Request-Method"} <= set(request.headers.keys()):
        return None
    adapter = current_app.create_url_adapter(request)
    assert adapter is not None
    methods = ", ".join(sorted(adapter.allowed_methods() or _READING))
    granted = {
        "Access-Control-Allow-Methods": methods,
        "Access-Control-Allow-Headers": _ALLOWED_HEADERS,
        "Access-Control-Max-Age": _MAX_AGE,
    }
    return Response(status=204, headers={"Allow": methods, **granted})
