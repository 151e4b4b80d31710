"""Named arrays in a folder, one file each, which processes map into memory: they share its pages."""

import json
import secrets
import shutil
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rolegraph import locks

ABOUT = "about.json"
PIECE = 1 << 20  # bytes that are read at a time
TRIES = 3  # attempts to open a set of files while another process replaces it

Arrays = dict[str, NDArray[Any]]
About = dict[str, Any]


class Damaged(Exception):
    """What is stored cannot be used; the text says why."""


class StoredArrays:
    """A set of arrays in a folder, with a JSON object about them. A new set replaces the last one at once.

    The files of a set lie in a folder of their own, which ``about.json`` names, with the size and checksum of each. Processes that have
    mapped the files of an older set keep them. A folder that is a link belongs to a store that this process only reads.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Keep other processes from storing meanwhile.

        :raises OSError: if the folder cannot be written
        """
        if self._folder.is_symlink():
            raise PermissionError(0, "the store is only read", str(self._folder))
        self._folder.mkdir(exist_ok=True)
        if not locks.AVAILABLE:
            yield
            return
        with locks.holding(self._folder):
            yield

    def load(self, is_wanted: Callable[[About], bool]) -> tuple[About, Arrays] | None:
        """Map the arrays of the set into memory, for reading; None if there is no set, or another one than is wanted.

        :param is_wanted: whether a set is wanted, by the object about it
        :raises Damaged: if an array is missing, or is not as it was stored
        """
        try:
            for _ in range(TRIES):
                about = self._about()
                if about is None or not is_wanted(about):
                    return None
                folder = self._folder / about["folder"]
                try:
                    return about, {name: _mapped(folder / f"{name}.npy", *stamp) for name, stamp in about["files"].items()}
                except FileNotFoundError as error:
                    if self._about() == about:
                        raise Damaged(f"{Path(error.filename).name} is missing") from error
        except (OSError, ValueError, LookupError, TypeError, AttributeError) as error:
            raise Damaged(f"{type(error).__name__}: {error}") from error
        return None

    def save(self, about: About, arrays: Mapping[str, NDArray[Any]]) -> None:
        """Store a set of arrays, and remove all others. Call it :meth:`alone`.

        :raises OSError: if it cannot be written; then the last set stays
        """
        folder = self._folder / f"set-{secrets.token_hex(8)}"
        folder.mkdir()
        try:
            files = {name: _written(folder / f"{name}.npy", array) for name, array in arrays.items()}
            (folder / ABOUT).write_text(json.dumps({**about, "folder": folder.name, "files": files}), encoding="utf-8")
            (folder / ABOUT).replace(self._folder / ABOUT)
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise
        for other in self._folder.iterdir():
            if other.name not in (folder.name, ABOUT):
                shutil.rmtree(other, ignore_errors=True)

    def _about(self) -> About | None:
        try:
            about: About = json.loads((self._folder / ABOUT).read_bytes())
        except FileNotFoundError:
            return None
        return about


def _written(path: Path, array: NDArray[Any]) -> tuple[int, int]:
    """Write an array and return the size and checksum of its file."""
    np.save(path, array, allow_pickle=False)
    return path.stat().st_size, _checksum(path)


def _mapped(path: Path, size: int, checksum: int) -> NDArray[Any]:
    if path.stat().st_size != size or _checksum(path) != checksum:
        raise Damaged(f"{path.name} is not as it was stored")
    return np.asarray(np.load(path, mmap_mode="r", allow_pickle=False))


def _checksum(path: Path) -> int:
    """Return the checksum of a file. It is read, not mapped: only what is used later counts as memory of the process."""
    checksum = 0
    with path.open("rb") as file:
        while piece := file.read(PIECE):
            checksum = zlib.crc32(piece, checksum)
    return checksum
