"""The ways in which people write a name: numbering, brackets, levels, years, versions, endings of gender, several names in one text.

Pure functions of a text. They only leave out or divide; what a text means is decided by looking up what they return. The text as it is
comes first always, so a name that holds such a part ("research and development", "Windows 10") is found whole.
"""

import re
from collections.abc import Callable, Iterator
from typing import NamedTuple

from rolegraph.search import folding

MOST = 12  # most readings of a text
LONGEST = 120  # characters of a text that has readings: longer ones are sentences

_GENDERS = r"all genders?|alle|gn|[mwfdxhi](?:\s*[/|,*·.:]\s*(?:[mwfdxhian]|divers|div|diverse?|non[- ]binary|nb)\b\.?)+"
_UNBRACKETED = r"(?:m/w|w/m|m/f|f/m|h/f|f/h)(?:/[dxin*])*|[mwfd]/[mwfd]/[mwfdx]"
_GENDER = re.compile(rf"\s*(?:[(\[]\s*(?:{_GENDERS})\s*[)\]]|(?<=\s)(?:{_UNBRACKETED})\s*$)", re.IGNORECASE)
_MARK = re.compile(
    r"^\s*(?:[•●▪◦‣⁃∙·*–—✓✔➢►☑\-]+\s*|\[[ xX]?\]\s*|\(?(?:\d{1,2}[.)]|[a-z]\))\s+|\d{1,2}[.)](?=[^\W\d])|\(\d{1,2}\)\s*)+"
)
_QUOTED = re.compile(r"^[\"'“”„«»‘’]+(.*?)[\"'“”„«»‘’]+$")
_BRACKET = re.compile(r"\s*[(\[{]([^()\[\]{}]*)[)\]}]\s*")

_NUMBER = r"(?:\d{1,2}(?:[.,]\d)?|one|two|three|four|five|six|seven|eight|nine|ten|several|many)"
_YEARS = (
    rf"(?:(?:over|more than|at least|min(?:imum|\.)?|about|ca\.?|seit|mehr als|plus de)\s+)?{_NUMBER}\s*\+?\s*"
    rf"(?:[-–]\s*{_NUMBER}\s*\+?\s*)?(?:years?|yrs?|yoe|months?|mos?|jahren?|ans|années)(?:['’]s?)?"
)
_ADJECTIVE = (
    r"(?:very good|good|strong|solid|excellent|basic|native|fluent|beginner|novice|elementary|intermediate|upper[- ]intermediate|advanced"
    r"|expert|experienced|proficient|skilled|conversational|hands[- ]on|in[- ]depth|gute|sehr gute|fortgeschrittene?)"
)
_SKILLED = (
    rf"(?:{_ADJECTIVE}|beginners|fundamental|medium|professional|competent|master|mastery|bilingual|mother tongue|basics|primary|secondary"
    r"|main|required|mandatory|optional|preferred|desired|desirable|essential|a plus|plus|must[- ]have|nice[- ]to[- ]have|everyday|daily"
    r"|familiar|learning|low|high|grundkenntnisse|experte|muttersprache|fließend|débutant|intermédiaire|avancé|courant|confirmé)"
)
_RATING = (
    r"(?:(?:level|niveau|lvl|grade)\s*:?\s*)?(?:\d{1,2}(?:[.,]\d)?\s*(?:/|of|out of|von|sur)\s*\d{1,2}|\d{1,3}\s*%|[★☆*●○]+|[ABC][12]\+?)"
    r"|(?:level|niveau|lvl)\s*\w{1,3}"
)
_KNOWN = r"(?:skills?|knowledge|experience|level|user|proficiency|expertise|understanding|kenntnisse|erfahrung|speaker)"
_LEVEL = (
    rf"(?:(?:working|{_SKILLED})(?:\s*(?:/|,|-|–|to)\s*{_SKILLED})?(?:\s+{_KNOWN})?|{_RATING}|{_YEARS}(?:\s+(?:of\s+)?{_KNOWN})?"
    r"|since\s+\d{4}|\d{4}\s*[-–]\s*(?:\d{4}|present|now|today))"
)
_SEPARATED = re.compile(rf"^(.*?\S)\s*(?:\s[-–—]|[:|,;=]|\s/|\s~)\s*{_LEVEL}\s*$", re.IGNORECASE)
_HEADED = re.compile(rf"^{_LEVEL}\s*(?:[-–—:|,;])\s*(\S.*)$", re.IGNORECASE)
_AFTER = re.compile(
    rf"^(.*\S)\s+(?:{_YEARS}(?:\s+(?:of\s+)?{_KNOWN})?|{_RATING}|{_ADJECTIVE}|basics|(?:{_ADJECTIVE}\s+)?{_KNOWN})$",
    re.IGNORECASE,
)
_IN = r"(?:of|in|with|on|for|using|working with|mit|in der|de|en|avec)"
_BEFORE = re.compile(
    rf"^(?:(?:{_YEARS}|{_ADJECTIVE}|working(?= knowledge))(?:,?\s+(?:and\s+)?{_ADJECTIVE})*"
    rf"(?:\s+(?:(?:of|in|with)\s+)?(?:the\s+)?(?:[a-z-]+\s+)?{_KNOWN})?(?:\s+{_IN})?|(?:[a-z-]+\s+)?{_KNOWN}\s+{_IN}"
    r"|(?:proficiency|proficient|experienced?|skilled|fluency|fluent|familiarity|familiar|expert|versed|certified|trained|background"
    rf"|competen(?:ce|t)|basics|fundamentals|ability to use)\s+{_IN})\s+(\S.*)$",
    re.IGNORECASE,
)
_ABLE = re.compile(r"^(?:the\s+)?(?:ability|able)\s+to\s+(\S.*)$", re.IGNORECASE)
_SENIORITY = re.compile(
    r"^(?:(?:senior|sr\.?|junior|jr\.?|lead|principal|staff|trainee|entry[- ]level|mid[- ]?level|intern|graduate|associate"
    r"|experienced)\s+)+(\S.*)$"
    r"|^(.*\S),?\s+(?:i{1,3}|iv|v|senior|junior|sr\.?|jr\.?|\(?senior\)?|trainee|[1-5])$",
    re.IGNORECASE,
)
_DIGITS = r"(?:\d{1,4}(?:\.(?:\d{1,4}|x))+|\d{1,2}|(?:19|20)\d\d)\+?(?:\s*(?:\+|or (?:higher|later|newer)|lts))?"
_VERSION = re.compile(
    rf"^(.*\S)[\s_-]+(?:version|ver|v|release|rel)\.?\s*{_DIGITS}$|^(.*[^\W\d])[\s_-]*{_DIGITS}$",
    re.IGNORECASE,
)
_VERSION_LIST = re.compile(r"^(.*[^\W\d])\s+\d+(?:\.\d+)*(?:\s*[/,&]\s*\d+(?:\.\d+)*)+$")

_ENDING = re.compile(r"(?<=[^\W\d_]{3})(?:/-?|\*|:|_|·|\.)(?:in|innen|frau|mann|e|r|n|ne|euse|trice|ère|ière|se|rice|es)\b")
_BRACKETED_ENDING = re.compile(r"(?<=[^\W\d_]{3})\((?:in|innen|e|ne|euse|trice|ère|se|s|es)\)")
_GERMAN = re.compile(r"(?<=[^\W\d_]{3})(?:/-?|\*|:|_|·|\()(in|innen)\b\)?")
_INTERNAL = re.compile(r"(?<=[a-zäöüß]{3})In(?:nen)?\b")

_JOIN = re.compile(
    r"\s*(?:[;,|•]|\s[-–—]\s|\s(?:and|or|und|oder|et|ou|as well as|sowie|plus)\s|\s?&\s?|\s\+\s|/)\s*(?:(?:and|or|und|et)\s)?",
    re.IGNORECASE,
)
_COMPOUND = re.compile(r"\w[/&]\w")
_HEADING = re.compile(r"^[^:()]{2,60}:\s+(\S.*)$")


class Reading(NamedTuple):
    """A way to read a text: the name that is left, and what kinds of additions were left out, in order."""

    text: str
    without: tuple[str, ...] = ()


def cleaned(text: str) -> str:
    """Return a text without numbering, bullets, quotation marks and a bracket of genders such as ``(m/f/d)``; never empty for a word."""
    plain = " ".join(text.split())
    if len(plain) > 4 * LONGEST:
        return plain
    plain = _MARK.sub("", plain) or plain
    plain = _GENDER.sub("", plain).strip() or plain
    quoted = _QUOTED.match(plain)
    plain = quoted[1] if quoted and quoted[1] else plain
    return plain.rstrip(" ,;:•").strip() or plain


def readings(text: str) -> list[Reading]:
    """Return the ways to read a text as one name, the one with the least left out first; the first is the text itself, cleaned."""
    first = Reading(cleaned(text))
    if len(first.text) > LONGEST:
        return [first]
    by_text = {first.text: first}
    queue = [first]
    while queue and len(by_text) < MOST:
        reading = queue.pop(0)
        for addition, rule in _RULES:
            for shorter in rule(reading.text):
                plain = shorter.strip(" ,;:-–—/|")
                if plain and plain not in by_text and any(map(str.isalnum, plain)) and len(by_text) < MOST:
                    by_text[plain] = Reading(plain, (*reading.without, addition))
                    queue.append(by_text[plain])
    return sorted(by_text.values(), key=lambda reading: len(reading.without))


def parts(text: str) -> tuple[str, ...]:
    """Return the names that a text joins ("SQL and Java", "HTML/CSS"), or that follow a heading or stand in a bracket; none for one name.

    Whether the text is divided is for the caller to decide: only where the whole is no name of its own.
    """
    plain = cleaned(text)
    if len(plain) > 4 * LONGEST:
        return ()
    plain = next(_ungendered(plain), plain)
    heading = _HEADING.match(plain)
    if heading:
        return parts(heading[1]) or (heading[1],)
    inner = [piece for bracket in _BRACKET.findall(plain) for piece in _divided(bracket)]
    outer = _divided(_BRACKET.sub(" ", plain))
    names = list(dict.fromkeys(name for name in map(cleaned, [*outer, *inner]) if set(folding.fold(name).split()) - folding.STOP_WORDS))
    return tuple(names) if len(names) > 1 else ()


def is_compound(text: str) -> bool:
    """Return whether a text joins names without blanks, as TCP/IP does: then it is divided only if each of them is known."""
    return bool(_COMPOUND.search(text))


def pieces(text: str) -> list[str]:
    """Return the entries of a list in a text: lines, and what commas and semicolons separate outside of brackets."""
    segments, depth, start = [], 0, 0
    for place, character in enumerate(text):
        if character in "([{":
            depth += 1
        elif character in ")]}":
            depth = max(0, depth - 1)
        elif character in "\n\r\u2028\u2029\v\f\x85" or (character in ",;" and not depth and not _decimal(text, place)):
            segments.append(text[start:place])
            depth, start = 0, place + 1
    return [*segments, text[start:]]


def _decimal(text: str, place: int) -> bool:
    return text[place] == "," and text[place - 1 : place].isdigit() and text[place + 1 : place + 2].isdigit()


def _divided(text: str) -> list[str]:
    divided = [piece for piece in _JOIN.split(text) if piece and piece.strip()]
    return divided if all(any(map(str.isalnum, piece)) for piece in divided) else [text]


def _unbracketed(text: str) -> Iterator[str]:
    if any(opening in text for opening in "([{"):
        yield _BRACKET.sub(" ", text).strip()


def _ungendered(text: str) -> Iterator[str]:
    for pattern in (_ENDING, _BRACKETED_ENDING, _INTERNAL):
        if pattern.search(text):
            yield pattern.sub("", text)
    if _GERMAN.search(text):
        yield _GERMAN.sub(r"\1", text)


def _taken(*patterns: re.Pattern[str]) -> Callable[[str], Iterator[str]]:
    """Return the rule that yields the group of each pattern that a text matches."""

    def rule(text: str) -> Iterator[str]:
        for pattern in patterns:
            match = pattern.match(text)
            if match:
                yield next(group for group in match.groups() if group)

    return rule


_RULES: tuple[tuple[str, Callable[[str], Iterator[str]]], ...] = (
    ("gender", _ungendered),
    ("bracket", _unbracketed),
    ("level", _taken(_SEPARATED, _HEADED, _AFTER, _BEFORE, _ABLE)),
    ("version", _taken(_VERSION, _VERSION_LIST)),
    ("seniority", _taken(_SENIORITY)),
)
