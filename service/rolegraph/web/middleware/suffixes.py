"""Suffixes of paths, such as ``.json``: removed before routing, so that routes do not contain them."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from rolegraph.formats import FORMATS
from rolegraph.web.http.negotiation import SUFFIX

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

_EXTENSIONS = {name for format_ in FORMATS for name in (format_.extension, format_.name)}
_WHOLE = ("/context.jsonld", "/openapi.json", "/static/", "/graphs/")


class Suffixes:
    """WSGI middleware that removes the extension or name of a known format from the path, and stores it for content negotiation."""

    def __init__(self, app: "WSGIApplication") -> None:
        self._app = app

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        """Answer a request."""
        stem, extension = divided(environ.get("PATH_INFO", ""))
        if extension:
            environ["PATH_INFO"] = stem
            environ[SUFFIX] = extension
        return self._app(environ, start_response)


def divided(path: str) -> tuple[str, str]:
    """Return a path without its suffix, and the suffix; '' for a path without one."""
    stem, dot, extension = path.rpartition(".")
    is_suffix = dot and extension.lower() in _EXTENSIONS and not stem.endswith("/") and not path.startswith(_WHOLE)
    return (stem, extension.lower()) if is_suffix else (path, "")
