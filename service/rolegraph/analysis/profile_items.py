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

SURE = 0.8  # the score from which a text is a label, and no guess
SECONDS = 5.0  # for the texts of a profile
SHORT = 50  # texts; of longer profiles only some are looked up at a time
PLACES, WAITING = 2, 2.0  # at a time, and seconds that others wait for one of them to end
KINDS = ("skill", "tool", "degree", "field", "certification")

_places = threading.BoundedSemaphore(PLACES)


class Lookup(Protocol):
    """What finding the concepts of a text takes."""

    def find(self, text: str) -> Sequence[tuple[str, float]]:
        """Return the IRIs of the concepts that a text may name, each with a score from 0 to 1: less than :data:`SURE` for a guess."""


@dataclass(frozen=True)
class Resolved:
    """What of a profile was found: ``found`` pairs each text with its item, ``items`` are these by number.

    ``guessed`` are those texts of ``found`` and ``unused`` that are no label, but short for one or spelt nearly like it.
    ``unknown`` are the texts that name nothing, ``unused`` those that name something no role asks for; ``ambiguous`` pairs a text with
    what it may mean: none of these is counted as there.
    """

    found: tuple[tuple[str, Named], ...]
    items: tuple[int, ...]
    unused: tuple[tuple[str, Named], ...]
    ambiguous: tuple[tuple[str, tuple[Named, ...]], ...]
    unknown: tuple[str, ...]
    guessed: frozenset[str] = frozenset()

    def as_dict(self) -> dict[str, Any]:
        """Return it as JSON."""
        return {
            "found": [{"text": text, **named.as_dict(), "guessed": text in self.guessed} for text, named in self.found],
            "unused": [{"text": text, **named.as_dict(), "guessed": text in self.guessed} for text, named in self.unused],
            "ambiguous": [{"text": text, "candidates": [one.as_dict() for one in candidates]} for text, candidates in self.ambiguous],
            "unknown": list(self.unknown),
        }


def resolve(index: Index, profile: Profile, lookup: Lookup | None, wanted: AbstractSet[int] = frozenset()) -> Resolved:
    """Find the items that a profile names: by IRI, CURIE, slug, then label. What is not found, or not for certain, is told.

    :param wanted: the items, by number, that are meant rather than others of the same name
    :raises TimeLimitReached: where that takes too long, or others look up long profiles already
    """
    texts = (*profile.iris, *profile.texts)
    if len(texts) <= SHORT:
        return _resolved(index, texts, lookup, wanted)
    if not _places.acquire(timeout=WAITING):
        detail = f"{PLACES} profiles of more than {SHORT} texts are looked up already"
        raise TimeLimitReached(detail, limit=f"{WAITING:g} s", expected="the same, a little later")
    try:
        return _resolved(index, texts, lookup, wanted)
    finally:
        _places.release()


def _resolved(index: Index, texts: Sequence[str], lookup: Lookup | None, wanted: AbstractSet[int]) -> Resolved:
    found: dict[str, int] = {}
    unused, ambiguous, unknown, guessed = [], [], [], set()
    until = time.monotonic() + SECONDS
    for number, text in enumerate(texts):
        if time.monotonic() > until:
            detail = f"looking up {len(texts):,} texts took longer than {SECONDS:g} s, which was enough for {number:,} of them"
            raise TimeLimitReached(detail, limit=f"{SECONDS:g} s", expected="fewer texts, or labels as they are, which take least time")
        iri, _, label = text.partition(" ")
        places, score = _named(index, text), 1.0
        if not places and lookup:
            places, score = _best(index, lookup.find(label if label and terms.is_iri(iri) else text))
        items = {int(index.items.of[place]) for place in places}
        asked = {item for item in items if index.document_frequency[item]}
        for preferred in (wanted, index.skills, {item for item in asked if not _is_tool(index, item)}):
            asked = asked & preferred or asked
        if len(asked or items) > 1:
            ambiguous.append((text, tuple(index.item(item) for item in sorted(asked or items))))
        elif asked:
            found[text] = asked.pop()
        elif items:
            unused.append((text, index.item(items.pop())))
        else:
            unknown.append(text)
        if score < SURE:
            guessed.add(text)
    named = tuple((text, index.item(item)) for text, item in found.items())
    return Resolved(named, tuple(dict.fromkeys(found.values())), tuple(unused), tuple(ambiguous), tuple(unknown), frozenset(guessed))


def _is_tool(index: Index, item: int) -> bool:
    kind = terms.kind_of(index.item(item).iri)
    return kind is not None and kind.name == "tool"


def _named(index: Index, text: str) -> list[int]:
    """Return the places of the concepts that a text names outright: by IRI, by CURIE, or by a slug of one of ours."""
    iri = text.partition(" ")[0]
    candidates = [iri, terms.expand(text) or ""]
    if terms.SLUG.fullmatch(text):
        candidates += [terms.KINDS[kind].namespace + text for kind in KINDS]
    return [index.facts.places[one] for one in candidates if one in index.facts.places and one not in index.named_roles]


def _best(index: Index, candidates: Sequence[tuple[str, float]]) -> tuple[list[int], float]:
    """Return the places of the likeliest candidates that can be had, and their score; roles cannot."""
    fitting = [(iri, score) for iri, score in candidates if iri in index.facts.places and iri not in index.named_roles]
    if not fitting:
        return [], 1.0
    best = max(score for _, score in fitting)
    return [index.facts.places[iri] for iri, score in fitting if score == best], best
