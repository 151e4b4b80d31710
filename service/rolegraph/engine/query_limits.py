"""Refuses queries that nest too deeply: the engine works through them by recursion, and one that runs out of stack ends the process."""

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


def refuse_deep(text: str, *, data: bool = False) -> None:
    """Refuse a query or an update whose brackets nest, or whose operators chain, further than the stack of a thread is sure to bear.

    :param data: the text may hold data, in which signs of operators mean nothing
    :raises UnreadableInput: with the line at which it goes too far
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
    """Yield the words, in lower case, and the signs of a query or an update with their places; not literals, IRIs, comments."""
    for token in _TOKEN.finditer(text):
        if not token["skip"]:
            yield token.start(), token.end(), token[0].lower()
