"""A remote endpoint: where it is, how it is asked, and what goes wrong between it and us, in our errors."""

import http.client
import urllib.error
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from rolegraph.errors import BadParameter, RolegraphError, StoreUnusable, TimeLimitReached, UnreadableInput

AUTH = ("none", "basic", "digest", "bearer")
REFUSALS = {
    401: "does not accept the credentials, or asks for some (401)",
    403: "does not allow this to whoever asks (403)",
    404: "is not there (404)",
    405: "does not take requests of this kind (405)",
}
TOO_LATE = (408, 504)
TOO_LONG = ("S1T00", "S1TAT", "estimated execution time")  # Virtuoso's words, with a status of 500
MOST_OF_A_MESSAGE = 300  # characters


@dataclass(frozen=True)
class Endpoint:
    """Where a remote store is asked and written, and what it may take.

    :param query_url: where queries go
    :param update_url: where updates go; without it the endpoint is only read
    :param graph_store_url: where large pieces of graphs go, which is quicker than updates
    :param auth: ``none``, ``basic``, ``digest`` or ``bearer``, with ``user`` and ``password`` (a bearer's token is the password)
    :param read_auth: send the credentials with queries too. An endpoint that needs them may run as a write what was sent as a query
    :param seconds: what a query may take
    :param write_seconds: what a request of a write may take
    """

    query_url: str
    update_url: str | None = None
    graph_store_url: str | None = None
    auth: str = "none"
    user: str = ""
    password: str = field(default="", repr=False)
    read_auth: bool = False
    seconds: float = 10
    write_seconds: float = 300

    def __post_init__(self) -> None:
        for name in ("query_url", "update_url", "graph_store_url"):
            _check(name, getattr(self, name))
        if self.auth not in AUTH:
            raise BadParameter("auth", f"there is no authentication {self.auth!r}", expected=f"one of {', '.join(AUTH)}")
        if self.auth != "none" and not (self.password and (self.user or self.auth == "bearer")):
            raise BadParameter("auth", f"{self.auth} authentication lacks its credentials", expected="a user and a password, or a token")
        if self.graph_store_url and not self.update_url:
            raise BadParameter("graph_store_url", "graphs are not written through it alone", expected="update_url beside it")


def _check(name: str, url: str | None) -> None:
    if url is None:
        return
    try:
        parts = urlsplit(url)
        fit = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        fit, parts = False, urlsplit("")
    if not fit or parts.username is not None:
        what = "holds credentials" if fit else "is no address of an endpoint"
        raise BadParameter(name, f"{name} {what}", expected="an http or https URL without user and password, which are given apart")


def shown(url: str) -> str:
    """Return a URL for people to read: without user, password and parameters, which may hold a key."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"


def late(seconds: float) -> TimeLimitReached:
    """Return the error of a request that took too long."""
    return TimeLimitReached(f"the endpoint took longer than {seconds:g} seconds", limit=f"{seconds:g}")


@contextmanager
def errors(url: str, seconds: float, what: str) -> Iterator[None]:
    """Turn what goes wrong on the wire, and what the endpoint says of it, into our errors.

    :param what: ``query`` or ``write``
    """
    place = shown(url)
    try:
        yield
    except urllib.error.HTTPError as error:
        with error:
            message = _message(error)
        raise _refusal(error, message, place, what, seconds) from error
    except (TimeoutError, urllib.error.URLError) as error:
        reason = error.reason if isinstance(error, urllib.error.URLError) else error
        if isinstance(reason, TimeoutError):
            raise late(seconds) from error
        raise StoreUnusable(f"the endpoint {place} cannot be reached: {reason}") from error
    except (OSError, http.client.HTTPException) as error:
        raise StoreUnusable(f"the connection to the endpoint {place} broke off: {error}") from error
    except ValueError as error:  # a challenge that this kind of authentication does not know
        raise StoreUnusable(f"the endpoint {place} cannot be talked to: {error}") from error


def _refusal(error: urllib.error.HTTPError, message: str, place: str, what: str, seconds: float) -> RolegraphError:
    """Return our error for a status other than success."""
    said = f": {message}" if message else ""
    if error.code == 400 and what == "query":
        return UnreadableInput(f"the endpoint cannot read the query{said}")
    if error.code in TOO_LATE or any(words in message for words in TOO_LONG):
        return late(seconds)
    if 300 <= error.code < 400:
        detail = f"redirects to {shown(error.headers.get('Location') or '')}, which is not followed: name that address instead"
    else:
        detail = REFUSALS.get(error.code, f"answered with status {error.code}") + said
    return StoreUnusable(f"the endpoint {place} {detail}", endpoint_status=error.code)


def _message(error: urllib.error.HTTPError) -> str:
    """Return the first line of an error message, where it is text."""
    if error.headers.get_content_type() == "text/html":
        return ""
    try:
        text = error.read(MOST_OF_A_MESSAGE * 4).decode("utf-8", "replace")
    except (OSError, http.client.HTTPException):
        return ""
    return next((line.strip()[:MOST_OF_A_MESSAGE] for line in text.splitlines() if line.strip()), "")
