"""Many texts in two arrays, which are stored as they are and mapped into memory: as Python objects they take several times the space."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any, Self, overload

import numpy as np
from numpy.typing import NDArray

Letters = NDArray[np.uint8]
Starts = NDArray[np.int64]

GONE = -1  # in place of the new place of a text
_CODING = ("utf-8", "surrogatepass")  # an endpoint may answer with half a surrogate pair


class Texts(Sequence[str]):
    """A sequence of texts.

    :param letters: all texts in UTF-8, one after the other
    :param starts: where each text starts in ``letters``, and where the last one ends
    """

    def __init__(self, letters: Letters, starts: Starts) -> None:
        self.letters = letters
        self.starts = starts
        self._bytes = memoryview(letters)  # type: ignore[arg-type]  # arrays are buffers

    @classmethod
    def of(cls, texts: Iterable[str]) -> Self:
        """Return a sequence of texts."""
        encoded = [text.encode(*_CODING) for text in texts]
        starts = np.zeros(len(encoded) + 1, dtype=np.int64)
        np.cumsum([len(text) for text in encoded], out=starts[1:])
        return cls(np.frombuffer(b"".join(encoded), dtype=np.uint8), starts)

    def __len__(self) -> int:
        return len(self.starts) - 1

    @overload
    def __getitem__(self, place: int) -> str: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[str]: ...
    def __getitem__(self, place: int | slice) -> str | Sequence[str]:
        if isinstance(place, slice):
            return [self[number] for number in range(*place.indices(len(self)))]
        if place < 0:
            raise IndexError(place)
        return str(self._bytes[self.starts[place] : self.starts[place + 1]], *_CODING)

    def __iter__(self) -> Iterator[str]:
        ends = self.starts.tolist()
        return (str(self._bytes[start:end], *_CODING) for start, end in pairwise(ends))

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Texts):
            return NotImplemented
        return np.array_equal(self.starts, other.starts) and np.array_equal(self.letters, other.letters)

    def __hash__(self) -> int:
        return hash((len(self), len(self.letters)))

    def _encoded(self, place: int) -> memoryview:
        return self._bytes[self.starts[place] : self.starts[place + 1]]

    def edited(self, moved: NDArray[np.int32], number: int, fresh: Mapping[int, str]) -> Self:
        """Return the texts of another revision: most are copied in a few pieces.

        :param moved: the new place of each text in ascending order, :data:`GONE` for those that are gone
        :param number: how many texts there are now
        :param fresh: the texts of new places, and of those whose text is another one now
        """
        copied = moved != GONE
        copied[np.isin(moved, list(fresh))] = False
        old = np.flatnonzero(copied)
        new = moved[old]
        lengths = np.zeros(number, dtype=np.int64)
        lengths[new] = np.diff(self.starts)[old]
        pieces: dict[int, Letters] = {}
        for place, text in fresh.items():
            pieces[place] = np.frombuffer(text.encode(*_CODING), dtype=np.uint8)
            lengths[place] = len(pieces[place])
        breaks = np.flatnonzero((np.diff(old) != 1) | (np.diff(new) != 1)) + 1
        if len(old):
            for first, end in zip([0, *breaks.tolist()], [*breaks.tolist(), len(old)], strict=True):
                pieces[int(new[first])] = self.letters[self.starts[old[first]] : self.starts[old[end - 1] + 1]]
        letters = np.concatenate([np.zeros(0, dtype=np.uint8), *(pieces[place] for place in sorted(pieces))])
        return type(self)(letters, np.concatenate([[0], np.cumsum(lengths)]))


class SortedTexts(Texts):
    """Texts in ascending order, each once, so that each can be found. The order of UTF-8 is that of code points, as in Python."""

    def place(self, text: str) -> int | None:
        """Return the place of a text; None if it is not among them."""
        place = self.first_from(text)
        return place if place < len(self) and self._encoded(place) == text.encode(*_CODING) else None

    def first_from(self, text: str) -> int:
        """Return the place of the first text that is not before another one; their number if all are."""
        encoded = text.encode(*_CODING)
        low, high = 0, len(self)
        starts, letters = self.starts, self._bytes
        while low < high:
            middle = (low + high) // 2
            if letters[starts[middle] : starts[middle + 1]].tobytes() < encoded:
                low = middle + 1
            else:
                high = middle
        return low

    def __contains__(self, text: object) -> bool:
        return isinstance(text, str) and self.place(text) is not None


class Places(Mapping[str, int]):
    """The place of each text."""

    def __init__(self, texts: SortedTexts) -> None:
        self._texts = texts

    def __getitem__(self, text: str) -> int:
        place = self._texts.place(text)
        if place is None:
            raise KeyError(text)
        return place

    def __contains__(self, text: object) -> bool:
        return text in self._texts

    def __iter__(self) -> Iterator[str]:
        return iter(self._texts)

    def __len__(self) -> int:
        return len(self._texts)


class TextMap(Mapping[str, str]):
    """A text for each of some texts."""

    def __init__(self, keys: SortedTexts, texts: Texts) -> None:
        self.names = keys
        self.texts = texts

    @classmethod
    def of(cls, texts: Mapping[str, str]) -> Self:
        """Return the same texts."""
        keys = sorted(texts)
        return cls(SortedTexts.of(keys), Texts.of(texts[key] for key in keys))

    def __getitem__(self, key: str) -> str:
        place = self.names.place(key)
        if place is None:
            raise KeyError(key)
        return self.texts[place]

    def __contains__(self, key: object) -> bool:
        return key in self.names

    def __iter__(self) -> Iterator[str]:
        return iter(self.names)

    def __len__(self) -> int:
        return len(self.names)


class Selection(Sequence[str]):
    """Some of the texts of a sequence, by their places."""

    def __init__(self, texts: Texts, places: NDArray[np.int32]) -> None:
        self._texts = texts
        self._places = places

    def __len__(self) -> int:
        return len(self._places)

    def __getitem__(self, number: Any) -> Any:
        if isinstance(number, slice):
            return Selection(self._texts, self._places[number])
        return self._texts[int(self._places[number])]
