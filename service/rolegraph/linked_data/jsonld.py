"""JSON-LD: graphs compacted with the project's context, and roles as schema.org occupations."""

import json
from collections.abc import Iterable
from typing import Any

from rolegraph import resources, terms
from rolegraph.values import Link, Row, Thing

SCHEMA = "https://schema.org/"
CREDENTIALS = ("rg:requiredDegree", "rg:preferredDegree", "rg:certification")
PERCENTILES = ("percentile10", "percentile25", "median", "percentile75", "percentile90")
ONET = "https://www.onetonline.org/link/summary/"
ESCO = "http://data.europa.eu/esco/"


def compact(expanded: bytes) -> bytes:
    """Compact expanded JSON-LD with ``ontology/context.jsonld``; the result includes the context."""
    from pyld import jsonld as pyld  # only workers need it, and it loads an HTTP client

    context = json.loads((resources.folder("ontology") / "context.jsonld").read_text(encoding="utf-8"))["@context"]
    document = pyld.compact(json.loads(expanded), context, {"graph": True, "documentLoader": _refuse})
    return (json.dumps(document, ensure_ascii=False, indent=1, sort_keys=True) + "\n").encode()


def _refuse(address: str, _: Any) -> Any:
    raise ValueError(f"{address} is not fetched: contexts have to be included")


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
        "responsibilities": [link.label for link in role.values("rg:responsibility")],
        "skills": _skills(role),
        "educationRequirements": [_credential(link) for name in CREDENTIALS for link in role.values(name)],
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
    """Return a distribution of pay; the number of salaries is in the description, since schema.org has no property for it."""
    text = {name: value.value for name, value in row.items()}
    level = f"level {terms.slug_of(text['level'])}" if "level" in text else "all levels"
    number = int(text["observations"])
    count = f"{number:,} salary" if number == 1 else f"{number:,} salaries"
    years = "-".join(sorted({text[name] for name in ("from", "to") if name in text}))
    figures = {name: float(text[name]) for name in PERCENTILES if name in text}
    return {
        "@type": "MonetaryAmountDistribution",
        "@id": text["salary"],
        "name": text.get("name", ""),
        "description": f"{level}, computed from {count}" + (f" of {years}" if years else ""),
        "currency": text["currency"],
        "duration": text["duration"],
        **{name: int(figure) if figure.is_integer() else figure for name, figure in figures.items()},
    }


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
