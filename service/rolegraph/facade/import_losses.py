"""The triples that an import would remove from the graph that it replaces."""

import re
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from rolegraph import terms
from rolegraph.engine import Engine
from rolegraph.engine.documents import difference
from rolegraph.errors import Refused
from rolegraph.formats import holding, named
from rolegraph.queries.internal import query
from rolegraph.values import Row, Value

SHARE = 100  # an import may remove one in so many of a kind without --replace
SHOWN = 20  # kinds that an error lists
_LINE = re.compile(r'(<[^>]*>|_:\S+) <([^>]*)> (?:(<[^>]*>|_:\S+)|"(?:[^"\\]|\\.)*"(?:@([A-Za-z0-9-]+)|\^\^<[^>]*>)?) \.\s*')

Kind = tuple[str, str]
"""The IRI of a property, and the language of its texts or, for :data:`~rolegraph.terms.RDF_TYPE`, the class."""


@dataclass(frozen=True)
class Loss:
    """The number of things of a class, links or texts in a language that an import removes, and the number before."""

    kind: Kind
    lost: int
    held: int

    @property
    def large(self) -> bool:
        """Whether more than one in :data:`SHARE` is removed."""
        return self.lost * SHARE > self.held

    @property
    def name(self) -> str:
        """The kind as messages show it."""
        property_, qualifier = self.kind
        if property_ == terms.RDF_TYPE:
            return terms.shorten(qualifier)
        return terms.shorten(property_) + (f" in {qualifier}" if qualifier else "")


def losses(engine: Engine, source: str, new: Path) -> list[Loss]:
    """Return the losses if a file of N-Triples replaces the graph of a source, the largest share first.

    A text or value that replaces another one of the same thing, property and language is not a loss. The description of
    the source itself does not count.
    """
    if source not in engine.graphs():
        return []
    with tempfile.TemporaryDirectory(prefix="rolegraph-") as folder:
        held, removed, added = (Path(folder) / name for name in ("held.nt", "removed.nt", "added.nt"))
        with held.open("wb") as file:
            file.writelines(engine.dump(named("ntriples", holding("graph")), source).pieces())
        difference(held, [new], removed, added)
        lost = _lost(removed, added, source)
    counted = [Loss(kind, number, _held(engine.rows, source, kind)) for kind, number in lost.items()]
    return sorted(counted, key=lambda loss: (-loss.lost / loss.held, loss.kind))


def refuse(removed: list[Loss], title: str) -> None:
    """Refuse an import that would remove a large share of a kind.

    :raises Refused: with the kinds and the numbers
    """
    large = [f"{loss.name} {loss.lost:,} of {loss.held:,}" for loss in removed if loss.large]
    if large:
        shown = [*large[:SHOWN], *([f"and {len(large) - SHOWN} more kinds"] if len(large) > SHOWN else [])]
        detail = f"nothing was imported: {title} is in the store, and would lose: {'; '.join(shown)}"
        expected = "all files and languages that it was imported from, together with the new ones; or --replace to remove them"
        raise Refused(detail, expected=expected)


def _lost(removed: Path, added: Path, source: str) -> Counter[Kind]:
    lost: Counter[Kind] = Counter()
    slots: Counter[tuple[str, Kind]] = Counter()
    for subject, kind, text in _read(removed):
        if subject != f"<{source}>":
            lost[kind] += 1
            if text:
                slots[subject, kind] += 1
    if not lost:
        return lost
    for subject, kind, text in _read(added):
        if text and slots[subject, kind]:
            slots[subject, kind] -= 1
            lost[kind] -= 1
    return +lost


def _read(path: Path) -> Iterator[tuple[str, Kind, bool]]:
    """Yield the subject and the kind of each triple, and whether its object is a literal."""
    with path.open(encoding="utf-8", newline="\n") as lines:
        for line in lines:
            if match := _LINE.fullmatch(line):
                subject, property_, object_, language = match.groups()
                qualifier = object_ if property_ == terms.RDF_TYPE else language
                yield subject, (property_, (qualifier or "").strip("<>")), object_ is None


def _held(rows: Callable[[str], list[Row]], source: str, kind: Kind) -> int:
    property_, qualifier = kind
    if property_ == terms.RDF_TYPE:
        text = query("count-of-class-in-graph").bind({"graph": source, "class": qualifier})
    elif qualifier:
        language = Value(qualifier.lower(), "literal")
        text = query("count-of-language-in-graph").bind({"graph": source, "property": property_, "language": language})
    else:
        text = query("count-of-property-in-graph").bind({"graph": source, "property": property_})
    return int(rows(text)[0]["n"].value)
