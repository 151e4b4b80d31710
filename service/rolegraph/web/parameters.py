"""Numbers in the parameters of requests."""

from rolegraph.errors import BadParameter

DIGITS = 9  # of the longest number that is taken: no other is even read
MOST = 10**DIGITS - 1
_SHOWN = 40  # letters of a wrong one that are told


def number(name: str, text: str, least: int, most: int, expected: str = "") -> int:
    """Return the number that the value of a parameter is.

    :raises BadParameter: for what is none in plain digits, or out of bounds
    """
    if not (text.isascii() and text.isdecimal() and len(text) <= DIGITS and least <= int(text) <= most):
        shown = text if len(text) <= _SHOWN else text[:_SHOWN] + "…"
        raise BadParameter(name, f"{shown!r} is no number that {name} takes", expected=expected or f"a number from {least} to {most}")
    return int(text)
