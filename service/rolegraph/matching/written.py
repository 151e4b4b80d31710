"""The forms of a text under which it is looked up, each with what was left off for it; see :mod:`rolegraph.search.wording`."""

from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher

from rolegraph.search import folding, shortforms, wording

_AROUND = " ,;:-–—/|"
_APART = ",;-–—|@("


@dataclass(frozen=True)
class Form:
    """A form of a text: ``left_off`` are the pieces that were left off for it, as they were written."""

    text: str
    left_off: tuple[str, ...] = ()


def forms(text: str) -> Iterator[Form]:
    """Yield the text, and what remains of it without brackets, levels, years and the like, the least left off first."""
    yield Form(text)
    for reading in wording.readings(text):
        if reading.text != text and folding.fold(reading.text):
            yield Form(reading.text, left_off(text, reading.text))


def expansions(text: str) -> Iterator[str]:
    """Yield the long forms that a text with a short form may stand for, of which any may be wrong."""
    folded = folding.fold(text)
    long_forms = shortforms.expansions()
    yield from long_forms.get(folded.replace(" ", ""), ())
    words = folded.split()
    if len(words) > 1:
        for place, word in enumerate(words):
            yield from (" ".join((*words[:place], long, *words[place + 1 :])) for long in long_forms.get(word, ()))


def tail(text: str, name: str) -> tuple[str, ...]:
    """Return what is around a name that a dash, a comma or the like follows, such as a place; nothing if the text goes on otherwise."""
    before, _, after = text.partition(name)
    return (*left_off(before, ""), after.strip(_AROUND)) if after.lstrip()[:1] and after.lstrip()[0] in _APART else ()


def left_off(text: str, shorter: str) -> tuple[str, ...]:
    """Return the pieces of a text that a shorter form of it has not."""
    words, kept = text.split(), shorter.split()
    plain = [[word.strip(_AROUND) for word in those] for those in (words, kept)]
    pieces = []
    for change, start, end, first, last in SequenceMatcher(None, plain[0], plain[1], autojunk=False).get_opcodes():
        if change in ("delete", "replace"):
            piece, rest = (" ".join(those).strip(_AROUND) for those in (words[start:end], kept[first:last]))
            pieces.append(piece.removeprefix(rest).strip(_AROUND) or piece if rest else piece)
    return tuple(piece for piece in pieces if piece)
