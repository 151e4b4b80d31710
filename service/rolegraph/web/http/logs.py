"""Log lines: time, level, id of the request, id of its token, message.

They contain no part of a body, no query string, and no secret of a token.
"""

import logging
import re
import sys
import time
import traceback
import warnings
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import quote
from uuid import uuid4

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

HEADER = "X-Request-Id"
TOKEN = "rolegraph.token"  # noqa: S105 - key of the id of the accepted token, in the environ of a request
_PLAIN = re.compile(r"[A-Za-z0-9._:+/=-]{1,128}")
_SAFE = "/:@!$&'()*+,;=~-._"
_FRAMES = 12  # of a traceback, at its start and at its end
_FORMAT = "%(asctime)s.%(msecs)03dZ %(levelname)s %(request)s %(token)s %(message)s"

_access = logging.getLogger("rolegraph.access")


@dataclass
class Request:
    """The current request of a thread, for log lines."""

    environ: "WSGIEnvironment"
    id: str
    started: float = field(default_factory=time.monotonic)

    def __post_init__(self) -> None:
        self._path = self.environ["PATH_INFO"]  # the original path: Suffixes removes its suffix

    @classmethod
    def of(cls, environ: "WSGIEnvironment") -> "Request":
        """Return a request with the id of the X-Request-Id header if that is plain text, else with a new id."""
        header = environ.get("HTTP_X_REQUEST_ID", "")
        return cls(environ, header if _PLAIN.fullmatch(header) else uuid4().hex)

    @property
    def line(self) -> str:
        """The method and the escaped path. The query string may be personal, and is left out."""
        return f"{self.environ['REQUEST_METHOD']} {quote(self._path.encode('latin-1'), safe=_SAFE)}"

    def answered(self, status: int, size: int) -> None:
        """Log the request if access logging is on."""
        if _access.isEnabledFor(logging.INFO):
            address, taken = self.environ.get("REMOTE_ADDR", "-"), (time.monotonic() - self.started) * 1000
            token = CURRENT.set(self)
            _access.info("%s %s %d %d %.1fms", address, self.line, status, size, taken)
            CURRENT.reset(token)


CURRENT: ContextVar[Request | None] = ContextVar("request", default=None)


class Formatter(logging.Formatter):
    """Formats a record as one line, with the lines of a traceback after it."""

    converter = time.gmtime  # type: ignore[assignment]  # accepts more arguments than the type

    def __init__(self) -> None:
        super().__init__(_FORMAT, "%Y-%m-%dT%H:%M:%S")

    def format(self, record: logging.LogRecord) -> str:
        """Return the text of a record."""
        current = CURRENT.get()
        record.request = current.id if current else "-"
        record.token = (current.environ.get(TOKEN) if current else None) or "-"
        return super().format(record)

    def formatException(self, ei: Any) -> str:  # noqa: N802 - the name is that of logging.Formatter
        """Return a traceback. For a request with a body, the messages are left out, since they may contain parts of the body."""
        current = CURRENT.get()
        messages = current is None or current.environ["REQUEST_METHOD"] in ("GET", "HEAD")
        return "\n".join(_traced(ei[1], messages=messages))


def start(level: str, *, access: bool) -> None:
    """Log to standard error.

    :param level: lowest level that is logged
    :param access: log each request too
    """
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(Formatter())
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
    warnings.filterwarnings("ignore", module="rdflib|pyshacl")  # their warnings repeat parts of the input
    _access.setLevel(logging.INFO if access else logging.CRITICAL)


def _traced(error: BaseException | None, *, messages: bool) -> list[str]:
    """Return the tracebacks of an error and its causes, the first cause first."""
    tracebacks: list[str] = []
    while error is not None:
        frames = traceback.format_tb(error.__traceback__)
        lines = "".join([*frames[:_FRAMES], *(["  …\n"] if len(frames) > 2 * _FRAMES else []), *frames[_FRAMES:][-_FRAMES:]])
        what = "".join(traceback.format_exception_only(error)).rstrip() if messages else type(error).__name__
        tracebacks = [f"Traceback (most recent call last):\n{lines}{what}", *tracebacks]
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return tracebacks
