"""SPARQL 1.1 Graph Store Protocol: graphs by name, read and written whole."""

from secrets import token_hex

from flask import Blueprint, Response, request

from rolegraph import formats, terms
from rolegraph.engine import Document, Keep
from rolegraph.errors import BadParameter, NotFound
from rolegraph.formats import Format
from rolegraph.web import access, negotiation
from rolegraph.web.negotiation import GRAPHS
from rolegraph.web.state import WRITE_LIMIT, body, graph, newest, revised

routes = Blueprint("storing", __name__)

_WHOLE = "CONSTRUCT WHERE { ?s ?p ?o }"


@routes.get("/graphs")
@routes.get("/graphs/<path:path>")
def read(path: str = "") -> Response:
    """Give a graph."""
    name = _named(path)
    format_ = negotiation.choose(*GRAPHS)
    negotiation.known(format_, "graph", "default")
    if name is None:
        return negotiation.respond(graph().query(_WHOLE, lambda _: format_), format_)
    return negotiation.respond(graph().export(format_, name), format_)


@routes.put("/graphs")
@routes.put("/graphs/<path:path>")
def put(path: str = "") -> Response:
    """Replace a graph, or make it."""
    access.require(None)
    return _store(_named(path), keep="none")


@routes.post("/graphs")
@routes.post("/graphs/<path:path>")
def post(path: str = "") -> Response:
    """Add to a graph, or make it; one that is not named gets a name."""
    access.require(None)
    if path or request.args.keys() & {"graph", "default"}:
        return _store(_named(path), keep="all")
    name = f"{request.base_url.rstrip('/')}/{token_hex(8)}"
    response = _store(name, keep="all")
    response.headers["Location"] = name
    return response


@routes.delete("/graphs")
@routes.delete("/graphs/<path:path>")
def delete(path: str = "") -> Response:
    """Remove a graph."""
    access.require(None)
    name = _named(path)
    if name is not None and name not in newest().engine.graphs():
        raise NotFound(f"there is no graph {name}")
    newest().store(name, None)
    return revised(Response(status=204))


def _store(name: str | None, *, keep: Keep) -> Response:
    new = name is not None and name not in newest().engine.graphs()
    document, format_ = _document()
    newest().store(name, document, format_, keep=keep)
    return revised(Response(status=201 if new else 204))


def _document() -> tuple[Document, Format]:
    """Return the document of the current request: its body, or the files of a form, which are of one format.

    :raises UnsupportedFormat: for a format that is not read
    """
    request.max_content_length = WRITE_LIMIT
    if request.mimetype != "multipart/form-data":
        return body(WRITE_LIMIT), formats.of_media(request.content_type or "", GRAPHS)
    files = [file for _, file in request.files.items(multi=True)]
    found = {formats.of_media(file.content_type or "", GRAPHS) for file in files}
    if len(found) != 1:
        detail = f"this form holds {len(files)} files, of {len(found)} formats"
        raise BadParameter("file", detail, expected="one file or more, of one format")
    return tuple(file.read() for file in files), found.pop()


def _named(path: str) -> str | None:
    """Return the IRI of the graph that the current request is about, None for the default graph.

    It stands in ``?graph=``, also as a CURIE; a path below ``/graphs/`` is its own name (4.1 of the protocol).
    """
    names, default = request.args.getlist("graph"), "default" in request.args
    if path:
        if names or default:
            raise BadParameter("graph", "the path names a graph already", expected=f"{request.path}, or /graphs?graph=IRI")
        return request.base_url
    if len(names) + default != 1:
        known = ", ".join(graph().engine.graphs())
        found = "two graphs were named" if names else "no graph was named"
        raise BadParameter("graph", found, expected=f"?default, or ?graph= with an IRI, such as one of {known}")
    if default:
        return None
    iri = terms.expand(names[0]) or names[0]
    if not terms.is_iri(iri):
        raise BadParameter("graph", f"{names[0]!r} is no absolute IRI", expected="the IRI or the CURIE of a graph")
    return iri
