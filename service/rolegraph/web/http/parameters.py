"""Parameters of the current request, as texts and whole numbers. Errors name the parameter."""

from collections.abc import Sequence

from flask import request

from rolegraph.errors import BadParameter

DIGITS = 9  # most digits of a number
MAXIMUM = 10**DIGITS - 1
_SHOWN = 40  # most characters of a wrong value in an error


def text(name: str) -> str:
    """Return the value of a parameter, or ''.

    :raises BadParameter: for more than one value
    """
    values = [value.strip() for value in request.values.getlist(name) if value.strip()]
    if len(values) > 1:
        raise BadParameter(name, f"{name} is given {len(values)} times", expected="one value")
    return values[0] if values else ""


def role(name: str) -> str:
    """Return the text of a required parameter that names a role.

    :raises BadParameter: if it is missing, or given more than once
    """
    value = text(name)
    if not value:
        raise BadParameter(name, f"{name} is missing", expected="one role as name, slug, CURIE or IRI, such as ai-architect")
    return value


def chosen(name: str, choices: Sequence[str], default: str) -> str:
    """Return the value of a parameter, which is one of some, or the default if it is missing.

    :raises BadParameter: for any other value
    """
    value = text(name) or default
    if value not in choices:
        shown = value if len(value) <= _SHOWN else value[:_SHOWN] + "…"
        raise BadParameter(name, f"{name} must be one of {', '.join(choices)}, not {shown!r}", expected=" or ".join(choices))
    return value


def number(name: str, default: int, maximum: int = MAXIMUM) -> int:
    """Return the value of a parameter as a whole number from 1 to ``maximum``, or the default if it is missing.

    :raises BadParameter: for any other value
    """
    value = text(name)
    return whole_number(name, value, 1, maximum) if value else default


def whole_number(name: str, value: str, minimum: int, maximum: int, expected: str = "") -> int:
    """Return a text as a whole number.

    :param name: name of the parameter, for errors
    :param expected: the accepted values, for errors, in place of the range
    :raises BadParameter: for a text that is not plain digits, or a number out of range
    """
    if not (value.isascii() and value.isdecimal() and len(value) <= DIGITS and minimum <= int(value) <= maximum):
        shown = value if len(value) <= _SHOWN else value[:_SHOWN] + "…"
        accepted = f"a whole number from {minimum} to {maximum}"
        raise BadParameter(name, f"{name} must be {expected or accepted}, not {shown!r}", expected=expected or accepted)
    return int(value)
