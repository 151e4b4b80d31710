"""The shipped data: the files of each named graph, and loading new and changed ones into an engine."""

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
    """A shipped named graph and its Turtle files."""

    graph: str
    paths: tuple[Path, ...]

    def read(self) -> bytes:
        """Return the concatenated Turtle of the files."""
        return b"\n".join(path.read_bytes() for path in self.paths)


class Target(Protocol):
    """The part of an engine that loading uses."""

    def write(self, changes: Mapping[str | None, bytes | tuple[bytes, ...] | None]) -> object:
        """Replace each named graph by the triples of its Turtle documents, or delete it, in one atomic write."""


class Manifest(Protocol):
    """Storage for the digests of the loaded graphs."""

    def digests(self) -> dict[str, str]:
        """Return the digests of the last load, by graph."""

    def note(self, digests: Mapping[str, str]) -> None:
        """Replace the stored digests."""


@dataclass(frozen=True)
class FileManifest:
    """Digests in a JSON file."""

    path: Path

    def digests(self) -> dict[str, str]:
        """Return the digests of the last load, by graph."""
        if not self.path.exists():
            return {}
        try:
            digests: dict[str, str] = json.loads(self.path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}  # loading everything again gives the same store
        return digests

    def note(self, digests: Mapping[str, str]) -> None:
        """Replace the stored digests.

        :raises StoreUnusable: if the file cannot be written
        """
        try:
            fresh = self.path.with_suffix(".new")
            fresh.write_text(json.dumps(digests, indent=1) + "\n", encoding="utf-8")
            fresh.replace(self.path)
        except OSError as error:
            raise StoreUnusable(f"{self.path} cannot be written: {error}") from error


def shipped() -> Iterator[Shipped]:
    """Yield the ontology, the vocabularies, the mapping sets and the sources, in this order."""
    ontology = [resources.folder("ontology") / "rolegraph.ttl", *resources.files("ontology", "alignments/*.ttl")]
    yield Shipped(BASE + "ns", tuple(ontology))
    for path in resources.files("data", "vocabularies/*.ttl"):
        yield Shipped(BASE + path.stem, (path,))
    for path in [*resources.files("data", "mappings/*.ttl"), *resources.files("data", "sources/*.ttl")]:
        yield Shipped(f"{BASE}source/{path.stem}", (path,))


def load(engine: Target, store: Path | Manifest | None) -> int:
    """Update the shipped graphs of a store and return how many changed.

    The digests of the loaded graphs are stored beside the store, so that the next start has only to compare them. They
    are written after the graphs, so that graphs missing after a crash are loaded at the next start.

    :param store: the folder of the store, or another storage for digests; None for a store in memory
    """
    manifest = FileManifest(store / MANIFEST) if isinstance(store, Path) else store
    loaded = manifest.digests() if manifest else {}
    contents = {item.graph: item.read() for item in shipped()}
    digests = {graph: hashlib.sha256(content).hexdigest() for graph, content in contents.items()}
    changes: dict[str | None, bytes | tuple[bytes, ...] | None] = {}
    changes |= {graph: contents[graph] for graph, digest in digests.items() if loaded.get(graph) != digest}
    changes |= dict.fromkeys(loaded.keys() - digests.keys())
    if changes:
        engine.write(changes)
        if manifest:
            manifest.note(digests)
    return len(changes)
