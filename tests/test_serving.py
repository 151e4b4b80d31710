"""The service as one process among others: how it ends, and what it leaves for the next start."""

import os
import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest.mock import patch

import httpx
import pytest

from rolegraph.analysis import reading
from rolegraph.facade import Rolegraph, refresh
from rolegraph.facade.refresh import Refreshing
from rolegraph.search import labels
from rolegraph.tokens import Tokens
from rolegraph.values import Row

EX = "http://example.org/"
ROLE = f"""@prefix rg: <https://w3id.org/rolegraph/ns#> . @prefix skos: <http://www.w3.org/2004/02/skos/core#> .
<{EX}role> a rg:Role, skos:Concept ; skos:prefLabel "Keeper of lighthouses"@en ; rg:tool <https://w3id.org/rolegraph/tool/python> .
""".encode()


def test_ctrl_c_ends_the_service_and_its_workers_in_one_line(serve: Callable[..., Any], tmp_path: Path) -> None:
    service = serve(tmp_path, within=("setsid",))
    assert httpx.get(f"{service.address}/queries/coverage.json").status_code == 200
    os.killpg(service.process.pid, signal.SIGINT)  # as a terminal does, to all of its foreground
    output, errors = service.process.communicate(timeout=40)
    assert service.process.returncode == 0
    assert [line for line in output.splitlines() if line] == [output.splitlines()[0], "stopped"]
    assert errors == ""


def test_what_a_service_wrote_is_indexed_when_it_has_ended(serve: Callable[..., Any], tmp_path: Path) -> None:
    service = serve(tmp_path)
    headers = {"Authorization": f"Bearer {Tokens(tmp_path / 'tokens.sqlite').create('admin').text}", "Content-Type": "text/turtle"}
    assert httpx.put(f"{service.address}/graphs", params={"graph": EX + "g"}, content=ROLE, headers=headers).status_code == 201
    assert service.stop()[0] == 0
    unread = AssertionError("a graph was read again")
    with patch.object(labels, "read", side_effect=unread), patch.object(reading, "read", side_effect=unread):
        graph = Rolegraph.open(tmp_path)
        assert [hit.iri for hit in graph.search.find("keeper of lighthouses")] == [EX + "role"]
        assert graph.analysis.similar(EX + "role").similar
        graph.close()


def test_a_write_is_followed_in_the_background(store_copy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(refresh, "QUIET", 0.0)
    monkeypatch.setattr(refresh, "LOOK", 0.01)
    graph = Rolegraph.open(store_copy)
    read: list[str] = []
    follower = Refreshing(graph)
    follower.start()
    plainly = labels.read

    def noted(ask: Callable[[str], list[Row]], name: str) -> dict[str, str]:
        read.append(name)
        return plainly(ask, name)

    with patch.object(labels, "read", noted):
        graph.store(EX + "g", ROLE)
        _until(lambda: EX + "g" in read)
        follower.end()
    with patch.object(labels, "read", side_effect=AssertionError("a graph was read again")):
        assert [hit.iri for hit in graph.search.find("keeper of lighthouses")] == [EX + "role"]
    graph.close()


def test_a_graph_that_cannot_be_read_ends_no_service(store_copy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(refresh, "QUIET", 0.0)
    monkeypatch.setattr(refresh, "LOOK", 0.01)
    graph = Rolegraph.open(store_copy)
    tried = threading.Semaphore(0)

    def fail(_: Rolegraph) -> None:
        tried.release()
        raise OSError("no room")

    with patch.object(Rolegraph, "refresh", fail):
        follower = Refreshing(graph)
        follower.start()
        assert tried.acquire(timeout=30)
        graph.store(EX + "g", ROLE)
        assert tried.acquire(timeout=30)
        follower.end()
    graph.close()


def _until(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.01)
