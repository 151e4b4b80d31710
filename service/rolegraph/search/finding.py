"""The questions that a search answers, and what each of them refuses."""

import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import Protocol, TypeVar

from rolegraph import terms
from rolegraph.errors import BadParameter
from rolegraph.search import hits
from rolegraph.search.filters import Only
from rolegraph.search.hits import USUAL, Hit
from rolegraph.search.index import Index, Reading
from rolegraph.search.matching import Typed
from rolegraph.search.query import Candidate, SearchQuery
from rolegraph.terms import Kind

MOST = 100  # hits of one search
LONGEST = 200  # characters of a search
_TAG = re.compile(r"[A-Za-z]{1,8}(-[A-Za-z0-9]{1,8}){0,4}")  # RFC 5646, less what is longer than any tag in use

T = TypeVar("T")


class Finder(Protocol):
    """Finds things by their labels; each of these works or refuses in every search."""

    def find(
        self,
        text: str,
        kinds: Sequence[str] = (),
        *,
        source: str | None = None,
        language: str | None = None,
        limit: int = 20,
    ) -> list[Hit]:
        """Return the things whose labels answer a text, the best first.

        :param kinds: names of kinds (:data:`rolegraph.terms.KINDS`); none for every kind
        :param source: the graph that names or uses the thing: a slug of a source, a CURIE or an IRI
        :param language: the language of the label, such as ``fr`` or ``en-GB``, which ``en`` answers too; labels without one fit every
            language
        :param limit: 1 to 100
        :raises BadParameter: for a text that is empty or too long, an unknown kind or source, no language, a limit out of bounds
        """

    def suggest(self, text: str, kinds: Sequence[str] = (), limit: int = 10) -> list[Hit]:
        """Return what a text that is still being typed may become, the best first; see :meth:`find`."""

    def meant(self, text: str, kinds: Sequence[str], limit: int = 20) -> list[Hit]:
        """Return what a text that may be anything answers, the best first; nothing for one that cannot be searched for."""

    def labelled(self, text: str, kinds: Sequence[str], limit: int = 20) -> list[Hit]:
        """Return the things of which a text is a label, in another number or spelling too: a part of :meth:`meant` that is quick."""

    def named(self, text: str, kinds: Sequence[Kind]) -> list[str]:
        """Return the IRIs of the things of some kinds that a text is a label of: of preferred labels, else of alternative ones."""

    def nearest(self, text: str, kinds: Sequence[Kind]) -> list[str]:
        """Return the IRIs of up to five things of some kinds that a wrong name was likely meant for."""

    def languages(self) -> list[str]:
        """Return the languages of the labels, sorted."""

    def refresh(self) -> Index:
        """Bring the index in line with the revision, and return it."""


class Questions(ABC):
    """Answers the questions of :class:`Finder` from an index."""

    @abstractmethod
    def answered(self, ask: Callable[[Reading], T]) -> T:
        """Return what a function reads in the index, as it is at one moment."""

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
        _check(kinds, language, limit)
        typed = _typed(text)
        wanted = (tuple(dict.fromkeys(kinds)), _lookup(language))

        def ask(reading: Reading) -> list[Hit]:
            only = Only(wanted[0], None if source is None else _graph(reading, source), wanted[1])
            return _found(SearchQuery(reading, typed, only).answer(wanted[1] or (USUAL,))[:limit], reading, wanted[1])

        return self.answered(ask)

    def suggest(self, text: str, kinds: Sequence[str] = (), limit: int = 10) -> list[Hit]:
        """See :meth:`Finder.suggest`."""
        return self.find(text, kinds, limit=limit)

    def meant(self, text: str, kinds: Sequence[str], limit: int = 20) -> list[Hit]:
        """See :meth:`Finder.meant`."""
        return self.find(text, kinds, limit=limit) if _searchable(text) else []

    def labelled(self, text: str, kinds: Sequence[str], limit: int = 20) -> list[Hit]:
        """See :meth:`Finder.labelled`."""
        if not _searchable(text):
            return []
        typed, only = Typed.of(text), Only(tuple(kinds))
        return self.answered(lambda reading: _found(SearchQuery(reading, typed, only).labels((USUAL,))[:limit], reading, ()))

    def named(self, text: str, kinds: Sequence[Kind]) -> list[str]:
        """See :meth:`Finder.named`."""
        exact = [hit for hit in self.labelled(text, [kind.name for kind in kinds], MOST) if hit.match == "exact"]
        return sorted(hit.iri for hit in exact if hit.score == exact[0].score)

    def nearest(self, text: str, kinds: Sequence[Kind]) -> list[str]:
        """See :meth:`Finder.nearest`."""
        name = text.rpartition("#")[2].rpartition("/")[2].rpartition(":")[2].replace("-", " ")[:LONGEST]
        return [hit.iri for hit in self.meant(name, [kind.name for kind in kinds], 5)]

    def languages(self) -> list[str]:
        """See :meth:`Finder.languages`."""
        return self.answered(Reading.languages)

    def refresh(self) -> Index:
        """See :meth:`Finder.refresh`."""
        return self.answered(lambda reading: reading.index)


class Past:
    """The search of an older revision, of which there is no index: only names are looked up, in that of the newest one."""

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
        """Refuse.

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

    def languages(self) -> list[str]:
        """See :meth:`Finder.languages`."""
        return self._newest.languages()

    def refresh(self) -> Index:
        """Refuse; see :meth:`find`."""
        raise _past()


def _past() -> BadParameter:
    return BadParameter("revision", "only the newest revision is searched", expected="a search without a revision")


def _found(candidates: Sequence[Candidate], reading: Reading, languages: Sequence[str]) -> list[Hit]:
    known = reading.index.things([candidate.entry.thing for candidate in candidates])
    return [hits.hit(one, *known[one.entry.thing], languages) for one in candidates if one.entry.thing in known]


def _searchable(text: str) -> bool:
    return len(text) <= LONGEST and _encodable(text) and bool(Typed.of(text).folded)


def _encodable(text: str) -> bool:
    """Tell whether a text is Unicode: half of a surrogate pair is none."""
    return not any("\ud800" <= sign <= "\udfff" for sign in text)


def _typed(text: str) -> Typed:
    if len(text) > LONGEST:
        raise BadParameter("q", f"{len(text)} characters are too many to search for", expected=f"up to {LONGEST} characters")
    typed = Typed.of(text)
    if not typed.folded or not _encodable(text):
        raise BadParameter("q", "there is nothing to search for", expected="a label, or some words or letters of one")
    return typed


def _check(kinds: Sequence[str], language: str | None, limit: int) -> None:
    for kind in kinds:
        if kind not in terms.KINDS:
            raise BadParameter("kind", f"there is no kind {kind[:LONGEST]!r}", expected=f"one of {', '.join(terms.KINDS)}")
    if language is not None and not _TAG.fullmatch(language):
        raise BadParameter("language", f"{language[:LONGEST]!r} is no language", expected="a language tag, such as en, fr or en-GB")
    if not 1 <= limit <= MOST:
        raise BadParameter("limit", f"{limit} hits cannot be given", expected=f"a number from 1 to {MOST}")


def _lookup(language: str | None) -> tuple[str, ...]:
    """Return the tags that answer a tag, the nearest first: en-gb, then en (RFC 4647, 3.4)."""
    parts = language.lower().split("-") if language else []
    return tuple("-".join(parts[:end]) for end in range(len(parts), 0, -1))


def _graph(reading: Reading, source: str) -> int:
    """Return the number of a graph by slug, CURIE or IRI."""
    known = reading.index.graphs()
    for iri in (terms.KINDS["source"].namespace + source, terms.BASE + source, terms.expand(source) or source):
        if iri in known:
            return known[iri]
    speaking = [terms.shorten(iri) for iri in known if iri.startswith(terms.KINDS["source"].namespace)]
    detail = f"there is no source {source[:LONGEST]!r}"
    raise BadParameter("source", detail, expected="the slug, CURIE or IRI of a graph", suggestions=sorted(speaking)[:5])
