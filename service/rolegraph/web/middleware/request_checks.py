"""Checks before routing: truncated bodies, invalid Host headers and encoded bodies are refused."""

import re

from flask import Flask, request
from werkzeug.urls import uri_to_iri

from rolegraph.errors import BadParameter, UnsupportedFormat
from rolegraph.web.http.wsgi import FAILURE, WITHOUT

_HOST = re.compile(r"(?:[A-Za-z0-9._~-]{1,255}|\[[0-9A-Fa-f:.]{2,45}\])(?::[0-9]{1,5})?")


def install(app: Flask) -> None:
    """Run the checks before every request."""
    app.before_request(_check)


def _check() -> None:
    """Check a request.

    :raises RolegraphError: if the request is refused
    """
    if error := request.environ.get(FAILURE):
        raise error
    host = request.environ.get("HTTP_HOST", "")
    if not _is_host(host) and (host or request.environ.get("SERVER_PROTOCOL") != "HTTP/1"):
        raise BadParameter("Host", "the header Host does not name a host", expected="a name or an address, and a port where one is needed")
    if request.method not in WITHOUT and (coding := request.headers.get("Content-Encoding", "").strip().lower()) not in ("", "identity"):
        raise UnsupportedFormat(f"a body with Content-Encoding {coding!r} is not accepted here", expected="a body that is not compressed")


def _is_host(host: str) -> bool:
    if not _HOST.fullmatch(host):
        return False
    try:
        uri_to_iri(f"//{host}")  # an invalid Punycode name would fail when an address is built
    except UnicodeError:
        return False
    return True
