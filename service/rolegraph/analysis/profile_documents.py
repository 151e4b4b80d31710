"""The names of skills in JSON documents: lists, JSON Resumes, and schema.org's postings, occupations and persons in all shapes of JSON-LD.

What may name skills and is in no shape that is read is reported by its path, so that nothing is left out silently.
"""

import html
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from rolegraph import terms
from rolegraph.search import wording

LONGEST = 500  # most characters of a name; longer texts are sentences
_TYPES = {"JobPosting", "Occupation", "Person"}
POSTED = (
    *("skills", "qualifications", "educationRequirements", "competencyRequired", "knowsAbout", "knowsLanguage", "hasCredential"),
    "credentialCategory",
)
_EMBEDDED = ("relevantOccupation", "hasOccupation")
_NAMES = ("name", "skill", "keyword", "language", "title", "label", "prefLabel", "value", "text", "termCode", "credentialCategory")
_MEMBERS = ("keywords", "skills", "hasDefinedTerm", "itemListElement", "item")  # of a heading, which then is no name of a skill
_WHOLE = ("@value", "@list", "@set")
_SECTIONS = ("basics", "work", "volunteer", "education", "awards", "certificates", "publications", "languages", "interests", "projects")
_SAYS_SKILLS = re.compile(r"skill|keyword|technolog|competenc|tool|techstack|tech_stack|expertise|qualification", re.IGNORECASE)
_TAG = re.compile(r"<[a-zA-Z/][^<>]*>")
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8})*|@none|none|und")

Members = Mapping[str, Any]


@dataclass
class Names:
    """What is read of a document: ``texts`` in order, each a name or an IRI with a name, and the paths of what is ``unread``."""

    texts: list[str] = field(default_factory=list)
    unread: list[str] = field(default_factory=list)
    nodes: Mapping[str, Members] = field(default_factory=dict)

    def add(self, value: Any, path: str) -> None:
        """Read the names in a value of any shape; a text may list several."""
        if isinstance(value, str):
            self._pieces(value, path)
        elif isinstance(value, list):
            for place, element in enumerate(value):
                self.add(element, f"{path}[{place}]")
        elif isinstance(value, dict):
            self._object(value, path)
        elif value is not None:
            self.unread.append(path)

    def _pieces(self, text: str, path: str) -> None:
        plain = html.unescape(_TAG.sub("\n", text)) if _TAG.search(text) else text
        pieces = list(filter(str.strip, wording.pieces(plain)))
        self.texts += [piece for piece in pieces if len(piece) <= LONGEST]
        if any(len(piece) > LONGEST for piece in pieces):
            self.unread.append(path)

    def _object(self, value: Members, path: str) -> None:
        """Read an object: a value of JSON-LD, a heading with keywords, a language map, a term with a name or an IRI, a reference."""
        before = len(self.texts), len(self.unread)
        whole = next((name for name in _WHOLE if name in value), "")
        if whole:
            self.add(value[whole], path if whole == "@value" else f"{path}.{whole}")
        else:
            self._members(value, path)
        if _says_something(value) and before == (len(self.texts), len(self.unread)):
            self.unread.append(path)

    def _members(self, value: Members, path: str) -> None:
        keywords = [name for name in value if _local(name) in _MEMBERS and value[name]]
        for name in keywords:
            self.add(value[name], f"{path}.{name}")
        if not keywords:
            self._term(value, path)
        for name in value:
            if _local(name) in POSTED and name not in keywords and _local(name) not in _NAMES:
                self.add(value[name], f"{path}.{name}")

    def _term(self, value: Members, path: str) -> None:
        iri = next((text for name in ("@id", "id", "url", "sameAs", "targetUrl") if (text := _iri(value.get(name)))), "")
        names = (one for name in _NAMES for key in value if _local(key) == name and (one := single(value[key])))
        name = next(names, "")
        if not name and len(value) <= len({"@id", "@type"}) and isinstance(value.get("@id"), str):
            node = self.nodes.get(value["@id"])
            if node and node is not value and len(node) > 1:
                self._object({key: node[key] for key in node if key != "@id"}, path)
                return
        if not name and value and all(map(_LANGUAGE.fullmatch, value)):
            self.add(next((value[key] for key in value if key.lower().startswith("en")), next(iter(value.values()))), path)
        elif not (iri or name) and all(isinstance(group, list) for group in value.values()):
            for heading in value:
                self.add(value[heading], f"{path}.{heading}")
        elif (iri or name) and len(name) <= LONGEST:
            self.texts.append(f"{iri} {name}".strip())


def _says_something(value: Any) -> bool:
    """Return whether there is any text or number in a value."""
    if isinstance(value, list | dict):
        return any(map(_says_something, value.values() if isinstance(value, dict) else value))
    return value is not None and value != ""


def single(value: Any) -> str:
    """Return the one name that a value gives, in English if it has several languages; '' for a value of another shape."""
    if isinstance(value, str):
        return " ".join(value.split())
    if isinstance(value, list):
        english = [element for element in value if isinstance(element, dict) and str(element.get("@language", "")).lower().startswith("en")]
        return next((name for element in (*english, *value) if (name := single(element))), "")
    if isinstance(value, dict):
        if "@value" in value:
            return single(value["@value"]) if isinstance(value["@value"], str) else ""
        for name in ("@list", "@set"):
            if name in value:
                return single(value[name])
        if value and all(map(_LANGUAGE.fullmatch, value)):
            return single(next((value[key] for key in value if key.lower().startswith("en")), next(iter(value.values()))))
    return ""


def read(document: Any) -> tuple[str, Names] | None:
    """Return the kind of a document (list, resume or posting) and the names in it; None if it is none of these, but maybe an entry."""
    postings = list(_typed(document, ""))
    if postings:
        names = Names(nodes=_nodes(document))
        for path, node in postings:
            _posting(node, path, names)
        return "posting", names
    if isinstance(document, dict) and not document.keys() & {"@context", "@graph", "@id", "@type"}:
        if _is_resume(document):
            names = Names()
            _resume(document, names)
            return "resume", names
        if any(map(_SAYS_SKILLS.search, document)):
            names = Names()
            _walk(document, "", names.add)
            return "list", names
    if isinstance(document, list) and all(isinstance(element, str) or _is_plain(element) for element in document):
        names = Names(texts=[element for element in document if isinstance(element, str)]) if _is_text(document) else Names()
        if not names.texts:
            names.add(document, "")
        return "list", names
    return None


def _is_text(document: list[Any]) -> bool:
    return all(isinstance(element, str) for element in document)


def _is_plain(element: Any) -> bool:
    return isinstance(element, dict) and not any(key.startswith("@") for key in element)


def _is_resume(document: Members) -> bool:
    return any(isinstance(document.get(name), dict if name == "basics" else list) for name in _SECTIONS) or (
        isinstance(document.get("skills"), list) and any(isinstance(skill, dict) and "keywords" in skill for skill in document["skills"])
    )


def _resume(document: Members, names: Names) -> None:
    """Read a JSON Resume: skills, and keywords of work and projects; languages, certificates, what was studied."""
    names.add(document.get("skills"), "skills")
    for section, read_names in (("languages", ("language",)), ("certificates", ("name",)), ("education", ("studyType", "area"))):
        for place, entry in enumerate(_elements(document.get(section))):
            path = f"{section}[{place}]"
            if isinstance(entry, dict):
                stated = [name for name in read_names if entry.get(name) is not None]
                for name in stated:
                    names.texts += [text] if (text := single(entry[name])) and len(text) <= LONGEST else []
                    names.unread += [] if text or entry[name] == "" else [f"{path}.{name}"]
                if not stated and section != "education":
                    names.add(entry, path)
            else:
                names.add(entry, path)
    _walk({name: document[name] for name in document if name != "skills"}, "", names.add)


def _walk(value: Any, path: str, take: Callable[[Any, str], None]) -> None:
    """Hand over each member below a value that says by its name that it holds skills, with its path."""
    if isinstance(value, list):
        for place, element in enumerate(value):
            _walk(element, f"{path}[{place}]", take)
    elif isinstance(value, dict):
        for name in value:
            below = f"{path}.{name}".lstrip(".")
            if _SAYS_SKILLS.search(name) and not path.startswith("interests"):
                take(value[name], below)
            else:
                _walk(value[name], below, take)


def _posting(node: Members, path: str, names: Names) -> None:
    """Read the skills of a posting, and those of the occupation that it embeds."""
    for name in node:
        below, local = f"{path}.{name}".lstrip("."), _local(name)
        if local in POSTED:
            names.add(node[name], below)
        elif local in _EMBEDDED:
            for element in _elements(node[name]):
                if isinstance(element, dict) and not _types(element) & _TYPES:
                    _posting(names.nodes.get(str(element.get("@id")), element), below, names)
        elif _SAYS_SKILLS.search(local) and node[name]:
            names.unread.append(below)


def _typed(value: Any, path: str) -> Iterator[tuple[str, Members]]:
    """Yield the postings, occupations and persons in a document, wherever they stand, with their paths."""
    if isinstance(value, list):
        for place, element in enumerate(value):
            yield from _typed(element, f"{path}[{place}]")
    elif isinstance(value, dict):
        if _types(value) & _TYPES:
            yield path, value
        for name in value:
            if name != "@context":
                yield from _typed(value[name], f"{path}.{name}".lstrip("."))


def _nodes(value: Any) -> dict[str, Members]:
    """Return the nodes of a document by identifier, of each the one with most members."""
    nodes: dict[str, Members] = {}
    stack = [value]
    while stack:
        element = stack.pop()
        if isinstance(element, list):
            stack += element
        elif isinstance(element, dict):
            stack += element.values()
            name = element.get("@id")
            if isinstance(name, str) and len(element) > len(nodes.get(name, ())):
                nodes[name] = element
    return nodes


def _types(node: Members) -> set[str]:
    return {_local(name) for name in _elements(node.get("@type")) if isinstance(name, str)}


def _local(name: str) -> str:
    """Return the last part of the name of a property or a class, which may have a prefix or be an IRI."""
    return re.split(r"[:/#]", name)[-1]


def _elements(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return next((_elements(value[name]) for name in ("@list", "@set") if name in value), [value])
    return value if isinstance(value, list) else [] if value is None else [value]


def _iri(value: Any) -> str:
    text = single(value)
    iri = terms.expand(text) or text
    return iri if terms.is_iri(iri) and not iri.startswith(("_:", "urn:uuid")) else ""
