"""Request slots: few requests of one client are worked on at a time. One that waits for something else frees its slot meanwhile."""

from collections.abc import Callable
from contextvars import ContextVar

_freeing: ContextVar[Callable[[], object]] = ContextVar("freeing", default=bool)


def hold(freeing: Callable[[], object]) -> None:
    """Take note, in this thread, of the function that frees the slot of its request; it may be called more than once."""
    _freeing.set(freeing)


def free() -> None:
    """Free the slot of the current request: from here on it waits for a worker, a writer or another service, or copies a result."""
    _freeing.get()()
