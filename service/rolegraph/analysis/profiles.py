"""Reads a posted profile: what somebody can do, or what a posting asks for, as texts and IRIs. Nothing of it is kept."""

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

MOST = 2000  # skills
LONGEST = 500  # characters of one
EXPECTED = (
    "a list of skills as text (one a line, or separated by commas or semicolons) or as JSON, a JSON Resume, a schema.org JobPosting, "
    "or a role entry in Turtle or JSON-LD"
)
_RESUME = ("basics", "work", "education", "skills", "languages", "certificates")
_SCHEMA = ("http://schema.org/", "https://schema.org/", "schema:")
_POSTED = ("skills", "qualifications", "educationRequirements", "competencyRequired", "knowsAbout", "credentialCategory")


@dataclass(frozen=True)
class Profile:
    """What a profile names: ``texts`` and ``iris``, each once, in the order in which they stand; ``kind`` is what it was read as."""

    kind: str
    texts: tuple[str, ...] = ()
    iris: tuple[str, ...] = ()


def read(body: bytes, format_: Format) -> Profile:
    """Read a profile: text, JSON of one of the known kinds, or an entry in a graph format.

    :raises UnreadableInput: for what does not parse, or names nothing
    """
    try:
        return _read(body, format_)
    except RecursionError:
        raise UnreadableInput("the profile is nested too deeply to be read", expected=EXPECTED) from None


def _read(body: bytes, format_: Format) -> Profile:
    if format_.holds == "graph" and format_.name != "jsonld":
        return _checked(_entry(entries.read(body, format_)))
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UnreadableInput(f"the profile is not UTF-8: byte {error.start + 1} cannot be read", expected="text in UTF-8") from error
    if format_.name == "text":
        return _checked(_sorted_out("list", _pieces(text)))
    return _checked(_json(text, body))


def _json(text: str, body: bytes) -> Profile:
    try:
        found = json.loads(text)
    except json.JSONDecodeError as error:
        raise UnreadableInput(f"the JSON does not parse: {error.msg}", line=error.lineno, column=error.colno, expected=EXPECTED) from None
    except ValueError:
        raise UnreadableInput("the JSON holds a number that is too long to be read", expected=EXPECTED) from None
    if isinstance(found, list) and all(isinstance(one, str) for one in found):
        return _sorted_out("list", found)
    if isinstance(found, dict) and isinstance(found.get("skills"), list) and any(key in found for key in _RESUME if key != "skills"):
        return _sorted_out("resume", _resume(found))
    if _posting(found):
        return _sorted_out("posting", _named(_postings(found)))
    if isinstance(found, dict) and "@context" not in found and "skills" in found:
        return _sorted_out("list", _named([found["skills"]]))
    return _entry(entries.read(body, named("jsonld", holding("graph"))))


def _resume(found: dict[str, Any]) -> Iterator[str]:
    """Yield the skills of a JSON Resume: the name of each group and its keywords, languages and certificates."""
    for skill in found["skills"]:
        if isinstance(skill, dict):
            yield from _strings(skill.get("name"))
            yield from _strings(skill.get("keywords"))
        else:
            yield from _strings(skill)
    for key, name in (("languages", "language"), ("certificates", "name"), ("education", "area")):
        for one in found.get(key) or ():
            if isinstance(one, dict):
                yield from _strings(one.get(name))


def _strings(value: Any) -> Iterator[str]:
    for one in value if isinstance(value, list) else [value]:
        if isinstance(one, str):
            yield one


def _posting(node: Any) -> bool:
    """Tell whether a JSON document is of schema.org's words: a JobPosting or an Occupation, in a graph or alone."""
    context = json.dumps(node.get("@context", "")) if isinstance(node, dict) else ""
    return "schema.org" in context and bool(_postings(node))


def _postings(node: Any) -> list[Any]:
    nodes = node.get("@graph", [node]) if isinstance(node, dict) else []
    nodes = nodes if isinstance(nodes, list) else [nodes]
    wanted = {"JobPosting", "Occupation", "Person"}
    found = []
    for one in nodes:
        types = one.get("@type", ()) if isinstance(one, dict) else ()
        names = {name.removeprefix(prefix) for name in _strings(types) for prefix in (*_SCHEMA, "")}
        if names & wanted:
            found.append(_asked(one))
    return found


def _asked(node: dict[str, Any]) -> list[Any]:
    """Return what a posting asks for, and the occupation that it is for, if it describes one in place."""
    own = [node[key] for key in node if key.removeprefix("schema:") in _POSTED]
    for key in ("relevantOccupation", "hasOccupation"):
        below = node.get(key)
        own += [_asked(one) for one in (below if isinstance(below, list) else [below]) if isinstance(one, dict)]
    return own


def _named(value: Any) -> Iterator[str]:
    """Yield the names or the IRIs in nested values of schema.org: texts hold several, a defined term one."""
    if isinstance(value, str):
        yield from _pieces(value)
    elif isinstance(value, list):
        for one in value:
            yield from _named(one)
    elif isinstance(value, dict):
        iri = next((value[key] for key in ("@id", "url", "sameAs") if isinstance(value.get(key), str) and terms.is_iri(value[key])), None)
        name = value.get("name") or value.get("credentialCategory") or value.get("@value")
        if iri and not isinstance(name, str):
            yield iri
        elif isinstance(name, str):
            yield f"{iri} {name}" if iri else name
        yield from _named([value[key] for key in value if key in _POSTED and key != "credentialCategory"])


def _entry(graph: Graph) -> Profile:
    """Return what an entry states of its roles, in every facet of what can be learnt."""
    iris = {str(other) for name in weights.LEARNT for other in graph.objects(None, URIRef(terms.RG + name)) if isinstance(other, URIRef)}
    return Profile("entry", (), tuple(sorted(iris)))


def _pieces(text: str) -> list[str]:
    lines = text.replace(";", "\n").splitlines()
    return [piece for line in lines for piece in line.split(",")]


def _sorted_out(kind: str, pieces: Iterable[str]) -> Profile:
    texts = dict.fromkeys(" ".join(piece.split()).strip(" •-*·\t") for piece in pieces)
    return Profile(kind, tuple(text for text in texts if text))


def _checked(profile: Profile) -> Profile:
    count = len(profile.texts) + len(profile.iris)
    if not count:
        raise UnreadableInput("the profile names no skill", expected=EXPECTED)
    if count > MOST:
        raise BadParameter("profile", f"the profile names {count:,} skills", expected=f"up to {MOST:,}")
    if not all(text.isascii() or _is_text(text) for text in profile.texts):
        raise UnreadableInput("one of the skills holds half of a character", expected="whole characters: \\ud83d alone is none")
    longest = max((len(text) for text in profile.texts), default=0)
    if longest > LONGEST:
        detail = f"one of the skills has {longest:,} characters"
        raise BadParameter("profile", detail, expected=f"up to {LONGEST} for each: names, not sentences")
    return profile


def _is_text(text: str) -> bool:
    """Tell whether a text can be written in UTF-8: JSON may hold halves of characters."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
