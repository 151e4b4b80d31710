"""Who may write: the token of a request, and what it is good for."""

from typing import TYPE_CHECKING

from flask import request

from rolegraph.errors import Refused, RolegraphError, Unauthorized
from rolegraph.facade import Rolegraph
from rolegraph.tokens import Token
from rolegraph.web.http.context import newest
from rolegraph.web.http.logs import TOKEN

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment


def whole_store(graph: Rolegraph, environ: "WSGIEnvironment") -> bool:
    """Tell whether a request carries a token for the whole of a store, before there is anything to write."""
    text = _bearer(environ.get("HTTP_AUTHORIZATION", ""))
    try:
        return graph.tokens is not None and graph.tokens.check(text).allows(None)
    except RolegraphError:
        return False  # the application says why, once it is asked


def require(source: str | None) -> None:
    """Let the current request pass only with a token for writing one source, by its IRI, or with None the whole store.

    :raises Unauthorized: without a token, or with one that is not good any more
    :raises Refused: with a token for something else, or where nothing is written at all
    """
    token = presented()
    if not token.allows(source):
        needed = f"write:{source.rpartition('/')[2]} or admin" if source else "admin"
        raise Refused(f"this token is for {token.scope}", expected=f"a token of scope {needed}")


def presented() -> Token:
    """Return the token of the current request.

    :raises Unauthorized: without a token, or with one that is not good any more
    :raises Refused: where nothing is written at all
    """
    tokens = newest().tokens
    if tokens is None:
        raise Refused("nothing can be written here: this store keeps no tokens", expected="a service on a store in a folder")
    text = _bearer(request.headers.get("Authorization", ""))
    if not text:
        raise Unauthorized("writing needs a token", expected="the header: Authorization: Bearer TOKEN, of rolegraph token create")
    token = tokens.check(text)
    request.environ[TOKEN] = token.id
    return token


def _bearer(header: str) -> str:
    """Return the token of an Authorization header, or nothing."""
    scheme, _, text = header.partition(" ")
    return text.strip() if scheme.lower() == "bearer" else ""
