"""Any origin may read: what a browser asks before it lets another site's page send a request (Fetch, CORS protocol).

Credentials are not among it. There are no cookies, and a page that has a token sends it by itself.
"""

from flask import Flask, Response, current_app, request

OPEN = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": (
        "ETag, Location, Link, Retry-After, Content-Disposition, Rolegraph-Revision, WWW-Authenticate, X-Request-Id"
    ),
}
_TAKEN = "Accept, Authorization, Content-Type, If-Match, If-None-Match, Slug, X-Request-Id"
_KEPT = "7200"  # seconds: the longest that Chromium keeps it
_READING = ("GET", "HEAD", "OPTIONS")


def install(app: Flask) -> None:
    """Have an application answer for every path which methods and headers other sites may use."""
    app.before_request(_preflight)


def _preflight() -> Response | None:
    """Answer a preflight; where there is no such path a page may ask as well, and reads what is wrong."""
    if request.method != "OPTIONS" or not {"Origin", "Access-Control-Request-Method"} <= set(request.headers.keys()):
        return None
    adapter = current_app.create_url_adapter(request)
    assert adapter is not None
    methods = ", ".join(sorted(adapter.allowed_methods() or _READING))
    granted = {"Access-Control-Allow-Methods": methods, "Access-Control-Allow-Headers": _TAKEN, "Access-Control-Max-Age": _KEPT}
    return Response(status=204, headers={"Allow": methods, **granted})
