"""Parses a posted profile, the skills of a person or of a job posting, into texts and IRIs. Nothing is stored."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from rdflib import Graph, URIRef

from rolegraph import terms
from rolegraph.analysis import weights
from rolegraph.errors import BadParameter, UnreadableInput
from rolegraph.formats import Format, holding, named
from rolegraph.validation import entries

MOST = 2000  # most skills in a profile
LONGEST = 500  # most characters of a skill
EXPECTED = (
    "a list of skills as text (one per line, or separated by commas or semicolons) or as JSON, a JSON Resume, a schema.org JobPosting, "
    "or a role entry in Turtle or JSON-LD"
)
_RESUME = ("basics", "work", "education", "skills", "languages", "certificates")
_SCHEMA = ("http://schema.org/", "https://schema.org/", "schema:")
_POSTED = ("skills", "qualifications", "educationRequirements", "competencyRequired", "knowsAbout", "credentialCategory")


@dataclass(frozen=True)
class Profile:
    """A parsed profile: ``kind`` (list, resume, posting or entry), and ``texts`` and ``iris`` in order, without repetitions."""

    kind: str
    texts: tuple[str, ...] = ()
    iris: tuple[str, ...] = ()


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
    if format_.name == "text":
        return _checked(_cleaned("list", _pieces(text)))
    return _checked(_json(text, body))


def _json(text: str, body: bytes) -> Profile:
    try:
        document = json.loads(text)
    except json.JSONDecodeError as error:
        raise UnreadableInput(f"the JSON does not parse: {error.msg}", line=error.lineno, column=error.colno, expected=EXPECTED) from None
    except ValueError:
        raise UnreadableInput("the JSON holds a number that is too long to be read", expected=EXPECTED) from None
    if isinstance(document, list) and all(isinstance(element, str) for element in document):
        return _cleaned("list", document)
    has_skills = isinstance(document, dict) and isinstance(document.get("skills"), list)
    if has_skills and any(key in document for key in _RESUME if key != "skills"):
        return _cleaned("resume", _resume(document))
    if _posting(document):
        return _cleaned("posting", _named(_postings(document)))
    if isinstance(document, dict) and "@context" not in document and "skills" in document:
        return _cleaned("list", _named([document["skills"]]))
    return _entry(entries.read(body, named("jsonld", holding("graph"))))


def _resume(resume: dict[str, Any]) -> Iterator[str]:
    """Yield the skills of a JSON Resume: the name of each group and its keywords, languages and certificates."""
    for skill in resume["skills"]:
        if isinstance(skill, dict):
            yield from _strings(skill.get("name"))
            yield from _strings(skill.get("keywords"))
        else:
            yield from _strings(skill)
    for key, name in (("languages", "language"), ("certificates", "name"), ("education", "area")):
        for entry in resume.get(key) or ():
            if isinstance(entry, dict):
                yield from _strings(entry.get(name))


def _strings(value: Any) -> Iterator[str]:
    for element in value if isinstance(value, list) else [value]:
        if isinstance(element, str):
            yield element


def _posting(node: Any) -> bool:
    """Return whether a JSON document describes a JobPosting, an Occupation or a Person of schema.org, alone or in a graph."""
    context = json.dumps(node.get("@context", "")) if isinstance(node, dict) else ""
    return "schema.org" in context and bool(_postings(node))


def _postings(node: Any) -> list[Any]:
    nodes = node.get("@graph", [node]) if isinstance(node, dict) else []
    nodes = nodes if isinstance(nodes, list) else [nodes]
    wanted = {"JobPosting", "Occupation", "Person"}
    skills = []
    for described in nodes:
        types = described.get("@type", ()) if isinstance(described, dict) else ()
        names = {name.removeprefix(prefix) for name in _strings(types) for prefix in (*_SCHEMA, "")}
        if names & wanted:
            skills.append(_skills(described))
    return skills


def _skills(node: dict[str, Any]) -> list[Any]:
    """Return the required skills of a posting, and those of the occupation that it embeds."""
    skills = [node[key] for key in node if key.removeprefix("schema:") in _POSTED]
    for key in ("relevantOccupation", "hasOccupation"):
        occupations = node.get(key)
        occupations = occupations if isinstance(occupations, list) else [occupations]
        skills += [_skills(occupation) for occupation in occupations if isinstance(occupation, dict)]
    return skills


def _named(value: Any) -> Iterator[str]:
    """Yield the names and IRIs in nested schema.org values. A text may list several names; a DefinedTerm has one."""
    if isinstance(value, str):
        yield from _pieces(value)
    elif isinstance(value, list):
        for element in value:
            yield from _named(element)
    elif isinstance(value, dict):
        iri = next((value[key] for key in ("@id", "url", "sameAs") if isinstance(value.get(key), str) and terms.is_iri(value[key])), None)
        name = value.get("name") or value.get("credentialCategory") or value.get("@value")
        if iri and not isinstance(name, str):
            yield iri
        elif isinstance(name, str):
            yield f"{iri} {name}" if iri else name
        yield from _named([value[key] for key in value if key in _POSTED and key != "credentialCategory"])


def _entry(graph: Graph) -> Profile:
    """Return the items that an entry states for its roles, in the facets of :data:`weights.LEARNT`."""
    iris = {str(other) for name in weights.LEARNT for other in graph.objects(None, URIRef(terms.RG + name)) if isinstance(other, URIRef)}
    return Profile("entry", (), tuple(sorted(iris)))


def _pieces(text: str) -> list[str]:
    lines = text.replace(";", "\n").splitlines()
    return [piece for line in lines for piece in line.split(",")]


def _cleaned(kind: str, pieces: Iterable[str]) -> Profile:
    texts = dict.fromkeys(" ".join(piece.split()).strip(" •-*·\t") for piece in pieces)
    return Profile(kind, tuple(text for text in texts if text))


def _checked(profile: Profile) -> Profile:
    count = len(profile.texts) + len(profile.iris)
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
