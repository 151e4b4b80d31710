"""What the tests of revisions share: small graphs with one number, and what a store holds."""

from pathlib import Path

from rolegraph.engine import Engine

EX = "http://example.org/"


def turtle(number: int) -> bytes:
    return f"<{EX}s> <{EX}p> <{EX}{number}> .".encode()


def folders(store: Path) -> set[int]:
    return {int(path.name) for path in (store / "revisions").iterdir() if path.name.isdecimal()}  # one that is removed has another name first


def objects(engine: Engine) -> set[str]:
    return {row["o"].value.removeprefix(EX) for row in engine.rows("SELECT ?o { ?s ?p ?o }")}
