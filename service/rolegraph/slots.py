"""Request slots limit the requests of one client that run at a time. A request that only waits frees its slot."""

from collections.abc import Callable
from contextvars import ContextVar

_freeing: ContextVar[Callable[[], object]] = ContextVar("freeing", default=bool)


def hold(freeing: Callable[[], object]) -> None:
    """Set, for this thread, the function that frees the slot of its request; it may be called more than once."""
    _freeing.set(freeing)


def free() -> None:
    """Free the slot of the current request, before it waits for a worker, a writer or another service, or copies a result."""
    _freeing.get()()
