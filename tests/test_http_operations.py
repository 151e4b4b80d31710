"""Every operation of the OpenAPI document, with every status, media type and header that it states for an answer."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from documents import FORM, PARTS, QUERY, SOURCE, UPDATE, WHOLE, parts, written
from openapi_document import Described
from rolegraph.engine.embedded import Settings
from rolegraph.facade import Rolegraph
from rolegraph.tokens import Tokens
from rolegraph.web import create_app
from rolegraph.web.http.negotiation import GRAPHS
from rolegraph.web.resources.validation import INVALID, VALID

GRAPH = {format_.media for format_ in GRAPHS}
OTHER = "https://roles.example.org/prompt-engineer"
PREFIXES = "PREFIX rg: <https://w3id.org/rolegraph/ns#> PREFIX skos: <http://www.w3.org/2004/02/skos/core#>\n"
THING = f'{PREFIXES}<{OTHER}> a rg:Role ; skos:prefLabel "Prompt Engineer of others"@en ; rg:salary [ rg:note "one" ] .\n'
CONSTRUCT = "CONSTRUCT { ?s ?p ?o } WHERE { ?s ?p ?o } LIMIT 3"
SELECT = "SELECT * { ?s ?p ?o } LIMIT 3"
SENT = {
    ("/gap", "application/json"): b'["Python"]',
    ("/gap", FORM): b"profile=Python",
    ("/match", "application/json"): b'{"texts": ["AI Architect"], "kind": "role"}',
    ("/match", FORM): b"texts=AI+Architect&kind=role",
    ("/match/mapping", FORM): b"text=AI+Architect&kind=role&row-0=none",
    ("/sparql", FORM): b"query=ASK%7B%7D",
    ("/sparql", "multipart/form-data"): b'--b\r\nContent-Disposition: form-data; name="query"\r\n\r\nASK {}\r\n--b--\r\n',
    ("/update", FORM): b"update=CLEAR+GRAPH+%3Curn:x%3E",
    ("/update", "multipart/form-data"): b'--b\r\nContent-Disposition: form-data; name="update"\r\n\r\nCLEAR GRAPH <urn:x>\r\n--b--\r\n',
    ("/sparql", QUERY): SELECT.encode(),
    ("/update", UPDATE): b"INSERT DATA { GRAPH <urn:x> { <urn:a> <urn:b> 1 } }",
}


def body(path: str, media: str) -> bytes:
    """Return a body of a media type that an operation takes."""
    entry = "<http://x/s> <http://x/p> 1 ." if path.startswith("/graphs") else VALID + SOURCE
    if (path, media) in SENT:
        return SENT[path, media]
    if media == FORM:
        return b"entry=" + entry.replace("#", "%23").replace("+", "%2B").replace("&", "%26").replace(";", "%3B").encode()
    if media == "multipart/form-data":
        return parts(b"Python", "skills.txt", "text/plain") if path == "/gap" else parts(entry.encode())
    return written(entry)[media] if path != "/gap" and media in GRAPH else WHOLE[media][0]


@pytest.fixture(scope="module")
def described(editor: FlaskClient) -> Described:
    return Described(editor.get("/openapi.json").get_json())


@pytest.fixture(scope="module")
def filled(editor: FlaskClient, admin: tuple[str, str], described: Described) -> FlaskClient:
    """A client of a graph that holds what the examples of the document name, and a thing of another system."""
    for path, chosen in (("/graphs", {"graph": "source:our-hr"}), ("/graphs/{path}", {})):
        answer = editor.put(described.address(path, "put", chosen), data=THING, content_type="text/turtle", headers=[admin])
        assert answer.status_code == 201, answer.text
    return editor


def readings(described: Described, client: FlaskClient) -> Iterator[tuple[str, str, str]]:
    """Yield path, media type and address of each way to read."""
    node = client.get("/sparql", query_string={"query": "SELECT ?n { ?n ?p 'one' }", "format": "csv"}).text.split()[-1]
    table = {"query": SELECT}
    for path, method, _ in described.operations():
        if method != "get":
            continue
        for media in described.media(path, method) or ["text/html"]:
            chosen = {"/sparql": table, "/thing": {"iri": OTHER}}.get(path, {})
            if media in GRAPH:
                chosen = {
                    "/sparql": {"query": CONSTRUCT},
                    "/queries/{name}": {"name": "compare-graph", "role": "ai-architect,ai-programmer"},
                    "/graphs": {"graph": "source:our-hr"},
                }.get(path, chosen)
            if path.endswith("genid/{name}"):
                chosen = {"name": node.rpartition("/")[2]}
            yield path, media, described.address(path, method, chosen)
    yield "/thing", "text/html", described.address("/thing", "get", {})
    yield "/skill", "application/json", "/skill?limit=2&page=2"
    yield "/sparql", "text/turtle", "/sparql"


def test_what_is_read(filled: FlaskClient, described: Described) -> None:
    for path, media, address in readings(described, filled):
        template = "/{kind}" if path == "/skill" else path
        answer = filled.get(address, headers={"Accept": media})
        assert answer.status_code in (200, 303), f"{address} {media} {answer.text[:300]}"
        assert answer.mimetype == media, address
        described.check(template, "get", answer)
        if "ETag" in answer.headers:
            again = filled.get(address, headers={"Accept": media, "If-None-Match": answer.headers["ETag"]})
            assert again.status_code == 304, address
            assert not again.data
            described.seen[template, "get"]["304"] = set()


def test_what_is_sent_and_kept_nowhere(filled: FlaskClient, described: Described) -> None:
    for path, method, operation in described.operations():
        if "security" in operation or method == "get":
            continue
        for sent in operation["requestBody"]["content"]:
            for media in described.media(path, method):
                content = CONSTRUCT.encode() if sent == QUERY and media in GRAPH else body(path, sent)
                if path == "/sparql" and sent != QUERY and media in GRAPH:
                    continue  # it asks what has no graph for an answer
                address = described.address(path, method, {})
                type_ = PARTS if sent == "multipart/form-data" else sent
                answer = filled.post(address, data=content, content_type=type_, headers={"Accept": media})
                assert (answer.status_code, answer.mimetype) == (200, media), f"{address} {sent} {answer.text[:300]}"
                described.check(path, method, answer)


def test_what_is_written(filled: FlaskClient, admin: tuple[str, str], described: Described) -> None:
    order = ["put", "post", "delete"]
    operations = [each for each in described.operations() if "security" in each[2]]
    for path, method, operation in sorted(operations, key=lambda each: order.index(each[1])):
        chosen = {"/graphs": {"graph": "urn:made"}, "/sources/{slug}": {"slug": "x"}, "/graphs/{path}": {"path": "made"}}.get(path, {})
        address = described.address(path, method, chosen)
        media_of_answers = described.media(path, method) or ["*/*"]
        for sent in operation.get("requestBody", {}).get("content", ("",)):
            for media in media_of_answers:
                if method == "post" and path != "/update":
                    filled.delete(address, headers=[admin])  # so that the first of two makes it
                for _ in range(2 if sent else 1):
                    type_ = PARTS if sent == "multipart/form-data" else sent or None
                    content = body(path, sent) if sent else b""
                    answer = filled.open(address, method=method, data=content, content_type=type_, headers=[admin, ("Accept", media)])
                    assert answer.status_code in (200, 201, 204), f"{method} {address} {sent} {answer.text[:300]}"
                    assert media in ("*/*", answer.mimetype)
                    described.check(path, method, answer)
    unnamed = filled.post("/graphs", data=THING, content_type="text/turtle", headers=[admin])
    described.check("/graphs", "post", unnamed)


def test_what_is_written_to_a_default_graph_of_its_own(tmp_path: Path, described: Described) -> None:
    graph = Rolegraph.open(tmp_path, shipped=False, settings=Settings(union=False))
    assert isinstance(graph.tokens, Tokens)
    client, token = create_app(graph).test_client(), graph.tokens.create("admin").text
    for method, content in (("put", THING), ("delete", "")):
        answer = client.open(
            "/graphs?default", method=method, data=content, content_type="text/turtle", headers={"Authorization": f"Bearer {token}"}
        )
        assert answer.status_code == 204
        described.check("/graphs", method, answer)
    graph.close()


def test_nothing_is_stated_that_was_not_seen(described: Described) -> None:
    """Runs after the others: every status below 400, and every header of it, came at least once."""
    for path, method, operation in described.operations():
        seen = described.seen[path, method]
        stated = {status for status in operation["responses"] if status < "4"}
        assert stated == {status for status in seen if status < "4"}, f"{method} {path}"
        for status in stated - {"304"}:
            headers = {name.lower() for name in operation["responses"][status].get("headers", ())}
            assert headers == seen[status], f"{method} {path} {status}"


BAD: tuple[tuple[str, str, str, dict[str, str], bytes, int], ...] = (
    ("get", "/{kind}/{slug}", "/role/nothing", {}, b"", 404),
    ("get", "/{kind}", "/role?limit=0", {}, b"", 400),
    ("get", "/{kind}", "/role?revision=999999", {}, b"", 404),
    ("get", "/similar", "/similar?role=ai-architct", {}, b"", 400),
    ("get", "/compare", "/compare?role=ai-architect", {}, b"", 400),
    ("get", "/health", "/health", {"Accept": "image/png"}, b"", 406),
    ("get", "/sparql", "/sparql?query=ASK", {}, b"", 400),
    ("get", "/sparql", "/sparql?query=ASK{SERVICE<http://127.0.0.1:1/>{}}", {}, b"", 403),
    ("get", "/.well-known/genid/{name}", "/.well-known/genid/nothing", {"Accept": "text/turtle"}, b"", 404),
    ("post", "/sparql", "/sparql", {"Content-Type": "text/plain"}, b"ASK {}", 415),
    ("post", "/gap", "/gap?revision=999999", {"Content-Type": "text/plain"}, b"Python", 404),
    ("post", "/validate", "/validate", {"Content-Type": "text/turtle"}, b"<", 400),
    ("post", "/validate", "/validate", {"Content-Type": "text/turtle"}, b" " * 1100 * 1024, 413),
    ("put", "/sources/{slug}", "/sources/x", {"Content-Type": "text/turtle", "Authorization": ""}, b"", 401),
    ("put", "/sources/{slug}", "/sources/x", {"Content-Type": "text/turtle"}, INVALID.encode(), 422),
    ("put", "/sources/{slug}", "/sources/x", {"Content-Type": "text/turtle", "If-Match": '"other"'}, (VALID + SOURCE).encode(), 412),
    ("put", "/sources/{slug}", "/sources/x", {"Content-Type": "text/turtle", "Accept": "image/png"}, b"", 406),
    ("put", "/graphs", "/graphs?graph=urn:x", {"Content-Type": "image/png"}, b"", 415),
    ("put", "/graphs", "/graphs?default", {"Content-Type": "text/turtle"}, b"", 403),
    ("delete", "/graphs", "/graphs?graph=urn:none", {}, b"", 404),
    ("delete", "/sources/{slug}", "/sources/none", {}, b"", 404),
)


@pytest.mark.parametrize("accepted", ["application/json", "text/html, */*;q=0.1"])
@pytest.mark.parametrize(("method", "path", "address", "headers", "content", "status"), BAD, ids=lambda value: str(value)[:40])
def test_what_is_refused(  # noqa: PLR0917 - the columns of the table
    filled: FlaskClient,
    admin: tuple[str, str],
    described: Described,
    method: str,
    path: str,
    address: str,
    headers: dict[str, str],
    content: bytes,
    status: int,
    accepted: str,
) -> None:
    sent = {"Accept": accepted, admin[0]: admin[1], **headers}
    answer = filled.open(address, method=method, data=content, headers=sent)
    assert answer.status_code == status, answer.text[:300]
    assert str(status) in described.operation(path, method)["responses"]
    described.check(path, method, answer)
    if answer.mimetype == "application/problem+json":
        assert set(answer.get_json(force=True)) <= set(described.document["components"]["schemas"]["Problem"]["properties"])


def test_a_store_that_is_not_ready(tmp_path: Path, described: Described) -> None:
    graph = Rolegraph.open(tmp_path, shipped=False)
    assert isinstance(graph.tokens, Tokens)
    graph.tokens.create("admin")
    (tmp_path / "tokens.sqlite").write_bytes(b"\xff")
    answer = create_app(graph).test_client().get("/readyz")
    graph.close()
    assert (answer.status_code, answer.mimetype) == (503, "application/json")
    described.check("/readyz", "get", answer)
