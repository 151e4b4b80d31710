"""Cleans the text of cells. Every change is reported."""

import html
import re
import unicodedata

from rolegraph.importers.reports import ImportReport
from rolegraph.importers.triples import CONTROLS

# the joiners U+200C and U+200D are part of the spelling in Arabic and Indic scripts, and stray elsewhere
_INVISIBLE = re.compile("[\u00ad\u034f\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff]|(?<![\u0600-\u0dff])[\u200c\u200d]")
# control characters except tab and line ends, surrogates and noncharacters; XML does not allow some of them
_CONTROL = re.compile(f"[{CONTROLS}]")
_ODD_SPACE = re.compile("[\t\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]")
_TAG = re.compile(r"</?[A-Za-z][^<>]*>")
# UTF-8 that was decoded as Windows-1252 or Latin-1: é, a no-break space, a quotation mark
_HIGH = "\x80-\xbf" + bytes({*range(0x80, 0xA0)} - {0x81, 0x8D, 0x8F, 0x90, 0x9D}).decode("cp1252")
_MOJIBAKE = re.compile(f"\xc3[{_HIGH}]|\xc2[\x80-\xbf]|\xe2[\x80\u20ac][{_HIGH}]")
_ENTITY = re.compile(r"&(?:[A-Za-z][A-Za-z0-9]{1,30}|#[0-9]{1,7}|#[xX][0-9A-Fa-f]{1,6});")
_CONTEXT = 30  # characters that a remark shows on each side of a match
_RULES = (("control characters", _CONTROL, ""), ("invisible characters", _INVISIBLE, ""), ("unusual white space", _ODD_SPACE, " "))


class Cleaner:
    """Cleans the cells of one file and reports each change, once per cell and rule."""

    def __init__(self, report: ImportReport, file: str) -> None:
        self._report = report
        self._file = file

    def label(self, text: str, line: int) -> str:
        """Return a label on one line, without invisible characters, surrounding white space, and doubled or unusual blanks."""
        if text.isascii() and text.isprintable() and "&" not in text and "  " not in text and text[:1] != " " and text[-1:] != " ":
            return text
        return self._collapsed(text, " ".join(self._plain(text, line).split()), line)

    def prose(self, text: str, line: int) -> str:
        """Return a text without HTML tags, whose paragraphs are separated by line feeds and cleaned like labels."""
        plain = text
        if "<" in text and _TAG.search(text):
            plain = _TAG.sub("", text)
            self._report.fix("markup", self._file, line, f"{_short(text)} was read as {_short(plain)}")
        plain = self._plain(plain, line).replace("\r\n", "\n").replace("\r", "\n")
        lines = [" ".join(part.split()) for part in plain.split("\n")]
        clean = re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()
        if clean and clean != plain:
            self._report.fix("white space", self._file, line, f"white space of a text was normalised: {_short(clean)}")
        return clean

    def _plain(self, text: str, line: int) -> str:
        if text.isascii() and "&" not in text and "\t" not in text and not _CONTROL.search(text):
            return text
        if _ENTITY.search(text):
            decoded = _ENTITY.sub(lambda match: html.unescape(match[0]), text)
            self._report.fix("character reference", self._file, line, f"{_short(text)} was read as {_short(decoded)}")
            text = decoded
        if match := _MOJIBAKE.search(text):
            detail = f"{_around(match)} looks like UTF-8 decoded with another encoding; it was not changed"
            self._report.note("mojibake", self._file, line, detail)
        for rule, pattern, replacement in _RULES:
            if match := pattern.search(text):
                which = ", ".join(sorted({f"U+{ord(character):04X}" for character in pattern.findall(text)}))
                self._report.fix(rule, self._file, line, f"{which} in {_around(match)}")
                text = pattern.sub(replacement, text)
        return unicodedata.normalize("NFC", text)

    def _collapsed(self, text: str, clean: str, line: int) -> str:
        plain = _ODD_SPACE.sub(" ", _INVISIBLE.sub("", _CONTROL.sub("", text)))
        if clean and (plain != plain.strip() or "  " in plain):
            self._report.fix("white space", self._file, line, f"{_short(text)} was read as {_short(clean)}")
        return clean


def _around(match: re.Match[str]) -> str:
    """Return a match with the text around it."""
    start, end = max(0, match.start() - _CONTEXT), match.end() + _CONTEXT
    return repr(("…" if start else "") + match.string[start:end] + ("…" if end < len(match.string) else ""))


def _short(text: str) -> str:
    return repr(text if len(text) <= 80 else text[:79] + "…")
