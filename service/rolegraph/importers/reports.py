"""What an import did with what it read: how much, and each row that was left out, mended or worth a word, with file, line and reason."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Literal

Progress = Callable[[str, int, int], None]
"""Is told the name of a file, and how many of its bytes are read; or the name of a step, and a size of 0."""

Action = Literal["skipped", "mended", "noted"]
HEADER = ("deed", "rule", "file", "line", "detail")


@dataclass(frozen=True)
class Remark:
    """What was done with one row: ``rule`` names the reason, the same for all rows of that kind; ``line`` counts from 1;
    0 is the file as a whole.
    """

    deed: Action
    rule: str
    file: str
    line: int
    detail: str

    def row(self) -> tuple[str, ...]:
        """Return the remark as a row of the table whose header is :data:`HEADER`."""
        return (self.deed, self.rule, self.file, str(self.line), self.detail)


def printable(text: str) -> str:
    """Return a text of a file, or the name of one, for people: what is no character to be shown is written as its code."""
    if text.isprintable():
        return text
    return "".join(one if one.isprintable() else one.encode("unicode_escape").decode("ascii") for one in text)


def unwatched(name: str, read: int, size: int) -> None:
    """Tell nobody: the plainest :data:`Progress`."""


@dataclass
class Report:
    """Collects what an import did: rows by file, things and links by what they are, remarks in the order in which they came up.

    ``removed`` is what the graph held before and holds no more, by what it is: how many, of how many.
    """

    progress: Progress = unwatched
    read: Counter[str] = field(default_factory=Counter)
    written: Counter[str] = field(default_factory=Counter)
    removed: dict[str, tuple[int, int]] = field(default_factory=dict)
    remarks: list[Remark] = field(default_factory=list)

    def skip(self, rule: str, file: str, line: int, detail: str) -> None:
        """Note that a row, or a part of it, was left out."""
        self.remarks.append(Remark("skipped", rule, file, line, printable(detail)))

    def mend(self, rule: str, file: str, line: int, detail: str) -> None:
        """Note that a row was taken in a changed form."""
        self.remarks.append(Remark("mended", rule, file, line, printable(detail)))

    def note(self, rule: str, file: str, line: int, detail: str) -> None:
        """Note what was taken as it is, but may surprise."""
        self.remarks.append(Remark("noted", rule, file, line, printable(detail)))

    def summary(self) -> Iterator[tuple[Action, str, int, Remark]]:
        """Yield, for each deed and rule, how many remarks there are and the first of them."""
        counts = Counter((remark.deed, remark.rule) for remark in self.remarks)
        first: dict[tuple[Action, str], Remark] = {}
        for remark in self.remarks:
            first.setdefault((remark.deed, remark.rule), remark)
        for (deed, rule), number in sorted(counts.items()):
            yield deed, rule, number, first[deed, rule]
