"""Reports of imports: counts, and each row that was skipped, fixed or noted, with file, line and reason."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Literal

Progress = Callable[[str, int, int], None]
"""Called with the name of a file, the number of bytes read, and its size in bytes; or with the name of a step and a size of 0."""

Action = Literal["skipped", "fixed", "noted"]
HEADER = ("action", "rule", "file", "line", "detail")


@dataclass(frozen=True)
class Remark:
    """What was done with one row: ``rule`` names the reason, ``line`` counts from 1; 0 is the file as a whole."""

    action: Action
    rule: str
    file: str
    line: int
    detail: str

    def row(self) -> tuple[str, ...]:
        """Return the remark as a row of the table whose header is :data:`HEADER`."""
        return (self.action, self.rule, self.file, str(self.line), self.detail)


def printable(text: str) -> str:
    """Return a text with its unprintable characters escaped."""
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode("ascii") for char in text)


def no_progress(name: str, read: int, size: int) -> None:
    """Ignore the progress: the default :data:`Progress`."""


@dataclass
class ImportReport:
    """Collects what an import did: ``read`` counts rows by file, ``written`` things and links by kind, ``remarks`` are in order.

    ``removed`` counts what the import removed from the graph, by kind: the number removed, and the number before.
    """

    progress: Progress = no_progress
    read: Counter[str] = field(default_factory=Counter)
    written: Counter[str] = field(default_factory=Counter)
    removed: dict[str, tuple[int, int]] = field(default_factory=dict)
    remarks: list[Remark] = field(default_factory=list)

    def skip(self, rule: str, file: str, line: int, detail: str) -> None:
        """Record that a row, or a part of it, was left out."""
        self.remarks.append(Remark("skipped", rule, file, line, printable(detail)))

    def fix(self, rule: str, file: str, line: int, detail: str) -> None:
        """Record that a row was imported in a changed form."""
        self.remarks.append(Remark("fixed", rule, file, line, printable(detail)))

    def note(self, rule: str, file: str, line: int, detail: str) -> None:
        """Record something unexpected in a row that was imported unchanged."""
        self.remarks.append(Remark("noted", rule, file, line, printable(detail)))

    def summary(self) -> Iterator[tuple[Action, str, int, Remark]]:
        """Yield each action and rule with the number of its remarks and the first of them."""
        counts = Counter((remark.action, remark.rule) for remark in self.remarks)
        first: dict[tuple[Action, str], Remark] = {}
        for remark in self.remarks:
            first.setdefault((remark.action, remark.rule), remark)
        for (action, rule), number in sorted(counts.items()):
            yield action, rule, number, first[action, rule]
