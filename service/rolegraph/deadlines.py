"""How long the requests to an endpoint may take that answer one request of a client: together as long as one of them alone may."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import NamedTuple


class _Limit(NamedTuple):
    """``began`` is when the time that all share began to run, None where each has its own; ``each`` takes the place of the usual limit."""

    began: float | None = None
    each: float | None = None


_NONE = _Limit()
_limit: ContextVar[_Limit] = ContextVar("limit", default=_NONE)


def begin() -> None:
    """Let the time of all requests to an endpoint run from now on, in this thread or task, until :func:`end`."""
    _limit.set(_Limit(time.monotonic()))


def end() -> None:
    """Give each request its own time again."""
    _limit.set(_NONE)


@contextmanager
def apart(each: float | None = None) -> Iterator[None]:
    """Give each request its own time within the block: for what is built once for all who ask, and for writes, which end in any case.

    :param each: the seconds that one may take, in place of the usual ones
    """
    before = _limit.set(_Limit(None, each))
    try:
        yield
    finally:
        _limit.reset(before)


def left(usual: float) -> float:
    """Return the seconds that the next request may take, where one alone may usually take some; zero or less where none are left."""
    limit = _limit.get()
    if limit.began is not None:
        return usual - (time.monotonic() - limit.began)
    return usual if limit.each is None else limit.each
