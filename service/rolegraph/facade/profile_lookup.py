"""Finds the concepts that the texts of profiles name, by search: labels, also with additions, short forms, misspelt labels."""

import re
from collections.abc import Sequence
from difflib import SequenceMatcher

from rolegraph.search import Finder, Hit, codes, wording

KINDS = ("skill", "tool", "degree", "field", "certification")
WRITTEN_OUT = 80  # the highest score of a hit by initials; hits by the table of short forms and products without their maker score more
INITIALS = 75  # the lowest score of a hit by initials alone
CLOSE = 0.8  # lowest similarity of a text and a misspelt label
AHEAD = 0.08  # lead in similarity over the next label
SHORTEST = 5  # letters of the shortest text that may be misspelt
CANDIDATES = 10
BRIEF = 5  # most words of a text that may be a short form, or hold one
READINGS = 6  # most readings of a text that are looked up
_SHORT_FORM = re.compile(r"[A-Z][A-Z0-9]{2,5}")


class ProfileLookup:
    """The lookup of texts for the analyses; see :class:`rolegraph.analysis.profile_items.Lookup`."""

    def __init__(self, search: Finder) -> None:
        self._search = search

    def find(self, text: str) -> Sequence[tuple[str, float]]:
        """Return the IRIs of the concepts that a text names, with scores: 0.8 and more for a label, less for a guess."""
        address = bool(codes.addresses(text))
        readings = [reading.text for reading in wording.readings(text)[:READINGS]]
        for place, reading in enumerate([text] if address else readings):
            labels = self._search.labelled(reading, KINDS, CANDIDATES)
            if labels:
                certainty = CLOSE * 0.95 if place or (address and labels[0].match != "exact") else 1.0
                return [(hit.iri, certainty * hit.score / 100) for hit in labels]
        brief = [reading for reading in dict.fromkeys((readings[0], readings[-1])) if len(reading.split()) <= BRIEF]
        for reading in () if address else brief:
            short = _written_out(reading, self._search.meant(reading, KINDS, CANDIDATES))
            if not short and _SHORT_FORM.fullmatch(reading):
                short = self._search.labelled(f"{reading} software", KINDS, CANDIDATES)
            if short:
                return [(hit.iri, CLOSE * hit.score / 100) for hit in short]
        return []

    def names(self, text: str) -> Sequence[str]:
        """Return the names that a text joins."""
        return wording.parts(text)

    def similar(self, text: str) -> Sequence[tuple[str, float]]:
        """Return the IRIs of the concepts with the label that is clearly the most similar to a text, with the scores of a guess."""
        plain = wording.cleaned(text)
        return _misspelt(plain, self._search.meant(plain, KINDS, CANDIDATES))


def _written_out(text: str, hits: Sequence[Hit]) -> list[Hit]:
    """Return the hits of a short form, or of a product without its maker; those by initials alone only of capitals, and of one label."""
    short = [hit for hit in hits if hit.match == "abbreviation"]
    listed = [hit for hit in short if hit.score > WRITTEN_OUT]
    if listed or not _SHORT_FORM.fullmatch(text):
        return listed
    spelt = [hit for hit in short if hit.score >= INITIALS]
    return spelt if len({hit.matched.casefold() for hit in spelt}) == 1 else []


def _misspelt(text: str, hits: Sequence[Hit]) -> list[tuple[str, float]]:
    """Return the hits of the label that is clearly the most similar to a text, or an empty list."""
    if len(text) < SHORTEST:
        return []
    typed = text.casefold()
    words = len(typed.split())
    alike = [(SequenceMatcher(None, typed, hit.matched.casefold()).ratio(), hit) for hit in hits if len(hit.matched.split()) == words]
    best = max((ratio for ratio, _ in alike), default=0.0)
    near = [(ratio, hit) for ratio, hit in alike if ratio > best - AHEAD]
    if best < CLOSE or len({hit.matched.casefold() for _, hit in near}) > 1:
        return []
    return [(hit.iri, CLOSE * best * 0.9) for _, hit in near]
