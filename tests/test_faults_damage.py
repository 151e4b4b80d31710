"""Damage to a store while its service was stopped, or ran out of what it needs to open more of it."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pyoxigraph
import pytest

from processes import family, query_workers, wait_until
from rolegraph.engine.revision_store import RevisionStore
from services import EX, contents, figure, memory, refused, together, triples

pytestmark = [
    pytest.mark.service,
    pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="processes and their memory are read from /proc"),
]

Serve = Callable[..., Any]


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
    service = start(tmp_path, "--query-workers", "1", "--processes", "1")
    current = max(tmp_path.glob("revisions/*/CURRENT"), key=lambda path: int(path.parent.name))
    serving = next(pid for pid in family(service.process.pid) if pid != service.process.pid and query_workers(pid))
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
    wait_until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in others))
    RevisionStore(tmp_path).close()
