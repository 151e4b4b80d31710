"""Answers of the analyses: as a page, as JSON, as CSV."""

from typing import Any, Protocol

from flask import Response, render_template, request

from rolegraph.formats import Format
from rolegraph.output import to_csv, to_json
from rolegraph.web.http import negotiation
from rolegraph.web.http.context import graph
from rolegraph.web.http.negotiation import CSV, DOCUMENT, HTML
from rolegraph.web.http.operations import Parameter

OFFERED = (HTML, DOCUMENT, CSV)
SOURCE = Parameter("source", "only roles that this source speaks of, as slug, CURIE or IRI")
SELECTED = 50  # roles that a list to choose from still holds; where there are more, one types a name


class Found(Protocol):
    """What an analysis returns."""

    def as_dict(self) -> dict[str, Any]:
        """Return it as JSON."""

    def table(self) -> list[list[str]]:
        """Return it as a table."""


def respond(found: Found, format_: Format) -> Response:
    """Return what an analysis found as JSON or CSV."""
    if format_ == CSV:
        return negotiation.respond(to_csv(found.table()), format_)
    return negotiation.respond(to_json(found.as_dict()), format_)


def page(template: str, **shown: Any) -> str:
    """Return a page, with the roles to choose from where they are few."""
    index = graph().analysis.index
    count = len(index.facts.roles)
    roles = sorted((index.role(row) for row in range(count)), key=lambda role: role.label.lower()) if count <= SELECTED else []
    sources = graph().analysis.sources_of(getattr(shown.get("found"), "roles", ()))
    return render_template(template, offered=roles, given=request.args, sources=sources, **shown)
