"""Compressed answers: which coding, what can be read out of it, and that nothing is compressed or computed twice."""

import gzip
import sys
import tempfile
from collections.abc import Callable
from typing import IO
from unittest.mock import patch

import brotli
import pytest
from flask import Flask, Response
from flask.testing import FlaskClient

from rolegraph.facade import Rolegraph
from rolegraph.formats import holding, named
from rolegraph.values import Answer
from rolegraph.web import create_app
from rolegraph.web.http import negotiation
from rolegraph.web.http.wsgi import LARGEST
from rolegraph.web.middleware import compression, headers
from rolegraph.web.middleware.cache import CachedResponse, LruByBytes
from rolegraph.web.middleware.compression import Compression, choose

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

DECODE: dict[str, Callable[[bytes], bytes]] = {"gzip": gzip.decompress, "br": brotli.decompress, "zstd": zstd.decompress}
PAGE = "/compare.json?role=ai-architect&role=deep-learning-engineer"
CSV = named("csv", holding("table"))
STYLE = "/static/style.css"
BROWSER = "gzip, deflate, br, zstd"


@pytest.mark.parametrize(
    ("accepted", "coding", "plain"),
    [
        ("", None, True),
        ("gzip", "gzip", True),
        ("GZip;q=0.1", "gzip", True),
        ("x-gzip", "gzip", True),
        (BROWSER, "zstd", True),
        ("gzip, br", "br", True),
        ("zstd;q=0.5, br;q=0.4, gzip;q=0.9", "gzip", True),
        ("deflate, compress", None, True),
        ("gzip;q=0", None, True),
        ("*", "gzip", True),
        ("*;q=0.5, gzip;q=0", "br", True),
        ("br;q=0.2, *;q=0.8", "gzip", True),
        ("*;q=0", None, False),
        ("identity", None, True),
        ("identity;q=0", None, False),
        ("identity;q=0, gzip;q=0.1", "gzip", False),
        ("identity;q=0, *", "gzip", False),
        ("*;q=0, br", "br", False),
        ("identity;q=0.9, gzip;q=0.3", None, True),
        ("identity;q=0.3, gzip;q=0.3", "gzip", True),
        ("gzip;q=nonsense", None, True),
        (",;q=,", None, True),
    ],
)
def test_the_client_chooses(accepted: str, coding: str | None, plain: bool) -> None:
    assert choose(accepted) == (coding, plain)


@pytest.mark.parametrize("path", [PAGE, "/", "/role/ai-architect.ttl", "/queries/tips.csv?role=ai-architect", STYLE])
@pytest.mark.parametrize("coding", DECODE)
def test_every_coding_can_be_read_and_says_the_same(client: FlaskClient, path: str, coding: str) -> None:
    plain, packed = (client.get(path, headers={"Accept-Encoding": wanted}, buffered=True) for wanted in ("", coding))
    assert "Content-Encoding" not in plain.headers
    assert packed.headers["Content-Encoding"] == coding
    assert DECODE[coding](packed.data) == plain.data
    assert len(packed.data) < 0.6 * len(plain.data)
    for answer in (plain, packed):
        assert int(answer.headers["Content-Length"]) == len(answer.data)
        assert {"Accept", "Accept-Encoding"} <= set(answer.headers["Vary"].split(", "))
    head = client.head(path, headers={"Accept-Encoding": coding}, buffered=True)
    assert head.data == b""
    assert (head.headers["ETag"], head.headers["Content-Encoding"]) == (packed.headers["ETag"], coding)


def test_a_repeated_question_is_neither_computed_nor_compressed_again(graph: Rolegraph) -> None:
    client = create_app(graph).test_client()
    first = client.get(PAGE, headers={"Accept-Encoding": BROWSER})
    with (
        patch.object(graph.engine, "rows", side_effect=AssertionError("looked up again")),
        patch.object(compression, "stream", side_effect=AssertionError("compressed again")),
    ):
        again = client.get(PAGE, headers={"Accept-Encoding": "zstd"})
    assert again.data == first.data
    assert dict(again.headers) == dict(first.headers)
    for accepted in ("br", "gzip", ""):
        other = client.get(PAGE, headers={"Accept-Encoding": accepted})
        assert DECODE.get(accepted, bytes)(other.data) == DECODE["zstd"](first.data)


@pytest.mark.parametrize("path", [PAGE, "/openapi.json", "/sources/ai-architect-vs-deep-learning-engineer"])
def test_each_coding_has_a_strong_tag_of_its_own(client: FlaskClient, path: str) -> None:
    wanted = ("", "gzip", "br", "zstd")
    tags = {client.get(path, headers={"Accept-Encoding": coding}, buffered=True).headers["ETag"] for coding in wanted}
    assert len(tags) == len(wanted)
    assert all(tag.startswith('"') for tag in tags)


def test_a_weak_tag_stands_for_all_codings(client: FlaskClient) -> None:
    codings = ("", "gzip", "br", "zstd")
    (tag,) = {client.get(STYLE, headers={"Accept-Encoding": coding}, buffered=True).headers["ETag"] for coding in codings}
    assert tag.startswith('W/"')
    for coding in ("", "br"):
        unchanged = client.get(STYLE, headers={"Accept-Encoding": coding, "If-None-Match": tag}, buffered=True)
        assert (unchanged.status_code, unchanged.headers["ETag"], unchanged.data) == (304, tag, b"")


def test_an_answer_is_kept_once_in_each_coding_that_was_asked_for(graph: Rolegraph) -> None:
    keep, kept = LruByBytes.keep, list[bytes]()

    def noting(memory: LruByBytes, tag: str, copy: CachedResponse) -> None:
        kept.append(copy.body)
        keep(memory, tag, copy)

    client = create_app(graph).test_client()
    with patch.object(LruByBytes, "keep", noting):
        sent = [client.get(PAGE, headers={"Accept-Encoding": coding}).data for coding in ("gzip", "gzip", "", "br", "br", BROWSER, "zstd")]
    assert kept == [sent[0], sent[2], sent[3], sent[5]]


def test_what_a_read_depends_on_is_looked_at_for_an_answer_at_hand_too(client: FlaskClient) -> None:
    seen = client.get(PAGE).headers["ETag"]
    assert client.get(PAGE, headers={"If-Match": '"another"'}).status_code == 412
    assert client.get(PAGE, headers={"If-Match": seen}).status_code == 200


def test_an_unchanged_answer_is_not_sent_again_in_the_coding_that_the_client_has(client: FlaskClient) -> None:
    tags = {coding: client.get(PAGE, headers={"Accept-Encoding": coding}, buffered=True).headers["ETag"] for coding in ("", "gzip", "br")}

    def again(coding: str, had: str) -> tuple[int, str]:
        answer = client.get(PAGE, headers={"Accept-Encoding": coding, "If-None-Match": had}, buffered=True)
        assert (answer.data == b"") == (answer.status_code == 304)
        return answer.status_code, answer.headers["ETag"]

    assert again("gzip", tags["gzip"]) == (304, tags["gzip"])
    assert again("gzip", f"W/{tags['gzip']}") == (304, tags["gzip"])
    assert again("gzip", f'"other", {tags["gzip"]}') == (304, tags["gzip"])
    assert again("", tags[""]) == (304, tags[""])
    assert again("gzip", tags["br"]) == (200, tags["gzip"])
    assert again("", tags["gzip"]) == (200, tags[""])


def test_unchanged_needs_no_look_up(graph: Rolegraph, client: FlaskClient) -> None:
    sent = {"Accept-Encoding": "br"}
    sent["If-None-Match"] = client.get(PAGE, headers=sent).headers["ETag"]
    fresh = create_app(graph)
    with patch.object(graph.engine, "rows", side_effect=AssertionError("looked up")):
        assert fresh.test_client().get(PAGE, headers=sent).status_code == 304


def made(response: Callable[[], Response]) -> FlaskClient:
    """Return a client of an application that gives one answer."""
    app = Flask(__name__)
    app.wsgi_app = Compression(app.wsgi_app)  # type: ignore[method-assign]
    headers.install(app)
    app.add_url_rule("/", "it", response)
    return app.test_client()


@pytest.mark.parametrize(
    ("kept", "small"),
    [
        ({"Content-Type": "image/png"}, False),
        ({"Content-Type": "font/woff2"}, False),
        ({"Content-Type": "text/plain", "Content-Encoding": "gzip"}, False),
        ({"Content-Type": "text/plain", "Cache-Control": "public, no-transform"}, False),
        ({"Content-Type": "text/plain"}, True),
    ],
)
def test_what_would_gain_nothing_or_must_not_be_touched_goes_as_it_is(kept: dict[str, str], small: bool) -> None:
    body = b"x" * (200 if small else 20_000)
    answer = made(lambda: Response(body, headers=kept)).get("/", headers={"Accept-Encoding": "gzip"})
    assert answer.data == body
    assert answer.headers.get("Content-Encoding") == kept.get("Content-Encoding")


def test_a_small_one_is_compressed_where_a_plain_one_is_refused() -> None:
    client = made(lambda: Response(b"x" * 200, content_type="text/plain"))
    answer = client.get("/", headers={"Accept-Encoding": "identity;q=0, gzip"})
    assert gzip.decompress(answer.data) == b"x" * 200


def filed(content: bytes) -> IO[bytes]:
    """Return a file that holds an answer."""
    file = tempfile.TemporaryFile()  # noqa: SIM115
    file.write(content)
    file.flush()
    return file


@pytest.mark.parametrize("coding", ["", *DECODE])
def test_an_answer_in_a_file_is_sent_as_it_is_read_and_closed(coding: str) -> None:
    content = b"".join(b"%d is a number\n" % number for number in range(LARGEST // 2))
    accept, files = {"Accept-Encoding": coding}, [filed(content), filed(content)]
    client = made(lambda: negotiation.respond(Answer(CSV, files[-1]), CSV))
    whole = client.get("/", headers=accept, buffered=False)
    first = next(iter(whole.response))
    assert 0 < files[-1].tell() < len(content) // 2
    assert DECODE.get(coding, bytes)(first + whole.data) == content
    assert whole.headers.get("Content-Length") == (None if coding else str(len(content)))
    whole.close()
    assert files.pop().closed
    assert client.head("/", headers=accept, buffered=True).data == b""
    assert files.pop().closed


@pytest.mark.parametrize("coding", ["", "gzip"])
def test_a_client_that_goes_away_leaves_no_open_file(coding: str) -> None:
    file = filed(b"some text\n" * LARGEST)
    client = made(lambda: negotiation.respond(Answer(CSV, file), CSV))
    answer = client.get("/", headers={"Accept-Encoding": coding}, buffered=False)
    next(iter(answer.response))
    assert not file.closed
    answer.close()
    assert file.closed
