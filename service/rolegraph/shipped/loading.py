"""The data that the package ships: which file describes which named graph, and loading them into an engine once."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from rolegraph import resources
from rolegraph.errors import StoreUnusable
from rolegraph.terms import BASE

MANIFEST = "shipped.json"


@dataclass(frozen=True)
class Shipped:
    """A named graph that the package ships, and the Turtle files that describe it."""

    graph: str
    paths: tuple[Path, ...]

    def read(self) -> bytes:
        """Return the Turtle of the files, one after the other."""
        return b"\n".join(path.read_bytes() for path in self.paths)


class Target(Protocol):
    """What loading needs of an engine."""

    def write(self, changes: Mapping[str | None, bytes | tuple[bytes, ...] | None]) -> object:
        """Make each named graph hold just the triples of its Turtle document, or be gone, in one atomic write."""


class Manifest(Protocol):
    """Where the digests of the graphs that were loaded are kept."""

    def known(self) -> dict[str, str]:
        """Return the digests of the last load, by graph."""

    def note(self, digests: Mapping[str, str]) -> None:
        """Keep digests in place of those before."""


@dataclass(frozen=True)
class FileManifest:
    """Digests in a file."""

    path: Path

    def known(self) -> dict[str, str]:
        """Return the digests of the last load, by graph."""
        if not self.path.exists():
            return {}
        try:
            found: dict[str, str] = json.loads(self.path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}  # loading all again gives the same store
        return found

    def note(self, digests: Mapping[str, str]) -> None:
        """Keep digests in place of those before.

        :raises StoreUnusable: where the file cannot be written
        """
        try:
            fresh = self.path.with_suffix(".new")
            fresh.write_text(json.dumps(digests, indent=1) + "\n", encoding="utf-8")
            fresh.replace(self.path)
        except OSError as error:
            raise StoreUnusable(f"{self.path} cannot be written: {error}") from error


def shipped() -> Iterator[Shipped]:
    """Yield the ontology, the vocabularies and the sources, in this order."""
    ontology = [resources.folder("ontology") / "rolegraph.ttl", *resources.files("ontology", "alignments/*.ttl")]
    yield Shipped(BASE + "ns", tuple(ontology))
    for path in resources.files("data", "vocabularies/*.ttl"):
        yield Shipped(BASE + path.stem, (path,))
    for path in resources.files("data", "sources/*.ttl"):
        yield Shipped(f"{BASE}source/{path.stem}", (path,))


def load(engine: Target, store: Path | Manifest | None) -> int:
    """Bring the shipped graphs of a store up to date and return how many changed.

    The digests of what was loaded are kept beside the store, so the next start compares them and reads nothing else.
    They are written after the graphs: what a crash leaves out is loaded at the next start.

    :param store: its folder, or where else its digests are kept; None where nothing stays
    """
    manifest = FileManifest(store / MANIFEST) if isinstance(store, Path) else store
    known = manifest.known() if manifest else {}
    contents = {found.graph: found.read() for found in shipped()}
    digests = {graph: hashlib.sha256(content).hexdigest() for graph, content in contents.items()}
    changes: dict[str | None, bytes | tuple[bytes, ...] | None] = {}
    changes |= {graph: contents[graph] for graph, digest in digests.items() if known.get(graph) != digest}
    changes |= dict.fromkeys(known.keys() - digests.keys())
    if changes:
        engine.write(changes)
        if manifest:
            manifest.note(digests)
    return len(changes)
