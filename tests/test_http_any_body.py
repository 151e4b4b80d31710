"""Any bytes as the body of any request that has one: an answer or a refusal, never a fault of the service."""

import itertools
from collections.abc import Iterator

import pytest
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from documents import AWKWARD, FORM, GRAPHS, PARTS, QUERY, UPDATE, WHOLE
from inputs import ACCEPTED, faults, sent
from rolegraph.formats import holding

# Werkzeug leaves the file of a form that breaks off to the garbage collector
pytestmark = pytest.mark.filterwarnings(
    "ignore:Exception ignored in. <function SpooledTemporaryFile:pytest.PytestUnraisableExceptionWarning"
)

READ = {  # the media types that each route reads, by endpoint
    "matching.match": ("application/json", FORM, PARTS),
    "matching.mapping": (FORM, PARTS),
    "profiles.profile": (*GRAPHS, "application/json", "text/plain", FORM, PARTS),
    "sparql.sparql": (QUERY, FORM, PARTS),
    "sparql.update": (UPDATE, FORM, PARTS),
    "validation.validate": (*GRAPHS, FORM, PARTS),
    "sources.put": (*GRAPHS, FORM, PARTS),
    "sources.post": (*GRAPHS, FORM, PARTS),
    "graphs.put": (*GRAPHS, PARTS),
    "graphs.post": (*GRAPHS, PARTS),
}
ROUTES = (
    ("POST", "/gap", "profiles.profile"),
    ("POST", "/gap?to=ai-architect", "profiles.profile"),
    ("POST", "/sparql", "sparql.sparql"),
    ("POST", "/update", "sparql.update"),
    ("POST", "/validate", "validation.validate"),
    ("PUT", "/sources/x", "sources.put"),
    ("POST", "/sources/x", "sources.post"),
    ("PUT", "/graphs?graph=urn:x", "graphs.put"),
    ("POST", "/graphs?graph=urn:x", "graphs.post"),
    ("PUT", "/graphs/x", "graphs.put"),
    ("POST", "/graphs/x", "graphs.post"),
    ("POST", "/graphs", "graphs.post"),
    ("POST", "/match", "matching.match"),
    ("POST", "/match/mapping", "matching.mapping"),
)


def test_every_route_with_a_body_is_among_them(editor: FlaskClient) -> None:
    rules = [rule for rule in editor.application.url_map.iter_rules() if (rule.methods or set()) & {"POST", "PUT", "PATCH"}]
    assert {rule.endpoint for rule in rules} == set(READ)
    adapter = editor.application.url_map.bind("x")
    asked = {(adapter.match(path.partition("?")[0], method=method)[0], method) for method, path, _ in ROUTES}
    assert asked == {(rule.endpoint, method) for rule in rules for method in (rule.methods or set()) & {"POST", "PUT", "PATCH"}}
    assert {format_.media for format_ in holding("graph")} == set(GRAPHS)
    documented = editor.get("/openapi.json").get_json()["paths"]
    for path, item in documented.items():
        for method, operation in item.items():
            endpoint = next(name for _, own, name in ROUTES if _matches(own, path)) if "requestBody" in operation else None
            for media in operation.get("requestBody", {}).get("content", ()):
                assert any(media == known.partition(";")[0] for known in READ[endpoint or ""]), f"{method} {path} {media}"


def _matches(own: str, path: str) -> bool:
    return own.partition("?")[0].split("/")[1] == path.split("/")[1] and own.partition("?")[0].count("/") == path.count("/")


@pytest.mark.parametrize("media", sorted(AWKWARD))
def test_awkward_bodies(editor: FlaskClient, admin: tuple[str, str], media: str) -> None:
    accepted = itertools.cycle(ACCEPTED[:2])

    def each() -> Iterator[str]:
        for number, body in enumerate(
            [*AWKWARD[media], *(whole[: len(whole) * tenth // 10] for whole in WHOLE[media] for tenth in range(10))]
        ):
            # every path for what is awkward would take minutes: those below /graphs share their code, and the writes take turns
            for method, path, endpoint in (*ROUTES[:5], *ROUTES[-2:], *(ROUTES[5:7] if number % 2 else ROUTES[7:9])):
                if media in READ[endpoint]:
                    yield sent(editor.application, method, path, [("Accept", next(accepted)), admin], body=body, media=media)

    found = faults(each())
    assert not found, found


@st.composite
def spoilt(draw: st.DrawFn, whole: bytes) -> bytes:
    """What is left of a document after a few accidents."""
    for _ in range(draw(st.integers(1, 3))):
        start = draw(st.integers(0, len(whole)))
        end = draw(st.integers(start, min(len(whole), start + 40)))
        put = draw(
            st.one_of(
                st.binary(max_size=4),
                st.sampled_from([b"", b"\\uD800", b"\x00", b"9" * 400, b'"', b"<", b"{", b"@", b"\xed\xa0\x80", whole]),
            )
        )
        whole = whole[:start] + put + whole[end:]
    return whole


@settings(max_examples=300, deadline=None, derandomize=False, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_any_body(editor: FlaskClient, admin: tuple[str, str], data: st.DataObject) -> None:
    method, path, endpoint = data.draw(st.sampled_from(ROUTES), "route")
    media = data.draw(st.sampled_from(READ[endpoint]), "media")
    own = st.sampled_from([*WHOLE[media], *AWKWARD.get(media, [])]).flatmap(spoilt)
    body = data.draw(st.one_of(own, st.binary(max_size=200), st.sampled_from([one for many in WHOLE.values() for one in many])), "body")
    assert sent(editor.application, method, path, [("Accept", data.draw(st.sampled_from(ACCEPTED))), admin], body=body, media=media) == ""
