"""SPARQL 1.1 Graph Store Protocol: graphs by name, read and written whole."""

from secrets import token_hex

from flask import Blueprint, Response, request

from rolegraph import formats, terms
from rolegraph.catalogue import missing
from rolegraph.engine import DEFAULT, Document, WriteMode
from rolegraph.errors import BadParameter
from rolegraph.formats import Format
from rolegraph.web.http import authorization, conditions, negotiation
from rolegraph.web.http.context import WRITE_LIMIT, body, graph, newest
from rolegraph.web.http.json_schema import FILE, array, extensible
from rolegraph.web.http.negotiation import DATASETS, GRAPHS
from rolegraph.web.http.operations import MULTIPART, Operation, Parameter, in_path

routes = Blueprint("graphs", __name__)

_GRAPH = (
    Parameter("graph", "the IRI or the CURIE of a named graph", example="source:our-hr"),
    Parameter("default", "the default graph, in place of a named one"),
)
_PATH = (in_path("path", "the path of a graph whose address is its name", "example"),)
_BODIES = {**{format_.media: FILE for format_ in GRAPHS}, MULTIPART: extensible("Files, all of one format", {"file": array(FILE)})}
_STORED = {201: "The graph was made", 204: "The graph was written"}
_TAGGED = dict.fromkeys(_STORED, ("ETag",))
_GONE = {204: "Removed"}
_REPLACE, _ADD, _REMOVE = "Replace a graph, or make it", "Add to a graph, or make it", "Remove a graph"


@routes.get("/graphs")
@routes.get("/graphs/<path:path>")
@Operation("One graph; without a name, all named graphs", (*GRAPHS, *DATASETS), parameters=_GRAPH, pooled=True, path="/graphs")
@Operation("One graph", GRAPHS, parameters=_PATH, pooled=True, path="/graphs/{path}")
def read(path: str = "") -> Response:
    """Return a graph, or without a name all named graphs in a dataset format."""
    if not path and not request.args.keys() & {"graph", "default"}:
        format_ = negotiation.choose(*GRAPHS, *DATASETS)
        if format_ in DATASETS:
            negotiation.check_parameters(format_)
            return negotiation.respond(graph().export(format_), format_)
    name = _named(path)
    format_ = negotiation.choose(*GRAPHS)
    negotiation.check_parameters(format_, "graph", "default")
    if name is None:
        return negotiation.respond(graph().export(format_, DEFAULT), format_)
    return conditions.read(name, format_, lambda: negotiation.respond(graph().export(format_, name), format_))


@routes.put("/graphs")
@routes.put("/graphs/<path:path>")
@Operation(_REPLACE, parameters=_GRAPH, reads=_BODIES, answers=_STORED, headers=_TAGGED, writes=True, path="/graphs")
@Operation(_REPLACE, parameters=_PATH, reads=_BODIES, answers=_STORED, headers=_TAGGED, writes=True, path="/graphs/{path}")
def put(path: str = "") -> Response:
    """Create or replace a graph."""
    authorization.require(None)
    return _store(_named(path), mode="replace")


@routes.post("/graphs")
@routes.post("/graphs/<path:path>")
@Operation(
    _ADD,
    parameters=_GRAPH,
    reads=_BODIES,
    answers=_STORED,
    headers={201: ("ETag", "Location"), 204: ("ETag",)},
    writes=True,
    path="/graphs",
)
@Operation(_ADD, parameters=_PATH, reads=_BODIES, answers=_STORED, headers=_TAGGED, writes=True, path="/graphs/{path}")
def post(path: str = "") -> Response:
    """Add to a graph, or create it; a graph without a name gets one."""
    authorization.require(None)
    if path or request.args.keys() & {"graph", "default"}:
        return _store(_named(path), mode="append")
    name = f"{request.base_url.rstrip('/')}/{token_hex(8)}"
    response = _store(name, mode="append")
    response.headers["Location"] = name
    return response


@routes.delete("/graphs")
@routes.delete("/graphs/<path:path>")
@Operation(_REMOVE, parameters=_GRAPH, answers=_GONE, headers={204: ("ETag",)}, errors=(404,), writes=True, path="/graphs")
@Operation(_REMOVE, parameters=_PATH, answers=_GONE, errors=(404,), writes=True, path="/graphs/{path}")
def delete(path: str = "") -> Response:
    """Remove a graph."""
    authorization.require(None)
    name = _named(path)

    def guard() -> None:
        if not _looked_at(name):
            raise missing.graph(str(name), graph().engine.graphs())

    return conditions.tagged(Response(status=204), newest().store(name, None, guard=guard), "")


def _store(name: str | None, *, mode: WriteMode) -> Response:
    new = False

    def guard() -> None:
        nonlocal new
        new = not _looked_at(name)

    document, format_ = _document()
    receipt = newest().store(name, document, format_, mode=mode, guard=guard)
    return conditions.tagged(Response(status=201 if new else 204), receipt, name or "")


def _looked_at(name: str | None) -> bool:
    """Check the conditions of the current request, and return whether the graph exists; the default graph always does.

    :raises PreconditionFailed: where it does not
    """
    engine, condition = newest().engine, conditions.asked()
    there = name is None or name in engine.graphs()
    if condition is conditions.check:  # a store that others write has to read the whole graph for it
        condition(engine.validator(name or "") if there else None)
    return there


def _document() -> tuple[Document, Format]:
    """Return the document of the current request: its body, or the files of a form, which are of one format.

    :raises UnsupportedFormat: for a format that is not read
    """
    request.max_content_length = WRITE_LIMIT
    if request.mimetype != "multipart/form-data":
        return body(WRITE_LIMIT), formats.of_media(request.content_type or "", GRAPHS)
    files = [file for _, file in request.files.items(multi=True)]
    formats_ = {formats.of_media(file.content_type or "", GRAPHS) for file in files}
    if len(formats_) != 1:
        detail = f"this form holds {len(files)} files, of {len(formats_)} formats"
        raise BadParameter("file", detail, expected="one file or more, of one format")
    return tuple(file.read() for file in files), formats_.pop()


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
        detail = "two graphs were named" if names else "no graph was named"
        raise BadParameter("graph", detail, expected="?default, ?graph= with the IRI or CURIE of a graph, or all of them: /graphs.nq")
    if default:
        return None
    iri = terms.expand(names[0]) or names[0]
    if not terms.is_iri(iri):
        raise BadParameter("graph", f"{names[0]!r} is no absolute IRI", expected="the IRI or the CURIE of a graph")
    return iri
