"""Queries in processes of their own: each ends at its limit, no other client notices, and answers follow the writes."""

import errno
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from multiprocessing import reduction
from pathlib import Path
from typing import Any

import pytest

from processes import processor_time, wait_until
from rolegraph import formats
from rolegraph.engine import never_cancelled
from rolegraph.engine.embedded import Settings
from rolegraph.engine.pool import CLIENT, MIB, WAITING, Limits, Pool
from rolegraph.engine.pooled import PooledEngine
from rolegraph.engine.revision_store import RevisionStore
from rolegraph.engine.revisions import Retention
from rolegraph.engine.worker import Request
from rolegraph.errors import (
    MemoryLimitReached,
    NotAcceptable,
    RolegraphError,
    StoreUnusable,
    TimeLimitReached,
    TooManyRequests,
    UnreadableInput,
)

pytestmark = pytest.mark.service

EX = "http://example.org/"
CROSS_JOIN = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l }"
SMALL = "ASK { ?s ?p ?o }"


def choose(holds: str) -> formats.Format:
    return formats.holding(holds)[0]


def workers(engine: PooledEngine) -> list[int]:
    """The numbers of the processes that answer queries."""
    return [found._process.pid for found in engine._pool._workers]


def endless(engine: PooledEngine) -> threading.Thread:
    """A client whose query does not end before its limit."""

    def ask() -> None:
        with pytest.raises(TimeLimitReached):
            engine.query(CROSS_JOIN, choose)

    client = threading.Thread(target=ask)
    client.start()
    return client


def engine_of(folder: Path, seconds: float) -> PooledEngine:
    inner = RevisionStore(folder)
    inner.write({EX + "g": "".join(f"<{EX}{number}> <{EX}p> '{number}' .\n" for number in range(800)).encode()})
    engine = PooledEngine(inner, Pool(Limits(seconds=seconds, memory=128 * MIB, workers=2)))
    assert b"true" in engine.query(SMALL, choose).body
    return engine


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[PooledEngine]:
    """An engine whose queries soon end at their limit."""
    engine = engine_of(tmp_path, 1.5)
    yield engine
    engine.close()


@pytest.fixture
def patient(tmp_path: Path) -> Iterator[PooledEngine]:
    """An engine whose limit of time no query of a test meets, however busy the machine is."""
    engine = engine_of(tmp_path, 60)
    yield engine
    engine.close()


@pytest.mark.parametrize(
    "text",
    [
        CROSS_JOIN,
        "SELECT (MAX(CONCAT(STR(?a), STR(?f), STR(?i))) AS ?m) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l }",
        f"SELECT * {{ ?a (<{EX}p>|!<{EX}p>)* ?b . ?c (<{EX}p>|!<{EX}p>)* ?d . ?e (<{EX}p>|!<{EX}p>)* ?f FILTER(?a = ?zz) }}",
    ],
    ids=["cross join", "aggregate", "property path"],
)
def test_a_query_without_end_is_stopped_and_the_next_one_answered(engine: PooledEngine, text: str) -> None:
    started = time.monotonic()
    with pytest.raises(TimeLimitReached, match=r"longer than 1\.5 s") as caught:
        engine.query(text, choose)
    assert time.monotonic() - started < 30  # of the hours that the query would take
    assert caught.value.members["limit"] == "1.5 s"
    assert b"true" in engine.query(SMALL, choose).body


def test_a_query_that_takes_too_much_memory_is_told_from_one_that_takes_too_long(patient: PooledEngine) -> None:
    with pytest.raises(MemoryLimitReached, match="128 MiB"):
        patient.query("SELECT * { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i } ORDER BY ?c ?f ?i", choose)
    assert b"true" in patient.query(SMALL, choose).body


def test_a_pipe_is_closed_by_the_thread_that_reads_from_it(engine: PooledEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    pool, closers = engine._pool, list[threading.Thread]()

    def ask() -> None:
        with suppress(RolegraphError):
            engine.query(CROSS_JOIN, choose)

    client = threading.Thread(target=ask)
    client.start()
    wait_until(lambda: len(pool._workers) > len(pool._idle))
    [busy] = pool._workers.difference(pool._idle)
    close = busy._pipe.close

    def noted() -> None:
        closers.append(threading.current_thread())
        close()

    monkeypatch.setattr(busy._pipe, "close", noted)
    pool.close()
    client.join(20)
    wait_until(lambda: bool(closers))
    assert len(closers) == 1
    assert closers[0] is not threading.main_thread()


def test_other_clients_get_their_answers_meanwhile(engine: PooledEngine) -> None:
    client, answered = endless(engine), 0
    while client.is_alive():
        assert b"true" in engine.query(SMALL, choose).body
        answered += 1
    assert answered >= 3


def test_when_every_worker_is_busy_the_client_is_told(engine: PooledEngine) -> None:
    for client in [endless(engine) for _ in range(4)]:
        client.join()
    assert b"true" in engine.query(SMALL, choose).body


def test_a_client_reads_its_own_write(patient: PooledEngine) -> None:
    for number in range(5):
        patient.write({EX + "h": f"<{EX}s> <{EX}q> <{EX}{number}> .".encode()})
        assert f"{EX}{number}".encode() in patient.query(f"SELECT ?o {{ <{EX}s> <{EX}q> ?o }}", choose).body


def test_a_revision_that_is_asked_is_not_removed_by_writes(tmp_path: Path) -> None:
    stored = RevisionStore(tmp_path, Settings(retention=Retention(1)))
    stored.write({EX + "g": f"<{EX}s> <{EX}q> 0 .".encode()})
    engine, done = PooledEngine(stored, Pool(Limits(workers=2))), threading.Event()

    def write() -> None:
        number = 0
        while not done.is_set():
            number += 1
            engine.write({EX + "g": f"<{EX}s> <{EX}q> {number} .".encode()})

    writer = threading.Thread(target=write)
    writer.start()
    for _ in range(200):
        assert engine.query(f"SELECT ?o {{ <{EX}s> <{EX}q> ?o }}", choose).body.count(b'"value"') == 1
        assert len(engine.rows(f"SELECT ?o {{ <{EX}s> <{EX}q> ?o }}")) == 1
    done.set()
    writer.join()
    engine.close()


def test_a_worker_that_is_killed_by_hand_is_replaced(patient: PooledEngine) -> None:
    for process in workers(patient):
        os.kill(process, signal.SIGKILL)
    for worker in list(patient._pool._workers):
        worker._process.wait(20)
    for _ in range(4):
        assert b"true" in patient.query(SMALL, choose).body


def test_a_worker_that_is_killed_at_work_is_replaced_and_its_client_told(patient: PooledEngine) -> None:
    told: list[StoreUnusable] = []

    def ask() -> None:
        with pytest.raises(StoreUnusable, match="ask again") as caught:
            patient.query(CROSS_JOIN, choose)
        told.append(caught.value)

    client = threading.Thread(target=ask)
    before = {process: processor_time(process) for process in workers(patient)}
    client.start()
    wait_until(lambda: any(processor_time(process) - seconds >= 0.05 for process, seconds in before.items()))
    for process in before:
        os.kill(process, signal.SIGKILL)
    client.join()
    assert told
    assert b"true" in patient.query(SMALL, choose).body


def test_errors_are_those_of_the_engine_itself(patient: PooledEngine) -> None:
    with pytest.raises(UnreadableInput) as caught:
        patient.query("SELECT ?s {\n ?s ?p ?o } GARBAGE", choose)
    assert caught.value.members["line"] == 2

    def tables_only(holds: str) -> formats.Format:
        return formats.negotiate("text/csv", formats.holding(holds))

    assert patient.query("SELECT ?s { ?s ?p ?o } LIMIT 1", tables_only).body.startswith(b"s\r\n")
    with pytest.raises(NotAcceptable):
        patient.query("CONSTRUCT WHERE { ?s ?p ?o }", tables_only)


# ---------------------------------------------------------------- shares


@pytest.fixture
def importable(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let workers import what this file imports, since they are sent jobs that it defines."""
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(filter(None, [str(Path(__file__).parent), os.environ.get("PYTHONPATH")])))


@pytest.fixture
def pool(importable: None) -> Iterator[Pool]:
    """Workers whose jobs end at their limit, which is several times what a worker takes to start."""
    pool = Pool(Limits(seconds=6, workers=4), eager=False)
    yield pool
    pool.close()


@pytest.fixture
def patient_pool(importable: None) -> Iterator[Pool]:
    pool = Pool(Limits(seconds=60, workers=4), eager=False)
    yield pool
    pool.close()


@dataclass(frozen=True)
class Nowhere:
    """Something to open that takes no store."""

    def open(self) -> Any:
        return None


@dataclass(frozen=True)
class Sleep:
    """A job that takes some time."""

    seconds: float
    name: str = "the nap"
    private: bool = False

    def run(self, _: object) -> float:
        time.sleep(self.seconds)
        return self.seconds


@dataclass(frozen=True)
class Fail:
    """A job that fails in its own way."""

    secret: str
    name: str = "the failure"
    private: bool = True

    def run(self, _: object) -> None:
        raise ValueError(self.secret)


def submit(pool: Pool, client: str, job: Sleep, told: list[object]) -> threading.Thread:
    def run() -> None:
        CLIENT.set(client)
        try:
            told.append(pool.ask(Request(Nowhere(), job), never_cancelled))
        except RolegraphError as error:
            told.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    return thread


def test_one_client_never_has_more_than_its_share_of_the_workers(pool: Pool) -> None:
    told: list[object] = []
    threads = [submit(pool, "greedy", Sleep(60), told) for _ in range(10)]
    wait_until(lambda: pool._running["greedy"] == 2)
    other: list[object] = []
    for _ in range(5):
        submit(pool, "modest", Sleep(0), other).join()
    assert other == [0] * 5
    assert pool._running["greedy"] == 2
    for thread in threads:
        thread.join()
    assert {type(error) for error in told} == {TimeLimitReached, TooManyRequests}
    assert all("the nap took longer" in str(error) for error in told if isinstance(error, TimeLimitReached))
    wait_until(lambda: not pool._running and not pool._waiting)  # workers that were stopped end on their own


def test_a_client_that_lets_too_much_wait_is_told_at_once(pool: Pool) -> None:
    told: list[object] = []
    threads = [submit(pool, "greedy", Sleep(60), told) for _ in range(2 + WAITING + 3)]
    wait_until(lambda: bool(told))
    assert all(isinstance(error, TooManyRequests) for error in told)
    for thread in threads:
        thread.join()


def test_a_worker_that_the_system_cannot_start_is_told_and_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOMEM, os.strerror(errno.ENOMEM))

    with monkeypatch.context() as patched:
        patched.setattr(subprocess, "Popen", full)
        pool = Pool(Limits(30.0, 1024 * MIB, 2))
        engine = PooledEngine(RevisionStore(tmp_path), pool)
        with pytest.raises(StoreUnusable, match="Cannot allocate memory"):
            engine.query("ASK {}", choose)
    assert "a worker could not be started: Cannot allocate memory" in caplog.text
    assert b"true" in engine.query("ASK {}", choose).body
    engine.close()


def reads(pid: int, revision: int) -> bool:
    """Return whether a process has a revision open."""
    names = []
    for link in Path(f"/proc/{pid}/fd").iterdir():
        with suppress(FileNotFoundError):  # closed meanwhile
            names.append(str(link.readlink()))
    return any(f"/revisions/{revision}/" in name for name in names)


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="open files are read from /proc")
def test_a_worker_opens_the_new_revision_before_the_next_job(tmp_path: Path) -> None:
    pool = Pool(Limits(30.0, 1024 * MIB, 1))
    engine = PooledEngine(RevisionStore(tmp_path), pool)
    engine.query("ASK {}", choose)
    [process] = pool._workers
    for number in (1, 2):
        engine.write({EX + "g": f"<{EX}s> <{EX}p> {number} .".encode()})
        wait_until(partial(reads, process._process.pid, number))
    engine.close()


def test_a_worker_takes_no_memory_for_what_few_queries_need() -> None:
    program = "import sys, rolegraph.engine.worker; sys.exit('rdflib' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


def test_nothing_of_a_private_job_is_told_when_it_fails(patient_pool: Pool, capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(RuntimeError, match="ValueError") as caught:
        patient_pool.ask(Request(Nowhere(), Fail("secret-777")), never_cancelled)
    assert "secret-777" not in str(caught.value)
    output = capfd.readouterr()
    assert "ValueError" in output.err
    assert "secret-777" not in output.err + output.out


def test_a_file_that_cannot_be_received_is_no_death_of_the_worker(
    patient_pool: Pool, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    stored = RevisionStore(tmp_path)
    stored.write({EX + "g": "".join(f"<{EX}{number}> <{EX}p> '{'x' * 900}' .\n" for number in range(2000)).encode()})
    engine = PooledEngine(stored, patient_pool)

    def fail(_: object) -> int:
        raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))

    with monkeypatch.context() as patched:
        patched.setattr(reduction, "recv_handle", fail)
        with pytest.raises(StoreUnusable, match="Too many open files"):
            engine.dump(choose("graph"), EX + "g")
    assert len(engine.dump(choose("graph"), EX + "g").body) > 1_000_000
    stored.close()
