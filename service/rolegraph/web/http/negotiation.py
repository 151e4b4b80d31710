"""Content negotiation: the suffix of the path, then ``?format=``, then the Accept header."""

from collections.abc import Callable, Sequence
from urllib.parse import urlencode

from flask import Response, g, request

from rolegraph import formats
from rolegraph.errors import BadParameter, NotAcceptable, NotFound
from rolegraph.formats import Format
from rolegraph.values import Answer
from rolegraph.web.http.context import OPTIONS, REVISION

HTML, TEXT = formats.holding("page")
DOCUMENT = formats.holding("document")[0]
TABLES = formats.holding("table")
GRAPHS = formats.holding("graph")
TURTLE = formats.named("turtle", GRAPHS)
CSV = formats.named("csv", TABLES)
DATASETS = formats.holding("dataset")

SUFFIX = "rolegraph.suffix"  # key of the suffix that was removed from the path, in the environ of a request


def choose(*offered: Format, lenient: bool = False) -> Format:
    """Return the offered format that the current request asks for; on a tie, the first.

    :param lenient: use the Accept header if ``?format=`` names a format that is not offered: SPARQLWrapper sends
        ``format=xml`` with every query, beside the right header
    :raises NotFound: if the suffix is not offered
    :raises BadParameter: if the ``?format=`` is not offered
    :raises NotAcceptable: if the Accept header allows no offered format
    """
    ending = request.environ.get(SUFFIX)
    if ending:
        try:
            return formats.named(ending, offered)
        except BadParameter as error:
            suffixes = ", ".join(f".{extension(format_)}" for format_ in offered)
            raise NotFound(f"{request.path} is not available as .{ending}", expected=suffixes) from error
    asked = request.args.get("format")
    try:
        return formats.named(asked, offered) if asked else formats.negotiate(_accept(), offered)
    except BadParameter:
        if lenient and _accept().strip() not in ("", "*/*"):
            return formats.negotiate(_accept(), offered)
        raise


def check_parameters(format_: Format, *names: str) -> None:
    """Refuse unknown parameters in requests for data: a misspelt one would silently change the result.

    Pages ignore them, since other sites add parameters to links.

    :param names: the known parameters of the path, beside :data:`~rolegraph.web.http.context.OPTIONS`
    :raises BadParameter: for an unknown parameter
    """
    g.parameter_names = names
    accepted = (*names, *OPTIONS)
    unknown = None if format_ == HTML else next((name for name in request.args if name not in accepted), None)
    if unknown is not None:
        raise BadParameter(unknown, "there is no such parameter here", expected=", ".join(accepted))


def prefers_html() -> bool:
    """Return whether the current request prefers an HTML page to data. This decides the format of errors."""
    try:
        if asked := request.environ.get(SUFFIX) or request.args.get("format"):
            return formats.named(asked, (HTML,)) == HTML
    except BadParameter:
        pass  # an unknown format: the Accept header decides
    try:
        return formats.negotiate(_accept(), (DOCUMENT, HTML)) == HTML
    except NotAcceptable:
        return False


def respond(body: bytes | str | Answer, format_: Format, status: int = 200) -> Response:
    """Return a response in a format, with a file name for saving. An answer in a file is streamed."""
    response = _sent(body) if isinstance(body, Answer) else Response(body)
    response.status_code = status
    response.content_type = format_.content_type
    if format_ != HTML:
        name = request.path.strip("/").rpartition("/")[2] or "rolegraph"
        response.headers.set("Content-Disposition", "inline", filename=f"{name}.{extension(format_)}")
    return response


def suffix() -> str:
    """Return the suffix of the current request with its dot, or ''."""
    ending = request.environ.get(SUFFIX)
    return f".{ending}" if ending else ""


def extension(format_: Format) -> str:
    """Return the suffix of a format in links, without its dot."""
    return "json" if format_.name == "json" else format_.extension


def alternates(offered: Sequence[Format]) -> list[tuple[Format, str]]:
    """Return the offered formats except HTML, each with the address of the current page in that format."""
    query = kept()
    address: Callable[[Format], str] = lambda format_: f"{request.script_root}{request.path}.{extension(format_)}"  # noqa: E731
    return [(format_, address(format_) + (f"?{query}" if query else "")) for format_ in offered if format_ != HTML]


def kept(*without: str) -> str:
    """Return the query string of the known parameters that have a value, without the format.

    :param without: names of parameters to leave out
    """
    return urlencode([(name, value) for name, value in known_parameters() if name not in without], safe=":/,")


def known_parameters() -> list[tuple[str, str]]:
    """Return the known parameters of the current query string that have a value."""
    names = {*g.get("parameter_names", ()), REVISION}
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


def query_string(more: dict[str, str]) -> str:
    """Return the query string of the redirect: more parameters, and those of the request."""
    named = suffix().removeprefix(".")
    values = dict(request.args) | ({"format": named} if named and more else {})
    return urlencode(more | values)
