"""JSON-LD: graphs compacted with the project's context, and roles as schema.org occupations."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import Any

from rolegraph import jsonld_context, terms
from rolegraph.values import Link, Row, Thing

SCHEMA = "https://schema.org/"
CREDENTIALS = ("rg:requiredDegree", "rg:preferredDegree", "rg:certification")
UNITS = {"P1Y": "YEAR", "P1M": "MONTH", "P1W": "WEEK", "P1D": "DAY", "PT1H": "HOUR"}
PERCENTILES = ("percentile10", "percentile25", "median", "percentile75", "percentile90")
ONET = "https://www.onetonline.org/link/summary/"
ESCO = "http://data.europa.eu/esco/"

_WHOLE = re.compile(r"0|-?[1-9][0-9]{0,14}")  # exact in every JSON parser, and written in one way only
_WRITTEN = {"xsd:integer": _WHOLE, "xsd:decimal": _WHOLE, "xsd:gYear": re.compile("[1-9][0-9]{3}"), "xsd:boolean": re.compile("true|false")}
"""Type → the literals of it that a processor reads from a number or a boolean of JSON."""


def compact(expanded: bytes) -> bytes:
    """Compact expanded JSON-LD with the context of the project, which the result names by its address.

    Numbers come as numbers where another processor reads the same literal from them: whole numbers, years and booleans.
    """
    from pyld import jsonld as pyld  # only workers need it, and it loads an HTTP client

    nodes = json.loads(expanded)
    for node in _nodes(nodes):
        if types := node.pop(terms.RDF_TYPE, None):
            _set_types(node, types)
    document = pyld.compact(nodes, dict(jsonld_context.words()), {"graph": True, "documentLoader": _refuse})
    for node in _nodes(document["@graph"]):
        _use_words(node)
        _use_numbers(node)
    document["@context"] = jsonld_context.ADDRESS
    return (json.dumps(document, ensure_ascii=False, indent=1, sort_keys=True) + "\n").encode()


def _refuse(address: str, _: Any) -> Any:
    raise ValueError(f"{address} is not fetched: contexts have to be included")


def _nodes(document: Any) -> Iterator[dict[str, Any]]:
    """Yield every object of a document, parents first."""
    level = [document]
    while level:
        item = level.pop()
        if isinstance(item, dict):
            yield item
            level += item.values()
        elif isinstance(item, list):
            level += item


def _set_types(node: dict[str, Any], types: list[dict[str, Any]]) -> None:
    """Make types of a node JSON-LD's own: the engine writes them as a property. A literal stays the value of the property.

    The classes that have words of their own come first, since some processors look at the first class only.
    """
    iris = [type_["@id"] for type_ in types if "@id" in type_]
    if iris:
        node["@type"] = sorted([*node.get("@type", ()), *iris], key=lambda iri: (iri not in _scoped(), iri))
    if others := [type_ for type_ in types if "@id" not in type_]:
        node[terms.RDF_TYPE] = others


@cache
def _scoped() -> Mapping[str, Mapping[str, Any]]:
    """Return class → words of its own, for the classes that have some; each class by its IRI and by its word."""
    defined = {name: word for name, word in jsonld_context.words().items() if isinstance(word, dict) and "@context" in word}
    by_iri = {terms.expand(word["@id"]) or word["@id"]: word["@context"] for word in defined.values()}
    return by_iri | {name: word["@context"] for name, word in defined.items()}


def _native_type(word: Any) -> str | None:
    """Return the type that a word gives to its values if JSON has it too, or nearly."""
    type_ = word.get("@type") if isinstance(word, dict) else None
    return type_ if type_ in _WRITTEN else None


@cache
def _numeric() -> Mapping[str, str]:
    """Return CURIE → word of the properties whose word gives their values a type that JSON has too."""
    return {word["@id"]: name for name, word in jsonld_context.words().items() if _native_type(word)}


def _use_words(node: dict[str, Any]) -> None:
    """Put values of another type than that of a word under the word as well: one property has one key."""
    types = node.get("type", ())
    own = [_scoped()[type_] for type_ in ([types] if isinstance(types, str) else types) if type_ in _scoped()]
    words = {**_numeric(), **{word["@id"]: name for scope in own for name, word in scope.items() if _native_type(word)}}
    for curie in node.keys() & words.keys():
        values = [_plain(value) for value in _list(node.pop(curie))]
        values = [value if isinstance(value, dict) else {"@value": value} for value in values]
        values = [*_list(node.get(words[curie], [])), *values]
        node[words[curie]] = values if len(values) > 1 else values[0]


def _use_numbers(node: dict[str, Any]) -> None:
    """Replace texts by the numbers and booleans that are read as the same literals."""
    if "@value" in node:
        node["@value"] = _native(node["@value"], node.get("type"))
        return
    for key, value in node.items():
        word = jsonld_context.words().get(key)
        type_ = _native_type(word)
        if type_:
            native = [_native(item, type_) for item in _list(value)]
        elif not isinstance(word, dict) or "@type" not in word:
            native = [_plain(item) for item in _list(value)]
        else:
            continue
        node[key] = native if isinstance(value, list) else native[0]


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _native(value: Any, type_: str | None) -> Any:
    """Return a text as JSON's own number or boolean if it is read from that as the same literal of the type."""
    if not isinstance(value, str) or type_ not in _WRITTEN or not _WRITTEN[type_].fullmatch(value):
        return value
    return value == "true" if type_ == "xsd:boolean" else int(value)


def _plain(value: Any) -> Any:
    """Return a whole number or a boolean as JSON has it: where no word says otherwise it is read as what it is here."""
    if isinstance(value, dict) and value.keys() == {"type", "@value"} and value["type"] in ("xsd:integer", "xsd:boolean"):
        native = _native(value["@value"], value["type"])
        return value if isinstance(native, str) else native
    return value


def occupation(role: Thing, salaries: Iterable[Row] = ()) -> dict[str, Any]:
    """Return a role as a schema.org ``Occupation`` with the facts that sources state, even if schema.org recommends more.

    Skills and tools are ``DefinedTerm``, degrees and certifications ``EducationalOccupationalCredential``, the matches
    to ESCO, ISCO-08 and O*NET-SOC ``CategoryCode``.

    :param salaries: rows of the query ``salaries`` for the role, each a ``MonetaryAmountDistribution``
    """
    document: dict[str, Any] = {
        "@context": SCHEMA,
        "@type": "Occupation",
        "@id": role.iri,
        "name": role.label,
        "description": role.first("skos:definition"),
        "alternateName": [link.other.value for link in role.values("skos:altLabel")],
        "responsibilities": [link.label for name in ("rg:responsibility", "schema:responsibilities") for link in role.values(name)],
        "skills": [*_skills(role), *_texts(role, "schema:skills")],
        "educationRequirements": [
            *(_credential(link) for name in CREDENTIALS for link in role.values(name)),
            *_texts(role, "schema:educationRequirements"),
        ],
        "qualifications": _texts(role, "schema:qualifications"),
        "estimatedSalary": [_salary(row) for row in salaries],
        "occupationalCategory": [code for link in role.links if (code := _category(link))],
    }
    return {name: value for name, value in document.items() if value}


def _skills(role: Thing) -> list[dict[str, Any]]:
    links = {link.other.value: link for name in ("rg:essentialSkill", "rg:optionalSkill", "rg:tool") for link in role.values(name)}
    return [
        {"@type": "DefinedTerm", "@id": iri, "name": link.label, "termCode": terms.slug_of(iri), "url": iri, "inDefinedTermSet": _set(iri)}
        for iri, link in links.items()
    ]


def _texts(role: Thing, property_: str) -> list[str]:
    return [link.other.value for link in role.values(property_) if link.other.kind == "literal"]


def _set(iri: str) -> str:
    kind = terms.kind_of(iri)
    return kind.scheme if kind else iri.rpartition("/")[0]


def _credential(link: Link) -> dict[str, Any]:
    credential = {"@type": "EducationalOccupationalCredential", "@id": link.other.value, "name": link.label}
    property_ = terms.shorten(link.property)
    if property_ == "rg:certification":
        return {**credential, "credentialCategory": "certificate"}
    return {**credential, "credentialCategory": "degree", "description": "required" if property_ == "rg:requiredDegree" else "preferred"}


def _salary(row: Row) -> dict[str, Any]:
    """Return a distribution of pay; the number of salaries is in the description, since schema.org has no property for it.

    Without that number it is a pay band, so an amount from the lowest to the highest figure.
    """
    text = {name: value.value for name, value in row.items()}
    level = f"level {terms.slug_of(text['level'])}" if "level" in text else "all levels"
    if "observations" not in text:
        return _band(text, level)
    number = int(text["observations"])
    count = f"{number:,} salary" if number == 1 else f"{number:,} salaries"
    years = "-".join(sorted({text[name] for name in ("from", "to") if name in text}))
    figures = {name: _number(text[name]) for name in PERCENTILES if name in text}
    return {
        "@type": "MonetaryAmountDistribution",
        "@id": text["salary"],
        "name": text.get("name", ""),
        "description": f"{level}, computed from {count}" + (f" of {years}" if years else ""),
        "currency": text["currency"],
        "duration": text["duration"],
        **figures,
    }


def _band(text: Mapping[str, str], level: str) -> dict[str, Any]:
    figures = [_number(text[name]) for name in PERCENTILES if name in text]
    unit = {"unitText": UNITS[text["duration"]]} if text["duration"] in UNITS else {}
    return {
        "@type": "MonetaryAmount",
        "@id": text["salary"],
        "name": text.get("name", ""),
        "description": f"pay band, {level}, number of salaries not stated",
        "currency": text["currency"],
        **({"value": {"@type": "QuantitativeValue", "minValue": figures[0], "maxValue": figures[-1], **unit}} if figures else {}),
    }


def _number(text: str) -> float:
    figure = float(text)
    return int(figure) if figure.is_integer() else figure


def _category(link: Link) -> dict[str, Any] | None:
    """Return the match of a role to another system as a CategoryCode, or None for other links."""
    iri = link.other.value
    if not terms.shorten(link.property).endswith("Match"):
        return None
    if iri.startswith(ONET):
        code_set = {"@type": "CategoryCodeSet", "name": "O*NET-SOC", "url": "https://www.onetonline.org/"}
        return {"@type": "CategoryCode", "codeValue": iri.removeprefix(ONET), "inCodeSet": code_set, "url": iri}
    if iri.startswith(ESCO + "isco/C"):
        code = iri.removeprefix(ESCO + "isco/C")
        code_set = {"@type": "CategoryCodeSet", "name": "ISCO-08", "url": ESCO + "concept-scheme/isco"}
        return {"@type": "CategoryCode", "codeValue": code, "inCodeSet": code_set, "url": iri}
    if iri.startswith(ESCO + "occupation/"):
        code_set = {"@type": "CategoryCodeSet", "name": "ESCO", "url": ESCO + "concept-scheme/occupations"}
        return {"@type": "CategoryCode", "codeValue": iri.removeprefix(ESCO + "occupation/"), "inCodeSet": code_set, "url": iri}
    return None
