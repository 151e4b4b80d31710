"""How a label and what is typed are made alike: case, accents, punctuation, plural, spelling; and the other forms a label has."""

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache

from rolegraph.search import shortforms

LITTLE = frozenset(
    ("a", "an", "and", "as", "at", "by", "for", "from", "in", "of", "on", "or", "the", "to", "with",
     "au", "aux", "d", "de", "des", "du", "en", "et", "l", "la", "le", "les", "ou", "par", "pour", "sur", "un", "une")
)
"""Words that say nothing by themselves."""

LONGEST = 400  # characters of a label or a query that are looked at
_TITLE = 60  # characters of a label whose brackets may hold a short form of it
_LETTERS = str.maketrans({"œ": "oe", "æ": "ae", "ø": "o", "đ": "d", "ł": "l", "ı": "i", "’": "'", "ʼ": "'"})
_MARKS = re.compile(r"[^\w+#&]|_")
_ASCII = {code: " and " if chr(code) == "&" else " " for code in range(128) if not chr(code).isalnum() and chr(code) not in "+#"}
_LOOSE_MARKS = re.compile(r"(?<![\w+#])[+#]+|(?<=[+#])(?=[^\W_])")
_OF_ONE = re.compile(r"'s\b|(?<=s)'(?!\w)")
_OUR = re.compile(r"our(?=$|ed|ing|al|ist|able|ful)")
_ENDS = (("people", "person"), ("children", "child"), ("eaux", "eau"), ("aux", "al"), ("ies", "y"))
_MEN = re.compile(r"(?<=[a-z][delnoprstwy])men$")
_BESIDE = re.compile(r"\s*\([^()]*\)\s*")
_WITHIN = re.compile(r"\(([^()]+)\)")
_PAIR = re.compile(r"(\S+)\s*/\s*(\S+)")


def fold(text: str) -> str:
    """Return a text in lower case without accents and punctuation, words parted by single blanks; ``+`` and ``#`` stay (C++, C#)."""
    plain = text[:LONGEST].casefold()
    if not plain.isascii():
        plain = plain.translate(_LETTERS)
        plain = "".join(sign for sign in unicodedata.normalize("NFKD", plain) if not unicodedata.combining(sign)).casefold()
        plain = _MARKS.sub(" ", plain) if "'" not in plain else _MARKS.sub(" ", _OF_ONE.sub("", plain))
    elif "'" in plain:
        plain = _OF_ONE.sub("", plain)
    plain = plain.translate(_ASCII)
    if "+" in plain or "#" in plain:
        plain = _LOOSE_MARKS.sub(" ", plain)
    return " ".join(plain.split())


@lru_cache(maxsize=200_000)
def stem(word: str) -> str:
    """Return what a folded word has in common with its plural and its other spelling: it need be no word."""
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
    """Return a folded text with the stem of each word."""
    return " ".join(map(stem, folded.split()))


def telling(words: list[str]) -> list[str]:
    """Return words without the little ones, or all of them where there are no others."""
    return [word for word in words if word not in LITTLE] or words


def initials(folded: str) -> str:
    """Return the initials of two to eight words, little ones left out; an empty text for any other number of words."""
    words = [word[0] for word in folded.split() if word not in LITTLE]
    return "".join(words) if 2 <= len(words) <= 8 else ""


def variants(text: str, language: str) -> Iterator[str]:
    """Yield the other forms that a label stands for.

    Those are the label without what stands in brackets, what stands there itself where it is short ("Registered Nurse (RN)"),
    and each half of a gendered pair: of "directeur/directrice" and of "agent/agente de sécurité".
    """
    bare = _BESIDE.sub(" ", text).strip() if "(" in text else text
    if bare and bare != text:
        yield bare
        if text.endswith(")") and len(bare) <= _TITLE:
            yield from (within for within in _WITHIN.findall(text) if len(within) <= 6 and within.isupper())
    if "/" in text and not language.startswith("en"):
        yield from _gendered(bare or text)


def _gendered(text: str) -> Iterator[str]:
    """Yield both halves of a pair: the whole label twice, or a word of it."""
    halves = [half.strip() for half in text.split("/")]
    if len(halves) == 2 and all(halves) and abs(len(halves[0].split()) - len(halves[1].split())) <= 1 and " " in halves[0]:
        yield from halves
        return
    if _PAIR.search(text):
        yield _PAIR.sub(r"\1", text)
        yield _PAIR.sub(r"\2", text)
