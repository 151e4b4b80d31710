"""Converts errors of Oxigraph about queries, updates and stores."""

import re
import traceback
from collections.abc import Iterator
from contextlib import contextmanager

import pyoxigraph as ox

from rolegraph.engine import syntax_errors
from rolegraph.errors import RolegraphError, StoreUnusable, UnreadableInput

# the error messages of RocksDB; any other error of a query is an error in the query
FAULT = re.compile(r"(?:Corruption|IO error|Invalid argument|Not found|Operation \w+|Resource busy|Shutdown in progress): ?")
_POSITION = re.compile(r"error at (\d+):(\d+): ")
_AHEAD = 40  # characters, longer than the longest keyword of SPARQL


@contextmanager
def reading_errors() -> Iterator[None]:
    """Convert errors of Oxigraph while reading into :class:`StoreUnusable`; names of files are not public."""
    try:
        with _iterators_dropped():
            yield
    except (OSError, RuntimeError) as error:
        if isinstance(error, RuntimeError) and not FAULT.match(str(error)):
            raise
        raise _unreadable(str(error)) from error


@contextmanager
def query_errors(text: str, *, what: str = "query") -> Iterator[None]:
    """Convert errors of Oxigraph about a query or an update.

    :raises UnreadableInput: for an error in the text, with line and column
    :raises StoreUnusable: for an error of reading
    """
    try:
        with _iterators_dropped():
            yield
    except RolegraphError:
        raise
    except SyntaxError as error:
        raise unparsed(text, what, str(error)) from error
    except (ValueError, RuntimeError, OSError) as error:
        if isinstance(error, OSError) or FAULT.match(str(error)):
            raise _unreadable(str(error)) from error
        raise UnreadableInput(f"the {what} cannot be answered: {error}") from error


def _unreadable(text: str) -> StoreUnusable:
    if "Too many open files" in text:
        return StoreUnusable("the store could not be read: too many files are open", expected="the same request, a little later")
    return StoreUnusable(f"the store could not be read: {text}", public_detail="the store could not be read: it may be damaged")


def unparsed(text: str, what: str, message: str = "") -> UnreadableInput:
    """Return the error for a query or an update that does not parse, with a readable message.

    Oxigraph reports the furthest position that it reached while looking ahead for keywords. At the end of the text that position is
    only right if blanks follow, so the text is parsed again with padding.

    :param message: the message of Oxigraph
    """
    mistake = syntax_errors.find(text, what) or syntax_errors.meant(text, message) or syntax_errors.ungrouped(text)
    if mistake is None:
        padded = f"{text}\n{' ' * _AHEAD}"
        try:
            ox.Store().update(padded) if what == "update" else ox.Store().query(padded)
        except SyntaxError as error:
            message = str(error)
        position = _POSITION.search(message)
        line, column = (int(position[1]), int(position[2])) if position else (1, 1)
        start = sum(map(len, text.splitlines(keepends=True)[: line - 1]))
        mistake = syntax_errors.near(text, message, start + column - 1)
    return mistake.error(text, what)


@contextmanager
def _iterators_dropped() -> Iterator[None]:
    """Drop the iterators that the frames of an error hold: Oxigraph allows that in this thread only, and another may be the last to
    hold the error. What a closure holds stays, so iterators are handed on as arguments.
    """
    try:
        yield
    except BaseException as error:
        cause: BaseException | None = error
        while cause:
            traceback.clear_frames(cause.__traceback__)
            cause = cause.__cause__ or cause.__context__
        raise
