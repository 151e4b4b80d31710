"""Shared by the readers of O*NET's files: rows without nulls, rows of known occupations, and writing ratings and concepts."""

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from decimal import Decimal
from re import Pattern

from rolegraph.errors import UnreadableInput
from rolegraph.importers import Task
from rolegraph.importers.cleaning import Cleaner
from rolegraph.importers.downloads import Download
from rolegraph.importers.needed import needed, no_usable_rows
from rolegraph.importers.tables import TABS, rows
from rolegraph.terms import KINDS

OCCUPATION = "O*NET-SOC Code"
SOC = re.compile(r"\d{2}-\d{4}\.\d{2}")
ELEMENT = re.compile(r"[A-Za-z0-9]+(?:\.[A-Za-z0-9]+)*")
NUMERAL = re.compile(r"\d{1,12}")
_NUMBER = re.compile(r"\d{1,9}(?:\.\d{1,9})?")

NULL = "n/a"
ENGLISH = "en"
SPARSE = ("Emerging Tasks.txt", "Tasks to DWAs.txt")  # files that do not cover every occupation

REQUIRED = (
    *("Occupation Data.txt", "Alternate Titles.txt", "Task Statements.txt", "Technology Skills.txt", "Skills.txt", "Knowledge.txt"),
    "Content Model Reference.txt",
)
OPTIONAL = {
    "Emerging Tasks.txt": (),
    "Tasks to DWAs.txt": ("DWA Reference.txt",),
    "Education, Training, and Experience.txt": ("Education, Training, and Experience Categories.txt",),
    "Job Zones.txt": ("Job Zone Reference.txt",),
    "Related Occupations.txt": (),
}
"""The optional files, each with the files that it needs."""


def require_files(download: Download) -> None:
    """Check that the required files are there.

    :raises UnreadableInput: naming all missing files
    """
    missing = [name for name in REQUIRED if not download.named(name)]
    for name, companions in OPTIONAL.items():
        if download.named(name):
            missing += [companion for companion in companions if not download.named(companion)]
    if missing:
        names = sorted({part.name for part in download.parts})
        detail = f"{download.where} has no file {', no file '.join(missing)}; other releases may use other names"
        expected = "the text files of the O*NET database, tab-separated, by their names in 29.2"
        raise UnreadableInput(detail, expected=expected, found=names[:60])


class Reading:
    """The state shared by the modules that read one release.

    ``titles`` maps the code of each occupation to its title and line, once they are read; ``placed`` lists things below
    an element of the content model, each with that element.
    """

    def __init__(self, task: Task, source: str) -> None:
        self.triples = task.triples
        self.report = task.report
        self.iris_by_label = task.iris_by_label
        self.source = source
        self.titles: dict[str, tuple[str, int]] = {}
        self.placed: list[tuple[str, str]] = []
        self._download = task.download
        self._covered: dict[str, set[str]] = {}

    def has(self, name: str) -> bool:
        """Return whether an optional file exists; note it if not."""
        if self._download.named(name):
            return True
        self.report.note("file that may be missing", name, 0, "there is no such file; its contents are not imported")
        return False

    def needed(self, name: str) -> AbstractContextManager[None]:
        """Return a context that checks that reading a required file writes triples; see :func:`~needed.needed`."""
        return needed(self._download.single(name), self.triples, self.report)

    def no_usable_rows(self, name: str) -> UnreadableInput:
        """Return the error for a file without a single usable row."""
        return no_usable_rows(self._download.single(name), self.report)

    def cleaner(self, name: str) -> Cleaner:
        """Return the cleaner for a file."""
        return Cleaner(self.report, name)

    def rows(
        self, name: str, columns: Sequence[str], codes: Mapping[int, Pattern[str]], optional: Sequence[str] = ()
    ) -> Iterator[tuple[int, list[str]]]:
        """Yield the rows of a file with their lines; nulls become empty cells.

        :param codes: patterns for cells that become part of an IRI, by the position of the column; other rows are skipped
        """
        for line, cells in rows(self._download.single(name), TABS, columns, self.report, optional):
            row = ["" if cell == NULL else cell for cell in cells] if NULL in cells else cells
            for place, pattern in codes.items():
                if not pattern.fullmatch(row[place]):
                    self.report.skip("not a code", name, line, f"{columns[place]} is {row[place]!r}")
                    break
            else:
                yield line, row

    def of_occupations(
        self, name: str, columns: Sequence[str], codes: Mapping[int, Pattern[str]], optional: Sequence[str] = ()
    ) -> Iterator[tuple[int, str, list[str]]]:
        """Yield the line, the code of the occupation, and the other cells of each row of a file whose first column is that code."""
        codes_in_file = self._covered.setdefault(name, set())
        shifted = {place + 1: pattern for place, pattern in codes.items()}
        for line, row in self.rows(name, (OCCUPATION, *columns), shifted, optional):
            code = row[0]
            if code in self.titles:
                codes_in_file.add(code)
                yield line, code, row[1:]
            else:
                self.report.skip("unknown occupation", name, line, f"{code!r} is not in Occupation Data.txt")

    def report_missing_occupations(self) -> None:
        """Note each occupation without data in a file: missing data does not mean that the occupation needs none of it."""
        for name, codes_in_file in self._covered.items():
            for code, (title, line) in self.titles.items():
                if code not in codes_in_file and name not in SPARSE:
                    self.report.note(f"no data in {name}", "Occupation Data.txt", line, f"{code} {title}")

    def figure(self, name: str, line: int, text: str, bounds: tuple[int, int]) -> Decimal | None:
        """Return a number within the bounds of its scale; None for a null, and for an invalid number, which is reported."""
        if not text:
            return None
        number = Decimal(text) if _NUMBER.fullmatch(text) else None
        if number is None or not bounds[0] <= number <= bounds[1]:
            self.report.skip("not on the scale", name, line, f"{text!r} is not a number from {bounds[0]} to {bounds[1]}")
            return None
        return number

    def rate(self, code: str, key: str, item: str, figures: Mapping[str, int | Decimal | None]) -> None:
        """Write the rating of an item for an occupation.

        :param key: completes the IRI of the rating, after the code of the occupation
        :param figures: values by property; those that are None are left out
        """
        rating = f"{self.source}#{code}-{key}"
        self.triples.types(rating, "rg:Rating")
        self.triples.link(rating, "rg:role", role(code))
        self.triples.link(rating, "rg:item", item)
        for property_, figure in figures.items():
            if figure is not None:
                self.triples.number(rating, property_, figure)
        self.report.written["ratings"] += 1

    def concept(self, iri: str, class_: str, label: str, definition: str = "", notation: str = "") -> None:
        """Write a concept with its class, label, definition and notation; the last two may be empty."""
        self.triples.types(iri, "skos:Concept", class_)
        self.triples.text(iri, "skos:prefLabel", label, ENGLISH)
        if definition:
            self.triples.text(iri, "skos:definition", definition, ENGLISH)
        if notation:
            self.triples.text(iri, "skos:notation", notation)


def role(code: str) -> str:
    """Return the IRI of an occupation."""
    return f"onet:{code}"


def thing(kind: str, slug: str) -> str:
    """Return the IRI of a thing in Rolegraph's namespace of a kind."""
    return KINDS[kind].namespace + slug
