"""Faults of the disk of a service in use: no room, no right."""

import os
import re
import resource
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from processes import wait_until
from rolegraph.engine.revision_store import RevisionStore
from services import EX, MIB, MILLION, ask, contents, context_of, figure, put, refused, workers

pytestmark = [
    pytest.mark.service,
    pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="processes and their memory are read from /proc"),
]

Serve = Callable[..., Any]


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
    wait_until(lambda: os.statvfs(seen(service, disk)).f_bavail * 4096 >= 59 * MIB)
    with full(service, disk, int(left)):
        answer = ask(service, many)
    assert answer.status_code == 503
    assert "could not be written to a temporary file" in answer.json()["detail"]
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert list(seen(service, disk).iterdir()) == []
    assert service.stop()[0] == 0


@pytest.mark.parametrize("short", [1, 2000])
def test_the_last_bytes_of_an_answer_may_be_those_that_find_no_room(start: Serve, tmp_path: Path, short: int) -> None:
    service = start(tmp_path, "--query-workers", "1", "--processes", "1")
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
    # by the command line among the mounts of the service: SQLite follows /proc/…/root out of them
    inside = ("nsenter", "--target", str(service.process.pid), "--mount")
    command = [*inside, sys.executable, "-m", "rolegraph", "token", "create", "--scope", "admin", "--store", str(store)]
    token = subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "text/turtle"}
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
    records = re.split(r"^(?=\d{4}-\d\d-\d\dT)", errors, flags=re.MULTILINE)  # the index that follows writes may also find no room
    assert [record for record in records if record and not re.search("No space left on device|disk is full", record)] == []
    assert str(disk) in errors  # the operator is told where


def test_a_store_that_cannot_be_written_is_said_plainly(free_port: Callable[[], int], tmp_path: Path) -> None:
    RevisionStore(tmp_path).close()
    before = contents(tmp_path)
    within = context_of(f"mount --bind {tmp_path} {tmp_path} && mount -o remount,bind,ro {tmp_path}")
    for store in (tmp_path, tmp_path / "new"):
        said = refused(store, free_port, within)
        assert "cannot be written" in said
        assert "--store" in said
    assert contents(tmp_path) == before
