"""How pages write things: links, short names, figures. The filters of the templates."""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from urllib.parse import quote, urlencode

from flask import Flask, request
from markupsafe import Markup
from werkzeug.urls import iri_to_uri

from rolegraph import __version__, equivalence, terms
from rolegraph.comparison import model
from rolegraph.comparison.model import Claim
from rolegraph.queries import internal
from rolegraph.values import Link, Named, Row, Source
from rolegraph.web.http import context, negotiation

MARKS = {"all": "●", "some": "◐", "one": "○"}
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
TRENDS = {"rising": "↗ rising", "stable": "→ stable", "falling": "↘ falling"}
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
    """Give the templates of an application these filters and globals."""
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
        note=note,
        numbered=numbered,
        is_local=is_local,
        period=period,
        format_number=format_number,
        slug=terms.slug_of,
        system=system,
        years=years,
        zip=zip,
    )
    app.jinja_env.tests.update(foreign=foreign, has_statements=has_statements)
    app.jinja_env.globals.update(
        APART=equivalence.APART,
        BASE=terms.BASE,
        FACETS=FACETS,
        FORMAT_NAMES=FORMAT_NAMES,
        KINDS=terms.KINDS,
        MARKS=MARKS,
        LABELS=model.LABELS,
        MATCHES=MATCHES,
        EXAMPLE=internal.query("editor-example").text,
        TRENDS=TRENDS,
        VERSION=__version__,
        evidence=evidence,
        kept_parameters=negotiation.kept,
    )


def expand(text: str) -> str:
    """Return the IRI that a CURIE stands for, or the text itself."""
    return terms.expand(text) or text


def href(iri: str) -> str:
    """Return where a link to an IRI leads: below this service for one of ours and for what is described here, to itself for
    another web address, else nowhere.
    """
    rest = iri.removeprefix(terms.BASE)
    if rest != iri and rest[:1].isalnum():
        return f"{request.script_root}/{iri_to_uri(rest)}"
    if context.cards().kinds([iri])[iri]:
        return f"{request.script_root}/thing?iri={quote(short(iri), safe=':/')}"
    return external_href(iri)


def external_href(iri: str) -> str:
    """Return the web address that an IRI is, or nothing."""
    return iri_to_uri(iri) if iri.startswith(("http://", "https://")) else ""


def short(iri: str) -> str:
    """Return the CURIE of an IRI where it stands for just that, else the IRI."""
    found = terms.shorten(iri)
    return found if terms.expand(found) == iri else iri


def handle(iri: str) -> str:
    """Return the shortest text that names a role in an address: its slug, its CURIE or its IRI."""
    return terms.slug_of(iri) if terms.kind_of(iri) else short(iri)


def prefetch_kinds(iris: Iterable[str]) -> None:
    """Look up at once which of the IRIs that a page links to are described here."""
    context.cards().kinds(iri for iri in iris if not is_local(iri))


def is_local(iri: str) -> bool:
    """Tell whether an IRI lies in this graph's own space."""
    return iri.startswith(terms.BASE)


def system(iri: str) -> str:
    """Name a thing of another system by system and code, or by its CURIE."""
    return next((f"{name} {iri.removeprefix(space)}" for space, name in SYSTEMS if iri.startswith(space)), terms.shorten(iri))


def code(iri: str) -> str:
    """Name the system that a thing is of, with its code there unless that says nothing to people."""
    found = system(iri)
    return found.rpartition(" ")[0] if len(found.rpartition(" ")[2]) > 30 else found


def evidence(role: str, item: str, sources: Sequence[str] = (), numbers: Mapping[str, int] | None = None) -> str:
    """Return the address of the statements that link a role with an item; an outlook is itself part of its source.

    An imported source has no statements: where there are only such, the address is their place in the list at the foot of the page.
    """
    if is_local(item) and "#" in item:
        return href(item)
    if numbers and sources and not any(has_statements(source) for source in sources):
        return f"#source-{numbers[sources[0]]}"
    return f"{request.script_root}/queries/evidence?{urlencode({'role': handle(role), 'concept': short(item)}, safe=':/')}"


def has_statements(source: str) -> bool:
    """Tell whether a source may have statements behind its facts: an imported one, which has a credit line, has none."""
    return not context.graph().catalogue.sources([source])[source].credit


def language(tag: str) -> str:
    """Return the English name of a language, or its tag."""
    return LANGUAGES.get(tag.lower().partition("-")[0], tag)


def foreign(link: Link) -> bool:
    """Tell whether a link leads to a text in another language than English."""
    return bool(link.other.language) and not str(link.other.language).lower().startswith("en")


def note(claim: Claim) -> str:
    """Say how a role has an item, where its section knows several ways: essential, preferred degree; and how well it must be known."""
    facet = FACETS[claim.facet]
    words = [facet.label.lower()] if facet.section in ("skills", "education") or facet.name == "level" else []
    return ", ".join([*words, *dict.fromkeys(label.lower() for label, _ in claim.proficiency)])


def format_number(number: str) -> str:
    """Write a number with its thousands apart, without zeros at its end: 65000.0 is 65,000."""
    try:
        value = Decimal(number)
    except InvalidOperation:
        return number
    return f"{int(value):,}" if value == value.to_integral_value() else f"{value.normalize():,f}"


def bdi(text: str) -> Markup:
    """Return a name that stands within a sentence, apart from it in the direction of its script."""
    return Markup("<bdi>{}</bdi>").format(text)


def figure(value: str, unit: str) -> str:
    """Write a figure with its unit: 15 %, USD 190 billion."""
    if unit == "percent":
        return f"{format_number(value)} %"
    number = Decimal(value)
    scale, word = next(((scale, word) for scale, word in SCALES if abs(number) >= scale), (Decimal(1), ""))
    return f"{unit} {format_number(str(number / scale))} {word}".strip()


def licences(sources: Iterable[Source]) -> dict[str, str]:
    """Return the licences under which sources are, by IRI with a short name; of what states none, the name alone under an empty IRI."""
    found = {source.licence or (CC_BY if source.iri in equivalence.shipped() else "") for source in sources}
    return {iri: LICENCES.get(iri, iri) or "a licence that is not stated" for iri in sorted(found, reverse=True)}


def described(sources: Iterable[Named]) -> list[Source]:
    """Return sources with all that is known of them."""
    iris = [source.iri for source in sources]
    found = context.graph().catalogue.sources(iris)
    return [found[iri] for iri in iris]


def years(start: str, end: str) -> str:
    """Write a period in years, either end of which may be missing."""
    if start and end:
        return f"{start} to {end}" if start != end else start
    return f"by {end}" if end else f"from {start}" if start else ""


def period(row: Row) -> str:
    """Write the period of a row of the query ``outlook``."""
    return years(*(row[name].value if name in row else "" for name in ("from", "to")))


def numbered(sources: Iterable[Named]) -> dict[str, int]:
    """Return the number by which a page refers to each source, from 1."""
    return {source.iri: number for number, source in enumerate(sources, 1)}
