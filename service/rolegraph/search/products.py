"""Products that people name without their maker: "Excel" for "Microsoft Excel". Who is a maker is read from the labels of the tools.

A maker is what several names of tools begin with: one word, or more where nearly all names that begin with the first go on with the others
("Dassault Systemes"). So "Microsoft Visual" is no maker, though several products begin so.
"""

from collections import Counter
from collections.abc import Iterator, Sequence

from rolegraph.search import folding
from rolegraph.search.filters import Only
from rolegraph.search.index import Index, IndexedEntry
from rolegraph.search.matching import Typed

KIND = "tool"
SEVERAL = 3  # names that begin with a maker, at least
NEARLY_ALL = 0.6  # share of the names that begin with some words and go on with one more, which then is a part of the maker
WORDS = 5  # most words of a product without its maker
FREQUENT = 20  # labels up to which a word is probably a name
USED = 20  # facts from which a product is known well enough to be meant by a frequent word
_NAMES = 400  # most names that are looked at to tell a maker
_ENTRIES = 200  # most entries that hold the words of a product
_ARTICLE = "the"
_SQUEEZED = "REPLACE(stems, ' ', '')"  # the expression of the index entry_squeezed


def without_maker(index: Index, typed: Typed, only: Only) -> Iterator[IndexedEntry]:
    """Yield the labels of tools that are a maker and then the search text, which has to be written as a name there, not as a noun."""
    if not 1 <= len(typed.words) <= WORDS or len(typed.folded) < 2 or (only.kinds and KIND not in only.kinds):
        return
    tools = Only((KIND,), only.source, only.languages)
    terms = " AND ".join(f'"{stem}"' for stem in dict.fromkeys(typed.stems))
    makers: dict[str, tuple[str, ...]] = {}
    for entry in index.holding(terms, tools, _ENTRIES):
        if not entry.folded.endswith(f" {typed.folded}") or not is_name(entry.text, typed.folded):
            continue
        leading = entry.folded[: -len(typed.folded) - 1].split()
        start = start_of(leading)
        if start not in makers:
            makers[start] = maker(start, _names(index, start))
        if makers[start] == tuple(leading):
            yield entry
    yield from _software_of(index, typed, tools)


def _software_of(index: Index, typed: Typed, only: Only) -> Iterator[IndexedEntry]:
    """Yield what is called the software of a maker ("Oracle software") if the text is that maker, with names of products after it."""
    squeezed = folding.stemmed(f"{typed.folded} {folding.NOUN}").replace(" ", "")
    entries = index.entries(f"{_SQUEEZED} = ? AND form = 0", [squeezed], only, _NAMES)
    if entries:
        beginning = [entry.text.split() for entry in _beginning(index, typed.folded)]
        length = len(typed.words)
        if sum(len(words) > length and not words[length].islower() for words in beginning) >= SEVERAL:
            yield from entries


def maker(start: str, names: Sequence[str]) -> tuple[str, ...]:
    """Return the words of the maker with which some names of tools begin; none if too few do.

    :param start: the first word of a maker
    :param names: folded names
    """
    words = start.split()
    beginning = [split for name in names if (split := name.split())[: len(words)] == words and len(split) > len(words)]
    while beginning:
        word, count = Counter(split[len(words)] for split in beginning).most_common(1)[0]
        going_on = [split for split in beginning if split[len(words)] == word and len(split) > len(words) + 1]
        if len(going_on) < max(SEVERAL, NEARLY_ALL * len(beginning)) or count < SEVERAL:
            break
        words, beginning = [*words, word], going_on
    return tuple(words) if len(beginning) >= SEVERAL else ()


def _names(index: Index, start: str) -> list[str]:
    """Return the folded names of tools that begin with some words."""
    return sorted({entry.folded for entry in _beginning(index, start)})


def _beginning(index: Index, start: str) -> list[IndexedEntry]:
    """Return the preferred labels of tools that begin with some words."""
    squeezed = folding.stemmed(start).replace(" ", "")
    where = f"{_SQUEEZED} >= ? AND {_SQUEEZED} < ? AND property = 0 AND form = 0"
    entries = index.entries(where, [squeezed, f"{squeezed}\U0010ffff"], Only((KIND,)), _NAMES)
    return [entry for entry in entries if entry.folded.startswith(f"{start} ")]


def start_of(words: Sequence[str]) -> str:
    """Return the first word of a name, with the article before it."""
    return " ".join(words[: 1 + (words[0] == _ARTICLE)])


def is_name(label: str, product: str) -> bool:
    """Return whether a label writes the folded words at its end as a name: with a capital, a digit or a sign in the first of them."""
    words = label.removesuffix(f" {folding.NOUN}").split()
    for place in range(1, len(words)):
        if folding.fold(" ".join(words[place:])) == product:
            return not words[place].isalpha() or not words[place].islower()
    return False
