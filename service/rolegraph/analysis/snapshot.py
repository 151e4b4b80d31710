"""Snapshot of the facts of a revision, stored beside the store so that the next start need not read the graphs again."""

import hashlib
import json
import logging
import os
import zipfile
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np

from rolegraph import __version__
from rolegraph.analysis import reading, weights
from rolegraph.analysis.facts import DOWN, LINKS, UP
from rolegraph.analysis.reading import Part
from rolegraph.engine import Engine

FILE = "analysis.npz"
_MAPS = ("labels", "titles")
_ARRAYS = tuple(field.name for field in fields(Part) if field.name not in ("names", *_MAPS))
_UNREADABLE = (OSError, ValueError, KeyError, TypeError, zipfile.BadZipFile, EOFError)
_log = logging.getLogger(__name__)


def save(folder: Path, engine: Engine, revision: int | None, parts: Mapping[str, Part]) -> None:
    """Write the facts of a revision. A failure is logged; the next start then reads the graphs again."""
    published = _published(engine, revision)
    if published is None:
        return
    about = {"form": form(), "revision": revision, "published": published, "graphs": list(parts)}
    arrays: dict[str, Any] = {"about": _packed(about)}
    for number, part in enumerate(parts.values()):
        arrays |= {f"{number}.{name}": getattr(part, name) for name in _ARRAYS}
        arrays |= {f"{number}.{name}": _packed(dict(getattr(part, name))) for name in _MAPS}
        arrays[f"{number}.names"] = _packed(part.names)
    temporary = folder / f"{FILE}.{os.getpid()}.part"
    try:
        with temporary.open("wb") as file:
            np.savez(file, allow_pickle=False, **arrays)
        temporary.replace(folder / FILE)
    except OSError as error:
        _log.warning("the facts for the analyses could not be stored in %s: %s", folder, error.strerror)
        with suppress(OSError):
            temporary.unlink(missing_ok=True)


def exists(folder: Path, engine: Engine, revision: int | None) -> bool:
    """Return whether there is a snapshot of a revision already: several processes of a service follow the same writes."""
    try:
        with np.load(folder / FILE, allow_pickle=False) as stored:
            about = _unpacked(stored["about"])
            return bool((about["form"], about["revision"], about["published"]) == (form(), revision, _published(engine, revision)))
    except _UNREADABLE:
        return False


def load(folder: Path, engine: Engine) -> tuple[int | None, dict[str, Part]]:
    """Return the revision of the snapshot and its facts by graph; None and an empty dict if it is unusable.

    A snapshot is usable if it is complete, of this version of the code, and of the newest revision or of one since which the engine knows
    all writes.
    """
    try:
        with np.load(folder / FILE, allow_pickle=False) as stored:
            about = _unpacked(stored["about"])
            revision = about["revision"]
            if about["form"] != form() or about["published"] != _published(engine, revision):
                return None, {}
            if revision != engine.revision and engine.written(revision) is None:
                return None, {}
            return revision, {graph: _part(stored, number) for number, graph in enumerate(about["graphs"])}
    except _UNREADABLE:
        return None, {}


def form() -> str:
    """Return a text that identifies the format of a snapshot: the version, and a digest of what is read."""
    reads = (weights.NAMES, LINKS, UP, DOWN, _ARRAYS, _MAPS, reading.FORM)
    return f"{__version__} {hashlib.sha256(repr(reads).encode()).hexdigest()[:16]}"


def _part(stored: Mapping[str, Any], number: int) -> Part:
    members = {name: stored[f"{number}.{name}"] for name in _ARRAYS}
    members |= {name: _unpacked(stored[f"{number}.{name}"]) for name in _MAPS}
    return Part(names=tuple(_unpacked(stored[f"{number}.names"])), **members)


def _published(engine: Engine, revision: int | None) -> str | None:
    """Return when a revision was published; it distinguishes revisions of the same number in different stores."""
    return next((entry.published.isoformat() for entry in engine.revisions() if entry.number == revision), None)


def _packed(value: Any) -> Any:
    return np.frombuffer(json.dumps(value).encode(), dtype=np.uint8)


def _unpacked(array: Any) -> Any:
    return json.loads(array.tobytes())
