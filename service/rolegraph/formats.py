"""The table of formats, with names, media types and file extensions, and content negotiation."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from rolegraph.errors import BadParameter, NotAcceptable, UnsupportedFormat


@dataclass(frozen=True)
class Format:
    """A format.

    :param name: the value of ``?format=`` and ``--format``
    :param media: the media type
    :param extension: the file extension
    :param holds: the kind of content: ``table`` (the answer of SELECT or ASK), ``graph`` (RDF triples), ``dataset`` (RDF quads),
        ``document`` (JSON of Rolegraph's API) or ``page`` (text for people)
    :param aliases: further media types
    """

    name: str
    media: str
    extension: str
    holds: str
    aliases: tuple[str, ...] = ()

    @property
    def medias(self) -> tuple[str, ...]:
        """The media type and its aliases."""
        return (self.media, *self.aliases)

    @property
    def content_type(self) -> str:
        """The value of the Content-Type header."""
        textual = self.media.startswith("text/") and self.media != "text/turtle"
        return f"{self.media}; charset=utf-8" if textual else self.media


FORMATS = (
    Format("html", "text/html", "html", "page", ("application/xhtml+xml",)),
    Format("text", "text/plain", "txt", "page"),
    Format("json", "application/json", "json", "document"),
    Format("json", "application/sparql-results+json", "srj", "table", ("application/json",)),
    Format("xml", "application/sparql-results+xml", "srx", "table", ("application/xml", "text/xml")),
    Format("csv", "text/csv", "csv", "table"),
    Format("tsv", "text/tab-separated-values", "tsv", "table"),
    Format("turtle", "text/turtle", "ttl", "graph", ("application/x-turtle",)),
    Format("ntriples", "application/n-triples", "nt", "graph"),
    Format("jsonld", "application/ld+json", "jsonld", "graph"),
    Format("rdfxml", "application/rdf+xml", "rdf", "graph"),
    Format("trig", "application/trig", "trig", "dataset"),
    Format("nquads", "application/n-quads", "nq", "dataset"),
)


_UTF8 = ("utf-8", "utf8", "us-ascii", "ascii")
_SIGNS = re.compile(r"[\s/+_-]")
_WEIGHT = re.compile(r"0?\.[0-9]+|0\.?|1(?:\.0*)?")


def holding(*holds: str) -> tuple[Format, ...]:
    """Return the formats for kinds of content, in order of preference: that of the arguments, then that of the table."""
    return tuple(format_ for hold in holds for format_ in FORMATS if format_.holds == hold)


def named(name: str, offered: Sequence[Format]) -> Format:
    """Return the offered format with a name, file extension or media type, for ``?format=`` and ``--format``.

    Case and hyphens in names (``N-Triples``, ``JSON-LD``, ``RDF/XML``) are ignored. The plus sign of a media type may be a space, which
    it becomes in a query string.

    :raises BadParameter: with the offered formats
    """
    media = name.partition(";")[0].strip().lower().replace(" ", "+")
    plain = _SIGNS.sub("", name.lower())
    for format_ in offered:
        if media in format_.medias or plain in (format_.name, format_.extension):
            return format_
    names = ", ".join(dict.fromkeys(format_.name for format_ in offered))
    raise BadParameter("format", f"there is no format {name!r} for this answer", expected=f"one of {names}")


def of_media(content_type: str, offered: Sequence[Format]) -> Format:
    """Return the offered format of a Content-Type header; parameters other than ``charset`` are ignored.

    :raises UnsupportedFormat: for an unsupported media type, with the offered ones, and for text that is not UTF-8
    """
    media, *parameters = (part.strip().lower() for part in content_type.split(";"))
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip() == "charset" and value.strip(" \"'") not in _UTF8:
            raise UnsupportedFormat(f"a body with the charset {value.strip()} is not supported", expected="text in UTF-8")
    for format_ in offered:
        if media in format_.medias:
            return format_
    medias = ", ".join(format_.media for format_ in offered)
    detail = f"a body of type {media} is not supported" if media else "the body has no Content-Type"
    raise UnsupportedFormat(detail, expected=medias)


def of_extension(name: str, offered: Sequence[Format]) -> Format | None:
    """Return the offered format for the extension of a file name, or None."""
    extension = name.rpartition(".")[2].lower()
    return next((format_ for format_ in offered if extension == format_.extension), None)


def negotiate(accept: str, offered: Sequence[Format]) -> Format:
    """Return the offered format that an Accept header (RFC 9110, section 12.5.1) prefers; on a tie, the first offered.

    An empty header accepts anything. ``q=0`` excludes a format; the most specific range that matches a media type decides.

    :raises NotAcceptable: with the offered media types
    """
    ranges = list(_ranges(accept or "*/*"))
    scored = [(_score(format_, ranges), format_) for format_ in offered]
    best = max((quality for quality, _ in scored), default=0.0)
    if best <= 0:
        medias = ", ".join(format_.media for format_ in offered)
        raise NotAcceptable(f"this answer is not available as {accept}", expected=medias)
    return next(format_ for quality, format_ in scored if quality == best)


def _ranges(accept: str) -> Iterable[tuple[str, float]]:
    for part in accept.split(","):
        media, *parameters = (piece.strip().lower() for piece in part.split(";"))
        quality = 1.0
        for parameter in parameters:
            name, _, value = parameter.partition("=")
            if name.strip() == "q":
                quality = _number(value.strip())
        if media:
            yield media, quality


def _number(text: str) -> float:
    """Return a weight (RFC 9110, section 12.4.2); an invalid one is 0, which excludes."""
    return float(text) if _WEIGHT.fullmatch(text) else 0.0


def _score(format_: Format, ranges: Sequence[tuple[str, float]]) -> float:
    """Return the quality of a format: the maximum of that of its media type and those of aliases that are listed literally."""
    aliases = [quality for pattern, quality in ranges if pattern in format_.aliases]
    return max([_quality(format_.media, ranges), *aliases])


def _quality(media: str, ranges: Sequence[tuple[str, float]]) -> float:
    """Return the quality of the most specific range that matches a media type, 0 if none does."""
    matching = {}
    for pattern, quality in ranges:
        if pattern == media:
            matching[2] = quality
        elif pattern.endswith("/*") and media.startswith(pattern[:-1]):
            matching[1] = quality
        elif pattern == "*/*":
            matching[0] = quality
    return matching[max(matching)] if matching else 0.0
