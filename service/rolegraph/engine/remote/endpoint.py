"""The configuration of a remote endpoint, and the conversion of its HTTP errors."""

import http.client
import urllib.error
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from rolegraph.errors import BadParameter, RolegraphError, StoreUnusable, TimeLimitReached, UnreadableInput

AUTH = ("none", "basic", "digest", "bearer")
REFUSALS = {
    401: "requires credentials, or does not accept the given ones (401)",
    403: "does not allow this request (403)",
    404: "does not exist (404)",
    405: "does not accept this HTTP method (405)",
}
TOO_LATE = (408, 504)
TOO_LONG = ("S1T00", "S1TAT", "estimated execution time")  # in messages of Virtuoso, with status 500
MOST_OF_A_MESSAGE = 300  # characters


@dataclass(frozen=True)
class Endpoint:
    """The URLs, credentials and time limits of a remote SPARQL endpoint.

    :param query_url: the URL for queries
    :param update_url: the URL for updates; without it the endpoint is read-only
    :param graph_store_url: the URL of the graph store, for large pieces of graphs: faster than updates
    :param auth: ``none``, ``basic``, ``digest`` or ``bearer``, with ``user`` and ``password`` (the token, for ``bearer``)
    :param read_auth: send the credentials with queries, too; some servers then run an update that was sent as a query
    :param seconds: the time limit of a query
    :param write_seconds: the time limit of a request of a write
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
            raise BadParameter("auth", f"{self.auth} authentication needs credentials", expected="a user and a password, or a token")
        if self.graph_store_url and not self.update_url:
            raise BadParameter("graph_store_url", "graph_store_url needs update_url", expected="both URLs")


def _check(name: str, url: str | None) -> None:
    if url is None:
        return
    try:
        parts = urlsplit(url)
        fit = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        fit, parts = False, urlsplit("")
    if not fit or parts.username is not None:
        what = "contains credentials" if fit else "is not the URL of an endpoint"
        raise BadParameter(name, f"{name} {what}", expected="an http or https URL without user and password, which have their own settings")


def shown(url: str) -> str:
    """Return a URL for messages: without user, password and parameters, which may contain a key."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"


def late(seconds: float) -> TimeLimitReached:
    """Return the error for a request that took too long."""
    return TimeLimitReached(f"the endpoint took longer than {seconds:g} seconds", limit=f"{seconds:g}")


@contextmanager
def errors(url: str, seconds: float, what: str) -> Iterator[None]:
    """Convert errors of HTTP requests to an endpoint, with its message.

    :param what: ``query`` or ``write``
    :raises StoreUnusable: if the endpoint cannot be reached, or refuses the request
    :raises UnreadableInput: if it refuses the query
    :raises TimeLimitReached: if it takes too long
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
        raise StoreUnusable(f"the connection to the endpoint {place} was lost: {error}") from error
    except ValueError as error:  # an unsupported authentication challenge
        raise StoreUnusable(f"the endpoint {place} cannot be used: {error}") from error


def _refusal(error: urllib.error.HTTPError, message: str, place: str, what: str, seconds: float) -> RolegraphError:
    """Return the error for an HTTP status other than success."""
    suffix = f": {message}" if message else ""
    if error.code == 400 and what == "query":
        return UnreadableInput(f"the endpoint cannot parse the query{suffix}")
    if error.code in TOO_LATE or any(words in message for words in TOO_LONG):
        return late(seconds)
    if 300 <= error.code < 400:
        detail = f"redirects to {shown(error.headers.get('Location') or '')}; redirects are not followed: configure that address instead"
    else:
        detail = REFUSALS.get(error.code, f"answered with status {error.code}") + suffix
    return StoreUnusable(f"the endpoint {place} {detail}", endpoint_status=error.code)


def _message(error: urllib.error.HTTPError) -> str:
    """Return the first line of an error message, or an empty text for HTML."""
    if error.headers.get_content_type() == "text/html":
        return ""
    try:
        text = error.read(MOST_OF_A_MESSAGE * 4).decode("utf-8", "replace")
    except (OSError, http.client.HTTPException):
        return ""
    return next((line.strip()[:MOST_OF_A_MESSAGE] for line in text.splitlines() if line.strip()), "")
