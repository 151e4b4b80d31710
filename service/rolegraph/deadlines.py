"""Time limits of requests to a remote endpoint: all requests for one request of a client share one limit."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import NamedTuple


class _Limit(NamedTuple):
    """``began`` is the start of the shared time, None if each request has its own limit; ``each`` replaces the default limit in seconds."""

    began: float | None = None
    each: float | None = None


_NONE = _Limit()
_limit: ContextVar[_Limit] = ContextVar("limit", default=_NONE)


def begin() -> None:
    """Start the shared time of all requests to an endpoint, in this thread or task, until :func:`end`."""
    _limit.set(_Limit(time.monotonic()))


def end() -> None:
    """Give each request its own limit again."""
    _limit.set(_NONE)


@contextmanager
def apart(each: float | None = None) -> Iterator[None]:
    """Give each request its own limit in a ``with`` block: for indexes that serve many requests, and for writes, which must be completed.

    :param each: the limit of each request in seconds; None is the default limit
    """
    before = _limit.set(_Limit(None, each))
    try:
        yield
    finally:
        _limit.reset(before)


def left(usual: float) -> float:
    """Return the seconds that the next request may take; zero or less if the shared time is over.

    :param usual: the default limit of a request in seconds
    """
    limit = _limit.get()
    if limit.began is not None:
        return usual - (time.monotonic() - limit.began)
    return usual if limit.each is None else limit.each
