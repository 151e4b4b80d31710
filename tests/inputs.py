"""What strangers type and send: texts for parameters and headers, and what an answer to any of them may be."""

from collections.abc import Iterator
from urllib.parse import quote

from flask import Flask
from hypothesis import strategies as st
from werkzeug.test import EnvironBuilder, run_wsgi_app
from werkzeug.wrappers import Response

PEOPLE = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
ACCEPTED = ("application/json", PEOPLE, "text/turtle, text/csv;q=0.5", "*/*")
DIGITS = "9" * 5000
NUMBERS = (
    "",
    "0",
    "-0",
    "-1",
    "+1",
    "1.5",
    "1e3",
    "1e999",
    "NaN",
    "inf",
    "-Infinity",
    "0x10",
    "1_000",
    " 1 ",
    "1\x00",
    DIGITS,
    f"000000001{DIGITS}",
    "0" * 4400 + "1",
    "00000000199999999",
    "18446744073709551616",
    "٣",
    "１２",
    "²",
    "Ⅷ",
    "𝟙",
    "١٠٠٠",
)
WORDS = (
    "ai-architect",
    "role:ai-architect",
    "AI Architect",
    "https://w3id.org/rolegraph/role/ai-architect",
    "onet:15-1252.00",
    "a,b,,c",
    ",",
    "",
    " ",
    "x" * 10_000,
    "é" * 10_000,
    "ab " * 3000,
    ("machine-" * 1200)[:9000],
    "\x00",
    "a\x00b",
    "\u202egnp.exe",
    "\ud800",
    "a\udfffb",
    "\ufeff",
    "\ufffe",
    "\U0001f469\u200d\U0001f4bb",
    "\U000e0041",
    "\U0010ffff",
    "Z\u0351\u036b" * 500,
    "ß",
    "İ",
    "ﬁ",
    "\u2028",
    "\x7f\x85",
    "\r\nX: y",
    "} SELECT * { ?s ?p ?o",
    "> . ?s ?p ?o } #",
    '" . } INSERT DATA {}',
    "<http://x>",
    "ASK {}",
    "SELECT * {",
    "SELECT (1/0 AS ?x) {}",
    "'; DROP",
    ":",
    "::",
    "role:",
    ":x",
    "role:a b",
    "urn:x",
    "http://",
    "http://[",
    "http://x:y/",
    "http://x/ y",
    "http://x/%",
    "//x",
    "mailto:",
    "javascript:1",
    "../../etc/passwd",
    "..%2f..",
    "/",
    "\\",
    "%",
    "%zz",
    "%00",
    ".",
    "..",
    "x.ttl",
    "{{7*7}}",
    "${x}",
    "<script>alert(1)</script>",
    "\ud800\udc00",
    '"',
    "'",
    "*",
    "a*",
    "a AND b",
    "NEAR(a b)",
    "a OR",
    "-a",
    "^a",
    "label:a",
    "(",
    "en",
    "en-GB",
    "de-CH-1996",
    "x-private",
    "en-" + "a" * 9,
    "_",
    "html",
    "json",
    "turtle",
    "jsonld",
    "text/turtle",
    "yes",
    "no",
    "true",
    "null",
    "None",
    "undefined",
    "[]",
    "[object Object]",
    "default",
    "union",
)
TEXTS = (*NUMBERS, *WORDS)
ANY = st.text(st.characters(codec=None), max_size=60)  # lone surrogates too
TEXT = st.one_of(st.sampled_from(TEXTS), ANY, st.lists(st.sampled_from(WORDS), min_size=2, max_size=3).map("".join))
"""Any text, long ones and those of all planes among them."""

HEADERS: dict[str, tuple[str, ...]] = {
    "Accept": (
        "*/*;q=nan",
        "*/*;q=inf",
        "*/*;q=-1",
        "*/*;q=1e999",
        "text/html;q=",
        "text/html;q=0.9;q=x",
        ",;q=,/,*",
        "a/b;" * 500,
        "*",
        "text",
        "/",
        "*/x",
        "text/turtle;charset=utf-16",
        "text/html;q=0",
        "*/*;q=0",
        "application/json;" + "v=1;" * 900,
        "text/html," * 2000,
        "\xff",
        "text/٣".encode().decode("latin-1"),
    ),
    "Accept-Encoding": (
        "gzip;q=nan",
        "br;q=inf, *;q=-1",
        "identity;q=0",
        "*;q=0",
        "zstd;q=" + DIGITS,
        ",,;",
        "\xff",
        "gzip," * 3000,
        "x" * 9000,
    ),
    "Accept-Language": ("en;q=nan", "*", "de-CH-1996;q=1e999", "\xff", "x" * 9000, "en-" + "a-" * 2000, "en;q=0"),
    "Accept-Charset": ("utf-16;q=nan", "*;q=0"),
    "If-None-Match": ("*", '"x"', 'W/"x"', '"', "W/", '"a" "b"', ",", '"' + "x" * 9000 + '"', '"a",' * 3000, "\xff", "nonsense"),
    "If-Match": ("*", '"x"', 'W/"x"', '"', "nonsense", '"a",' * 3000, "\xff"),
    "Range": (
        "bytes=0-0",
        "bytes=-1",
        "bytes=9-1",
        "bytes=" + DIGITS + "-",
        "bytes=0-0,1-1",
        "bytes=a-b",
        "lines=1-2",
        "bytes",
        "bytes=" + "0-0," * 2000,
        "٣".encode().decode("latin-1"),
    ),
    "If-Range": ('"x"', "Thu, 01 Jan 1970 00:00:00 GMT", "nonsense"),
    "If-Modified-Since": (
        "Thu, 01 Jan 1970 00:00:00 GMT",
        "Thu, 99 Foo 99999 99:99:99 GMT",
        "0",
        "-1",
        DIGITS,
        "Sun, 06 Nov 1994 08:49:37 +9999",
        "\xff",
        "",
    ),
    "If-Unmodified-Since": ("Thu, 01 Jan 1970 00:00:00 GMT", "nonsense", DIGITS, "Fri, 31 Dec 0000 23:59:59 GMT"),
    "Host": (
        "",
        "x",
        "x:y",
        "x:99999999",
        "[::1",
        "[::1]:80",
        "evil.example/path",
        "a b",
        "x" * 5000,
        "\xff",
        "user:secret@x",
        "..",
        "xn--",
        "xn--\xff",
        "x,y",
        "%00",
    ),
    "Content-Type": (
        "",
        "x",
        "/",
        "text/turtle; charset=utf-16",
        "text/turtle; charset=\xff",
        "multipart/form-data",
        "multipart/form-data; boundary=",
        "multipart/form-data; boundary=" + "x" * 300,
    ),
    "Content-Encoding": ("gzip", "br", "x", "identity", "gzip, gzip", "\xff"),
    "Content-Length": ("", "-1", "x", "٣".encode().decode("latin-1"), "0", DIGITS, "1e3"),
    "Transfer-Encoding": ("chunked", "gzip", "x"),
    "Authorization": (
        "",
        "Bearer",
        "Bearer ",
        "Bearer x",
        "Bearer " + "x" * 9000,
        "bearer rg_aaaaaaaa_" + "x" * 43,
        "Basic Og==",
        "Basic \xff",
        "Digest",
        "Bearer \xff",
        "Bearer a b",
        'Digest username="',
    ),
    "X-Request-Id": ("x", "x" * 9000, "\xff", "<script>", "%00", "a b", ""),
    "Cookie": ("a=b", "=", ";" * 3000, "session=" + "x" * 9000, "\xff", 'a="\\', "session=.eJw.x.x"),
    "Expect": ("100-continue", "x"),
    "Origin": ("null", "http://x", "\xff", "x" * 9000, ""),
    "Access-Control-Request-Method": ("PUT", "x", "\xff", "GET" * 900, ""),
    "Access-Control-Request-Headers": ("if-match", "x," * 3000, "\xff", ""),
    "X-Forwarded-Host": ("evil.example", "\xff", "x" * 9000),
    "X-Forwarded-Proto": ("https", "javascript", "\xff"),
    "X-Forwarded-Prefix": ("/x", "//evil", "\xff"),
    "X-Forwarded-For": ("127.0.0.1", "\xff", "x," * 3000),
    "Forwarded": ("for=x;host=y", '"', "\xff"),
    "X-HTTP-Method-Override": ("DELETE", "x"),
    "Slug": ("x", "\xff", "../x", "x" * 9000),
    "Referer": ("http://x/", "\xff", "x" * 9000),
    "User-Agent": ("", "\xff", "x" * 9000),
    "Upgrade": ("websocket", "h2c"),
    "Cache-Control": ("no-cache", "max-age=" + DIGITS, "\xff", "only-if-cached"),
    "TE": ("trailers", "x;q=nan"),
}
HEADER = st.sampled_from(sorted(HEADERS)).flatmap(
    lambda name: st.tuples(
        st.just(name),
        st.one_of(st.sampled_from(HEADERS[name]), st.text(st.characters(max_codepoint=255, exclude_characters="\r\n"), max_size=40)),
    )
)
"""The name of a header with a value of it; a server passes no line ends on."""


def escaped(text: str) -> str:
    """Return a text as it stands in an address: lone surrogates as the bytes that they would be."""
    return quote(text.encode("utf-8", "surrogatepass"), safe="")


def unfair(answer: Response) -> str:
    """Return what is wrong with an answer to something strange, or nothing."""
    status = answer.status_code
    if status >= 500 and (status != 503 or "Retry-After" not in answer.headers):
        return f"is answered {status}"
    body = b"" if "Content-Encoding" in answer.headers else answer.get_data()
    if b"Traceback" in body or b'File "/' in body:
        return f"shows the inside of the service ({status})"
    if status >= 400 and body and answer.mimetype not in ("application/problem+json", "text/html"):
        return f"is refused with {answer.mimetype} ({status})"
    if (
        answer.mimetype == "application/problem+json"
        and body
        and not {"type", "title", "status", "detail"} <= set(answer.get_json(force=True))
    ):
        return f"is refused without a reason ({status})"
    return ""


Headers = list[tuple[str, str]]


def sent(app: Flask, method: str, path: str, headers: Headers, *, body: bytes | None = None, media: str = "") -> str:
    """Send something strange, and return what is wrong with the answer, or nothing.

    It goes to the application itself: a client of Werkzeug's stumbles over strange hosts.
    """
    own = [*headers, *([("Content-Type", media)] if media else [])]
    builder = EnvironBuilder(path=path, method=method, headers=own, data=body)
    try:
        environ = builder.get_environ()
        for name, value in own:
            if name == "Host":
                environ["HTTP_HOST"] = value
        pieces, status, answered = run_wsgi_app(app, environ, buffered=True)
        wrong = unfair(Response(pieces, status, answered))
    except Exception as error:  # noqa: BLE001 - whatever leaves the application is a fault
        wrong = f"leaves the application as {type(error).__name__}: {error}"
    finally:
        builder.close()
    return f"{method} {brief(path)} {brief(str(own))} {brief(repr(body or ''))} {brief(wrong)}" if wrong else ""


def brief(text: str) -> str:
    """Return a text that may be long, its middle left out."""
    return text if len(text) < 240 else f"{text[:160]} … {text[-60:]}"


def faults(found: Iterator[str]) -> str:
    """Return all that was wrong, each once, in lines."""
    return "\n".join(dict.fromkeys(fault for fault in found if fault))
