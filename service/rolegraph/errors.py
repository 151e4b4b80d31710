"""The exception tree. Each class carries its HTTP status and the exit code of the command line.

RolegraphError
├── UnreadableInput          400   a body, a query or a file that does not parse
├── BadParameter             400   a parameter that is missing, unknown or of the wrong kind
├── IncompleteBody           400   a body that ended early
├── Unauthorized             401   a write without a token, or with one that is unknown, expired or revoked
├── Refused                  403   a valid request that is not allowed here
├── NotFound                 404   no such thing in the graph
├── NotAcceptable            406   none of the requested formats is available
├── BodyTooSlow              408   a body that did not arrive in time
├── PreconditionFailed       412   a conditional write to a graph that has changed since
├── TooLarge                 413   a body over the limit
├── UnsupportedFormat        415   a body in an unsupported format
├── NotConforming            422   an entry that breaks the shapes                (exit 1)
├── TooManyRequests          429   a client that uses more than its share of the workers
├── ClientGone               499   the client closed the connection
├── TimeLimitReached         503   a query or another job that took too long
├── MemoryLimitReached       503   a query or another job that needed too much memory
└── StoreUnusable            503   a store that cannot be opened, read or written
"""

from collections.abc import Sequence
from typing import Any


class RolegraphError(Exception):
    """Base class of the errors that a caller can correct.

    :ivar detail: what was wrong, where, and what is accepted
    :ivar public_detail: what clients of a service see instead of ``detail``; without private facts, such as paths
    :ivar members: further members of the problem document (RFC 9457), without empty ones
    """

    status = 500
    exit_code = 2
    title = "Something went wrong"

    def __init__(self, detail: str, *, public_detail: str = "", **members: Any) -> None:
        super().__init__(detail)
        self.detail = detail
        self.public_detail = public_detail or detail
        self.members = {name: value for name, value in members.items() if value not in (None, (), [])}

    @classmethod
    def slug(cls) -> str:
        """Return the last part of the problem type's IRI: the title in lower case with hyphens."""
        return cls.title.lower().replace(" ", "-")


class UnreadableInput(RolegraphError):
    """A body, a query or a file that does not parse; with ``line`` and ``column`` (1-based) if known."""

    status = 400
    title = "Unreadable input"

    def __init__(self, detail: str, *, line: int | None = None, column: int | None = None, **members: Any) -> None:
        super().__init__(detail, line=line, column=column, **members)


class BadParameter(RolegraphError):
    """A parameter that is missing, unknown or of the wrong kind.

    ``value`` is the text that names nothing. If ``several`` is set, it names several things, which are the suggestions.
    """

    status = 400
    title = "Bad parameter"

    def __init__(
        self, parameter: str, detail: str, *, expected: str, suggestions: Sequence[str] = (), value: str = "", several: bool = False
    ) -> None:
        super().__init__(detail, parameter=parameter, expected=expected, suggestions=list(suggestions))
        self.value, self.several = value, several


class IncompleteBody(RolegraphError):
    """A body that ended early, or with invalid HTTP framing; nothing was changed."""

    status = 400
    title = "Incomplete body"


class Unauthorized(RolegraphError):
    """A write without a token, or with a token that is unknown, expired or revoked."""

    status = 401
    title = "Token needed"


class Refused(RolegraphError):
    """A valid request that is not allowed here."""

    status = 403
    title = "Refused"


class NotFound(RolegraphError):
    """There is no such thing in the graph."""

    status = 404
    title = "Not found"


class NotAcceptable(RolegraphError):
    """None of the formats that the client accepts is available."""

    status = 406
    title = "Not acceptable"


class BodyTooSlow(RolegraphError):
    """A body that did not arrive in time; nothing was changed."""

    status = 408
    title = "Body too slow"


class PreconditionFailed(RolegraphError):
    """A conditional write to a graph that has changed since; ``etag`` is its current validator."""

    status = 412
    title = "Precondition failed"


class TooLarge(RolegraphError):
    """A body over the limit."""

    status = 413
    title = "Too large"


class UnsupportedFormat(RolegraphError):
    """A body in an unsupported format."""

    status = 415
    title = "Unsupported format"


class NotConforming(RolegraphError):
    """An entry that does not conform to the shapes."""

    status = 422
    exit_code = 1
    title = "Shapes not met"


class TooManyRequests(RolegraphError):
    """A client that uses more than its share of the workers."""

    status = 429
    title = "Too many requests"


class ClientGone(RolegraphError):
    """The client closed the connection before the answer was ready."""

    status = 499
    title = "Client gone"


class TimeLimitReached(RolegraphError):
    """A query or another job that took too long, or waited too long for a worker; ``limit`` is the limit in seconds."""

    status = 503
    title = "Time limit reached"


class MemoryLimitReached(RolegraphError):
    """A query or another job that needed too much memory; ``limit`` is the limit in MiB."""

    status = 503
    title = "Memory limit reached"


class StoreUnusable(RolegraphError):
    """A store that cannot be opened, read or written."""

    status = 503
    title = "Store unusable"


def every() -> list[type[RolegraphError]]:
    """Return the public error classes in the order of their definition."""
    return RolegraphError.__subclasses__()
