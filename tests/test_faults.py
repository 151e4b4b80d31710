"""Faults that happen to a service in use: killed at any moment, out of room, left by its clients, damaged while it was stopped."""

import hashlib
import os
import random
import re
import resource
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pyoxigraph
import pytest
from flask.testing import FlaskClient

from rolegraph.engine.revision_store import RevisionStore
from rolegraph.tokens import Tokens

pytestmark = pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="processes and their memory are read from /proc")

Serve = Callable[..., Any]

EX = "http://example.org/"
ENDLESS = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l }"
THOUSAND = "SELECT ?{0} {{ ?s{0} ?p{0} ?{0} }} LIMIT 1000"
MILLION = f"SELECT ?a ?b {{ {{ {THOUSAND.format('a')} }} {{ {THOUSAND.format('b')} }} }}"
NOT_UNION = """SELECT (COUNT(*) AS ?n) {
    { ?s ?p ?o FILTER NOT EXISTS { GRAPH ?g { ?s ?p ?o } } } UNION { GRAPH ?g { ?s ?p ?o } FILTER NOT EXISTS { ?s ?p ?o } }
}"""
CSV = {"Accept": "text/csv", "Accept-Encoding": "identity"}
MIB = 1024 * 1024


def family(pid: int) -> list[int]:
    """A process and all below it, itself first."""
    children = [int(child) for path in Path(f"/proc/{pid}/task").glob("*/children") for child in path.read_text("ascii").split()]
    return [pid, *(found for child in children for found in family(child))]


def workers(service: Any) -> list[int]:
    """The processes of a service that answer queries."""
    return [pid for pid in family(service.process.pid) if b"rolegraph.engine.worker" in Path(f"/proc/{pid}/cmdline").read_bytes()]


def workers_of(pid: int) -> list[int]:
    return [one for one in family(pid)[1:] if b"rolegraph.engine.worker" in Path(f"/proc/{one}/cmdline").read_bytes()]


def memory(service: Any, field: str) -> int:
    """The MiB of all processes of a service."""
    texts = [Path(f"/proc/{pid}/status").read_text("ascii") for pid in family(service.process.pid)]
    return sum(int(text.partition(field + ":")[2].split()[0]) for text in texts) // 1024


def kill(service: Any) -> None:
    """End all processes of a service as a failing machine would."""
    for pid in family(service.process.pid):
        os.kill(pid, signal.SIGKILL)
    service.process.communicate()


@pytest.fixture
def start(serve: Serve) -> Iterator[Serve]:
    """As ``serve``; a service that a test leaves running ends with it."""
    started: list[Any] = []

    def run(*arguments: Any, **more: Any) -> Any:
        started.append(serve(*arguments, **more))
        return started[-1]

    yield run
    for service in started:
        if service.process.poll() is None:
            kill(service)


def writer(store: Path) -> dict[str, str]:
    return {"Authorization": f"Bearer {Tokens(store / 'tokens.sqlite').create('admin').text}", "Content-Type": "text/turtle"}


def triples(number: int) -> str:
    return "".join(f"<{EX}s> <{EX}p> <{EX}{each}> .\n" for each in range(number))


def put(service: Any, headers: dict[str, str], graph: str, number: int) -> httpx.Response:
    return httpx.put(f"{service.address}/graphs", params={"graph": EX + graph}, content=triples(number), headers=headers, timeout=60)


def ask(service: Any, query: str) -> httpx.Response:
    return httpx.post(f"{service.address}/sparql", data={"query": query}, headers=CSV, timeout=60)


def figure(service: Any, query: str) -> int:
    answer = ask(service, query)
    assert answer.status_code == 200, answer.text
    return int(answer.text.split()[1])


def together(*calls: Callable[[], object]) -> list[threading.Thread]:
    threads = [threading.Thread(target=call) for call in calls]
    for thread in threads:
        thread.start()
    return threads


# ---------------------------------------------------------------- processes that are killed


def test_kill_9_of_the_whole_service_loses_no_acknowledged_write(start: Serve, tmp_path: Path) -> None:
    chance = random.Random(4)
    acknowledged = dict.fromkeys("abcd", 0)
    headers = writer(tmp_path)
    service = start(tmp_path, "--empty", "--query-workers", "1")

    def write(graph: str) -> None:
        while put(service, headers, graph, acknowledged[graph] + 1).status_code in (201, 204):
            acknowledged[graph] += 1

    def write_until_killed(graph: str) -> None:
        with pytest.raises(httpx.TransportError):
            write(graph)

    for _ in range(6):
        before = sum(acknowledged.values())
        threads = together(*(partial(write_until_killed, graph) for graph in acknowledged))
        while sum(acknowledged.values()) == before:
            time.sleep(0.01)
        time.sleep(chance.uniform(0, 0.9))
        kill(service)
        for thread in threads:
            thread.join()
        service = start(tmp_path, "--empty", "--query-workers", "1")
        for graph, number in acknowledged.items():
            found = figure(service, f"SELECT (COUNT(*) AS ?n) {{ GRAPH <{EX}{graph}> {{ ?s ?p ?o }} }}")
            assert found in (number, number + 1)  # the one that was under way may have been published
            acknowledged[graph] = found
        assert figure(service, "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }") == max(acknowledged.values())
        assert figure(service, NOT_UNION) == 0
    assert service.stop()[0] == 0


def test_a_worker_that_is_killed_under_load_costs_at_most_the_query_that_it_ran(start: Serve, tmp_path: Path) -> None:
    service = start(tmp_path, "--query-workers", "2", "--query-share", "2")
    some = "SELECT * { ?s ?p ?o } LIMIT 200"
    statuses: list[int] = []
    done = threading.Event()

    def load(name: str) -> None:
        number = 0
        while not done.is_set():
            number += 1
            query = f"SELECT (COUNT(*) AS ?{name}{number}) {{ {{ {some} }} {{ {some.replace('?', '?x')} }} }}"
            statuses.append(ask(service, query).status_code)

    threads = together(*(partial(load, name) for name in "abcd"))
    for kills in range(5):
        enough, patience = statuses.count(200) + 10, time.monotonic() + 60
        while statuses.count(200) < enough and time.monotonic() < patience:
            time.sleep(0.02)
        assert statuses.count(200) >= enough
        os.kill(random.Random(kills).choice(workers(service)), signal.SIGKILL)
    done.set()
    for thread in threads:
        thread.join()
    assert set(statuses) <= {200, 503}
    assert statuses.count(503) <= 5
    assert [figure(service, f"SELECT ({number} AS ?n) {{}}") for number in range(6)] == list(range(6))
    assert len(workers(service)) in (1, 2)  # one that died idle is replaced when it is needed
    code, _, errors = service.stop()
    assert code == 0
    assert all("the process that worked on the query was ended" in line for line in errors.splitlines())


def test_at_the_end_a_long_answer_and_a_write_are_finished(start: Serve, tmp_path: Path) -> None:
    headers = writer(tmp_path)
    service = start(tmp_path, "--query-timeout", "60")
    written: list[httpx.Response] = []
    with httpx.stream("GET", f"{service.address}/sparql", params={"query": MILLION}, headers=CSV, timeout=60) as answer:
        assert answer.status_code == 200
        pieces = answer.iter_raw()
        lines = next(pieces).count(b"\n")
        (thread,) = together(lambda: written.append(put(service, headers, "large", 40_000)))
        time.sleep(0.3)
        assert not written
        service.process.terminate()
        time.sleep(0.3)
        lines += sum(piece.count(b"\n") for piece in pieces)
    thread.join()
    assert lines == 1_000_001
    assert written[0].status_code == 201
    assert service.stop()[0] == 0
    engine = RevisionStore(tmp_path)
    assert engine.rows(f"SELECT (COUNT(*) AS ?n) {{ GRAPH <{EX}large> {{ ?s ?p ?o }} }}")[0]["n"].value == "40000"
    engine.close()


# ---------------------------------------------------------------- clients that are slow, or leave


def test_a_million_rows_for_a_slow_client_take_little_memory(start: Serve, tmp_path: Path) -> None:
    service = start(tmp_path, "--query-timeout", "60")
    figure(service, "SELECT (1 AS ?n) {}")
    before, lines, size = memory(service, "VmRSS"), 0, 0
    with httpx.stream("GET", f"{service.address}/sparql", params={"query": MILLION}, headers=CSV, timeout=60) as answer:
        assert answer.status_code == 200
        for number, piece in enumerate(answer.iter_raw()):
            lines, size = lines + piece.count(b"\n"), size + len(piece)
            if number % 50 == 0:
                time.sleep(0.02)
    grown = memory(service, "VmHWM") - before  # the highest of each, whenever that was
    assert lines == 1_000_001
    assert size == int(answer.headers["Content-Length"]) > 20 * MIB
    assert grown < 200
    assert service.stop()[0] == 0


def test_clients_that_leave_free_their_workers(start: Serve, tmp_path: Path) -> None:
    service = start(tmp_path, "--query-workers", "2", "--query-timeout", "30")
    host, _, port = service.address.removeprefix("http://").partition(":")
    connections = [socket.create_connection((host, int(port))) for _ in range(2)]
    for connection in connections:
        request = f"POST /sparql HTTP/1.1\r\nHost: x\r\nContent-Type: application/sparql-query\r\nContent-Length: {len(ENDLESS)}\r\n\r\n"
        connection.sendall((request + ENDLESS).encode())
    time.sleep(1)
    for connection in connections:
        connection.close()
    started = time.monotonic()
    assert figure(service, "SELECT (1 AS ?n) {}") == 1
    assert time.monotonic() - started < 10
    assert service.stop()[0] == 0


# ---------------------------------------------------------------- no room, no right, damage


def context_of(commands: str) -> tuple[str, ...]:
    """A command that runs another one after some that mount: in a name space of its own, so nothing is left of it."""
    within = ("unshare", "--user", "--map-root-user", "--mount", "sh", "-c", f'{commands} && exec "$@"', "sh")
    if shutil.which("unshare") is None or subprocess.run([*within, "true"], capture_output=True, check=False).returncode:
        pytest.skip("this system lets nobody mount a small disk for a test (unshare --user --mount)")
    return within


def seen(service: Any, path: Path) -> Path:
    """A path as the service sees it."""
    return Path(f"/proc/{service.process.pid}/root{path}")


@contextmanager
def full(service: Any, disk: Path, left: int) -> Iterator[None]:
    """Leave so many bytes of a disk."""
    filler = seen(service, disk) / "filler"
    free = os.statvfs(seen(service, disk))
    with filler.open("wb") as file:
        file.write(b"x" * (free.f_bavail * free.f_bsize - left))
    yield
    filler.unlink()


def test_an_answer_that_finds_no_room_is_refused_never_cut(start: Serve, tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    within = context_of(f"mount -t tmpfs -o size=2m tmpfs {disk} && export TMPDIR={disk}")
    service = start(tmp_path / "store", "--query-timeout", "60", within=within)
    few = "SELECT * { ?s ?p ?o } LIMIT 10"
    for _ in range(5):
        answer = ask(service, MILLION)
        assert answer.status_code == 503
        assert "could not be written to a temporary file" in answer.json()["detail"]
        assert ask(service, few).status_code == 200
    assert list(seen(service, disk).iterdir()) == []
    assert os.statvfs(seen(service, disk)).f_bavail * 4096 > MIB
    assert service.stop()[0] == 0


def test_an_answer_that_finds_no_room_on_its_way_is_refused_too(start: Serve, tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    within = context_of(f"mount -t tmpfs -o size=60m tmpfs {disk} && export TMPDIR={disk}")
    service = start(tmp_path / "store", "--query-timeout", "60", within=within)
    many = f"{MILLION} LIMIT 200000"
    answer = ask(service, many)
    assert answer.status_code == 200
    left = 1.5 * len(answer.content)  # room for what the worker writes, and not for as much again
    until = time.monotonic() + 30
    while os.statvfs(seen(service, disk)).f_bavail * 4096 < 59 * MIB and time.monotonic() < until:
        time.sleep(0.1)
    with full(service, disk, int(left)):
        answer = ask(service, many)
    assert answer.status_code == 503
    assert "could not be written to a temporary file" in answer.json()["detail"]
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert list(seen(service, disk).iterdir()) == []
    assert service.stop()[0] == 0


@pytest.mark.parametrize("short", [1, 2000])
def test_the_last_bytes_of_an_answer_may_be_those_that_find_no_room(start: Serve, tmp_path: Path, short: int) -> None:
    service = start(tmp_path, "--query-workers", "1")
    query = f"{MILLION} LIMIT 20000"
    whole = ask(service, query)
    assert len(whole.content) > MIB
    (worker,) = workers(service)
    resource.prlimit(worker, resource.RLIMIT_FSIZE, (len(whole.content) - short, resource.RLIM_INFINITY))
    answer = ask(service, query)
    assert answer.status_code == 503
    assert "could not be written to a temporary file" in answer.json()["detail"]
    resource.prlimit(worker, resource.RLIMIT_FSIZE, (len(whole.content), resource.RLIM_INFINITY))
    assert ask(service, query).content == whole.content
    assert service.stop()[0] == 0


def test_a_full_disk_refuses_writes_and_nothing_else_until_there_is_room(start: Serve, tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    store = disk / "store"
    service = start(store, "--empty", within=context_of(f"mount -t tmpfs -o size=24m tmpfs {disk}"))
    headers = writer(seen(service, store))
    assert put(service, headers, "g", 100).status_code == 201
    count = "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }"
    for round_, left in enumerate((0, 4096, 200_000, 1_000_000)):
        with full(service, disk, left):
            for _ in range(3):
                answer = put(service, headers, "g", 20_000)
                assert answer.status_code == 503
                assert answer.json()["detail"].startswith("nothing was written")
                assert "No space left" in answer.json()["detail"]
                assert str(tmp_path) not in answer.text
                assert figure(service, count) == 100 + round_
                assert httpx.get(f"{service.address}/graphs", params={"graph": EX + "g"}).text.count(EX) >= 100 + round_
        answer = put(service, headers, "g", 101 + round_)
        assert (answer.status_code, answer.headers["Rolegraph-Revision"]) == (204, str(2 + round_))
        assert figure(service, count) == 101 + round_
    code, _, errors = service.stop()
    assert code == 0
    assert all("No space left on device" in line for line in errors.splitlines()), errors
    assert str(disk) in errors  # the operator is told where


def refused(store: Path, free_port: Callable[[], int], within: tuple[str, ...] = ()) -> str:
    """What the service says where it cannot start."""
    command = [*within, sys.executable, "-m", "rolegraph", "serve", "--store", str(store), "--port", str(free_port())]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert ended.returncode == 2, ended
    assert ended.stdout == ""
    assert ended.stderr.startswith("Error: ")
    assert ended.stderr.count("\n") == 1
    return ended.stderr


def contents(store: Path) -> dict[str, str]:
    """The digests of all files but the diary that the engine keeps for itself."""
    files = [path for path in store.rglob("*") if path.is_file() and not path.name.startswith("LOG")]
    return {str(path.relative_to(store)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def damage(store: Path, pattern: str) -> None:
    """Cut a file of a store with one graph of a hundred triples."""
    engine = RevisionStore(store)
    engine.write({EX + "g": triples(100).encode()})
    engine.close()
    damaged = next(iter(store.glob(pattern)))
    content = damaged.read_bytes()
    damaged.unlink()  # not in place: revisions share files
    damaged.write_bytes(content[: min(100, len(content) // 3)])


@pytest.mark.parametrize("pattern", ["revisions/1/MANIFEST-*", "revisions/1/CURRENT"])
def test_a_damaged_revision_is_said_plainly_with_what_to_do(free_port: Callable[[], int], tmp_path: Path, pattern: str) -> None:
    damage(tmp_path, pattern)
    before = contents(tmp_path)
    said = refused(tmp_path, free_port)
    assert "damaged" in said
    assert "rolegraph restore" in said
    after = contents(tmp_path)
    assert len(pyoxigraph.Store(tmp_path / "graph")) == 200  # where it is whole it stays: opening it tidies its files
    assert {name: digest for name, digest in after.items() if "revisions" in name} == {
        name: digest for name, digest in before.items() if "revisions" in name
    }


def test_damage_is_said_when_the_service_starts_and_it_goes_on_from_the_newest_whole_revision(
    start: Serve, free_port: Callable[[], int], tmp_path: Path
) -> None:
    engine = RevisionStore(tmp_path)
    for number in (100, 101):
        engine.write({EX + "g": triples(number).encode()})
    engine.close()
    manifest = next(tmp_path.glob("revisions/2/MANIFEST-*"))
    manifest.write_bytes(manifest.read_bytes()[: manifest.stat().st_size // 2])
    said = refused(tmp_path, free_port)
    assert f"revision 1 is whole: go back to it with: rolegraph revert 1 --store {tmp_path}; or restore a backup" in said
    back = subprocess.run([sys.executable, "-m", "rolegraph", "revert", "1", "--store", str(tmp_path)], capture_output=True, check=False)
    assert (back.returncode, back.stderr) == (0, b"")
    service = start(tmp_path, "--empty")
    assert figure(service, "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }") == 100
    answer = httpx.get(f"{service.address}/role.json", params={"revision": 2})
    assert (answer.status_code, answer.json()["detail"]) == (503, "revision 2 is damaged")
    assert service.stop()[0] == 0


def test_a_service_whose_serving_process_ends_looks_at_its_store_anew(start: Serve, tmp_path: Path) -> None:
    service = start(tmp_path, "--query-workers", "1")
    current = max(tmp_path.glob("revisions/*/CURRENT"), key=lambda path: int(path.parent.name))
    serving = next(pid for pid in family(service.process.pid) if pid != service.process.pid and workers_of(pid))
    current.write_bytes(b"")
    os.kill(serving, signal.SIGKILL)
    _, errors = service.process.communicate(timeout=60)
    assert service.process.returncode == 2
    assert errors.count("Error: ") == errors.count("\n") == 1
    assert "damaged" in errors


@pytest.mark.parametrize("most", [256, 400])
def test_too_few_descriptors_refuse_past_revisions_and_nothing_runs_away(start: Serve, tmp_path: Path, most: int) -> None:
    engine = RevisionStore(tmp_path)
    for number in range(1, 13):
        engine.write({EX + "g": triples(number).encode()})
    engine.close()
    service = start(tmp_path, "--empty", "--query-workers", "1", within=("sh", "-c", f'ulimit -n {most} && exec "$@"', "sh"))
    before = memory(service, "VmRSS")
    found: list[tuple[int, str]] = []

    def read(first: int) -> None:
        with httpx.Client(timeout=60) as client:
            for number in range(20):
                parameters: dict[str, str | int] = {"revision": (first + number) % 12, "format": "json"}
                answer = client.get(f"{service.address}/role", params=parameters)
                found.append((answer.status_code, "" if answer.status_code == 200 else answer.json()["detail"]))

    for thread in together(*(partial(read, each) for each in range(12))):
        thread.join()
    assert len(found) == 240
    refusal = f"too many files are open to open another revision: {most} are allowed (ulimit -n)"
    assert set(found) <= {(200, ""), (503, refusal)}
    assert httpx.get(f"{service.address}/role.json").status_code == 200
    assert memory(service, "VmRSS") - before < 200
    code, _, errors = service.stop()
    assert code == 0
    assert "Traceback" not in errors


@pytest.mark.parametrize("pattern", ["graph/CURRENT", "graph/MANIFEST-*", "graph/*.sst"])
def test_what_is_damaged_where_writes_are_prepared_is_made_anew_of_the_newest_revision(tmp_path: Path, pattern: str) -> None:
    damage(tmp_path, pattern)
    engine = RevisionStore(tmp_path)
    engine.write({EX + "h": f"<{EX}s> <{EX}p> 'more' .".encode()})
    assert int(engine.rows("SELECT (COUNT(*) AS ?n) { ?s ?p ?o }")[0]["n"].value) == 101
    assert engine.revision == 2
    engine.close()


def test_a_service_whose_first_process_is_killed_leaves_nothing_that_holds_its_store(start: Serve, tmp_path: Path) -> None:
    service = start(tmp_path, "--empty", "--query-workers", "1")
    others = family(service.process.pid)[1:]
    assert len(others) >= 2
    os.kill(service.process.pid, signal.SIGKILL)
    service.process.communicate()
    until = time.monotonic() + 20
    while any(Path(f"/proc/{pid}").exists() for pid in others) and time.monotonic() < until:
        time.sleep(0.1)
    RevisionStore(tmp_path).close()


def test_a_store_that_cannot_be_written_is_said_plainly(free_port: Callable[[], int], tmp_path: Path) -> None:
    RevisionStore(tmp_path).close()
    before = contents(tmp_path)
    within = context_of(f"mount --bind {tmp_path} {tmp_path} && mount -o remount,bind,ro {tmp_path}")
    for store in (tmp_path, tmp_path / "new"):
        said = refused(store, free_port, within)
        assert "cannot be written" in said
        assert "--store" in said
    assert contents(tmp_path) == before


# ---------------------------------------------------------------- requests that are long, or broken


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/sparql?query=%zz", 400),
        ("/sparql?query=ASK%7B%7D%ff", 400),
        ("/sparql?query=ASK%7B%7D&query=ASK%7B%7D", 400),
        ("/sparql?query=ASK%7B%7D&format=%zz", 400),
        ("/sparql?query=ASK%7B%7D&revision=%zz", 400),
        ("/compare?role=%zz&role=%ff", 400),
        ("/graphs?graph=%ff", 400),
        ("/graphs?graph=http://x/&graph=http://y/", 400),
        ("/role?format=%ff", 400),
        ("/role/%zz", 404),
        ("/role/%ff", 404),
    ],
)
def test_what_is_wrongly_encoded_is_answered_with_what_is_wrong(server: str, path: str, status: int) -> None:
    host, _, port = server.removeprefix("http://").partition(":")
    with socket.create_connection((host, int(port))) as connection:  # a client library would mend the address
        connection.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
        answer = b""
        while piece := connection.recv(65536):
            answer += piece
    head, _, body = answer.decode().partition("\r\n\r\n")
    assert head.startswith(f"HTTP/1.1 {status}")
    assert "application/problem+json" in head
    assert '"detail": "' in body


def test_a_long_query_in_a_body_is_answered(server: str) -> None:
    query = "ASK { ?s ?p ?o }\n" + "# a comment\n" * 75_000
    assert len(query) > 900_000
    answer = httpx.post(f"{server}/sparql", content=query, headers={"Content-Type": "application/sparql-query"}, timeout=20)
    assert (answer.status_code, answer.json()["boolean"]) == (200, True)
    assert httpx.post(f"{server}/sparql", content=query * 2, headers={"Content-Type": "application/sparql-query"}).status_code == 413


@pytest.mark.parametrize("charset", ["iso-8859-1", "utf-16", "nonsense"])
@pytest.mark.parametrize("media", ["application/sparql-query", "application/x-www-form-urlencoded"])
def test_a_query_in_another_charset_is_refused_and_named(client: FlaskClient, media: str, charset: str) -> None:
    body = "query=ASK{}" if "form" in media else "ASK {}"
    answer = client.post("/sparql", data=body, content_type=f"{media}; charset={charset}")
    assert answer.status_code == 415
    assert charset in answer.get_json()["detail"]


def test_every_page_has_a_head_and_tells_its_methods(server: str, client: FlaskClient) -> None:
    samples = {"kind": "role", "slug": "ai-architect", "name": "tips", "path": "x", "filename": "style.css", "version": "0.1.0"}
    rules = [rule for rule in client.application.url_map.iter_rules() if "GET" in (rule.methods or ())]
    assert len(rules) > 15
    for rule in rules:
        path = re.sub(r"<(?:[^<>]*:)?(\w+)>", lambda found: samples[found[1]], rule.rule)
        for accept in ("*/*", "text/html"):
            got = httpx.get(server + path, headers={"Accept": accept})
            head = httpx.head(server + path, headers={"Accept": accept})
            assert head.status_code == got.status_code < 500, path
            assert head.headers.get("Content-Type") == got.headers.get("Content-Type"), path
            assert head.content == b""
        options = httpx.options(server + path)
        assert options.status_code == 200, path
        assert {"GET", "HEAD", "OPTIONS"} <= {word.strip() for word in options.headers["Allow"].split(",")}, path
