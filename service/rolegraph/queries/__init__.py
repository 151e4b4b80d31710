"""Canned queries: SPARQL files with a described header, whose ``VALUES`` blocks take the caller's parameters.

A file starts with lines of ``#+``, YAML in the convention of grlc, and holds one ``VALUES ?name { … }`` block per
parameter with an example value, so it runs unchanged in any SPARQL tool. Binding replaces what stands in that block
by terms; a caller's text never becomes part of a query.

The queries that the service asks for itself lie in ``queries/internal``; see :mod:`rolegraph.queries.internal`.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import yaml

from rolegraph import resources, terms
from rolegraph.errors import BadParameter, NotFound

_HEADER = re.compile(r"^#\+ ?(.*)$", re.MULTILINE)
_BLOCK = r"(VALUES\s+\?{name}\s*\{{)([^{{}}]*)(\}})"
_FORM = re.compile(r"^\s*(SELECT|CONSTRUCT|ASK|DESCRIBE)\b", re.MULTILINE | re.IGNORECASE)
_EXAMPLE = re.compile(r'"([^"]*)"|<([^>]*)>|(\S+)')


@dataclass(frozen=True)
class Parameter:
    """One parameter: ``kinds`` are the kinds of thing that it names; it takes ``least`` to ``most`` values.

    ``default`` tells that the values of the block hold where the caller gives none.
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
        """What a value may be, in words."""
        means = f"name, slug, CURIE or IRI, such as {self.example[0]}"
        if self.most == 1:
            return f"one {' or '.join(self.kinds)} as {means}"
        return f"{self.least} to {self.most} {self._kinds(self.most)}, each as {means}"

    def given(self, texts: Sequence[str], parted: "Parted") -> list[str]:
        """Return the values that a caller gave, each once, as written.

        :param parted: returns the names that a text holds, with commas between them
        :raises BadParameter: for too few or too many
        """
        written = [text.strip() for text in texts]
        if self.most > 1:
            written = [piece for text in written for piece in parted(text, self)]
        found = list(dict.fromkeys(text for text in written if text))
        if self.least <= len(found) <= self.most or (self.default and not found):
            return found
        if not found:
            detail = f"{self.name} is missing"
        else:
            much = "few" if len(found) < self.least else "many"
            detail = f"{self.name} names {len(found)} {self._kinds(len(found))}, which is too {much}"
        raise BadParameter(self.name, detail, expected=self.expected)

    def _kinds(self, count: int) -> str:
        """Return what so many values are, in words."""
        return " or ".join(terms.KINDS[kind].plural.lower() if count > 1 and kind in terms.KINDS else kind for kind in self.kinds)


@dataclass(frozen=True)
class CannedQuery:
    """One file of ``queries/``: ``question`` is the competency question it answers, ``number`` its ``CQ-nn``."""

    name: str
    number: str
    question: str
    description: str
    tags: tuple[str, ...]
    parameters: tuple[Parameter, ...]
    text: str

    def as_dict(self) -> dict[str, Any]:
        """Return what it asks, and what it takes, for JSON."""
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
        found = {"name": self.name, "number": self.number, "question": self.question, "description": self.description}
        return {**found, "tags": list(self.tags), "holds": self.holds, "parameters": parameters}

    @property
    def body(self) -> str:
        """The query without its header."""
        return without_header(self.text)

    @property
    def holds(self) -> str:
        """What the answer is: ``table`` or ``graph``."""
        form = _FORM.search(self.body)
        return "table" if form and form[1].upper() in ("SELECT", "ASK") else "graph"

    def bind(self, values: Mapping[str, Sequence[str]]) -> str:
        """Return the query with the IRIs of each parameter in its block.

        :param values: per parameter, absolute IRIs that were checked
        :raises ValueError: for what is no IRI, so that nothing else can ever reach the text of a query
        """
        text = self.body
        for parameter in self.parameters:
            iris = values.get(parameter.name)
            if iris is None and parameter.default:
                continue
            if not iris:
                raise ValueError(f"{self.name}: {parameter.name} needs IRIs")
            text = fill(text, parameter.name, iris)
        return text

    def given(self, values: Mapping[str, Sequence[str]], parted: "Parted") -> dict[str, list[str]]:
        """Check the names and numbers of a caller's values and return those of each parameter, still as written.

        A single value may hold several, where the parameter takes several: ``parted`` returns them.

        :raises BadParameter: for an unknown, missing or surplus one
        """
        unknown = [name for name in values if name not in {parameter.name for parameter in self.parameters}]
        if unknown:
            known = ", ".join(parameter.name for parameter in self.parameters) or "no parameters"
            raise BadParameter(unknown[0], f"the query {self.name} has no parameter {unknown[0]!r}", expected=known)
        given = {parameter.name: parameter.given(values.get(parameter.name, ()), parted) for parameter in self.parameters}
        return {name: found for name, found in given.items() if found}


def fill(text: str, name: str, iris: Sequence[str]) -> str:
    """Return a query with IRIs in its ``VALUES`` block for the variable of that name.

    :raises ValueError: for what is no IRI, so that nothing else can ever reach the text of a query
    """
    if not all(terms.is_iri(iri) for iri in iris):
        raise ValueError(f"{name} needs IRIs, not {iris!r}")
    # an IRI that passed the check holds no backslash, so it cannot refer to a group of the pattern
    filled = " ".join(f"<{iri}>" for iri in iris)
    return re.sub(_BLOCK.format(name=name), rf"\g<1> {filled} \g<3>", text)


def bind(text: str, name: str, iri: str) -> str:
    """Return a query with one IRI in place of a variable, which engines follow up where they would join what ``VALUES`` gives.

    :raises ValueError: for what is no IRI
    """
    if not terms.is_iri(iri):
        raise ValueError(f"{name} needs an IRI, not {iri!r}")
    without = re.sub(_BLOCK.format(name=name), "", text)
    return re.sub(rf"\?{name}\b", lambda _: f"<{iri}>", without)


Parted: TypeAlias = Callable[[str, Parameter], list[str]]
"""Returns the values of a parameter that a text holds, with commas between them."""


def pieces(text: str) -> list[str]:
    """Return what stands between the commas of a text."""
    return [piece for part in text.split(",") if (piece := part.strip())]


def plain(text: str) -> bool:
    """Tell whether a text is a slug, a CURIE or an IRI, and not a label."""
    return bool(terms.SLUG.fullmatch(text) or terms.expand(text) or terms.is_iri(text))


class QueryCatalogue:
    """The canned queries of a folder, by name, in the order of their numbers."""

    def __init__(self, paths: Sequence[Path] | None = None) -> None:
        found = paths if paths is not None else resources.files("queries", "*.rq")
        self._queries = {query.name: query for query in sorted(map(read, found), key=lambda query: (query.number, query.name))}

    def __iter__(self) -> Iterator[CannedQuery]:
        return iter(self._queries.values())

    def get(self, name: str) -> CannedQuery:
        """Return a query by its name.

        :raises NotFound: naming the queries that there are
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
    """Read one file.

    :raises ValueError: naming the file, for a header without what it needs, or a parameter without its block
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
        )
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise ValueError(f"{path}: the header is incomplete: {error}") from error


def _parameter(name: str, fields: Mapping[str, Any], text: str) -> Parameter:
    blocks = {match[2].strip() for match in re.finditer(_BLOCK.format(name=name), text)}
    if len(blocks) != 1:
        raise ValueError(f"the parameter {name} needs a VALUES ?{name} block, the same wherever it stands")
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
