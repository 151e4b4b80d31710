"""KindLists page by page: which page a request asks for, and the way to the others."""

from urllib.parse import urlencode

from flask import Response, request

from rolegraph.catalogue.lists import Page
from rolegraph.web.http import negotiation


def links(page: Page) -> dict[str, str]:
    """Return the addresses of the pages before and after one, as ``previous`` and ``next``, where there are any."""
    numbers = {"previous": page.number - 1, "next": page.number + 1}
    return {name: _address(other) for name, other in numbers.items() if 1 <= other <= page.last}


def with_link_header(response: Response, found: dict[str, str]) -> Response:
    """Name the neighbours of a page in the header Link (RFC 8288)."""
    for name, address in found.items():
        response.headers.add("Link", f'<{address}>; rel="{"prev" if name == "previous" else name}"')
    return response


def _address(other: int) -> str:
    format_ = request.args.get("format")
    query = [negotiation.kept("page"), *([urlencode({"format": format_})] if format_ else []), f"page={other}"]
    return f"{request.script_root}{request.path}{negotiation.suffix()}?{'&'.join(filter(None, query))}"
