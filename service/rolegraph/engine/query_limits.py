"""Reads the text of queries without a parser, and limits their nesting: Oxigraph processes them recursively, and a stack overflow ends
the process.
"""

import re
from collections.abc import Iterator

from rolegraph.errors import UnreadableInput

DEEPEST = 100
MOST_OPERATORS = 1000

_OPENING, _CLOSING = {"(", "{", "[", "<<"}, {")", "}", "]", ">>"}
_SIGNS = set("-+*/|&!^=<>")
_TOKEN = re.compile(
    r'(?P<skip>"""(?:[^"\\]|\\.|"(?!""))*"""|\'\'\'(?:[^\'\\]|\\.|\'(?!\'\'))*\'\'\''
    r'|"(?:[^"\\\n]|\\.)*"|\'(?:[^\'\\\n]|\\.)*\'|<[^<>"{}|^`\\\x00-\x20]*>|\#[^\n]*)'
    r"|(?P<word>[^\W\d][\w-]*:?[\w.%:-]*|[?$]\w+)"
    r"|(?P<sign><<|>>|[-+*/|&!^=<>]|[({\[\])}])",
    re.DOTALL,
)
_CHAINING = {"union", "optional", "minus", "bind", "filter", "graph", "exists", "not", "in", "service", "values", "select"}
_ESCAPE = re.compile(r"\\u([0-9A-Fa-f]{4})|\\U([0-9A-Fa-f]{8})")


class Unreadable(Exception):
    """The text cannot be analysed: it is SPARQL 1.2, or not valid."""


def plain(text: str) -> str:
    """Return a text with its code point escapes resolved, since these can hide a keyword."""
    return _ESCAPE.sub(_character, text)


def refuse_deep(text: str, *, data: bool = False) -> None:
    """Refuse a query or an update with so many nested brackets or chained operators that the stack of a thread may overflow.

    :param data: the text may contain data, whose signs are not operators: only brackets are counted
    :raises UnreadableInput: with the line at which the limit is passed
    """
    depth = operators = 0
    for start, _, token in tokens(text):
        depth += (token in _OPENING) - (token in _CLOSING)
        operators += not data and (token in _CHAINING or token in _SIGNS)
        if depth > DEEPEST or operators > MOST_OPERATORS:
            detail = "the query is nested too deeply" if depth > DEEPEST else "the query chains too many operators"
            expected = f"at most {DEEPEST} levels of brackets and {MOST_OPERATORS} operators"
            raise UnreadableInput(detail, line=text.count("\n", 0, start) + 1, expected=expected)


def tokens(text: str) -> Iterator[tuple[int, int, str]]:
    """Yield (start, end, token) for the words, in lower case, and the signs of a query or an update; not for literals, IRIs, comments."""
    for token in _TOKEN.finditer(text):
        if not token["skip"]:
            yield token.start(), token.end(), token[0].lower()


def _character(match: re.Match[str]) -> str:
    code = int(match[1] or match[2], 16)
    return chr(code) if code <= 0x10FFFF else match[0]
