"""Filters and globals of the templates: links, short names, figures."""

from collections.abc import Iterable
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Any
from urllib.parse import quote, quote_plus

from flask import Flask, request, url_for
from markupsafe import Markup, escape
from werkzeug.urls import iri_to_uri

from rolegraph import __version__, equivalence, nearness, terms
from rolegraph.comparison import building
from rolegraph.queries import internal
from rolegraph.values import Link, Named, Row, Source
from rolegraph.web.http import context, negotiation

ADDRESSES = 20_000  # things whose parts of addresses are kept
MARKS = {"all": "●", "some": "◐", "near": "≈", "one": "○"}
SCALES = ((Decimal(10) ** 12, "trillion"), (Decimal(10) ** 9, "billion"), (Decimal(10) ** 6, "million"))
FORMAT_NAMES = {
    "json": "JSON",
    "xml": "XML",
    "csv": "CSV",
    "tsv": "TSV",
    "turtle": "Turtle",
    "ntriples": "N-Triples",
    "jsonld": "JSON-LD",
    "rdfxml": "RDF/XML",
    "text": "Text",
}
CC_BY = "https://creativecommons.org/licenses/by/4.0/"
LICENCES = {
    CC_BY: "CC BY 4.0",
    "https://creativecommons.org/publicdomain/zero/1.0/": "CC0 1.0",
    "https://eur-lex.europa.eu/eli/dec/2011/833/oj": "Decision 2011/833/EU",
    "https://opensource.org/license/mit": "MIT",
}
FACETS = {facet.name: facet for facet in terms.facets()}
MATCHES = {
    "skos:exactMatch": "Same as",
    "skos:closeMatch": "Close to",
    "skos:broadMatch": "Part of",
    "skos:narrowMatch": "Covers",
    "skos:relatedMatch": "Related to",
    "esco:hasEQFLevel": "Level",
}
# the official languages of the European Union, in which ESCO is published, and those of its neighbours
LANGUAGES = {
    "ar": "Arabic",
    "bg": "Bulgarian",
    "cs": "Czech",
    "da": "Danish",
    "de": "German",
    "el": "Greek",
    "es": "Spanish",
    "et": "Estonian",
    "fi": "Finnish",
    "fr": "French",
    "ga": "Irish",
    "hr": "Croatian",
    "hu": "Hungarian",
    "is": "Icelandic",
    "it": "Italian",
    "lt": "Lithuanian",
    "lv": "Latvian",
    "mt": "Maltese",
    "nl": "Dutch",
    "no": "Norwegian",
    "pl": "Polish",
    "pt": "Portuguese",
    "ro": "Romanian",
    "sk": "Slovak",
    "sl": "Slovenian",
    "sv": "Swedish",
    "uk": "Ukrainian",
}  # those in which ESCO is published
SYSTEMS = (
    ("http://data.europa.eu/esco/occupation/", "ESCO occupation"),
    ("http://data.europa.eu/esco/skill/", "ESCO skill"),
    ("http://data.europa.eu/esco/isco/C", "ISCO-08"),
    ("https://www.onetonline.org/link/summary/", "O*NET-SOC"),
    ("http://data.europa.eu/snb/eqf/", "EQF level"),
    ("http://data.europa.eu/snb/isced-f/", "ISCED-F"),
)


def install(app: Flask) -> None:
    """Add these filters and globals to the templates."""
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.filters.update(
        bdi=bdi,
        code=code,
        described=described,
        curie=terms.shorten,
        expand=expand,
        figure=figure,
        handle=handle,
        href=href,
        language=language,
        licences=licences,
        external_href=external_href,
        numbered=numbered,
        is_local=is_local,
        period=period,
        format_number=format_number,
        slug=terms.slug_of,
        system=system,
        years=years,
        zip=zip,
    )
    app.jinja_env.tests.update(foreign=foreign)
    app.jinja_env.globals.update(
        APART=equivalence.APART,
        BASE=terms.BASE,
        FACETS=FACETS,
        FORMAT_NAMES=FORMAT_NAMES,
        KINDS=terms.KINDS,
        MARKS=MARKS,
        NEAR=nearness.REASONS,
        LABELS=building.LABELS,
        MATCHES=MATCHES,
        EXAMPLE=internal.query("editor-example").text,
        VERSION=__version__,
        kept_parameters=negotiation.kept,
        url_for=address,
        compare_address=compare_address,
    )


def address(endpoint: str, **values: Any) -> str:
    """Return the address of an endpoint, as ``url_for`` does, which takes longer than the rest of a link."""
    hashable = ((name, tuple(value) if isinstance(value, list) else value) for name, value in values.items())
    return _address(request.script_root, endpoint, *hashable)


@lru_cache(maxsize=ADDRESSES)
def _address(root: str, endpoint: str, *values: tuple[str, Any]) -> str:
    del root  # url_for puts it before the path
    return url_for(endpoint, **dict(values))


def compare_address(*roles: str) -> str:
    """Return the address of the comparison of roles, given by IRI."""
    first, *others = (address("comparison.compare", role=handle(role)) for role in roles)
    return "&".join([first, *(other.partition("?")[2] for other in others)])


def expand(text: str) -> str:
    """Return the IRI of a CURIE, or the text itself."""
    return terms.expand(text) or text


def href(iri: str) -> str:
    """Return the address of a link to an IRI: a page of this service if it is described here, else the web address itself, or ''."""
    path = iri.removeprefix(terms.BASE)
    if path != iri and path[:1].isalnum():
        return f"{request.script_root}/{_uri(path)}"
    if context.cards().has_kind(iri):
        return f"{request.script_root}{_path(iri)}"
    return external_href(iri)


_uri = lru_cache(maxsize=ADDRESSES)(iri_to_uri)


@lru_cache(maxsize=ADDRESSES)
def _path(iri: str) -> str:
    """Return the path of the page of a thing of another system."""
    return f"/thing?iri={quote(short(iri), safe=':/')}"


def external_href(iri: str) -> str:
    """Return an IRI as a web address, or '' if it is none."""
    return iri_to_uri(iri) if iri.startswith(("http://", "https://")) else ""


@lru_cache(maxsize=ADDRESSES)
def short(iri: str) -> str:
    """Return the CURIE of an IRI if it expands to that IRI, else the IRI."""
    curie = terms.shorten(iri)
    return curie if terms.expand(curie) == iri else iri


def handle(iri: str) -> str:
    """Return the shortest name of a thing in an address: its slug, CURIE or IRI."""
    return terms.slug_of(iri) if terms.kind_of(iri) else short(iri)


def prefetch_kinds(iris: Iterable[str]) -> None:
    """Prefetch the kinds of these IRIs in one query, so that :func:`href` finds them in the cache."""
    context.cards().kinds(iri for iri in iris if not is_local(iri))


def is_local(iri: str) -> bool:
    """Return whether an IRI is in Rolegraph's namespace."""
    return iri.startswith(terms.BASE)


def system(iri: str) -> str:
    """Return the system and code of a thing of another system, or its CURIE."""
    return next((f"{name} {iri.removeprefix(space)}" for space, name in SYSTEMS if iri.startswith(space)), terms.shorten(iri))


def code(iri: str) -> str:
    """Return the system of a thing with its code, or without it if the code is long and means nothing to readers."""
    text = system(iri)
    return text.rpartition(" ")[0] if len(text.rpartition(" ")[2]) > 30 else text


def parameter(text: str) -> str:
    """Return the value of a parameter as it stands in an address."""
    return quote_plus(text, safe=":/")


def language(tag: str) -> str:
    """Return the English name of a language, or its tag."""
    return LANGUAGES.get(tag.lower().partition("-")[0], tag)


def foreign(link: Link) -> bool:
    """Return whether a link leads to a text in a language other than English."""
    return bool(link.other.language) and not str(link.other.language).lower().startswith("en")


def format_number(number: str) -> str:
    """Format a number with thousands separators and without trailing zeros: 65000.0 is 65,000."""
    try:
        value = Decimal(number)
    except InvalidOperation:
        return number
    return f"{int(value):,}" if value == value.to_integral_value() else f"{value.normalize():,f}"


def bdi(text: str) -> Markup:
    """Isolate the text direction of a name within a sentence."""
    return Markup(f"<bdi>{escape(text)}</bdi>")  # noqa: S704 - the text is escaped


def figure(value: str, unit: str) -> str:
    """Format a figure with the slug of its unit: 15 %, USD 190 billion."""
    if unit == "percent":
        return f"{format_number(value)} %"
    unit = unit.upper() if len(unit) == len("usd") else unit  # currencies are written by their code
    number = Decimal(value)
    scale, word = next(((scale, word) for scale, word in SCALES if abs(number) >= scale), (Decimal(1), ""))
    return f"{unit} {format_number(str(number / scale))} {word}".strip()


def licences(sources: Iterable[Source]) -> dict[str, str]:
    """Return the licences of sources, by IRI with a short name. A missing licence has an empty IRI."""
    iris = {source.licence or (CC_BY if source.iri in equivalence.shipped() else "") for source in sources}
    return {iri: LICENCES.get(iri, iri) or "a licence that is not stated" for iri in sorted(iris, reverse=True)}


def described(sources: Iterable[Named]) -> list[Source]:
    """Return the full descriptions of sources."""
    iris = [source.iri for source in sources]
    sources_by_iri = context.graph().catalogue.sources(iris)
    return [sources_by_iri[iri] for iri in iris]


def years(start: str, end: str) -> str:
    """Format a period in years; either end may be missing."""
    if start and end:
        return f"{start} to {end}" if start != end else start
    return f"by {end}" if end else f"from {start}" if start else ""


def period(row: Row) -> str:
    """Format the period of a row of the query ``outlook``."""
    return years(*(row[name].value if name in row else "" for name in ("from", "to")))


def numbered(sources: Iterable[Named]) -> dict[str, int]:
    """Return the number of each source on a page, from 1."""
    return {source.iri: number for number, source in enumerate(sources, 1)}
