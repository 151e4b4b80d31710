"""Canned queries: SPARQL files with a header that describes them, and parameters in ``VALUES`` blocks.

The header is YAML in lines that start with ``#+``, as in grlc. Each parameter has a ``VALUES ?name { … }`` block with an example
value, so that a file runs unchanged in any SPARQL tool. Binding replaces the content of that block by IRIs; other text of a caller
never becomes part of a query. The queries that the service itself runs are in ``queries/internal``: :mod:`rolegraph.queries.internal`.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import yaml

from rolegraph import resources, terms
from rolegraph.errors import BadParameter, NotFound
from rolegraph.queries import footprint
from rolegraph.queries.footprint import BoundQuery

_HEADER = re.compile(r"^#\+ ?(.*)$", re.MULTILINE)
_BLOCK = r"(VALUES\s+\?{name}\s*\{{)([^{{}}]*)(\}})"
_FORM = re.compile(r"^\s*(SELECT|CONSTRUCT|ASK|DESCRIBE)\b", re.MULTILINE | re.IGNORECASE)
_EXAMPLE = re.compile(r'"([^"]*)"|<([^>]*)>|(\S+)')


@dataclass(frozen=True)
class Parameter:
    """A parameter of a canned query.

    :param kinds: the kinds of things that its values name
    :param example: the values in its ``VALUES`` block
    :param least: the minimum number of values
    :param most: the maximum number of values
    :param default: whether the values of the block are used if the caller gives none
    """

    name: str
    description: str
    kinds: tuple[str, ...]
    example: tuple[str, ...]
    least: int = 1
    most: int = 1
    default: bool = False

    @property
    def expected(self) -> str:
        """The accepted values, as text for error messages."""
        notation = f"name, slug, CURIE or IRI, such as {self.example[0]}"
        if self.most == 1:
            return f"one {' or '.join(self.kinds)} as {notation}"
        return f"{self.least} to {self.most} {self._kinds(self.most)}, each as {notation}"

    def given(self, texts: Sequence[str], parted: "Parted") -> list[str]:
        """Return the values in the texts of a caller, unchanged and without repetition.

        :param texts: the texts of the caller
        :param parted: splits a text with several names
        :raises BadParameter: for too few or too many values
        """
        written = [text.strip() for text in texts]
        if self.most > 1:
            written = [piece for text in written for piece in parted(text, self)]
        values = list(dict.fromkeys(text for text in written if text))
        if self.least <= len(values) <= self.most or (self.default and not values):
            return values
        if not values:
            detail = f"{self.name} is missing"
        else:
            much = "few" if len(values) < self.least else "many"
            detail = f"{self.name} names {len(values)} {self._kinds(len(values))}, which is too {much}"
        raise BadParameter(self.name, detail, expected=self.expected)

    def _kinds(self, count: int) -> str:
        """Return the kinds as text, in the plural if ``count`` is over 1."""
        return " or ".join(terms.KINDS[kind].plural.lower() if count > 1 and kind in terms.KINDS else kind for kind in self.kinds)


@dataclass(frozen=True)
class CannedQuery:
    """A file of ``queries/``: ``question`` is the competency question that it answers, ``number`` the number of that (``CQ-nn``).

    :param reads: what its answer depends on: see :mod:`rolegraph.queries.footprint`
    """

    name: str
    number: str
    question: str
    description: str
    tags: tuple[str, ...]
    parameters: tuple[Parameter, ...]
    text: str
    reads: tuple[footprint.Pattern, ...] | None = None

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

    def bind(self, values: Mapping[str, Sequence[str]]) -> BoundQuery:
        """Return the text of the query with the values of each parameter in its ``VALUES`` block.

        :param values: absolute IRIs by the name of the parameter
        :raises ValueError: for a value that is not an IRI, so that no other text can become part of a query
        """
        text = self.body
        for parameter in self.parameters:
            iris = values.get(parameter.name)
            if iris is None and parameter.default:
                continue
            if not iris:
                raise ValueError(f"{self.name}: {parameter.name} needs IRIs")
            text = fill(text, parameter.name, iris)
        return BoundQuery(text, self.reads if len(values) == len(self.parameters) else None, values)

    def given(self, values: Mapping[str, Sequence[str]], parted: "Parted") -> dict[str, list[str]]:
        """Check the parameters of a caller and return the values of each, unchanged.

        :param values: the texts of the caller by the name of the parameter
        :param parted: splits a text with several names
        :raises BadParameter: for an unknown parameter, and for too few or too many values
        """
        unknown = [name for name in values if name not in {parameter.name for parameter in self.parameters}]
        if unknown:
            names = ", ".join(parameter.name for parameter in self.parameters) or "no parameters"
            raise BadParameter(unknown[0], f"the query {self.name} has no parameter {unknown[0]!r}", expected=names)
        parsed = {parameter.name: parameter.given(values.get(parameter.name, ()), parted) for parameter in self.parameters}
        return {name: texts for name, texts in parsed.items() if texts}


def fill(text: str, name: str, iris: Sequence[str]) -> str:
    """Return a query with IRIs in the ``VALUES`` block of a variable.

    :param text: the text of the query
    :param name: the name of the variable
    :raises ValueError: for a value that is not an IRI, so that no other text can become part of a query
    """
    if not all(terms.is_iri(iri) for iri in iris):
        raise ValueError(f"{name} needs IRIs, not {iris!r}")
    # a valid IRI has no backslash, so it cannot refer to a group of the pattern
    filled = " ".join(f"<{iri}>" for iri in iris)
    return re.sub(_BLOCK.format(name=name), rf"\g<1> {filled} \g<3>", text)


def bind(text: str, name: str, iri: str) -> str:
    """Return a query with an IRI in place of a variable: faster than ``VALUES``, which engines join with all matches of a pattern.

    :param text: the text of the query
    :param name: the name of the variable
    :raises ValueError: for a value that is not an IRI
    """
    if not terms.is_iri(iri):
        raise ValueError(f"{name} needs an IRI, not {iri!r}")
    without = re.sub(_BLOCK.format(name=name), "", text)
    return re.sub(rf"\?{name}\b", lambda _: f"<{iri}>", without)


Parted: TypeAlias = Callable[[str, Parameter], list[str]]
"""Splits a text with comma-separated values of a parameter; needed because labels may contain commas."""


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

        :raises NotFound: with the names of all queries
        """
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
        parameters = tuple(_parameter(name, fields, text) for name, fields in (header.get("parameters") or {}).items())
        return CannedQuery(
            name=path.stem,
            number=header["number"],
            question=header["summary"],
            description=header.get("description", "").strip(),
            tags=tuple(header["tags"]),
            parameters=parameters,
            text=text,
            reads=footprint.patterns(header.get("reads")),
        )
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise ValueError(f"{path}: the header is incomplete: {error}") from error


def _parameter(name: str, fields: Mapping[str, Any], text: str) -> Parameter:
    blocks = {match[2].strip() for match in re.finditer(_BLOCK.format(name=name), text)}
    if len(blocks) != 1:
        raise ValueError(f"the parameter {name} needs a VALUES ?{name} block, with the same values in each place")

    example = tuple(match[1] or match[2] or match[3] for match in _EXAMPLE.finditer(blocks.pop()))
    kinds = fields["type"]
    return Parameter(
        name=name,
        description=fields["description"],
        kinds=tuple([kinds] if isinstance(kinds, str) else kinds),
        example=example,
        least=fields.get("least", 1),
        most=fields.get("most", 1),
        default=fields.get("default", False),
    )
