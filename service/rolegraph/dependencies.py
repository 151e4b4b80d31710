"""What an answer depends on: the parts of the graph that were read for it. An answer stays valid until a write touches one of them.

A part is written as a key. Whoever reads the graph notes the keys of what it reads; a recording collects them. What is not known
to be limited to some parts is noted as :data:`EVERYTHING`, which every write touches.
"""

import re
import zlib
from array import array
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TypeAlias

from rolegraph import terms

Dependencies: TypeAlias = frozenset[str] | None
EVERYTHING: Dependencies = None
NOTHING: Dependencies = frozenset()
MOST = 20_000  # keys; an answer with more depends on everything
TITLES = (terms.PREF_LABEL, *(str(terms.expand(curie)) for curie in ("rdfs:label", "dct:title", "schema:title")))
"""The properties that a label is read from."""
CARD = frozenset((*TITLES, terms.RDF_TYPE, *(str(terms.expand(curie)) for curie in ("skos:definition", "skos:broader"))))
"""The properties of a card: labels, kinds, definition, broader concepts."""
_DOTS = re.compile(r"/\.\.?(?:[/?#\s]|$)")

Digests: TypeAlias = "array[int] | None"
"""The digests of the keys that an answer depends on; None stands for everything."""


def about(thing: str) -> str:
    """Return the key of all triples about a thing."""
    return thing


def card(thing: str) -> str:
    """Return the key of what is shown of a thing wherever it is named: the triples about it with :data:`CARD`."""
    return f"card {thing}"


def naming(thing: str) -> str:
    """Return the key of all triples whose object is a thing."""
    return f"naming {thing}"


def using(property_: str) -> str:
    """Return the key of all triples with a property."""
    return f"using {property_}"


def linking(property_: str, thing: str) -> str:
    """Return the key of all triples with a property and an object."""
    return f"linking {property_} {thing}"


def inside(graph: str) -> str:
    """Return the key of all triples of a graph, and of its existence."""
    return f"inside {graph}"


def having(property_: str) -> str:
    """Return the key of all triples about things that have a property."""
    return f"having {property_}"


def linked(property_: str, thing: str) -> str:
    """Return the key of all triples about things that a property links to a thing."""
    return f"linked {property_} {thing}"


class Recording:
    """Collects the keys of what is read."""

    def __init__(self) -> None:
        self._keys: set[str] = set()
        self._cards: set[str] = set()  # of these things
        self._everything = False

    @property
    def dependencies(self) -> Dependencies:
        """The keys so far."""
        if self._everything or len(self._keys) + len(self._cards) > MOST:
            return EVERYTHING
        return frozenset((*self._keys, *map(card, self._cards)))

    def note(self, keys: Iterable[str] | None) -> None:
        """Add keys."""
        if keys is None:
            self._everything = True
        else:
            self._keys.update(keys)

    def note_cards(self, things: Iterable[str]) -> None:
        """Add the keys of the cards of things."""
        self._cards.update(things)


_current: ContextVar[Recording | None] = ContextVar("recording", default=None)


def is_recorded() -> bool:
    """Return whether anything records what is read in this thread."""
    return _current.get() is not None


def note(keys: Iterable[str] | None) -> None:
    """Note that what these keys stand for was read; None is everything."""
    if (recording := _current.get()) is not None:
        recording.note(keys)


def note_cards(things: Iterable[str]) -> None:
    """Note that the cards of things were read: a page does this a thousand times."""
    if (recording := _current.get()) is not None:
        recording.note_cards(things)


@contextmanager
def recorded() -> Iterator[Recording]:
    """Record what is read in a ``with`` block; a recording around it gets the same."""
    before, recording = _current.get(), Recording()
    token = _current.set(recording)
    try:
        yield recording
    finally:
        _current.reset(token)
        if before is not None:
            before.note(recording.dependencies)


@contextmanager
def noted(keys: Iterable[str] | None) -> Iterator[None]:
    """Note keys, and nothing else that is read in a ``with`` block: the caller knows that its result depends on no more than these."""
    note(keys)
    token = _current.set(None)
    try:
        yield
    finally:
        _current.reset(token)


def digest(key: str) -> int:
    """Return the digest of a key: two keys with the same one only have answers recomputed that are still valid."""
    return zlib.crc32(key.encode("utf-8", "surrogatepass"))


def digests(dependencies: Dependencies) -> Digests:
    """Return the digests of keys. An IRI with dots for a part of its path is another one in a query, so it stands for everything."""
    if dependencies is None or any("/." in key and _DOTS.search(key) for key in dependencies):
        return None
    return array("I", sorted(map(digest, dependencies)))
