"""Writes single triples as N-Triples."""

from rolegraph.formats import holding, named

NTRIPLES = named("ntriples", holding("graph"))

_DECIMAL = "http://www.w3.org/2001/XMLSchema#decimal"


def link(subject: str, predicate: str, object_: str) -> str:
    """Return a triple whose object is an IRI."""
    return f"<{subject}> <{predicate}> <{object_}> .\n"


def literal(subject: str, predicate: str, text: str, language: str = "") -> str:
    """Return a triple whose object is a text."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\r", "\\r")
    return f'<{subject}> <{predicate}> "{escaped}"{f"@{language}" if language else ""} .\n'


def decimal(subject: str, predicate: str, number: float) -> str:
    """Return a triple whose object is a number, with up to three decimals."""
    written = f"{number:.3f}".rstrip("0")
    return f'<{subject}> <{predicate}> "{written}{"0" if written.endswith(".") else ""}"^^<{_DECIMAL}> .\n'
