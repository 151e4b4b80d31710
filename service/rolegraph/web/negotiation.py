"""Which format an answer takes: the suffix of the path, then ``?format=``, then the Accept header."""

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from flask import Response, g, request

from rolegraph import formats
from rolegraph.errors import BadParameter, NotAcceptable, NotFound
from rolegraph.formats import FORMATS, Format
from rolegraph.things import Answer
from rolegraph.web.state import OPTIONS, REVISION

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

HTML, TEXT = formats.holding("page")
DOCUMENT = formats.holding("document")[0]
TABLES = formats.holding("table")
GRAPHS = formats.holding("graph")
DATASETS = formats.holding("dataset")

_SUFFIX = "rolegraph.suffix"
_EXTENSIONS = {name for format_ in FORMATS for name in (format_.extension, format_.name)}
_WHOLE = ("/context.jsonld", "/openapi.json", "/static/", "/graphs/")


class Suffixes:
    """WSGI middleware that takes the extension or the name of a known format off the path, so that routes need not know of it."""

    def __init__(self, app: "WSGIApplication") -> None:
        self._app = app

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        """Answer a request."""
        path = environ.get("PATH_INFO", "")
        stem, dot, extension = path.rpartition(".")
        if dot and extension.lower() in _EXTENSIONS and not stem.endswith("/") and not path.startswith(_WHOLE):
            environ["PATH_INFO"] = stem
            environ[_SUFFIX] = extension.lower()
        return self._app(environ, start_response)


def choose(*offered: Format, lenient: bool = False) -> Format:
    """Return the offered format that the current request asks for; on a tie, the first.

    :param lenient: let a ``?format=`` that is not offered give way to an Accept header that names formats: SPARQLWrapper
        sends ``format=xml`` with every query, beside the right header
    :raises NotFound: for a suffix that is not offered here
    :raises BadParameter: for a ``?format=`` that is not offered here
    :raises NotAcceptable: where the Accept header allows none
    """
    ending = request.environ.get(_SUFFIX)
    if ending:
        try:
            return formats.named(ending, offered)
        except BadParameter as error:
            known = ", ".join(f".{extension(format_)}" for format_ in offered)
            raise NotFound(f"{request.path} is not there as .{ending}", expected=known) from error
    asked = request.args.get("format")
    try:
        return formats.named(asked, offered) if asked else formats.negotiate(_accept(), offered)
    except BadParameter:
        if lenient and _accept().strip() not in ("", "*/*"):
            return formats.negotiate(_accept(), offered)
        raise


def known(format_: Format, *names: str) -> None:
    """Let only known parameters pass where data is asked for: a misspelt one would give an answer to another question.

    Pages pass over what they do not know, which other sites add to links.

    :raises BadParameter: for another one
    """
    g.known = names
    taken = (*names, *OPTIONS)
    unknown = None if format_ == HTML else next((name for name in request.args if name not in taken), None)
    if unknown is not None:
        raise BadParameter(unknown, "there is no such parameter here", expected=", ".join(taken))


def for_people() -> bool:
    """Tell whether whoever sent the current request would rather read a page than data; decides the form of errors."""
    try:
        if asked := request.environ.get(_SUFFIX) or request.args.get("format"):
            return formats.named(asked, (HTML,)) == HTML
    except BadParameter:
        pass  # whatever it is, who would rather read a page says so in the header
    try:
        return formats.negotiate(_accept(), (DOCUMENT, HTML)) == HTML
    except NotAcceptable:
        return False


def respond(body: bytes | str | Answer, format_: Format, status: int = 200) -> Response:
    """Return a response in a format, with the name that a saved copy should have; an answer in a file is sent piece by piece."""
    response = _sent(body) if isinstance(body, Answer) else Response(body)
    response.status_code = status
    response.content_type = format_.content_type
    if format_ != HTML:
        name = request.path.strip("/").rpartition("/")[2] or "rolegraph"
        response.headers.set("Content-Disposition", "inline", filename=f"{name}.{extension(format_)}")
    return response


def suffix() -> str:
    """Return the suffix of the current request, with its dot, or nothing."""
    ending = request.environ.get(_SUFFIX)
    return f".{ending}" if ending else ""


def extension(format_: Format) -> str:
    """Return the suffix by which links name a format."""
    return "json" if format_.name == "json" else format_.extension


def alternates(offered: Sequence[Format]) -> list[tuple[Format, str]]:
    """Return the formats for machines among those offered, each with the address of the current page in it."""
    query = kept()
    address: Callable[[Format], str] = lambda format_: f"{request.script_root}{request.path}.{extension(format_)}"  # noqa: E731
    return [(format_, address(format_) + (f"?{query}" if query else "")) for format_ in offered if format_ != HTML]


def kept(*without: str) -> str:
    """Return what of the current query string the answer depends on, but for its format: the known parameters that hold a value."""
    return urlencode([(name, value) for name, value in given() if name not in without], safe=":/,")


def given() -> list[tuple[str, str]]:
    """Return the known parameters of the current query string that hold a value."""
    names = {*g.get("known", ()), REVISION}
    return [(name, value) for name, value in request.args.items(multi=True) if name in names and value]


def _sent(answer: Answer) -> Response:
    if isinstance(answer.content, bytes):
        return Response(answer.content)
    response = Response(answer.pieces())
    response.content_length = answer.size
    response.call_on_close(answer.content.close)
    return response


def _accept() -> str:
    return ",".join(request.headers.getlist("Accept"))
