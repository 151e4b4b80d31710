"""A token: what it allows, until when, and how it is written down."""

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
"""What reading a record that does not fit raises."""
_WRITE = "write:"
_HASH = re.compile(r"[0-9a-f]{64}")
_LIFETIME = re.compile(r"([0-9]{1,6})([dh])")


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
        members = {key: value for key, value in record(self).items() if key != "hash"}
        return members | {"state": self.state}


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


def end(now: datetime, expires: timedelta | datetime | None) -> datetime | None:
    """Return when a token ends that is made now.

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
    """Return a token as it is written down."""
    times = {name: value.isoformat().replace("+00:00", "Z") for name, value in asdict(token).items() if isinstance(value, datetime)}
    return asdict(token) | times


def read(written: Mapping[str, Any]) -> Token:
    """Return the token of a record; what does not fit raises one of :data:`UNFIT`."""
    times = {name: datetime.fromisoformat(written[name]) for name in ("created", "expires", "revoked") if written[name] is not None}
    token = Token(**{**written, **times})
    fits = ID.fullmatch(token.id) and _HASH.fullmatch(token.hash) and isinstance(token.name, str) and "created" in times
    if not fits or any(time_.tzinfo is None for time_ in times.values()):
        raise ValueError("a record does not fit")
    return replace(token, scope=scope_of(token.scope))
