"""Indexes as arrays beside the store: the next start need not build them, and processes share their memory."""

import hashlib
import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from scipy import sparse

from rolegraph import __version__
from rolegraph.arrays import Arrays, Damaged, StoredArrays
from rolegraph.matching.encoders import Encoder
from rolegraph.matching.exact import ExactMember
from rolegraph.matching.gram_member import DERIVED, GramMember
from rolegraph.matching.grams import Vocabulary
from rolegraph.matching.index import MatchIndex
from rolegraph.matching.vector_member import VectorMember, Vectors
from rolegraph.texts import Texts

FOLDER = "matching"  # in the folder of the store
FORM = 2
"""Grows whenever the arrays mean something else than before."""

Key = tuple[str, str | None, str]
_MATRICES = ("labels", "descriptions", *DERIVED)
_VECTORS = ("labels", "centroids", "descriptions")
_log = logging.getLogger(__name__)


class Shelf:
    """Where the indexes of a store are stored.

    :param folder: the folder of the store; None stores nothing
    """

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder / FOLDER if folder else None

    def load(self, key: Key, encoders: Sequence[Encoder]) -> MatchIndex | None:
        """Return the stored index of a kind, source and language, whatever its revision; None if there is none that can be used."""
        arrays = self._arrays(key)
        try:
            loaded = arrays and arrays.load(lambda about: about["form"] == form(encoders))
            return _index(loaded[1], key[2], encoders) if loaded else None
        except (Damaged, ValueError, LookupError, TypeError) as error:
            _log.warning("a stored index for matching cannot be used and is built again: %s", error)
            return None

    def save(self, key: Key, index: MatchIndex) -> bool:
        """Store an index, and return whether that succeeded."""
        arrays = self._arrays(key)
        if arrays is None or self._folder is None:
            return False
        try:
            if self._folder.is_symlink() or self._folder.parent.is_symlink():
                return False
            self._folder.mkdir(exist_ok=True)
            with arrays.alone():
                arrays.save({"form": form(index.encoders), "key": list(key)}, _arrays(index))
        except OSError as error:
            _log.warning("an index for matching could not be stored: %s", error.strerror or error)
            return False
        return True

    def _arrays(self, key: Key) -> StoredArrays | None:
        name = hashlib.sha256(repr(key).encode()).hexdigest()[:16]
        return StoredArrays(self._folder / name) if self._folder else None


def form(encoders: Sequence[Encoder]) -> str:
    """Return a text that identifies what the arrays are."""
    return " ".join((__version__, str(FORM), *(f"{encoder.name} {encoder.digest}" for encoder in encoders)))


def _arrays(index: MatchIndex) -> Arrays:
    arrays: Arrays = {"starts": index.starts, "digests": index.digests}
    arrays |= {"keys": index.exact.keys, "exact": index.exact.labels, "tiers": index.exact.tiers}
    for name, texts in (("iris", index.iris), ("texts", index.labels)):
        arrays |= {f"{name}.letters": texts.letters, f"{name}.starts": texts.starts}
    arrays |= {"grams.keys": index.grams.vocabulary.keys, "grams.columns": index.grams.vocabulary.columns}
    for name in _MATRICES:
        matrix = getattr(index.grams, name)
        arrays |= {f"grams.{name}.{part}": getattr(matrix, part) for part in ("data", "indices", "indptr")}
    for member in index.vectors:
        for name in _VECTORS:
            vectors: Vectors = getattr(member, name)
            arrays |= {f"{member.name}.{name}": vectors.numbers, f"{member.name}.{name}.scale": vectors.scale}
    return arrays


def _index(arrays: Mapping[str, Any], language: str, encoders: Sequence[Encoder]) -> MatchIndex:
    iris, labels = (Texts(arrays[f"{name}.letters"], arrays[f"{name}.starts"]) for name in ("iris", "texts"))
    grams = len(arrays["grams.keys"])
    rows = {"labels": len(labels), "descriptions": len(iris), "means": len(iris), "by_gram": grams}
    matrices = {
        name: sparse.csr_array(
            tuple(arrays[f"grams.{name}.{part}"] for part in ("data", "indices", "indptr")),
            shape=(rows[name], len(labels) if name == "by_gram" else grams),
        )
        for name in _MATRICES
    }
    derived = {name: matrices[name] for name in DERIVED}
    vocabulary = Vocabulary(arrays["grams.keys"], arrays["grams.columns"])
    member = GramMember(vocabulary, matrices["labels"], matrices["descriptions"], arrays["starts"], derived)
    vectors = [
        VectorMember(each.name, *(Vectors(arrays[f"{each.name}.{name}"], arrays[f"{each.name}.{name}.scale"]) for name in _VECTORS))
        for each in encoders
    ]
    exact = ExactMember(arrays["keys"], arrays["exact"], arrays["tiers"])
    return MatchIndex(language, iris, labels, arrays["starts"], arrays["digests"], exact, member, tuple(encoders), tuple(vectors))


