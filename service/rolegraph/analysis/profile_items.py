"""Finds the concepts that the texts of a profile name."""

import threading
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from typing import Any, Protocol

from rolegraph import equivalence, terms
from rolegraph.analysis.index import Index
from rolegraph.analysis.profiles import Profile
from rolegraph.errors import TimeLimitReached
from rolegraph.search import wording
from rolegraph.values import Named

ALIKE = 0.06  # how much lower the score of another label of a name may be: of an alternative one, or without a bracket
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

    def names(self, text: str) -> Sequence[str]:
        """Return the names that a text joins, which is asked if the whole is none; empty if it joins none."""

    def similar(self, text: str) -> Sequence[tuple[str, float]]:
        """Return the IRIs of the concepts that a text may be a misspelt name of, each with a score."""


@dataclass(frozen=True)
class Resolved:
    """The texts of a profile with their items.

    ``found`` pairs a text with its item, ``items`` are the numbers of these items. ``unused`` pairs a text with an item that no role
    needs, ``ambiguous`` pairs a text with its candidates, and ``unknown`` are the texts that name nothing; none of these counts as
    held. ``guessed`` are the texts of ``found`` and ``unused`` that are not a label, but a short form or a misspelling of one, a label with
    additions, or several labels. ``namesakes`` are the items that other sources call the same as an item of ``items``, with that one.
    ``unread`` are the places of the profile that may name skills in a form that is not read.
    """

    found: tuple[tuple[str, Named], ...]
    items: tuple[int, ...]
    unused: tuple[tuple[str, Named], ...]
    ambiguous: tuple[tuple[str, tuple[Named, ...]], ...]
    unknown: tuple[str, ...]
    guessed: frozenset[str] = frozenset()
    namesakes: Mapping[int, int] = field(default_factory=dict)
    unread: tuple[str, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """Return the value as a JSON object."""
        return {
            "found": [{"text": text, **named.as_dict(), "guessed": text in self.guessed} for text, named in self.found],
            "unused": [{"text": text, **named.as_dict(), "guessed": text in self.guessed} for text, named in self.unused],
            "ambiguous": [{"text": text, "candidates": [item.as_dict() for item in candidates]} for text, candidates in self.ambiguous],
            "unknown": list(self.unknown),
            "unread": list(self.unread),
        }


def resolve(index: Index, profile: Profile, lookup: Lookup | None, wanted: AbstractSet[int] = frozenset()) -> Resolved:
    """Find the items that a profile names: by IRI, CURIE or slug, then by label.

    :param lookup: finds concepts by label; None finds none
    :param wanted: numbers of items that are preferred to others of the same name
    :raises TimeLimitReached: if it takes too long, or too many long profiles are being looked up
    """
    texts = (*profile.iris, *profile.texts)
    if len(texts) <= SHORT:
        return _resolved(index, texts, lookup, wanted, profile.unread)
    if not _places.acquire(timeout=WAITING):
        detail = f"{PLACES} profiles of more than {SHORT} texts are being looked up"
        raise TimeLimitReached(detail, limit=f"{WAITING:g} s", expected="the same request later")
    try:
        return _resolved(index, texts, lookup, wanted, profile.unread)
    finally:
        _places.release()


def _resolved(
    index: Index, texts: Sequence[str], lookup: Lookup | None, wanted: AbstractSet[int], unread: tuple[str, ...]
) -> Resolved:
    named: list[tuple[str, int]] = []
    unused, ambiguous, unknown, guessed = [], [], [], set()
    namesakes: dict[int, int] = {}
    until = time.monotonic() + SECONDS
    for number, text in enumerate(texts):
        if time.monotonic() > until:
            detail = f"looking up {len(texts):,} texts took longer than {SECONDS:g} s; {number:,} were looked up"
            raise TimeLimitReached(detail, limit=f"{SECONDS:g} s", expected="fewer texts, or exact labels, which are found fastest")
        meanings, rest = _meanings(index, text, lookup)
        unknown += rest
        for scores in meanings:
            chosen, others = _chosen(index, scores, wanted)
            if len(chosen) > 1 and not _is_one_name(index, chosen):
                ambiguous.append((text, tuple(index.item(item) for item in sorted(chosen))))
            elif index.document_frequency[chosen[0]]:
                named += [(text, item) for item in chosen]
                namesakes |= dict.fromkeys(others, chosen[0])
            else:
                unused.append((text, index.item(chosen[0])))
            if len(meanings) > 1 or max(scores.values()) < SURE:
                guessed.add(text)
    items = tuple(dict.fromkeys(item for _, item in named))
    found = tuple((text, index.item(item)) for text, item in dict.fromkeys(named))
    near = {item: held for item, held in namesakes.items() if item not in items}
    return Resolved(found, items, tuple(unused), tuple(ambiguous), tuple(unknown), frozenset(guessed), near, unread)


def _meanings(index: Index, text: str, lookup: Lookup | None) -> tuple[list[dict[int, float]], list[str]]:
    """Return for each name in a text the items that it may mean with their scores, and the names that mean nothing.

    A text is one name, unless nothing has it and some of the names that it joins mean something.
    """
    iri, _, label = text.partition(" ")
    places = _identified(index, text)
    if places:
        return [dict.fromkeys((int(index.items.item_of[place]) for place in places), 1.0)], []
    if lookup is None:
        return [], [text]
    name = label if label and terms.is_iri(iri) else text
    for candidates in (lookup.find(iri) if name == label else (), lookup.find(name)):
        if scores := _scores(index, candidates):
            return [scores], []
    parts = [(part, _scores(index, lookup.find(part))) for part in lookup.names(name)]
    if (all if wording.is_compound(name) else any)(scores for _, scores in parts) and parts:
        return [scores for _, scores in parts if scores], [part for part, scores in parts if not scores]
    scores = _scores(index, lookup.similar(name))
    return ([scores], []) if scores else ([], [text])


def _scores(index: Index, candidates: Sequence[tuple[str, float]]) -> dict[int, float]:
    """Return the items of candidates, each with its highest score. Roles are no candidates."""
    scores: dict[int, float] = {}
    for iri, score in candidates:
        if iri in index.facts.places and iri not in index.named_roles:
            item = int(index.items.item_of[index.facts.places[iri]])
            scores[item] = max(score, scores.get(item, 0.0))
    return scores


def _chosen(index: Index, scores: Mapping[int, float], wanted: AbstractSet[int]) -> tuple[list[int], list[int]]:
    """Return the items that a name means, and those that other sources call the same.

    The items with the best label count, of these the wanted ones, then those that roles need, then skills, then what is no tool. A wanted
    one with another label of that name comes before all.
    """
    best = max(scores.values())
    alike = {item for item, score in scores.items() if score >= best - ALIKE}
    means = {item for item in alike & wanted if best >= SURE or scores[item] == best}
    top = max((scores[item] for item in means), default=best)
    means = {item for item in means or alike if scores[item] == top}
    needed = {item for item in means if index.document_frequency[item]}
    for preferred in (index.skills, {item for item in needed if not _is_tool(index, item)}):
        needed = needed if needed & wanted else needed & preferred or needed
    chosen = sorted(needed or means)
    spaces = {_vocabulary(index, item) for item in chosen}
    others = [item for item in sorted(alike) if index.document_frequency[item] and _vocabulary(index, item) not in spaces]
    spread = Counter(_vocabulary(index, item) for item in others)
    return chosen, [item for item in others if best >= SURE and spread[_vocabulary(index, item)] == 1]


def _is_one_name(index: Index, items: Sequence[int]) -> bool:
    """Return whether each of some items of one name is of another vocabulary."""
    return len({_vocabulary(index, item) for item in items}) == len(items)


def _vocabulary(index: Index, item: int) -> str:
    return equivalence.vocabulary(index.item(item).iri)


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
