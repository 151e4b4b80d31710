"""Conditional requests (RFC 9110, 13.1) on the content of a graph, and ETags.

The ETag of a graph is its validator, a hyphen, and the form of the response: format, coding, address. The condition of a write only
compares validators, since it is on the stored content and not on a response.
"""

import re
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING
from urllib.parse import parse_qs

from flask import Response, request
from werkzeug.http import quote_etag
from werkzeug.wrappers import Request

from rolegraph import terms
from rolegraph.engine import Engine, Receipt
from rolegraph.errors import PreconditionFailed
from rolegraph.facade.entries import Condition, always
from rolegraph.formats import Format
from rolegraph.web.http.context import newest
from rolegraph.web.http.wsgi import CODING, TAG

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

_PARAMETERS = 100  # most parameters of a request that are parsed
_SOURCE = re.compile(rf"/sources/({terms.SLUG.pattern})(?:\.[a-z]+)?")


def asked() -> Condition:
    """Return :func:`check` if the current request has conditions, else a function that does nothing."""
    return check if {"If-Match", "If-None-Match"} & set(request.headers.keys()) else always


def check(validator: str | None) -> None:
    """Check the conditions of the current request against the validator of a graph; None is the validator of a missing graph.

    :raises PreconditionFailed: with the current tag
    """
    wanted, present = request.if_match, "If-Match" in request.headers
    if present and not (validator if wanted.star_tag else _named(validator, wanted.as_set())):
        raise _failed("If-Match", validator)
    unwanted = request.if_none_match
    if validator if unwanted.star_tag else _named(validator, unwanted.as_set(include_weak=True)):
        raise _failed("If-None-Match", validator)


def tagged(response: Response, receipt: Receipt, graph: str) -> Response:
    """Return the response to a write with the tag of the written graph, and the number of the new revision."""
    if receipt.revision is not None:
        response.headers["Rolegraph-Revision"] = str(receipt.revision)
    if graph in receipt.validators:
        response.headers["ETag"] = quote_etag(receipt.validators[graph])
    return response


def read(graph: str, format_: Format, answer: Callable[[], Response]) -> Response:
    """Return a graph as a response with its tag. Only stores that other processes write get the tag here; ResponseCache tags the others.

    The tag is computed first: a tag newer than the content would hide a write between the two.
    """
    engine = newest().engine
    if engine.revision is None and "revision" not in request.args:
        request.environ[TAG] = f"{engine.validator(graph)}-{format_.extension}-{request.environ.get(CODING, 'plain')}"
    return answer()


def validator(environ: "WSGIEnvironment", engine: Engine) -> str | None:
    """Return the validator of the only graph that a request reads, None if it may read others."""
    graph = _read(environ, union=engine.union)
    return None if graph is None else engine.validator(graph)


def _read(environ: "WSGIEnvironment", *, union: bool) -> str | None:
    """Return the IRI of the only graph that a request reads, "" for a separate default graph, or None for anything else."""
    path, query = environ["PATH_INFO"], environ.get("QUERY_STRING", "")
    source = _SOURCE.fullmatch(path)
    is_read = (source or path.startswith("/graphs")) and query.count("&") <= _PARAMETERS
    parameters = parse_qs(query, keep_blank_values=True) if is_read else {"revision": []}
    names, default = parameters.get("graph", []), "default" in parameters
    if "revision" in parameters or len(names) + default > 1:
        return None
    if source:
        return terms.KINDS["source"].namespace + source[1]
    if names:
        return terms.expand(names[0]) or names[0]
    if default or not path.startswith("/graphs/"):  # without a name: all graphs
        return "" if default and not union else None
    with suppress(UnicodeError):  # an invalid Host is refused later
        return Request(environ).base_url
    return None


def _named(validator: str | None, tags: set[str]) -> bool:
    return validator is not None and any((tag or "").partition("-")[0] == validator for tag in tags)  # Werkzeug has None for ""


def _failed(header: str, validator: str | None) -> PreconditionFailed:
    state = "there is none" if validator is None else "it was changed, or is there already"
    detail = f"nothing was written: what {header} says does not hold of the graph; {state}"
    expected = "a write without If-Match, which makes it" if validator is None else "the tag of the graph as it is now; read it again"
    return PreconditionFailed(detail, expected=expected, etag=None if validator is None else quote_etag(validator))
