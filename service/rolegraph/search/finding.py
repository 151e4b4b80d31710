"""The operations of a search, and the checks of their parameters."""

import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import Protocol, TypeVar

from rolegraph import dependencies, terms
from rolegraph.dependencies import EVERYTHING
from rolegraph.errors import BadParameter
from rolegraph.search import codes, hits, wording
from rolegraph.search.filters import Only
from rolegraph.search.hits import USUAL, Hit
from rolegraph.search.index import Index, Reading
from rolegraph.search.labels import FORMER, PROPERTIES
from rolegraph.search.matching import Typed
from rolegraph.search.query import Candidate, SearchQuery
from rolegraph.terms import Kind

MOST = 100  # most hits of a search
LONGEST = 200  # most characters of a search
_TAG = re.compile(r"[A-Za-z]{1,8}(-[A-Za-z0-9]{1,8}){0,4}")  # RFC 5646, limited to the length of tags in use

LABELS = ("exact", "spelling")  # the kinds of matches of labels themselves
FORMER_CODE = PROPERTIES[FORMER]

T = TypeVar("T")


class Finder(Protocol):
    """Finds things by label. Every search has these methods; some refuse."""

    def find(
        self,
        text: str,
        kinds: Sequence[str] = (),
        *,
        source: str | None = None,
        language: str | None = None,
        limit: int = 20,
    ) -> list[Hit]:
        """Return the things whose labels match a text, the best match first.

        :param kinds: names of kinds (:data:`rolegraph.terms.KINDS`); none for every kind
        :param source: only things in the graph of this source: its slug, CURIE or IRI
        :param language: only labels in this language, such as ``fr`` or ``en-GB`` (``en`` matches too), and labels without a language
        :param limit: most hits, 1 to 100
        :raises BadParameter: for a text that is empty or too long, an unknown kind or source, an invalid language tag, or a limit out
            of range
        """

    def suggest(self, text: str, kinds: Sequence[str] = (), limit: int = 10) -> list[Hit]:
        """Return completions of a text that is being typed, the best first; see :meth:`find`."""

    def meant(self, text: str, kinds: Sequence[str], limit: int = 20) -> list[Hit]:
        """Return the hits for any text, the best first; none for a text that cannot be searched."""

    def labelled(self, text: str, kinds: Sequence[str], limit: int = 20) -> list[Hit]:
        """Return the things that have a text as a label, also in another number or spelling: a fast part of :meth:`meant`."""

    def named(self, text: str, kinds: Sequence[Kind]) -> list[str]:
        """Return the IRIs of the things of some kinds with a label equal to a text: a preferred label, or else an alternative one."""

    def nearest(self, text: str, kinds: Sequence[Kind]) -> list[str]:
        """Return the IRIs of up to five things of some kinds as suggestions for a wrong name."""

    def identified(self, text: str, kinds: Sequence[Kind]) -> list[str]:
        """Return the IRIs of the things of some kinds that a text identifies: by a code, a former code, or another address of its IRI."""

    def languages(self) -> list[str]:
        """Return the languages of the labels, sorted."""

    def refresh(self) -> Index:
        """Update the index to the revision, and return it."""


class Questions(ABC):
    """Implements :class:`Finder` with an index."""

    @abstractmethod
    def answered(self, ask: Callable[[Reading], T]) -> T:
        """Return the result of a function that reads one state of the index."""

    def find(
        self,
        text: str,
        kinds: Sequence[str] = (),
        *,
        source: str | None = None,
        language: str | None = None,
        limit: int = 20,
    ) -> list[Hit]:
        """See :meth:`Finder.find`."""
        dependencies.note(EVERYTHING)
        _check(kinds, language, limit)
        typed = _typed(text)
        unique_kinds, tags = tuple(dict.fromkeys(kinds)), _lookup(language)

        def ask(reading: Reading) -> list[Hit]:
            only = Only(unique_kinds, None if source is None else _graph(reading, source), tags)
            return _hits(SearchQuery(reading, typed, only).answer(tags or (USUAL,))[:limit], reading, tags)

        return self.answered(ask)

    def suggest(self, text: str, kinds: Sequence[str] = (), limit: int = 10) -> list[Hit]:
        """See :meth:`Finder.suggest`."""
        return self.find(text, kinds, limit=limit)

    def meant(self, text: str, kinds: Sequence[str], limit: int = 20) -> list[Hit]:
        """See :meth:`Finder.meant`."""
        return self.find(text, kinds, limit=limit) if _searchable(text) else []

    def labelled(self, text: str, kinds: Sequence[str], limit: int = 20) -> list[Hit]:
        """See :meth:`Finder.labelled`."""
        dependencies.note(EVERYTHING)
        if not _searchable(text):
            return []
        typed, only = Typed.from_text(wording.cleaned(text)), Only(tuple(kinds))
        labels = self.answered(lambda reading: _hits(SearchQuery(reading, typed, only).labels((USUAL,))[:limit], reading, ()))
        return [hit for hit in labels if hit.match in LABELS]

    def named(self, text: str, kinds: Sequence[Kind]) -> list[str]:
        """See :meth:`Finder.named`."""
        hits_ = self.labelled(text, [kind.name for kind in kinds], MOST)
        exact = [hit for hit in hits_ if hit.match == "exact" and hit.property != FORMER_CODE]
        return sorted(hit.iri for hit in exact if hit.score == exact[0].score)

    def nearest(self, text: str, kinds: Sequence[Kind]) -> list[str]:
        """See :meth:`Finder.nearest`."""
        names = [kind.name for kind in kinds]
        identified = self.meant(text, names, 5) if codes.addresses(text) or codes.read(text) else []
        name = text.rstrip("/").rpartition("#")[2].rpartition("/")[2].rpartition(":")[2][:LONGEST]
        if identified or codes.read(text) or codes.is_opaque(name):
            return [hit.iri for hit in identified]
        return [hit.iri for hit in self.meant(name if codes.read(name) else name.replace("-", " "), names, 5)]

    def identified(self, text: str, kinds: Sequence[Kind]) -> list[str]:
        """See :meth:`Finder.identified`."""
        if not (codes.read(text) or codes.addresses(text)):
            return []
        return [hit.iri for hit in self.labelled(text, [kind.name for kind in kinds])]

    def languages(self) -> list[str]:
        """See :meth:`Finder.languages`."""
        dependencies.note(EVERYTHING)
        return self.answered(Reading.languages)

    def refresh(self) -> Index:
        """See :meth:`Finder.refresh`."""
        return self.answered(lambda reading: reading.index)


class Past:
    """The search of an older revision, which has no index. It only resolves names, in the index of the newest revision."""

    def __init__(self, newest: Questions) -> None:
        self._newest = newest

    def find(
        self,
        text: str,
        kinds: Sequence[str] = (),
        *,
        source: str | None = None,
        language: str | None = None,
        limit: int = 20,
    ) -> list[Hit]:
        """Refuse the search.

        :raises BadParameter: always
        """
        del text, kinds, source, language, limit
        raise _past()

    def suggest(self, text: str, kinds: Sequence[str] = (), limit: int = 10) -> list[Hit]:
        """Refuse; see :meth:`find`."""
        return self.find(text, kinds, limit=limit)

    def meant(self, text: str, kinds: Sequence[str], limit: int = 20) -> list[Hit]:
        """See :meth:`Finder.meant`."""
        return self._newest.meant(text, kinds, limit)

    def labelled(self, text: str, kinds: Sequence[str], limit: int = 20) -> list[Hit]:
        """See :meth:`Finder.labelled`."""
        return self._newest.labelled(text, kinds, limit)

    def named(self, text: str, kinds: Sequence[Kind]) -> list[str]:
        """See :meth:`Finder.named`."""
        return self._newest.named(text, kinds)

    def nearest(self, text: str, kinds: Sequence[Kind]) -> list[str]:
        """See :meth:`Finder.nearest`."""
        return self._newest.nearest(text, kinds)

    def identified(self, text: str, kinds: Sequence[Kind]) -> list[str]:
        """See :meth:`Finder.identified`."""
        return self._newest.identified(text, kinds)

    def languages(self) -> list[str]:
        """See :meth:`Finder.languages`."""
        return self._newest.languages()

    def refresh(self) -> Index:
        """Refuse; see :meth:`find`."""
        raise _past()


def _past() -> BadParameter:
    return BadParameter("revision", "only the newest revision can be searched", expected="a search without the parameter revision")


def _hits(candidates: Sequence[Candidate], reading: Reading, languages: Sequence[str]) -> list[Hit]:
    things = reading.index.things([candidate.entry.thing for candidate in candidates])
    return [hits.hit(match, *things[match.entry.thing], languages) for match in candidates if match.entry.thing in things]


def _searchable(text: str) -> bool:
    return len(text) <= LONGEST and _encodable(text) and bool(Typed.from_text(text).folded)


def _encodable(text: str) -> bool:
    """Return whether a text can be encoded: a lone surrogate cannot."""
    return not any("\ud800" <= character <= "\udfff" for character in text)


def _typed(text: str) -> Typed:
    if len(text) > LONGEST:
        raise BadParameter("q", f"the search text has {len(text)} characters", expected=f"up to {LONGEST} characters")
    typed = Typed.from_text(wording.cleaned(text))
    if not typed.folded or not _encodable(text):
        raise BadParameter("q", "the search text has no letters or digits", expected="a label, or words or letters of one")
    return typed


def _check(kinds: Sequence[str], language: str | None, limit: int) -> None:
    for kind in kinds:
        if kind not in terms.KINDS:
            raise BadParameter("kind", f"there is no kind {kind[:LONGEST]!r}", expected=f"one of {', '.join(terms.KINDS)}")
    if language is not None and not _TAG.fullmatch(language):
        raise BadParameter("language", f"{language[:LONGEST]!r} is not a language tag", expected="a language tag, such as en, fr or en-GB")
    if not 1 <= limit <= MOST:
        accepted = f"a whole number from 1 to {MOST}"
        raise BadParameter("limit", f"limit must be {accepted}, not {limit}", expected=accepted)


def _lookup(language: str | None) -> tuple[str, ...]:
    """Return the tags that match a tag, the nearest first: en-gb, then en (RFC 4647, 3.4)."""
    parts = language.lower().split("-") if language else []
    return tuple("-".join(parts[:end]) for end in range(len(parts), 0, -1))


def _graph(reading: Reading, source: str) -> int:
    """Return the number of a graph by slug, CURIE or IRI."""
    numbers = reading.index.graphs()
    for iri in (terms.KINDS["source"].namespace + source, terms.BASE + source, terms.expand(source) or source):
        if iri in numbers:
            return numbers[iri]
    sources = [terms.shorten(iri) for iri in numbers if iri.startswith(terms.KINDS["source"].namespace)]
    detail = f"there is no source {source[:LONGEST]!r}"
    raise BadParameter("source", detail, expected="the slug, CURIE or IRI of a graph", suggestions=sorted(sources)[:5])
