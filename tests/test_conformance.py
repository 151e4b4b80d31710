"""The W3C's own tests of SPARQL 1.0, 1.1 and 1.2 over HTTP, on disk, behind the workers; what fails is known, each with its reason."""

import json
import subprocess
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

from rolegraph.tokens import FILE, Tokens

KNOWN = Path(__file__).parent / "conformance.toml"
LEAST = 1267  # tests that pass


def test_only_known_failures_are_left(conformance: Path, serve: Callable[..., Any], tmp_path: Path) -> None:
    service = serve(tmp_path / "store", "--empty", "--default-graph", "own")
    token = Tokens(tmp_path / "store" / FILE).create("admin").text
    address, out = service.address, tmp_path / "out.json"
    places = ["--query", f"{address}/sparql", "--update", f"{address}/update", "--gsp", f"{address}/graphs"]
    ran = subprocess.run(
        [sys.executable, str(conformance), *places, "--token", token, "--json", str(out)],
        capture_output=True,
        text=True,
        timeout=1200,
        check=False,
    )
    assert out.exists(), ran.stdout + ran.stderr
    assert service.stop()[0] == 0
    tests = {f"{test['group'].rstrip('+')}::{test['name']}": test for test in json.loads(out.read_text())["tests"]}
    failed = {name: test["why"] for name, test in tests.items() if test["state"] == "fail"}
    known = {name for reason in tomllib.loads(KNOWN.read_text("utf-8")).values() for name in reason["tests"]}
    assert {name: why for name, why in failed.items() if name not in known} == {}
    assert known - failed.keys() == set(), "these pass, or are gone: they no longer belong in conformance.toml"
    assert sum(test["state"] == "pass" for test in tests.values()) >= LEAST
