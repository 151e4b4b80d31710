"""Checks that every format can express a term, so that each stored graph can be serialised in all of them."""

import re
from functools import lru_cache
from xml.parsers import expat

from rolegraph import terms
from rolegraph.errors import UnreadableInput

DIGITS = 100  # characters of a number
EXPONENT = 4  # digits of an exponent: a double has at most three

# characters that XML 1.0 does not allow, not even escaped, and noncharacters, which are not for interchange
_LAST_OF_PLANES = "".join(chr(0xFFFE + (plane << 16)) + chr(0xFFFF + (plane << 16)) for plane in range(17))
_UNWRITABLE = re.compile(f"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufdd0-\ufdef{_LAST_OF_PLANES}]")
_XSD = "http://www.w3.org/2001/XMLSchema#"
_NUMBERS = frozenset(
    _XSD + name
    for name in (
        *("decimal", "integer", "double", "float", "nonPositiveInteger", "negativeInteger", "long", "int", "short", "byte"),
        *("nonNegativeInteger", "unsignedLong", "unsignedInt", "unsignedShort", "unsignedByte", "positiveInteger"),
    )
)
_LARGE_EXPONENT = re.compile(rf"[eE][+-]?[0-9]{{{EXPONENT},}}")

# RDF/XML writes a property as the name of an element, so the end of its IRI must be an XML name
_STARTS = (
    "A-Z_a-z\xc0-\xd6\xd8-\xf6\xf8-\u02ff\u0370-\u037d\u037f-\u1fff\u200c-\u200d\u2070-\u218f"
    "\u2c00-\u2fef\u3001-\ud7ff\uf900-\ufdcf\ufdf0-\ufffd\U00010000-\U000effff"
)
_START = re.compile(f"[{_STARTS}]")
_INSIDE = re.compile(f"[{_STARTS}.0-9\xb7\u0300-\u036f\u203f-\u2040-]")
_RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
# names with another meaning as an element of RDF/XML
_SYNTAX = frozenset(
    _RDF + name
    for name in (
        *("RDF", "ID", "about", "parseType", "resource", "nodeID", "datatype", "Description", "li"),
        *("aboutEach", "aboutEachPrefix", "bagID"),
    )
)
_XMLNS = "http://www.w3.org/2000/xmlns/"


def refuse_literal(subject: str, predicate: str, text: str, datatype: str | None) -> None:
    """Refuse a literal that some format cannot express.

    :param subject: the subject of its triple, for the error; so is ``predicate``
    :param datatype: the IRI of its datatype, None if it has a language
    :raises UnreadableInput: with the triple and the reason
    """
    fault = fault_of_text(text) or fault_of_number(text, datatype)
    if fault:
        raise _refused(fault, subject, predicate)


def refuse_property(subject: str, predicate: str) -> None:
    """Refuse a property that RDF/XML cannot express.

    :raises UnreadableInput: with the triple and the reason
    """
    fault = fault_of_property(predicate)
    if fault:
        raise _refused(fault, subject, predicate)


def _refused(fault: tuple[str, str], subject: str, predicate: str) -> UnreadableInput:
    what, expected = fault
    place = f"{_short(subject)} {_short(predicate)}"
    return UnreadableInput(f"{what}, in the triple {place} …", expected=expected, triple=place)


def fault_of_text(text: str) -> tuple[str, str] | None:
    """Return what is wrong with a text, and what is accepted; None if it is valid."""
    match = _UNWRITABLE.search(text)
    if not match:
        return None
    detail = f"the text contains the character U+{ord(match[0]):04X}, which not every format can express"
    return detail, "characters that XML 1.0 allows"


def fault_of_number(text: str, datatype: str | None) -> tuple[str, str] | None:
    """Return what is wrong with the size of a number, and what is accepted; None if it is valid, or not a number."""
    if datatype not in _NUMBERS:
        return None
    if len(text) > DIGITS:
        return f"the number has {len(text):,} characters", f"up to {DIGITS}"
    if _LARGE_EXPONENT.search(text):
        return "the exponent of the number is too large", f"up to {EXPONENT - 1} digits"
    return None


@lru_cache(maxsize=10_000)
def fault_of_property(iri: str) -> tuple[str, str] | None:
    """Return what is wrong with an IRI as a property, and what is accepted; None if it is valid."""
    if iri in _SYNTAX:
        return f"{terms.shorten(iri)} is part of the syntax of RDF/XML and not a property", "a property"
    if not _ends_in_name(iri) or iri.startswith(_XMLNS):
        return f"the property {_short(iri)} does not end in a name, so RDF/XML cannot write it", "an IRI such as …#tool or …/tool"
    return None


def _ends_in_name(iri: str) -> bool:
    """Return whether an IRI ends in an XML name: the longest one becomes the element, the beginning its namespace."""
    start = len(iri)
    while start and _INSIDE.match(iri[start - 1]):
        start -= 1
    first = next((place for place in range(start, len(iri)) if _START.match(iri[place])), None)
    if first is None:
        return False
    name = iri[first:]
    return name.isascii() or _read_by_expat(name)


def _read_by_expat(name: str) -> bool:
    """Return whether expat, the most common parser, accepts a name: it only knows the letters of the fourth edition of XML 1.0."""
    try:
        expat.ParserCreate("UTF-8").Parse(f"<{name}/>".encode(), True)
    except expat.ExpatError:
        return False
    return True


def _short(text: str) -> str:
    shown = terms.shorten(text) if terms.is_iri(text) else text
    return shown if len(shown) <= DIGITS else f"{shown[:DIGITS]}…"
