"""Finds the concepts that the texts of a profile name."""

import threading
import time
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Any, Protocol

from rolegraph import terms
from rolegraph.analysis.index import Index
from rolegraph.analysis.profiles import Profile
from rolegraph.errors import TimeLimitReached
from rolegraph.values import Named

SURE = 0.8  # lowest score of a text that is a label; below it the match is a guess
SECONDS = 5.0  # time limit for the texts of a profile
SHORT = 50  # texts; the number of longer profiles that are looked up at the same time is limited
PLACES, WAITING = 2, 2.0  # long profiles at the same time; seconds that another one waits
KINDS = ("skill", "tool", "degree", "field", "certification")

_places = threading.BoundedSemaphore(PLACES)


class Lookup(Protocol):
    """Finds concepts by text."""

    def find(self, text: str) -> Sequence[tuple[str, float]]:
        """Return the IRIs of the concepts that a text may name, each with a score from 0 to 1: less than :data:`SURE` for a guess."""


@dataclass(frozen=True)
class Resolved:
    """The texts of a profile with their items.

    ``found`` pairs a text with its item, ``items`` are the numbers of these items. ``unused`` pairs a text with an item that no role
    needs, ``ambiguous`` pairs a text with its candidates, and ``unknown`` are the texts that name nothing; none of these counts as
    held. ``guessed`` are the texts of ``found`` and ``unused`` that are not a label, but a short form or a misspelling of one.
    """

    found: tuple[tuple[str, Named], ...]
    items: tuple[int, ...]
    unused: tuple[tuple[str, Named], ...]
    ambiguous: tuple[tuple[str, tuple[Named, ...]], ...]
    unknown: tuple[str, ...]
    guessed: frozenset[str] = frozenset()

    def as_dict(self) -> dict[str, Any]:
        """Return the value as a JSON object."""
        return {
            "found": [{"text": text, **named.as_dict(), "guessed": text in self.guessed} for text, named in self.found],
            "unused": [{"text": text, **named.as_dict(), "guessed": text in self.guessed} for text, named in self.unused],
            "ambiguous": [{"text": text, "candidates": [item.as_dict() for item in candidates]} for text, candidates in self.ambiguous],
            "unknown": list(self.unknown),
        }


def resolve(index: Index, profile: Profile, lookup: Lookup | None, wanted: AbstractSet[int] = frozenset()) -> Resolved:
    """Find the items that a profile names: by IRI, CURIE or slug, then by label.

    :param lookup: finds concepts by label; None finds none
    :param wanted: numbers of items that are preferred to others of the same name
    :raises TimeLimitReached: if it takes too long, or too many long profiles are being looked up
    """
    texts = (*profile.iris, *profile.texts)
    if len(texts) <= SHORT:
        return _resolved(index, texts, lookup, wanted)
    if not _places.acquire(timeout=WAITING):
        detail = f"{PLACES} profiles of more than {SHORT} texts are being looked up"
        raise TimeLimitReached(detail, limit=f"{WAITING:g} s", expected="the same request later")
    try:
        return _resolved(index, texts, lookup, wanted)
    finally:
        _places.release()


def _resolved(index: Index, texts: Sequence[str], lookup: Lookup | None, wanted: AbstractSet[int]) -> Resolved:
    item_of_text: dict[str, int] = {}
    unused, ambiguous, unknown, guessed = [], [], [], set()
    until = time.monotonic() + SECONDS
    for number, text in enumerate(texts):
        if time.monotonic() > until:
            detail = f"looking up {len(texts):,} texts took longer than {SECONDS:g} s; {number:,} were looked up"
            raise TimeLimitReached(detail, limit=f"{SECONDS:g} s", expected="fewer texts, or exact labels, which are item_of_text fastest")
        iri, _, label = text.partition(" ")
        places, score = _identified(index, text), 1.0
        if not places and lookup:
            places, score = _best(index, lookup.find(label if label and terms.is_iri(iri) else text))
        items = {int(index.items.item_of[place]) for place in places}
        needed = {item for item in items if index.document_frequency[item]}
        for preferred in (wanted, index.skills, {item for item in needed if not _is_tool(index, item)}):
            needed = needed & preferred or needed
        if len(needed or items) > 1:
            ambiguous.append((text, tuple(index.item(item) for item in sorted(needed or items))))
        elif needed:
            item_of_text[text] = needed.pop()
        elif items:
            unused.append((text, index.item(items.pop())))
        else:
            unknown.append(text)
        if score < SURE:
            guessed.add(text)
    named = tuple((text, index.item(item)) for text, item in item_of_text.items())
    return Resolved(named, tuple(dict.fromkeys(item_of_text.values())), tuple(unused), tuple(ambiguous), tuple(unknown), frozenset(guessed))


def _is_tool(index: Index, item: int) -> bool:
    kind = terms.kind_of(index.item(item).iri)
    return kind is not None and kind.name == "tool"


def _identified(index: Index, text: str) -> list[int]:
    """Return the places of the concepts that a text identifies: by IRI, CURIE, or a slug of Rolegraph's own concepts."""
    iri = text.partition(" ")[0]
    candidates = [iri, terms.expand(text) or ""]
    if terms.SLUG.fullmatch(text):
        candidates += [terms.KINDS[kind].namespace + text for kind in KINDS]
    return [index.facts.places[name] for name in candidates if name in index.facts.places and name not in index.named_roles]


def _best(index: Index, candidates: Sequence[tuple[str, float]]) -> tuple[list[int], float]:
    """Return the places of the candidates of the highest score, and that score. Roles are no candidates."""
    fitting = [(iri, score) for iri, score in candidates if iri in index.facts.places and iri not in index.named_roles]
    if not fitting:
        return [], 1.0
    best = max(score for _, score in fitting)
    return [index.facts.places[iri] for iri, score in fitting if score == best], best
