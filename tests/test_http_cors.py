"""Pages of other sites may use the service: every answer says so, and so does what a browser asks before it sends one."""

import pytest
from flask.testing import FlaskClient

SITE = {"Origin": "https://hr.example.org"}


def words(text: str) -> set[str]:
    return {word.strip() for word in text.split(",")}


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/role/ai-architect", 200),
        ("HEAD", "/role.json", 200),
        ("GET", "/role/nobody", 404),
        ("GET", "/nonsense", 404),
        ("GET", "/compare.json?role=x", 400),
        ("GET", "/sparql?query=nonsense", 400),
        ("GET", "/role/ai-architect?format=docx", 400),
        ("DELETE", "/role/ai-architect", 405),
        ("PUT", "/graphs?graph=http://x", 403),
        ("POST", "/validate", 415),
        ("GET", "/static/style.css", 200),
        ("OPTIONS", "/sparql", 200),
        ("OPTIONS", "/nonsense", 404),
    ],
)
def test_every_answer_can_be_read_by_any_origin(client: FlaskClient, method: str, path: str, status: int) -> None:
    answer = client.open(path, method=method, headers=SITE, buffered=True)
    assert answer.status_code == status
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    exposed = {"ETag", "Location", "Link", "Retry-After", "Content-Disposition", "Rolegraph-Revision", "WWW-Authenticate", "X-Request-Id"}
    assert words(answer.headers["Access-Control-Expose-Headers"]) == exposed
    assert "Access-Control-Allow-Credentials" not in answer.headers


def test_one_that_did_not_change_can_be_read_too(client: FlaskClient) -> None:
    tag = client.get("/role.json").headers["ETag"]
    unchanged = client.get("/role.json", headers={**SITE, "If-None-Match": tag})
    assert unchanged.status_code == 304
    assert unchanged.headers["Access-Control-Allow-Origin"] == "*"
    assert "ETag" in unchanged.headers["Access-Control-Expose-Headers"]


@pytest.mark.parametrize(
    ("path", "methods"),
    [
        ("/sparql", {"GET", "HEAD", "POST", "OPTIONS"}),
        ("/role/ai-architect.ttl", {"GET", "HEAD", "OPTIONS"}),
        ("/validate", {"GET", "HEAD", "POST", "OPTIONS"}),
        ("/static/style.css", {"GET", "HEAD", "OPTIONS"}),
        ("/nonsense/of/it", {"GET", "HEAD", "OPTIONS"}),
    ],
)
def test_a_preflight_names_the_methods_that_the_path_has(client: FlaskClient, path: str, methods: set[str]) -> None:
    asked = {**SITE, "Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization,content-type"}
    answer = client.options(path, headers=asked)
    assert (answer.status_code, answer.data) == (204, b"")
    assert words(answer.headers["Access-Control-Allow-Methods"]) == methods
    allowed = {"Accept", "Authorization", "Content-Type", "If-Match", "If-None-Match", "Slug", "X-Request-Id"}
    assert words(answer.headers["Access-Control-Allow-Headers"]) == allowed
    assert int(answer.headers["Access-Control-Max-Age"]) > 0
    assert answer.headers["Access-Control-Allow-Origin"] == "*"


def test_options_that_are_no_preflight_name_the_methods(client: FlaskClient) -> None:
    for headers in ({}, SITE, {"Access-Control-Request-Method": "POST"}):
        answer = client.options("/sparql", headers=headers)
        assert answer.status_code == 200
        assert words(answer.headers["Allow"]) == {"GET", "HEAD", "POST", "OPTIONS"}
        assert "Access-Control-Allow-Methods" not in answer.headers
