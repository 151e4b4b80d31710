"""What the tests of revisions share: small graphs with one number, and what a store holds."""

from pathlib import Path

from rolegraph.engine import Engine

EX = "http://example.org/"


def turtle(number: int) -> bytes:
    return f"<{EX}s> <{EX}p> <{EX}{number}> .".encode()


def folders(store: Path) -> set[int]:
    """Return the numbers of the stored revisions; the folder of one whose files are being deleted has another name."""
    return {int(path.name) for path in (store / "revisions").iterdir() if path.name.isdecimal()}


def objects(engine: Engine) -> set[str]:
    return {row["o"].value.removeprefix(EX) for row in engine.rows("SELECT ?o { ?s ?p ?o }")}
