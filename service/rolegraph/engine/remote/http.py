"""The wire to an endpoint: requests of the SPARQL protocol, credentials and time."""

import base64
import http.client
import time
import urllib.request
from collections.abc import Mapping, Sequence
from tempfile import SpooledTemporaryFile
from typing import IO, Any, NamedTuple
from urllib.parse import urlencode

from rolegraph import __version__, deadlines, slots
from rolegraph.engine import IsCancelled, never_cancelled
from rolegraph.engine.remote.endpoint import Endpoint, errors, late
from rolegraph.engine.remote.query_forms import LOOKUP, QueryForm
from rolegraph.errors import ClientGone, StoreUnusable
from rolegraph.values import PIECE

IN_MEMORY = 4 * 1024 * 1024  # bytes of an answer; what is longer lies in a file
ACCEPT = {
    "table": "application/sparql-results+json, application/sparql-results+xml;q=0.5",
    "graph": "application/n-triples, text/turtle;q=0.7, application/rdf+xml;q=0.5",
}
STRANGE_BLANK, BLANK = b'"bnode", "value": "nodeID://', b'"bnode", "value": "'
"""How Virtuoso names blank nodes, which is no name of one; within a literal these quotation marks would be escaped."""
SHORTEST = 1000  # milliseconds, below which Virtuoso takes no time limit
http.client._MAXHEADERS = 100_000  # type: ignore[attr-defined]  # noqa: SLF001 - of 100; Virtuoso repeats the name of each graph in one

Parameters = Sequence[tuple[str, str]]


class Spool(SpooledTemporaryFile[bytes]):
    """Bytes in memory, or in a file once they are many, which goes with its last reader."""

    def __init__(self) -> None:
        super().__init__(max_size=IN_MEMORY)

    def __del__(self) -> None:
        self.close()


class Reply(NamedTuple):
    """What an endpoint answered: its body, rewound, with the type that it says it has."""

    body: IO[bytes]
    size: int
    media: str


class _Unredirected(urllib.request.HTTPRedirectHandler):
    """Follows no redirect, which would take a query, or credentials, to where the operator did not send them."""

    def redirect_request(self, *_: Any, **__: Any) -> None:
        return None


class _Digest(urllib.request.HTTPDigestAuthHandler):
    """Answers challenges, and closes the connection of each one answered, which the library leaves open."""

    def http_error_401(self, req: Any, fp: Any, code: int, msg: str, headers: Any) -> Any:
        answer = None
        try:
            answer = super().http_error_401(req, fp, code, msg, headers)
        finally:
            if answer is not None or req.has_header(self.auth_header):
                fp.close()
        return answer


class Connection:
    """Sends queries, updates and graphs to an endpoint. Each request has a connection of its own, so threads may share this."""

    def __init__(self, endpoint: Endpoint) -> None:
        self._endpoint = endpoint
        self._virtuoso = False
        self._uncut = 0

    def ask(self, text: str, form: QueryForm, parameters: Parameters = (), is_cancelled: IsCancelled = never_cancelled) -> Reply:
        """Send a query that was read before and return its whole answer.

        :raises TimeLimitReached: after the seconds of the endpoint, or what is left of them (:mod:`rolegraph.deadlines`)
        :raises StoreUnusable: where there is no answer, or only a part of one
        """
        endpoint = self._endpoint
        seconds = deadlines.left(endpoint.seconds)
        until = time.monotonic() + seconds
        if seconds <= 0:
            raise late(endpoint.seconds)
        shown = max(seconds, endpoint.seconds)
        slots.free()
        opener, headers = _opener(endpoint, endpoint.query_url, with_credentials=endpoint.read_auth)
        fields = [*parameters, *self._limit(seconds), ("query", text)]
        request = _form(endpoint.query_url, fields, {**headers, "Accept": ACCEPT[form.holds]})
        if is_cancelled():
            raise ClientGone("the client disconnected before the answer was ready")
        with errors(endpoint.query_url, shown, "query"), opener.open(request, timeout=seconds) as response:
            self._judge(response, shown)
            return Reply(*_received(response, until, shown, is_cancelled), response.headers.get_content_type())

    def update(self, text: str) -> None:
        """Send an update of this program's own."""
        endpoint = self._endpoint
        url = endpoint.update_url or endpoint.query_url
        opener, headers = _opener(endpoint, url)
        request = _form(url, [("update", text)], headers)
        with errors(url, endpoint.write_seconds, "write"), opener.open(request, timeout=endpoint.write_seconds) as response:
            response.read()

    def store(self, graph: str, turtle: bytes, *, add: bool) -> None:
        """Replace a graph, or add to it, through the graph store protocol."""
        endpoint = self._endpoint
        url = endpoint.graph_store_url or ""
        opener, headers = _opener(endpoint, url)
        address = f"{url}{'&' if '?' in url else '?'}{urlencode({'graph': graph})}"
        # bytes as the body have a Content-Length; sent in chunks, one server stores an empty graph and says that all is well
        request = urllib.request.Request(address, turtle, {**headers, "Content-Type": "text/turtle"}, method="POST" if add else "PUT")  # noqa: S310
        with errors(url, endpoint.write_seconds, "write"), opener.open(request, timeout=endpoint.write_seconds) as response:
            response.read()

    def uncut(self, rows: int, form: QueryForm) -> None:
        """Make sure that an answer of so many triples is whole.

        Virtuoso cuts graphs where it cuts tables, but does not say so: a table of one row more shows whether that is here.

        :raises StoreUnusable: where it is
        """
        if not self._virtuoso or rows <= self._uncut or form.holds == "table":
            return
        try:
            self.ask(f"SELECT ?a {{ ?a ?b ?c . ?d ?e ?f }} LIMIT {rows + 1}", LOOKUP)
        except StoreUnusable as error:
            if int(error.members.get("limit", 0)) <= rows:
                raise
        self._uncut = rows

    def _limit(self, seconds: float) -> Parameters:
        """Tell the server the time limit too, where it is known how: else it would go on with what nobody waits for."""
        return [("timeout", str(max(SHORTEST, int(seconds * 1000))))] if self._virtuoso else []

    def _judge(self, response: http.client.HTTPResponse, seconds: float) -> None:
        """Refuse an answer that the server has cut and yet calls a success."""
        self._virtuoso = (response.headers.get("Server") or "").startswith("Virtuoso")
        if response.headers.get("X-SQL-State") == "S1TAT":
            raise late(seconds)
        if most := response.headers.get("X-SPARQL-MaxRows"):
            detail = f"the endpoint cuts its answers after {most} rows, and this one has as many: ask for fewer, or by LIMIT and OFFSET"
            raise StoreUnusable(detail, limit=most)


def _form(url: str, fields: Parameters, headers: Mapping[str, str]) -> urllib.request.Request:
    """Return a request that is sent as a form: some servers hang on a bare query, and the names of many graphs make a long address."""
    type_ = {"Content-Type": "application/x-www-form-urlencoded"}
    return urllib.request.Request(url, urlencode(fields).encode("ascii"), {**headers, **type_}, method="POST")  # noqa: S310 - checked by Endpoint


def _opener(endpoint: Endpoint, url: str, *, with_credentials: bool = True) -> tuple[urllib.request.OpenerDirector, dict[str, str]]:
    """Return what opens one request to a URL, and the headers with credentials."""
    handlers: list[urllib.request.BaseHandler] = [_Unredirected()]
    headers = {"User-Agent": f"Rolegraph/{__version__}"}
    if with_credentials and endpoint.auth == "digest":
        passwords = urllib.request.HTTPPasswordMgrWithDefaultRealm()
        passwords.add_password(None, url, endpoint.user, endpoint.password)
        handlers.append(_Digest(passwords))
    elif with_credentials and endpoint.auth != "none":
        headers["Authorization"] = _authorization(endpoint)
    return urllib.request.build_opener(*handlers), headers


def _received(response: http.client.HTTPResponse, until: float, seconds: float, is_cancelled: IsCancelled) -> tuple[IO[bytes], int]:
    """Receive an answer within its time; a server that trickles is given up like one that is silent."""
    body, rest = Spool(), b""
    while piece := response.read1(PIECE):
        if is_cancelled():
            raise ClientGone("the client disconnected before the answer was ready")
        if time.monotonic() > until:
            raise late(seconds)
        text = (rest + piece).replace(STRANGE_BLANK, BLANK)
        body.write(text[: -len(STRANGE_BLANK)])
        rest = text[-len(STRANGE_BLANK) :]
    body.write(rest)
    if response.length:  # what is still to come; this way of reading takes the end of a connection for the end of an answer
        raise http.client.IncompleteRead(b"", response.length)
    size = body.tell()
    body.seek(0)
    return body, size


def _authorization(endpoint: Endpoint) -> str:
    if endpoint.auth == "bearer":
        return f"Bearer {endpoint.password}"
    return "Basic " + base64.b64encode(f"{endpoint.user}:{endpoint.password}".encode()).decode("ascii")
