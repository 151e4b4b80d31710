"""Folding of labels and search texts: case, accents, punctuation, plural and spelling; and the variants of a label."""

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache

from rolegraph.search import shortforms

STOP_WORDS = frozenset(
    ("a", "an", "and", "as", "at", "by", "for", "from", "in", "of", "on", "or", "the", "to", "with",
     "au", "aux", "d", "de", "des", "du", "en", "et", "l", "la", "le", "les", "ou", "par", "pour", "sur", "un", "une")
)
"""Stop words, in English and French."""

LONGEST = 400  # characters of a label or a search text that are used
_TITLE = 60  # most characters of a label whose brackets may hold its short form
_LETTERS = str.maketrans({"œ": "oe", "æ": "ae", "ø": "o", "đ": "d", "ł": "l", "ı": "i", "’": "'", "ʼ": "'"})
_MARKS = re.compile(r"[^\w+#&]|_")
_ASCII = {code: " " for code in range(128) if not chr(code).isalnum() and chr(code) not in "+#&"}
_LOOSE_MARKS = re.compile(r"(?<![\w+#])[+#]+|(?<=[+#])(?=[^\W_])")
_DOTTED = re.compile(r"(?<![^\s(/,])\.(?=[^\W\d_])")
_LETTER_PAIR = re.compile(r"(?<![^\W_])([^\W_])\s?&\s?([^\W_])(?![^\W_])")
_LETTERS_AND = re.compile(r"(?<!\S)(\w) and (\w)(?!\S)")
_AND = re.compile(f"{_LETTER_PAIR.pattern}|&")
_OF_ONE = re.compile(r"'s\b|(?<=s)'(?!\w)")
_OUR = re.compile(r"our(?=$|ed|ing|al|ist|able|ful)")
_ENDS = (("people", "person"), ("children", "child"), ("eaux", "eau"), ("aux", "al"), ("ies", "y"))
_MEN = re.compile(r"(?<=[a-z][delnoprstwy])men$")
_BESIDE = re.compile(r"\s*\([^()]*\)\s*")
_WITHIN = re.compile(r"\(([^()]+)\)")
_PAIR = re.compile(r"(\S+)\s*/\s*(\S+)")
NOUN = "software"
_VARYING = re.compile(rf"[(/]|(?<![^\s(/,])\.|\s[A-Z][A-Z0-9]{{1,5}}(?!\S)|\s{NOUN}$")


def fold(text: str) -> str:
    """Return a text in lower case, without accents and punctuation, with single blanks between words.

    ``+`` and ``#`` stay (C++, C#), and so does ``&`` between letters (R&D); a dot before a word is written out (.NET is ``dotnet``).
    """
    plain = text[:LONGEST].casefold()
    if "." in plain:
        plain = _DOTTED.sub("dot", plain)
    if not plain.isascii():
        plain = "".join(letter for letter in unicodedata.normalize("NFKD", plain) if not unicodedata.combining(letter)).casefold()
        plain = plain.translate(_LETTERS)  # after the accents, since some of these letters bear one
        plain = _MARKS.sub(" ", plain) if "'" not in plain else _MARKS.sub(" ", _OF_ONE.sub("", plain))
    elif "'" in plain:
        plain = _OF_ONE.sub("", plain)
    if "&" in plain:
        plain = _AND.sub(lambda match: f"{match[1]}&{match[2]}" if match[1] else " and ", plain)
    plain = plain.translate(_ASCII)
    if "+" in plain or "#" in plain:
        plain = _LOOSE_MARKS.sub(" ", plain)
    return " ".join(plain.split())[:LONGEST].rstrip()  # a letter may become several


@lru_cache(maxsize=200_000)
def stem(word: str) -> str:
    """Return the stem that a folded word shares with its plural and its other spellings; it need not be a word."""
    word = shortforms.spellings().get(word, word)
    if len(word) <= 3 or not word.isalpha():
        return word
    for end, other in _ENDS:
        if word.endswith(end):
            word = word.removesuffix(end) + other
            break
    else:
        if word.endswith("s") and not word.endswith(("ss", "us", "is")):
            word = word[:-1]
    word = word.replace("ysis", "ys").replace("z", "s").replace("ae", "e").replace("ll", "l").removesuffix("ue")
    word = _MEN.sub("man", _OUR.sub("or", word))
    if word.endswith("tre"):
        word = word[:-2] + "er"
    if word.endswith(("mme", "tte")):
        word = word[:-2]
    word = word.removesuffix("e")
    return word[:-1] + "s" if word.endswith("nc") else word


def stemmed(folded: str) -> str:
    """Return a folded text with each word replaced by its stem."""
    return " ".join(map(stem, folded.split()))


def content_words(words: list[str]) -> list[str]:
    """Return words without the stop words, or all words if there are only stop words."""
    return [word for word in words if word not in STOP_WORDS] or words


def initials(folded: str) -> str:
    """Return the initials of two to eight words, without stop words; '' for any other number of words."""
    words = [word[0] for word in folded.split() if word not in STOP_WORDS]
    return "".join(words) if 2 <= len(words) <= 8 else ""


def other_joins(folded: str) -> Iterator[str]:
    """Yield a folded text with the letters that it joins by ``&`` joined by "and", or the other way round."""
    if "&" in folded:
        yield folded.replace("&", " and ")
    if _LETTERS_AND.search(folded):
        yield _LETTERS_AND.sub(r"\1&\2", folded)


def joined_initials(text: str) -> re.Pattern[str] | None:
    """Return what the words look like of which a text joins the initials by ``&``, as R&D does; None if it joins none."""
    pairs = _LETTER_PAIR.findall(text.casefold())
    return re.compile(r".*\b".join(rf"{first}\w* and {last}" for first, last in pairs)) if pairs else None


def may_vary(text: str) -> bool:
    """Return whether a label may have variants, which is faster to tell than what they are."""
    return bool(_VARYING.search(text))


def variants(text: str, language: str) -> Iterator[str]:
    """Yield the variants of a label.

    These are the label without its brackets, the content of the brackets if it is a short form ("Registered Nurse (RN)"), each half of a
    gendered pair ("directeur/directrice", "agent/agente de sécurité"), a label without the dot of a name (".NET Developer"), the
    short form and the words that it stands for where a label has both ("Hypertext markup language HTML"), and a name without the noun
    after it ("SAP software", "Microsoft Office software"); whether "Sales software" begins with a name cannot be told.
    """
    bare = _BESIDE.sub(" ", text).strip() if "(" in text else text
    if bare and bare != text:
        yield bare
        if text.endswith(")") and len(bare) <= _TITLE:
            yield from (short for short in _WITHIN.findall(text) if len(short) <= 6 and short.isupper())
    if "/" in text and not language.startswith("en"):
        yield from _gendered(bare or text)
    if "." in text and _DOTTED.search(text):
        yield _DOTTED.sub("", text)
    words = text.split()
    yield from _shortened(words)
    if words[-1:] == [NOUN] and not any(map(str.islower, words[:-1])) and not (len(words) == 2 and words[0][1:].islower()):
        yield " ".join(words[:-1])


def _shortened(words: list[str]) -> Iterator[str]:
    """Yield a label without a short form of the words before it, without these words, and the short form alone if it is at the end."""
    for place, short in enumerate(words):
        if place < 2 or not (2 <= len(short) <= 6 and short.isupper() and short.isalnum()):
            continue
        start = _start_of_expansion(short.casefold(), words[:place])
        if start is not None and not all(map(str.isupper, words[start:place])):
            yield " ".join((*words[:place], *words[place + 1 :]))
            yield " ".join((*words[:start], *words[place:]))
            if place == len(words) - 1 and start:
                yield short


def _start_of_expansion(short: str, words: list[str]) -> int | None:
    """Return the place of the first of the last words that a short form stands for: each gives its initial, and maybe more letters."""
    if not short:
        return len(words)
    if len(words) < 1:
        return None
    word = words[-1].casefold()
    for taken in range(1, len(short) + 1):
        letters = short[-taken:]
        is_first = taken == len(short) and letters[0] == "x" and word.startswith("ex")
        if (word.startswith(letters[0]) or is_first) and _is_within(letters, word):
            start = _start_of_expansion(short[:-taken], words[:-1])
            if start is not None:
                return min(start, len(words) - 1)
    return _start_of_expansion(short, words[:-1]) if word in STOP_WORDS else None


def _is_within(letters: str, word: str) -> bool:
    """Return whether a word has some letters in their order."""
    rest = iter(word)
    return all(letter in rest for letter in letters)


def _gendered(text: str) -> Iterator[str]:
    """Yield both variants of a gendered label: of the whole label, or of one word."""
    halves = [half.strip() for half in text.split("/")]
    if len(halves) == 2 and all(halves) and abs(len(halves[0].split()) - len(halves[1].split())) <= 1 and " " in halves[0]:
        yield from halves
        return
    if _PAIR.search(text):
        yield _PAIR.sub(r"\1", text)
        yield _PAIR.sub(r"\2", text)
