"""Finds what the texts of profiles name, by search: labels for certain, nearly right ones where nothing else was meant."""

from collections.abc import Sequence
from difflib import SequenceMatcher

from rolegraph.search import Finder, Hit

KINDS = ("skill", "tool", "degree", "field", "certification")
WRITTEN_OUT = 80  # a hit by initials scores this at most, one by the table of short forms more
CLOSE = 0.8  # how alike what was typed and the label have to be
AHEAD = 0.08  # by how much more than the next one
SHORTEST = 5  # letters of a text in which an error may be meant
LOOKED_AT = 10


class ProfileLookup:
    """What the analyses look texts up by; see :class:`rolegraph.analysis.profile_items.Lookup`."""

    def __init__(self, search: Finder) -> None:
        self._search = search

    def find(self, text: str) -> Sequence[tuple[str, float]]:
        """Return the IRIs of the concepts that a text names, with scores: 0.8 and more for one of their labels, less for a guess."""
        labels = self._search.labelled(text, KINDS, LOOKED_AT)
        if labels:
            return [(hit.iri, hit.score / 100) for hit in labels]
        hits = self._search.meant(text, KINDS, LOOKED_AT)
        short = [hit for hit in hits if hit.match == "abbreviation" and hit.score > WRITTEN_OUT]
        if short:
            return [(hit.iri, CLOSE * hit.score / 100) for hit in short]
        return _nearly(text, hits)


def _nearly(text: str, hits: Sequence[Hit]) -> list[tuple[str, float]]:
    """Return the hit that is clearly nearer in spelling than all others, or those of its label; else nothing."""
    if len(text) < SHORTEST:
        return []
    typed = text.casefold()
    words = len(typed.split())
    alike = [
        (SequenceMatcher(None, typed, hit.matched.casefold()).ratio(), hit) for hit in hits if len(hit.matched.split()) == words
    ]
    best = max((ratio for ratio, _ in alike), default=0.0)
    near = [(ratio, hit) for ratio, hit in alike if ratio > best - AHEAD]
    if best < CLOSE or len({hit.matched.casefold() for _, hit in near}) > 1:
        return []
    return [(hit.iri, CLOSE * best * 0.9) for _, hit in near]
