"""What operators see: log lines, request ids, probes, and nothing that clients sent or that is not for clients."""

import json
import logging
import re
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest.mock import patch

import httpx
import pytest
from flask.testing import FlaskClient

from rolegraph.errors import StoreUnusable
from rolegraph.facade import Rolegraph
from rolegraph.tokens import Tokens
from rolegraph.web import create_app
from rolegraph.web.http import problems
from rolegraph.web.middleware.cache import RECALL
from wire import head, send

Serve = Callable[..., Any]

LINE = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z) (INFO|WARNING|ERROR) (\S+) (\S+) (.*)")
SECRET = "SSN-123-45-6789"
ROUTES = [
    *(("/gap", "POST"), ("/match", "POST"), ("/validate", "POST"), ("/sources/our-hr", "PUT"), ("/sources/our-hr", "POST")),
    ("/graphs?graph=urn:x", "PUT"),
]
DEEP = "[" * 900 + "1" + "]" * 900
BODIES = [
    ("text/turtle", f'<John {SECRET}> a <http://x/y> ; <http://x/salary> "{SECRET}"^^<http://www.w3.org/2001/XMLSchema#integer> .'),
    ("text/turtle", f'<http://x/{SECRET}> <http://x/p> "{SECRET}"^^<http://www.w3.org/2001/XMLSchema#decimal>, "x"@{SECRET} .'),
    ("text/turtle", f'<http://x/a> <http://x/p> "{SECRET}"^^<http://www.w3.org/2001/XMLSchema#dateTime> ; a <http://x y/{SECRET}> .'),
    ("text/turtle", f"<http://x/a> {SECRET} ."),
    ("application/ld+json", json.dumps({"@id": f"urn:{SECRET} \ud800", "http://x/p": {"@value": SECRET, "@type": "xsd:integer"}})),
    ("application/ld+json", '{"@id": "' + SECRET + '", "http://x/p": ' + DEEP + "}"),
    ("application/ld+json", '{"http://x/' + SECRET + '": ' + "1" * 5000 + "}"),
    ("application/rdf+xml", f'<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:x rdf:about="{SECRET} &"/></rdf:RDF>'),
    ("application/n-triples", f"<http://x/a b> <http://x/p> <{SECRET}> ."),
    ("text/plain", f"{SECRET}\nPython {SECRET}\n"),
    ("application/json", json.dumps({"skills": [{"name": SECRET, "keywords": [SECRET, None, 1]}]})),
]


def lines(text: str) -> list[re.Match[str]]:
    found = [LINE.fullmatch(line) for line in text.splitlines()]
    return [line for line in found if line]


def test_each_request_has_a_line_with_its_id_and_its_token_and_nothing_secret(serve: Serve, tmp_path: Path) -> None:
    service = serve(tmp_path, "--access-log")
    created = Tokens(tmp_path / "tokens.sqlite").create("write:our-hr")
    given = httpx.get(f"{service.address}/search.json", params={"q": SECRET}, headers={"X-Request-Id": "abc-123"})
    made = httpx.get(f"{service.address}/health", headers={"X-Request-Id": "x y"})
    again = httpx.get(f"{service.address}/health")
    bearer = {"Authorization": f"Bearer {created.text}", "Content-Type": "text/turtle"}
    written = httpx.put(f"{service.address}/sources/our-hr", content=f'<urn:x> <urn:y> "{SECRET}" .', headers=bearer)
    refused = httpx.put(
        f"{service.address}/sources/our-hr", content="", headers={**bearer, "Authorization": "Bearer rg_aaaaaaaa_" + "b" * 43}
    )
    send(service.address, head("GET", "/a%0A%1b[31mb%22%C3%A4"))
    assert given.headers["X-Request-Id"] == "abc-123"
    ids = [answer.headers["X-Request-Id"] for answer in (made, again, written, refused)]
    assert len({*ids, "abc-123", "x y"}) == 6
    code, _, errors = service.stop()
    assert code == 0
    logged = {line[3]: line for line in lines(errors)}
    assert logged["abc-123"][5].startswith("127.0.0.1 GET /search.json 200 ")
    assert [logged[id_][5].split()[1:4] for id_ in ids] == [
        ["GET", "/health", "200"],
        ["GET", "/health", "200"],
        ["PUT", "/sources/our-hr", str(written.status_code)],
        ["PUT", "/sources/our-hr", "401"],
    ]
    assert [logged[id_][4] for id_ in ids] == ["-", "-", created.token.id, "-"]
    assert "GET /a%0A%1B%5B31mb%22%C3%A4 404" in errors
    assert len(lines(errors)) == len(errors.splitlines())
    for secret in (created.text, created.text.partition(created.token.id + "_")[2], SECRET):
        assert secret not in errors


def test_nothing_that_is_posted_is_in_the_log(serve: Serve, tmp_path: Path) -> None:
    service = serve(tmp_path, "--access-log", "--log-level", "debug")
    token = Tokens(tmp_path / "tokens.sqlite").create("admin").text
    for path, method in ROUTES:
        for media, body in BODIES:
            headers = {"Content-Type": media, "Authorization": f"Bearer {token}"}
            httpx.request(method, service.address + path, content=body.encode("utf-8", "replace"), headers=headers, timeout=30)
    code, output, errors = service.stop()
    assert code == 0
    assert errors.count(" POST /gap ") == len(BODIES)
    assert SECRET not in errors + output
    assert "45-6789" not in errors + output


@pytest.mark.service
def test_a_fault_is_logged_with_its_place_and_without_the_words_of_the_body(graph: Rolegraph, capsys: pytest.CaptureFixture[str]) -> None:
    script = f"""
import logging, sys
from rolegraph.web.http import logs
logs.start("warning", access=False)
def answer(method):
    logs.CURRENT.set(logs.Request.of({{"REQUEST_METHOD": method, "PATH_INFO": "/x"}}))
    try:
        try:
            int("{SECRET}")
        except ValueError as error:
            raise RuntimeError("again {SECRET}") from error
    except RuntimeError:
        logging.getLogger("x").exception("%s", logs.CURRENT.get().line)
answer(sys.argv[1])
"""
    for method, told in (("POST", False), ("PUT", False), ("GET", True)):
        errors = subprocess.run([sys.executable, "-c", script, method], capture_output=True, text=True, check=True).stderr
        assert (SECRET in errors.replace(f'int("{SECRET}")', "").replace(f'"again {SECRET}"', "")) is told
        assert {"ValueError", "RuntimeError"} <= set(re.findall(r"^(\w+Error)", errors, re.MULTILINE))
        assert f"{method} /x" in errors


@pytest.mark.service
def test_the_library_logs_nothing_of_what_it_reads() -> None:
    script = f"""
from rolegraph.facade import Rolegraph
from rolegraph.formats import named, holding
graph = Rolegraph.open(shipped=False)
entry = b'<http://x/a> <http://x/p> "{SECRET}"^^<http://www.w3.org/2001/XMLSchema#integer> .'
print(graph.validate(entry, named("turtle", holding("graph"))).conforms)
"""
    ended = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert ended.stderr == ""


def test_a_service_without_an_access_log_is_silent_until_something_is_wrong(serve: Serve, tmp_path: Path) -> None:
    service = serve(tmp_path)
    httpx.get(f"{service.address}/nonsense")
    code, _, errors = service.stop()
    assert (code, errors) == (0, "")


@pytest.mark.service
def test_the_service_says_where_it_is_once_it_listens(free_port: Callable[[], int], tmp_path: Path) -> None:
    port = free_port()
    command = [sys.executable, "-m", "rolegraph", "serve", "--store", str(tmp_path), "--port", str(port), "--empty", "--host", "0.0.0.0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout
        assert f"http://0.0.0.0:{port}/" in process.stdout.readline()
        socket.create_connection(("127.0.0.1", port)).close()
        process.terminate()
        process.communicate(timeout=40)
        assert process.returncode == 0


# ---------------------------------------------------------------- probes


def test_probes_are_never_remembered(server: str) -> None:
    for path, status in (("/livez", "alive"), ("/readyz", "ready")):
        for _ in range(2):
            answer = httpx.get(server + path)
            assert (answer.status_code, answer.json()["status"]) == (200, status)
            assert answer.headers["Cache-Control"] == "no-store"
            assert "ETag" not in answer.headers
        assert httpx.head(server + path).status_code == 200


def test_the_process_is_alive_while_all_its_threads_are_busy(serve: Serve, tmp_path: Path) -> None:
    service = serve(tmp_path, "--threads", "2", "--query-workers", "2", "--query-timeout", "4")
    endless = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l }"
    threads = [
        threading.Thread(target=lambda: httpx.get(f"{service.address}/sparql", params={"query": endless}, timeout=30)) for _ in range(2)
    ]
    for thread in threads:
        thread.start()
    time.sleep(0.5)
    assert httpx.get(f"{service.address}/livez", timeout=2).status_code == 200
    assert all(thread.is_alive() for thread in threads)
    for thread in threads:
        thread.join()
    assert service.stop()[0] == 0


def test_a_service_is_not_ready_where_it_cannot_answer_or_write(serve: Serve, tmp_path: Path) -> None:
    service = serve(tmp_path, "--query-workers", "1", "--query-timeout", "8", "--processes", "1")

    def reason() -> str:
        answer = httpx.get(f"{service.address}/readyz", timeout=20)
        assert answer.status_code == 503
        assert answer.headers["Retry-After"]
        assert httpx.get(f"{service.address}/livez").status_code == 200
        assert str(tmp_path) not in answer.text
        return str(answer.json()["reason"])

    def ready() -> bool:
        return httpx.get(f"{service.address}/readyz", timeout=20).status_code == 200

    assert ready()
    tokens = tmp_path / "tokens.sqlite"
    tokens.write_bytes(b"\xff\xfe{")
    assert "tokens of this store cannot be read" in reason()
    told = httpx.put(f"{service.address}/sources/x", headers={"Authorization": "Bearer rg_aaaaaaaa_" + "b" * 43}).json()
    assert told["status"] == 503
    assert str(tmp_path) not in json.dumps(told)
    assert "Error" not in told["detail"]
    tokens.unlink()
    assert ready()
    endless = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l }"
    busy = threading.Thread(target=lambda: httpx.get(f"{service.address}/sparql", params={"query": endless}, timeout=30))
    busy.start()
    time.sleep(0.5)
    assert "did not answer" in reason()
    busy.join()
    until = time.monotonic() + 10
    while not ready() and time.monotonic() < until:
        time.sleep(0.2)
    assert ready()
    code, _, errors = service.stop()
    assert code == 0
    assert str(tokens) in errors  # the operator is told what is wrong, and where


def test_a_service_whose_folder_has_no_room_is_not_ready(tmp_path: Path) -> None:
    graph = Rolegraph.open(tmp_path, shipped=False)
    client = create_app(graph).test_client()
    assert client.get("/readyz").status_code == 200
    with patch("rolegraph.tokens.tempfile.TemporaryFile", side_effect=OSError(28, "No space left on device")):
        answer = client.get("/readyz")
    graph.close()
    assert answer.status_code == 503
    assert "No space left" in answer.get_json()["reason"]
    assert str(tmp_path) not in answer.text


@pytest.mark.parametrize(
    ("detail", "told"),
    [
        (
            "nothing was written: IO error: No space left on device: While appending to file: /srv/graph/000012.sst: No space left",
            "No space left",
        ),
        ("the store in /var/lib/rolegraph is in use", "is in use"),
        ("the endpoint http://10.0.0.1:7878/query/x cannot be reached", "http://10.0.0.1:7878/query/x"),
    ],
)
def test_clients_are_not_told_where_things_lie(graph: Rolegraph, caplog: pytest.LogCaptureFixture, detail: str, told: str) -> None:
    app = create_app(graph)
    with patch.object(type(graph.catalogue), "thing", side_effect=StoreUnusable(detail)), caplog.at_level(logging.ERROR):
        answer = app.test_client().get("/role/ai-architect.json")
    assert answer.status_code == 503
    assert told in answer.get_json()["detail"]
    assert not re.search(r"/(srv|var)", answer.get_json()["detail"])
    assert detail in caplog.text


def test_the_probe_is_never_taken_from_memory(client: FlaskClient) -> None:
    recall = client.application.extensions[RECALL]
    for path in ("/livez", "/readyz"):
        assert recall(client.get(path).request.environ) is None
    assert problems.public_detail(StoreUnusable("x /a/b", public_detail="y")) == "y"
