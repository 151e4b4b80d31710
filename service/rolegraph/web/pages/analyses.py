"""Responses of the analyses: pages, JSON and CSV."""

from typing import Any, Protocol

from flask import Response, render_template, request

from rolegraph import nearness
from rolegraph.formats import Format
from rolegraph.output import to_csv, to_json
from rolegraph.web.http import negotiation, parameters
from rolegraph.web.http.context import graph
from rolegraph.web.http.json_schema import one_of
from rolegraph.web.http.negotiation import CSV, DOCUMENT, HTML
from rolegraph.web.http.operations import Parameter

OFFERED = (HTML, DOCUMENT, CSV)
NEAR = Parameter("near", "which items count as near to others", {**one_of(nearness.MODES), "default": nearness.REVIEWED})
SOURCE = Parameter("source", "only roles that this source describes, as slug, CURIE or IRI")
SELECTED = 50  # most roles of a selection list; with more, there is a text box


class AnalysisResult(Protocol):
    """The result of an analysis."""

    def as_dict(self) -> dict[str, Any]:
        """Return the result as a JSON object."""

    def table(self) -> list[list[str]]:
        """Return the result as rows of cells, the header first."""


def near_mode() -> str:
    """Return which items count as near to others."""
    return parameters.chosen("near", nearness.MODES, nearness.REVIEWED)


def respond(result: AnalysisResult, format_: Format) -> Response:
    """Return the result of an analysis as JSON or CSV."""
    if format_ == CSV:
        return negotiation.respond(to_csv(result.table()), format_)
    return negotiation.respond(to_json(result.as_dict()), format_)


def page(template: str, **shown: Any) -> str:
    """Return a page, with the roles to select from if there are at most :data:`SELECTED`."""
    index = graph().analysis.index
    count = len(index.facts.roles)
    roles = sorted((index.role(row) for row in range(count)), key=lambda role: role.label.lower()) if count <= SELECTED else []
    sources = graph().analysis.sources_of(getattr(shown.get("result"), "roles", ()))
    proposing = graph().comparer.proposing()
    return render_template(template, offered=roles, parameters=request.args, sources=sources, proposing=proposing, **shown)
