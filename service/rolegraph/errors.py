"""The exception tree. Each class carries its HTTP status and the exit code of the command line.

RolegraphError
├── UnreadableInput          400   a body, a query or a file that does not parse
├── BadParameter             400   a parameter that is missing, unknown or of the wrong kind
├── IncompleteBody           400   a body that broke off before its end
├── Unauthorized             401   a write without a token, or with one that is unknown, expired or revoked
├── Refused                  403   understood, and not allowed here
├── NotFound                 404   no such thing in the graph
├── NotAcceptable            406   none of the formats that were asked for
├── BodyTooSlow              408   a body that did not come in time
├── PreconditionFailed       412   a write that depends on what a graph held before, which it no longer does
├── TooLarge                 413   a body over the limit
├── UnsupportedFormat        415   a body in a format that is not read here
├── NotConforming            422   an entry that breaks the shapes                (exit 1)
├── TooManyRequests          429   more work of one client at a time than its share
├── ClientGone               499   whoever asked has gone away: nobody reads this
├── TimeLimitReached         503   a query, or other work, that took longer than is allowed
├── MemoryLimitReached       503   a query, or other work, that needed more memory than is allowed
└── StoreUnusable            503   a store that cannot be opened, read or written
"""

from collections.abc import Sequence
from typing import Any


class RolegraphError(Exception):
    """Something that the caller can understand and mend; ``detail`` says what was wrong and what is accepted.

    ``told`` says as much of it as the clients of a service may know, where that is less.
    """

    status = 500
    exit_code = 2
    title = "Something went wrong"

    def __init__(self, detail: str, *, told: str = "", **members: Any) -> None:
        super().__init__(detail)
        self.detail = detail
        self.told = told or detail
        self.members = {name: value for name, value in members.items() if value not in (None, (), [])}

    @classmethod
    def slug(cls) -> str:
        """Return the last part of the problem type's IRI: the title in lower case with hyphens."""
        return cls.title.lower().replace(" ", "-")


class UnreadableInput(RolegraphError):
    """A body, a query or a file that does not parse; ``line`` and ``column`` (1-based) where they are known."""

    status = 400
    title = "Unreadable input"

    def __init__(self, detail: str, *, line: int | None = None, column: int | None = None, **members: Any) -> None:
        super().__init__(detail, line=line, column=column, **members)


class BadParameter(RolegraphError):
    """A parameter that is missing, unknown or of the wrong kind.

    ``value`` is the one that names no thing, or several where ``several`` are the suggestions.
    """

    status = 400
    title = "Bad parameter"

    def __init__(
        self, parameter: str, detail: str, *, expected: str, suggestions: Sequence[str] = (), value: str = "", several: bool = False
    ) -> None:
        super().__init__(detail, parameter=parameter, expected=expected, suggestions=list(suggestions))
        self.value, self.several = value, several


class IncompleteBody(RolegraphError):
    """A body that broke off before its end, or is not framed as HTTP has it; nothing was done with it."""

    status = 400
    title = "Incomplete body"


class Unauthorized(RolegraphError):
    """A write without a token, or with a token that is not known, has expired or was revoked."""

    status = 401
    title = "Token needed"


class Refused(RolegraphError):
    """A request that was understood and is not allowed here."""

    status = 403
    title = "Refused"


class NotFound(RolegraphError):
    """There is no such thing in the graph."""

    status = 404
    title = "Not found"


class NotAcceptable(RolegraphError):
    """None of the formats that the client asked for can be given."""

    status = 406
    title = "Not acceptable"


class BodyTooSlow(RolegraphError):
    """A body that did not come in time; nothing was done with it."""

    status = 408
    title = "Body too slow"


class PreconditionFailed(RolegraphError):
    """A write that depends on what a graph held before, which it no longer does; ``etag`` is its present validator."""

    status = 412
    title = "Precondition failed"


class TooLarge(RolegraphError):
    """A body over the limit."""

    status = 413
    title = "Too large"


class UnsupportedFormat(RolegraphError):
    """A body in a format that is not read here."""

    status = 415
    title = "Unsupported format"


class NotConforming(RolegraphError):
    """An entry that breaks the shapes."""

    status = 422
    exit_code = 1
    title = "Shapes not met"


class TooManyRequests(RolegraphError):
    """More work of one client at a time than its share of the workers."""

    status = 429
    title = "Too many requests"


class ClientGone(RolegraphError):
    """Whoever asked has gone away before there was an answer."""

    status = 499
    title = "Client gone"


class TimeLimitReached(RolegraphError):
    """A query, or other work, that took longer than is allowed, or found no worker free in that time; ``limit`` tells the seconds."""

    status = 503
    title = "Time limit reached"


class MemoryLimitReached(RolegraphError):
    """A query, or other work, that needed more memory than is allowed; ``limit`` tells the MiB."""

    status = 503
    title = "Memory limit reached"


class StoreUnusable(RolegraphError):
    """A store that cannot be opened, read or written."""

    status = 503
    title = "Store unusable"


def every() -> list[type[RolegraphError]]:
    """Return the classes of the tree that callers meet, in the order of their definition."""
    return RolegraphError.__subclasses__()
