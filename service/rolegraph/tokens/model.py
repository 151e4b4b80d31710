"""Tokens: scope, lifetime and the form in which they are stored."""

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from rolegraph import terms
from rolegraph.errors import BadParameter

ADMIN = "admin"
ID = re.compile(r"[a-z0-9]{8}")
SCOPES = "admin, or write: and the slug of a source, such as write:ai-architect-vs-deep-learning-engineer"
LIFETIMES = "a number of days (90d) or hours (12h) from now, or a day to come (2027-01-01, UTC)"
UNFIT = (ValueError, TypeError, KeyError, AttributeError, RecursionError, BadParameter)
"""The exceptions of reading an invalid record."""
_WRITE = "write:"
_HASH = re.compile(r"[0-9a-f]{64}")
_LIFETIME = re.compile(r"([0-9]{1,6})([dh])")


@dataclass(frozen=True)
class Token:
    """A stored token: its scope and lifetime, and the digest of its secret."""

    id: str
    name: str
    scope: str
    hash: str = field(repr=False)
    created: datetime
    expires: datetime | None = None
    revoked: datetime | None = None

    @property
    def state(self) -> str:
        """The state of the token: ``valid``, ``expired`` or ``revoked``."""
        if self.revoked:
            return "revoked"
        return "expired" if self.expires and self.expires <= datetime.now(UTC) else "valid"

    def allows(self, graph: str | None) -> bool:
        """Return whether the token allows writing a named graph; None stands for everything else, which needs the scope ``admin``."""
        return self.scope == ADMIN or graph == f"{terms.KINDS['source'].namespace}{self.scope.removeprefix(_WRITE)}"

    def as_dict(self) -> dict[str, Any]:
        """Return the token as a JSON object, without the digest of its secret."""
        members = {key: value for key, value in record(self).items() if key != "hash"}
        return members | {"state": self.state}


def scope_of(text: str) -> str:
    """Return a scope in its stored form; the source may be named by slug or CURIE.

    :raises BadParameter: for a text that is no scope
    """
    slug = text.removeprefix(_WRITE).removeprefix("source:")
    if text == ADMIN:
        return text
    if not text.startswith(_WRITE) or not terms.SLUG.fullmatch(slug):
        raise BadParameter("scope", f"{text!r} is no scope", expected=SCOPES)
    return _WRITE + slug


def lifetime(text: str) -> timedelta | datetime:
    """Return how long, or until when, a token is valid.

    :raises BadParameter: for any other text
    """
    match = _LIFETIME.fullmatch(text)
    if match:
        return timedelta(**{"days" if match[2] == "d" else "hours": int(match[1])})
    try:
        return datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC)
    except ValueError as error:
        raise BadParameter("expires", f"{text!r} is no time", expected=LIFETIMES) from error


def end(now: datetime, expires: timedelta | datetime | None) -> datetime | None:
    """Return the end of a token that is created now.

    :raises BadParameter: for a time that is over, or too far away
    """
    try:
        until = now + expires if isinstance(expires, timedelta) else expires
    except OverflowError as error:
        raise BadParameter("expires", "the token would expire after the year 9999", expected=LIFETIMES) from error
    if until and until <= now:
        raise BadParameter("expires", "the token would have expired already", expected=LIFETIMES)
    return until


def record(token: Token) -> dict[str, Any]:
    """Return a token as a record for storage."""
    times = {name: value.isoformat().replace("+00:00", "Z") for name, value in asdict(token).items() if isinstance(value, datetime)}
    return asdict(token) | times


def read(written: Mapping[str, Any]) -> Token:
    """Return the token of a record; an invalid record raises one of :data:`UNFIT`."""
    times = {name: datetime.fromisoformat(written[name]) for name in ("created", "expires", "revoked") if written[name] is not None}
    token = Token(**{**written, **times})
    fits = ID.fullmatch(token.id) and _HASH.fullmatch(token.hash) and isinstance(token.name, str) and "created" in times
    if not fits or any(time_.tzinfo is None for time_ in times.values()):
        raise ValueError("a record does not fit")
    return replace(token, scope=scope_of(token.scope))
