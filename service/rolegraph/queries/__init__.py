"""Canned queries: SPARQL files with a header that describes them, and parameters in ``VALUES`` blocks.

The header is YAML in lines that start with ``#+``, as in grlc. Each parameter has a ``VALUES ?name { … }`` block with an example
value, so that a file runs unchanged in any SPARQL tool. Binding replaces the content of that block by IRIs; other text of a caller
never becomes part of a query. The queries that the service itself runs are in ``queries/internal``: :mod:`rolegraph.queries.internal`.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from rolegraph import resources, terms
from rolegraph.errors import BadParameter, NotFound
from rolegraph.queries.parameters import Parameter, Parted, block

_HEADER = re.compile(r"^#\+ ?(.*)$", re.MULTILINE)
REPLACED = {
    "agreement": "said-by-several; the analysis at /agreement says how far the sources agree",
    "gap": "items-missing; the analysis at /gap says what is covered, nearly covered or missing",
}
"""What took the place of a query, by its old name."""

_FORM = re.compile(r"^\s*(SELECT|CONSTRUCT|ASK|DESCRIBE)\b", re.MULTILINE | re.IGNORECASE)


@dataclass(frozen=True)
class CannedQuery:
    """A file of ``queries/``: ``question`` is the competency question that it answers, ``number`` the number of that (``CQ-nn``)."""

    name: str
    number: str
    question: str
    description: str
    tags: tuple[str, ...]
    parameters: tuple[Parameter, ...]
    text: str

    def as_dict(self) -> dict[str, Any]:
        """Return the description of the query and its parameters as JSON."""
        parameters = [
            {
                "name": parameter.name,
                "description": parameter.description,
                "kinds": list(parameter.kinds),
                "least": parameter.least,
                "most": parameter.most,
                "example": list(parameter.example),
            }
            for parameter in self.parameters
        ]
        description = {"name": self.name, "number": self.number, "question": self.question, "description": self.description}
        return {**description, "tags": list(self.tags), "holds": self.holds, "parameters": parameters}

    @property
    def body(self) -> str:
        """The query without its header."""
        return without_header(self.text)

    @property
    def holds(self) -> str:
        """The kind of the answer: ``table`` or ``graph``."""
        form = _FORM.search(self.body)
        return "table" if form and form[1].upper() in ("SELECT", "ASK") else "graph"

    def bind(self, values: Mapping[str, Sequence[str]]) -> str:
        """Return the text of the query with the values of each parameter in its ``VALUES`` block.

        :param values: absolute IRIs, or literals such as language tags, by the name of the parameter; with none at all the query
            keeps the values of its example
        :raises ValueError: for a value that is neither, so that no other text can become part of a query
        """
        text = self.body
        for parameter in self.parameters if values else ():
            bound = values.get(parameter.name)
            if bound is None and parameter.default:
                continue
            if not bound:
                raise ValueError(f"{self.name}: {parameter.name} needs a value")
            text = fill(text, parameter.name, [parameter.written(value) for value in bound])
        return text

    def given(self, values: Mapping[str, Sequence[str]], parted: "Parted") -> dict[str, list[str]]:
        """Check the parameters of a caller and return the values of each, unchanged; nothing, where the caller gives none.

        :param values: the texts of the caller by the name of the parameter
        :param parted: splits a text with several names
        :raises BadParameter: for an unknown parameter, and for too few or too many values
        """
        unknown = [name for name in values if name not in {parameter.name for parameter in self.parameters}]
        if unknown:
            names = ", ".join(parameter.name for parameter in self.parameters) or "no parameters"
            raise BadParameter(unknown[0], f"the query {self.name} has no parameter {unknown[0]!r}", expected=names)
        if not values:
            return {}
        parsed = {parameter.name: parameter.given(values.get(parameter.name, ()), parted) for parameter in self.parameters}
        return {name: texts for name, texts in parsed.items() if texts}


def fill(text: str, name: str, written: Sequence[str]) -> str:
    """Return a query with terms, written as in SPARQL, in the ``VALUES`` block of a variable.

    :param text: the text of the query
    :param name: the name of the variable
    """
    # no IRI, language tag, number or code has a backslash, so none can refer to a group of the pattern
    filled = " ".join(written)
    return re.sub(block(name), rf"\g<1> {filled} \g<3>", text)


def bind(text: str, name: str, iri: str) -> str:
    """Return a query with an IRI in place of a variable: faster than ``VALUES``, which engines join with all matches of a pattern.

    :param text: the text of the query
    :param name: the name of the variable
    :raises ValueError: for a value that is not an IRI
    """
    if not terms.is_iri(iri):
        raise ValueError(f"{name} needs an IRI, not {iri!r}")
    without = re.sub(block(name), "", text)
    return re.sub(rf"\?{name}\b", lambda _: f"<{iri}>", without)


def pieces(text: str) -> list[str]:
    """Split a text at commas; empty parts are dropped."""
    return [piece for part in text.split(",") if (piece := part.strip())]


def plain(text: str) -> bool:
    """Return whether a text is a slug, a CURIE or an IRI, and not a label."""
    return bool(terms.SLUG.fullmatch(text) or terms.expand(text) or terms.is_iri(text))


class QueryCatalogue:
    """The canned queries of a folder, by name, in the order of their numbers."""

    def __init__(self, paths: Sequence[Path] | None = None) -> None:
        files = paths if paths is not None else resources.files("queries", "*.rq")
        self._queries = {query.name: query for query in sorted(map(read, files), key=lambda query: (query.number, query.name))}

    def __iter__(self) -> Iterator[CannedQuery]:
        return iter(self._queries.values())

    def get(self, name: str) -> CannedQuery:
        """Return a query by its name.

        :raises NotFound: with the names of all queries, or of what took the place of the query
        """
        if name in REPLACED:
            raise NotFound(f"there is no canned query {name!r} any more: use {REPLACED[name]}", expected=REPLACED[name].split(";")[0])
        if name not in self._queries:
            raise NotFound(f"there is no canned query {name!r}", expected=", ".join(self._queries))
        return self._queries[name]


def header_of(text: str) -> dict[str, Any]:
    """Return what the header of a file says."""
    header: dict[str, Any] = yaml.safe_load("\n".join(_HEADER.findall(text)))
    return header


def without_header(text: str) -> str:
    """Return the query that a file holds."""
    return _HEADER.sub("", text).strip() + "\n"


def read(path: Path) -> CannedQuery:
    """Read a file of ``queries/``.

    :raises ValueError: with the path, for an incomplete header, or a parameter without its ``VALUES`` block
    """
    text = path.read_text(encoding="utf-8")
    header = header_of(text)
    try:
        parameters = tuple(Parameter.from_header(name, fields, text) for name, fields in (header.get("parameters") or {}).items())
        return CannedQuery(
            name=path.stem,
            number=header["number"],
            question=header["summary"],
            description=header.get("description", "").strip(),
            tags=tuple(header["tags"]),
            parameters=parameters,
            text=text,
        )
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise ValueError(f"{path}: the header is incomplete: {error}") from error
