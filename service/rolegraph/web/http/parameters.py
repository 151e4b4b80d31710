"""Parameters of the current request, as texts and as whole numbers. What cannot be read is a 400 that names the parameter."""

from flask import request

from rolegraph.errors import BadParameter

DIGITS = 9  # of the longest number that is read
MAXIMUM = 10**DIGITS - 1
_SHOWN = 40  # characters of a wrong number that the error repeats


def text(name: str) -> str:
    """Return the value of a parameter, or an empty text.

    :raises BadParameter: for more than one value
    """
    values = [value.strip() for value in request.values.getlist(name) if value.strip()]
    if len(values) > 1:
        raise BadParameter(name, f"{name} is given {len(values)} times", expected="one value")
    return values[0] if values else ""


def role(name: str) -> str:
    """Return the text of a parameter that has to name a role.

    :raises BadParameter: where it is missing, or given more than once
    """
    value = text(name)
    if not value:
        raise BadParameter(name, f"{name} is missing", expected="one role as name, slug, CURIE or IRI, such as ai-architect")
    return value


def number(name: str, default: int, maximum: int = MAXIMUM) -> int:
    """Return the whole number from 1 that a parameter holds, or the default where it is missing.

    :raises BadParameter: for anything else, or a number over the maximum
    """
    value = text(name)
    return whole_number(name, value, 1, maximum) if value else default


def whole_number(name: str, value: str, minimum: int, maximum: int, expected: str = "") -> int:
    """Return the whole number that the value of a parameter is.

    :param expected: what the error says is accepted, in place of the range
    :raises BadParameter: for anything but plain digits, and for a number out of the range
    """
    if not (value.isascii() and value.isdecimal() and len(value) <= DIGITS and minimum <= int(value) <= maximum):
        shown = value if len(value) <= _SHOWN else value[:_SHOWN] + "…"
        accepted = f"a whole number from {minimum} to {maximum}"
        raise BadParameter(name, f"{name} must be {expected or accepted}, not {shown!r}", expected=expected or accepted)
    return int(value)
