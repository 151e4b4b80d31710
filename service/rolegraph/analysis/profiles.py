"""Parses a posted profile, the skills of a person or of a job posting, into texts and IRIs. Nothing is stored."""

import json
import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import product
from typing import Any

from rdflib import Graph, Literal, URIRef

from rolegraph import terms
from rolegraph.analysis import profile_documents, weights
from rolegraph.errors import BadParameter, UnreadableInput
from rolegraph.formats import Format, holding, named
from rolegraph.search import wording
from rolegraph.validation import entries

MOST = 2000  # most skills in a profile
LONGEST = profile_documents.LONGEST
EXPECTED = (
    "a list of skills as text (one per line, or separated by commas or semicolons) or as JSON, a JSON Resume, a schema.org JobPosting, "
    "or a role entry in Turtle or JSON-LD"
)
_SCHEMA = ("http://schema.org/", "https://schema.org/")
_SCRIPT = re.compile(r"<script[^<>]*application/ld\+json[^<>]*>", re.IGNORECASE)


@dataclass(frozen=True)
class Profile:
    """A parsed profile: ``kind`` (list, resume, posting or entry), and ``texts`` and ``iris`` in order, without repetitions.

    ``unread`` are the paths of what may name skills, but in a shape that is not read.
    """

    kind: str
    texts: tuple[str, ...] = ()
    iris: tuple[str, ...] = ()
    unread: tuple[str, ...] = ()


def read(body: bytes, format_: Format) -> Profile:
    """Parse a profile: text, JSON, or an entry in a graph format; see :data:`EXPECTED`.

    :raises UnreadableInput: if it does not parse, or names no skill
    :raises BadParameter: if it has too many skills, or one that is too long
    """
    try:
        return _read(body, format_)
    except RecursionError:
        raise UnreadableInput("the profile is nested too deeply", expected=EXPECTED) from None


def _read(body: bytes, format_: Format) -> Profile:
    if format_.holds == "graph" and format_.name != "jsonld":
        return _checked(_entry(entries.read(body, format_)))
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UnreadableInput(f"the profile is not UTF-8: byte {error.start + 1} cannot be read", expected="text in UTF-8") from error
    documents = list(_documents(text))
    if documents:
        return _checked(_json(documents, body))
    if format_.name == "text":
        return _checked(_cleaned("list", wording.pieces(text)))
    return _checked(_json(_parsed(text), body))


def _documents(page: str) -> Iterator[Any]:
    """Yield the JSON-LD documents in the scripts of a page; what does not parse is none."""
    for start in _SCRIPT.finditer(page):
        end = page.find("</script", start.end())
        if end < 0:
            return
        with suppress(ValueError):
            yield json.loads(page[start.end() : end])


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        raise UnreadableInput(f"the JSON does not parse: {error.msg}", line=error.lineno, column=error.colno, expected=EXPECTED) from None
    except ValueError:
        raise UnreadableInput("the JSON holds a number that is too long to be read", expected=EXPECTED) from None


def _json(document: Any, body: bytes) -> Profile:
    read_names = profile_documents.read(document)
    if read_names:
        kind, names = read_names
        return replace(_cleaned(kind, names.texts), unread=tuple(dict.fromkeys(names.unread)))
    return _entry(entries.read(body, named("jsonld", holding("graph"))))


def _entry(graph: Graph) -> Profile:
    """Return the items that an entry states for its roles, in the facets of :data:`weights.LEARNT`."""
    iris = {str(other) for name in weights.LEARNT for other in graph.objects(None, URIRef(terms.RG + name)) if isinstance(other, URIRef)}
    return replace(_cleaned("entry", sorted(_posted(graph))), iris=tuple(sorted(iris)))


def _posted(graph: Graph) -> Iterator[str]:
    """Yield the skills that a graph states by the properties of schema.org: texts, identifiers, and names of terms."""
    for space, name in product(_SCHEMA, profile_documents.POSTED):
        for value in set(graph.objects(None, URIRef(space + name))):
            if isinstance(value, Literal):
                yield from wording.pieces(str(value))
                continue
            names = sorted(str(other) for one in _SCHEMA for other in graph.objects(value, URIRef(one + "name")))
            yield f"{value if isinstance(value, URIRef) else ''} {next(iter(names), '')}".strip()


def _cleaned(kind: str, pieces: Iterable[str]) -> Profile:
    texts = dict.fromkeys(map(wording.cleaned, pieces))
    return Profile(kind, tuple(text for text in texts if text))


def _checked(profile: Profile) -> Profile:
    count = len(profile.texts) + len(profile.iris)
    if not count and profile.unread:
        places = ", ".join(profile.unread[:5])
        raise UnreadableInput(f"the profile names no skill in a form that is read; not read: {places}", expected=EXPECTED)
    if not count:
        raise UnreadableInput("the profile names no skill", expected=EXPECTED)
    if count > MOST:
        raise BadParameter("profile", f"the profile names {count:,} skills", expected=f"up to {MOST:,}")
    if not all(text.isascii() or _is_text(text) for text in profile.texts):
        raise UnreadableInput("one of the skills holds a lone surrogate, half of a character", expected="text that can be written in UTF-8")
    longest = max((len(text) for text in profile.texts), default=0)
    if longest > LONGEST:
        detail = f"one of the skills has {longest:,} characters"
        raise BadParameter("profile", detail, expected=f"up to {LONGEST} for each: names, not sentences")
    return profile


def _is_text(text: str) -> bool:
    """Return whether a text can be encoded in UTF-8: JSON may contain lone surrogates."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
