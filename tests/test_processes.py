"""Several processes of one service: each answers from what was written last, and none of them is missed when it ends."""

import errno
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest

from processes import family, query_workers, wait_until
from rolegraph.terms import BASE
from rolegraph.web.server import supervision
from rolegraph.web.server.supervision import Shared, Supervisor
from services import EX, figure, refused, triples, writer

Serve = Callable[..., Any]

pytestmark = [
    pytest.mark.service,
    pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="processes are read from /proc"),
]
COUNT = f"SELECT (COUNT(*) AS ?n) {{ GRAPH <{EX}g> {{ ?s ?p ?o }} }}"


def readers(service: Any) -> list[int]:
    """Return the processes that read: those with query workers."""
    return [pid for pid in family(service.process.pid)[1:] if len(family(pid)) > 1 and query_workers(pid)]


def writing(service: Any) -> int:
    """Return the process that writes: the only one that has the working copy of the store open."""
    others = set(family(service.process.pid)[1:]) - set(query_workers(service.process.pid)) - set(readers(service))
    (pid,) = [pid for pid in others if any("/graph/LOCK" in str(link.readlink()) for link in Path(f"/proc/{pid}/fd").iterdir())]
    return pid


def put(address: str, headers: dict[str, str], number: int) -> httpx.Response:
    body = "".join(f"<{EX}s> <{EX}p> {each} .\n" for each in range(number))
    return httpx.put(f"{address}/graphs", params={"graph": EX + "g"}, content=body, headers=headers, timeout=60)


@pytest.fixture
def service(start: Serve, tmp_path: Path) -> Any:
    return start(tmp_path, "--empty", "--processes", "2", "--query-workers", "2")


def test_whichever_process_answers_has_what_was_written(service: Any, tmp_path: Path) -> None:
    assert len(readers(service)) == 2
    headers, answered = writer(tmp_path), set()
    for number in range(1, 21):
        written = put(service.address, headers, number)
        assert written.status_code in (201, 204)
        for _ in range(4):  # each on a connection of its own, which the system gives to either process
            graph = httpx.get(f"{service.address}/graphs", params={"graph": EX + "g"}, headers={"Accept": "application/n-triples"})
            assert len(graph.text.splitlines()) == number
            assert graph.headers["ETag"].strip('"').partition("-")[0] == written.headers["ETag"].strip('"')
            assert figure(service, COUNT) == number
            answered |= {pid for pid in readers(service) if (tmp_path / f"revisions/{number}").exists() and reads(pid, number)}
    assert answered == set(readers(service))
    code, output, errors = service.stop()
    assert (code, errors) == (0, "")
    assert output.count("stop with") == output.count("stopped") == 1


def reads(pid: int, revision: int) -> bool:
    """Return whether a process has a revision open."""
    return any(f"/revisions/{revision}/" in str(link.readlink()) for link in Path(f"/proc/{pid}/fd").iterdir() if link.is_symlink())


def test_conditions_hold_against_writes_through_other_processes(service: Any, tmp_path: Path) -> None:
    headers = writer(tmp_path)
    put(service.address, headers, 1)
    lost = []

    def add(_: int) -> None:
        """Add one triple to what is stored, as often as it takes."""
        while True:
            graph = httpx.get(f"{service.address}/graphs", params={"graph": EX + "g", "format": "nt"}, timeout=60)
            body = graph.text + f"<{EX}s> <{EX}p> <{EX}{random.random()}> .\n"
            condition = {**headers, "If-Match": graph.headers["ETag"]}
            answer = httpx.put(f"{service.address}/graphs", params={"graph": EX + "g"}, content=body, headers=condition, timeout=60)
            if answer.status_code != 412:
                assert answer.status_code == 204
                return
            lost.append(answer)

    clients = [threading.Thread(target=add, args=(number,)) for number in range(8)]
    for client in clients:
        client.start()
    for client in clients:
        client.join()
    assert figure(service, COUNT) == 9
    assert service.stop()[0] == 0


def test_a_tag_of_one_process_holds_in_the_other_until_its_answer_changes(service: Any, tmp_path: Path) -> None:
    headers, path = writer(tmp_path), "/role/weaver.json"
    prefixes = "".join(f"PREFIX {prefix}: <{BASE}{name}> " for prefix, name in (("rg", "ns#"), ("role", "role/")))

    def write(graph: str, text: str) -> None:
        answer = httpx.put(f"{service.address}/graphs", params={"graph": EX + graph}, content=prefixes + text, headers=headers, timeout=60)
        assert answer.status_code in (201, 204)

    def statuses(tag: str) -> set[int]:
        """Ask on a dozen connections, which the system gives to either process."""
        return {httpx.get(service.address + path, headers={"If-None-Match": tag}).status_code for _ in range(12)}

    write("g", "role:weaver a rg:Role ; rg:tool <http://example.org/loom> .")
    tag = httpx.get(service.address + path).headers["ETag"]
    for number in range(5):
        write("h", f"role:miller a rg:Role ; rg:tool <http://example.org/{number}> .")
        assert statuses(tag) == {304}
        assert httpx.get(service.address + path).headers["ETag"] == tag
    write("h", "role:weaver rg:tool <http://example.org/shuttle> .")
    assert statuses(tag) == {200}
    assert service.stop()[0] == 0


@pytest.mark.parametrize("which", ["writer", "reader"])
def test_a_process_that_is_killed_is_replaced_and_loses_nothing(service: Any, tmp_path: Path, which: str) -> None:
    headers = writer(tmp_path)
    acknowledged, stopping, said = [0], threading.Event(), []

    def write() -> None:
        number = 1
        while not stopping.is_set():
            try:
                answer = put(service.address, headers, number)
            except httpx.TransportError:  # the connection was to the process that was killed
                continue
            if answer.status_code in (201, 204):
                acknowledged[0] = number
                number += 1
            else:
                said.append(answer)

    client = threading.Thread(target=write)
    client.start()
    wait_until(lambda: acknowledged[0] >= 3)
    killed = writing(service) if which == "writer" else readers(service)[0]
    os.kill(killed, signal.SIGKILL)
    wait_until(lambda: killed not in family(service.process.pid))
    before = acknowledged[0]
    wait_until(lambda: acknowledged[0] >= before + 3)
    stopping.set()
    client.join()
    assert {answer.status_code for answer in said} <= {503}
    assert figure(service, COUNT) in (acknowledged[0], acknowledged[0] + 1)
    wait_until(lambda: len(readers(service)) == 2)
    assert killed not in (*readers(service), writing(service))
    code, _, errors = service.stop()
    assert code == 0
    assert "another one is started" in errors if which == "writer" else "takes its place" in errors


def test_a_write_says_so_while_nothing_can_be_written(service: Any, tmp_path: Path) -> None:
    headers, killed = writer(tmp_path), writing(service)
    os.kill(killed, signal.SIGSTOP)  # it hangs
    answers: list[httpx.Response] = []
    client = threading.Thread(target=lambda: answers.append(put(service.address, headers, 3)))
    client.start()
    time.sleep(0.5)
    assert httpx.get(f"{service.address}/health").status_code == 200  # reading goes on
    os.kill(killed, signal.SIGKILL)
    client.join()
    assert answers[0].status_code == 503
    assert "is not known" in answers[0].json()["detail"]
    wait_until(lambda: httpx.get(f"{service.address}/readyz").status_code == 200)
    assert put(service.address, headers, 3).status_code == 201
    assert service.stop()[0] == 0


def test_writes_in_progress_are_finished_at_the_end(service: Any, tmp_path: Path) -> None:
    headers, answers = writer(tmp_path), []
    body = triples(40_000)
    put_ = partial(httpx.put, f"{service.address}/graphs", params={"graph": EX + "g"}, content=body, headers=headers, timeout=60)
    clients = [threading.Thread(target=lambda: answers.append(put_())) for _ in range(2)]
    for client in clients:
        client.start()
    time.sleep(0.4)
    assert service.stop()[0] == 0
    for client in clients:
        client.join()
    assert [answer.status_code for answer in answers if answer.status_code not in (201, 204)] == []


def test_a_store_that_cannot_be_opened_ends_the_service_with_the_reason(
    service: Any, free_port: Callable[[], int], tmp_path: Path
) -> None:
    assert "is in use by another process" in refused(tmp_path, free_port)
    assert service.stop()[0] == 0


UNREADABLE = """
import sys
from functools import partial
from pathlib import Path

from rolegraph.engine.embedded import Settings
from rolegraph.engine.pool import Limits
from rolegraph.errors import StoreUnusable
from rolegraph.facade import sharing
from rolegraph.web.server import run


def reader(announced):
    raise StoreUnusable("the store cannot be read")


if __name__ == "__main__":
    writer = partial(sharing.writer, Path(sys.argv[1]), Limits(workers=1), Settings(), shipped=False)
    sys.exit(run.run(run.Plan(run.Shares(writer, reader), "here", port=int(sys.argv[2]), processes=2)))
"""


def test_a_store_that_no_process_can_read_at_the_start_ends_the_service_with_the_reason(
    free_port: Callable[[], int], tmp_path: Path
) -> None:
    command = [sys.executable, "-c", UNREADABLE, str(tmp_path / "store"), str(free_port())]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert (ended.returncode, ended.stderr) == (2, "Error: the store cannot be read\n")


def test_a_process_that_the_system_cannot_start_is_logged_and_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    shared = Shared(1, tmp_path)
    supervisor = Supervisor(shared, partial(ready, shared))
    start, failing = supervisor._started, [True, True]
    monkeypatch.setattr(supervision, "PAUSES", (0.0,))

    def started() -> Any:
        if failing:
            failing.pop()
            raise OSError(errno.ENOMEM, os.strerror(errno.ENOMEM))
        return start()

    monkeypatch.setattr(supervisor, "_started", started)
    assert supervisor.start()
    first = supervisor._writer
    first.kill()
    wait_until(lambda: not failing and supervisor._writer is not first)
    supervisor.stop()
    assert caplog.text.count("could not be started: Cannot allocate memory") == 2


def ready(shared: Shared) -> None:
    shared.serving.set()
    time.sleep(600)


def hang(shared: Shared, started: Path) -> None:
    """Record the start, and hang."""
    with started.open("a") as file:
        file.write("started\n")
    shared.signs.place()
    shared.serving.set()
    time.sleep(600)


def test_a_process_that_gives_no_sign_of_life_is_replaced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervision, "HUNG", 1.0)
    shared, started = Shared(1, tmp_path), tmp_path / "started"
    supervisor = Supervisor(shared, partial(hang, shared, started))
    try:
        assert supervisor.start()
        wait_until(lambda: started.read_text().count("started") >= 2)
    finally:
        supervisor.stop()


def test_a_place_that_is_free_is_not_that_of_another_process(tmp_path: Path) -> None:
    signs = Shared(1, tmp_path).signs
    place = signs.place()
    assert signs.processes().keys() == {os.getpid()}
    signs.free(os.getpid())
    assert signs.processes() == {}
    assert signs.place() == place
