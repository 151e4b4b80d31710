"""Requests that are made of the OpenAPI document: what comes back is what the document says, and no fault of the service."""

import functools
import shutil
import subprocess
import sysconfig
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from werkzeug.serving import make_server

from rolegraph.facade import Rolegraph
from rolegraph.tokens import Tokens
from rolegraph.web import create_app

pytestmark = pytest.mark.service

CHECKS = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance"
EACH = 12  # requests that are made up for an operation, beside those of the examples and the edges of each parameter
LONGEST = 240  # seconds of a run, which takes 20 where nothing else is at work: the requests are counted, so the same ones are always made
QUICK = 10  # seconds of one answer


def run(address: str, folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    """Try the operations of a service, the same requests every time."""
    command = shutil.which("schemathesis", path=sysconfig.get_path("scripts")) or shutil.which("schemathesis")
    assert command, "the command schemathesis is missing: pip install schemathesis"
    settled = ("--seed", "1", "--generation-deterministic", "--no-shrink", "--no-color", "--warnings", "off")
    bounded = ("--max-examples", str(EACH), "--phases", "examples,coverage,fuzzing", "--request-timeout", str(QUICK))
    return subprocess.run(
        [command, "run", f"{address}/openapi.json", "--checks", CHECKS, *settled, *bounded, *options],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=LONGEST,
        check=False,
    )


def test_what_is_read_is_answered_as_the_openapi_document_says(server: str, tmp_path: Path) -> None:
    done = run(server, tmp_path, "--include-method", "GET")
    assert done.returncode == 0, done.stdout


@pytest.fixture
def service(serve: Callable[..., Any], tmp_path: Path) -> Iterator[Any]:
    """A service whose store a test may spoil."""
    found = serve(tmp_path / "store")
    yield found
    code, _, errors = found.stop()
    assert (code, errors) == (0, "")


def test_what_is_written_is_answered_as_the_openapi_document_says(service: Any, tmp_path: Path) -> None:
    token = Tokens(tmp_path / "store" / "tokens.sqlite").create("admin").text
    done = run(service.address, tmp_path, "--exclude-method", "GET", "--header", f"Authorization: Bearer {token}")
    assert done.returncode == 0, done.stdout


@pytest.fixture
def broken(graph: Rolegraph, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The address of a service of which one page fails."""
    app = create_app(graph)

    @functools.wraps(app.view_functions["service.health"])  # which states what the page does
    def fail() -> None:
        raise RuntimeError("planted")

    monkeypatch.setitem(app.view_functions, "service.health", fail)
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_fault_is_found(broken: str, tmp_path: Path) -> None:
    done = run(broken, tmp_path, "--include-path", "/health")
    assert done.returncode == 1, done.stdout
    assert "Server error" in done.stdout
    assert "/health" in done.stdout
