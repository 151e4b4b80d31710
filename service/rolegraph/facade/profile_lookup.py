"""Finds the concepts that the texts of profiles name, by search: exact labels, or misspelt ones if the match is unambiguous."""

from collections.abc import Sequence
from difflib import SequenceMatcher

from rolegraph.search import Finder, Hit

KINDS = ("skill", "tool", "degree", "field", "certification")
WRITTEN_OUT = 80  # the highest score of a hit by initials; hits by the table of short forms score more
CLOSE = 0.8  # lowest similarity of a text and a misspelt label
AHEAD = 0.08  # lead in similarity over the next label
SHORTEST = 5  # letters of the shortest text that may be misspelt
CANDIDATES = 10


class ProfileLookup:
    """The lookup of texts for the analyses; see :class:`rolegraph.analysis.profile_items.Lookup`."""

    def __init__(self, search: Finder) -> None:
        self._search = search

    def find(self, text: str) -> Sequence[tuple[str, float]]:
        """Return the IRIs of the concepts that a text names, with scores: 0.8 and more for a label, less for a guess."""
        labels = self._search.labelled(text, KINDS, CANDIDATES)
        if labels:
            return [(hit.iri, hit.score / 100) for hit in labels]
        hits = self._search.meant(text, KINDS, CANDIDATES)
        short = [hit for hit in hits if hit.match == "abbreviation" and hit.score > WRITTEN_OUT]
        if short:
            return [(hit.iri, CLOSE * hit.score / 100) for hit in short]
        return _misspelt(text, hits)


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
