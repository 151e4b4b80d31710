"""Refuses queries that nest too deeply: the engine works through them by recursion, and one that runs out of stack ends the process."""

import re

from rolegraph.errors import UnreadableInput

DEEPEST = 100
MOST_OPERATORS = 1000

_OPENING, _CLOSING = "({[", ")}]"
_TOKEN = re.compile(
    r'(?P<skip>"""(?:[^"\\]|\\.|"(?!""))*"""|\'\'\'(?:[^\'\\]|\\.|\'(?!\'\'))*\'\'\''
    r'|"(?:[^"\\\n]|\\.)*"|\'(?:[^\'\\\n]|\\.)*\'|<[^<>"{}|^`\\\x00-\x20]*>|\#[^\n]*)'
    r"|(?P<word>[^\W\d][\w-]*:?[\w.%:-]*|[?$]\w+)"
    r"|(?P<sign><<|>>|[-+*/|&!^=<>]|[({\[\])}])",
    re.DOTALL,
)
_CHAINING = {"union", "optional", "minus", "bind", "filter", "graph", "exists", "not", "in", "service", "values", "select"}


def refuse_deep(text: str) -> None:
    """Refuse a query whose brackets nest, or whose operators chain, further than the stack of a thread is sure to bear.

    :raises UnreadableInput: with the line at which it goes too far
    """
    depth = operators = 0
    for token in _TOKEN.finditer(text):
        if token["skip"]:
            continue
        sign = token["sign"] or ""
        depth += (sign in _OPENING or sign == "<<") if sign else 0
        depth -= (sign in _CLOSING or sign == ">>") if sign else 0
        operators += token["word"].lower() in _CHAINING if token["word"] else sign not in _OPENING + _CLOSING
        if depth > DEEPEST or operators > MOST_OPERATORS:
            detail = "the query is nested too deeply" if depth > DEEPEST else "the query chains too many operators"
            expected = f"at most {DEEPEST} levels of brackets and {MOST_OPERATORS} operators"
            raise UnreadableInput(detail, line=text.count("\n", 0, token.start()) + 1, expected=expected)
