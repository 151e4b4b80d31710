"""What the tests of backups share: the command, and what lies in a store or a folder."""

import subprocess
import sys
from pathlib import Path

from rolegraph import formats
from rolegraph.engine.revision_store import RevisionStore
from rolegraph.shipped import loading
from rolegraph.tokens import FILE, Tokens

EX = "http://example.org/"
NQUADS = formats.named("nquads", formats.holding("dataset"))


def run(*arguments: str | Path, shell: str = "") -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "rolegraph", *map(str, arguments)]
    if shell:
        command = ["sh", "-c", f'{shell}; exec "$@"', "sh", *command]
    return subprocess.run(command, capture_output=True, text=True, timeout=100, check=False)


def content(folder: Path) -> tuple[int, bytes]:
    """The number of the revision of a store, and all its quads."""
    engine = RevisionStore(folder)
    found = engine.revision, engine.dump(NQUADS).body
    engine.close()
    return found


def files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() if path.is_file() else b"" for path in sorted(folder.rglob("*"))}


def filled(folder: Path, *, shipped: bool = True) -> Path:
    """Make a store with some writes and a token, and with the shipped graphs or a small one in their place."""
    engine = RevisionStore(folder)
    if shipped:
        loading.load(engine, folder)
    else:
        engine.write({EX + "small": f"<{EX}s> <{EX}p> 'small' .".encode()})
        (folder / "shipped.json").write_text('{"graphs": {}}\n')
    for number in range(3):
        engine.write({EX + "g": f"<{EX}s> <{EX}p> {number} .".encode()})
    engine.close()
    Tokens(folder / FILE).create("admin", "the one")
    return folder


def backup(store: Path) -> Path:
    """Back up a store with the command, to a file beside it."""
    file = store.parent / "kept.tar.gz"
    assert run("backup", file, "--store", store).returncode == 0
    return file
