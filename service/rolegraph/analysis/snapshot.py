"""Keeps what was read of a revision beside the store, so that the next start need not read it anew."""

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
_ARRAYS = tuple(one.name for one in fields(Part) if one.name not in ("names", *_MAPS))
_log = logging.getLogger(__name__)


def save(folder: Path, engine: Engine, revision: int | None, parts: Mapping[str, Part]) -> None:
    """Write what was read of a revision; where that is not possible, the next start reads it anew."""
    published = _published(engine, revision)
    if published is None:
        return
    about = {"form": form(), "revision": revision, "published": published, "graphs": list(parts)}
    arrays: dict[str, Any] = {"about": _packed(about)}
    for number, part in enumerate(parts.values()):
        arrays |= {f"{number}.{name}": getattr(part, name) for name in _ARRAYS}
        arrays |= {f"{number}.{name}": _packed(dict(getattr(part, name))) for name in _MAPS}
        arrays[f"{number}.names"] = _packed(part.names)
    fresh = folder / f"{FILE}.{os.getpid()}.part"
    try:
        with fresh.open("wb") as file:
            np.savez(file, allow_pickle=False, **arrays)
        fresh.replace(folder / FILE)
    except OSError as error:
        _log.warning("what the analyses read could not be kept in %s: %s", folder, error.strerror)
        with suppress(OSError):
            fresh.unlink(missing_ok=True)


def load(folder: Path, engine: Engine) -> tuple[int | None, dict[str, Part]]:
    """Return the revision that was kept and what was read of it, by graph; None and nothing where that is of no use, or not whole.

    It is of use where it is of the newest revision, or where the engine knows what was written since.
    """
    try:
        with np.load(folder / FILE, allow_pickle=False) as kept:
            about = _unpacked(kept["about"])
            revision = about["revision"]
            if about["form"] != form() or about["published"] != _published(engine, revision):
                return None, {}
            if revision != engine.revision and engine.written(revision) is None:
                return None, {}
            return revision, {graph: _part(kept, number) for number, graph in enumerate(about["graphs"])}
    except (OSError, ValueError, KeyError, TypeError, zipfile.BadZipFile, EOFError):
        return None, {}


def form() -> str:
    """Return what tells what this version reads from what another one reads."""
    reads = (weights.NAMES, LINKS, UP, DOWN, _ARRAYS, _MAPS, reading.FORM)
    return f"{__version__} {hashlib.sha256(repr(reads).encode()).hexdigest()[:16]}"


def _part(kept: Mapping[str, Any], number: int) -> Part:
    found = {name: kept[f"{number}.{name}"] for name in _ARRAYS}
    found |= {name: _unpacked(kept[f"{number}.{name}"]) for name in _MAPS}
    return Part(names=tuple(_unpacked(kept[f"{number}.names"])), **found)


def _published(engine: Engine, revision: int | None) -> str | None:
    """Return when a revision was published, by which it is told from one of the same number in another store."""
    return next((one.published.isoformat() for one in engine.revisions() if one.number == revision), None)


def _packed(value: Any) -> Any:
    return np.frombuffer(json.dumps(value).encode(), dtype=np.uint8)


def _unpacked(array: Any) -> Any:
    return json.loads(array.tobytes())
