"""Redirects from IRIs in answers that have no page to what describes them."""


from flask import Blueprint, redirect, request
from werkzeug.wrappers import Response as AnyResponse

from rolegraph.engine.skolems import GENERATED
from rolegraph.errors import NotFound
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
    return redirect(f"{request.script_root}/sparql?{negotiation.query_string({'query': f'DESCRIBE <{iri}>'})}", 303)
