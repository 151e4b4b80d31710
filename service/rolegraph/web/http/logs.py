"""Log lines for operators: time, level, the request's id and its token's id, then what happened.

Nothing of a body, of an address after its path, or of a token's secret is in them.
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
TOKEN = "rolegraph.token"  # noqa: S105 - where the environment of a request holds the id of the token that allowed it
_PLAIN = re.compile(r"[A-Za-z0-9._:+/=-]{1,128}")
_SAFE = "/:@!$&'()*+,;=~-._"
_FRAMES = 12  # of a traceback, at its beginning and at its end
_FORMAT = "%(asctime)s.%(msecs)03dZ %(levelname)s %(request)s %(token)s %(message)s"

_access = logging.getLogger("rolegraph.access")


@dataclass
class Request:
    """The request that a thread is at."""

    environ: "WSGIEnvironment"
    id: str
    started: float = field(default_factory=time.monotonic)

    def __post_init__(self) -> None:
        self._path = quote(self.environ["PATH_INFO"].encode("latin-1"), safe=_SAFE)  # as it came: Suffixes takes its end off

    @classmethod
    def of(cls, environ: "WSGIEnvironment") -> "Request":
        """Return a request, with the id that the client or a proxy gave it if that is a plain one, or else a new one."""
        given = environ.get("HTTP_X_REQUEST_ID", "")
        return cls(environ, given if _PLAIN.fullmatch(given) else uuid4().hex)

    @property
    def line(self) -> str:
        """The method and the path, in plain letters; what follows a question mark may be personal, and is left out."""
        return f"{self.environ['REQUEST_METHOD']} {self._path}"

    def answered(self, status: int, size: int) -> None:
        """Log that the request is answered, where that is wanted."""
        if _access.isEnabledFor(logging.INFO):
            address, taken = self.environ.get("REMOTE_ADDR", "-"), (time.monotonic() - self.started) * 1000
            token = CURRENT.set(self)
            _access.info("%s %s %d %d %.1fms", address, self.line, status, size, taken)
            CURRENT.reset(token)


CURRENT: ContextVar[Request | None] = ContextVar("request", default=None)


class Formatter(logging.Formatter):
    """Writes one line for a record, and one more for each line of a traceback."""

    converter = time.gmtime  # type: ignore[assignment]  # takes more than is asked of it

    def __init__(self) -> None:
        super().__init__(_FORMAT, "%Y-%m-%dT%H:%M:%S")

    def format(self, record: logging.LogRecord) -> str:
        """Return the text of a record."""
        current = CURRENT.get()
        record.request = current.id if current else "-"
        record.token = (current.environ.get(TOKEN) if current else None) or "-"
        return super().format(record)

    def formatException(self, ei: Any) -> str:  # noqa: N802 - the name that logging has for it
        """Return a traceback; after a request that sent a body without the words of its errors, which may be parts of that."""
        current = CURRENT.get()
        words = current is None or current.environ["REQUEST_METHOD"] in ("GET", "HEAD")
        return "\n".join(_traced(ei[1], words=words))


def start(level: str, *, access: bool) -> None:
    """Log to standard error, from a level on; each request too, if that is wanted."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(Formatter())
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
    warnings.filterwarnings("ignore", module="rdflib|pyshacl")  # which repeat parts of what they read
    _access.setLevel(logging.INFO if access else logging.CRITICAL)


def _traced(error: BaseException | None, *, words: bool) -> list[str]:
    """Return an error and those that led to it, the first one first."""
    found: list[str] = []
    while error is not None:
        frames = traceback.format_tb(error.__traceback__)
        lines = "".join([*frames[:_FRAMES], *(["  …\n"] if len(frames) > 2 * _FRAMES else []), *frames[_FRAMES:][-_FRAMES:]])
        what = "".join(traceback.format_exception_only(error)).rstrip() if words else type(error).__name__
        found = [f"Traceback (most recent call last):\n{lines}{what}", *found]
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return found
