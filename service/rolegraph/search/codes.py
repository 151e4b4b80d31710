"""Codes of classifications and addresses of their things, as people write them. Codes are compared by identity, never by likeness.

Pure functions of a text; what they return is looked up by the caller.
"""

import re
from typing import NamedTuple
from urllib.parse import parse_qs, unquote, urlsplit

from rolegraph import terms

_SCHEMES = {
    "isco": r"isco(?:[- ]?(?:08|88|2008))?",
    "onet": r"o\*?net(?:[- ]?soc)?(?:[- ]?20\d\d)?|(?:us[- ]?)?soc(?:[- ]?20\d\d)?",
    "esco": r"esco",
    "isced": r"isced(?:[- ]?f)?(?:[- ]?(?:2011|2013|97))?",
    "nace": r"nace(?:[- ]?rev\.? ?2(?:\.1)?)?",
    "unspsc": r"unspsc",
}
_ALL = "|".join(f"(?P<{name}>{pattern})" for name, pattern in _SCHEMES.items())
_NAMED = re.compile(rf"^(?:{_ALL})(?:\s+code)?\s*[:#-]?\s*", re.IGNORECASE)
_LETTERED = re.compile(r"^code\s*[:#]?\s+", re.IGNORECASE)
_CODE = re.compile(r"[A-Za-z]{0,2}\d[\dA-Za-z]*(?:[.\-/][\dA-Za-z]+)*|[A-Za-z]\.\d[\dA-Za-z]*(?:\.[\dA-Za-z]+)*")
_NUMERIC = re.compile(r"\d+(?:[.-]\d+)+|[A-Za-z]\d+(?:\.\d+)+|[A-Za-z]?\d{2,}|\d(?:\.[A-Za-z\d]+)+")
_ISCO = re.compile(r"[Cc](\d{1,4})")
_OCCUPATION = re.compile(r"\d{2}-\d{4}")
_ONET = re.compile(r"(?:https?://)?(?:www\.|services\.)?onetonline\.org/link/\w+/(\d{2}-\d{4}(?:\.\d{2})?)(?:[/?#].*)?", re.IGNORECASE)
_PARTS = {
    "isco": ("/isco/", "data.europa.eu/esco/occupation/"),
    "onet": ("onetonline.org/", "onet-"),
    "esco": ("data.europa.eu/esco/",),
    "isced": ("isced",),
    "nace": ("nace",),
    "unspsc": ("unspsc",),
}
"""What the IRI of a thing of a scheme has in it; the codes of ESCO's occupations continue those of ISCO."""


_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)


class Code(NamedTuple):
    """A code: the ``scheme`` that the text names, '' for none, and the ``texts`` that the code may be written as, the likeliest first."""

    scheme: str
    texts: tuple[str, ...]

    def fits(self, iri: str) -> bool:
        """Return whether a thing may be meant: its IRI is of the scheme that the text names, if it names one."""
        return not self.scheme or any(part in iri.lower() for part in _PARTS[self.scheme])


def read(text: str) -> Code | None:
    """Return the code that a text is ("15-1252", "ISCO 2512", "C2512", "S1.2.3"), or None for any other text, such as "C4" or "3D"."""
    plain = " ".join(text.split())
    named = _NAMED.match(plain)
    scheme = named.lastgroup or "" if named else ""
    rest = (plain[named.end() :] if named else _LETTERED.sub("", plain)).rstrip(".")
    if not _CODE.fullmatch(rest) or not (named or plain.endswith(f" {rest}") or _NUMERIC.fullmatch(rest)):
        return None
    lettered = _ISCO.fullmatch(rest)
    texts = [rest]
    if lettered:
        texts, scheme = [lettered[1], rest], scheme or ("isco" if len(lettered[1]) > 2 else "")
    if _OCCUPATION.fullmatch(rest):
        texts.append(f"{rest}.00")  # the occupation of the SOC itself, which O*NET divides into .01, .02, …
    return Code(scheme, tuple(dict.fromkeys(texts)))


def is_opaque(name: str) -> bool:
    """Return whether the last part of an IRI is a number that means nothing, so that what looks like it is no suggestion."""
    return bool(_UUID.fullmatch(name))


def addresses(text: str) -> tuple[str, ...]:
    """Return the IRIs that a text may be another address of: with the other scheme, with or without ``www.`` or a slash at the end, a page.

    None of them is the text itself.
    """
    plain = text.strip().strip("<>").strip()
    page = _ONET.fullmatch(plain)
    addresses_of_page = [terms.prefixes()["onet"] + (page[1] if "." in page[1] else f"{page[1]}.00")] if page else []
    for given in (plain, *_embedded(plain)):
        scheme, mark, rest = given.partition("://")
        if not mark or scheme.lower() not in ("http", "https") or not rest:
            continue
        host, slash, path = rest.partition("/")
        hosts = dict.fromkeys((host.lower(), host.lower().removeprefix("www."), f"www.{host.lower().removeprefix('www.')}"))
        paths = dict.fromkeys((path, path.rstrip("/"), f"{path.rstrip('/')}/", unquote(path)))
        addresses_of_page += [f"{http}://{name}{slash}{end}" for name in hosts for end in paths for http in ("http", "https")]
    return tuple(iri for iri in dict.fromkeys(addresses_of_page) if iri != text and terms.is_iri(iri))


def _embedded(text: str) -> list[str]:
    """Return the IRIs that an address has as parameters, as the pages of ESCO do (``?uri=…``)."""
    try:
        fields = parse_qs(urlsplit(text).query)
    except ValueError:
        return []
    return [value for name in ("uri", "iri", "conceptUri") for value in fields.get(name, ())]
