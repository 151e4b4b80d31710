"""Writes N-Triples line by line, so that a graph need not fit into memory."""

import re
from decimal import Decimal
from pathlib import Path

from rolegraph import terms
from rolegraph.errors import UnreadableInput

# characters that no literal may hold, for a character class: controls except tab and line ends, surrogates, noncharacters
CONTROLS = "\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef" + "".join(
    f"{chr(plane + 0xFFFE)}{chr(plane + 0xFFFF)}" for plane in range(0, 0x110000, 0x10000)
)
_FORBIDDEN = re.compile(f"[{CONTROLS}]")
_ESCAPED = re.compile(r'[\x00-\x1f"\\\x7f]')
_SHORT = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"}
_XSD = "http://www.w3.org/2001/XMLSchema#"


class Triples:
    """A file of N-Triples that is being written. Terms are CURIEs or IRIs; anything else is refused.

    There are no blank nodes. A triple may be written more than once: a graph is a set. ``count`` is the number of triples written.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file = path.open("w", encoding="utf-8", newline="\n")
        self._iris: dict[str, str] = {}
        self.count = 0

    def link(self, subject: str, predicate: str, object_: str) -> None:
        """Write a triple whose object is an IRI.

        :raises ValueError: for a term that is not an IRI
        """
        iris = self._iris
        try:
            line = f"{iris[subject]} {iris[predicate]} {iris[object_]} .\n"
        except KeyError:
            line = f"{self._iri(subject)} {self._iri(predicate)} {self._iri(object_)} .\n"
        self._file.write(line)
        self.count += 1

    def types(self, subject: str, *classes: str) -> None:
        """Write the classes of a thing."""
        for class_ in classes:
            self.link(subject, terms.RDF_TYPE, class_)

    def text(self, subject: str, predicate: str, text: str, language: str = "") -> None:
        """Write a triple with a text, and its language tag if there is one.

        :raises UnreadableInput: for a text with a character that some serialisation cannot hold; a :class:`Cleaner` removes them
        """
        self._literal(subject, predicate, text, f"@{language}" if language else "")

    def number(self, subject: str, predicate: str, number: int | Decimal) -> None:
        """Write a triple with a number: an ``xsd:integer`` or an ``xsd:decimal``."""
        self.value(subject, predicate, f"{number:f}" if isinstance(number, Decimal) else str(number), _kind(number))

    def value(self, subject: str, predicate: str, value: str, kind: str) -> None:
        """Write a triple with a value of an XML Schema datatype, named without its namespace: ``date``, ``gYear``, ``boolean``."""
        self._literal(subject, predicate, value, f"^^<{_XSD}{kind}>")

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def _literal(self, subject: str, predicate: str, text: str, kind: str) -> None:
        if not text.isprintable() and (match := _FORBIDDEN.search(text)):
            detail = f"{subject} has U+{ord(match[0]):04X} in its {predicate}, {text!r}"
            raise UnreadableInput(detail, expected="text without control characters")
        self._file.write(f'{self._iri(subject)} {self._iri(predicate)} "{_escaped(text)}"{kind} .\n')
        self.count += 1

    def _iri(self, name: str) -> str:
        term = self._iris.get(name)
        if term is None:
            iri = terms.expand(name) or name
            if not terms.is_iri(iri):
                raise ValueError(f"{name!r} is not an IRI")
            term = self._iris[name] = f"<{iri}>"
        return term


def _kind(number: int | Decimal) -> str:
    return "decimal" if isinstance(number, Decimal) else "integer"


def _escaped(text: str) -> str:
    if text.isprintable() and '"' not in text and "\\" not in text:  # nearly all texts; the check is quicker than the replacement
        return text
    return _ESCAPED.sub(_escape, text)


def _escape(match: re.Match[str]) -> str:
    return _SHORT.get(match[0]) or f"\\u{ord(match[0]):04X}"
