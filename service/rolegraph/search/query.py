"""Finds the entries that may match a search text, and ranks them."""

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import combinations, islice, product

from rolegraph import terms
from rolegraph.search import codes, folding, matching, products, records, shortforms, wording
from rolegraph.search.codes import Code
from rolegraph.search.filters import Only
from rolegraph.search.index import IndexedEntry, Reading
from rolegraph.search.matching import Match, Typed

Lower = Callable[[Match], Match]

FEW = 5  # entries up to which less exact lookups are tried too
ENOUGH = 120  # most entries of one lookup
_SQUEEZED = "REPLACE(stems, ' ', '')"  # the expression of the index entry_squeezed
_LAST = "\U0010ffff"
_PLACES = {name: place for place, name in enumerate(terms.KINDS)}
_RARE = 4  # entries up to which a word may be a typing error in the data
_WRITTEN_OUT = 6  # most expansions of short forms that are tried
_WORD = 4  # fewest letters of a word that is probably whole
_SENTENCE = 10  # most words of a text that is read in other ways
_READ, _PARTS = 3, 6  # most readings of a text, and most names in it, that are tried
_SURE = 75.0  # the score from which a text is not read in other ways
_PRODUCT, _NOUN = 84.0, 60.0  # the score of a product without its maker, and if that is probably a noun


@dataclass(frozen=True)
class Candidate:
    """An entry and its match."""

    entry: IndexedEntry
    match: Match

    def order(self, languages: Sequence[str]) -> tuple[object, ...]:
        """Return the sort key: whether it is deprecated, score, then kind, uses, language, length."""
        entry, score = self.entry, round(self.match.score)
        foreign = entry.language not in ("", *languages)
        deprecated = entry.uses == records.DEPRECATED
        return (deprecated, -score, _PLACES[entry.kind], -entry.uses.bit_length(), foreign, len(entry.folded), entry.folded, entry.iri)


class SearchQuery:
    """One search in one state of an index."""

    def __init__(self, reading: Reading, typed: Typed, only: Only) -> None:
        self._index = reading.index
        self._vocabulary = reading.vocabulary
        self._typed = self._known(typed)
        self._only = only
        self._candidates: dict[int, Candidate] = {}

    def answer(self, languages: Sequence[str]) -> list[Candidate]:
        """Return the best candidate of each thing, the best first.

        :param languages: languages that come first on a tie
        """
        if self._identified() or not self._typed.folded:
            return self._in_order(languages)
        self._look(self._typed)
        self._shortened()
        if self._best() < _PRODUCT:
            self._products(self._typed)
        if self._best() < _SURE and len(self._typed.words) <= _SENTENCE:
            self._read_otherwise()
        if self._doubtful():
            self._typed = self._known(Typed.from_text(wording.readings(self._typed.text)[-1].text))
            self._mistyped()
        if not self._candidates:
            self._some()
        return self._in_order(languages)

    def labels(self, languages: Sequence[str]) -> list[Candidate]:
        """Return the best candidate of each thing that has the text as a label, also in another number or spelling; see :meth:`answer`."""
        if not self._identified() and self._typed.folded:
            self._same(self._typed)
        return self._in_order(languages)

    def _known(self, typed: Typed) -> Typed:
        """Return a text with what the labels tell of its words: whether its only one is whole, and how rare each of them is."""
        numbers = [self._vocabulary.number(stem) for stem in typed.content_stems]
        weights = tuple(1 / math.log2(2 + number) for number in numbers)
        is_whole = len(typed.stems) == 1 and len(typed.folded) >= _WORD and self._vocabulary.number(typed.stems[0]) > _RARE
        return replace(typed, is_whole=is_whole, weights=weights)

    def _identified(self) -> bool:
        """Add the things that an IRI, a CURIE or a code identifies; return whether the text is one, and so means nothing else."""
        text = self._typed.text.strip()
        iri = terms.expand(text) or text
        if terms.is_iri(iri):
            for entry in self._index.entry_of(iri, self._only):
                self._keep(entry, Match("exact", 100.0))
        given, stated = codes.read(text), codes.read(terms.shorten(iri))
        if given and not self._candidates:
            self._look_up_code(given)
        for address in () if self._candidates else codes.addresses(iri):
            for entry in self._index.entry_of(address, self._only):
                self._keep(entry, Match("spelling", 90.0))
        if stated and not self._candidates:
            self._look_up_code(stated)
        return bool(self._candidates or given or stated) or (terms.is_iri(iri) and "://" in iri)

    def _look_up_code(self, code: Code) -> None:
        """Add the things that a code identifies, then what it begins or what mentions it."""
        for text in code.texts:
            squeezed = folding.stemmed(folding.fold(text)).replace(" ", "")
            entries = self._index.entries(f"{_SQUEEZED} >= ? AND {_SQUEEZED} < ?", [squeezed, squeezed + _LAST], self._only, ENOUGH)
            whole = " AND ".join(f'"{folding.stem(word)}"' for word in folding.fold(text).split())
            for entry in (*entries, *self._index.holding(whole, self._only, ENOUGH)):
                match = matching.code(entry, text)
                if match and code.fits(entry.iri):
                    self._keep(entry, match)

    def _products(self, typed: Typed, *, part: bool = False) -> None:
        """Add the products of which the text is the name without the maker; little used ones of a frequent word last: it is a noun too."""
        is_noun = min(map(self._vocabulary.number, typed.content_stems), default=0) > products.FREQUENT
        for entry in products.without_maker(self._index, typed, self._only):
            match = Match("abbreviation", _NOUN if is_noun and entry.uses < products.USED else _PRODUCT - entry.property)
            self._keep(entry, matching.as_part(match) if part else match)

    def _read_otherwise(self) -> None:
        """Add what is found without a bracket, a level and the like, and each of the names in the text."""
        for reading in wording.readings(self._typed.text)[1 : _READ + 1]:
            typed = Typed.from_text(reading.text)
            self._look(typed, matching.as_part)
            self._products(typed, part=True)
        self._read_parts()

    def _read_parts(self) -> None:
        """Add what each of the names in the text is the label of."""
        whole, self._candidates = self._candidates, {}
        together: dict[int, Candidate] = {}
        for name in wording.parts(self._typed.text)[:_PARTS]:
            for typed in (Typed.from_text(name), *map(Typed.from_text, shortforms.expansions().get(folding.fold(name), ()))):
                self._same(typed, matching.as_part)
            self._products(Typed.from_text(name), part=True)
            if not self._candidates and wording.is_compound(self._typed.text):
                together = {}
                break
            together |= self._candidates
            self._candidates = {}
        self._candidates = whole
        for candidate in together.values():
            self._keep(candidate.entry, candidate.match)

    def _in_order(self, languages: Sequence[str]) -> list[Candidate]:
        best: dict[int, Candidate] = {}
        for candidate in sorted(self._candidates.values(), key=lambda candidate: candidate.order(languages)):
            best.setdefault(candidate.entry.thing, candidate)
        return list(best.values())

    def _best(self) -> float:
        return max((candidate.match.score for candidate in self._candidates.values()), default=0.0)

    def _take(self, entries: Iterable[IndexedEntry], typed: Typed, lower: Lower | None = None) -> None:
        for entry in entries:
            match = matching.match_entry(typed, entry)
            if match:
                self._keep(entry, lower(match) if lower else match)

    def _keep(self, entry: IndexedEntry, match: Match) -> None:
        candidate = self._candidates.get(entry.place)
        if candidate is None or candidate.match.score < match.score:
            self._candidates[entry.place] = Candidate(entry, match)

    def _look(self, typed: Typed, lower: Lower | None = None) -> None:
        """Add the labels that equal, start with, or contain all of the search text.

        :param lower: lowers the matches of a text that is not what was typed
        """
        self._same(typed, lower)
        begins = {typed.joined_stems, "".join((*typed.stems[:-1], typed.words[-1]))}
        for start in begins:
            where = f"{_SQUEEZED} >= ? AND {_SQUEEZED} < ?"
            self._take(self._index.entries(where, [start, start + _LAST], self._only, ENOUGH), typed, lower)
        if len(typed.folded) > 2 and (len(typed.words) == 1 or any(len(stem) > 1 for stem in typed.content_stems)):
            self._hold(typed, lower)

    def _same(self, typed: Typed, lower: Lower | None = None) -> None:
        self._take(self._index.entries(f"{_SQUEEZED} = ?", [typed.joined_stems], self._only, ENOUGH), typed, lower)

    def _hold(self, typed: Typed, lower: Lower | None) -> None:
        """Add the labels that contain all words. If few do, the last word, then all words may be prefixes."""
        stems = list(dict.fromkeys(typed.content_stems))  # FTS5 takes time for each word, also for a repeated one
        in_vocabulary = [self._vocabulary.number(stem) > 0 for stem in stems]
        whole = [f'"{stem}"' for stem in stems]
        begun = [f"{part}*" if self._vocabulary.begins(stem) else "" for part, stem in zip(whole, stems, strict=True)]
        entries: list[IndexedEntry] = []
        if all(in_vocabulary):
            entries = self._index.holding(" AND ".join(whole), self._only, ENOUGH)
        if len(entries) < FEW and lower is None:
            parts = [part if is_known else other for part, other, is_known in zip(whole[:-1], begun[:-1], in_vocabulary[:-1], strict=True)]
            if all(parts) and begun[-1]:
                entries += self._index.holding(" AND ".join([*parts, begun[-1]]), self._only, ENOUGH)
        self._take(entries, typed, lower)

    def _shortened(self) -> None:
        """Add the labels whose words were typed as initials, as short forms, or expanded."""
        for reading in islice(self._readings(), _WRITTEN_OUT):
            self._look(reading, matching.as_abbreviation)
        typed = Typed.from_text(self._typed.text.replace("&", "")) if "&" in self._typed.folded else self._typed
        words = [word for word in typed.words if word not in folding.STOP_WORDS]
        short = [place for place, word in enumerate(words) if 2 <= len(word) <= 6 and word.isalpha()]
        if len(words) > 4:
            return
        runs = {
            "".join(word if place in chosen else word[0] for place, word in enumerate(words))
            for number in range(1, len(short) + 1)
            for chosen in combinations(short, number)
        }
        joined = folding.joined_initials(self._typed.text)
        for run in sorted(runs):
            if 2 <= len(run) <= 8:
                for entry in self._index.entries("initials = ? AND initials <> ''", [run], self._only, ENOUGH):
                    match = matching.shortened(typed, entry)
                    if match and (joined is None or joined.search(entry.folded)):
                        self._keep(entry, match)

    def _readings(self) -> Iterator[Typed]:
        """Yield the search text with short forms expanded, then with expansions shortened."""
        expansions, abbreviations = shortforms.expansions(), shortforms.abbreviations()
        words = self._typed.words
        yield from map(Typed.from_text, folding.other_joins(self._typed.folded))
        joined = "".join(words)
        if joined in expansions and len(words) > 1:
            yield from map(Typed.from_text, expansions[joined])
        yield from self._split()
        if any(word in expansions for word in words):
            choices = [(*expansions.get(word, ()), *([] if word in expansions and len(words) == 1 else [word])) for word in words]
            for choice in islice(product(*choices), _WRITTEN_OUT):
                if choice != words:
                    yield Typed.from_text(" ".join(choice))
        for start in range(len(words)):
            for end in range(len(words), start + 1, -1):
                for short in abbreviations.get(" ".join(words[start:end]), ()):
                    yield Typed.from_text(" ".join((*words[:start], short, *words[end:])))

    def _split(self) -> Iterator[Typed]:
        """Yield the search text with an unknown word split in two or, if little is found, with two words joined to a known one."""
        words = self._typed.words
        for place in range(len(words) - 1) if self._best() < _SURE else ():
            joined = words[place] + words[place + 1]
            if len(joined) > 5 and joined.isalpha() and self._vocabulary.number(folding.stem(joined)) > _RARE:
                yield Typed.from_text(" ".join((*words[:place], joined, *words[place + 2 :])))
        for place, word in enumerate(words):
            if len(word) > 5 and word.isalpha() and not self._vocabulary.number(folding.stem(word)):
                parts = self._vocabulary.split(word)
                if parts:
                    yield Typed.from_text(" ".join((*words[:place], *parts, *words[place + 1 :])))

    def _doubtful(self) -> bool:
        """Return whether the search text may have typing errors."""
        best = self._best()
        if best >= _SURE:
            return False
        if best < 45:
            return True
        return any(self._vocabulary.number(stem) <= _RARE for stem in self._typed.content_stems[:-1])

    def _mistyped(self) -> None:
        """Add the labels with words similar to the typed ones; first only rare words are replaced."""
        written = dict(zip(self._typed.content_stems, folding.content_words(list(self._typed.words)), strict=True))
        similar = [self._vocabulary.near(stem, len(word)) for stem, word in written.items()]
        rare_replaced = [[stem] if self._vocabulary.number(stem) > _RARE else choice for stem, choice in zip(written, similar, strict=True)]
        for choices in (rare_replaced, similar) if rare_replaced != similar else (similar,):
            parts = [" OR ".join(f'"{other}"' for other in choice) for choice in choices if choice]
            if len(parts) == len(choices):
                self._take(self._index.holding(" AND ".join(f"({part})" for part in parts), self._only, ENOUGH), self._typed)
            if not self._candidates:
                self._fewer(parts)
            if self._candidates:
                return

    def _fewer(self, parts: Sequence[str]) -> None:
        """Add the labels that contain all words but one."""
        for left_out in range(len(parts)) if len(parts) > 1 else ():
            others = [part for place, part in enumerate(parts) if place != left_out]
            self._take(self._index.holding(" AND ".join(f"({part})" for part in others), self._only, ENOUGH // 2), self._typed)

    def _some(self) -> None:
        """Add the labels that contain one of the two rarest words of the search text."""
        stems = [stem for stem in self._typed.content_stems if len(stem) > 1 and self._vocabulary.number(stem)]
        for stem in sorted(stems, key=self._vocabulary.number)[:2]:
            self._take(self._index.holding(f'"{stem}"', self._only, ENOUGH), self._typed)
