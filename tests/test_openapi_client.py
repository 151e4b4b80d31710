"""A typed client is made of the OpenAPI document, as the guide to HTTP says, and passes mypy."""

import re
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

from test_docs import HTTP, fences

LIMIT = 300  # seconds for a step, of which each takes about ten where nothing else is at work
UNREAD = {"application/n-triples", "application/rdf+xml", "text/plain"}  # bodies that the client leaves out, as the guide says


def run(folder: Path, *command: str) -> str:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=LIMIT, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def test_a_typed_client_is_made_of_the_document(server: str, tmp_path: Path) -> None:
    command = shutil.which("openapi-python-client", path=sysconfig.get_path("scripts")) or shutil.which("openapi-python-client")
    assert command, "the command openapi-python-client is missing: pip install openapi-python-client"
    guide = HTTP.partition("## Typed clients")[2].partition("\n## ")[0]
    [configuration], [generate], [program] = (fences(guide, language) for language in ("yaml", "sh", "python"))
    (tmp_path / "client.yml").write_text(configuration, "utf-8")
    address = "http://127.0.0.1:8080"
    told = run(tmp_path, command, *generate.replace(address, server).split()[1:])
    warned = set(re.findall(r"Unsupported content type (\S+)", told))
    assert warned == UNREAD, told
    assert len(re.findall(r"^WARNING|^ERROR", told, re.MULTILINE)) == told.count("Unsupported content type"), told
    (tmp_path / "program.py").write_text(program.replace(address, server), "utf-8")
    run(tmp_path, sys.executable, "-m", "mypy", "--strict", "rolegraph_client", "program.py")
    lines = run(tmp_path, sys.executable, "program.py").splitlines()
    assert len(lines) == 3
    assert "AI Programmer" in "".join(lines)
