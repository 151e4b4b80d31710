"""What an import would take away from the graph that it replaces."""

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

SHARE = 100  # an import may lose one in so many of a kind without being told that it may
TOLD = 20  # kinds that an error names
_LINE = re.compile(r'(<[^>]*>|_:\S+) <([^>]*)> (?:(<[^>]*>|_:\S+)|"(?:[^"\\]|\\.)*"(?:@([A-Za-z0-9-]+)|\^\^<[^>]*>)?) \.\s*')

Kind = tuple[str, str]
"""The IRI of a property, and the language of its texts; of :data:`~rolegraph.terms.RDF_TYPE` the class in place of a language."""


@dataclass(frozen=True)
class Loss:
    """How many of a kind an import takes away, of how many there were: of things of a class, of links, of texts in a language."""

    kind: Kind
    lost: int
    held: int

    @property
    def large(self) -> bool:
        """Whether it is more than a small share."""
        return self.lost * SHARE > self.held

    @property
    def name(self) -> str:
        """How to call the kind to people."""
        property_, more = self.kind
        return terms.shorten(more) if property_ == terms.RDF_TYPE else terms.shorten(property_) + (f" in {more}" if more else "")


def losses(engine: Engine, source: str, new: Path) -> list[Loss]:
    """Return what the graph of a source holds and a file of N-Triples does not, the largest share first.

    A text or a value in place of another one of the same thing, property and language is a change, and no loss. The description of
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
    found = [Loss(kind, number, _held(engine.rows, source, kind)) for kind, number in lost.items()]
    return sorted(found, key=lambda loss: (-loss.lost / loss.held, loss.kind))


def refuse(found: list[Loss], title: str) -> None:
    """Refuse an import that would take away more than a small share of a kind.

    :raises Refused: saying of which kinds how much would go
    """
    large = [f"{loss.name} {loss.lost:,} of {loss.held:,}" for loss in found if loss.large]
    if large:
        told = [*large[:TOLD], *([f"and {len(large) - TOLD} more kinds"] if len(large) > TOLD else [])]
        detail = f"nothing was imported: {title} is in the store, and would lose: {'; '.join(told)}"
        expected = "all files and languages that it was imported from, together with the new ones; or --replace, where they are to go"
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
    """Yield for each triple its subject, its kind, and whether it holds a text or a value."""
    with path.open(encoding="utf-8", newline="\n") as lines:
        for line in lines:
            if match := _LINE.fullmatch(line):
                subject, property_, object_, language = match.groups()
                more = object_ if property_ == terms.RDF_TYPE else language
                yield subject, (property_, (more or "").strip("<>")), object_ is None


def _held(rows: Callable[[str], list[Row]], source: str, kind: Kind) -> int:
    property_, more = kind
    if property_ == terms.RDF_TYPE:
        text = query("count-of-class-in-graph").bind({"graph": source, "class": more})
    elif more:
        language = Value(more.lower(), "literal")
        text = query("count-of-language-in-graph").bind({"graph": source, "property": property_, "language": language})
    else:
        text = query("count-of-property-in-graph").bind({"graph": source, "property": property_})
    return int(rows(text)[0]["n"].value)
