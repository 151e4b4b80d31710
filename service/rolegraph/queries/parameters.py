"""The parameters of canned queries: their values are things of the graph, or literals of a form that is safe in a query."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from rolegraph import terms
from rolegraph.errors import BadParameter

_BLOCK = r"(VALUES\s+\?{name}\s*\{{)([^{{}}]*)(\}})"
_LIMIT = r"(\bLIMIT\b)(\s+[0-9]+)()"
LIMIT = "most"
"""The name of the parameter whose value stands behind ``LIMIT``, where SPARQL takes no variable."""
_EXAMPLE = re.compile(r'"([^"]*)"|<([^>]*)>|(\S+)')


def block(name: str) -> str:
    """Return the pattern of the place for the values of a parameter: three groups, of which the second holds them."""
    return _LIMIT if name == LIMIT else _BLOCK.format(name=name)


@dataclass(frozen=True)
class Literal:
    """A form of values that are no things: ``quote`` stands around a value in a query."""

    form: re.Pattern[str]
    expected: str
    quote: str = '"'


LITERALS = {
    "language": Literal(re.compile(r"[A-Za-z]{1,8}(?:-[A-Za-z0-9]{1,8})*"), "a language tag, such as en, de or pt-BR"),
    "number": Literal(re.compile(r"[0-9]{1,9}"), "a whole number, such as 5", ""),
    "code": Literal(re.compile(r"[A-Za-z0-9][A-Za-z0-9.:/_-]{0,199}"), "a code or IRI of ESCO, O*NET or ISCO, such as 15-1252.00"),
}
"""The forms of literals by the type that a header names."""


@dataclass(frozen=True)
class Parameter:
    """A parameter of a canned query.

    :param kinds: the kinds of things that its values name, or one of :data:`LITERALS`
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
        if self.literal:
            return self.literal.expected
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

    @property
    def literal(self) -> Literal | None:
        """How the values are written if they name no things."""
        return LITERALS.get(self.kinds[0])

    def written(self, value: str) -> str:
        """Return a value as it stands in a query.

        :raises ValueError: for a value that is not what the parameter takes
        """
        if self.literal:
            if not self.literal.form.fullmatch(value):
                raise ValueError(f"{self.name} needs {self.literal.expected}, not {value!r}")
            return self.literal.quote + value + self.literal.quote
        if not terms.is_iri(value):
            raise ValueError(f"{self.name} needs an IRI, not {value!r}")
        return f"<{value}>"

    @classmethod
    def from_header(cls, name: str, fields: Mapping[str, Any], text: str) -> "Parameter":
        """Return the parameter that a header describes and a ``VALUES`` block of the text, or its ``LIMIT``, gives an example of.

        :raises ValueError: if there is no such block, or several differ
        """
        blocks = {match[2].strip() for match in re.finditer(block(name), text)}
        if len(blocks) != 1:
            raise ValueError(f"the parameter {name} needs a VALUES ?{name} block, or LIMIT for {LIMIT}, with the same values in each place")
        example = tuple(match[1] or match[2] or match[3] for match in _EXAMPLE.finditer(blocks.pop()))
        kinds = fields["type"]
        return cls(
            name=name,
            description=fields["description"],
            kinds=tuple([kinds] if isinstance(kinds, str) else kinds),
            example=example,
            least=fields.get("least", 1),
            most=fields.get("most", 1),
            default=fields.get("default", False),
        )

    def _kinds(self, count: int) -> str:
        """Return the kinds as text, in the plural if ``count`` is over 1."""
        return " or ".join(terms.KINDS[kind].plural.lower() if count > 1 and kind in terms.KINDS else kind for kind in self.kinds)


Parted: TypeAlias = Callable[[str, Parameter], list[str]]
"""Splits a text with comma-separated values of a parameter; needed because labels may contain commas."""
