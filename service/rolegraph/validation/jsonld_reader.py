"""Reads JSON-LD with rdflib: refuses what rdflib would change silently, and accepts what can only mean one thing.

It refuses invalid IRIs, which rdflib would change, and reports the keys that JSON-LD ignores silently. What a processor of JSON-LD would
lose is kept where there is only one way to mean it: ``tool`` for ``tools``, a text without a language, an object without an ``id``; and a
name in place of an identifier as the text that it is, where schema.org has a property for it.
"""

import hashlib
import json
import re
from collections.abc import Iterator
from decimal import Decimal
from difflib import get_close_matches
from functools import cache
from typing import Any, NamedTuple

from rdflib import BNode, Graph
from rdflib.namespace import XSD
from rdflib.plugins.parsers.jsonld import Parser
from rdflib.plugins.shared.jsonld.context import UNDEF, Context, Term
from rdflib.term import IdentifiedNode, Node

from rolegraph import jsonld_context, terms
from rolegraph.errors import UnreadableInput
from rolegraph.validation.findings import ENTRY, Finding

UNKNOWN_KEY = "UnknownTermConstraintComponent"
NAME = "IdentifierConstraintComponent"
LANGUAGE = "LanguageConstraintComponent"
_LANGUAGE = "en"  # of texts that do not say theirs
_SIMILARITY = 0.75  # lowest ratio of two similar words
_INVALID_IN_IRI = re.compile('[\x00-\x20<>"{}|\\\\^`]')
_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?")
_RELATIVE = re.compile(r"[#?]|\.{0,2}(/|$)")
_AMOUNTS = ("value", "percentile10", "percentile25", "median", "percentile75", "percentile90")
TEXTS = {
    "skill": "skills",
    "tool": "skills",
    "degree": "educationRequirements",
    "fieldOfStudy": "educationRequirements",
    "certification": "qualifications",
    "industry": "industry",
    "responsibility": "responsibilities",
}
"""Property of ours → that of schema.org whose values may be texts. Properties that say more, such as essentialSkill, have none."""


class TextName(NamedTuple):
    """A name where an identifier is expected, kept as a text: ``property`` is ours, ``text_property`` that of schema.org, both IRIs."""

    subject: str
    property: str
    text_property: str
    text: str


class Reader(Parser):
    """rdflib's JSON-LD parser with checks; ``remarks`` holds what is to be reported of the document, ``names`` what is kept as texts."""

    def __init__(self) -> None:
        super().__init__()
        self.remarks: list[Finding] = []
        self.names: list[TextName] = []

    def _add_to_graph(self, dataset: Graph, graph: Graph, context: Context, node: Any, topcontext: bool = False) -> Node | None:
        types = context.get_type(node) if isinstance(node, dict) else None
        if isinstance(types, list) and all(isinstance(type_, str) for type_ in types):  # rdflib only looks at the first for words
            types.sort(key=lambda type_: not (type_ in context.terms and context.terms[type_].context))
        return super()._add_to_graph(dataset, graph, context, node, topcontext)

    def _key_to_graph(  # noqa: PLR0917 - rdflib's signature
        self,
        dataset: Graph,
        graph: Graph,
        context: Context,
        subj: Node,
        key: str,
        obj: Any,
        reverse: bool = False,
        no_id: bool = False,
    ) -> None:
        word = self._word(context, subj, key)
        if word is None:
            return
        term = context.terms.get(word)
        if term and term.id in _ours() and not reverse:
            if texts := self._texts(context, subj, term, obj):
                super()._key_to_graph(dataset, graph, context, subj, texts[0], texts[1], reverse, no_id)
            obj = self._read(context, subj, term, word, obj)
        super()._key_to_graph(dataset, graph, context, subj, word, obj, reverse, no_id)

    def _word(self, context: Context, subj: Node, key: str) -> str | None:
        """Return the word that a key means, None if it means nothing."""
        term = context.terms.get(key)
        if term is None and (key.startswith("@") or ":" in key or context.vocab):
            return key
        if term is not None and not (term.id or "").endswith(("/", "#")) and not _is_class(key, term):
            return key
        if term is not None and term.id == terms.prefixes().get(key) and (word := _word_of(terms.RG + key, context)):
            return word
        near = _near(key, context)
        hint = f"did you mean {near}?" if near else "the context lists the terms that can be used, e.g. tools."
        what = "is the beginning of identifiers, not a property" if term and not _is_class(key, term) else "is not a term of the context"
        what = "is a class, not a property" if term and _is_class(key, term) else what
        self._remark("Warning", f"{key} {what}, so its value is left out; {hint}", subj, None, None, UNKNOWN_KEY)
        return None

    def _read(self, context: Context, subj: Node, term: Term, word: str, obj: Any) -> Any:
        """Return what a value means: with a language, as numbers, with identifiers; names in place of identifiers are left out."""
        if isinstance(obj, dict) and "@language" in term.container:
            return obj
        items = obj if isinstance(obj, list) else [obj]
        if "@language" in term.container and context.language is None and term.language is UNDEF:
            items = self._with_language(subj, word, term, items)
        items = [_number(term, item) for item in items]
        if _expects_identifiers(context, term):
            items = [item for item in items if (name := _name(item)) is None or self._may_stay(subj, term, name)]
        return [_identified(context, subj, term, word, item) for item in items]

    def _with_language(self, subj: Node, word: str, term: Term, items: list[Any]) -> list[Any]:
        if any(isinstance(item, str) for item in items):
            message = (
                f"{word} does not say its language, so it was read as English ({_LANGUAGE}): "
                f'write {word} as {{"en": "…"}}, or for a whole document in another language "@language": "de" in its context.'
            )
            self._remark("Info", message, subj, term.id, None, LANGUAGE)
        return [{"@value": item, "@language": _LANGUAGE} if isinstance(item, str) else item for item in items]

    def _texts(self, context: Context, subj: Node, term: Term, obj: Any) -> tuple[str, list[Any]] | None:
        """Return the names among the values of a property, with the property of schema.org that keeps them; None if it keeps none."""
        kept_by = TEXTS.get((term.id or "").removeprefix(terms.RG))
        if kept_by is None or not _expects_identifiers(context, term):
            return None
        names = [item for item in (obj if isinstance(obj, list) else [obj]) if _name(item) is not None]
        property_ = terms.prefixes()["schema"] + kept_by
        self.names += [TextName(_focus(subj), term.id, property_, _name(item) or "") for item in names]
        return (property_, names) if names else None

    def _may_stay(self, subj: Node, term: Term, text: str) -> bool:
        """Return whether a name in place of an identifier may stay: it may not, and is reported unless it is kept as a text."""
        if (term.id or "").removeprefix(terms.RG) in TEXTS:
            return False
        slug = terms.slugify(text)
        examples = [f'"{kind}:{slug}"' for kind in kinds(term.id) if slug] or ['an identifier such as "tool:python"']
        message = (
            f'"{text[:100]}" is a name, not an identifier, so it was left out: write '
            f"{' or '.join(examples)} if that is what is meant, or a full IRI; "
            "the search of the service finds the identifier of a name."
        )
        self._remark("Violation", message, subj, term.id, text, NAME)
        return False

    def _remark(self, severity: str, message: str, subj: Node, path: str | None, value: str | None, component: str) -> None:  # noqa: PLR0917
        self.remarks.append(Finding(severity, message, _focus(subj), path, value, component, ENTRY))

    def _to_rdf_id(self, context: Context, id_val: str) -> IdentifiedNode | None:
        _check_iri(id_val)
        return super()._to_rdf_id(context, id_val)

    def _to_object(  # noqa: PLR0917 - rdflib's signature
        self, dataset: Graph, graph: Graph, context: Context, term: Term | None, node: Any, inlist: bool = False
    ) -> Node | None:
        if isinstance(node, str) and term and term.type in ("@id", "@vocab"):
            _check_iri(node)
        return super()._to_object(dataset, graph, context, term, node, inlist)


def _focus(subject: Node) -> str:
    return "_:b" if isinstance(subject, BNode) else str(subject)


def _expects_identifiers(context: Context, term: Term) -> bool:
    """Return whether texts that are values of a term are identifiers, and names are none: unless the document has a base of its own."""
    return term.type == "@id" and context.base == context.doc_base


def _name(item: Any) -> str | None:
    """Return the text of a value that is a name in place of an identifier, None for any other value."""
    if isinstance(item, dict):
        text = item.get("@value")
        return text if isinstance(text, str) and "@type" not in item and text.strip() else None
    if not isinstance(item, str) or not item.strip() or _RELATIVE.match(item) or item.startswith("_:"):
        return None
    _, colon, rest = item.partition(":")
    if colon:
        return item if " " in item and not rest.startswith("//") else None
    return None if item.partition("/")[0] in terms.KINDS and "/" in item else item


@cache
def _ours() -> frozenset[str]:
    """Return the IRIs of the properties that have a word in the context of the project."""
    return frozenset(_iris(jsonld_context.words()))


def _iris(words: Any) -> Iterator[str]:
    for name, word in words.items():
        curie = word["@id"] if isinstance(word, dict) else str(word)
        if not curie.startswith("@") and not name.startswith("@"):
            yield terms.expand(curie) or curie
            yield from _iris(word.get("@context", {})) if isinstance(word, dict) else ()


def _is_class(key: str, term: Term) -> bool:
    return key[:1].isupper() and key in jsonld_context.words() and term.id in _ours()


def _word_of(iri: str, context: Context) -> str | None:
    """Return the first word of a context for a property whose values are things."""
    return next((name for name, term in context.terms.items() if term.id == iri and term.type == "@id"), None)


def kinds(property_: str) -> list[str]:
    """Return the names of the kinds that a property leads to."""
    name = property_.removeprefix(terms.RG)
    classes = {facet.name: facet.classes for facet in terms.facets()}
    wanted = set(classes.get("essentialSkill" if name == "skill" else name, ()))
    return [kind.name for kind in terms.KINDS.values() if kind.name == name or wanted.intersection(kind.types)]


def _number(term: Term, item: Any) -> Any:
    """Return a number of a property of amounts as the literal that it stands for, without an exponent.

    A text that is a number is one too: earlier versions wrote numbers as texts.
    """
    amount = term.id.removeprefix(terms.prefixes()["schema"]) in _AMOUNTS
    text = isinstance(item, str) and term.type is UNDEF and amount and _NUMBER.fullmatch(item)
    if isinstance(item, bool) or not (text or (isinstance(item, int | float) and (amount or term.type == str(XSD.decimal)))):
        return item
    whole = isinstance(item, int) or (isinstance(item, str) and "." not in item)
    datatype = XSD.integer if whole and term.type != str(XSD.decimal) else XSD.decimal
    return {"@value": item if isinstance(item, str) else format(Decimal(repr(item)), "f"), "@type": str(datatype)}


def _identified(context: Context, subj: Node, term: Term, word: str, item: Any) -> Any:
    """Return an object with an identifier, a fragment of the source that only depends on where the object stands and what it says."""
    if not isinstance(item, dict) or isinstance(subj, BNode) or context.get_id(item) is not None:
        return item
    if not item or any(context.get_key(key) in item or key in item for key in ("@value", "@list", "@set", "@graph", "@reverse")):
        return item
    if term.type != "@id" and not context.get_type(item):
        return item
    base = (context.doc_base or terms.BASE).partition("#")[0]
    source = terms.KINDS["source"].namespace + "entry" if base == terms.BASE else base
    parent = terms.slugify(re.split("[/#]", str(subj).rstrip("/#"))[-1])
    part = re.sub(r"(?<=[a-z])(?=[A-Z])", "-", word).lower()
    digest = hashlib.sha256(json.dumps(item, sort_keys=True).encode()).hexdigest()[:8]
    return {**item, "@id": f"{source}#{parent}-{part}-{digest}"}


def _near(key: str, context: Context) -> str:
    """Return the property of a context whose name is the most similar to a key, or starts with it, or an empty text."""
    found = [(name, term.id or "") for name, term in context.terms.items()]
    properties = {name.casefold(): name for name, iri in found if name[:1].islower() and not iri.startswith("@") and iri[-1:] not in "/#"}
    folded = key.casefold()
    matches = get_close_matches(folded, properties, 1, _SIMILARITY) or [name for name in properties if name.startswith(folded)]
    return properties[matches[0]] if matches else ""


def _check_iri(text: str) -> None:
    if _INVALID_IN_IRI.search(text) and not text.startswith("_:"):
        raise UnreadableInput(f"{text[:200]!a} is not an IRI", expected="an IRI as in RFC 3987, without spaces and brackets")
