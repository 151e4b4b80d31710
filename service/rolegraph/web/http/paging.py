"""Links between the pages of a list."""

from urllib.parse import urlencode

from flask import Response, request

from rolegraph.catalogue.lists import Page
from rolegraph.web.http import negotiation


def links(page: Page) -> dict[str, str]:
    """Return the addresses of the ``previous`` and the ``next`` page, where they exist."""
    numbers = {"previous": page.number - 1, "next": page.number + 1}
    return {name: _address(number) for name, number in numbers.items() if 1 <= number <= page.last}


def with_link_header(response: Response, addresses: dict[str, str]) -> Response:
    """Add the previous and the next page as a Link header (RFC 8288)."""
    for name, address in addresses.items():
        response.headers.add("Link", f'<{address}>; rel="{"prev" if name == "previous" else name}"')
    return response


def _address(number: int) -> str:
    format_ = request.args.get("format")
    query = [negotiation.kept("page"), *([urlencode({"format": format_})] if format_ else []), f"page={number}"]
    return f"{request.script_root}{request.path}{negotiation.suffix()}?{'&'.join(filter(None, query))}"
