"""The facts and the index of a revision as arrays beside the store: the next start need not read the graphs, and processes share memory."""

import hashlib
import logging
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
from scipy import sparse

from rolegraph import __version__
from rolegraph.analysis import bounds, reading, weights
from rolegraph.analysis.bounds import Basis
from rolegraph.analysis.facts import DOWN, LINKS, UP, Facts
from rolegraph.analysis.index import DERIVED, Index
from rolegraph.analysis.items import Items
from rolegraph.analysis.matrices import Matrices
from rolegraph.analysis.names import Names
from rolegraph.analysis.reading import Part
from rolegraph.arrays import About, Arrays, Damaged, StoredArrays
from rolegraph.engine import Engine
from rolegraph.texts import Selection, SortedTexts, TextMap, Texts

FOLDER = "analysis"  # in the folder of the store
OUTDATED = "analysis.npz"  # what older versions stored there
MOST_ROLES = 20_000  # for which the costs of all steps are stored; for more, their number grows with the square
COSTS = ("costs", "near")
FORM = 2
"""Grows whenever the arrays mean something else than before."""

_TEXTS = ("labels", "titles")
_TABLES = tuple(field.name for field in fields(Part) if field.name not in ("names", *_TEXTS))
_FACTS = tuple(field.name for field in fields(Facts) if field.name not in ("names", "labels", "places"))
_MATRICES = tuple(field.name for field in fields(Matrices))
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class State:
    """The facts of a revision, graph by graph in ``names`` and together in ``index``; ``trusted`` are the graphs whose matches are used."""

    revision: int | None
    trusted: frozenset[str] | None
    names: Names
    index: Index


class Shelf:
    """Where the states of a store are stored.

    :param folder: the folder of the store; None stores nothing
    :param engine: the engine of the store
    """

    def __init__(self, folder: Path | None, engine: Engine) -> None:
        self._stored = StoredArrays(folder / FOLDER) if folder else None
        self._outdated = folder / OUTDATED if folder else None
        self._engine = engine

    @contextmanager
    def alone(self) -> Iterator[bool]:
        """Keep other processes from storing meanwhile; the value is whether something can be stored."""
        try:
            turn = self._stored and self._stored.alone()
            if turn:
                turn.__enter__()
        except OSError as error:
            _log.debug("nothing is stored for the analyses: %s", error)
            turn = None
        try:
            yield turn is not None
        finally:
            if turn:
                turn.__exit__(None, None, None)

    def newest(self) -> State | None:
        """Return the stored state if it is of the newest revision, or of one since which the engine knows all writes; else None."""
        return self._load(self._is_usable)

    def same(self, state: State) -> State | None:
        """Return the stored state if it is the same as another one."""
        about = self._about(state)
        return self._load(lambda stored: about is not None and stored.items() >= about.items())

    def save(self, state: State) -> bool:
        """Store a state and return whether that succeeded. A failure is logged; the next start then reads the graphs again."""
        about = self._about(state)
        if not self._stored or about is None:
            return False
        lengths, arrays = _arrays(state)
        try:
            self._stored.save({**about, "graphs": list(state.names.parts), "lengths": lengths}, arrays)
        except OSError as error:
            _log.warning("the arrays for the analyses could not be stored: %s", error.strerror or error)
            return False
        if self._outdated:
            with suppress(OSError):
                self._outdated.unlink(missing_ok=True)
        return True

    def _load(self, is_wanted: Callable[[About], bool]) -> State | None:
        try:
            found = self._stored and self._stored.load(is_wanted)
            return _state(*found) if found else None
        except (Damaged, ValueError, LookupError, TypeError) as error:
            _log.warning("the stored arrays for the analyses cannot be used and are computed again: %s", error)
            return None

    def _is_usable(self, about: About) -> bool:
        if about["form"] != form() or about["published"] != self._published(about["revision"]):
            return False
        return about["revision"] == self._engine.revision or self._engine.written(about["revision"]) is not None

    def _about(self, state: State) -> About | None:
        published = self._published(state.revision)
        trusted = None if state.trusted is None else sorted(state.trusted)
        return {"form": form(), "revision": state.revision, "published": published, "trusted": trusted} if published else None

    def _published(self, revision: int | None) -> str | None:
        """Return when a revision was published; it distinguishes revisions of the same number in different stores."""
        return next((entry.published.isoformat() for entry in self._engine.revisions() if entry.number == revision), None)


def form() -> str:
    """Return a text that identifies what the arrays are: the version, and a digest of what is read and of the weights."""
    counted = (weights.FACETS, weights.DECAY, weights.STEPS, weights.RATED, weights.STEP, weights.EXACT, bounds.SLACK)
    reads = (counted, LINKS, UP, DOWN, _TABLES, _FACTS, _MATRICES, reading.FORM, FORM)
    return f"{__version__} {hashlib.sha256(repr(reads).encode()).hexdigest()[:16]}"


def _arrays(state: State) -> tuple[dict[str, list[int]], Arrays]:
    """Return the arrays of a state. Those of all graphs are joined: their lengths tell where each starts."""
    index, names = state.index, state.names
    arrays: Arrays = {**_of_texts("names", names.names), **_of_texts("labels", names.labels)}
    arrays |= {f"facts.{name}": getattr(index.facts, name) for name in _FACTS}
    arrays |= {f"items.{name}": table for name, table in index.items.tables.items()}
    matrices = {name: getattr(index.matrices if name in _MATRICES else index, name) for name in (*_MATRICES, *DERIVED)}
    if len(index.facts.roles) <= MOST_ROLES:
        basis = Basis.of(index) if index.basis is None else index.basis.renewed(index)
        matrices |= {name: getattr(basis, name) for name in COSTS}
    for name, matrix in matrices.items():
        arrays |= {f"{name}.{array}": getattr(matrix, array) for array in ("data", "indices", "indptr")}
    by_graph = [_of_part(part, names.at[graph]) for graph, part in names.parts.items()]
    keys = by_graph[0] if by_graph else {}
    arrays |= {f"graphs.{key}": np.concatenate([own[key] for own in by_graph]) for key in keys}
    return {key: [len(own[key]) for own in by_graph] for key in keys}, arrays


def _of_part(part: Part, at: Any) -> Arrays:
    arrays: Arrays = {"at": at, **{name: getattr(part, name) for name in _TABLES}}
    for name in _TEXTS:
        texts: TextMap = getattr(part, name)
        arrays |= {**_of_texts(f"{name}.names", texts.names), **_of_texts(f"{name}.texts", texts.texts)}
    return arrays


def _of_texts(name: str, texts: Texts) -> Arrays:
    return {f"{name}.letters": texts.letters, f"{name}.starts": texts.starts}


def _state(about: About, arrays: Mapping[str, Any]) -> State:
    names, labels = SortedTexts(*_texts(arrays, "names")), Texts(*_texts(arrays, "labels"))
    ends = {key: np.cumsum([0, *lengths]).tolist() for key, lengths in about["lengths"].items()}
    parts, at = {}, {}
    for number, graph in enumerate(about["graphs"]):
        own = {key: arrays[f"graphs.{key}"][places[number] : places[number + 1]] for key, places in ends.items()}
        at[graph] = own["at"]
        maps: dict[str, Any] = {name: own[name] for name in _TABLES}
        for name in _TEXTS:
            maps[name] = TextMap(SortedTexts(*_texts(own, f"{name}.names")), Texts(*_texts(own, f"{name}.texts")))
        parts[graph] = Part(names=Selection(names, own["at"]), **maps)
    all_names = Names(parts, names, labels, at)
    facts = Facts(names, labels, **{name: arrays[f"facts.{name}"] for name in _FACTS}, places=all_names.places)
    tables = {name.removeprefix("items."): array for name, array in arrays.items() if name.startswith("items.")}
    items = Items(facts, tables)
    count = len(facts.roles)
    matrices = {
        name: sparse.csr_array(
            tuple(arrays[f"{name}.{array}"] for array in ("data", "indices", "indptr")),
            shape=(count, count if name in COSTS else len(items)),
        )
        for name in (*_MATRICES, *DERIVED, *COSTS)
        if f"{name}.data" in arrays
    }
    own_matrices = Matrices(**{name: matrices[name] for name in _MATRICES})
    index = Index(facts, items=items, matrices=own_matrices, derived={name: matrices[name] for name in DERIVED})
    if matrices.keys() >= set(COSTS):
        index.basis = Basis.of(index, (matrices["costs"], matrices["near"]))
    trusted: Collection[str] | None = about["trusted"]
    return State(about["revision"], None if trusted is None else frozenset(trusted), all_names, index)


def _texts(arrays: Mapping[str, Any], name: str) -> tuple[Any, Any]:
    return arrays[f"{name}.letters"], arrays[f"{name}.starts"]
