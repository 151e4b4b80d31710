"""Tokens for writing: who may change what. Of a token's secret only the digest is kept, in a file of SQLite beside the store."""

import hashlib
import hmac
import re
import secrets
import string
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from rolegraph.errors import BadParameter, NotFound, StoreUnusable, Unauthorized
from rolegraph.tokens import model
from rolegraph.tokens.database import INSERT, Database
from rolegraph.tokens.model import SCOPES, Token, lifetime, scope_of

__all__ = ["FILE", "SCOPES", "Created", "Token", "Tokens", "lifetime", "scope_of"]

FILE = "tokens.sqlite"
_PRESENTED = re.compile(r"rg_([a-z0-9]{8})_([A-Za-z0-9_-]{43})")
_NAME_LENGTH = 100
_NO_HASH = "0" * 64
_SOME = 64 * 1024  # bytes that are written to see whether there is room
_ALL, _ONE = "SELECT * FROM token", "SELECT * FROM token WHERE id = ?"


@dataclass(frozen=True)
class Created:
    """A new token. Its ``text`` is what a client presents: it is here once, and kept nowhere."""

    text: str = field(repr=False)
    token: Token


class Tokens:
    """The tokens in a file. Any number of processes and threads may read and change it: each sees what the others did.

    :param path: the file, which is made with the first token; those of a ``tokens.json`` beside it are taken over once
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._database = Database(path)

    def create(self, scope: str, name: str = "", expires: timedelta | datetime | None = None) -> Created:
        """Make a token for a scope, with a name for people, that expires after some time, at some time, or never.

        :raises BadParameter: for a scope or a name that is none, or a time that is over
        """
        now = datetime.now(UTC)
        until = model.end(now, expires)
        if len(name) > _NAME_LENGTH or not name.isprintable():
            raise BadParameter("name", "the name is too long or not one line of text", expected=f"up to {_NAME_LENGTH} characters")
        secret = secrets.token_urlsafe(32)
        made = Token(_new_id(), name, scope_of(scope), _digest(secret), now, until)
        with self._database.changing() as connection:
            while connection.execute("SELECT 1 FROM token WHERE id = ?", [made.id]).fetchone():
                made = replace(made, id=_new_id())
            connection.execute(INSERT, model.record(made))
        return Created(f"rg_{made.id}_{secret}", made)

    def list(self) -> Sequence[Token]:
        """Return all tokens, oldest first, those that no longer count as well."""
        return sorted(self._database.read(_ALL), key=lambda token: (token.created, token.id))

    def revoke(self, id_: str) -> Token:
        """Make a token count no longer; one that was revoked before stays as it was.

        :raises NotFound: for an unknown id
        """
        with self._database.changing() as connection:
            token = next(iter(self._database.select(connection, _ONE, id_)), None)
            if token is None:
                # what is no id may be a whole token, which is not to be repeated where others read it
                what = f"no token {id_}" if model.ID.fullmatch(id_) else "no such token: it is named by the 8 characters after rg_"
                ids = ", ".join(stored.id for stored in self._database.select(connection, _ALL))
                raise NotFound(f"there is {what}", expected=ids or "none: there are no tokens")
            if token.revoked is None:
                token = replace(token, revoked=datetime.now(UTC))
                connection.execute("UPDATE token SET revoked = :revoked WHERE id = :id", model.record(token))
        return token

    def check(self, presented: str) -> Token:
        """Return the token that a client presents.

        :raises Unauthorized: for one that is unknown, has expired or was revoked
        """
        match = _PRESENTED.fullmatch(presented)
        id_, secret = (match[1], match[2]) if match else ("", "")
        token = next(iter(self._database.read(_ONE, id_)), None)
        # an unknown id takes as long as a wrong secret
        same = hmac.compare_digest(_digest(secret), token.hash if token else _NO_HASH)
        if not token or not same:
            raise Unauthorized("this token is not known", expected="a token that rolegraph token create has printed")
        if token.state != "valid":
            raise Unauthorized(f"this token {'was' if token.revoked else 'has'} {token.state}", expected="a token that counts")
        return token

    def test(self) -> None:
        """Make sure that the tokens can be read, and that their folder, which is that of the store, can be written.

        :raises StoreUnusable: where they cannot
        """
        self._database.read(_ALL)
        if not self._path.parent.exists():
            return  # it is made with the first token
        try:
            with tempfile.TemporaryFile(dir=self._path.parent, buffering=0) as file:
                file.write(b"\0" * _SOME)
        except OSError as error:
            detail = f"nothing can be written in {self._path.parent}: {error.strerror}"
            raise StoreUnusable(detail, public_detail=f"nothing can be written: {error.strerror}") from error


def _new_id() -> str:
    return "".join(secrets.choice(string.ascii_lowercase + string.digits) for _ in range(8))


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
