"""Keeps what was read of a revision beside the store, so that the next start need not read it anew."""

import hashlib
import logging
import os
import zipfile
from contextlib import suppress
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np

from rolegraph import __version__
from rolegraph.analysis import weights
from rolegraph.analysis.facts import Facts
from rolegraph.engine import Engine

FILE = "analysis.npz"
_TEXTS = ("names", "labels")
_ARRAYS = tuple(one.name for one in fields(Facts) if one.name not in (*_TEXTS, "places"))
_log = logging.getLogger(__name__)


def save(folder: Path, engine: Engine, facts: Facts) -> None:
    """Write what was read of the newest revision; where that is not possible, the next start reads it anew."""
    mark = _mark(engine)
    if mark is None:
        return
    arrays = {name: getattr(facts, name) for name in _ARRAYS}
    for name in _TEXTS:
        arrays[name] = np.frombuffer("\n".join(getattr(facts, name)).encode(), dtype=np.uint8)
    fresh = folder / f"{FILE}.{os.getpid()}.part"
    try:
        with fresh.open("wb") as file:
            np.savez(file, mark=np.frombuffer(mark.encode(), dtype=np.uint8), allow_pickle=False, **arrays)
        fresh.replace(folder / FILE)
    except OSError as error:
        _log.warning("what the analyses read could not be kept in %s: %s", folder, error.strerror)
        with suppress(OSError):
            fresh.unlink(missing_ok=True)


def load(folder: Path, engine: Engine) -> Facts | None:
    """Return what was read of the newest revision, or None where that was not kept, or is not whole."""
    mark = _mark(engine)
    try:
        with np.load(folder / FILE, allow_pickle=False) as kept:
            if mark is None or kept["mark"].tobytes().decode() != mark:
                return None
            texts = {name: tuple(kept[name].tobytes().decode().split("\n")) for name in _TEXTS}
            if len(texts["names"]) != len(texts["labels"]):
                return None
            found: dict[str, Any] = {**texts, **{name: kept[name] for name in _ARRAYS}}
            return Facts(**found, places={iri: place for place, iri in enumerate(texts["names"])})
    except (OSError, ValueError, KeyError, zipfile.BadZipFile, EOFError):
        return None


def _mark(engine: Engine) -> str | None:
    """Return what tells a revision of one store from all others, and what was read of it from what another version reads."""
    found = next((one for one in engine.revisions() if one.number == engine.revision), None)
    if found is None:
        return None
    reads = hashlib.sha256(repr((weights.NAMES, _ARRAYS)).encode()).hexdigest()[:16]
    return f"{__version__} {reads} {found.number} {found.published.isoformat()}"
