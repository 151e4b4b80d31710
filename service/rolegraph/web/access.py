"""Who may write: the token of a request, and what it is good for."""

from flask import request

from rolegraph.errors import Refused, Unauthorized
from rolegraph.tokens import Token
from rolegraph.web.state import newest


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
    scheme, _, text = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not text.strip():
        raise Unauthorized("writing needs a token", expected="the header: Authorization: Bearer TOKEN, of rolegraph token create")
    return tokens.check(text.strip())
