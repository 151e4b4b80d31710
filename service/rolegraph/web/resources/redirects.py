"""Redirects from IRIs in answers that have no page to what describes them."""

from urllib.parse import urlencode

from flask import Blueprint, redirect, request
from werkzeug.wrappers import Response as AnyResponse

from rolegraph import terms
from rolegraph.engine.skolems import GENERATED
from rolegraph.errors import NotFound
from rolegraph.facade import model
from rolegraph.web.http import negotiation
from rolegraph.web.http.context import graph
from rolegraph.web.http.negotiation import GRAPHS, HTML
from rolegraph.web.http.operations import Operation, in_path

routes = Blueprint("redirects", __name__)

_OFFERED = (HTML, *GRAPHS)


@routes.get("/.well-known/genid/<name>")
@Operation(
    "Leads from a node without a name to what is said of it",
    _OFFERED,
    parameters=(in_path("name", "the last part of the IRI that stands for the node", "0"),),
    answers={303: "A query that describes the node"},
)
def node(name: str) -> AnyResponse:
    """Redirect from the IRI of a blank node (RDF 1.1, section 3.5) to its description.

    :raises NotFound: where nothing is
    """
    negotiation.check_parameters(negotiation.choose(*_OFFERED))
    iri = GENERATED + name
    if not graph().catalogue.mentions(iri):
        raise NotFound("nothing is said of this node", expected="a node of the newest revision, or of the one that ?revision= names")
    return redirect(f"{request.script_root}/sparql?{_asked({'query': f'DESCRIBE <{iri}>'})}", 303)


@routes.get("/ns/<version>")
@Operation(
    "Leads from a version of the ontology to it",
    _OFFERED,
    parameters=(in_path("version", "the number of the version", "0.1.0"),),
    answers={303: "The ontology"},
)
def version(version: str) -> AnyResponse:
    """Redirect from a version of the ontology to the ontology.

    :raises NotFound: for a version that is not served here
    """
    negotiation.check_parameters(negotiation.choose(*_OFFERED))
    served = model.versions(graph())
    if f"{terms.ONTOLOGY}/{version}" not in served:
        raise NotFound(f"there is no version {version} of the ontology here", expected=", ".join(served))
    query = _asked({})
    return redirect(f"{request.script_root}/ns{negotiation.suffix()}{'?' if query else ''}{query}", 303)


def _asked(more: dict[str, str]) -> str:
    """Return the query string of the redirect: more parameters, and those of the request."""
    suffix = negotiation.suffix().removeprefix(".")
    asked = dict(request.args) | ({"format": suffix} if suffix and more else {})
    return urlencode(more | asked)
