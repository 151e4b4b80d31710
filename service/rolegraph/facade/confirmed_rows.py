"""Confirmed matches of texts: kept as a mapping set of the user's own source, and used whenever texts are matched."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING

from rolegraph import terms
from rolegraph.engine import Engine
from rolegraph.errors import BadParameter
from rolegraph.facade.ntriples import NTRIPLES, link, literal
from rolegraph.per_revision import LruCache
from rolegraph.queries.internal import query

if TYPE_CHECKING:
    from rolegraph.facade import Rolegraph
    from rolegraph.matching import Fitted, Matcher

SOURCE = terms.KINDS["source"].namespace + "confirmed-matches"
TITLE = "Confirmed matches"
ABOUT = "Texts, such as job titles, with the concepts that a person has confirmed that they mean."
LONGEST = 1000  # characters of a text that is kept
SHOWN = 5  # refused rows that an error lists
FITTED = 12  # weights that are kept in memory

_SSSOM = "https://w3id.org/sssom/"
_RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
_DCT = "http://purl.org/dc/terms/"
_EXACT = "http://www.w3.org/2004/02/skos/core#exactMatch"


@dataclass
class Learnt:
    """What was kept of a file of confirmed rows.

    :param kept: texts with the IRIs of their concepts
    :param refused: rows that are not kept, with their line numbers and the reasons
    :param unconfirmed: the number of rows that are not marked as confirmed, or name no concept
    """

    kept: dict[str, str] = field(default_factory=dict)
    refused: list[tuple[int, str]] = field(default_factory=list)
    unconfirmed: int = 0


class ConfirmedMatches:
    """The confirmed matches of a revision, and weights that were fitted on them. Thread-safe."""

    def __init__(self, engine: Engine, matcher: "Matcher") -> None:
        self.matcher = matcher
        self._engine = engine
        self._pairs = LruCache[str, list[tuple[str, str]]](1)
        self._fitted = LruCache[tuple[str, str | None, str | None], "tuple[dict[str, str], Fitted] | tuple[None, None]"](FITTED)

    def fitted(self, kind: str, source: str | None, language: str | None) -> "tuple[dict[str, str], Fitted] | tuple[None, None]":
        """Return the confirmed texts with their concepts, and the weights; nothing where none has a concept of this kind and source."""
        pairs = self._pairs.get(SOURCE, self._read)
        return self._fitted.get((kind, source, language), lambda: self._fit(pairs, kind, source, language)) if pairs else (None, None)

    def _read(self) -> list[tuple[str, str]]:
        if SOURCE not in self._engine.graphs():
            return []
        rows = self._engine.rows(query("confirmed-matches").bind({"graph": SOURCE}))
        return sorted((row["text"].value, row["thing"].value) for row in rows)

    def _fit(
        self, pairs: list[tuple[str, str]], kind: str, source: str | None, language: str | None
    ) -> "tuple[dict[str, str], Fitted] | tuple[None, None]":
        index = self.matcher.index(kind, source, language)
        usable = {text: iri for text, iri in pairs if iri in index.places}
        return (usable, self.matcher.refit(usable, kind, source, language)) if usable else (None, None)


def learn(
    graph: "Rolegraph",
    rows: Iterable[tuple[int, str, str]],
    kind: str,
    source: str | None = None,
    language: str | None = None,
    *,
    file: str,
) -> Learnt:
    """Keep confirmed matches in the graph of their own source; :meth:`Rolegraph.match` uses them from then on.

    :param rows: the line, the text and the concept of each: an IRI, a CURIE or a slug
    :param file: the name of the file that they come from, which is kept with them
    :raises BadParameter: if none of the rows can be kept
    """
    learnt = checked(rows, graph.matchable(kind, source, language), kind)
    if not learnt.kept:
        some = "; ".join(f"line {line}: {reason}" for line, reason in learnt.refused[:SHOWN])
        raise BadParameter("learn", f"no row can be kept{f': {some}' if some else ''}", expected="rows with a text and an id")
    store(graph.engine, learnt.kept, file)
    return learnt


def checked(rows: Iterable[tuple[int, str, str]], concepts: set[str], kind: str) -> Learnt:
    """Return the rows of a file that can be kept.

    :param rows: the line, the text and the concept of each: an IRI, a CURIE or a slug
    :param concepts: the IRIs of the concepts that texts can be matched with
    """
    learnt, lines = Learnt(), dict[str, int]()
    for line, written, named_as in rows:
        text, name = written.strip(), named_as.strip()
        if not text and not name:
            continue
        if not name:
            learnt.unconfirmed += 1
        elif reason := _wrong(text, iri := _iri(name, kind), name, concepts):
            learnt.refused.append((line, reason))
        elif learnt.kept.get(text, iri) != iri:
            learnt.refused.append((line, f"{text!r} is confirmed as something else on line {lines[text]}"))
        else:
            learnt.kept[text], lines[text] = iri, line
    return learnt


def store(engine: Engine, rows: dict[str, str], file: str) -> None:
    """Keep confirmed rows in the graph of their source. A text that was confirmed before gets its new concept.

    :param file: the name of the file that they come from
    """
    triples = [
        link(SOURCE, terms.RDF_TYPE, terms.KINDS["source"].types[0]),
        literal(SOURCE, _DCT + "title", TITLE, "en"),
        literal(SOURCE, _DCT + "description", ABOUT, "en"),
    ]
    why = f"Confirmed by a person, in {file}, {date.today().isoformat()}."  # noqa: DTZ011 - the day where the user is
    for text, iri in sorted(rows.items()):
        mapping, subject = (f"{SOURCE}#{part}{_digest(text, iri)}" for part in ("", "text-"))
        triples += [
            link(mapping, terms.RDF_TYPE, terms.RG + "Mapping"),
            link(mapping, terms.RDF_SUBJECT, subject),
            link(mapping, _RDF + "predicate", _EXACT),
            link(mapping, _RDF + "object", iri),
            literal(mapping, _SSSOM + "subject_label", text),
            literal(mapping, terms.RG + "justification", why, "en"),
        ]
    engine.write({SOURCE: "".join(triples).encode()}, NTRIPLES, mode="merge")


def _digest(text: str, iri: str) -> str:
    """Return a name for a text among the concepts of one publisher, so that it can mean one of each."""
    scheme = iri[: max(iri.rfind("/"), iri.rfind("#")) + 1]
    return hashlib.sha256(f"{scheme}\n{text}".encode()).hexdigest()[:24]


def _iri(name: str, kind: str) -> str:
    return terms.KINDS[kind].namespace + name if terms.SLUG.fullmatch(name) else terms.expand(name) or name


def _wrong(text: str, iri: str, name: str, concepts: set[str]) -> str:
    if not text:
        return "there is no text"
    if len(text) > LONGEST:
        return f"the text has {len(text):,} characters, and up to {LONGEST:,} are kept"
    if not text.isprintable():
        return "the text has characters that cannot be printed"
    return "" if iri in concepts else f"{name!r} is not the IRI, CURIE or slug of a concept of this kind and source"
