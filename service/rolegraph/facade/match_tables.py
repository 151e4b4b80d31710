"""Matches of many texts, and how they are written: as tables, JSON and SSSOM, piece by piece, so that they need not fit into memory."""

import csv
import io
import itertools
import json
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any
from uuid import NAMESPACE_URL, uuid5

from rolegraph import __version__, terms
from rolegraph.engine import IsCancelled, never_cancelled
from rolegraph.errors import BadParameter, ClientGone
from rolegraph.output import to_csv, to_json
from rolegraph.search import source_graph

if TYPE_CHECKING:
    from rolegraph.facade import Rolegraph
    from rolegraph.matching import Candidate, TextMatch

MOST_TEXTS = 1000  # of one request
MOST_CANDIDATES = 20  # of one text
SHOWN = 5  # candidates of a text, unless another number is asked for
CONFIRMED = 0.99  # least vote of confirmed rows for a text that is one of them
BLOCK = 250  # texts that are matched at a time

SSSOM_HEADER = (
    *("subject_label", "subject_type", "predicate_id", "object_id", "object_label"),
    *("mapping_justification", "confidence", "comment"),
)
_BUILT_IN = {"rdf", "rdfs", "owl", "xsd", "sh", "skos", "dct", "dcat", "prov", "sssom", "semapv", "schema"}
_UNSPECIFIED = "https://w3id.org/sssom/license/unspecified"


@dataclass(frozen=True)
class Wanted:
    """Which concepts texts are matched with; see :meth:`Rolegraph.match <rolegraph.facade.Rolegraph.match>`."""

    kind: str
    source: str | None = None
    language: str | None = None
    limit: int = SHOWN


class Matches:
    """The matches of texts, made block by block while they are read, once.

    :param texts: any number of texts
    :param is_cancelled: ends the work between two blocks
    :raises BadParameter: for an unknown source, or a language that no label has
    """

    def __init__(self, graph: "Rolegraph", texts: Iterable[str], wanted: Wanted, is_cancelled: IsCancelled = never_cancelled) -> None:
        self._graph, self._texts, self.wanted, self._is_cancelled = graph, iter(texts), wanted, is_cancelled
        if wanted.source:
            source_graph(wanted.source, set(graph.engine.graphs()))
        if wanted.language:
            check_language(graph, wanted.language)
        self.fitted_on: dict[str, Any] = {}
        """What weights and probabilities were fitted on, once a block is matched."""

    def __iter__(self) -> Iterator["TextMatch"]:
        wanted = self.wanted
        while block := list(itertools.islice(self._texts, BLOCK)):
            if self._is_cancelled():
                raise ClientGone("the client closed the connection before the answer was ready")
            result = self._graph.match(block, wanted.kind, wanted.source, wanted.language, wanted.limit)
            self.fitted_on = result.fitted_on.as_dict()
            yield from result.results


def languages(graph: "Rolegraph") -> list[str]:
    """Return the languages of the labels, without regions; English is always one of them."""
    return sorted({tag.lower().split("-")[0] for tag in graph.search.languages() if tag} | {"en"})


def check_language(graph: "Rolegraph", language: str) -> None:
    """Check that there are labels in a language.

    :raises BadParameter: if there are none
    """
    base = language.lower().split("-")[0]
    if base != "en" and base not in languages(graph):
        raise BadParameter("language", f"there are no labels in {language[:40]!r}", expected=f"one of {', '.join(languages(graph))}")


def header(limit: int) -> list[str]:
    """Return the names of the columns of a table of matches with up to ``limit`` candidates."""
    further = [f"{name} {place}" for place in range(2, limit + 1) for name in ("id", "label", "confidence")]
    return ["row", "text", "decision", "id", "label", "confidence", "matched label", "reason", "remark", *further]


def table(matches: Iterable["TextMatch"], limit: int) -> Iterator[list[str | float | int]]:
    """Yield the header and the rows of a table of matches."""
    yield [*header(limit)]
    yield from rows(matches, limit)


def rows(matches: Iterable["TextMatch"], limit: int) -> Iterator[list[str | float | int]]:
    """Yield a row for each text, under the columns of :func:`header`."""
    for number, match in enumerate(matches, 1):
        first: list[str | float | int] = ["", "", "", "", ""]
        if match.candidates:
            best = match.candidates[0]
            first = [best.iri, best.label, best.confidence, best.matched_label, best.reason]
        row: list[str | float | int] = [number, match.text, match.decision, *first, match.remark]
        for candidate in match.candidates[1:limit]:
            row += [candidate.iri, candidate.label, candidate.confidence]
        yield row + [""] * (3 * (limit - max(1, len(match.candidates[:limit]))))


def csv_pieces(matches: Iterable["TextMatch"], limit: int) -> Iterator[str]:
    """Yield a table of matches as CSV."""
    for row in table(matches, limit):
        yield to_csv([[str(cell) for cell in row]])


def json_pieces(matches: Matches) -> Iterator[str]:
    """Yield matches as a JSON object, each match on a line of its own."""
    between = '{"results":[\n'
    for match in matches:
        yield between + _plain(match.as_dict())
        between = ",\n"
    start = "" if between == ",\n" else between
    yield f'{start}\n],"fittedOn":{_plain(matches.fitted_on or None)}}}\n'


def _plain(value: Any) -> str:
    return to_json(value).removesuffix("\n")


def sssom_pieces(matches: Iterable["TextMatch"], wanted: Wanted, name: str, *, confirmed: bool = False) -> Iterator[str]:
    """Yield matches as a mapping set in SSSOM's TSV: what is accepted as exact match, what needs a review as close matches.

    :param name: the name of the texts, such as that of their file
    :param confirmed: whether a person has chosen the candidates
    """
    yield _metadata(wanted, name, confirmed=confirmed)
    yield tsv(SSSOM_HEADER)
    for match in matches:
        if not match.text.strip() or (match.decision == "review" and not match.candidates):
            continue  # an empty row, or one for which nobody has chosen
        if match.decision == "none":
            by = "ManualMappingCuration" if confirmed else "UnspecifiedMatching"
            yield tsv((match.text, "rdfs literal", "skos:exactMatch", "sssom:NoTermFound", "", f"semapv:{by}", "", match.remark))
            continue
        accepted = match.decision == "accept"
        for candidate in match.candidates[: 1 if accepted else None]:
            predicate = "skos:exactMatch" if accepted else "skos:closeMatch"
            subject = (match.text, "rdfs literal", predicate, terms.shorten(candidate.iri), candidate.label)
            figure = "" if confirmed else str(candidate.confidence)
            yield tsv((*subject, justification(candidate, confirmed=confirmed), figure, candidate.reason))


def _metadata(wanted: Wanted, name: str, *, confirmed: bool) -> str:
    concepts = f"{terms.KINDS[wanted.kind].plural}{f' of {wanted.source}' if wanted.source else ''}"
    chosen = "chosen by a person" if confirmed else "found by Rolegraph"
    text = f"{name}, {concepts}, {wanted.language or 'en'}, {chosen}"
    return sssom_metadata(f"{terms.BASE}mapping-set/{uuid5(NAMESPACE_URL, text)}", f"{name} to {concepts}", (wanted.kind,))


def sssom_metadata(iri: str, title: str, kinds: Collection[str]) -> str:
    """Return the lines about a mapping set before its table.

    :param kinds: the kinds of the concepts, whose prefixes are declared
    """
    curies = {name: space for name, space in terms.prefixes().items() if name not in _BUILT_IN and _names_concepts(name, space, kinds)}
    lines = [
        "sssom_version: " + json.dumps("1.1"),
        "curie_map:",
        *(f"  {prefix}: {json.dumps(namespace)}" for prefix, namespace in curies.items()),
        f"mapping_set_id: {json.dumps(iri)}",
        f"mapping_set_title: {json.dumps(title, ensure_ascii=False)}",
        f"license: {json.dumps(_UNSPECIFIED)}",
        f"mapping_date: {json.dumps(date.today().isoformat())}",  # noqa: DTZ011 - the day where the user is
        'mapping_tool: "Rolegraph"',
        f"mapping_tool_version: {json.dumps(__version__)}",
    ]
    return "".join(f"#{line}\n" for line in lines)


def _names_concepts(prefix: str, namespace: str, kinds: Collection[str]) -> bool:
    return prefix in kinds or not namespace.startswith(terms.BASE)


def justification(candidate: "Candidate", *, confirmed: bool = False) -> str:
    """Return how a candidate was found, in the words of SEMAPV."""
    members = candidate.members
    if confirmed or members.get("confirmed", 0) > CONFIRMED:
        return "semapv:ManualMappingCuration"
    if members.get("exact"):
        return "semapv:LexicalMatching"
    by_meaning = any(score > 0 for name, score in members.items() if name not in ("exact", "grams", "confirmed"))
    return "semapv:SemanticSimilarityThresholdMatching" if by_meaning else "semapv:LexicalSimilarityThresholdMatching"


def tsv(cells: Sequence[str]) -> str:
    """Return a line of SSSOM's TSV."""
    line = io.StringIO(newline="")
    csv.writer(line, delimiter="\t", lineterminator="\n").writerow(cells)
    return line.getvalue()
