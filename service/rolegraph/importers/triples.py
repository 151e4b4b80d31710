"""Writes triples as N-Triples, line by line, so that no graph has to fit into memory."""

import re
from decimal import Decimal
from pathlib import Path

from rolegraph import terms
from rolegraph.errors import UnreadableInput

# characters that no text of a graph holds, as a class of a pattern: controls but tab and line ends, halves of characters, no characters
CONTROLS = "\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef" + "".join(
    f"{chr(plane + 0xFFFE)}{chr(plane + 0xFFFF)}" for plane in range(0, 0x110000, 0x10000)
)
_HELD = re.compile(f"[{CONTROLS}]")
_ESCAPED = re.compile(r'[\x00-\x1f"\\\x7f]')
_SHORT = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"}
_XSD = "http://www.w3.org/2001/XMLSchema#"


class Triples:
    """A file of N-Triples that is being written. Predicates and objects are named by CURIE or IRI; what is no IRI is refused.

    There are no blank nodes. A triple may be written more than once: a graph is a set. ``count`` tells how many were written.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file = path.open("w", encoding="utf-8", newline="\n")
        self._known: dict[str, str] = {}
        self.count = 0

    def link(self, subject: str, predicate: str, object_: str) -> None:
        """Write a triple that leads to a thing.

        :raises ValueError: for what is no IRI
        """
        known = self._known
        try:
            line = f"{known[subject]} {known[predicate]} {known[object_]} .\n"
        except KeyError:
            line = f"{self._iri(subject)} {self._iri(predicate)} {self._iri(object_)} .\n"
        self._file.write(line)
        self.count += 1

    def types(self, subject: str, *classes: str) -> None:
        """Write what a thing is."""
        for class_ in classes:
            self.link(subject, terms.RDF_TYPE, class_)

    def text(self, subject: str, predicate: str, text: str, language: str = "") -> None:
        """Write a triple that holds text, in a language where one is given.

        :raises UnreadableInput: for a text with a character that some serialisation cannot hold; labels and texts are cleaned of them
        """
        self._literal(subject, predicate, text, f"@{language}" if language else "")

    def number(self, subject: str, predicate: str, number: int | Decimal) -> None:
        """Write a triple that holds a number: an ``xsd:integer`` or an ``xsd:decimal``."""
        self.value(subject, predicate, f"{number:f}" if isinstance(number, Decimal) else str(number), _kind(number))

    def value(self, subject: str, predicate: str, value: str, kind: str) -> None:
        """Write a triple that holds a value of a type of XML Schema, named without its namespace: ``date``, ``gYear``, ``boolean``."""
        self._literal(subject, predicate, value, f"^^<{_XSD}{kind}>")

    def close(self) -> None:
        """Finish the file."""
        self._file.close()

    def _literal(self, subject: str, predicate: str, text: str, kind: str) -> None:
        if not text.isprintable() and (found := _HELD.search(text)):
            detail = f"{subject} has U+{ord(found[0]):04X} in its {predicate}, {text!r}"
            raise UnreadableInput(detail, expected="text without control characters")
        self._file.write(f'{self._iri(subject)} {self._iri(predicate)} "{_escaped(text)}"{kind} .\n')
        self.count += 1

    def _iri(self, name: str) -> str:
        found = self._known.get(name)
        if found is None:
            iri = terms.expand(name) or name
            if not terms.is_iri(iri):
                raise ValueError(f"{name!r} is no IRI")
            found = self._known[name] = f"<{iri}>"
        return found


def _kind(number: int | Decimal) -> str:
    return "decimal" if isinstance(number, Decimal) else "integer"


def _escaped(text: str) -> str:
    if text.isprintable() and '"' not in text and "\\" not in text:  # nearly all are, and looking is quicker than replacing
        return text
    return _ESCAPED.sub(_escape, text)


def _escape(match: re.Match[str]) -> str:
    return _SHORT.get(match[0]) or f"\\u{ord(match[0]):04X}"
