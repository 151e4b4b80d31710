"""Finds the concepts that a text names. A service with a search of its own gives that in place of the dictionary here."""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from rolegraph import terms
from rolegraph.analysis import facts
from rolegraph.analysis.index import Index
from rolegraph.analysis.profiles import Profile
from rolegraph.catalogue import Rows
from rolegraph.things import Named

PREFERRED, ALTERNATIVE = 1.0, 0.9
KINDS = ("skill", "tool", "degree", "field", "certification")


class Lookup(Protocol):
    """What finding the concepts of a text takes."""

    def find(self, text: str) -> Sequence[tuple[str, float]]:
        """Return the IRIs of the concepts that a text may name, the likeliest first, each with a score from 0 to 1."""


class Labels:
    """The plainest :class:`Lookup`: a dictionary of labels, whatever their case, width, white space and hyphens."""

    def __init__(self, engine: Rows) -> None:
        self._found: dict[str, dict[str, float]] = {}
        for property_, score in (("prefLabel", PREFERRED), ("altLabel", ALTERNATIVE)):
            for iri, label in facts.texts(engine, property_):
                own = self._found.setdefault(folded(label), {})
                own[iri] = max(own.get(iri, 0.0), score)

    def find(self, text: str) -> Sequence[tuple[str, float]]:
        """Return the concepts that bear a text as a label; see :class:`Lookup`."""
        return sorted(self._found.get(folded(text), {}).items(), key=lambda pair: (-pair[1], pair[0]))


def folded(text: str) -> str:
    """Return a text as labels are compared."""
    plain = unicodedata.normalize("NFKC", text).casefold()
    return " ".join(plain.replace("-", " ").replace("_", " ").split())


@dataclass(frozen=True)
class Resolved:
    """What of a profile was found: ``found`` pairs each text with its item, ``items`` are these by number.

    ``unknown`` are the texts that name nothing, ``unused`` those that name something no role asks for; ``ambiguous`` pairs a text with
    what it may mean: none of these is counted as there.
    """

    found: tuple[tuple[str, Named], ...]
    items: tuple[int, ...]
    unused: tuple[tuple[str, Named], ...]
    ambiguous: tuple[tuple[str, tuple[Named, ...]], ...]
    unknown: tuple[str, ...]

    def as_dict(self) -> dict[str, Any]:
        """Return it as JSON."""
        return {
            "found": [{"text": text, **named.as_dict()} for text, named in self.found],
            "unused": [{"text": text, **named.as_dict()} for text, named in self.unused],
            "ambiguous": [{"text": text, "candidates": [one.as_dict() for one in candidates]} for text, candidates in self.ambiguous],
            "unknown": list(self.unknown),
        }


def resolve(index: Index, profile: Profile, lookup: Lookup) -> Resolved:
    """Find the items that a profile names: by IRI, CURIE, slug, then label. What is not found, or not for certain, is told."""
    found: dict[str, int] = {}
    unused, ambiguous, unknown = [], [], []
    for text in (*profile.iris, *profile.texts):
        iri, _, label = text.partition(" ")
        places = _named(index, text) or _best(index, lookup.find(label if label and terms.is_iri(iri) else text))
        items = {int(index.items.of[place]) for place in places}
        asked = {item for item in items if index.having[item]}
        asked = asked & index.skills or asked
        if len(asked or items) > 1:
            ambiguous.append((text, tuple(index.item(item) for item in sorted(asked or items))))
        elif asked:
            found[text] = asked.pop()
        elif items:
            unused.append((text, index.item(items.pop())))
        else:
            unknown.append(text)
    named = tuple((text, index.item(item)) for text, item in found.items())
    return Resolved(named, tuple(dict.fromkeys(found.values())), tuple(unused), tuple(ambiguous), tuple(unknown))


def _named(index: Index, text: str) -> list[int]:
    """Return the places of the concepts that a text names outright: by IRI, by CURIE, or by a slug of one of ours."""
    iri = text.partition(" ")[0]
    candidates = [iri, terms.expand(text) or ""]
    if terms.SLUG.fullmatch(text):
        candidates += [terms.KINDS[kind].namespace + text for kind in KINDS]
    return [index.facts.places[one] for one in candidates if one in index.facts.places and one not in index.named_roles]


def _best(index: Index, candidates: Sequence[tuple[str, float]]) -> list[int]:
    """Return the places of the likeliest candidates that can be had; roles cannot."""
    fitting = [(iri, score) for iri, score in candidates if iri in index.facts.places and iri not in index.named_roles]
    return [index.facts.places[iri] for iri, score in fitting if score == fitting[0][1]]
