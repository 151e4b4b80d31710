"""Texts that are the address or the code of a concept: they mean it by identity, and are never compared by likeness."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from rolegraph import terms
from rolegraph.matching.index import MatchIndex
from rolegraph.search import codes
from rolegraph.search.hits import Hit
from rolegraph.search.labels import FORMER, PROPERTIES

LONGEST = 200  # characters of an address or a code
DIGITS = 2  # of what is surely a code: "SOC 2" may be one or not

Labelled = Callable[[str, Sequence[str]], Sequence[Hit]]
"""Finds what has a text as a label, a code or an address, among the things of some kinds."""


class Identified(NamedTuple):
    """A concept that a text identifies, the reason, and whether the code is one of an earlier edition."""

    concept: int
    reason: str
    is_former: bool = False


def identified(index: MatchIndex, text: str, kind: str, labelled: Labelled) -> list[Identified] | None:
    """Return the concepts that a text identifies; None for a text that is no address and no code."""
    plain = text.strip()
    if len(plain) > LONGEST or (any(map(str.isspace, plain)) and not codes.read(plain)):
        return None
    addresses = codes.addresses(plain)
    if addresses:
        places = dict.fromkeys(index.places[iri] for iri in (plain.strip("<>"), *addresses) if iri in index.places)
        return [Identified(place, "its address") for place in places]
    if (iri := terms.expand(plain)) and iri in index.places:
        return [Identified(index.places[iri], "its short address")]
    code = codes.read(plain)
    return _coded(index, plain, kind, labelled) if code and sum(map(str.isdigit, code.texts[0])) >= DIGITS else None


def _coded(index: MatchIndex, text: str, kind: str, labelled: Labelled) -> list[Identified]:
    numbers = {hit.iri: hit for hit in labelled(text, [kind]) if hit.iri in index.places and "code" in hit.property}
    former = [hit for hit in numbers.values() if hit.property == PROPERTIES[FORMER]]
    today = [hit for hit in numbers.values() if hit.property != PROPERTIES[FORMER]]
    return [Identified(index.places[hit.iri], f"its {hit.property} {hit.matched}", not today) for hit in today or former]


def nothing_labelled(text: str, kinds: Sequence[str]) -> Sequence[Hit]:
    """Find nothing."""
    del text, kinds
    return ()
