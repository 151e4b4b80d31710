"""Tokens for writing: who may change what. Of a token's secret only the digest is kept, in a file beside the store."""

import hashlib
import hmac
import json
import os
import re
import secrets
import string
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from rolegraph import locks, terms
from rolegraph.errors import BadParameter, NotFound, StoreUnusable, Unauthorized

FILE = "tokens.json"
FORMAT = 1
ADMIN = "admin"
SCOPES = "admin, or write: and the slug of a source, such as write:ai-architect-vs-deep-learning-engineer"
LIFETIMES = "a number of days (90d) or hours (12h) from now, or a day to come (2027-01-01, UTC)"
_WRITE = "write:"
_ID = re.compile(r"[a-z0-9]{8}")
_HASH = re.compile(r"[0-9a-f]{64}")
_PRESENTED = re.compile(r"rg_([a-z0-9]{8})_([A-Za-z0-9_-]{43})")
_LIFETIME = re.compile(r"([0-9]{1,6})([dh])")
_NAME_LENGTH = 100
_SETTLED = 2 * 10**9  # nanoseconds; a file that changed more recently may change again within the same tick of its clock
_NO_HASH = "0" * 64
_UNREAD = "the tokens of this store cannot be read, so no token counts"
_SOME = 64 * 1024  # bytes that are written to see whether there is room
_Stamp = tuple[int, ...]


@dataclass(frozen=True)
class Token:
    """What is kept of one token: what it allows, and until when."""

    id: str
    name: str
    scope: str
    hash: str = field(repr=False)
    created: datetime
    expires: datetime | None = None
    revoked: datetime | None = None

    @property
    def state(self) -> str:
        """Whether it counts: ``valid``, ``expired`` or ``revoked``."""
        if self.revoked:
            return "revoked"
        return "expired" if self.expires and self.expires <= datetime.now(UTC) else "valid"

    def allows(self, graph: str | None) -> bool:
        """Tell whether it allows to write a named graph, or, for None, whatever is not one named graph."""
        return self.scope == ADMIN or graph == f"{terms.KINDS['source'].namespace}{self.scope.removeprefix(_WRITE)}"

    def as_dict(self) -> dict[str, Any]:
        """Return it as JSON, without the digest of its secret."""
        members = {key: value for key, value in _record(self).items() if key != "hash"}
        return members | {"state": self.state}


@dataclass(frozen=True)
class Created:
    """A new token. Its ``text`` is what a client presents: it is here once, and kept nowhere."""

    text: str = field(repr=False)
    token: Token


class Tokens:
    """The tokens in a file. Any number of processes and threads may read and change it: each sees what the others did."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._reading = threading.Lock()
        self._stamp: _Stamp | None = None
        self._known: Mapping[str, Token] = {}

    def create(self, scope: str, name: str = "", expires: timedelta | datetime | None = None) -> Created:
        """Make a token for a scope, with a name for people, that expires after some time, at some time, or never.

        :raises BadParameter: for a scope or a name that is none, or a time that is over
        """
        now = datetime.now(UTC)
        until = _until(now, expires)
        if len(name) > _NAME_LENGTH or not name.isprintable():
            raise BadParameter("name", "the name is too long or not one line of text", expected=f"up to {_NAME_LENGTH} characters")
        secret = secrets.token_urlsafe(32)
        made = Token("", name, scope_of(scope), _digest(secret), now, until)

        def add(known: dict[str, Token]) -> Token:
            token = replace(made, id=_new_id(known))
            known[token.id] = token
            return token

        token = self._change(add)
        return Created(f"rg_{token.id}_{secret}", token)

    def list(self) -> Sequence[Token]:
        """Return all tokens, oldest first, those that no longer count as well."""
        return sorted(self._read().values(), key=lambda token: (token.created, token.id))

    def revoke(self, id_: str) -> Token:
        """Make a token count no longer; one that was revoked before stays as it was.

        :raises NotFound: for an unknown id
        """

        def end(known: dict[str, Token]) -> Token:
            if id_ not in known:
                # what is no id may be a whole token, which is not to be repeated where others read it
                what = f"no token {id_}" if _ID.fullmatch(id_) else "no such token: it is named by the 8 characters after rg_"
                raise NotFound(f"there is {what}", expected=", ".join(known) or "none: there are no tokens")
            token = known[id_]
            known[id_] = token if token.revoked else replace(token, revoked=datetime.now(UTC))
            return known[id_]

        return self._change(end)

    def check(self, presented: str) -> Token:
        """Return the token that a client presents.

        :raises Unauthorized: for one that is unknown, has expired or was revoked
        """
        match = _PRESENTED.fullmatch(presented)
        id_, secret = (match[1], match[2]) if match else ("", "")
        token = self._read().get(id_)
        # an unknown id takes as long as a wrong secret
        same = hmac.compare_digest(_digest(secret), token.hash if token else _NO_HASH)
        if not token or not same:
            raise Unauthorized("this token is not known", expected="a token that rolegraph token create has printed")
        if token.state != "valid":
            raise Unauthorized(f"this token {'was' if token.revoked else 'has'} {token.state}", expected="a token that counts")
        return token

    def _read(self) -> Mapping[str, Token]:
        """Return the tokens by id, as the file now is; it is read again only where it has changed."""
        with self._reading:
            if self._stamp is None or self._stamp != self._look():
                self._stamp, self._known = self._load()
            return self._known

    def _look(self) -> _Stamp | None:
        try:
            return _stamp(self._path.stat())
        except OSError:
            return None  # reading it tells why

    def _load(self) -> tuple[_Stamp | None, Mapping[str, Token]]:
        """Return what is in the file, with what tells a later change of it, where that is certain."""
        try:
            with self._path.open("rb") as file:
                status, body = os.fstat(file.fileno()), file.read()
        except FileNotFoundError:
            return None, {}
        except OSError as error:
            raise StoreUnusable(f"the tokens in {self._path} cannot be read: {error.strerror}", public_detail=_UNREAD) from error
        settled = time.time_ns() - status.st_mtime_ns > _SETTLED
        return _stamp(status) if settled else None, _parse(self._path, body)

    def _change(self, change: Callable[[dict[str, Token]], Token]) -> Token:
        """Change the tokens while nobody else does, and return the one that changed."""
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with locks.holding(self._path.parent):
                known = dict(self._load()[1])
                token = change(known)
                self._write(known.values())
        except OSError as error:
            raise StoreUnusable(f"the tokens in {self._path} cannot be written: {error.strerror}") from error
        return token

    def test(self) -> None:
        """Make sure that the tokens can be read, and that their folder, which is that of the store, can be written.

        :raises StoreUnusable: where they cannot
        """
        self._read()
        if not self._path.parent.exists():
            return  # it is made with the first token
        try:
            with tempfile.TemporaryFile(dir=self._path.parent, buffering=0) as file:
                file.write(b"\0" * _SOME)
        except OSError as error:
            detail = f"nothing can be written in {self._path.parent}: {error.strerror}"
            raise StoreUnusable(detail, public_detail=f"nothing can be written: {error.strerror}") from error

    def _write(self, known: Iterable[Token]) -> None:
        """Put a new file in the place of the old one: whoever reads finds the one or the other, whole."""
        body = json.dumps({"format": FORMAT, "tokens": [_record(token) for token in known]}, indent=1, ensure_ascii=False) + "\n"
        handle, fresh = tempfile.mkstemp(prefix=f"{FILE}.", dir=self._path.parent)  # for its owner only: mode 0600
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                file.write(body)
                file.flush()
                os.fsync(handle)
            Path(fresh).replace(self._path)
        except BaseException:
            with suppress(OSError):
                Path(fresh).unlink()
            raise
        folder = os.open(self._path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def scope_of(text: str) -> str:
    """Return a scope as it is kept; the source may be named by slug or by CURIE.

    :raises BadParameter: for a text that is no scope
    """
    slug = text.removeprefix(_WRITE).removeprefix("source:")
    if text == ADMIN:
        return text
    if not text.startswith(_WRITE) or not terms.SLUG.fullmatch(slug):
        raise BadParameter("scope", f"{text!r} is no scope", expected=SCOPES)
    return _WRITE + slug


def lifetime(text: str) -> timedelta | datetime:
    """Return how long, or until when, a token is to count.

    :raises BadParameter: for a text that tells neither
    """
    match = _LIFETIME.fullmatch(text)
    if match:
        return timedelta(**{"days" if match[2] == "d" else "hours": int(match[1])})
    try:
        return datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC)
    except ValueError as error:
        raise BadParameter("expires", f"{text!r} is no time", expected=LIFETIMES) from error


def _until(now: datetime, expires: timedelta | datetime | None) -> datetime | None:
    try:
        until = now + expires if isinstance(expires, timedelta) else expires
    except OverflowError as error:
        raise BadParameter("expires", "the token would expire after the year 9999", expected=LIFETIMES) from error
    if until and until <= now:
        raise BadParameter("expires", "the token would have expired already", expected=LIFETIMES)
    return until


def _new_id(known: Mapping[str, Token]) -> str:
    while True:
        id_ = "".join(secrets.choice(string.ascii_lowercase + string.digits) for _ in range(8))
        if id_ not in known:
            return id_


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def _stamp(status: os.stat_result) -> _Stamp:
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns


def _record(token: Token) -> dict[str, Any]:
    times = {name: value.isoformat().replace("+00:00", "Z") for name, value in asdict(token).items() if isinstance(value, datetime)}
    return asdict(token) | times


def _parse(path: Path, body: bytes) -> dict[str, Token]:
    try:
        found = json.loads(body)
        if found["format"] != FORMAT:
            raise ValueError(f"its format is {found['format']!r}, and {FORMAT} is read here")  # noqa: TRY301 - told like any other damage
        known = [_token(record) for record in found["tokens"]]
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError, BadParameter) as error:
        detail = f"{path} is damaged, so no token counts ({type(error).__name__}: {error})"
        mend = "put it back from a backup, or remove it, which revokes all tokens, and create new ones"
        raise StoreUnusable(detail, public_detail=_UNREAD, expected=mend) from error
    return {token.id: token for token in known}


def _token(record: Mapping[str, Any]) -> Token:
    times = {name: datetime.fromisoformat(record[name]) for name in ("created", "expires", "revoked") if record[name] is not None}
    token = Token(**{**record, **times})
    fits = _ID.fullmatch(token.id) and _HASH.fullmatch(token.hash) and isinstance(token.name, str) and "created" in times
    if not fits or any(time_.tzinfo is None for time_ in times.values()):
        raise ValueError("a record does not fit")
    return replace(token, scope=scope_of(token.scope))
