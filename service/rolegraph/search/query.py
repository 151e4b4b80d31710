"""Finding the entries that may answer what was typed, and putting them in order."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations, islice, product

from rolegraph import terms
from rolegraph.search import folding, matching, shortforms
from rolegraph.search.filters import Only
from rolegraph.search.index import Found, Reading
from rolegraph.search.matching import Match, Typed

FEW = 5  # entries up to which less exact ways of looking are tried too
ENOUGH = 120  # entries that one way of looking brings at most
_SQUEEZED = "REPLACE(stems, ' ', '')"  # as the index has it
_LAST = "\U0010ffff"
_PLACES = {name: place for place, name in enumerate(terms.KINDS)}
_RARE = 4  # entries up to which a word may be an error of typing in the data itself
_WRITTEN_OUT = 6  # readings of short forms that are tried


@dataclass(frozen=True)
class Candidate:
    """An entry and how it answers."""

    entry: Found
    match: Match

    def order(self, languages: Sequence[str]) -> tuple[object, ...]:
        """Return what candidates are sorted by: the score, then kind, uses, language, length."""
        entry, score = self.entry, round(self.match.score)
        foreign = entry.language not in ("", *languages)
        return (-score, _PLACES[entry.kind], -entry.uses.bit_length(), foreign, len(entry.folded), entry.folded, entry.iri)


class SearchQuery:
    """One search in an index."""

    def __init__(self, reading: Reading, typed: Typed, only: Only) -> None:
        self._index = reading.index
        self._vocabulary = reading.vocabulary
        self._typed = typed
        self._only = only
        self._found: dict[int, Candidate] = {}

    def answer(self, languages: Sequence[str]) -> list[Candidate]:
        """Return the best candidate of each thing, the best first.

        :param languages: those that go first on a tie
        """
        self._identified()
        if self._typed.folded and not self._found:
            self._look(self._typed)
            self._shortened()
            if self._doubtful():
                self._mistyped()
            if not self._found:
                self._some()
        return self._in_order(languages)

    def labels(self, languages: Sequence[str]) -> list[Candidate]:
        """Return the best candidate of each thing whose label the text is, in another number or spelling too; see :meth:`answer`."""
        self._identified()
        if self._typed.folded and not self._found:
            self._same(self._typed)
        return self._in_order(languages)

    def _identified(self) -> None:
        iri = terms.expand(self._typed.text.strip()) or self._typed.text.strip()
        if terms.is_iri(iri):
            for entry in self._index.of(iri, self._only):
                self._keep(entry, Match("exact", 100.0))

    def _in_order(self, languages: Sequence[str]) -> list[Candidate]:
        best: dict[int, Candidate] = {}
        for candidate in sorted(self._found.values(), key=lambda one: one.order(languages)):
            best.setdefault(candidate.entry.thing, candidate)
        return list(best.values())

    def _best(self) -> float:
        return max((candidate.match.score for candidate in self._found.values()), default=0.0)

    def _take(self, entries: Iterable[Found], typed: Typed, *, by_way: bool = False) -> None:
        for entry in entries:
            match = matching.judge(typed, entry)
            if match:
                self._keep(entry, matching.by_way_of(match) if by_way else match)

    def _keep(self, entry: Found, match: Match) -> None:
        known = self._found.get(entry.place)
        if known is None or known.match.score < match.score:
            self._found[entry.place] = Candidate(entry, match)

    def _look(self, typed: Typed, *, by_way: bool = False) -> None:
        """Take the labels that are, begin with, or hold all of what was typed."""
        self._same(typed, by_way=by_way)
        begins = {typed.joined_stems, "".join((*typed.stems[:-1], typed.words[-1]))}
        for start in begins:
            where = f"{_SQUEEZED} >= ? AND {_SQUEEZED} < ?"
            self._take(self._index.entries(where, [start, start + _LAST], self._only, ENOUGH), typed, by_way=by_way)
        if len(typed.content_stems) > 1 or len(typed.folded) > 2:
            self._hold(typed, by_way=by_way)

    def _same(self, typed: Typed, *, by_way: bool = False) -> None:
        self._take(self._index.entries(f"{_SQUEEZED} = ?", [typed.joined_stems], self._only, ENOUGH), typed, by_way=by_way)

    def _hold(self, typed: Typed, *, by_way: bool) -> None:
        """Take the labels that hold all words; the last one, then all of them, may be beginnings where few have them whole."""
        core = list(dict.fromkeys(typed.content_stems))  # full text takes its time for each word, even for one that stands there before
        known = [self._vocabulary.number(stem) > 0 for stem in core]
        whole = [f'"{stem}"' for stem in core]
        begun = [f"{part}*" if self._vocabulary.begins(stem) else "" for part, stem in zip(whole, core, strict=True)]
        found: list[Found] = []
        if all(known):
            found = self._index.holding(" AND ".join(whole), self._only, ENOUGH)
        if len(found) < FEW and not by_way:
            parts = [part if is_known else other for part, other, is_known in zip(whole[:-1], begun[:-1], known[:-1], strict=True)]
            if all(parts) and begun[-1]:
                found += self._index.holding(" AND ".join([*parts, begun[-1]]), self._only, ENOUGH)
        self._take(found, typed, by_way=by_way)

    def _shortened(self) -> None:
        """Take the labels of which words were typed by their initials, or in short forms, or written out."""
        for typed in islice(self._readings(), _WRITTEN_OUT):
            self._look(typed, by_way=True)
        words = [word for word in self._typed.words if word not in folding.LITTLE]
        short = [place for place, word in enumerate(words) if 2 <= len(word) <= 6 and word.isalpha()]
        if len(words) > 4:
            return
        runs = {
            "".join(word if place in chosen else word[0] for place, word in enumerate(words))
            for number in range(1, len(short) + 1)
            for chosen in combinations(short, number)
        }
        for run in sorted(runs):
            if 2 <= len(run) <= 8:
                for entry in self._index.entries("initials = ? AND initials <> ''", [run], self._only, ENOUGH):
                    match = matching.shortened(self._typed, entry)
                    if match:
                        self._keep(entry, match)

    def _readings(self) -> Iterator[Typed]:
        """Yield what was typed with short forms written out, then with what has a short form shortened."""
        longs, shorts = shortforms.expansions(), shortforms.abbreviations()
        words = self._typed.words
        joined = "".join(words)
        if joined in longs and len(words) > 1:
            yield from map(Typed.of, longs[joined])
        yield from self._parted()
        if any(word in longs for word in words):
            choices = [(*longs.get(word, ()), *([] if word in longs and len(words) == 1 else [word])) for word in words]
            for choice in islice(product(*choices), _WRITTEN_OUT):
                if choice != words:
                    yield Typed.of(" ".join(choice))
        for start in range(len(words)):
            for end in range(len(words), start + 1, -1):
                for short in shorts.get(" ".join(words[start:end]), ()):
                    yield Typed.of(" ".join((*words[:start], short, *words[end:])))

    def _parted(self) -> Iterator[Typed]:
        """Yield what was typed with a word that nobody knows parted in two."""
        words = self._typed.words
        for place, word in enumerate(words):
            if len(word) > 5 and word.isalpha() and not self._vocabulary.number(folding.stem(word)):
                parted = self._vocabulary.parted(word)
                if parted:
                    yield Typed.of(" ".join((*words[:place], *parted, *words[place + 1 :])))

    def _doubtful(self) -> bool:
        """Tell whether what was typed may hold errors of typing."""
        best = self._best()
        if best >= 75:
            return False
        if best < 45:
            return True
        return any(self._vocabulary.number(stem) <= _RARE for stem in self._typed.content_stems[:-1])

    def _mistyped(self) -> None:
        """Take the labels that hold words that are nearly those that were typed: at first only in place of rare ones."""
        written = dict(zip(self._typed.content_stems, folding.telling(list(self._typed.words)), strict=True))
        meant = [self._vocabulary.near(stem, len(word)) for stem, word in written.items()]
        surely = [[stem] if self._vocabulary.number(stem) > _RARE else choice for stem, choice in zip(written, meant, strict=True)]
        for choices in (surely, meant) if surely != meant else (meant,):
            parts = [" OR ".join(f'"{other}"' for other in choice) for choice in choices if choice]
            if len(parts) == len(choices):
                self._take(self._index.holding(" AND ".join(f"({part})" for part in parts), self._only, ENOUGH), self._typed)
            if not self._found:
                self._fewer(parts)
            if self._found:
                return

    def _fewer(self, parts: Sequence[str]) -> None:
        """Take the labels that hold all words but one."""
        for left_out in range(len(parts)) if len(parts) > 1 else ():
            rest = [part for place, part in enumerate(parts) if place != left_out]
            self._take(self._index.holding(" AND ".join(f"({part})" for part in rest), self._only, ENOUGH // 2), self._typed)

    def _some(self) -> None:
        """Take the labels that hold the rarest of the words that were typed."""
        known = [stem for stem in self._typed.content_stems if self._vocabulary.number(stem)]
        for stem in sorted(known, key=self._vocabulary.number)[:2]:
            self._take(self._index.holding(f'"{stem}"', self._only, ENOUGH), self._typed)
