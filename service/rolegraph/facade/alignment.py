"""Proposed matches between the concepts of two sources: computed, and kept as a source of their own that nobody has reviewed."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from rolegraph import equivalence, terms
from rolegraph.errors import BadParameter
from rolegraph.facade.ntriples import NTRIPLES, decimal, link, literal
from rolegraph.facade.pinning import Pinning
from rolegraph.search import source_graph

if TYPE_CHECKING:
    from rolegraph.matching import TextMatch
    from rolegraph.matching.alignment import Proposal

OURS = "rolegraph"  # names our own vocabulary, which has a graph for each kind
KINDS = ("role", "skill", "tool", "responsibility")
THRESHOLD = 0.8  # least confidence of a proposal, unless another is asked for
CANDIDATES = 10  # of each label

_RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
_DCT = "http://purl.org/dc/terms/"
_SKOS = "http://www.w3.org/2004/02/skos/core#"


class Kinds(NamedTuple):
    """The kinds of concepts of two sources that are matched with each other."""

    one: str
    other: str

    @property
    def text(self) -> str:
        """The kinds as a person writes them."""
        return self.one if self.one == self.other else f"{self.one}:{self.other}"


ALL = (Kinds("role", "role"), *(Kinds(one, other) for one in KINDS[1:] for other in KINDS[1:]))
"""What one source calls a skill is a tool or a responsibility to another."""

Progress = Callable[[Kinds, int], None]
"""Receives how many texts of some kinds have been matched."""


@dataclass(frozen=True)
class Aligned:
    """The proposed matches of two sources.

    :param source: the IRI of the source that they are kept as
    :param ends: the IRIs of the two sources, or :data:`OURS`
    :param proposals: the matches of each pair of kinds, of which both sources have concepts
    """

    source: str
    ends: tuple[str, str]
    threshold: float
    proposals: dict[Kinds, tuple["Proposal", ...]]

    @property
    def count(self) -> int:
        """The number of matches."""
        return sum(map(len, self.proposals.values()))

    def as_dict(self) -> dict[str, Any]:
        """Return the value as a JSON object."""
        return {
            "source": self.source,
            "ends": list(self.ends),
            "threshold": self.threshold,
            "matches": [
                {
                    "kinds": list(kinds),
                    "subject": {"id": each.subject, "curie": terms.shorten(each.subject), "label": each.subject_label},
                    "predicate": f"skos:{predicate(each)}",
                    "object": {"id": each.object, "curie": terms.shorten(each.object), "label": each.object_label},
                    "confidence": each.confidence,
                    "reason": each.reason,
                }
                for kinds, proposals in self.proposals.items()
                for each in proposals
            ],
        }


class Aligning(Pinning):
    """Proposes matches between sources."""

    def align(
        self,
        source: str,
        other: str,
        kinds: Sequence[str] = (),
        threshold: float = THRESHOLD,
        language: str = "en",
        *,
        keep: bool = True,
        progress: Progress = lambda _kinds, _number: None,
    ) -> Aligned:
        """Propose matches between the concepts of two sources, and keep them as a source of their own, in place of those of an earlier run.

        Nothing is joined by them: comparisons show them only where they are asked for.

        :param source: slug, CURIE or IRI of a source; :data:`OURS` is our own vocabulary
        :param kinds: such as ``role`` or ``skill:tool``; none for all that both sources have
        :param threshold: the least confidence of a match
        :param keep: write them to the store
        :raises BadParameter: for an unknown source or kind, a threshold out of range, or if the sources have no such concepts
        """
        aligned = _aligned(self.pinned(), _Wanted((source, other), tuple(kinds), threshold, language), progress)
        if keep:
            self.engine.write({aligned.source: _graph(aligned).encode()}, NTRIPLES)
        return aligned

    def end_of(self, source: str) -> str:
        """Return the IRI of a source, or :data:`OURS`.

        :raises BadParameter: for an unknown source
        """
        return OURS if source == OURS else source_graph(source, set(self.engine.graphs()))


class _Wanted(NamedTuple):
    """What is asked for; see :meth:`Aligning.align`."""

    sources: tuple[str, str]
    kinds: tuple[str, ...]
    threshold: float
    language: str


def _aligned(graph: Aligning, wanted: _Wanted, progress: Progress) -> Aligned:
    """Return the proposed matches of two sources in one revision."""
    if not 0 < wanted.threshold <= 1:
        raise BadParameter("threshold", f"threshold must be above 0 and at most 1, not {wanted.threshold}", expected="such as 0.8")
    pairs = tuple(dict.fromkeys(map(_kinds, wanted.kinds))) or ALL
    one, other = map(graph.end_of, wanted.sources)
    if one == other:
        raise BadParameter("source", f"{' and '.join(wanted.sources)} are the same source", expected="two sources")
    proposals = {}
    for pair in pairs:
        found = _proposals(graph, pair, (_graph_of(one, pair.one), _graph_of(other, pair.other)), wanted, progress)
        if found is not None:
            proposals[pair] = found
    if not proposals:
        detail = f"{' and '.join(wanted.sources)} have no concepts to match: {', '.join(pair.text for pair in pairs)}"
        raise BadParameter("kind", detail, expected="kinds of concepts that the two have")
    return Aligned(set_of(one, other), (one, other), wanted.threshold, proposals)


def _proposals(
    graph: Pinning, pair: Kinds, graphs: tuple[str, str], wanted: _Wanted, progress: Progress
) -> "tuple[Proposal, ...] | None":
    """Return the proposed matches of two kinds; None if one of the sources has no such concepts."""
    from rolegraph.matching.alignment import propose
    from rolegraph.matching.concepts import read

    def match(kind: str, source: str, texts: Sequence[str]) -> "Sequence[TextMatch]":
        progress(pair, len(texts))
        return graph.match(texts, kind, source, wanted.language, CANDIDATES).results

    language = wanted.language.lower().split("-")[0]
    concepts, others = (read(graph.engine.rows, kind, source, language) for kind, source in zip(pair, graphs, strict=True))
    there, back = partial(match, pair.other, graphs[1]), partial(match, pair.one, graphs[0])
    return tuple(propose(concepts, others, there, back, threshold=wanted.threshold)) if concepts and others else None


def predicate(proposal: "Proposal") -> str:
    """Return the name of the property of SKOS that a proposal becomes. A match by machine is never an exact match."""
    return "closeMatch" if proposal.is_mutual else "relatedMatch"


def set_of(source: str, other: str) -> str:
    """Return the IRI of the source that holds the proposed matches of two sources."""
    return f"{terms.KINDS['source'].namespace}{equivalence.PROPOSED}{_name(source)}-{_name(other)}"


def _name(end: str) -> str:
    return end.rstrip("/#").rpartition("/")[2].rpartition("#")[2].lower()


def _kinds(text: str) -> Kinds:
    one, _, other = text.partition(":")
    kinds = Kinds(one, other or one)
    if kinds not in ALL:
        raise BadParameter("kind", f"there is no match of {text[:100]!r}", expected=f"one of {', '.join(pair.text for pair in ALL)}")
    return kinds


def _graph_of(end: str, kind: str) -> str:
    return terms.BASE + kind if end == OURS else end


def _graph(aligned: Aligned) -> str:
    """Return the triples of the source that holds proposed matches."""
    names = " and ".join(map(_name, aligned.ends))
    about = (
        f"Matches between concepts of {names} that Rolegraph proposes, by their labels. Confidence: {aligned.threshold:g} or more. "
        "Nobody has reviewed them, and nothing is joined by them."
    )
    lines = [
        link(aligned.source, terms.RDF_TYPE, terms.KINDS["source"].types[0]),
        literal(aligned.source, _DCT + "title", f"Proposed matches between {names}", "en"),
        literal(aligned.source, _DCT + "description", about, "en"),
    ]
    for proposals in aligned.proposals.values():
        for proposal in proposals:
            property_ = _SKOS + predicate(proposal)
            digest = hashlib.sha256(f"{proposal.subject}\n{proposal.object}".encode()).hexdigest()[:24]
            mapping = f"{aligned.source}#{digest}"
            lines += [
                link(proposal.subject, property_, proposal.object),
                link(mapping, terms.RDF_TYPE, terms.RG + "Mapping"),
                link(mapping, terms.RDF_SUBJECT, proposal.subject),
                link(mapping, _RDF + "predicate", property_),
                link(mapping, _RDF + "object", proposal.object),
                decimal(mapping, terms.RG + "confidence", proposal.confidence),
                literal(mapping, terms.RG + "justification", f"{proposal.reason[:1].upper()}{proposal.reason[1:]}.", "en"),
            ]
    return "".join(lines)
