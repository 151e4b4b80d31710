"""Splits a look-up whose answer passes the row limit of an endpoint into several look-ups with the same rows in total.

A digest of its values assigns each row to one of them. So no order is needed, which servers do not keep between requests.
"""

import re
from typing import NamedTuple

DIGITS = "0123456789abcdef"
DEEPEST = 3  # digits of the digest: at most 4,096 parts

_PROLOGUE = re.compile(r"(?:\s|#[^\n]*(?:\n|$)|PREFIX\s+[^\s:]*:\s*<[^>]*>)*", re.IGNORECASE)
_HEADER = re.compile(r"SELECT\b(.*?)(?:\bWHERE\b\s*)?\{", re.IGNORECASE | re.DOTALL)
_ORDERED = re.compile(r"\b(?:ORDER|LIMIT|OFFSET)\b", re.IGNORECASE)
_VARIABLE = re.compile(r"[?$](\w+)")


class Part(NamedTuple):
    """The rows of a look-up whose digest begins with one of these digits at each place."""

    prologue: str
    text: str
    variables: tuple[str, ...]
    digits: tuple[str, ...] = (DIGITS,)

    @classmethod
    def from_lookup(cls, text: str) -> "Part | None":
        """Return a whole look-up as a part, None if it cannot be split: its rows have no plain variable, or it has an order or a limit."""
        start = len(match[0]) if (match := _PROLOGUE.match(text)) else 0
        header = _HEADER.match(text, start)
        if not header or _ORDERED.search(text[text.rfind("}") :]):
            return None
        variables = tuple(_VARIABLE.findall(_without_expressions(header[1])))
        return cls(text[:start], text[start:], variables) if variables else None

    def halves(self) -> "tuple[Part, Part] | None":
        """Return the two halves of a part, None for a part of the smallest size."""
        *before, last = self.digits
        if len(last) == 1:
            if len(self.digits) == DEEPEST:
                return None
            before, last = [*self.digits], DIGITS
        middle = len(last) // 2
        first, second = (self._replace(digits=(*before, half)) for half in (last[:middle], last[middle:]))
        return first, second

    def query(self) -> str:
        """Return the query for the rows of a part."""
        # plain variables only, as expressions may be long; encoded, as servers differ in the encoding of other characters
        words = ", ".join(f'COALESCE(STR(?{name}), "")' for name in self.variables)
        joined = f'CONCAT({words}, "")'
        digest = f"MD5(ENCODE_FOR_URI({joined}))"
        listed = [", ".join(f'"{digit}"' for digit in digits) for digits in self.digits]
        tests = [f"SUBSTR({digest}, {place}, 1) IN ({digits})" for place, digits in enumerate(listed, 1)]
        return f"{self.prologue}SELECT * {{ {{ {self.text}\n}} FILTER({' && '.join(tests)}) }}"


def _without_expressions(header: str) -> str:
    """Return the projection of a SELECT without the parts in parentheses."""
    depth, plain = 0, []
    for character in header:
        depth += {"(": 1, ")": -1}.get(character, 0)
        plain.append(character if depth == 0 else " ")
    return "".join(plain)
