"""The wheel carries ontology, queries and data, nothing else, and works away from the checkout."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

pytestmark = pytest.mark.service

TOP = Path(__file__).parent.parent


def test_the_wheel_is_whole_and_runs_elsewhere(tmp_path: Path) -> None:
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(build, cwd=TOP, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("rolegraph-*.whl")
    with zipfile.ZipFile(wheel) as archive:
        names = {name for name in archive.namelist() if ".dist-info/" not in name}
        archive.extractall(tmp_path / "installed")
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=TOP, check=True, capture_output=True, text=True).stdout.split("\0")
    shipped = {f"rolegraph/shipped/{name}" for name in listed if name.split("/")[0] in ("ontology", "queries", "data")}
    code = {name.removeprefix("service/") for name in listed if name.startswith("service/")}
    assert names == shipped | code
    environment = {**os.environ, "PYTHONPATH": str(tmp_path / "installed")}
    command = [sys.executable, "-m", "rolegraph", "query", "sources", "--format", "csv"]
    found = subprocess.run(command, cwd=tmp_path, env=environment, check=True, capture_output=True, text=True)
    assert found.stdout.count("\n") == 1 + len([name for name in listed if name.startswith(("data/sources/", "data/mappings/"))])
