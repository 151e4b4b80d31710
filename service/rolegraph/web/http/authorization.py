"""Authorization of writes by the token of a request."""

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
    """Return whether a request has a token for the whole store."""
    text = _bearer(environ.get("HTTP_AUTHORIZATION", ""))
    try:
        return graph.tokens is not None and graph.tokens.check(text).allows(None)
    except RolegraphError:
        return False  # the application reports the reason later


def require(source: str | None) -> None:
    """Require a token that allows the current request to write.

    :param source: IRI of the source to write; None is the whole store
    :raises Unauthorized: without a token, or with one that is unknown, expired or revoked
    :raises Refused: if the token has another scope, or the store accepts no writes
    """
    token = presented()
    if not token.allows(source):
        needed = f"write:{source.rpartition('/')[2]} or admin" if source else "admin"
        raise Refused(f"this token is for {token.scope}", expected=f"a token of scope {needed}")


def presented() -> Token:
    """Return the token of the current request.

    :raises Unauthorized: without a token, or with one that is unknown, expired or revoked
    :raises Refused: if the store accepts no writes
    """
    tokens = newest().tokens
    if tokens is None:
        raise Refused("nothing can be written here: this store has no tokens", expected="a service with a store in a folder")
    text = _bearer(request.headers.get("Authorization", ""))
    if not text:
        raise Unauthorized("writing needs a token", expected="the header Authorization: Bearer TOKEN (rolegraph token create)")
    token = tokens.check(text)
    request.environ[TOKEN] = token.id
    return token


def _bearer(header: str) -> str:
    """Return the bearer token of an Authorization header, or ''."""
    scheme, _, text = header.partition(" ")
    return text.strip() if scheme.lower() == "bearer" else ""
