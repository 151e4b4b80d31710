"""What many tests share: the graph as shipped, and files that the project does not carry."""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from flask.testing import FlaskClient
from rdflib.plugins.shared.jsonld import context as rdflib_context

from endpoints import SERVERS
from parity_cases import EX, UNITED, Peer, Peers
from ports import free_port
from rolegraph import jsonld_context, terms
from rolegraph.engine.remote import RemoteEngine
from rolegraph.facade import Rolegraph
from rolegraph.tokens import Tokens
from rolegraph.web import create_app
from services import kill

NO_SKIPS = bool(os.environ.get("ROLEGRAPH_NO_SKIPS"))
MARKERS = {"conformance": "conformance", "demand": "taxonomy", "chromium": "browser", "serve": "service"}
"""The marker of each test that uses a fixture, directly or through another; a test or a module states what this cannot tell."""
SWEEPS = {
    *("test_entering", "test_exports", "test_http_any_body", "test_http_conditions", "test_http_hostile", "test_http_parameters"),
    *("test_http_operations", "test_http_texts", "test_import_characters", "test_import_losing", "test_import_versions", "test_pinned"),
    *("test_revisions", "test_revisions_damage", "test_revisions_limits", "test_search_faults"),
    *("test_facts_that_followed_writes_are_those_that_are_read_of_the_result", "test_writes_of_many_threads_are_all_kept"),
    *("test_ontology_and_shapes_are_the_same_in_every_format", "test_the_file_runs_unchanged_in_another_sparql_tool"),
    *("test_the_commands_of_the_guide_run_one_after_the_other", "test_a_format_is_known_by_name_extension_and_media_type"),
    *("test_every_route_in_every_format_by_suffix_and_by_parameter", "test_a_folded_text_is_folded_whatever_its_letters"),
    "test_an_index_that_followed_writes_is_the_one_that_is_built_of_the_result",
}
"""The modules and tests that try so many values or writes that "make quick" goes without them."""
LONGEST_FIRST = ("conformance", "taxonomy", "service", "browser", "sweep")
UNMARKED: dict[str, bool] = {"runs": False}


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark tests by what they need, and have the files that take longest run first: in this order processes get them."""
    ranks: dict[Path, int] = {}
    for item in items:
        fixtures: Sequence[str] = getattr(item, "fixturenames", ())
        for fixture, marker in MARKERS.items():
            if fixture in fixtures:
                item.add_marker(marker)
        if SWEEPS & {item.path.stem, getattr(item, "originalname", "")}:
            item.add_marker("sweep")
        rank = next((number for number, marker in enumerate(LONGEST_FIRST) if item.get_closest_marker(marker)), len(LONGEST_FIRST))
        ranks[item.path] = min(rank, ranks.get(item.path, rank))
    items.sort(key=lambda item: ranks[item.path])


def refuse_what_only_marked_tests_may(event: str, arguments: tuple[object, ...]) -> None:
    """Make a test fail that starts a process without a marker that says so: "make quick" runs all tests without a marker."""
    if event == "subprocess.Popen" and UNMARKED["runs"]:
        raise AssertionError(f"this test starts a process, so it needs a marker (see MARKERS in conftest.py): {arguments[1]}")


sys.addaudithook(refuse_what_only_marked_tests_may)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Note whether the test that runs has a marker."""
    UNMARKED["runs"] = not any(item.get_closest_marker(marker) for marker in LONGEST_FIRST)
    try:
        return (yield)
    finally:
        UNMARKED["runs"] = False


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
    """Make a skip a failure where nothing may be skipped."""
    report = yield
    if NO_SKIPS and report.skipped and not hasattr(report, "wasxfail"):  # type: ignore[attr-defined]
        report.outcome = "failed"  # type: ignore[attr-defined]
    return report


@pytest.fixture(autouse=True, scope="session")
def context_at_hand() -> Iterator[None]:
    """Have rdflib find the project's JSON-LD context without a network; any other is still refused."""

    def loaded(address: str, *_: Any, **__: Any) -> tuple[Any, None]:
        assert address == jsonld_context.ADDRESS, f"a test would fetch {address}"
        return {"@context": dict(jsonld_context.words())}, None

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rdflib_context, "source_to_json", loaded)
        yield


@pytest.fixture(scope="session")
def graph() -> Iterator[Rolegraph]:
    """The graph as shipped, in memory."""
    found = Rolegraph.open()
    yield found
    found.close()


def folder_named(variable: str, holding: str) -> Path:
    """Return the folder that a variable names, or skip and say what would be needed."""
    folder = os.environ.get(variable)
    if not folder:
        pytest.skip(f"{variable} is not set: this test needs a folder with {holding}")
    return Path(folder)


@pytest.fixture(scope="session")
def demand() -> Callable[[str, str], Path]:
    """The function that returns a folder with published files."""
    return folder_named


@pytest.fixture(scope="session")
def conformance() -> Path:
    """The program that runs the W3C suites."""
    return folder_named("ROLEGRAPH_CONFORMANCE", "the W3C suites and their runner, run.py") / "run.py"


@pytest.fixture(scope="session")
def client(graph: Rolegraph) -> FlaskClient:
    """A client of the application, without a server between."""
    return create_app(graph).test_client(use_cookies=False)  # there are none


@pytest.fixture(scope="module")
def bare() -> Iterator[Rolegraph]:
    """A graph with nothing in it, in memory."""
    bare = Rolegraph.open(shipped=False)
    yield bare
    bare.close()


@pytest.fixture
def empty_store(tmp_path: Path) -> Iterator[Rolegraph]:
    """A graph with nothing in it, in a folder."""
    empty_store = Rolegraph.open(tmp_path / "store", shipped=False)
    yield empty_store
    empty_store.close()


@pytest.fixture(scope="session")
def shipped_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with the graph as shipped and its indexes, closed, to be copied: a copy opens four times as fast as a new one."""
    folder = tmp_path_factory.mktemp("shipped") / "store"
    graph = Rolegraph.open(folder)
    graph.refresh()
    graph.close()
    return folder


@pytest.fixture
def store_copy(shipped_store: Path, tmp_path: Path) -> Path:
    """A copy of that store, for one test."""
    return Path(shutil.copytree(shipped_store, tmp_path / "store"))


@pytest.fixture(scope="module")
def writable(shipped_store: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rolegraph]:
    """The graph as shipped, in a folder, with revisions and tokens, that the tests of a module may write to."""
    writable = Rolegraph.open(Path(shutil.copytree(shipped_store, tmp_path_factory.mktemp("writable") / "store")))
    yield writable
    writable.close()


@pytest.fixture(scope="module")
def editor(writable: Rolegraph) -> FlaskClient:
    """A client of the application over that graph."""
    return create_app(writable).test_client(use_cookies=False)


@pytest.fixture(scope="module")
def admin(writable: Rolegraph) -> tuple[str, str]:
    """The header of a request that may write anything to that graph."""
    assert isinstance(writable.tokens, Tokens)
    return "Authorization", f"Bearer {writable.tokens.create('admin').text}"


@pytest.fixture(scope="session", name="free_port")
def a_free_port() -> Callable[[], int]:
    """A function that returns a port that nothing listens at."""
    return free_port


@dataclass(frozen=True)
class Service:
    """The service, running in a process of its own."""

    process: subprocess.Popen[str]
    address: str

    def stop(self) -> tuple[int, str, str]:
        """Ask it to stop and return its exit code, what it printed, and what it complained of."""
        self.process.terminate()
        output, errors = self.process.communicate(timeout=40)
        return self.process.returncode, output, errors


@pytest.fixture(scope="session")
def serve() -> Callable[..., Service]:
    """A function that starts the service as a user does, with a store and options, and returns it once it answers.

    ``within`` is a command that runs the one that it is given, for a service in other context_of.
    """

    def start(store: Path, *options: str, within: Sequence[str] = ()) -> Service:
        port = free_port()
        command = [*within, sys.executable, "-m", "rolegraph", "serve", "--store", str(store), "--port", str(port), *options]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        address = f"http://127.0.0.1:{port}"
        for _ in range(600):
            if process.poll() is not None:
                break
            try:
                if httpx.get(f"{address}/health").status_code == 200:
                    return Service(process, address)
            except httpx.TransportError:
                time.sleep(0.1)
        process.kill()
        raise RuntimeError(f"the service did not start: {process.communicate()}")

    return start


@pytest.fixture(scope="session")
def server(serve: Callable[..., Service], tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of the service, running in a process of its own on a store of its own."""
    service = serve(tmp_path_factory.mktemp("store"))
    yield service.address
    assert service.stop()[0] == 0


@pytest.fixture
def start(serve: Callable[..., Service]) -> Iterator[Callable[..., Service]]:
    """As ``serve``; a service that a test leaves running ends with it."""
    started: list[Service] = []

    def run(*arguments: Any, **more: Any) -> Service:
        started.append(serve(*arguments, **more))
        return started[-1]

    yield run
    for service in started:
        if service.process.poll() is None:
            kill(service)


# ---------------------------------------------------------------- graphs behind SPARQL servers


@pytest.fixture(scope="session")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Peers]:
    with ExitStack() as stack:
        yield Peers(stack, tmp_path_factory.mktemp)


@pytest.fixture(params=list(SERVERS))
def remote(request: pytest.FixtureRequest, servers: Peers) -> Peer:
    return servers[request.param]


@pytest.fixture(params=["embedded", *SERVERS])
def peer(request: pytest.FixtureRequest, servers: Peers) -> Peer:
    return Peer(Rolegraph.open(), None) if request.param == "embedded" else servers[request.param]


@pytest.fixture
def engine(remote: Peer) -> Iterator[RemoteEngine]:
    """An engine of its own over a running server, whose graphs below EX are gone in the end."""
    assert remote.endpoint
    found = RemoteEngine(remote.endpoint, terms.prefixes())
    yield found
    found.write({graph: None for graph in found.graphs() if graph.startswith(EX)})
    assert found.rows(UNITED) == []
